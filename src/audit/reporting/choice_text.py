"""What the choices of the auditors do to the rate, in words: readings of a criterion, windows of actions."""

from collections.abc import Iterator, Sequence

from audit.assessment.sensitivity import WITHOUT_END, OutcomeTally, ReadingEffect, WindowEffect
from audit.formatting import format_count, format_day, format_percent, format_plural


def list_reading_rows(readings: Sequence[ReadingEffect]) -> Iterator[tuple[str, str, str, int]]:
    """Each reading: what is read; of what, by whom and when; the rate without it, by the rules; cases it moves."""
    for one in readings:
        author = f"Of {one.reading.of}. {one.reading.by}, {format_day(one.reading.dated)}."
        yield one.reading.title, author, format_tally(one.without), one.changed


def find_common_author(readings: Sequence[ReadingEffect]) -> str:
    """Who made the readings and when, where that is the same of all of them; empty where it is not."""
    authors = {f"{one.reading.by}, {format_day(one.reading.dated)}" for one in readings}
    return authors.pop() if len(authors) == 1 else ""


def list_window_rows(windows: Sequence[WindowEffect]) -> Iterator[tuple[str, str, int]]:
    """Each window of a table: its days in words, the rate under it by the rules, cases that it moves."""
    for one in windows:
        yield describe_window(one), format_tally(one.other), one.changed


def describe_window(window: WindowEffect) -> str:
    """The days of a window: from so many before the case to so many after its decision."""
    after = "any later day" if window.after_days == WITHOUT_END else f"{format_plural(window.after_days, 'day')} after"
    return f"{window.table.replace('_', ' ')}: {format_plural(window.before_days, 'day')} before to {after}"


def describe_later_actions(windows: Sequence[WindowEffect]) -> Iterator[str]:
    """Of each table, how many cases were acted on only after its window, which decides nothing."""
    for one in windows:
        if one.after_days == WITHOUT_END:
            rows = f"rows of {one.table.replace('_', ' ')}"
            cured = max(0, one.declared.deviating - one.other.deviating)
            if not one.changed:
                yield f"Acted on later: counting {rows} dated after the window too would change no outcome."
                continue
            yield (
                f"Acted on later: {format_plural(one.changed, 'case')} would have another outcome if {rows} dated "
                f"after the window counted too; {format_count(cured)} fewer would deviate. They decide nothing here."
            )


def format_tally(tally: OutcomeTally) -> str:
    """A tally as "675 of 723 (93.4%)"."""
    decided = tally.conforming + tally.deviating
    return f"{format_count(tally.conforming)} of {format_count(decided)} ({format_percent(tally.rate)})"
