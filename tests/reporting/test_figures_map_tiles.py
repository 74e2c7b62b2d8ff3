"""The map of tiles: each office once, with the rate and the class that the record gives it."""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from audit import formatting, programs
from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.programs.office_tiles import Tile
from audit.reporting.figures import canvas, draw_report_figures, map_classes, map_tiles, render_svg
from audit.storage.declarations import read_offices, read_tiles
from tests import made_up

WORDS: dict[str, Any] = {"office": "field office", "units": "matches", "period": "September 2011"}


@pytest.fixture(scope="module")
def tiles() -> tuple[Tile, ...]:
    folder = programs.find_program_folder("secure_communities")
    return read_tiles(folder, read_offices(folder / "offices.csv"))


@pytest.fixture(scope="module")
def result() -> MeasureResult:
    return made_up.report().measures[0]


def changed(result: MeasureResult, **offices: OfficeRate | None) -> MeasureResult:
    """The result with some offices in other rows, or in none."""
    rows = [offices.get(one.office, one) for one in result.offices]
    return replace(result, offices=tuple(row for row in rows if row))


@pytest.mark.parametrize("program", ["secure_communities", "segregation_reports"])
def test_the_map_holds_every_office(program: str) -> None:
    folder = programs.find_program_folder(program)
    offices = read_offices(folder / "offices.csv")
    assert {tile.code for tile in read_tiles(folder, offices)} == set(offices.list_names())


def test_every_office_has_its_name_and_its_rate_on_the_map(tiles: tuple[Tile, ...], result: MeasureResult) -> None:
    said = " ".join(text.get_text() for text in map_tiles.draw_figure(result, tiles, **WORDS).findobj(Text))
    said = said.replace("\n", " ")
    for office in result.offices:
        assert all(word in said for word in office.name.split())
        assert formatting.format_percent(office.compliant, office.due) in said


def test_a_tile_is_filled_by_the_class_of_its_office(tiles: tuple[Tile, ...], result: MeasureResult) -> None:
    figure = map_tiles.draw_figure(result, tiles, **WORDS)
    fills = [
        to_hex(patch.get_facecolor()).upper()
        for patch in figure.axes[0].patches
        if isinstance(patch, Rectangle) and patch.get_height() > 0.5 and patch.get_facecolor()[3]
    ]
    expected = [map_classes.OFFICE_CLASSES[map_classes.classify_office(office)].fill for office in result.offices]
    assert sorted(fills) == sorted(expected)
    assert fills.count(canvas.ORANGE) == sum(office.flag == "below" for office in result.offices) == 3


def test_the_classes_follow_the_limits(result: MeasureResult) -> None:
    one = replace(result.offices[0], flag="", lower_95=0.8, upper_95=0.9)
    assert [map_classes.classify_office(replace(one, timely=rate)) for rate in (0.79, 0.8, 0.9, 0.91)] == [
        "below 95%", "", "", "above 95%",
    ]  # fmt: skip
    assert map_classes.classify_office(replace(one, timely=0.79, flag="below")) == "below"
    assert map_classes.classify_office(replace(one, timely=None, due=4, flag="too few")) == "too few"
    assert map_classes.classify_office(replace(one, timely=None, due=0, flag="no cases")) == "no cases"
    assert map_classes.classify_office(replace(one, timely=None, due=0, flag="")) == "no cases"
    assert map_classes.classify_office(None) == "withheld"


def test_offices_without_a_rate_say_why(tiles: tuple[Tile, ...], result: MeasureResult) -> None:
    first = result.offices[0]
    sparse = changed(
        result,
        DAL=replace(first, office="DAL", name="Dallas", due=9, compliant=4, timely=None, flag="too few"),
        DEN=replace(first, office="DEN", name="Denver", due=0, compliant=0, timely=None, flag="no cases"),
        SPM=None,
    )
    said = [text.get_text() for text in map_tiles.draw_figure(sparse, tiles, **WORDS).findobj(Text)]
    for words in ("4 of 9", "none due", "withheld"):
        assert any(words in text for text in said), words
    assert not any("Paul" in text for text in said)
    alt = map_tiles.make_caption(sparse, tiles, **WORDS).alt
    assert "Fewer than 11 due: Dallas. None due: Denver. Told together with others: 1." in alt


def test_the_title_names_or_counts_the_offices_outside_the_limits(
    tiles: tuple[Tile, ...], result: MeasureResult
) -> None:
    title = map_tiles.make_caption(result, tiles, **WORDS).title
    assert title.startswith("Outside the limits of chance: below El Paso, Houston and St. Paul; above ")
    calm = replace(result, offices=tuple(replace(one, flag="") for one in result.offices))
    title = map_tiles.make_caption(calm, tiles, **WORDS).title
    assert title == "Every field office with a rate lies within the limits of chance"
    none = replace(result, offices=tuple(replace(one, timely=None, due=0) for one in result.offices))
    assert map_tiles.make_caption(none, tiles, **WORDS).title == "No field office has 11 or more due"


def test_an_office_without_a_tile_is_named_and_in_the_title(tiles: tuple[Tile, ...], result: MeasureResult) -> None:
    houston, nowhere = (next(one for one in result.offices if one.office == "HOU") for _ in range(2))
    without = [tile for tile in tiles if tile.code != "HOU"]
    caption = map_tiles.make_caption(result, without, **WORDS)
    assert caption.title.startswith("Outside the limits of chance: below El Paso, Houston and St. Paul; above ")
    share = (
        f"{houston.compliant} of {houston.due}" if houston.due < 1000 else f"{houston.compliant:,} of {houston.due:,}"
    )
    rate = formatting.format_percent(houston.compliant, houston.due)
    said = f"Without a tile: Houston ({share}, {rate}, below the 99.8% limits)."
    assert said in caption.note and said in caption.alt
    nowhere = replace(
        nowhere, office="", name="office not recorded", flag="no office", due=20, compliant=5, timely=0.25
    )
    unrecorded = replace(result, offices=(*result.offices, nowhere))
    caption = map_tiles.make_caption(unrecorded, tiles, **WORDS)
    assert "Without a tile: office not recorded (5 of 20, 25.0%)." in caption.note
    assert caption.title == map_tiles.make_caption(result, tiles, **WORDS).title
    few = replace(result, offices=(*result.offices, replace(nowhere, due=3, compliant=1, timely=None)))
    assert "Without a tile: office not recorded (1 of 3)." in map_tiles.make_caption(few, tiles, **WORDS).note


def test_the_same_record_gives_the_same_bytes(tiles: tuple[Tile, ...], result: MeasureResult) -> None:
    assert render_svg(map_tiles.draw_figure(result, tiles, **WORDS)) == render_svg(
        map_tiles.draw_figure(result, tiles, **WORDS)
    )


@pytest.mark.parametrize("variant", [{}, {"without_cases": 3}, {"hostile": True}])
@pytest.mark.parametrize("bare", [False, True])
def test_nothing_is_cut_off(tiles: tuple[Tile, ...], variant: dict[str, Any], bare: bool) -> None:
    report = replace(made_up.report(**variant), tiles=tiles, trends=())
    made = {drawing.name: drawing.figure for drawing in draw_report_figures(report, bare=bare)}
    with canvas.apply_style():
        drawn = made["tiles-match-documentation"].get_tightbbox()
        width, height = made["tiles-match-documentation"].get_size_inches()
    assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -1e-6
