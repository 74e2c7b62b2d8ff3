"""The audit report in every form: record, page, PDF, workbook, tables, figure."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.figures.figure_kind import Drawing
from audit.reporting.figures.report_figures import draw_sample_figures
from audit.reporting.formats.csv_tables import CellValue, ReportTable, tabulate_estimates
from audit.reporting.formats.record_page import render_record_page
from audit.reporting.formats.report_files import encode_report_files, render_figures
from audit.reporting.formats.workbook import (
    Sheet,
    build_workbook,
    list_about_lines,
    list_sheet_lines,
    make_method_sheet,
)
from audit.reporting.sample_report import SampleReport
from audit.reporting.sample_report_text import (
    answer_objective,
    describe_compliance,
    describe_decisive_facts,
    describe_noncompliance,
    describe_offices,
    describe_standouts,
)
from audit.reporting.sample_text import describe_cell


def render_sample_report(report: SampleReport) -> dict[str, bytes]:
    """Every file that follows from the record: its path → bytes, the same for the same record."""
    figures, drawings = render_figures(draw_sample_figures(report))
    return encode_report_files(
        report,
        page=render_sample_page(report, drawings),
        workbook=build_sample_workbook(report),
        tables=build_sample_tables(report),
        figures=figures,
    )


def render_sample_page(report: SampleReport, drawings: Iterable[Drawing] | None = None) -> bytes:
    """The report as UTF-8 HTML that needs nothing else. Its `drawings`, bare, are drawn where absent."""
    main = [one for one in report.cases if one.is_critical or one.attribute == report.result.attribute]
    others = sorted((one for one in report.cases if one not in main), key=attrgetter("attribute"))
    return render_record_page(
        "sample_report.html.jinja",
        report,
        draw_sample_figures(report, bare=True) if drawings is None else drawings,
        words=get_attribute_words(report.result.attribute),
        standouts=[*describe_standouts(report.result)],
        decisive=describe_decisive_facts(report.result),
        offices_words=describe_offices(report.result, noun=report.office_noun),
        compliance=describe_compliance(report.declared),
        noncompliance=[describe_noncompliance(one, report.cases) for one in report.declared.noncompliance],
        main_cases=main,
        other_lists=[(attribute, [*cases]) for attribute, cases in groupby(others, attrgetter("attribute"))],
    )


def build_sample_tables(report: SampleReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; shares lie in [0, 1] and are not rounded."""
    cells = ("attribute", "outcome", "case_class", "cases", "words")
    tables = {
        "cells": ReportTable(header=cells, rows=tuple(_list_cells(report))),
        "attributes": ReportTable(header=("attribute", "outcome", "cases"), rows=tuple(_list_outcomes(report))),
        "rates": tabulate_estimates(_list_estimates(report.result)),
    }
    if report.cases:
        header = (
            "case",
            "office",
            "decided_on",
            "attribute",
            "outcome",
            "case_class",
            "severity",
            "rule",
            "version",
            "section",
            "evidence",
            "settled_by",
            "reason",
        )
        rows = (
            tuple(
                "; ".join(f"{name}: {value}" for name, value in one.evidence)
                if name == "evidence"
                else getattr(one, name)
                for name in header
            )
            for one in report.cases
        )
        tables["cases"] = ReportTable(header=header, rows=tuple(rows))
    return tables


def build_sample_workbook(report: SampleReport) -> bytes:
    """The report as XLSX, a sheet a table behind one that says what they are."""
    tables = build_sample_tables(report)
    sheets = [
        Sheet(name="Rates", about="Every rate with its limits and bounds.", table=tables["rates"], frozen=2),
        Sheet(
            name="Attributes",
            about="Every attribute by outcome; each adds up to the cases drawn.",
            table=tables["attributes"],
            frozen=2,
        ),
    ]
    if "cases" in tables:
        about = "The cases that do not conform. It concerns persons: keep it within the audit and the offices."
        sheets.append(Sheet(name="Cases", about=about, table=tables["cases"]))
    sheets.append(make_method_sheet(report))
    answers = [(one.question, answer_objective(one, report.result)) for one in report.declared.objectives]
    return build_workbook(
        report.title, report.as_of, [*list_about_lines(report, results=answers), *list_sheet_lines(sheets)], sheets
    )


def _list_outcomes(report: SampleReport) -> Iterator[tuple[CellValue, ...]]:
    for one in report.result.attributes:
        yield from ((one.attribute, outcome, cases) for outcome, cases in one.outcomes)


def _list_cells(report: SampleReport) -> Iterator[tuple[CellValue, ...]]:
    for cell in report.result.cells:
        yield report.result.attribute, cell.outcome, cell.case_class, cell.cases, describe_cell(cell)


def _list_estimates(result: SampleResult) -> Iterator[tuple[str, Iterable[Estimate]]]:
    yield "overall", (result.overall,)
    for group in result.groups:
        yield "called for", (group.estimate,)
        yield f"called for: {group.estimate.label}", group.classes
    yield "class", result.classes
    yield "attribute", [one.estimate for one in result.attributes]
    yield "office", result.offices
