"""The map by county: the boundaries are whole, each known county is drawn, and what is not published has no mark."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from audit.analysis.coverage import CountyCoverage, CoverageResult, measure_coverage
from audit.errors import AuditError
from audit.reporting.figures import county_map
from audit.storage.county_boundaries import simplify_boundaries, simplify_line
from tests.analysis.test_coverage import COUNTS, COVERAGE, make_tables

HARRIS = CountyCoverage(code="48201", jurisdiction="Harris County", area="TX", activated=True)
COOK = CountyCoverage(code="17031", jurisdiction="Cook County", area="IL", activated=False)


@pytest.fixture
def result() -> CoverageResult:
    plain = measure_coverage(make_tables(), COVERAGE, COUNTS)
    return replace(plain, counties=(COOK, HARRIS), without_county=3_179)


def test_the_boundaries_are_those_of_every_county() -> None:
    """U.S. Census Bureau, 2017: 3,142 counties and equivalents, 254 of them in Texas, 159 in Georgia, 3 in Delaware."""
    counties = county_map.read_boundaries().counties
    by_state = Counter(code[:2] for code in counties)
    assert len(counties) == 3_142 and len(by_state) == 51
    assert [by_state[state] for state in ("48", "13", "10", "11")] == [254, 159, 3, 1]


def test_every_ring_is_closed_and_every_line_of_a_length_has_one_county_or_two_beside_it() -> None:
    arcs, counties = county_map.read_boundaries()
    for code in ("48201", "17031", "53055", "15003"):
        for ring in county_map._list_rings(code):
            assert np.array_equal(ring.vertices[0], ring.vertices[-1]), code
    lines = [line for rings in counties.values() for some in rings for ring in some for line in ring]
    beside = Counter(line if line >= 0 else ~line for line in lines)
    assert all(number <= 2 or not np.ptp(arcs[line], axis=0).any() for line, number in beside.items())


def test_each_known_county_is_drawn_and_named(result: CoverageResult) -> None:
    figure = county_map.draw_figure(result)
    marks = [one for one in figure.findobj(PathPatch) if isinstance(one, PathPatch)]
    assert len(marks) == 1 + len(result.counties)  # the borders of the States, and each county
    words = {one.get_text() for one in figure.findobj(Text) if isinstance(one, Text)}
    assert {"Harris County, TX: activated", "Cook County, IL: not activated", "no mark: not published"} <= words


def test_its_words_say_of_how_many_nothing_was_published(result: CoverageResult) -> None:
    caption = county_map.make_caption(result)
    assert caption.title == "By county: 1 of 2 known counties activated"
    assert caption.note.startswith("Of 3,179 jurisdictions it was not published which county they are.")
    lost = replace(HARRIS, code="99999", jurisdiction="Nowhere")
    other = replace(result, counties=(lost,), without_county=0)
    assert not county_map.has_counties(other)
    assert county_map.make_caption(other).note.endswith("Without a boundary: Nowhere, TX.")


def test_a_code_that_is_none_and_one_that_stands_twice_are_refused() -> None:
    tables = make_tables()
    rows = tables[COVERAGE.table].collect()
    codes = ["48201", "48201", "4820", *[None] * (rows.height - 3)]
    tables[COVERAGE.table] = rows.with_columns(fips=np.array(codes, dtype=object)).lazy()
    with pytest.raises(AuditError) as refused:
        measure_coverage(tables, replace(COVERAGE, county_code="fips"), COUNTS)
    assert [one.what for one in refused.value.problems] == [
        "has `4820`, which is no five-digit code of a county (1 row)",
        "has 1 row with a county that another row has",
    ]


def test_a_line_keeps_the_points_that_it_needs() -> None:
    """Douglas and Peucker 1973: a point within the tolerance of the line between its ends is left out."""
    assert simplify_line([(0, 0), (1, 0.1), (2, 0), (3, 5), (4, 0)], 0.5) == [(0, 0), (2, 0), (3, 5), (4, 0)]
    square = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [[[0, 0], [4, 0], [0, 4], [-4, 0], [0, -4]]],
        "objects": {"counties": {"geometries": [{"id": "01001", "type": "Polygon", "arcs": [[0]]}]}},
    }
    assert simplify_boundaries(square) == {
        "steps": 2,
        "arcs": [[0, 0, 8, 0, 0, 8, -8, 0, 0, -8]],
        "counties": {"01001": [[[0]]]},
    }
