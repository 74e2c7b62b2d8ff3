"""Run charts: the months of each office, a panel an office on one scale, against limits that its first months set."""

from collections.abc import Iterator
from functools import partial
from math import ceil

from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.compliance.trends import OfficeTrend, Trend, pool_sparse_months
from audit.reporting.figures.canvas import (
    INK,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    shorten_text,
    start_figure,
    wrap_text,
)
from audit.reporting.figures.labels import fit_labels
from audit.reporting.figures.marks import draw_key
from audit.reporting.figures.run_chart import (
    FOOT,
    LEFT,
    LIMITS_NOTE,
    NO_LIMITS_NOTE,
    UNDER_DUTY,
    describe_months_left_out,
    draw_panel,
    find_rate_span,
    has_last_month,
    label_end_months,
    list_key_entries,
    list_shown_months,
)
from audit.tables.offices import OFFICE_NOT_RECORDED, UNRECORDED_OFFICE

_ACROSS, _GAP = 6, 0.12  # panels in a row, inches between them
_NAME, _PANEL = 0.24, 0.66  # inches of a panel's name, and of its plot
_SIZE, _SIZE_LEAST = 8.5, 7.0


def make_caption(trend: Trend, *, office: str, units: str, in_time: str) -> Caption:
    """The words of the figure; its title says which offices left their limits in the last month."""
    trend = pool_sparse_months(trend)
    shown, period = list_shown_months(trend.offices_with_trend, trend.months), trend.period
    last, whole = shown[-1], f"{shown[0].partition('/')[0]}/{shown[-1].rpartition('/')[2]}"
    rated = [month for one in trend.offices_with_trend for month in one.rated]
    limited = sum(month.lower is not None for month in rated)
    ends = sorted((one for one in trend.offices_with_trend if has_last_month(one, last)), key=_last_rate)
    under = UNDER_DUTY if trend.outside_duty else ""
    when, own = f" {in_time}" if in_time else "", formatting.add_article(office)
    notes = [
        LIMITS_NOTE.format(f"{own}’s own", period, under)
        if limited
        else NO_LIMITS_NOTE.format(f"{own} has", period, under),
        f"Of {formatting.format_plural(limited, period)} with limits chance alone would put "
        f"{_describe_chance(limited)} outside."
        if limited
        else "",
        f"All panels share one scale. No rate, and a gap: fewer than {MINIMUM_CASES_FOR_RATE} due"
        f"{', or a month that is not told of it' if any(month.open_items is None for month in rated) else ''}.",
        f"By quarter, because most months have fewer than {MINIMUM_CASES_FOR_RATE} due." if period == "quarter" else "",
        *describe_months_left_out(trend.offices_with_trend, trend.months),
    ]
    return Caption(
        title=_format_title(trend, office, last),
        subtitle=f"{trend.title}{when}: share of {units}, {period} by {period}, {formatting.format_month(whole)}",
        note=" ".join(filter(None, notes)),
        alt=" ".join(
            [
                f"Line charts of {formatting.format_plural(len(trend.offices_with_trend), office)} over "
                f"{formatting.format_plural(len(shown), period)}.",
                f"In {formatting.format_month(last)} from {_describe_end(ends[0])} to {_describe_end(ends[-1])}."
                if len(ends) > 1
                else "",
                *_describe_flags(trend),
                *(f"{line}." for line in _describe_omitted(trend, office)),
            ]
        ).replace("  ", " "),
    )


def draw_figure(trend: Trend, *, office: str, units: str, in_time: str, bare: bool = False) -> Figure:
    """A panel an office: its rate as a line, its limits shaded, months outside them as diamonds."""
    trend = pool_sparse_months(trend)
    shown = list_shown_months(trend.offices_with_trend, trend.months)
    offices = sorted(trend.offices_with_trend, key=partial(_rank_office, last=shown[-1]))
    rows = ceil(len(offices) / _ACROSS)
    with apply_style():
        foot = [line for words in _describe_omitted(trend, office) for line in wrap_text(f"{words}.", _SIZE)]
        height = 0.25 + rows * (_NAME + _PANEL + 0.08) + FOOT + 0.18 * len(foot)
        figure, body = start_figure(height, make_caption(trend, office=office, units=units, in_time=in_time), bare=bare)
        top = draw_key(body, [*list_key_entries(offices, trend.period)], top=height)
        span = find_rate_span(offices)
        wide = (WIDTH - 2 * MARGIN - LEFT + _GAP) / _ACROSS - _GAP
        labels = fit_labels({one.office: one.name for one in offices}, partial(_shorten_name, width=wide))
        for number, one in enumerate(offices):
            row, column = divmod(number, _ACROSS)
            left, under = MARGIN + LEFT + column * (wide + _GAP), top - row * (_NAME + _PANEL + 0.08) - _NAME
            low = has_last_month(one, shown[-1]) and one.rated[-1].flag == "below"
            name, weight = labels[one.office], "bold" if low else "regular"
            body.text(left, under + 0.07, name, fontsize=_fit_size(name, wide), fontweight=weight, color=INK)
            plot = add_plot_area(body, left, under - _PANEL, wide, _PANEL)
            draw_panel(plot, one, shown, span)
            plot.tick_params(labelleft=column == 0, labelsize=_SIZE)
            if number + _ACROSS >= len(offices):
                label_end_months(plot, shown, compact=True)
        for number, line in enumerate(reversed(foot)):
            body.text(MARGIN, 0.05 + 0.18 * number, line, fontsize=_SIZE, color=MUTED)
    return figure


def _shorten_name(name: str, *, width: float) -> str:
    return shorten_text(name, _SIZE_LEAST, "bold", width=width)


def _fit_size(name: str, width: float) -> float:
    """The size at which a panel's name has room in bold, between _SIZE_LEAST and _SIZE."""
    return max(_SIZE_LEAST, min(_SIZE, _SIZE * width / max(measure_text(name, _SIZE, "bold"), 0.01)))


def _rank_office(one: OfficeTrend, *, last: str) -> tuple[bool, float, str]:
    """The order of a report: the lowest rate of the last month first; those without one come last."""
    rated = has_last_month(one, last)
    return not rated, _last_rate(one) if rated else 0.0, one.name


def _last_rate(one: OfficeTrend) -> float:
    return one.rated[-1].compliant / one.rated[-1].due


def _describe_end(one: OfficeTrend) -> str:
    month = one.rated[-1]
    return f"{one.name} ({formatting.format_percent(month.compliant, month.due)})"


def _format_title(trend: Trend, office: str, last: str) -> str:
    """What the flags of the last month show; of earlier months only where it has none."""
    limited = [one for one in trend.offices_with_trend if one.centre is not None]
    if not limited:
        return f"Too few {trend.period}s yet to hold any {office} against its own"
    below, above = (trend.list_flagged_offices(side, last) for side in ("below", "above"))
    of_all = f"of {formatting.format_plural(len(limited), office)}"
    first = f"first {trend.period}s{UNDER_DUTY if trend.outside_duty else ''}"
    if not any(has_last_month(one, last) for one in trend.offices_with_trend):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} has {MINIMUM_CASES_FOR_RATE} or more due in {formatting.format_month(last)}"
        return f"{now}; {earlier} left {'its' if earlier == 1 else 'their'} limits before" if earlier else now
    if not (below or above):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} lies outside the limits of its {first} in {formatting.format_month(last)}"
        return f"{now}; {earlier} did before" if earlier else now
    (side, names), (other, others) = sorted({"below": below, "above": above}.items(), key=lambda one: not one[1])
    verb, whose = ("lies", "its") if len(names) == 1 else ("lie", "their")
    who = formatting.format_list(names) if side == "below" and len(names) <= 3 else f"{len(names)} {of_all}"
    also = f", {len(others) or 'none'} {other}" if others or side == "above" else ""
    return f"{who} {verb} {side} the limits of {whose} {first} in {formatting.format_month(last)}{also}"


def _describe_flags(trend: Trend) -> Iterator[str]:
    """Which offices were outside their limits, and when."""
    any_flagged = False
    for side in ("below", "above"):
        labels = [
            f"{one.name} "
            f"({formatting.format_list([month.month for month in one.months if month.flag == side], most=100)})"
            for one in trend.offices_with_trend
            if any(month.flag == side for month in one.months)
        ]
        any_flagged = any_flagged or bool(labels)
        if labels:
            yield f"{side.capitalize()} their limits: {formatting.format_list(labels, most=100)}."
    if not any_flagged and any(one.centre is not None for one in trend.offices_with_trend):
        yield "No month is outside the limits."


def _describe_omitted(trend: Trend, office: str) -> Iterator[str]:
    """The offices that have no panel, and why."""
    rest = [one for one in trend.offices if len(one.rated) < 2 and one.office != UNRECORDED_OFFICE]
    few, none = [one.name for one in rest if one.months], [one.name for one in rest if not one.months]
    if few:
        yield (
            f"No panel, with fewer than {MINIMUM_CASES_FOR_RATE} due in every {trend.period} or all but one: "
            f"{formatting.format_list(few, most=100)}"
        )
    if none:
        yield f"No panel, with none due in any month: {formatting.format_list(none, most=100)}"
    if unrecorded := sum(month.due for one in trend.offices if not one.office for month in one.months):
        yield f"{OFFICE_NOT_RECORDED.capitalize()}, so in no panel: {formatting.format_count(unrecorded)} due"
    if trend.withheld:
        yield (f"Withheld, because of a small count or to hide one: {formatting.format_plural(trend.withheld, office)}")


def _describe_chance(months: int) -> str:
    expected = round(months * 0.0027)
    return f"about {formatting.format_count(expected)}" if expected else "less than 1"
