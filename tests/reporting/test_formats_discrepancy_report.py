"""The data-quality report in every form says the same, both directions alike, and hostile text is text."""

import csv
import json
from dataclasses import asdict
from io import StringIO

import fastexcel
import pytest

from audit.files import as_json
from audit.formatting import count, percent, plain
from audit.reporting.figures import discrepancies, recording_lag
from audit.reporting.figures.canvas import png, svg
from audit.reporting.formats.discrepancy_report import contents, drawings, formatted, page, workbook
from audit.reporting.formats.html_tree import Element, parsed
from tests import made_up, made_up_quality

REPORT = made_up_quality.report()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return formatted(REPORT)


@pytest.fixture(scope="module")
def html(files: dict[str, bytes]) -> Element:
    return parsed(files["report.html"].decode())


def rows(html: Element, caption: str) -> list[list[str]]:
    table = next(t for t in html.find("table") if t.find("caption")[0].text().startswith(caption))
    return [[c.text() for c in r.find("th", "td")] for r in table.find("tr") if r.find("td")]


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
            share = "too few" if tally["share"] is None and tally["of"] else percent(tally["cases"], tally["of"])
            said += [
                count(tally["of"]),
                count(tally["cases"]),
                share,
                count(tally["persons"]),
                count(tally["unsettled"]),
            ]
            for name in ("cases", "persons", "of", "changed", "confirmed", "unsettled"):
                assert int(row[name]) == tally[name] == int(cell[name.capitalize()])
            assert row["kind"] == kind and cell["Kind"] == REPORT.titles[kind]
        assert shown[number] == said


def test_both_directions_have_the_same_columns_and_figures_of_one_scale(html: Element) -> None:
    table = next(t for t in html.find("table") if t.find("caption")[0].text().startswith("Every field office"))
    first, second = (row for row in table.find("thead")[0].find("tr"))
    assert [cell.text() for cell in first.find("th")][1:] == [*REPORT.titles.values()]
    names = [cell.text() for cell in second.find("th")]
    assert names[1:5] == names[6:10]
    figure = discrepancies.draw(REPORT)
    left, right = figure.axes[0].child_axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_position().width == pytest.approx(right.get_position().width)
    lines = [[line for line in axes.lines if line.get_marker() == "o"] for axes in (left, right)]
    assert lines[0][0].get_markersize() == lines[1][0].get_markersize()
    assert lines[0][0].get_markerfacecolor() == lines[1][0].get_markerfacecolor()


def test_the_figures_say_what_the_record_says() -> None:
    captions = {drawing.name: drawing.caption for drawing in drawings(REPORT)}
    a, b = REPORT.national.contradicted, REPORT.national.unsupported
    assert (
        percent(a.cases, a.of) in captions["directions"].title
        and percent(b.cases, b.of) in captions["directions"].title
    )
    assert f"{a.cases} of {a.of}" in captions["directions"].alt.replace(",", "")
    assert captions["lag"].title == "Half of convictions are recorded within 23 days; 93.0% within 90"
    assert captions["lag"].alt != captions["lag"].title
    assert "within 365 days 97.0%" in captions["lag"].alt


def test_the_curve_has_a_mark_where_some_are_waited_for() -> None:
    assert REPORT.lag
    figure = recording_lag.draw(REPORT, REPORT.lag)
    marks = next(line for line in figure.axes[0].child_axes[0].lines if line.get_marker() == "|")
    assert list(marks.get_xdata()) == [40, 90]
    assert list(marks.get_ydata()) == pytest.approx([1 - 0.97**40, 1 - 0.97**90])


def test_the_same_record_makes_the_same_bytes(files: dict[str, bytes]) -> None:
    assert files == formatted(made_up_quality.report())


def test_the_list_of_cases_is_by_office_and_day_and_not_in_the_public_edition(html: Element) -> None:
    assert [row[0] for row in rows(html, "To examine: Seattle")] == ["R0000002", "R0000005", "R0000008"]
    assert [row[1] for row in rows(html, "To examine: Washington")][:2] == ["evidence on file", "no evidence on file"]
    public = made_up_quality.report(audience="public")
    assert "cases" not in contents(public)
    assert "R0000002" not in page(public).decode()
    assert "Cases" not in fastexcel.read_excel(workbook(public)).sheet_names


def test_hostile_text_is_text_in_every_form() -> None:
    hostile = made_up_quality.report(hostile=True)
    text = page(hostile).decode()
    assert "<script>alert(1)</script>" not in text and "<img src=x" not in text
    book = fastexcel.read_excel(workbook(hostile)).load_sheet("Cases", dtypes="string").to_polars()
    assert set(book["Case"]) == {plain(made_up.HOSTILE[1])}
    assert json.loads(as_json(asdict(hostile)))["title"] == made_up.HOSTILE[0]
    for drawing in drawings(hostile):
        assert svg(drawing.figure) and png(drawing.figure)
