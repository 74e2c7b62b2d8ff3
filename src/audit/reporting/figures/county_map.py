"""A map by county: those of which the table knows whether they were activated, inside the borders of the States."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from audit import formatting
from audit.analysis.coverage import CountyCoverage, CoverageResult
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    ORANGE,
    PAPER,
    RULE,
    WIDTH,
    Caption,
    add_plot_area,
    apply_style,
    measure_text,
    start_figure,
)

_FILE = Path(__file__).parents[1] / "boundaries" / "us_counties.json.gz"
_KEY, _SIZE = 0.34, 8
MOST_LABELS = 12  # counties that are named on the map; with more none is


class Boundaries(NamedTuple):
    """The lines between counties, and the rings of lines around each; y grows downwards."""

    arcs: list[np.ndarray]
    counties: dict[str, list[list[list[int]]]]  # five-digit code → polygons → rings → lines; ~n is line n backwards


@cache
def read_boundaries() -> Boundaries:
    """The boundaries that ship with the package."""
    held = json.loads(gzip.decompress(_FILE.read_bytes()))
    arcs = [np.cumsum(np.array(arc, dtype=float).reshape(-1, 2), axis=0) / held["steps"] for arc in held["arcs"]]
    return Boundaries(arcs, held["counties"])


def make_caption(result: CoverageResult) -> Caption:
    """The words of the map."""
    known, activated = len(result.counties), sum(one.activated for one in result.counties)
    others = result.without_county
    one, many = result.unit
    silent = _list_unmapped(result)
    apart = f" Without a boundary: {formatting.format_list(silent, most=20)}." if silent else ""
    names = "; ".join(f"{_name_county(c)} {'activated' if c.activated else 'not activated'}" for c in result.counties)
    rest = (
        f"Of {formatting.format_plural(others, one, many)} it was not published which county "
        f"{'it is' if others == 1 else 'they are'}. "
        if others
        else ""
    )
    return Caption(
        title=f"By county: {formatting.format_count(activated)} of {formatting.format_count(known)} known "
        f"{'county' if known == 1 else 'counties'} activated",
        subtitle=f"Counties known to be activated by {formatting.format_day(result.as_of)}, or known not to be, "
        "inside the borders of the States",
        note=f"{rest}Boundaries: U.S. Census Bureau, 2017, simplified. Alaska and Hawaii are not to scale.{apart}",
        alt=f"Map of the United States with {formatting.format_plural(known, 'county', 'counties')} marked. {names}.",
    )


def draw_figure(result: CoverageResult, *, bare: bool = False) -> Figure:
    """State borders as lines; a county that is known filled by its state, and named where there are few."""
    with apply_style():
        wide = WIDTH - 2 * MARGIN
        tall = wide * 610 / 975
        figure, body = start_figure(tall + _KEY, make_caption(result), bare=bare)
        plot = add_plot_area(body, MARGIN, 0, wide, tall)
        plot.set(xlim=(-60, 975), ylim=(610, 0), xticks=[], yticks=[])
        plot.spines["bottom"].set_visible(False)
        plot.add_patch(PathPatch(_join_lines(_list_state_borders()), fill=False, edgecolor=RULE, linewidth=0.5))
        mapped = [one for one in result.counties if one.code in read_boundaries().counties]
        for one in mapped:
            fill = BLUE if one.activated else PAPER
            edge = BLUE if one.activated else ORANGE
            plot.add_patch(PathPatch(_outline_county(one.code), facecolor=fill, edgecolor=edge, linewidth=0.8))
        if len(mapped) <= MOST_LABELS:
            for one in mapped:
                _label_county(plot, one)
        _draw_key(body, tall + _KEY)
    return figure


def has_counties(result: CoverageResult) -> bool:
    """Whether any county can be drawn."""
    return any(one.code in read_boundaries().counties for one in result.counties)


def _name_county(one: CountyCoverage) -> str:
    return f"{one.jurisdiction}, {one.area}"


def _list_unmapped(result: CoverageResult) -> list[str]:
    return [_name_county(one) for one in result.counties if one.code not in read_boundaries().counties]


@cache
def _list_state_borders() -> tuple[int, ...]:
    """The lines with one county beside them, or with counties of two States: coasts and borders."""
    states: dict[int, list[str]] = defaultdict(list)
    for code, polygons in read_boundaries().counties.items():
        for line in (line for rings in polygons for ring in rings for line in ring):
            states[line if line >= 0 else ~line].append(code[:2])
    return tuple(line for line, beside in states.items() if len(beside) == 1 or len({*beside}) > 1)


def _join_lines(lines: Iterable[int]) -> Outline:
    return Outline.make_compound_path(*(Outline(read_boundaries().arcs[line]) for line in lines))


def _outline_county(code: str) -> Outline:
    return Outline.make_compound_path(*_list_rings(code))


def _list_rings(code: str) -> Iterator[Outline]:
    """The closed rings of a county."""
    arcs, counties = read_boundaries()
    for ring in (ring for rings in counties[code] for ring in rings):
        parts = [arcs[line] if line >= 0 else arcs[~line][::-1] for line in ring]
        points = np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
        yield Outline(points, closed=True)


def _label_county(plot: Axes, one: CountyCoverage) -> None:
    box = _outline_county(one.code).get_extents()
    plot.annotate(
        f"{_name_county(one)}: {'activated' if one.activated else 'not activated'}",
        ((box.x0 + box.x1) / 2, box.y1), (0, -12), textcoords="offset points", fontsize=_SIZE, color=INK,
        ha="center", va="center_baseline",
    )  # fmt: skip


def _draw_key(body: Axes, height: float) -> None:
    x = MARGIN
    for fill, edge, words in ((BLUE, BLUE, "activated"), (PAPER, ORANGE, "not activated")):
        body.add_patch(Rectangle((x, height - 0.19), 0.2, 0.14, facecolor=fill, edgecolor=edge, linewidth=0.8))
        body.text(x + 0.26, height - 0.115, words, fontsize=8, color=MUTED, va="center_baseline")
        x += 0.26 + measure_text(words, 8) + 0.22
    body.text(x, height - 0.115, "no mark: not published", fontsize=8, color=MUTED, va="center_baseline")
