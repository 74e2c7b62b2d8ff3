"""The public edition: no small count is in it, and an attacker with every published number can pin none down."""

from dataclasses import astuple, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.compliance.office_rates import (
    MeasureResult,
    MonthRate,
    add_funnel_limits,
)
from audit.compliance.trends import OfficeMonth, Trend, build_office_trend
from audit.errors import AuditError
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT, WithholdingPlan, find_withholding_problems
from audit.reporting.disclosure import is_small_count
from audit.reporting.figures.marks import summarize_flags
from audit.reporting.measure_disclosure import NOT_DUE_COLUMNS
from audit.reporting.month_disclosure import PublicResults, suppress_small_counts
from audit.reporting.published_editions import list_rate_counts
from audit.reporting.sample_disclosure import suppress_small_sample_counts
from tests import made_up
from tests.property.attacks import measure, unsettled

CELLS = ("compliant", "late", "rest")

few = st.integers(0, 14)
some = st.one_of(st.just(0), few, st.integers(0, 400))
states = st.tuples(*[st.one_of(st.just(0), few)] * 4, some, some, some, st.one_of(st.just(0), few))


def told(result: MeasureResult, months: tuple[MonthRate, ...] = ()) -> PublicResults:
    return suppress_small_counts([result], months, (), (), 5, office="office", period="2011-09")


def numbers(value: Any) -> list[int]:
    """Every count in a record."""
    if isinstance(value, bool | str | float) or value is None:
        return []
    if isinstance(value, int):
        return [value]
    parts = value if isinstance(value, tuple) else astuple(value) if hasattr(value, "__dataclass_fields__") else ()
    return [number for part in parts for number in numbers(part)]


def gaps(before: MeasureResult, after: MeasureResult) -> list[tuple[str, int, float]]:
    """Each small count there was, with how far from certain it is, up to MINIMUM_PUBLISHED_COUNT, to who knows
    all that is published."""
    codes = [office.office for office in before.offices]
    of_all = ("received", *NOT_DUE_COLUMNS, "missing", "unmet")
    names = [(code, cell) for code in codes for cell in CELLS] + [("all", name) for name in of_all]
    place = {name: i for i, name in enumerate(names)}
    rules: list[tuple[dict[int, int], int]] = []

    def known(parts: dict[tuple[str, str], int], total: int) -> None:
        rules.append(({place[name]: sign for name, sign in parts.items()}, total))

    nation = after.national
    sums = {"compliant": nation.compliant, "late": nation.late, "rest": nation.due - nation.compliant - nation.late}
    for cell in CELLS:
        known({(code, cell): 1 for code in codes}, sums[cell])
    for office in after.offices:
        if office.office:
            shares = (office.compliant, office.late, office.due - office.compliant - office.late)
            for cell, value in zip(CELLS, shares, strict=True):
                known({(office.office, cell): 1}, value)
    for name in of_all:
        if (value := getattr(nation, name)) is not None:
            known({("all", name): 1}, value)
    known({("all", "received"): 1, **{("all", name): -1 for name in NOT_DUE_COLUMNS}}, nation.due)
    known({("all", "missing"): 1, ("all", "unmet"): 1}, sums["rest"])
    truth = {(o.office, c): v for o in before.offices for c, v in (("compliant", o.compliant), ("late", o.late))}
    truth |= {(o.office, "rest"): o.due - o.compliant - o.late for o in before.offices}
    truth |= {("all", name): getattr(before.national, name) for name in of_all}
    few = [name for name, value in truth.items() if is_small_count(value)]
    found = unsettled(rules, [{place[name]: 1} for name in few], len(names))
    return [(" ".join(name), truth[name], gap) for name, gap in zip(few, found, strict=True)]


@settings(max_examples=120, deadline=None)
@given(st.lists(states, min_size=1, max_size=6))
@example([(0, 0, 0, 0, 90, 5, 20, 0), (0, 0, 0, 0, 200, 40, 30, 0), (0, 0, 0, 0, 300, 60, 50, 0)])
@example([(3, 0, 0, 0, 90, 20, 20, 2), (0, 2, 0, 0, 200, 40, 30, 0)])
def test_no_small_count_can_be_read_or_worked_out(counts: list[tuple[int, ...]]) -> None:
    before = measure(counts)
    for after in told(before).measures:
        assert not [number for office in after.offices for number in numbers(office) if is_small_count(number)]
        assert not [number for number in numbers(after.national) if is_small_count(number)]
        assert not [n for _, n in (*after.missing, *after.exclusions) if is_small_count(n)]
        for name, value, gap in gaps(before, after):
            assert gap >= MINIMUM_PUBLISHED_COUNT - 1e-6, (name, value, gap)


@settings(max_examples=60, deadline=None)
@given(st.lists(states, min_size=2, max_size=6))
def test_what_is_told_is_true_and_adds_up(counts: list[tuple[int, ...]]) -> None:
    before = measure(counts)
    by_code = {office.office: office for office in before.offices}
    for after in told(before).measures:
        for name in ("due", "compliant", "late"):
            assert sum(getattr(office, name) for office in after.offices) == getattr(before.national, name)
        for office in after.offices:
            if office.office:
                mine = by_code[office.office]
                assert (office.due, office.compliant, office.late) == (mine.due, mine.compliant, mine.late)
            else:
                assert office.timely is None and office.lower_95 is None and office.flag == "together"
        if after.national.pending is None or after.national.redacted is None:
            assert after.national.worst is None and after.national.best is None


def test_limits_and_verdicts_follow_from_what_is_told() -> None:
    """Limits of all offices, however they are rounded, leave a dozen ways to divide what two told together have."""
    # Five offices at about 90% and one at 70%; two are told together, for one of them has a count of 3.
    rows = [(0, 0, 0, 0, 270 + n, 0, 30, 0) for n in range(5)] + [(0, 0, 0, 0, 210, 0, 90, 0)]
    found = []
    for few in (3, 9):
        made = measure([*rows, (0, 0, 0, 0, 30 - few, 0, few, 0), (0, 0, 0, 0, 250 + few, 0, 41 - few, 0)])
        offices, dispersion, outside = add_funnel_limits(made.national, made.offices)
        before = replace(made, offices=offices, dispersion=dispersion.ratio, spread=dispersion.variance)
        found += told(replace(before, outside=outside)).measures
        assert 0 < len([one for one in found[-1].offices if one.flag != "together"]) < len(offices)
    assert found[0] == found[1]
    alone = [one for one in found[0].offices if one.flag != "together"]
    assert all(one.lower_998 for one in alone) and "below" in {one.flag for one in alone}
    assert add_funnel_limits(found[0].national, alone)[0] == tuple(alone)


def test_titles_of_a_public_edition_do_not_speak_of_every_office() -> None:
    made = measure([(0, 0, 0, 0, 100, 0, 0, 0), (0, 0, 0, 0, 120, 0, 0, 0), (0, 0, 0, 0, 20, 0, 3, 0)])
    alone = made.offices[:2]
    together = replace(made.offices[2], office="", timely=None, flag="together", name="2 offices together")
    title = summarize_flags(replace(made, offices=(*alone, together)), office="office")
    assert title == "Every office shown stands at 100%"
    assert summarize_flags(replace(made, offices=alone), office="office") == "Every office with a rate stands at 100%"


def test_a_measure_with_a_small_total_is_left_out_and_named() -> None:
    found = told(measure([(0, 0, 0, 0, 50, 3, 20, 0), (0, 0, 0, 0, 60, 4, 20, 0)]))
    assert found.measures == () and "a count over all offices is under 11" in found.withheld[0]


def test_months_with_a_small_count_are_left_out_and_counted() -> None:
    months = (
        MonthRate(month="2011-08", due=100, compliant=60, late=4),
        MonthRate(month="2011-09", due=100, compliant=60, late=20),
    )
    found = told(measure([(0, 0, 0, 0, 50, 30, 20, 0)]), months=months)
    assert [month.month for month in found.months] == ["2011-09"]
    assert "1 earlier month that no public edition issued before tells." in found.withheld
    result = measure([(0, 0, 0, 0, 110, 34, 56, 0)])
    whole = suppress_small_counts([result], months, (), (), 0, office="office", period="2011-08/2011-09")
    assert whole.months == () and "2 months with a count under 11, or to hide one." in whole.withheld


def test_a_program_declares_how_small_a_count_may_be_and_is_told_what_it_costs() -> None:
    result = measure([(0, 0, 0, 0, 50, 30, 20, 0), (0, 0, 0, 0, 60, 4, 20, 0), (0, 0, 0, 0, 70, 40, 20, 0)])

    def publish(**least: int) -> PublicResults:
        plan = WithholdingPlan(**least)
        return suppress_small_counts([result], (), (), (), 5, office="office", period="2011-09", plan=plan)

    usual, [offices, nation] = publish(), publish().costs
    assert len(usual.measures[0].offices) == 2, "one stands for two"
    assert (offices.table, offices.rows, offices.rows_of, nation.rows) == ("counts by office", 2, 3, 0)
    told = sum(isinstance(n, int) for row in usual.measures[0].offices[:1] for n in (row.due, row.compliant, row.late))
    assert offices.counts == offices.counts_of - told
    assert publish(offices=4, totals=4).ambiguous_links == 5
    assert len(publish(offices=4, totals=4).measures[0].offices) == 3, "no count lies under 4"
    assert publish(offices=4, totals=4).costs[0].rows == 0
    assert len(publish(offices=11, totals=1).measures[0].offices) == 2


def test_withholding_that_defeats_itself_is_refused() -> None:
    said = [problem.what for problem in find_withholding_problems(WithholdingPlan(offices=4, totals=5, checks=0))]
    assert said == [
        "is out of range",
        "tells offices with smaller counts than totals: added up, they tell the totals that are withheld",
    ]


def test_a_sample_is_told_by_its_totals_where_a_cell_is_small() -> None:
    audit = suppress_small_sample_counts(made_up.sample_audit())
    assert [(cell.outcome, cell.cases) for cell in audit.cells] == [
        ("consistent", 653),
        ("permitted", 45),
        ("inconsistent", 25),
        ("undeterminable", 43),
    ]
    assert audit.classes == audit.offices == audit.later == ()
    assert audit.documentation == made_up.sample_audit().documentation
    assert [rule.cases for rule in audit.rules] == [None, None]
    assert dict(audit.needed) == {"processing disposition": 31, "immigration status": 18}


def test_a_sample_with_a_small_total_has_no_public_edition() -> None:
    made = made_up.sample_audit()
    few = replace(made, overall=made_up.estimate("All cases", 718, 5, population=348_958, open_=43))
    with pytest.raises(AuditError, match="a total of the sample is from 1 to 10"):
        suppress_small_sample_counts(few)


def test_small_counts_of_other_kinds_are_left_out() -> None:
    result = measure([(0, 0, 0, 0, 50, 30, 20, 0)])
    found = suppress_small_counts(
        [result], (), made_up.checks(), made_up.provenance().inputs, 5, office="office", period="2011-09"
    )
    assert found.ambiguous_links is None and found.checks == ()
    assert "The table of data checks, of which 1 of 3 passed." in found.withheld
    assert [totals.table for totals in found.inputs] == ["matches", "persons"]


cells = st.one_of(st.just(0), few, st.integers(11, 300))
grids = st.integers(2, 3).flatmap(
    lambda months: st.lists(st.lists(st.tuples(cells, cells, cells), min_size=months, max_size=months), max_size=4)
)


def trend(grid: list[list[tuple[int, ...]]]) -> Trend:
    """Offices with these counts of CELLS, month by month."""
    offices = [
        build_office_trend(
            f"O{i:02d}", f"Office {i}", [month(f"2011-{m + 1:02}", one) for m, one in enumerate(row) if sum(one)]
        )
        for i, row in enumerate(grid)
    ]
    names = tuple(f"2011-{m + 1:02}" for m in range(len(grid[0]) if grid else 1))
    return Trend(measure=made_up.report().measures[0].measure, title="", months=names, offices=tuple(offices))


def month(name: str, counts: tuple[int, ...]) -> OfficeMonth:
    compliant, late, _ = counts
    return OfficeMonth(month=name, due=sum(counts), compliant=compliant, late=late, open_items=3)


def sum_of(counts: list[tuple[int, ...]], name: str) -> MonthRate:
    compliant, late, rest = map(sum, zip(*counts, strict=True))
    return MonthRate(month=name, due=compliant + late + rest, compliant=compliant, late=late)


@settings(max_examples=12, deadline=None)
@given(grids)
@example([[(82, 52, 14), (0, 232, 14), (2, 260, 72)]])
@example([[(20, 0, 20), (20, 0, 20)], [(40, 0, 30), (40, 0, 3)], [(300, 0, 5), (300, 0, 300)]])
@example([[(20, 0, 20), (3, 0, 20)], [(40, 0, 30), (40, 0, 30)], [(50, 0, 30), (50, 0, 30)]])
def test_no_small_count_of_a_month_can_be_worked_out(grid: list[list[tuple[int, ...]]]) -> None:
    """Known to the attacker: offices shown, sums of months that are told, and totals of offices that stand alone.

    That is a report of all the months together; in a report of the last month what stands alone is of that month.
    """
    if not grid:
        return
    months = range(len(grid[0]))
    for spans in (list(months), [months[-1]]):
        totals = [tuple(sum(row[m][c] for m in spans) for c in range(3)) for row in grid]
        before = measure([(0, 0, 0, 0, *counts, 0) for counts in totals])
        names = trend(grid).months
        period = names[-1] if len(spans) == 1 else f"{names[0]}/{names[-1]}"
        whole = [sum_of([row[m] for row in grid], names[m]) for m in months]
        found = suppress_small_counts([before], whole, (), (), 0, [trend(grid)], office="office", period=period)
        if not found.measures:
            assert not found.trends and not found.months
            continue
        [after], [told_trend] = found.measures, found.trends
        shown = {one.office for one in told_trend.offices}
        assert not [
            n for one in told_trend.offices for m in one.months for n in list_rate_counts(m) if is_small_count(n)
        ]
        assert all(m.open_items is None for one in told_trend.offices for m in one.months)
        hidden = [i for i in range(len(grid)) if f"O{i:02d}" not in shown]
        alone = {row.office for row in after.offices}
        for c in range(3):
            told_months = [m for m in months if names[m] in {month.month for month in found.months}]
            rules = [([(i, m) for i in hidden], sum(grid[i][m][c] for i in hidden)) for m in told_months]
            rules += [([(i, m) for i in hidden for m in spans], sum(totals[i][c] for i in hidden))]
            rules += [([(i, m) for m in spans], totals[i][c]) for i in hidden if f"O{i:02d}" in alone]
            places = {(i, m): k for k, (i, m) in enumerate((i, m) for i in hidden for m in months)}
            few = [(i, m) for i, m in places if is_small_count(grid[i][m][c])]
            signs = [({places[place]: 1 for place in inside}, total) for inside, total in rules]
            found_gaps = unsettled(signs, [{places[place]: 1} for place in few], len(places))
            assert all(gap >= MINIMUM_PUBLISHED_COUNT - 1e-6 for gap in found_gaps), (few, found_gaps, c)
