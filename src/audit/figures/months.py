"""Run charts: the months of each office, a panel an office on one scale, against limits that its first months set."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from audit import wording
from audit.compliance import SMALL
from audit.figures.frame import (
    BAND,
    BLUE,
    INK,
    LIGHT,
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
from audit.figures.marks import draw_key, mark
from audit.trend import BASELINE, OfficeMonth, OfficeTrend, Trend

_ACROSS, _GAP, _LEFT = 6, 0.12, 0.5  # panels in a row, inches between them, inches of the axis
_NAME, _PANEL, _FOOT = 0.24, 0.66, 0.3  # inches of a panel's name, of its plot, of the months under the last
_SIZE = 8.5


def caption(trend: Trend, *, office: str, units: str, in_time: str) -> Caption:
    """The words of the figure; its title says which offices left their limits in the last month."""
    last, first = trend.months[-1], trend.months[0]
    rated = [month for one in trend.shown for month in one.rated]
    limited = sum(month.lower is not None for month in rated)
    ends = sorted((one for one in trend.shown if _ends(one, last)), key=_last_rate)
    when = f" {in_time}" if in_time else ""
    notes = [
        f"Shaded: the 99.73% limits of a {office}’s own first {BASELINE} months with a rate, which are p′ limits "
        "(Laney 2002) and nowhere narrower than chance allows exactly (Thatcher 1964)."
        if limited
        else f"Limits are drawn once a {office} has {BASELINE} months with a rate.",
        f"Of {wording.plural(limited, 'month')} with limits chance alone would put about {_by_chance(limited)} outside."
        if limited
        else "",
        f"All panels share one scale. No rate, and a gap: fewer than {SMALL} due.",
    ]
    return Caption(
        title=_title(trend, office),
        subtitle=f"{trend.title}{when}: share of {units}, month by month, {wording.month(f'{first}/{last}')}",
        note=" ".join(filter(None, notes)),
        alt=" ".join(
            [
                f"Line charts of {wording.plural(len(trend.shown), office)} over {len(trend.months)} months.",
                f"In {wording.month(last)} from {_end(ends[0])} to {_end(ends[-1])}." if len(ends) > 1 else "",
                *_flags(trend),
                *(f"{line}." for line in _not_shown(trend)),
            ]
        ).replace("  ", " "),
    )


def draw(trend: Trend, *, office: str, units: str, in_time: str, bare: bool = False) -> Figure:
    """A panel an office: its rate as a line, its limits shaded, months outside them as diamonds."""
    shown = trend.shown
    rows = ceil(len(shown) / _ACROSS)
    with styled():
        foot = [line for words in _not_shown(trend) for line in wrapped(f"{words}.", _SIZE)]
        height = 0.25 + rows * (_NAME + _PANEL + 0.08) + _FOOT + 0.18 * len(foot)
        figure, body = framed(height, caption(trend, office=office, units=units, in_time=in_time), bare=bare)
        top = draw_key(body, [*_key(shown)], top=height)
        span = _span(shown)
        wide = (WIDTH - 2 * MARGIN - _LEFT + _GAP) / _ACROSS - _GAP
        for number, one in enumerate(shown):
            row, column = divmod(number, _ACROSS)
            left, under = MARGIN + _LEFT + column * (wide + _GAP), top - row * (_NAME + _PANEL + 0.08) - _NAME
            now = _ends(one, trend.months[-1])
            low = bool(now and one.months[-1].flag == "below")
            name = shortened(one.name, _SIZE, "bold" if low else "regular", width=wide)
            body.text(left, under + 0.07, name, fontsize=_SIZE, fontweight="bold" if low else "regular", color=INK)
            plot = within(body, left, under - _PANEL, wide, _PANEL)
            draw_panel(plot, one, trend.months, span)
            plot.tick_params(labelleft=column == 0, labelsize=_SIZE)
            if number + _ACROSS >= len(shown):
                _name_ends(plot, trend.months, compact=True)
        for number, line in enumerate(reversed(foot)):
            body.text(MARGIN, 0.05 + 0.18 * number, line, fontsize=_SIZE, color=MUTED)
    return figure


def draw_panel(plot: Axes, one: OfficeTrend, months: Sequence[str], span: tuple[float, float]) -> None:
    """One office's months on a scale that may be shared."""
    place = {month: number for number, month in enumerate(months)}
    by_month = {month.month: month for month in one.rated}
    for run in _runs(one.rated, place):
        x = [place[month.month] + step for month in run for step in (-0.5, 0.5)]
        lower, upper = ([limit for month in run for limit in [side(month)] * 2] for side in (_lower, _upper))
        plot.fill_between(x, lower, upper, color=BAND, linewidth=0)
    if one.centre is not None:
        plot.axhline(one.centre, color=LIGHT, linewidth=0.8)
    rates = [by_month[m].compliant / by_month[m].due if m in by_month else nan for m in months]
    plot.plot(range(len(months)), rates, color=BLUE, linewidth=1.2, clip_on=False)
    gaps = [i for i, month in enumerate((*months, "")) if month not in by_month]
    for i in (end - 1 for start, end in pairwise((-1, *gaps)) if end - start == 2):
        plot.plot([i], [rates[i]], color=BLUE, marker="o", markersize=2, clip_on=False)
    for flag in ("below", "above"):
        points = [(place[m.month], m.compliant / m.due) for m in one.rated if m.flag == flag]
        if points:
            look = mark(flag) | {"markersize": 4.6, "markeredgewidth": 0.5}
            plot.plot(*zip(*points, strict=True), zorder=4, **look)
    plot.set(xlim=(-0.5, len(months) - 0.5), ylim=span, xticks=[], yticks=[span[0], sum(span) / 2, span[1]])
    plot.yaxis.set_major_formatter(FuncFormatter(lambda share, _: wording.percent(round(share, 4), places=0)))
    plot.grid(axis="y")
    plot.spines["bottom"].set_visible(False)


def _name_ends(plot: Axes, months: Sequence[str], *, compact: bool) -> None:
    """The first and the last month under a panel."""
    names = [f"{wording.month(month)[:3]} {month[:4]}" for month in (months[0], months[-1])]
    for x, name, side in ((0.0, names[0], "left"), (1.0, names[-1], "right")):
        text = f"{name[:3]} ’{name[-2:]}" if compact else name
        plot.annotate(
            text, (x, 0), (0, -5), xycoords="axes fraction", textcoords="offset points", ha=side, va="top",
            color=MUTED, fontsize=7.5,
        )  # fmt: skip


def _span(shown: Sequence[OfficeTrend]) -> tuple[float, float]:
    """A scale that holds every rate; limits that would stretch it by more than 15 points run off its edge."""
    rates = [month.compliant / month.due for one in shown for month in one.rated]
    limits = [
        limit for one in shown for month in one.rated for limit in (month.lower, month.upper) if limit is not None
    ]
    low, high = min(rates), max(rates)
    low, high = max(min([low, *limits]), low - 0.15), min(max([high, *limits]), high + 0.15)
    step = 0.2 if high - low > 0.3 else 0.02  # so that the middle of the scale is a whole percentage
    high = min(1.0, ceil(high / step) * step)
    return high - step * max(1, ceil((high - low) / step)), high


def _runs(rated: Sequence[OfficeMonth], place: dict[str, int]) -> Iterator[list[OfficeMonth]]:
    """Months with limits that follow each other without a gap."""
    run: list[OfficeMonth] = []
    for month in rated:
        if month.lower is None:
            continue
        if run and place[month.month] != place[run[-1].month] + 1:
            yield run
            run = []
        run.append(month)
    if run:
        yield run


def _lower(month: OfficeMonth) -> float:
    return month.lower or 0.0


def _upper(month: OfficeMonth) -> float:
    return 1.0 if month.upper is None else month.upper


def _key(shown: Sequence[OfficeTrend]) -> Iterator[tuple[dict[str, object] | str, str]]:
    months = [month for one in shown for month in one.rated]
    yield {"color": BLUE, "marker": "_", "markersize": 11, "markeredgewidth": 1.2}, "rate, month by month"
    if any(month.lower is not None for month in months):
        yield BAND, "limits"
    for flag in ("below", "above"):
        if any(month.flag == flag for month in months):
            yield mark(flag), f"{flag} them"


def _ends(one: OfficeTrend, last: str) -> bool:
    """Whether an office has a rate in the last month."""
    return bool(one.rated) and one.rated[-1].month == last


def _last_rate(one: OfficeTrend) -> float:
    return one.rated[-1].compliant / one.rated[-1].due


def _end(one: OfficeTrend) -> str:
    month = one.rated[-1]
    return f"{one.name} ({wording.percent(month.compliant, month.due)})"


def _title(trend: Trend, office: str) -> str:
    """What the flags of the last month show; of earlier months only where it has none."""
    last = trend.months[-1]
    limited = [one for one in trend.shown if one.centre is not None]
    if not limited:
        return f"Too few months yet to hold any {office} against its own"
    below, above = (trend.flagged(side, last) for side in ("below", "above"))
    of_all = f"of {wording.plural(len(limited), office)}"
    if not any(_ends(one, last) for one in trend.shown):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} has {SMALL} or more due in {wording.month(last)}"
        return f"{now}; {earlier} left {'its' if earlier == 1 else 'their'} limits before" if earlier else now
    if not (below or above):
        earlier = sum(any(month.flag for month in one.months) for one in limited)
        now = f"No {office} lies outside the limits of its first months in {wording.month(last)}"
        return f"{now}; {earlier} did before" if earlier else now
    (side, names), (other, others) = sorted({"below": below, "above": above}.items(), key=lambda one: not one[1])
    verb, whose = ("lies", "its") if len(names) == 1 else ("lie", "their")
    who = wording.listed(names) if side == "below" and len(names) <= 3 else f"{len(names)} {of_all}"
    also = f", {len(others) or 'none'} {other}" if others or side == "above" else ""
    return f"{who} {verb} {side} the limits of {whose} first months in {wording.month(last)}{also}"


def _flags(trend: Trend) -> Iterator[str]:
    """Which offices were outside their limits, and when."""
    any_found = False
    for side in ("below", "above"):
        found = [
            f"{one.name} ({wording.listed([month.month for month in one.months if month.flag == side], most=100)})"
            for one in trend.shown
            if any(month.flag == side for month in one.months)
        ]
        any_found = any_found or bool(found)
        if found:
            yield f"{side.capitalize()} their limits: {wording.listed(found, most=100)}."
    if not any_found and any(one.centre is not None for one in trend.shown):
        yield "No month is outside the limits."


def _not_shown(trend: Trend) -> Iterator[str]:
    """The offices that have no panel, and why."""
    rest = [one for one in trend.offices if len(one.rated) < 2]
    few, none = [one.name for one in rest if one.months], [one.name for one in rest if not one.months]
    if few:
        yield f"No panel, with fewer than {SMALL} due in every month or all but one: {wording.listed(few, most=100)}"
    if none:
        yield f"No panel, with none due in any month: {wording.listed(none, most=100)}"


def _by_chance(months: int) -> str:
    expected = round(months * 0.0027)
    return wording.count(expected) if expected else "none"
