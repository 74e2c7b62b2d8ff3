"""The data-quality report in every form says the same, both directions alike, and hostile text is text."""

import csv
import json
from dataclasses import asdict
from io import StringIO

import fastexcel
import pytest

from audit.files import encode_json
from audit.formatting import format_count, format_percent, make_plain_text
from audit.reporting.figures import discrepancies, draw_quality_figures, recording_lag
from audit.reporting.figures.canvas import render_png, render_svg
from audit.reporting.formats.discrepancy_report import (
    build_quality_tables,
    build_quality_workbook,
    render_quality_page,
    render_quality_report,
)
from audit.reporting.formats.html_tree import Element, parse_page
from tests import made_up, made_up_quality

REPORT = made_up_quality.report()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return render_quality_report(REPORT)


@pytest.fixture(scope="module")
def html(files: dict[str, bytes]) -> Element:
    return parse_page(files["report.html"].decode())


def rows(html: Element, caption: str) -> list[list[str]]:
    table = next(t for t in html.find_elements("table") if t.find_elements("caption")[0].get_text().startswith(caption))
    return [
        [c.get_text() for c in r.find_elements("th", "td")] for r in table.find_elements("tr") if r.find_elements("td")
    ]


def test_the_numbers_of_every_office_are_the_same_in_every_form(files: dict[str, bytes], html: Element) -> None:
    record = json.loads(files["report.json"])
    listed = list(csv.DictReader(StringIO(files["tables/offices.csv"].decode())))
    sheet = (
        fastexcel.read_excel(files["report.xlsx"]).load_sheet("Offices", dtypes="string").to_polars().rows(named=True)
    )
    shown = rows(html, "Every field office")
    assert len(listed) == len(sheet) == 2 * len(shown) == 50
    for number, one in enumerate([*record["offices"], record["national"]]):
        said = [one["name"]]
        for place, kind in enumerate(("contradicted", "unsupported")):
            tally, row, cell = one[kind], listed[2 * number + place], sheet[2 * number + place]
            share = "too few" if tally["share"] is None and tally["of"] else format_percent(tally["cases"], tally["of"])
            said += [
                format_count(tally["of"]),
                format_count(tally["cases"]),
                share,
                format_count(tally["persons"]),
                format_count(tally["unsettled"]),
            ]
            for name in ("cases", "persons", "of", "changed", "confirmed", "unsettled"):
                assert int(row[name]) == tally[name] == int(cell[name.capitalize()])
            assert row["kind"] == kind and cell["Kind"] == REPORT.titles[kind]
        assert shown[number] == said


def test_both_directions_have_the_same_columns_and_figures_of_one_scale(html: Element) -> None:
    table = next(
        t
        for t in html.find_elements("table")
        if t.find_elements("caption")[0].get_text().startswith("Every field office")
    )
    first, second = (row for row in table.find_elements("thead")[0].find_elements("tr"))
    assert [cell.get_text() for cell in first.find_elements("th")][1:] == [*REPORT.titles.values()]
    names = [cell.get_text() for cell in second.find_elements("th")]
    assert names[1:5] == names[6:10]
    figure = discrepancies.draw_figure(REPORT)
    left, right = figure.axes[0].child_axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_position().width == pytest.approx(right.get_position().width)
    lines = [[line for line in axes.lines if line.get_marker() == "o"] for axes in (left, right)]
    assert lines[0][0].get_markersize() == lines[1][0].get_markersize()
    assert lines[0][0].get_markerfacecolor() == lines[1][0].get_markerfacecolor()


def test_the_figures_say_what_the_record_says() -> None:
    captions = {drawing.name: drawing.caption for drawing in draw_quality_figures(REPORT)}
    a, b = REPORT.national.contradicted, REPORT.national.unsupported
    assert (
        format_percent(a.cases, a.of) in captions["directions"].title
        and format_percent(b.cases, b.of) in captions["directions"].title
    )
    assert f"{a.cases} of {a.of}" in captions["directions"].alt.replace(",", "")
    assert captions["lag"].title == "Half of convictions are recorded within 23 days; 93.0% within 90"
    assert captions["lag"].alt != captions["lag"].title
    assert "within 365 days 97.0%" in captions["lag"].alt


def test_the_curve_has_a_mark_where_some_are_waited_for() -> None:
    assert REPORT.lag
    figure = recording_lag.draw_figure(REPORT, REPORT.lag)
    marks = next(line for line in figure.axes[0].child_axes[0].lines if line.get_marker() == "|")
    assert list(marks.get_xdata()) == [40, 90]
    assert list(marks.get_ydata()) == pytest.approx([1 - 0.97**40, 1 - 0.97**90])


def test_the_same_record_makes_the_same_bytes(files: dict[str, bytes]) -> None:
    assert files == render_quality_report(made_up_quality.report())


def test_the_list_of_cases_is_by_office_and_day_and_not_in_the_public_edition(html: Element) -> None:
    assert [row[0] for row in rows(html, "To examine: Seattle")] == ["R0000002", "R0000005", "R0000008"]
    assert [row[1] for row in rows(html, "To examine: Washington")][:2] == ["evidence on file", "no evidence on file"]
    public = made_up_quality.report(audience="public")
    assert "cases" not in build_quality_tables(public)
    assert "R0000002" not in render_quality_page(public).decode()
    assert "Cases" not in fastexcel.read_excel(build_quality_workbook(public)).sheet_names


def test_hostile_text_is_text_in_every_form() -> None:
    hostile = made_up_quality.report(hostile=True)
    text = render_quality_page(hostile).decode()
    assert "<script>alert(1)</script>" not in text and "<img src=x" not in text
    book = fastexcel.read_excel(build_quality_workbook(hostile)).load_sheet("Cases", dtypes="string").to_polars()
    assert set(book["Case"]) == {make_plain_text(made_up.HOSTILE[1])}
    assert json.loads(encode_json(asdict(hostile)))["title"] == made_up.HOSTILE[0]
    for drawing in draw_quality_figures(hostile):
        assert render_svg(drawing.figure) and render_png(drawing.figure)
