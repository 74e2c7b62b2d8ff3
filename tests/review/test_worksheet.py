"""The review worksheet: what is shown to whom, and every way in which one can come back spoilt."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from audit.reporting.formats.review_workbook import build_review_workbook
from audit.review.journal import ReviewAnswer
from audit.review.worksheet import (
    CASE_COLUMNS,
    ENTRY_COLUMNS,
    KEY_COLUMNS,
    REVIEWER_COLUMNS,
    RULE_COLUMNS,
    WORKSHEET_RULES,
    Worksheet,
    build_worksheet,
    parse_worksheet,
)
from audit.storage.returned_workbook import read_workbook

CASES = ["M1", "M2", "M3"]
Rows = list[dict[str, str]]


def determinations() -> pl.DataFrame:
    outcomes = {"M1": "consistent", "M2": "inconsistent", "M3": "undeterminable"}
    return pl.DataFrame(
        [
            {
                "match": case,
                "attribute": attribute,
                "outcome": outcomes[case] if attribute == "consistency" else "complete",
                "class": "priority 1",
                "rule": "r",
                "version": "v",
                "section": "1",
                "severity": "ordinary",
                "sure": "true",
                "needed": "",
                "evidence": "=cmd|' /C calc'!A0",
                "later": None,
                "office": "DEN",
            }
            for case in CASES
            for attribute in ("consistency", "documentation")
        ]
    )


def sheet(phase: str = "first", **given: object) -> Worksheet:
    seen = pl.DataFrame({"match": CASES, "dated": ["2011-03-04"] * 3, "facts": ["matches: a = 1\nactions: b = 2"] * 3})
    return build_worksheet(
        determinations(), seen, key="match", order=["M2", "M1", "M3"], phase=phase, sample="f" * 64, **given
    )


def answered(made: Worksheet) -> Rows:
    """Every row answered as the rule has it, in another order, as a workbook gives them: with the sheet's row."""
    rows = [
        {**row, "outcome": row["by_rule"], "reviewed": "2012-02-01 00:00:00", "row": number}
        for number, row in enumerate(made.rows.iter_rows(named=True), start=2)
    ]
    return rows[::-1]


def about(made: Worksheet, **other: str) -> dict[str, str]:
    return {"Phase": made.phase, "Sample": made.sample, "Items": made.digest, "By": "Auditor A", **other}


def problems(rows: Rows, told: dict[str, str] | None = None, accepted: tuple[str, ...] = ()) -> list[str]:
    made = sheet()
    frame = pl.DataFrame(rows, infer_schema_length=None)
    _, found = parse_worksheet(
        made, frame, about(made) if told is None else told or None, file="w.xlsx", accepted=accepted
    )
    return [str(one) for one in found]


def test_items_stand_in_the_order_of_the_draw() -> None:
    assert sheet().rows.select("item", "case", "attribute").rows()[:3] == [
        ("1", "M2", "consistency"),
        ("1", "M2", "documentation"),
        ("2", "M1", "consistency"),
    ]


def test_what_is_shown_to_whom() -> None:
    assert {*sheet().rows.columns} == {*KEY_COLUMNS, *CASE_COLUMNS, *RULE_COLUMNS, *ENTRY_COLUMNS}
    assert {*sheet(blind=True).rows.columns} == {*KEY_COLUMNS, *CASE_COLUMNS, *ENTRY_COLUMNS}
    others = pl.DataFrame([{"match": "M2", "attribute": "consistency", **dict.fromkeys(REVIEWER_COLUMNS, "said")}])
    assert set(REVIEWER_COLUMNS) < set(sheet("adjudication", others=others).rows.columns)


def test_a_clean_return_in_any_order_is_answered_in_full() -> None:
    made = sheet()
    found, wrong = parse_worksheet(made, pl.DataFrame(answered(made)), about(made), file="w.xlsx")
    assert wrong == ()
    assert len(found) == 6
    assert {(one.case, one.outcome) for one in found if one.attribute == "consistency"} == {
        ("M1", "consistent"),
        ("M2", "inconsistent"),
        ("M3", "undeterminable"),
    }
    assert {one.reviewed for one in found} == {date(2012, 2, 1)}


def test_spaces_capitals_and_underscores_are_forgiven() -> None:
    made = sheet()
    rows = answered(made)
    rows[0] |= {"outcome": " Complete ", "reason": " seen "}
    rows[1] |= {"outcome": "No rule", "reason": "none then"}
    found, wrong = parse_worksheet(made, pl.DataFrame(rows), about(made), file="w.xlsx")
    assert wrong == ()
    assert (found[0].outcome, found[0].reason, found[1].outcome) == ("complete", "seen", "no_rule")


Change = Callable[[Rows], Rows]


def with_(**cells: str) -> Change:
    return lambda rows: [{**rows[0], **cells}, *rows[1:]]


# rule → what is done to the rows, and what is said of it
SPOILT: dict[str, tuple[Change, str]] = {
    "locked-cell": (with_(office="BOS"), "sheet Review, row 7, column Office: a locked cell was changed"),
    "outcome-unknown": (
        with_(outcome="compleet"),
        "row 7, column Your outcome: is not an outcome of this attribute. Did you mean “complete”?",
    ),
    "reason-missing": (with_(outcome="none"), "row 7, column Your reason: overrules “complete” without a reason"),
    "date-as-text": (with_(reviewed="yesterday"), "row 7, column Day of review: is text and no date"),
    "date-out-of-range": (with_(reviewed="1012-02-01"), "row 7, column Day of review: is out of range"),
    "not-answered": (
        with_(outcome=""),
        "row 7, column Your outcome: there is a reason, evidence or a day, and no outcome",
    ),
    "row-deleted": (lambda rows: rows[1:], "item 3, documentation, has no row any more"),
    "row-added": (
        lambda rows: [*rows, {**rows[0], "case": "M9", "row": 8}],
        "row 8, column Case: no item of the sample",
    ),
    "row-repeated": (
        lambda rows: [*rows, {**rows[0], "row": 8}],
        "row 8, column Case: this case and attribute are answered in a row above",
    ),
    "column-missing": (
        lambda rows: [{k: v for k, v in row.items() if k != "reason"} for row in rows],
        "column Your reason: is missing",
    ),
}


@pytest.mark.parametrize("rule", SPOILT)
def test_each_way_to_spoil_it_is_named_with_its_place(rule: str) -> None:
    change, said = SPOILT[rule]
    found = problems(change(answered(sheet())))
    assert any(said in one for one in found), found
    assert len(found) == 1
    assert (f"--accept {rule}" in found[0]) == bool(WORKSHEET_RULES[rule])


def test_all_that_is_wrong_is_said_at_once() -> None:
    rows = answered(sheet())
    rows[0] |= {"office": "BOS", "reviewed": "yesterday"}
    rows[1] |= {"outcome": "perhaps"}
    found = problems([*rows[:-1], {**rows[0], "case": "M9", "row": 9}], {})
    assert len(found) == 6  # no About, two of the first row, the outcome, a row added, one deleted
    assert sum("About" in one for one in found) == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"Sample": "0" * 64}, "is of another sample"),
        ({"Phase": "second"}, "is of another phase than the first review"),
        ({"Items": "0" * 64}, "was issued before the items"),
    ],
)
def test_another_samples_worksheet_is_refused(told: dict[str, str], said: str) -> None:
    made = sheet()
    assert said in problems(answered(made), about(made, **told))[0]


@pytest.mark.parametrize("rule", [name for name in SPOILT if WORKSHEET_RULES[name]])
def test_what_can_be_accepted_is_accepted_by_its_name_alone(rule: str) -> None:
    rows = SPOILT[rule][0](answered(sheet()))
    assert problems(rows, accepted=(rule,)) == []
    others = tuple(name for name in WORKSHEET_RULES if name != rule)
    assert len(problems(rows, accepted=others)) == 1


def test_what_was_issued_counts_and_not_what_was_changed() -> None:
    made = sheet()
    rows = with_(office="BOS", by_rule="none", outcome="none", reason="")(answered(made))
    _, found = parse_worksheet(made, pl.DataFrame(rows), about(made), file="w.xlsx", accepted=("locked-cell",))
    assert "overrules “complete” without a reason" in str(found[0])


def test_whoever_decides_between_two_says_why() -> None:
    others = (
        determinations()
        .select("match", "attribute")
        .with_columns(
            **{name: pl.lit("consistent" if name in ("first", "second") else "") for name in REVIEWER_COLUMNS}
        )
    )
    made = sheet("adjudication", others=others)
    _, found = parse_worksheet(made, pl.DataFrame(answered(made)), about(made), file="w.xlsx")
    assert len(found) == 6
    assert "decides between two without a reason" in str(found[0])


def test_what_was_answered_so_far_is_filled_in() -> None:
    known = ReviewAnswer(
        case="M1", attribute="consistency", outcome="inconsistent", reason="no", reviewed=date(2012, 2, 1)
    )
    made = sheet(answered={("M1", "consistency"): known})
    row = made.rows.filter(case="M1", attribute="consistency").row(0, named=True)
    assert [row[name] for name in ENTRY_COLUMNS] == ["inconsistent", "no", "", "2012-02-01"]
    assert made.digest == sheet().digest


def test_the_workbook_holds_the_worksheet() -> None:
    """Written by xlsxwriter, read by calamine: the same cells, text as text, and the same bytes twice."""
    known = ReviewAnswer(
        case="M1", attribute="consistency", outcome="inconsistent", reason="=1+1", reviewed=date(2012, 2, 1)
    )
    made = sheet(answered={("M1", "consistency"): known})
    content = build_review_workbook(made, title="An audit", by="Auditor A", day=date(2012, 1, 1))
    assert content == build_review_workbook(made, title="An audit", by="Auditor A", day=date(2012, 1, 1))
    came = read_workbook(content, file="w.xlsx")
    assert came.about is not None
    assert {name: came.about[name] for name in about(made)} == about(made)
    shown = came.rows.drop("row").fill_null("").select(made.rows.columns)
    assert shown.with_columns(pl.col("reviewed").str.slice(0, 10)).rows() == made.rows.rows()
    answers, wrong = parse_worksheet(made, came.rows, came.about, file="w.xlsx", accepted=("not-answered",))
    assert wrong == ()
    assert answers == (known,)
