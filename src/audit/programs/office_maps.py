"""Where offices lie: on a map of tiles, one an office, and on a map of their areas."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from audit.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """The place of one office on a map of tiles: rows from the top, columns from the left, both from 1."""

    code: str
    row: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The area of one office on a map, its y axis downwards.

    `outline` is its rings, with a bar between them, each as x and y of its points in turn. The label stands in the
    middle of the largest ring, or where it has room.
    """

    code: str
    middle_x: float
    middle_y: float
    label_x: float
    label_y: float
    outline: str

    def parse_rings(self) -> list[list[tuple[float, float]]]:
        """The points of every ring."""
        numbers = [[float(number) for number in ring.split()] for ring in self.outline.split("|")]
        return [list(zip(ring[::2], ring[1::2], strict=True)) for ring in numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeMaps:
    """Both maps of a program's offices; either may be absent."""

    tiles: tuple[Tile, ...] = ()
    areas: tuple[Area, ...] = ()


def find_map_problems(layout: OfficeMaps, offices: Collection[str]) -> Iterator[Problem]:
    """Tiles and areas of no office, two of one office, two tiles in one place, and outlines that are none."""
    for file, codes in (("tiles.csv", [t.code for t in layout.tiles]), ("areas.csv", [a.code for a in layout.areas])):
        for code in dict.fromkeys(codes):
            if code not in offices:
                yield Problem(what=f"names the office {code}, which the list has not", mend="Correct it.", file=file)
        for code, times in Counter(codes).items():
            if times > 1:
                yield Problem(what=f"names the office {code} {times} times", mend="Keep one row of it.", file=file)
    for (row, column), times in Counter((tile.row, tile.column) for tile in layout.tiles).items():
        if times > 1:
            what = f"puts {times} offices in row {row}, column {column}"
            yield Problem(what=what, mend="Give each a place of its own.", file="tiles.csv")
        if row < 1 or column < 1:
            yield Problem(what=f"has row {row}, column {column}", mend="Count both from 1.", file="tiles.csv")
    for area in layout.areas:
        try:
            whole = min(map(len, area.parse_rings())) >= 3
        except ValueError:
            whole = False
        if not whole:
            mend = "Write x and y of three points or more in turn, with a bar between rings."
            yield Problem(what=f"has an outline of {area.code} that is none", mend=mend, file="areas.csv")
