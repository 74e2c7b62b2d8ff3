"""The months of each office: they add up to those of all, and only a month outside both kinds of limits is flagged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from scipy.stats import fisher_exact

from audit.compliance.ledger import count_missing_items
from audit.compliance.record_states import UNIT_STATE_SCHEMA
from audit.compliance.trends import (
    BASELINE_MONTHS,
    OfficeMonth,
    OfficeTrend,
    Trend,
    build_office_trend,
    build_trends,
    count_months,
    rate_months,
)
from audit.programs.measures import Duty
from audit.statistics.offices.control_charts import laney_chart
from tests.made_up_census import CENSUS, OFFICES

NAMES = [f"2011-{month:02}" for month in range(1, 13)]
Counts = Sequence[tuple[str, str, int, int]]  # office, month, due, of these in time


def census(counts: Counts) -> pl.DataFrame:
    """States as `units` returns them, under the first grace period."""
    rows = [
        {
            "unit": f"{office}{month}{n}",
            "office": office,
            "month": month,
            "date": date.fromisoformat(f"{month}-15"),
            "person": f"{office}{month}{n}",
            "no_identifier": False,
            "ambiguous": False,
            "measure": "documentation",
            "grace_days": 0,
            "state": "compliant" if n < compliant else "missing",
            "uninformative": False,
            "lacks_1": None if n < compliant else True,
            "lacks_2": None,
        }
        for office, month, due, compliant in counts
        for n in range(due)
    ]
    return pl.DataFrame(rows, schema={**UNIT_STATE_SCHEMA, "lacks_1": pl.Boolean, "lacks_2": pl.Boolean})


def trend(counts: Counts, period: str = NAMES[-1]) -> Trend:
    states = census(counts)
    counted = count_months(states, CENSUS)
    [found] = build_trends(
        counted, CENSUS, period=period, offices=OFFICES, still_open=count_missing_items(states, CENSUS)
    )
    return found


def office(*shares: tuple[int, int]) -> OfficeTrend:
    """An office with so many in time of so many due, month by month."""
    given = zip(NAMES, shares, strict=False)
    return build_office_trend(
        "A", "Alpha", [OfficeMonth(month=m, due=n, compliant=x, late=0, open_items=0) for m, (x, n) in given]
    )


def test_the_offices_of_every_month_add_up_to_all_offices() -> None:
    counts = [("A", NAMES[0], 30, 20), ("B", NAMES[0], 12, 12), ("A", NAMES[3], 5, 1), ("X", NAMES[3], 2, 0)]
    found, whole = trend(counts), rate_months(count_months(census(counts), CENSUS), CENSUS, period=NAMES[-1])
    for month in whole:
        mine = [one for each in found.offices for one in each.months if one.month == month.month]
        assert (sum(one.due for one in mine), sum(one.compliant for one in mine)) == (month.due, month.compliant)
        assert sum(one.open_items or 0 for one in mine) == month.due - month.compliant
    assert [(one.office, len(one.months)) for one in found.offices] == [("A", 2), ("B", 1), ("C", 0), ("X", 1)]


def test_no_month_is_left_out_between_the_first_and_the_report_s() -> None:
    found = trend([("A", "2010-11", 11, 11), ("A", "2011-02", 11, 11), ("A", "2011-03", 11, 11)], period="2011-02")
    assert found.months == ("2010-11", "2010-12", "2011-01", "2011-02")
    assert [one.month for one in found.offices[0].months] == ["2010-11", "2011-02"]


def test_a_table_without_dates_has_no_months() -> None:
    states = census([("A", NAMES[0], 3, 3)])
    undated = build_trends(
        count_months(states, CENSUS), CENSUS.__class__(table="t", unit="u", office="o", measures=CENSUS.measures),
        period="all", offices=OFFICES, still_open=count_missing_items(states, CENSUS),
    )  # fmt: skip
    assert undated == ()


def test_a_month_of_few_cases_has_counts_and_no_limits_and_sets_none() -> None:
    few = office(*[(15, 20)] * 4, (0, 10), *[(16, 20)] * 4, (3, 10), (15, 20))
    assert len(few.months) == 11 and len(few.rated) == 9
    assert [month.lower is None for month in few.months] == [False] * 4 + [True] + [False] * 4 + [True, False]
    assert few.centre == pytest.approx((15 + 16) / 40)


def test_before_the_baseline_is_whole_there_are_no_limits_and_no_flags() -> None:
    first = office(*[(20, 20)] * (BASELINE_MONTHS - 2), (0, 20))
    assert first.centre is None
    assert all(month.lower is None and not month.flag for month in first.months)


def test_a_later_month_far_below_its_baseline_is_flagged_and_does_not_move_it() -> None:
    steady = [(90, 100), (92, 100), (88, 100), (91, 100)] * 2
    fallen = office(*steady, (60, 100), (90, 100))
    assert [month.flag for month in fallen.months] == [""] * 8 + ["below", ""]
    assert fallen.centre == pytest.approx(0.9025)
    risen = office(*steady, (100, 100))
    assert risen.months[-1].flag == "above"


def test_months_that_swing_in_their_baseline_may_swing_later() -> None:
    """The p' limits of methods.control, where they are wider than chance."""
    wild = [(400, 1000), (900, 1000)] * 4
    one = office(*wild, (300, 1000))
    chart = laney_chart([400, 900] * 4, [1000] * 8)
    assert one.months[-1].flag == "" and one.months[-1].lower == pytest.approx(chart.lower[0])


def test_one_miss_after_a_baseline_without_any_is_chance() -> None:
    """The p' limits shut at a share of 1; Fisher's test says that 19 of 20 after 160 of 160 is no signal."""
    spotless = office(*[(20, 20)] * 8, (19, 20))
    assert laney_chart([20] * 8, [20] * 8).lower[0] == 1
    assert fisher_exact([[19, 1], [160, 0]], alternative="less").pvalue > 0.00135
    assert spotless.months[-1].flag == ""
    assert office(*[(20, 20)] * 8, (14, 20)).months[-1].flag == "below"


def test_a_flag_stands_where_the_rate_is_outside_the_limits_that_are_drawn() -> None:
    for last in range(101):
        month = office(*[(90, 100), (70, 100)] * 4, (last, 100)).months[-1]
        assert month.lower is not None and month.upper is not None
        outside = "below" if last / 100 < month.lower else "above" if last / 100 > month.upper else ""
        assert month.flag == outside


def test_an_odd_month_of_the_baseline_is_held_against_the_others_of_it() -> None:
    """46 of 50 is a signal after 350 of 350, by Fisher's test; not after 396 of 400, of which it is itself a part."""
    odd = office(*[(50, 50)] * 3, (46, 50), *[(50, 50)] * 4)
    assert [month.flag for month in odd.months] == ["", "", "", "below", "", "", "", ""]
    assert fisher_exact([[46, 4], [350, 0]], alternative="less").pvalue < 0.00135
    assert fisher_exact([[46, 4], [396, 4]], alternative="less").pvalue > 0.00135


def test_limits_are_set_by_months_under_the_duty_alone() -> None:
    """Twelve months, the duty from March: the eight months March to October set the limits, and January has none."""
    duty = Duty(words="instruction", since=date(2011, 3, 1))
    under = replace(CENSUS, measures=(replace(CENSUS.measures[0], duties=(duty,)),))
    counts = [("A", month, 100, 50 if month < "2011-03" else 90) for month in NAMES]
    states = census(counts)
    still_open = count_missing_items(states, CENSUS)
    [found] = build_trends(
        count_months(states, CENSUS), under, period=NAMES[-1], offices=OFFICES, still_open=still_open
    )
    [office] = [one for one in found.offices if one.office == "A"]
    assert found.outside_duty == ("2011-01", "2011-02")
    assert office.centre == 0.9
    assert [month.lower is None for month in office.months] == [True, True] + [False] * 10
    assert {month.flag for month in office.months} == {""}


def test_too_few_months_under_the_duty_set_no_limits() -> None:
    """The duty begins in June: seven months lie under it, and limits take eight."""
    duty = Duty(words="instruction", since=date(2011, 6, 1))
    under = replace(CENSUS, measures=(replace(CENSUS.measures[0], duties=(duty,)),))
    states = census([("A", month, 100, 90) for month in NAMES])
    still_open = count_missing_items(states, CENSUS)
    [found] = build_trends(
        count_months(states, CENSUS), under, period=NAMES[-1], offices=OFFICES, still_open=still_open
    )
    [office] = [one for one in found.offices if one.office == "A"]
    assert office.centre is None
