"""The full report: every number of its text comes from a record and leads to its origin; the highlights fit a page."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import polars as pl
import pytest

from audit.errors import AuditError
from audit.estimation.results import Cell
from audit.programs import find_program_folder
from audit.programs.full_report import FullReportDeclaration, ManagementReply, Paragraph, find_full_report_problems
from audit.reporting.analysis_report import AnalysisReport, assemble_analysis_report
from audit.reporting.formats.full_report import render_full_report
from audit.reporting.full_report import FullReport, assemble_full_report
from audit.reporting.report_numbers import list_report_numbers
from audit.reporting.sample_report import SampleReport
from audit.storage.declarations import read_findings, read_full_report, read_program
from audit.workflow.analysis import compute_analyses, list_analysis_tables, read_analysis_data
from tests.conftest import PROJECT
from tests.made_up_sample import sample_report, sample_result
from tests.tracing import trace_page

FOLDER = find_program_folder("secure_communities")
PROGRAM, FINDINGS = read_program(FOLDER), read_findings(FOLDER)
NOTHING = FullReportDeclaration()
# DHS OIG-12-64, Assessing Enforcement Decisions, in the order of the program's cells; the report has three of them not.
PUBLISHED = (267, 48, 11, 88, 218, 21, 45, 16, 8, 1, 0, 0, 0, 43)


@pytest.fixture(scope="module")
def sample() -> SampleReport:
    """The made-up sample, with the published cells under the words of the program."""
    assert PROGRAM.sample
    cells = tuple(
        Cell(outcome=one.outcome, case_class=one.case_class, cases=cases, words=one.words)
        for one, cases in zip(PROGRAM.sample.cells, PUBLISHED, strict=True)
    )
    return sample_report(result=replace(sample_result(), cells=cells))


@pytest.fixture(scope="module")
def analyses(year: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisReport:
    """Those of the year, but for a log of stages that has every hundredth match alone: it is the largest table."""
    folder = tmp_path_factory.mktemp("analyses")
    for name in list_analysis_tables(PROGRAM.analyses):
        rows = pl.scan_parquet(year / f"{name}.parquet")
        few = rows.filter(pl.col("match_id").str.ends_with("00")) if name == "stage_events" else rows
        few.sink_parquet(folder / f"{name}.parquet")
    work = read_analysis_data("secure_communities", data=folder)
    return assemble_analysis_report(work.program, compute_analyses(work), findings=work.findings, inputs=work.totals)


@pytest.fixture(scope="module")
def report(sample: SampleReport, analyses: AnalysisReport) -> FullReport:
    declared = read_full_report(FOLDER)
    assert declared is not None
    return assemble_full_report(PROGRAM, declared, sample, analyses, findings=FINDINGS, inputs=())


def test_the_numbers_of_the_text_are_those_of_the_records(report: FullReport) -> None:
    words = " ".join(one.text for section in report.results for one in section.paragraphs)
    assert (
        "Of 766 cases, 43 had records that did not suffice to decide; 723 could be assessed. In 698 of these (96.5%"
        in words
    )
    assert (
        "267 cases of Priority 1 and 48 of Priority 2 or 3" in words
    )  # DHS OIG-12-64, Assessing Enforcement Decisions
    assert "2,027 of 3,181 jurisdictions (63.7%) in 44 States" in words
    assert "31 (83.8%) reported that they did not incur costs, 6 (16.2%) reported minimal ones" in words
    background = " ".join(one.text for section in report.background for one in section.paragraphs)
    assert "add up to 692,788" in background


def test_no_name_is_left_and_each_number_has_one_origin(report: FullReport) -> None:
    paragraphs = [*report.summary, *report.actions, *report.highlights]
    paragraphs += [
        one for part in (report.background, report.results, report.appendices) for s in part for one in s.paragraphs
    ]
    for one in paragraphs:
        assert "{" not in one.text and "}" not in one.text
        assert "  " not in one.text
        for part in one.parts:
            assert not part.origin or report.origins[part.origin - 1].text == part.text
    names = [one.name for one in report.origins]
    assert len(set(names)) == len(names)
    assert all(one.record and one.command and one.meaning for one in report.origins)


def test_every_fact_that_is_typed_has_a_source(report: FullReport) -> None:
    """A paragraph without a source states no digit but those that were computed, or that name a thing or a day."""
    named = r"Priority [123](?: or 3)?|95%|AC1|28 December 2011"
    for part in (report.background, report.results, report.appendices):
        for section in part:
            for one in section.paragraphs:
                typed = re.sub(named, "", " ".join(text.text for text in one.parts if not text.origin))
                assert one.source or not re.search(r"\d", typed), one.text


def test_the_page_links_every_number_to_a_row_and_the_highlights_are_one_page(
    report: FullReport, sample: SampleReport, analyses: AnalysisReport
) -> None:
    files = render_full_report(report, sample, analyses)
    page = files["report.html"].decode()
    targets = set(re.findall(r'id="(origin-\d+)"', page))
    links = set(re.findall(r'href="#(origin-\d+)"', page))
    assert len(targets) == len(report.origins) and links == targets
    assert '(<a class="origin"' in page and "cases drawn at random" in page.replace("</a> ", " ")
    assert len(trace_page(page, files["report.json"])) > 200
    assert len(trace_page(files["highlights.html"].decode(), files["report.json"])) > 30
    for heading in ("Summary", "Background", "Results of the audit", "Actions taken", "Recommendations", "Appendices"):
        assert f">{heading}" in page
    assert page.count("<blockquote>") == 5
    with pikepdf.open(BytesIO(files["highlights.pdf"])) as sheet:
        assert len(sheet.pages) == 1
    with pikepdf.open(BytesIO(files["report.pdf"])) as whole:
        annotations = [one for page_of in whole.pages for one in page_of.get("/Annots", [])]
        assert len(annotations) >= len(report.origins)


def test_a_name_that_stands_for_no_number_is_refused_with_every_other(sample: SampleReport) -> None:
    declared = replace(
        NOTHING, summary=(Paragraph(text="{sample.drawn} of {sample.all}"),), highlights=("{costs.none}",)
    )
    with pytest.raises(AuditError) as refused:
        assemble_full_report(PROGRAM, declared, sample, None, findings=FINDINGS, inputs=())
    assert [str(one).split(":")[0] for one in refused.value.problems] == [
        "full_report.yaml, summary.0",
        "full_report.yaml, highlights.0",
    ]
    assert "names the number {sample.all}, and there is none" in str(refused.value)


def test_a_figure_or_recommendation_that_there_is_not_is_refused(
    report: FullReport, sample: SampleReport, analyses: AnalysisReport
) -> None:
    wrong = replace(report, results=(replace(report.results[0], figures=("stages-none",)),))
    with pytest.raises(AuditError, match="names the figures stages-none"):
        render_full_report(wrong, sample, analyses)
    reply = ManagementReply(recommendation=9, reply=("No.",), source="a letter")
    [problem] = find_full_report_problems(replace(NOTHING, replies=(reply,)), FINDINGS)
    assert "replies to recommendation 9" in str(problem)


def test_the_page_of_docs_lists_every_kind_of_number(sample: SampleReport, analyses: AnalysisReport) -> None:
    page = (PROJECT / "docs" / "full_report.md").read_text(encoding="utf-8")
    numbers = list_report_numbers(PROGRAM, sample, analyses)
    assert len({one.name for one in numbers}) == len(numbers)
    for kind in {
        one.name.split(".")[-1] for one in numbers if one.name.startswith("sample.") and ".cell." not in one.name
    }:
        assert f"`sample.{kind}`" in page
    assert sample.as_of == date(2011, 12, 28)
