"""The boundaries of counties, made smaller for a map of a page's width, from a TopoJSON file of us-atlas.

That file is `counties-albers-10m.json` of us-atlas 3.0.1 (`npm pack us-atlas`), projected to 975 by 610 points.
"""

import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Any

COMMAND = "python -m audit.storage.county_boundaries counties-albers-10m.json"
BOUNDARIES_FILE = Path(__file__).parents[1] / "reporting" / "boundaries" / "us_counties.json.gz"
TOLERANCE = 0.7  # points by which a simpler line may miss the true one
STEPS = 2  # coordinates are whole numbers of so many to a point

Point = tuple[float, float]


def simplify_boundaries(topology: Mapping[str, Any]) -> dict[str, Any]:
    """The arcs, as whole coordinates each after the one before, and the rings of every county by its code."""
    (kx, ky), (ox, oy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * kx + ox, y * ky + oy))
        whole = [(round(px * STEPS), round(py * STEPS)) for px, py in simplify_line(points, TOLERANCE)]
        steps = (value for a, b in pairwise(whole) for value in (b[0] - a[0], b[1] - a[1]))
        arcs.append([*whole[0], *steps])
    counties = {
        one["id"]: one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        for one in topology["objects"]["counties"]["geometries"]
    }
    return {"steps": STEPS, "arcs": arcs, "counties": dict(sorted(counties.items()))}


def simplify_line(points: Sequence[Point], tolerance: float) -> list[Point]:
    """The points that a line needs for no other to lie further from it (Douglas and Peucker 1973)."""
    (x1, y1), (x2, y2) = points[0], points[-1]
    length, most, at = hypot(x2 - x1, y2 - y1), 0.0, 0
    for place, (x, y) in enumerate(points[1:-1], start=1):
        away = abs((y2 - y1) * x - (x2 - x1) * y + x2 * y1 - y2 * x1) / length if length else hypot(x - x1, y - y1)
        if away > most:
            most, at = away, place
    if most <= tolerance:
        return [points[0], points[-1]]
    return [*simplify_line(points[: at + 1], tolerance)[:-1], *simplify_line(points[at:], tolerance)]


def write_boundaries(source: Path, target: Path = BOUNDARIES_FILE) -> None:
    """Write the file that the maps read, the same bytes for the same source."""
    simple = simplify_boundaries(json.loads(source.read_bytes()))
    target.write_bytes(gzip.compress(json.dumps(simple, separators=(",", ":")).encode(), mtime=0))


if __name__ == "__main__":
    write_boundaries(Path(sys.argv[1]))
