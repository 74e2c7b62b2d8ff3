"""Whether a document, or a rule's version, was in force on a day; and its days in words."""

from collections.abc import Sequence
from datetime import date, timedelta

from audit.formatting import format_day as written
from audit.formatting import format_list
from audit.policy.rules import DateInterval, Rule, Version


def is_in_force(intervals: Sequence[DateInterval], on: date | None) -> bool | None:
    """Whether the day lies in one of the intervals; None where that turns on a day nobody knows."""
    answers = [_is_in_interval(interval, on) for interval in intervals]
    return True if True in answers else None if None in answers else False


def find_version(rule: Rule, on: date | None) -> tuple[Version | None, bool | None]:
    """The rule's version on a day, and whether it was in force; None where it may have been."""
    versions = [(version, is_in_force(version.in_force, on)) for version in rule.versions]
    candidates = [(version, holds) for version, holds in versions if holds is not False]
    return min(candidates, key=lambda one: one[1] is None, default=(None, False))


def list_boundary_days(intervals: Sequence[DateInterval]) -> tuple[date, ...]:
    """Every day on which it changes whether the intervals hold, or whether anyone knows it, in order."""
    starts = {day for interval in intervals for day in (interval.since, interval.since_by) if day}
    ends = {interval.until + timedelta(days=1) for interval in intervals if interval.until}
    return tuple(sorted(starts | ends))


def describe_intervals(intervals: Sequence[DateInterval]) -> str:
    """The intervals in words: 'from 30 June 2010 to 1 March 2011'."""
    return (
        format_list([_describe_interval(interval) for interval in intervals], most=len(intervals) or 1) or "on no day"
    )


def describe_day_range(first: date | None, last: date | None) -> str:
    """A stretch of days in words: 'from 30 June 2010 to 1 March 2011'."""
    if first is None:
        return f"until {written(last)}" if last else "on any day"
    return f"from {written(first)} {f'to {written(last)}' if last else 'on'}"


def _is_in_interval(interval: DateInterval, on: date | None) -> bool | None:
    if on is None:
        return None if interval.since or interval.until else True
    if (interval.since and on < interval.since) or (interval.until and on > interval.until):
        return False
    return None if interval.since_by and on < interval.since_by else True


def _describe_interval(interval: DateInterval) -> str:
    if interval.since is None or interval.since_by is None:
        return describe_day_range(interval.since, interval.until)
    begun = f"from an unknown day between {written(interval.since)} and {written(interval.since_by)}"
    return f"{begun} {f'to {written(interval.until)}' if interval.until else 'on'}"
