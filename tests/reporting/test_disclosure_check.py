"""The solver's check of a public edition, and the rules that make it pass: several duties, versions, single months."""

from dataclasses import replace
from datetime import date

import pytest

from audit.compliance.office_rates import MeasureResult
from audit.compliance.trends import OfficeMonth, Trend, build_office_trend
from audit.programs.withholding import WithholdingPlan
from audit.reporting import month_disclosure
from audit.reporting.disclosure_check import is_every_count_open
from audit.reporting.measure_disclosure import suppress_measure, tells_few, tells_small_change
from audit.reporting.month_disclosure import suppress_small_counts
from audit.reporting.published_editions import PublishedEdition, list_rows_alone
from tests.property.attacks import measure

PLAN = WithholdingPlan()
CODES = ("O00", "O01", "O02", "O03")


def duty(name: str, *counts: tuple[int, int, int], pending: int = 0) -> MeasureResult:
    """A duty over offices with so many in time, late and neither; the first has `pending` besides."""
    whole = [(0, 0, 0, pending if not n else 0, *one, 0) for n, one in enumerate(counts)]
    return replace(measure(whole), measure=name, title=name)


def join(result: MeasureResult, *codes: str) -> MeasureResult:
    """A duty as if these offices were told together."""
    rows = [row for row in result.offices if row.office in codes]
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("due", "compliant", "late")}
    together = replace(rows[0], office="", name="together", flag="together", **sums)
    return replace(result, offices=(*(row for row in result.offices if row.office not in codes), together))


def edition(*measures: MeasureResult, period: str = "2011-09", version: int = 1) -> PublishedEdition:
    return PublishedEdition(period=period, version=version, on=date(2012, 1, version), measures=measures)


def is_open(*versions: PublishedEdition) -> bool:
    return is_every_count_open(versions, CODES, least=11, least_of_all=11)


FIRST = duty("first", (2, 2, 2), (40, 9, 30), (40, 30, 30), (200, 90, 80))
SECOND = duty("second", (1, 3, 2), (29, 30, 20), (60, 9, 31), (190, 80, 100))


def test_as_many_due_under_two_duties_tell_what_each_withholds() -> None:
    """The first joins O00 and O01, the second O00 and O02, so that O01 and O02 stand alone in the other."""
    crossed = edition(join(FIRST, "O00", "O01"), join(SECOND, "O00", "O02"))
    assert is_open(edition(join(FIRST, "O00", "O01")))
    assert not is_open(crossed), "6 are due in O00: those of O00 and O01, less those of O01"
    found = suppress_small_counts([FIRST, SECOND], (), (), (), 0, office="office", period="2011-09")
    alone = [{row.office for row in list_rows_alone(result)} for result in found.measures]
    assert alone == [{"O02", "O03"}, {"O03"}]
    assert is_open(edition(*found.measures))


def test_what_is_withheld_under_one_duty_is_not_told_by_what_is_due_under_another() -> None:
    whole = duty("first", (50, 30, 20), (60, 40, 30))
    less = duty("second", (50, 30, 15), (60, 40, 30), pending=5)
    assert tells_few(whole, less, 11)
    assert not tells_few(whole, duty("second", (50, 20, 10), (60, 40, 30), pending=20), 11)
    found = suppress_small_counts([whole, less], (), (), (), 0, office="office", period="2011-09")
    assert [result.measure for result in found.measures] == ["first"]
    assert found.withheld == ("second: beside another duty it would tell a count under 11.",)
    both = duty("first", (50, 30, 15), (60, 40, 30), pending=5)
    found = suppress_small_counts([both, less], (), (), (), 0, office="office", period="2011-09")
    assert len(found.measures) == 2, "nobody is told how many there are in all"
    assert {result.national.pending for result in found.measures} == {None}


def test_an_office_that_one_version_joins_is_joined_by_those_after_it() -> None:
    before = duty("first", (50, 3, 50), (60, 30, 40), (90, 40, 40), (200, 90, 80))
    after = duty("first", (50, 30, 50), (60, 30, 40), (90, 40, 40), (200, 90, 80))
    first = suppress_measure(before, "office", PLAN)
    joined = {"O00", "O01"}
    assert {row.office for row in list_rows_alone(first)} == {*CODES} - joined
    again = suppress_measure(after, "office", PLAN, earlier=[first])
    assert {row.office for row in list_rows_alone(again)} == {*CODES} - joined, "27 came in late"
    assert is_open(edition(first), edition(again, version=2))


def test_a_count_over_all_that_one_version_withholds_is_told_by_no_other() -> None:
    """Who takes it that as many cases were received as before would have what is pending by subtraction."""
    few, many = (
        duty(
            "first",
            (50, 30, 40 - pending),
            (60, 30, 40),
            pending=pending,
        )
        for pending in (5, 25)
    )
    public = [suppress_measure(one, "office", PLAN) for one in (few, many)]
    assert [one.national.pending for one in public] == [None, 25]
    after = suppress_measure(many, "office", PLAN, earlier=[public[0]])
    assert (after.national.pending, after.national.received, after.national.worst) == (None, None, None)
    assert not tells_small_change(after, public[0], PLAN)
    assert tells_small_change(public[0], public[1], PLAN), "so that the measure stands as it was told"


def test_where_the_solver_finds_a_count_the_edition_tells_less(monkeypatch: pytest.MonkeyPatch) -> None:
    def tells_too_much(versions: list[PublishedEdition], *_: object, **__: object) -> bool:
        return len(versions[-1].measures) < 2 and not versions[-1].trends

    monkeypatch.setattr(month_disclosure, "is_every_count_open", tells_too_much)
    found = suppress_small_counts([FIRST, SECOND], (), (), (), 0, office="office", period="2011-09")
    assert [result.measure for result in found.measures] == ["first"]
    assert found.withheld == ("second: with what else is told it would tell a count under 11.",)
    assert [(cost.table, cost.rows, cost.rows_of) for cost in found.costs if "all" in cost.table] == [
        ("counts of all offices", 1, 2)
    ]


def test_a_month_of_a_quarter_that_the_others_tell_is_found() -> None:
    """Two offices stand alone by month; the third is what is left of each month's sum."""
    months = ("2011-07", "2011-08", "2011-09")
    grid = {"O00": [(30, 20, 20)] * 3, "O01": [(40, 20, 30)] * 3, "O02": [(20, 3, 20), (20, 20, 20), (20, 20, 20)]}
    sums = [tuple(map(sum, zip(*parts, strict=True))) for parts in grid.values()]
    result = duty("first", *((a, b, c) for a, b, c in sums))
    offices = [
        build_office_trend(
            code,
            code,
            [
                OfficeMonth(month=month, due=sum(one), compliant=one[0], late=one[1], open_items=None)
                for month, one in zip(months, parts, strict=True)
            ],
        )
        for code, parts in grid.items()
    ]
    trend = Trend(measure="first", title="first", months=months, offices=tuple(offices[:2]))
    whole = replace(edition(result, period="2011-07/2011-09"), trends=(trend,))
    assert is_every_count_open([whole], CODES[:3], least=11, least_of_all=11), "months of all are not told"
    rates = tuple(
        month_disclosure.MonthRate(
            measure="first",
            month=month,
            due=sum(map(sum, parts)),
            compliant=sum(one[0] for one in parts),
            late=sum(one[1] for one in parts),
        )
        for month, parts in zip(months, zip(*grid.values(), strict=True), strict=True)
    )
    assert not is_every_count_open([replace(whole, months=rates)], CODES[:3], least=11, least_of_all=11)
