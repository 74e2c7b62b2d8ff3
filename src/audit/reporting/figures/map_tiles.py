"""A map of tiles: one for each office, roughly where it lies, with its rate and its class by the limits."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.programs.office_maps import Tile
from audit.reporting.figures.canvas import MARGIN, RULE, WIDTH, Caption, framed, shortened, styled, width_of, wrapped
from audit.reporting.figures.map_classes import CLASSES, class_of, draw_classes, key_height, standing, value
from audit.reporting.figures.map_classes import caption as said

_TALL, _GAP = 0.72, 0.06
_SIZE = 8.0


def caption(result: MeasureResult, tiles: Sequence[Tile], *, office: str, units: str, period: str) -> Caption:
    """The words of the figure."""
    note = f"Each {office} has a tile of one size, roughly where it lies."
    codes = [tile.code for tile in tiles]
    return said(result, codes, kind="Map of tiles", office=office, units=units, period=period, note=note)


def draw(
    result: MeasureResult, tiles: Sequence[Tile], *, office: str, units: str, period: str, bare: bool = False
) -> Figure:
    """A tile an office: its name, its rate, and of how many."""
    rows, columns = max(tile.row for tile in tiles), max(tile.column for tile in tiles)
    wide = min(1.1, (WIDTH - 2 * MARGIN + _GAP) / columns - _GAP)
    places = standing(result, [tile.code for tile in tiles])
    with styled():
        key = key_height(result, places)
        height = key + rows * (_TALL + _GAP)
        words = caption(result, tiles, office=office, units=units, period=period)
        figure, body = framed(height, words, bare=bare)
        draw_classes(body, result, places, top=height)
        for tile in tiles:
            left = MARGIN + (tile.column - 1) * (wide + _GAP)
            bottom = height - key - tile.row * (_TALL + _GAP) + _GAP
            _draw_tile(body, places[tile.code], left, bottom, wide)
    return figure


def _draw_tile(body: Axes, office: OfficeRate | None, left: float, bottom: float, wide: float) -> None:
    look = CLASSES[class_of(office)]
    body.add_patch(Rectangle((left, bottom), wide, _TALL, **look.look, linewidth=0))
    body.add_patch(Rectangle((left, bottom), wide, _TALL, facecolor="none", edgecolor=RULE, linewidth=0.6))
    room, name = wide - 0.1, office.name if office else ""
    size = _fitting(max(formatting.plain(name).split() or [""], key=len), _SIZE, room)
    for number, line in enumerate(wrapped(name, size, width=room)[:2]):
        at = bottom + _TALL - 0.13 - 0.125 * number
        body.text(left + 0.05, at, line, fontsize=size, va="center_baseline")
    rated = office is not None and office.timely is not None
    shown = value(office)
    size = _fitting(shown, 11.5, room) if rated else _SIZE
    weight = "bold" if rated else "regular"
    body.text(left + 0.05, bottom + 0.27, shown, fontsize=size, fontweight=weight, va="center_baseline")
    if office is not None and rated:
        of = shortened(f"of {formatting.count(office.due)}", 7.5, width=room)
        body.text(left + 0.05, bottom + 0.11, of, fontsize=7.5, va="center_baseline")


def _fitting(text: str, size: float, room: float) -> float:
    """The size at which a text has room, but never under six points."""
    while width_of(text, size, "bold") > room and size > 6:
        size -= 0.25
    return size
