"""Where a program's offices lie on a map of tiles, one tile an office."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from audit.errors import Problem

TILES_FILE = "tiles.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """The place of one office on a map of tiles: rows from the top, columns from the left, both from 1."""

    code: str
    row: int
    column: int


def find_tile_problems(tiles: Sequence[Tile], offices: Collection[str]) -> Iterator[Problem]:
    """Tiles of no office, two of one office, two in one place, and places that are none."""
    for code, times in Counter(tile.code for tile in tiles).items():
        if code not in offices:
            what = f"names the office {code}, which the list has not"
            yield Problem(what=what, mend="Correct it.", file=TILES_FILE)
        if times > 1:
            what = f"names the office {code} {times} times"
            yield Problem(what=what, mend="Keep one row of it.", file=TILES_FILE)
    for (row, column), times in Counter((tile.row, tile.column) for tile in tiles).items():
        if times > 1:
            what = f"puts {times} offices in row {row}, column {column}"
            yield Problem(what=what, mend="Give each a place of its own.", file=TILES_FILE)
        if row < 1 or column < 1:
            yield Problem(what=f"has row {row}, column {column}", mend="Count both from 1.", file=TILES_FILE)
