"""A declared table: its offices by every spelling, its persons' pseudonyms, its control totals."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, ExitCode
from audit.tables.offices import Alias, Offices
from audit.tables.pseudonyms import make_pseudonym, make_pseudonyms
from audit.tables.schema import Column, Source
from audit.tables.table import ControlTotals

BUFFALO = Alias(code="BUF", name="Buffalo", alias="Buffalo")
PAUL = [Alias(code="SPM", name="St. Paul", alias=alias) for alias in ("Saint Paul", "ST PAUL", "Bloomington")]
HARLINGEN = [
    Alias(code="HLG", name="Harlingen", alias="HAR", until=date(2019, 12, 31)),
    Alias(code="HLG", name="Harlingen", alias="HAL", since=date(2020, 1, 1)),
]
KEY = b"0123456789abcdef"


def codes(aliases: list[Alias], *written: str | None, days: Sequence[date | None] | None = None) -> list[str | None]:
    table = pl.DataFrame(
        {"office": written, "day": days or [None] * len(written)}, schema={"office": pl.String, "day": pl.Date}
    )
    found = Offices(aliases=tuple(aliases)).resolve_codes(pl.col("office"), day=pl.col("day") if days else None)
    return table.select(found).to_series().to_list()


@pytest.mark.parametrize(
    "written",
    [
        "BUF",
        "buf",
        "Buffalo",
        "BUFFALO ",
        "BUF (Buffalo)",
        "BUF(BUFFALO)",
        "BUF Buffalo",
        "Buffalo Area of Responsibility",
    ],
)
def test_an_office_is_known_by_code_and_name_in_any_case_and_decoration(written: str) -> None:
    assert codes([BUFFALO], written) == ["BUF"]


@pytest.mark.parametrize("written", ["Saint Paul", "St Paul", "SPM Saint Paul", "SPM (St. Paul)", "bloomington"])
def test_every_alias_names_its_office_and_may_be_decorated(written: str) -> None:
    assert codes(PAUL, written) == ["SPM"]


@pytest.mark.parametrize("written", ["Buffalos", "BUF (Boston)", "B", "", None])
def test_what_names_no_office_is_null(written: str | None) -> None:
    assert codes([BUFFALO, *PAUL], written) == [None]


def test_a_dated_alias_holds_from_its_first_day_to_its_last() -> None:
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2019, 12, 31), date(2020, 1, 1)]
    assert codes(HARLINGEN, "HAR", "HAR", "HAL", "HAL", days=days) == ["HLG", None, None, "HLG"]


def test_code_and_name_hold_at_all_times_unless_the_list_dates_them() -> None:
    days = [date(1990, 1, 1)] * 2
    assert codes(HARLINGEN, "HLG", "Harlingen", days=days) == ["HLG", "HLG"]
    dated = Alias(code="HLG", name="Harlingen", alias="Harlingen", since=date(2003, 3, 1))
    assert codes([dated], "HLG", "Harlingen", days=days) == ["HLG", None]


def test_an_alias_that_moved_between_offices_needs_a_date() -> None:
    moved = [
        Alias(code="AAA", name="Alpha", alias="Rivertown", until=date(2014, 6, 30)),
        Alias(code="BBB", name="Beta", alias="Rivertown", since=date(2014, 7, 1)),
    ]
    days = [date(2014, 6, 30), date(2014, 7, 1), None]
    assert codes(moved, *["Rivertown"] * 3, days=days) == ["AAA", "BBB", None]
    assert codes(moved, "Rivertown", "Alpha") == [None, "AAA"]


def test_without_a_date_a_dated_alias_of_one_office_alone_is_plain() -> None:
    assert codes(HARLINGEN, "HAR", "HAL") == ["HLG", "HLG"]
    assert codes(HARLINGEN, "HAR", days=[None]) == ["HLG"]


def test_two_offices_written_alike_at_once_are_refused() -> None:
    with pytest.raises(AuditError) as refused:
        Offices(
            aliases=(
                Alias(code="AAA", name="Alpha", alias="River Town", until=date(2014, 7, 1)),
                Alias(code="BBB", name="Beta", alias="RIVERTOWN", since=date(2014, 7, 1)),
            )
        )
    assert refused.value.code == ExitCode.USAGE
    assert str(refused.value) == (
        '"River Town" is written for the offices AAA and BBB at the same time. '
        "Give each its dates, `since` and `until`, or take one out of the office list."
    )


def test_a_spelling_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(AuditError) as refused:
        Offices(aliases=(Alias(code="A", name="Metro", alias="Met", since=date(2024, 1, 1), until=date(2023, 1, 14)),))
    assert refused.value.code == ExitCode.USAGE
    assert str(refused.value) == (
        '"Met" is written for the office A until 2023-01-14, and since 2024-01-01. '
        "Correct its dates: `until` lies before `since`."
    )


def test_names_are_by_code_in_the_order_of_the_list() -> None:
    assert list(Offices(aliases=(*PAUL, BUFFALO)).list_names().items()) == [("SPM", "St. Paul"), ("BUF", "Buffalo")]
    assert Offices(aliases=()).list_names() == {}
    assert codes([], "BUF") == [None]


def test_a_pseudonym_is_a_keyed_hmac_of_the_normalised_identifier() -> None:
    # printf 'person|12345678' | openssl dgst -sha256 -hmac 0123456789abcdef | cut -c1-32
    assert make_pseudonym("A012-345-678", key=KEY) == "P-4fa0a8423facb6dd79fc1001be662f68"


@pytest.mark.parametrize(
    "written", ["A12345678", "a 012 345 678", "012345678", "12345678", "A-012-345-678", " 12345678 "]
)
def test_one_person_has_one_pseudonym_however_the_number_is_written(written: str) -> None:
    assert make_pseudonym(written, key=KEY) == make_pseudonym("A012-345-678", key=KEY)


def test_other_persons_and_other_keys_have_other_pseudonyms() -> None:
    written = ["12345678", "12345679", "B12345678", "P0000001", "P1", "A", "0", "AA1"]
    assert len({make_pseudonym(person, key=key) for person in written for key in (KEY, b"another")}) == 2 * len(written)
    assert make_pseudonym("000", key=KEY) == make_pseudonym("0", key=KEY)


@settings(deadline=None)
@given(
    st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r"[Aa]?[0-9 -]{0,9}\Z")),
    st.sampled_from([KEY, b"k" * 70, "schlüssel".encode(), b"\xff"]),
)
def test_all_at_once_they_are_those_made_one_by_one(written: list[str | None], key: bytes) -> None:
    one_by_one = [None if person is None else make_pseudonym(person, key=key) for person in written]
    assert make_pseudonyms(pl.Series("x", written, pl.String), key=key).to_list() == one_by_one


def test_spaces_and_digits_are_those_of_python() -> None:
    written = [
        "12\x1c34",
        "12\x0b34",
        "\u0661\u0662",
        "stra\u00dfe",
        "\u00a012",
        "1\u20032",
        "A\u0660\u0661",
        "0-0 0",
        "a",
        "A-",
    ]
    made = make_pseudonyms(pl.Series(written), key=KEY).to_list()
    assert made == [make_pseudonym(person, key=KEY) for person in written]


def totals(*, used: int, aside: int) -> ControlTotals:
    return ControlTotals(table="t", file="t.csv", sha256="", rows_in=1204, rows_used=used, rows_set_aside=aside)


def test_control_totals_hold_their_identity() -> None:
    assert str(totals(used=1200, aside=4)) == "1,204 rows in = 1,200 used + 4 set aside"
    with pytest.raises(AuditError, match=r"do not add up: 1,204 rows in = 1,200 used \+ 3 set aside") as refused:
        totals(used=1200, aside=3)
    assert refused.value.code == ExitCode.CRASH


def test_headers_are_the_files_spelling_of_each_column() -> None:
    source = Source(name="t", file="t.csv", columns={"office": Column(header="Area of Resp."), "id": Column()})
    assert source.list_headers() == {"office": "Area of Resp.", "id": "id"}


def test_where_there_are_no_offices_no_text_names_one() -> None:
    assert codes([], "BUF", None) == [None, None]
    assert codes([], "BUF", None, days=[date(2020, 1, 1), None]) == [None, None]
