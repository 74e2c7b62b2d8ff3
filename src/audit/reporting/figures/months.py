"""Run charts: the months of each office, a panel an office on one scale, against limits that its first months set."""

from collections.abc import Iterator
from math import ceil

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import SMALL
from audit.compliance.trends import OfficeTrend, Trend
from audit.reporting.figures.canvas import (
    INK,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    framed,
    shortened,
    styled,
    within,
    wrapped,
)
from audit.reporting.figures.marks import draw_key
from audit.reporting.figures.run_chart import FOOT, LATER, LEFT, NOTE, draw_panel, ends_with, key_of, name_ends, span_of

_ACROSS, _GAP = 6, 0.12  # panels in a row, inches between them
_NAME, _PANEL = 0.24, 0.66  # inches of a panel's name, and of its plot
_SIZE = 8.5


def caption(trend: Trend, *, office: str, units: str, in_time: str) -> Caption:
    """The words of the figure; its title says which offices left their limits in the last month."""
    last, first = trend.months[-1], trend.months[0]
    rated = [month for one in trend.shown for month in one.rated]
    limited = sum(month.lower is not None for month in rated)
    ends = sorted((one for one in trend.shown if ends_with(one, last)), key=_last_rate)
    when = f" {in_time}" if in_time else ""
    notes = [
        NOTE.format(f"a {office}’s own") if limited else LATER.format(f"a {office} has"),
        f"Of {formatting.plural(limited, 'month')} with limits chance alone would put {_by_chance(limited)} outside."
        if limited
        else "",
        f"All panels share one scale. No rate, and a gap: fewer than {SMALL} due.",
    ]
    return Caption(
        title=_title(trend, office),
        subtitle=f"{trend.title}{when}: share of {units}, month by month, {formatting.month(f'{first}/{last}')}",
        note=" ".join(filter(None, notes)),
        alt=" ".join(
            [
                f"Line charts of {formatting.plural(len(trend.shown), office)} over {len(trend.months)} months.",
                f"In {formatting.month(last)} from {_end(ends[0])} to {_end(ends[-1])}." if len(ends) > 1 else "",
                *_flags(trend),
                *(f"{line}." for line in _not_shown(trend, office)),
            ]
        ).replace("  ", " "),
    )


def draw(trend: Trend, *, office: str, units: str, in_time: str, bare: bool = False) -> Figure:
    """A panel an office: its rate as a line, its limits shaded, months outside them as diamonds."""
    shown = trend.shown
    rows = ceil(len(shown) / _ACROSS)
    with styled():
        foot = [line for words in _not_shown(trend, office) for line in wrapped(f"{words}.", _SIZE)]
        height = 0.25 + rows * (_NAME + _PANEL + 0.08) + FOOT + 0.18 * len(foot)
        figure, body = framed(height, caption(trend, office=office, units=units, in_time=in_time), bare=bare)
        top = draw_key(body, [*key_of(shown)], top=height)
        span = span_of(shown)
        wide = (WIDTH - 2 * MARGIN - LEFT + _GAP) / _ACROSS - _GAP
        for number, one in enumerate(shown):
            row, column = divmod(number, _ACROSS)
            left, under = MARGIN + LEFT + column * (wide + _GAP), top - row * (_NAME + _PANEL + 0.08) - _NAME
            now = ends_with(one, trend.months[-1])
            low = bool(now and one.months[-1].flag == "below")
            name = shortened(one.name, _SIZE, "bold" if low else "regular", width=wide)
            body.text(left, under + 0.07, name, fontsize=_SIZE, fontweight="bold" if low else "regular", color=INK)
            plot = within(body, left, under - _PANEL, wide, _PANEL)
            draw_panel(plot, one, trend.months, span)
            plot.tick_params(labelleft=column == 0, labelsize=_SIZE)
            if number + _ACROSS >= len(shown):
                name_ends(plot, trend.months, compact=True)
        for number, line in enumerate(reversed(foot)):
            body.text(MARGIN, 0.05 + 0.18 * number, line, fontsize=_SIZE, color=MUTED)
    return figure


def _last_rate(one: OfficeTrend) -> float:
    return one.rated[-1].compliant / one.rated[-1].due


def _end(one: OfficeTrend) -> str:
    month = one.rated[-1]
    return f"{one.name} ({formatting.percent(month.compliant, month.due)})"


def _title(trend: Trend, office: str) -> str:
    """What the flags of the last month show; of earlier months only where it has none."""
    last = trend.months[-1]
    limited = [one for one in trend.shown if one.centre is not None]
    if not limited:
        return f"Too few months yet to hold any {office} against its own"
    below, above = (trend.flagged(side, last) for side in ("below", "above"))
    of_all = f"of {formatting.plural(len(limited), office)}"
    if not any(ends_with(one, last) for one in trend.shown):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} has {SMALL} or more due in {formatting.month(last)}"
        return f"{now}; {earlier} left {'its' if earlier == 1 else 'their'} limits before" if earlier else now
    if not (below or above):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} lies outside the limits of its first months in {formatting.month(last)}"
        return f"{now}; {earlier} did before" if earlier else now
    (side, names), (other, others) = sorted({"below": below, "above": above}.items(), key=lambda one: not one[1])
    verb, whose = ("lies", "its") if len(names) == 1 else ("lie", "their")
    who = formatting.listed(names) if side == "below" and len(names) <= 3 else f"{len(names)} {of_all}"
    also = f", {len(others) or 'none'} {other}" if others or side == "above" else ""
    return f"{who} {verb} {side} the limits of {whose} first months in {formatting.month(last)}{also}"


def _flags(trend: Trend) -> Iterator[str]:
    """Which offices were outside their limits, and when."""
    any_found = False
    for side in ("below", "above"):
        found = [
            f"{one.name} ({formatting.listed([month.month for month in one.months if month.flag == side], most=100)})"
            for one in trend.shown
            if any(month.flag == side for month in one.months)
        ]
        any_found = any_found or bool(found)
        if found:
            yield f"{side.capitalize()} their limits: {formatting.listed(found, most=100)}."
    if not any_found and any(one.centre is not None for one in trend.shown):
        yield "No month is outside the limits."


def _not_shown(trend: Trend, office: str) -> Iterator[str]:
    """The offices that have no panel, and why."""
    rest = [one for one in trend.offices if len(one.rated) < 2]
    few, none = [one.name for one in rest if one.months], [one.name for one in rest if not one.months]
    if few:
        yield f"No panel, with fewer than {SMALL} due in every month or all but one: {formatting.listed(few, most=100)}"
    if none:
        yield f"No panel, with none due in any month: {formatting.listed(none, most=100)}"
    if trend.withheld:
        yield f"Withheld, because of a count under {SMALL} or to hide one: {formatting.plural(trend.withheld, office)}"


def _by_chance(months: int) -> str:
    expected = round(months * 0.0027)
    return f"about {formatting.count(expected)}" if expected else "less than 1"
