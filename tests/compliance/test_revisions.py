"""Revisions: what the first report of a month told, against what is known now."""

from audit.compliance.office_rates import MonthRate
from audit.compliance.revisions import Revision, compare_with_first_counts


def rate(month: str, due: int, compliant: int, late: int, measure: str = "documentation") -> MonthRate:
    return MonthRate(measure=measure, month=month, due=due, compliant=compliant, late=late)


def test_each_earlier_month_is_told_as_first_and_as_now() -> None:
    first = [rate("2011-08", 100, 80, 5), rate("2011-07", 90, 70, 10)]
    now = [rate("2011-07", 90, 70, 10), rate("2011-08", 103, 80, 15), rate("2011-09", 50, 40, 0)]
    july, august = compare_with_first_counts(first, now)
    assert (july.month, july.is_revised) == ("2011-07", False)
    assert august == Revision(
        measure="documentation",
        month="2011-08",
        due_first=100,
        due_now=103,
        compliant_first=80,
        compliant_now=80,
        recorded_first=85,
        recorded_now=95,
    )
    assert august.is_revised


def test_a_measure_that_is_counted_no_more_has_no_revision() -> None:
    assert compare_with_first_counts([rate("2011-08", 1, 1, 0, "other")], [rate("2011-08", 1, 1, 0)]) == ()
