"""A map of tiles: one for each office, roughly where it lies, with its rate and its class by the limits."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.programs.office_tiles import Tile
from audit.reporting.figures.canvas import (
    MARGIN,
    RULE,
    WIDTH,
    Caption,
    apply_style,
    measure_text,
    shorten_text,
    start_figure,
    wrap_text,
)
from audit.reporting.figures.labels import fit_labels
from audit.reporting.figures.map_classes import (
    OFFICE_CLASSES,
    TILE_INK,
    classify_office,
    draw_class_key,
    find_office_rows,
    format_office_rate,
    measure_class_key,
)
from audit.reporting.figures.marks import describe_limits, name_limits, name_shown_offices
from audit.reporting.published_editions import COMBINED_FLAG
from audit.tables.offices import UNRECORDED_OFFICE

_TALL, _GAP, _PADDING = 0.72, 0.06, 0.05
_SIZE, _SIZE_LEAST = 8.0, 6.0


def make_caption(result: MeasureResult, tiles: Sequence[Tile], *, office: str, units: str, period: str) -> Caption:
    """The words of the map: its title counts or names the offices outside the limits, and no more."""
    places = find_office_rows(result, [tile.code for tile in tiles])
    when = f" {result.in_time}" if result.timed else ""
    others = [one for one in result.offices if one.office not in places and one.received and one.flag != COMBINED_FLAG]
    without_tile = (
        f" Without a tile: {formatting.format_list(list(map(_describe_office, others)), most=100)}." if others else ""
    )
    return Caption(
        title=_format_title(result, office),
        subtitle=f"{result.title}{when}: share of {units}, by {office}, {period}",
        note=f"Classes: the 95% and 99.8% limits, {describe_limits(result, office=office)}; only what lies outside "
        f"the latter is a finding. Each tile is of one size, roughly where its {office} lies.{without_tile}",
        alt=f"Map of tiles of {formatting.format_plural(len(places), office)}. "
        f"{' '.join(_describe_classes(result, places))}{without_tile}",
    )


def draw_figure(
    result: MeasureResult, tiles: Sequence[Tile], *, office: str, units: str, period: str, bare: bool = False
) -> Figure:
    """A tile an office: its name, its rate, and of how many."""
    rows, columns = max(tile.row for tile in tiles), max(tile.column for tile in tiles)
    wide = min(1.1, (WIDTH - 2 * MARGIN + _GAP) / columns - _GAP)
    places = find_office_rows(result, [tile.code for tile in tiles])
    with apply_style():
        key, labels = measure_class_key(result, places), _fit_tile_labels(places, wide)
        height = key + rows * (_TALL + _GAP)
        words = make_caption(result, tiles, office=office, units=units, period=period)
        figure, body = start_figure(height, words, bare=bare)
        draw_class_key(body, result, places, top=height)
        for tile in tiles:
            left = MARGIN + (tile.column - 1) * (wide + _GAP)
            bottom = height - key - tile.row * (_TALL + _GAP) + _GAP
            _draw_tile(body, places[tile.code], labels[tile.code], left, bottom, wide)
    return figure


def _fit_tile_labels(places: dict[str, OfficeRate | None], wide: float) -> dict[str, str]:
    """The name on each tile, in one line or two, no two alike."""
    room = wide - 2 * _PADDING
    names = {code: formatting.make_plain_text(office.name) for code, office in places.items() if office}

    def fit_two_lines(name: str) -> str:
        first, *rest = wrap_text(name, _find_name_size(name, room), width=room)
        return "\n".join([first, *([shorten_text(" ".join(rest), _SIZE_LEAST, width=room)] if rest else [])])

    return {**dict.fromkeys(places, ""), **fit_labels(names, fit_two_lines)}


def _find_name_size(name: str, room: float) -> float:
    """The size at which the longest word of a name has room."""
    return _fit_size(max(name.split() or [""], key=len), _SIZE, room)


def _draw_tile(body: Axes, office: OfficeRate | None, name: str, left: float, bottom: float, wide: float) -> None:
    office_class = OFFICE_CLASSES[classify_office(office)]
    body.add_patch(Rectangle((left, bottom), wide, _TALL, **office_class.patch_style, linewidth=0))
    body.add_patch(Rectangle((left, bottom), wide, _TALL, facecolor="none", edgecolor=RULE, linewidth=0.6))
    room = wide - 2 * _PADDING
    for number, line in enumerate(name.splitlines()):
        at = bottom + _TALL - 0.13 - 0.125 * number
        size = _fit_size(line, _SIZE, room)
        body.text(left + _PADDING, at, line, fontsize=size, va="center_baseline", color=TILE_INK)
    rated = office is not None and office.timely is not None
    label = format_office_rate(office)
    size = _fit_size(label, 11.5, room) if rated else _SIZE
    weight = "bold" if rated else "regular"
    body.text(left + 0.05, bottom + 0.27, label, fontsize=size, fontweight=weight, va="center_baseline", color=TILE_INK)
    if office is not None and rated:
        of = shorten_text(f"of {formatting.format_count(office.due)}", 7.5, width=room)
        body.text(left + 0.05, bottom + 0.11, of, fontsize=7.5, va="center_baseline", color=TILE_INK)


def _fit_size(text: str, size: float, room: float) -> float:
    """The size at which a text has room, but never under _SIZE_LEAST."""
    while measure_text(text, size, "bold") > room and size > _SIZE_LEAST:
        size -= 0.25
    return size


def _describe_office(office: OfficeRate) -> str:
    """An office, its rate and its class."""
    parts = (
        [f"{formatting.format_count(office.compliant)} of {formatting.format_count(office.due)}"] if office.due else []
    )
    if office.timely is not None:
        parts.append(formatting.format_percent(office.compliant, office.due))
    if office.office != UNRECORDED_OFFICE:  # cases without an office are in no class
        parts.append(OFFICE_CLASSES[classify_office(office)].words)
    return f"{office.name} ({', '.join(parts)})"


def _format_title(result: MeasureResult, office: str) -> str:
    """The offices outside the limits, with a tile or without."""
    sides = {side: sorted(one.name for one in result.rated if one.flag == side) for side in ("below", "above")}
    if not result.rated:
        return f"No {office} has {MINIMUM_CASES_FOR_RATE} or more due"
    if not any(sides.values()):
        return f"Every {name_shown_offices(result, office)} lies within the {name_limits(result)}"
    of_all = f" of {formatting.format_plural(len(result.rated), office)}"
    parts = [
        f"{side} {formatting.format_list(names) if len(names) <= 3 else f'{len(names)}{of_all}'}"
        for side, names in sides.items()
        if names
    ]
    return f"Outside the {name_limits(result)}: {'; '.join(parts)}"


def _describe_classes(result: MeasureResult, places: dict[str, OfficeRate | None]) -> Iterator[str]:
    """The offices of every class, each with what stands on its place."""
    for name, one in OFFICE_CLASSES.items():
        labels = [f"{p.name} {formatting.format_percent(p.compliant, p.due)}" if p.timely is not None else p.name
                for p in places.values() if p and classify_office(p) == name]  # fmt: skip
        if labels:
            yield f"{one.words.capitalize()}: {formatting.format_list(labels, most=200)}."
    if hidden := sum(place is None for place in places.values()):
        yield f"Told together with others: {formatting.format_count(hidden)}."
