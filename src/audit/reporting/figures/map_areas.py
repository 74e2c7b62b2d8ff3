"""The map of the offices' areas, each one shape filled by its class, with name and rate beside or in it."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.programs.office_maps import Area
from audit.reporting.figures.canvas import (
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    shorten_text,
    start_figure,
)
from audit.reporting.figures.map_classes import (
    OFFICE_CLASSES,
    classify_office,
    draw_class_key,
    find_office_rows,
    format_office_rate,
    measure_class_key,
)
from audit.reporting.figures.map_classes import make_map_caption as said

_SIZE = 7.0


def make_caption(result: MeasureResult, areas: Sequence[Area], *, office: str, units: str, period: str) -> Caption:
    """The words of the figure."""
    note = "The size of an area says nothing of how many were due. Borders are simplified; territories are not drawn."
    codes = [area.code for area in areas]
    return said(result, codes, kind="Map of the areas", office=office, units=units, period=period, note=note)


def draw_figure(
    result: MeasureResult, areas: Sequence[Area], *, office: str, units: str, period: str, bare: bool = False
) -> Figure:
    """Every area with its name and rate; a label that stands outside its area has a line to it."""
    places = find_office_rows(result, [area.code for area in areas])
    points = [point for area in areas for ring in area.parse_rings() for point in ring]
    wide = WIDTH - 2 * MARGIN
    left = min(*(x for x, _ in points), *(area.label_x for area in areas))
    right = max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    scale = min([wide / (right - left), *_list_scales(areas, places, left)])
    tall = scale * (bottom - top)
    with apply_style():
        words = make_caption(result, areas, office=office, units=units, period=period)
        figure, body = start_figure(measure_class_key(result, places) + tall, words, bare=bare)
        draw_class_key(body, result, places, top=measure_class_key(result, places) + tall)
        plot = add_plot_area(body, MARGIN, 0, wide, tall)
        plot.set(xlim=(left, left + wide / scale), ylim=(bottom, top))
        plot.axis("off")
        for area in areas:
            one = OFFICE_CLASSES[classify_office(places[area.code])]
            if one.hatch:
                plot.add_patch(PathPatch(_make_path(area), linewidth=0, **one.patch_style))
            fill = "none" if one.hatch else one.fill
            plot.add_patch(PathPatch(_make_path(area), linewidth=0.4, facecolor=fill, edgecolor=MUTED))
        for area in areas:
            _draw_label(plot, area, places[area.code])
    return figure


def _make_path(area: Area) -> Path:
    rings = [Path([*ring, ring[0]], closed=True) for ring in area.parse_rings()]
    return Path.make_compound_path(*rings)


def _list_scales(areas: Sequence[Area], places: dict[str, OfficeRate | None], left: float) -> Iterator[float]:
    """Inches a pixel at which each label that stands beside the map has room."""
    for area in areas:
        if _has_outside_label(area) and area.label_x > left:
            text = measure_text(_format_label(places[area.code], " "), _SIZE)
            yield (WIDTH - 2 * MARGIN - text) / (area.label_x - left)


def _has_outside_label(area: Area) -> bool:
    """Whether a label stands outside its area, and so has a line to it."""
    inside = _make_path(area).contains_point((area.label_x, area.label_y))
    return not inside


def _format_label(office: OfficeRate | None, between: str) -> str:
    return (
        f"{shorten_text(office.name, _SIZE, width=1.0)}{between}{format_office_rate(office)}"
        if office
        else format_office_rate(office)
    )


def _draw_label(plot: Axes, area: Area, office: OfficeRate | None) -> None:
    at, middle = (area.label_x, area.label_y), (area.middle_x, area.middle_y)
    if _has_outside_label(area):
        line = {"arrowstyle": "-", "linewidth": 0.5, "color": MUTED, "shrinkA": 0, "shrinkB": 0}
        text = _format_label(office, " ")
        plot.annotate(text, middle, at, fontsize=_SIZE, ha="left", va="center", arrowprops=line)
        return
    plot.text(
        *at,
        _format_label(office, "\n"),
        fontsize=_SIZE,
        ha="center",
        va="center",
        multialignment="center",
        linespacing=1.1,
    )
