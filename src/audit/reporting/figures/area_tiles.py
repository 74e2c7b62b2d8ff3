"""A map of tiles, one an area: how many of its jurisdictions were activated, by shade, pattern and number."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from audit import formatting
from audit.analysis.coverage import AreaCoverage, CoverageResult
from audit.reporting.figures.canvas import (
    BAND,
    BLUE,
    INK,
    LIGHT,
    MARGIN,
    MUTED,
    PAPER,
    RULE,
    WIDTH,
    Caption,
    apply_style,
    measure_text,
    start_figure,
)

_GAP, _TALL, _KEY, _SIZE = 0.05, 0.47, 0.34, 8.5
# Each class: at least this share, its fill, the pattern laid over it, the colour of its text, and its words.
_CLASSES = (
    (1.0, BLUE, "", PAPER, "all activated"),
    (0.5, LIGHT, "", INK, "half or more"),
    (0.0, BAND, "....", INK, "under half"),
)


def make_caption(result: CoverageResult) -> Caption:
    """The words of the map."""
    tiles = _list_tiles(result)
    without = [one for one in result.areas if one not in tiles and one.total]
    rest = f" Without a tile: {formatting.format_list([one.name for one in without], most=100)}." if without else ""
    made_up = f" {result.synthetic}" if result.synthetic else ""
    areas = formatting.format_plural(result.areas_activated, result.area_noun)
    rows = "; ".join(f"{one.name} {one.activated} of {one.total}" for one in tiles)
    return Caption(
        title=f"{formatting.capitalize(result.unit[1])} activated by {formatting.format_day(result.as_of)}: "
        f"{formatting.format_count(result.activated)} in {areas}",
        subtitle=f"Activated of all {result.unit[1]}, by {result.area_noun}",
        note=f"Each tile is of one size, roughly where its {result.area_noun} lies; no boundaries are drawn.{rest}"
        f"{made_up}",
        alt=f"Map of tiles of {formatting.format_plural(len(tiles), result.area_noun)}. {rows}.",
    )


def draw_figure(result: CoverageResult, *, bare: bool = False) -> Figure:
    """A tile an area with its code and numbers; none activated is white, with a thin frame."""
    tiles = _list_tiles(result)
    rows = max(one.row or 0 for one in tiles)
    columns = max(one.column or 0 for one in tiles)
    with apply_style():
        height = _KEY + rows * (_TALL + _GAP)
        figure, body = start_figure(height, make_caption(result), bare=bare)
        wide = (WIDTH - 2 * MARGIN + _GAP) / columns - _GAP
        _draw_key(body, height)
        for one in tiles:
            left = MARGIN + ((one.column or 1) - 1) * (wide + _GAP)
            bottom = height - _KEY - (one.row or 1) * (_TALL + _GAP) + _GAP
            color = _draw_tile(body, one.activated, one.total, left, bottom, wide, _TALL)
            middle = left + wide / 2
            body.text(middle, bottom + 0.3, one.area, fontsize=_SIZE, fontweight="bold", color=color, ha="center")
            text = f"{one.activated}/{one.total}"
            size = min(7.5, 7.5 * (wide - 0.06) / measure_text(text, 7.5))
            body.text(middle, bottom + 0.11, text, fontsize=size, color=color, ha="center")
    return figure


def has_tiles(result: CoverageResult) -> bool:
    """Whether it is known where areas lie."""
    return bool(_list_tiles(result))


def _list_tiles(result: CoverageResult) -> list[AreaCoverage]:
    return [one for one in result.areas if one.row is not None and one.column is not None]


def _draw_tile(body: Axes, part: int, whole: int, left: float, bottom: float, wide: float, tall: float) -> str:
    """Draw the tile of its class, and return the colour for text on it."""
    if not part:
        body.add_patch(Rectangle((left, bottom), wide, tall, facecolor=PAPER, edgecolor=RULE, linewidth=0.8))
        return MUTED
    share = part / whole
    _, fill, pattern, ink, _ = next(one for one in _CLASSES if share >= one[0])
    body.add_patch(Rectangle((left, bottom), wide, tall, facecolor=fill, edgecolor=PAPER, linewidth=0, hatch=pattern))
    return ink


def _draw_key(body: Axes, height: float) -> None:
    x = MARGIN
    for part, words in ((0, "none activated"), (1, "under half"), (5, "half or more"), (10, "all activated")):
        _draw_tile(body, part, 10, x, height - 0.19, 0.2, 0.14)
        body.text(x + 0.26, height - 0.115, words, fontsize=8, color=MUTED, va="center_baseline")
        x += 0.26 + measure_text(words, 8) + 0.22
