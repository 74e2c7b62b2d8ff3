"""Every office's rate in one census, ranked, each against the limits for an office of its size."""

from collections.abc import Sequence
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.reporting.figures.canvas import (
    BAND,
    BLUE,
    INK,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    Weight,
    add_plot_area,
    apply_style,
    format_rate,
    measure_share_column,
    measure_text,
    set_number,
    set_percent_axis,
    set_share,
    shorten_text,
    start_figure,
    wrap_text,
)
from audit.reporting.figures.marks import (
    HOLLOW_MARK,
    MarkStyle,
    describe_flagged_offices,
    describe_limits,
    draw_key,
    draw_marks,
    make_mark,
    name_limits,
    summarize_flags,
)

_ROW, _SIZE = 0.2, 9.0  # inches a row, points of its text
_NAME_WIDTH = 1.7  # inches that a name may take
_RATE_WIDTH = 0.56  # inches of a column of percentages


def make_caption(result: MeasureResult, *, office: str, units: str, period: str) -> Caption:
    """The words of the figure; its title says what the flags show and no more."""
    offices, nation = result.rated, result.national
    when = f" {result.in_time}" if result.timed else ""
    ends = [
        f"{o.name} ({formatting.format_percent(o.compliant, o.due)}, {_format_share(o)})"
        for o in [*offices[:1], *offices[1:][-1:]]
    ]
    return Caption(
        title=summarize_flags(result, office=office),
        subtitle=f"{result.title}{when}: share of {units}, by {office}, {period}",
        note=(
            f"Shaded: the 99.8% limits, {describe_limits(result, office=office)}. All {units} are counted, so there "
            "is no sampling error. Listed from lowest to highest rate; the order itself is not a finding."
        ),
        alt=" ".join(
            [
                f"Dot plot of {formatting.format_plural(len(offices), office)}, from {' to '.join(ends)}; together "
                f"{formatting.format_percent(nation.compliant, nation.due)}, {_format_share(nation)}.",
                describe_flagged_offices(result),
                *(f"{line}." for line in _describe_unrated(result)),
            ]
        ),
    )


def draw_figure(result: MeasureResult, *, office: str, units: str, period: str, bare: bool = False) -> Figure:
    """A row an office: its limits shaded, a dot for in time, a hollow one with late ones added, the counts."""
    offices, late = result.rated, result.timed
    with apply_style():
        foot = [line for words in _describe_unrated(result) for line in wrap_text(words, _SIZE)]
        key = _list_key_entries(result)
        rows = _ROW * len(offices)
        height = 0.9 + rows + 0.2 * len(foot)
        figure, body = start_figure(height, make_caption(result, office=office, units=units, period=period), bare=bare)
        top = draw_key(body, key, top=height) - 0.36
        counts, _ = measure_share_column(((o.compliant, o.due) for o in offices), _SIZE)
        left = MARGIN + max(measure_text(_shorten_name(o), _SIZE, "bold") for o in offices) + 0.14
        right = WIDTH - MARGIN - _RATE_WIDTH * (1 + late) - counts - 0.18
        plot = add_plot_area(body, left, top - rows, right - left, rows)
        _draw_rows(plot, offices, late=late)
        _draw_nation(plot, result.national)
        _draw_text(body, offices, units, top=top, left=left, late=late)
        for i, line in enumerate(foot):
            body.text(MARGIN, top - rows - 0.4 - 0.18 * i, line, fontsize=_SIZE, color=MUTED, va="center_baseline")
    return figure


def _describe_unrated(result: MeasureResult) -> list[str]:
    """The offices without a rate, and why."""
    few = [f"{o.name} ({_format_share(o)})" for o in result.offices if o.flag == "too few"]
    none = [o.name for o in result.offices if not o.due]
    unnamed = [_format_share(o) for o in result.offices if o.flag == "no office"]
    reasons = (
        (f"Fewer than {MINIMUM_CASES_FOR_RATE} due, so no rate", few),
        ("Office not recorded", unnamed),
        ("None due", none),
    )
    return [f"{reason}: {formatting.format_list(sorted(names), most=100)}" for reason, names in reasons if names]


def _format_share(office: OfficeRate) -> str:
    return f"{formatting.format_count(office.compliant)} of {formatting.format_count(office.due)}"


def _shorten_name(office: OfficeRate) -> str:
    return shorten_text(office.name, _SIZE, "bold", width=_NAME_WIDTH)


def _list_key_entries(result: MeasureResult) -> list[tuple[MarkStyle | str, str]]:
    flags = {office.flag for office in result.rated}
    return [
        (make_mark(""), "in time" if result.timed else "rate"),
        *([(HOLLOW_MARK, "in time or late")] if result.timed else []),
        (BAND, name_limits(result)),
        *((make_mark(flag), f"{flag} them") for flag in ("below", "above") if flag in flags),
    ]


def _draw_rows(plot: Axes, offices: Sequence[OfficeRate], *, late: bool) -> None:
    rows = [(o, len(offices) - i - 0.5) for i, o in enumerate(offices)]
    ranges = [(y, o.lower_998, o.upper_998) for o, y in rows if o.lower_998 is not None and o.upper_998 is not None]
    plot.barh([y for y, *_ in ranges], [b - a for _, a, b in ranges], 0.64, [a for _, a, _ in ranges], color=BAND)
    behind = [(y, o.timely or 0.0, o.eventual or 0.0) for o, y in rows if late and o.eventual != o.timely]
    for y, timely, eventual in behind:
        plot.plot([timely, eventual], [y, y], color=BLUE, linewidth=0.8, clip_on=False)
        plot.plot([eventual], [y], clip_on=False, linestyle="none", **HOLLOW_MARK)
    draw_marks(plot, [(o.flag, o.timely or 0.0, y) for o, y in rows])
    low, high = _find_span(offices)
    step = set_percent_axis(plot.xaxis, high - low)
    plot.set(xlim=(floor(low / step) * step, min(1.0, ceil(high / step) * step)), ylim=(0, len(offices)), yticks=[])
    plot.grid(axis="x")


def _find_span(offices: Sequence[OfficeRate]) -> tuple[float, float]:
    """An axis that holds every mark; a range that would stretch it by more than 15 points runs off its edge."""
    marks = [share for o in offices for share in (o.timely, o.eventual) if share is not None]
    limits = [limit for o in offices for limit in (o.lower_998, o.upper_998) if limit is not None]
    low, high = min(marks), max(marks)
    low, high = max(min([low, *limits]), low - 0.15), min(max([high, *limits]), high + 0.15)
    return min(low, high - 0.05), high


def _draw_nation(plot: Axes, nation: OfficeRate) -> None:
    if nation.timely is None:
        return
    plot.axvline(nation.timely, color=INK, linewidth=1, linestyle=(0, (3, 2)), zorder=2.5)
    low, high = plot.get_xlim()
    place = (nation.timely - low) / (high - low)
    side = "right" if place > 0.8 else "left" if place < 0.2 else "center"  # the label stays over the plot
    label = f"All offices {format_rate(nation.compliant, nation.due)}"
    plot.annotate(label, (place, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", ha=side)


def _draw_text(body: Axes, offices: Sequence[OfficeRate], units: str, *, top: float, left: float, late: bool) -> None:
    at_late = WIDTH - MARGIN
    at_rate = at_late - (_RATE_WIDTH if late else 0)
    count_heading = shorten_text(units[:1].upper() + units[1:], _SIZE, width=0.9)
    headings = ((at_rate - _RATE_WIDTH, count_heading), (at_rate, "In time" if late else "Rate"), (at_late, "Or late"))
    for right, heading in headings[: 3 if late else 2]:
        body.text(right, top + 0.06, heading, color=MUTED, ha="right")
    _, room = measure_share_column(((o.compliant, o.due) for o in offices), _SIZE)
    for i, o in enumerate(offices):
        y = top - _ROW * (i + 0.5) + 0.01
        weight: Weight = "bold" if o.flag == "below" else "regular"
        body.text(left - 0.14, y, _shorten_name(o), fontweight=weight, ha="right", va="center_baseline")
        set_share(body, at_rate - _RATE_WIDTH, y, o.compliant, o.due, size=_SIZE, room=room)
        set_number(body, at_rate, y, format_rate(o.compliant, o.due), size=_SIZE, color=INK, weight=weight)
        if late:
            ever = format_rate(o.compliant + o.late, o.due)
            set_number(body, at_late, y, ever, size=_SIZE, color=MUTED, weight="regular")
