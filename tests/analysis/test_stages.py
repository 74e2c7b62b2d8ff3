"""A process counted stage by stage: every case in one place, errors of order listed, and time with competing exits."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from audit.analysis.stages import StageResult, count_stages
from audit.errors import AuditError
from audit.programs.analyses import Stage, StageLog
from audit.reporting.stage_text import (
    describe_order_errors,
    describe_stage_departures,
    describe_stage_interval,
    format_stage_headline,
)

DAY = dt.date(2023, 1, 1)
LOG = StageLog(
    name="permits",
    title="Permits",
    table="events",
    case="permit",
    stage="stage",
    day="day",
    office="office",
    status="kind",
    unit=("permit", "permits"),
    as_of=dt.date(2023, 1, 31),
    stages=tuple(Stage(value=value, words=value.capitalize()) for value in ("filed", "checked", "inspected", "issued")),
    exits=(Stage(value="withdrawn", words="Withdrawn"),),
)
# permit: kind, and day of January of each event
EVENTS = {
    "A": ("new", {"filed": 1, "checked": 3, "inspected": 10, "issued": 12}),
    "B": ("new", {"filed": 1, "checked": 2, "issued": 9}),  # skipped the inspection
    "C": ("old", {"filed": 2, "checked": 2, "withdrawn": 6}),
    "D": ("old", {"filed": 5}),
    "E": ("new", {"filed": 8, "checked": 7, "inspected": 20}),  # checked before it was filed
    "F": ("new", {"filed": 4, "withdrawn": 5, "checked": 9}),  # went on after it had left
    "G": ("new", {"filed": 3, "checked": 30, "inspected": 45}),  # the last is after the as-of day
}


def make_events(events: dict[str, tuple[str, dict[str, int]]] = EVENTS) -> pl.LazyFrame:
    rows = [
        (permit, "N" if permit < "D" else "S", kind, stage, DAY + dt.timedelta(days=day - 1))
        for permit, (kind, days) in events.items()
        for stage, day in days.items()
    ]
    return pl.LazyFrame(rows, schema=["permit", "office", "kind", "stage", "day"], orient="row")


def assert_stages_add_up(result: StageResult) -> None:
    """Every case stands once at each stage, among the ends, and in each dimension of groups; every row of the log."""
    for stage in result.stages:
        assert stage.reached + stage.skipped + stage.left + stage.still_open == result.cases, stage
        assert stage.reached_both <= stage.reached
    assert sum(end.cases for end in result.ends) == result.cases
    for dimension in {group.dimension for group in result.groups}:
        groups = result.list_groups(dimension)
        assert sum(group.cases for group in groups) == result.cases
        assert all(group.completed + group.left + group.still_open == group.cases for group in groups)
        for place, stage in enumerate(result.stages):
            assert sum(group.reached[place] for group in groups) == stage.reached
    for step in result.intervals:
        assert step.reached + step.left + step.skipped + step.waiting + step.out_of_order == step.cases
        assert [share for _, share in step.curve] == sorted(share for _, share in step.curve)
    rows = result.rows
    assert rows.used + rows.repeated + rows.undated + rows.after_as_of + rows.outside_period == rows.rows_in


@pytest.fixture(scope="module")
def result() -> StageResult:
    return count_stages(make_events(), LOG, {"N": "North", "S": "South"})


def test_each_stage_is_reached_skipped_left_or_open(result: StageResult) -> None:
    assert [(one.value, one.reached, one.skipped, one.left, one.still_open) for one in result.stages] == [
        ("filed", 7, 0, 0, 0),
        ("checked", 6, 0, 0, 1),
        ("inspected", 2, 1, 1, 3),
        ("issued", 2, 0, 1, 4),
    ]
    assert [one.reached_both for one in result.stages] == [7, 6, 2, 1]


def test_every_case_stands_in_one_place_and_the_groups_add_up(result: StageResult) -> None:
    assert [(one.after, one.state, one.exit, one.cases) for one in result.ends] == [
        ("Filed", "open", "", 1),
        ("Checked", "left", "Withdrawn", 1),
        ("Checked", "open", "", 2),
        ("Inspected", "open", "", 1),
        ("Issued", "completed", "", 2),
    ]
    assert_stages_add_up(result)
    assert {one.value: (one.name, one.cases, one.reached) for one in result.list_groups("office")} == {
        "N": ("North", 3, (3, 3, 1, 2)),
        "S": ("South", 4, (4, 3, 1, 0)),
    }


def test_events_out_of_order_are_listed_and_in_no_time(result: StageResult) -> None:
    assert [(one.case, one.earlier, one.later) for one in result.errors] == [
        ("E", "Filed", "Checked"),
        ("F", "Checked", "Withdrawn"),
    ]
    assert result.intervals[0].out_of_order == 1
    assert "once" not in describe_order_errors(result)
    assert describe_order_errors(result).startswith("2 pairs of events contradict the order of the stages")
    assert describe_order_errors(replace(result, errors=())).startswith("No event is dated before")


def test_time_to_the_next_stage_has_exits_and_open_cases(result: StageResult) -> None:
    step = result.intervals[1]  # from the check: A after 7 days, E after 13; B skipped at 7; C left at 4; F, G open
    assert (step.cases, step.reached, step.left, step.skipped, step.waiting) == (6, 2, 1, 1, 2)
    # by hand: day 4 survival 1 - 1/5 (G was watched 1 day), day 7: 4/5 × 1/4; survival 4/5 × 2/4; day 13: + 2/5 × 1/2
    assert step.curve == ((7, pytest.approx(0.2)), (13, pytest.approx(0.4)))
    assert describe_stage_interval(step) == "half never did; 40.0% at last"
    assert (result.intervals[0].half, describe_stage_interval(result.intervals[0])) == (
        2,
        "half by day 2, nine tenths by day 27",
    )


def test_what_is_dated_after_the_as_of_day_is_not_read(result: StageResult) -> None:
    assert (result.rows.rows_in, result.rows.after_as_of, result.rows.used) == (20, 1, 19)
    later = count_stages(make_events(), replace(LOG, as_of=dt.date(2023, 3, 1)), {})
    assert later.stages[2].reached == 3
    assert later.rows.after_as_of == 0


def test_a_repeated_stage_counts_by_its_first_day_and_a_row_without_a_day_by_none() -> None:
    twice = pl.concat([make_events(), make_events({"A": ("new", {"filed": 9})})])
    undated = pl.concat([twice, make_events({"H": ("new", {"filed": 1})}).with_columns(day=pl.lit(None, pl.Date))])
    counted = count_stages(undated, LOG, {})
    assert (counted.rows.repeated, counted.rows.undated, counted.cases) == (1, 1, 7)
    assert counted.intervals[0].half == 2
    assert_stages_add_up(counted)


def test_a_case_belongs_to_the_month_in_which_it_began() -> None:
    inside = count_stages(make_events(), replace(LOG, period="2023-01"), {})
    assert (inside.cases, inside.rows.outside_period) == (7, 0)
    with pytest.raises(AuditError, match="no event of the period"):
        count_stages(make_events(), replace(LOG, period="2022-12"), {})


def test_a_stage_that_is_not_declared_is_refused_with_its_number_of_rows() -> None:
    with pytest.raises(AuditError, match="2 rows with a stage that is not declared"):
        count_stages(make_events(), replace(LOG, exits=()), {})


def test_the_words_follow_from_the_numbers(result: StageResult) -> None:
    assert format_stage_headline(result) == (
        "Permits: of 7 permits, 2 (28.6%) reached the last stage, “Issued”, 1 left before it, and 4 were open on "
        "31 January 2023."
    )
    assert describe_stage_departures(result, result.stages[1]) == "1 withdrawn; 2 open"
