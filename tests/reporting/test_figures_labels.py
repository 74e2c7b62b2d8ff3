"""The names of offices in figures: as long as there is room, and never two alike."""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.text import Text

from audit.compliance.office_rates import MeasureResult
from audit.programs.office_tiles import Tile
from audit.reporting.figures import funnel, map_tiles, months, offices
from audit.reporting.figures.labels import fit_labels
from tests import made_up

LONG = "Regional Office of Inspections, {} District"
SIDES = ("Northern", "Southern", "Western", "Eastern")
WORDS: dict[str, Any] = {"office": "office", "units": "matches"}


def cut(text: str) -> str:
    return text if len(text) <= 12 else text[:11] + "…"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Boston", "El Paso"], ["Boston", "El Paso"]),
        (["New Hampshire", "Boston"], ["New Hampshi…", "Boston"]),  # nothing like it
        (["Office North One", "Office South One"], ["…North One", "…South One"]),
        (["Office of the North", "Office of the South"], ["…North", "…South"]),
        (["Inspectorate-General", "Inspectorate-Local"], ["A", "B"]),  # no word to tell them apart by
        (["Office one two three four five", "Office one two three four six"], ["…five", "…six"]),
        (["Same", "Same"], ["A", "B"]),
    ],
)
def test_labels_are_short_and_never_alike(names: list[str], expected: list[str]) -> None:
    assert list(fit_labels(dict(zip("AB", names, strict=True)), cut).values()) == expected


@pytest.fixture(scope="module")
def result() -> MeasureResult:
    """Four offices whose names begin alike, each with its own last words."""
    made = made_up.report(offices=4).measures[0]
    rows = zip(made.offices, SIDES, strict=True)
    return replace(made, offices=tuple(replace(one, name=LONG.format(side)) for one, side in rows))


def list_texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def test_every_figure_tells_offices_apart(result: MeasureResult) -> None:
    tiles = [Tile(code=one.office, row=1, column=n) for n, one in enumerate(result.offices, start=1)]
    trend = made_up.trend(result)
    flagged = replace(result, offices=tuple(replace(one, flag="below") for one in result.offices))
    for said in (
        list_texts(offices.draw_figure(result, **WORDS, period="May 2011", bare=True)),
        list_texts(map_tiles.draw_figure(result, tiles, **WORDS, period="May 2011", bare=True)),
        list_texts(months.draw_figure(trend, **WORDS, in_time="in time", bare=True)),
    ):
        for side in SIDES:
            assert sum(side in text for text in said) == 1, side
    named = [
        text for text in list_texts(funnel.draw_figure(flagged, **WORDS, period="May 2011", bare=True)) if "…" in text
    ]
    assert len(set(named)) == len(named)
