"""The page, tables and figures of the analyses: they add up, they say what the record says, and the same twice."""

import re

import pytest

from audit.reporting.figures import draw_analysis_figures
from audit.reporting.formats.analysis_report import (
    build_analysis_workbook,
    render_analysis_page,
)
from audit.reporting.formats.analysis_tables import build_analysis_report_tables
from tests.adding_up import check_tables
from tests.made_up_analyses import analysis_report
from tests.tracing import trace_page


@pytest.fixture(scope="module")
def page() -> str:
    return render_analysis_page(analysis_report()).decode()


def test_every_number_of_the_page_comes_from_its_record(page: str) -> None:
    assert len(trace_page(page, analysis_report())) > 300


def test_every_table_of_the_page_adds_up(page: str) -> None:
    check_tables(page)


def test_the_page_names_no_value_that_is_missing_and_every_link_leads_somewhere(page: str) -> None:
    assert "None" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "{{" not in page
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets


def test_every_figure_says_in_words_what_it_shows() -> None:
    drawings = {one.name: one for one in draw_analysis_figures(analysis_report())}
    assert set(drawings) == {
        "stages-permits",
        "stage-statuses-permits",
        "stage-times-permits",
        "query-systems-lookups",
        "agreement-lookups",
        "coverage-permits",
        "coverage-map-permits",
        "survey-costs",
    }
    assert "Issued 2 (28.6%)" in drawings["stages-permits"].caption.alt
    assert drawings["query-systems-lookups"].caption.title.startswith("42.9% of the queries of district offices")
    assert "61 with" not in drawings["agreement-lookups"].caption.title
    assert drawings["agreement-lookups"].caption.title.endswith("2 with less consequence for the person, 1 with more")
    assert drawings["survey-costs"].caption.title == "3 of 5 towns reported none"
    for one in drawings.values():
        assert one.caption.alt and one.caption.subtitle
        assert "None" not in one.caption.alt + one.caption.title + one.caption.note


def test_tables_and_workbook_have_every_analysis_and_are_the_same_twice() -> None:
    report = analysis_report()
    tables = build_analysis_report_tables(report)
    assert {"stages", "stage_ends", "query_systems", "determinations", "areas", "growth", "answers", "statements"} <= {
        *tables
    }
    assert all(len(row) == len(table.header) for table in tables.values() for row in table.rows)
    assert build_analysis_workbook(report) == build_analysis_workbook(report)
    assert render_analysis_page(report) == render_analysis_page(report)
