"""The follow-up of open items: ages, times, offices and alarms, counted by hand."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from audit.compliance.follow_up_summary import FollowUp, FollowUpProgress, build_follow_up
from audit.compliance.item_outcomes import ITEM_KEY, LOST_UNIT_SCHEMA
from audit.compliance.ledger import LEDGER_SCHEMA, Ledger
from audit.compliance.ledger_transitions import ENTRY_BACK_DATED, EVENT_BACK_DATED, UNITS_GONE

AS_OF = date(2011, 10, 30)
OFFICES = {"A": "Alpha", "B": "Beta", "C": "Gamma"}


def item(person: str, state: str = "open", movement: str | None = "still open", **parts: Any) -> dict[str, Any]:
    row = {"office": "A", "month": "2011-09", "measure": "m", "units": "M1", "missing": "encounter"}
    days = {"first": date(2011, 9, 1), "listed": date(2011, 9, 30)}
    return {
        **dict.fromkeys(LEDGER_SCHEMA),
        **row,
        **days,
        "person": person,
        "state": state,
        "movement": movement,
        **parts,
    }


def followed(*items: dict[str, Any], lost: list[tuple[str, ...]] = []) -> FollowUp:  # noqa: B006
    table = pl.DataFrame(list(items), schema=LEDGER_SCHEMA)
    moves = table["movement"].to_list()
    names = ("new", "reopened", "resolved", "reclassified")
    return build_follow_up(
        Ledger(
            items=table,
            open_start=sum(move in ("still open", "resolved", "reclassified") for move in moves),
            **{name: moves.count(name) for name in names},
            open_end=table.filter(pl.col("state") == "open").height,
        ),
        period="2011-09",
        as_of=AS_OF,
        since="2011-08",
        since_as_of=date(2011, 9, 30),
        lost=pl.DataFrame(lost, schema=LOST_UNIT_SCHEMA, orient="row"),
        offices=OFFICES,
    )


@pytest.mark.parametrize(
    ("first", "group"),
    [
        (date(2011, 10, 30), 0),
        (date(2011, 9, 30), 0),
        (date(2011, 9, 29), 1),
        (date(2011, 8, 31), 1),
        (date(2011, 8, 30), 2),
        (date(2011, 8, 1), 2),
        (date(2011, 7, 31), 3),
        (date(2010, 7, 31), 3),
    ],
)
def test_ages_are_counted_from_the_first_unit(first: date, group: int) -> None:
    found = followed(item("P1", first=first))
    assert [n for _, n in found.ages] == [int(group == i) for i in range(4)]
    assert (found.oldest, found.oldest_days) == (first, (AS_OF - first).days)


def test_what_is_not_open_has_no_age() -> None:
    found = followed(item("P1", "resolved", "resolved", closed=date(2011, 10, 9)))
    assert (sum(n for _, n in found.ages), found.oldest, found.oldest_days) == (0, None, None)


def test_the_time_to_resolve_counts_what_is_still_waited_for() -> None:
    found = followed(
        item("P1", "resolved", "resolved", closed=date(2011, 10, 10)),
        item("P2", "resolved", None, closed=date(2011, 9, 30)),
        item("P3"),
        item("P4", "reclassified", "reclassified", closed=date(2011, 10, 5), reason="why"),
    ).time_to_resolve
    assert (found.done, found.waiting) == (2, 2)
    # 0 and 10 days done; 5 and 30 waited for: S(0) = 3/4, S(10) = 3/4 * 1/2
    assert found.curve == ((0, 0.75), (10, pytest.approx(0.375)))
    assert found.median == 10


def test_offices_add_up_and_those_with_three_months_running_are_told() -> None:
    months = ("2011-07", "2011-08", "2011-09")
    found = followed(
        *(item(f"P{n}", month=month) for n, month in enumerate(months)),
        *(item(f"Q{n}", office="B", month=month) for n, month in enumerate(("2011-06", *months[1:]))),
        item("R", "resolved", "resolved", office="B", month="2011-07", closed=AS_OF),
        item("S", movement="new", office="X"),
        item("T", movement="reopened", office="X", first=date(2011, 1, 1)),
        item("U", "resolved", None, office="X", closed=AS_OF),
    )
    assert [(o.name, o.open_start, o.new, o.reopened, o.resolved, o.open_end, o.over_90) for o in found.offices] == [
        ("Alpha", 3, 0, 0, 0, 3, 0),
        ("Beta", 4, 0, 0, 1, 3, 0),
        ("Gamma", 0, 0, 0, 0, 0, 0),
        ("X", 0, 1, 1, 0, 2, 1),
    ]
    assert found.repeated == ("Alpha",)
    for name in ("open_start", "new", "reopened", "resolved", "reclassified", "open_end"):
        assert sum(getattr(office, name) for office in found.offices) == getattr(found, name)


def test_three_months_run_over_the_new_year() -> None:
    from audit.compliance.follow_up_summary import _list_repeat_months

    assert _list_repeat_months("2012-01") == ["2012-01", "2011-12", "2011-11"]


def test_what_to_look_into_is_counted() -> None:
    found = followed(
        item("P1", "resolved", "resolved", closed=AS_OF, remark=EVENT_BACK_DATED),
        item("P2", "resolved", "resolved", closed=AS_OF, remark=ENTRY_BACK_DATED),
        item("P3", "resolved", None, closed=AS_OF, remark=ENTRY_BACK_DATED),  # told the month before
        item("P4", remark=UNITS_GONE, guidance_sent=AS_OF),
        item("P5", "reclassified", "reclassified", closed=AS_OF, reason="a"),
        item("P6", "reclassified", "reclassified", closed=AS_OF, reason="b"),
        item("P7", "reclassified", "reclassified", closed=AS_OF, reason="b"),
        item("P8", "reclassified", None, closed=AS_OF, reason="c"),
        lost=[("m", "A", "2011-08", "M8", "no longer in the tables"), ("m", "A", "2011-08", "M9", "and not now")],
    )
    assert (found.event_back_dated, found.entry_back_dated, found.vanished, found.guidance_sent) == (1, 1, 1, 1)
    assert (found.undone, found.gone) == (1, 1)
    assert found.reasons == (("b", 2), ("a", 1))


def test_offices_are_told_with_how_they_met_the_plan() -> None:
    """P1 of Alpha was resolved by words that say nothing, P2 by an entry dated back, P3 of Beta by a record."""
    done = {"state": "resolved", "movement": "resolved", "closed": AS_OF}
    rows = [item("P1", **done), item("P2", **done, remark=ENTRY_BACK_DATED), item("P3", **done, office="B")]
    table = pl.DataFrame(rows, schema=LEDGER_SCHEMA)
    ledger = Ledger(items=table, open_start=3, new=0, reopened=0, resolved=3, reclassified=0, open_end=0)
    progress = FollowUpProgress(resolved_within={"A": (1, 3), "B": (2, 2)}, escalated=frozenset({"A"}), verified=None)
    asked = {"period": "2011-09", "as_of": AS_OF, "since": "2011-08", "since_as_of": date(2011, 9, 30)}
    lost = pl.DataFrame(schema=LOST_UNIT_SCHEMA)
    silent = table.select(ITEM_KEY).head(1)
    found = build_follow_up(ledger, **asked, lost=lost, offices=OFFICES, uninformative=silent, progress=progress)
    alpha, beta, gamma = found.offices
    assert (alpha.resolved_within, alpha.uninformative, alpha.back_dated, alpha.escalated) == ((1, 3), 1, 1, True)
    assert (beta.resolved_within, beta.uninformative, beta.back_dated, beta.escalated) == ((2, 2), 0, 0, False)
    assert gamma.resolved_within is None
    assert found.resolved_within == (3, 5)
    plain = build_follow_up(ledger, **asked, lost=lost, offices=OFFICES)
    assert (plain.resolved_within, plain.verified, plain.offices[0].back_dated) == (None, None, 1)
