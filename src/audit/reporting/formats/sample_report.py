"""The audit report in every form: record, page, PDF, workbook, tables, figure."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from audit.estimation.attributes import CRITICAL
from audit.estimation.rates import Estimate
from audit.estimation.results import SampleResult
from audit.formatting import format_hundredths
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.choice_text import (
    describe_later_actions,
    find_common_author,
    format_tally,
    list_reading_rows,
    list_window_rows,
)
from audit.reporting.figures.figure_kind import Drawing, name_figure_file
from audit.reporting.figures.registry import draw_sample_figures
from audit.reporting.finding_counts import list_finding_elements
from audit.reporting.formats.csv_tables import CellValue, ReportTable, tabulate_estimates, tabulate_records
from audit.reporting.formats.month_files import encode_report_files, render_figures
from audit.reporting.formats.record_page import render_record_page
from audit.reporting.formats.workbook import (
    Sheet,
    build_workbook,
    list_about_lines,
    list_sheet_lines,
    list_version_lines,
    make_method_sheet,
)
from audit.reporting.reliability_text import list_evidence, list_reliability_parts
from audit.reporting.sample_report import SampleReport
from audit.reporting.sample_report_text import (
    answer_objective,
    count_judgement_cases,
    describe_compliance,
    describe_decisive_records,
    describe_later_facts,
    describe_offices,
    describe_standouts,
    group_cases_by_rule,
    group_undecided_cases,
    list_noncompliance,
)
from audit.reporting.sample_text import describe_cell
from audit.review.readiness import ReviewReadiness
from audit.review.reviewer_agreement import Coefficient
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

_CASE_COLUMNS = (
    *("case", "office", "decided_on", "attribute", "outcome", "case_class", "severity", "rule", "version", "section"),
    *("evidence", "settled_by", "reason"),
)

_UNDECIDED_COLUMNS = ("case", "office", "decided_on", "attribute", "outcome", "severity", "records", "needed", "rules")


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
    undecided = [one for one in report.undecided if one.attribute == report.result.attribute]
    others = sorted((one for one in report.cases if one not in main), key=attrgetter("attribute"))
    return render_record_page(
        "sample_report.html.jinja",
        report,
        draw_sample_figures(report, bare=True) if drawings is None else drawings,
        words=get_attribute_words(report.result.attribute),
        standouts=[*describe_standouts(report.result)],
        decisive=describe_decisive_records(report.result),
        offices_words=describe_offices(report.result, noun=report.office_noun),
        compliance=describe_compliance(report.declared),
        noncompliance=[*list_noncompliance(report.declared, report.result, is_withheld=report.audience == "public")],
        findings=[(one, [*list_finding_elements(one, report.result)]) for one in report.findings],
        later=describe_later_facts(report.result),
        judgement=count_judgement_cases(report.result),
        **_list_choices(report),
        **_list_standards(report),
        undecided=undecided,
        undecided_groups=[*group_undecided_cases(undecided)],
        may_be_critical=sum(one.severity == CRITICAL for one in undecided),
        file_name=name_figure_file,
        main_cases=[*group_cases_by_rule(main, report.result)],
        other_lists=[
            (attribute, [*group_cases_by_rule([*cases], report.result)])
            for attribute, cases in groupby(others, attrgetter("attribute"))
        ],
    )


def _list_choices(report: SampleReport) -> dict[str, Any]:
    """What the page says of readings and windows."""
    return {
        "reading_rows": [*list_reading_rows(report.readings)],
        "readings_by": find_common_author(report.readings),
        "with_readings": format_tally(report.readings[0].with_reading) if report.readings else "",
        "window_rows": [*list_window_rows(report.windows)],
        "with_window": format_tally(report.windows[0].declared) if report.windows else "",
        "acted_later": [*describe_later_actions(report.windows)],
    }


def _list_standards(report: SampleReport) -> dict[str, Any]:
    """What the page says of reliability and evidence."""
    inputs, result = report.provenance.inputs, report.result
    return {
        "reliability": [
            *list_reliability_parts(
                report.declared.reliability,
                inputs,
                report.checks,
                result.needed,
                undeterminable=result.overall.undeterminable,
            )
        ],
        "evidence": [*list_evidence(report.declared.evidence, inputs)],
    }


def build_sample_tables(report: SampleReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; shares lie in [0, 1] and are not rounded."""
    header: tuple[str, ...] = ("attribute", "outcome", "case_class", "cases", "words")
    tables = {
        "cells": ReportTable(header=header, rows=tuple(_list_cells(report))),
        "checks": tabulate_records(CheckResult, report.checks),
        "control_totals": tabulate_records(ControlTotals, report.provenance.inputs),
        "attributes": ReportTable(header=("attribute", "outcome", "cases"), rows=tuple(_list_outcomes(report))),
        "rates": tabulate_estimates(_list_estimates(report.result)),
    }
    if report.cases:
        tables["cases"] = ReportTable(header=_CASE_COLUMNS, rows=tuple(_list_cases(report)))
    if report.undecided:
        tables["undecided"] = ReportTable(header=_UNDECIDED_COLUMNS, rows=tuple(_list_undecided(report)))
    if report.readings:
        header = ("reading", "author", "rate_without", "cases_moved")
        tables["readings"] = ReportTable(header=header, rows=tuple(list_reading_rows(report.readings)))
    if report.windows:
        header = ("window", "rate_under_it", "cases_moved")
        tables["windows"] = ReportTable(header=header, rows=tuple(list_window_rows(report.windows)))
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
    more = (
        ("Cells", "cells", "What the sampled cases showed, by class."),
        ("Cases", "cases", "The cases that do not conform. It concerns persons: keep it within audit and offices."),
        (
            "Not decided",
            "undecided",
            "The cases that were not decided, each with all rules that could. Keep it as those.",
        ),
        ("Readings", "readings", "What each reading of a criterion does to the rate."),
        ("Windows", "windows", "What other windows of time would do."),
        ("Data checks", "checks", "Every check of the tables."),
        ("Tables read", "control_totals", "Rows in, used and set aside; digests."),
    )
    sheets += [Sheet(name=name, about=about, table=tables[key]) for name, key, about in more if key in tables]
    if report.review:
        about = "How far the reviewers concur."
        sheets.append(Sheet(name="Review", about=about, table=_build_agreement_table(report.review), frozen=2))
    if report.findings:
        about = "Findings and recommendations, as they stand in the audit's file."
        sheets.append(Sheet(name="Findings", about=about, table=_build_findings_table(report), frozen=2))
    sheets.append(make_method_sheet(report))
    answers = [(one.question, answer_objective(one, report.result)) for one in report.declared.objectives]
    front = list_about_lines(report, status=list_version_lines(report), results=answers)
    return build_workbook(report.title, report.as_of, [*front, *list_sheet_lines(sheets)], sheets)


def _list_cases(report: SampleReport) -> Iterator[tuple[CellValue, ...]]:
    for one in report.cases:
        evidence = "; ".join(f"{name}: {value}" for name, value in one.evidence)
        yield tuple(evidence if name == "evidence" else getattr(one, name) for name in _CASE_COLUMNS)


def _list_undecided(report: SampleReport) -> Iterator[tuple[CellValue, ...]]:
    for one in report.undecided:
        row = {name: getattr(one, name) for name in _UNDECIDED_COLUMNS}
        yield tuple("; ".join(value) if isinstance(value, tuple) else value for value in row.values())


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


def _build_agreement_table(review: ReviewReadiness) -> ReportTable:
    rows = [
        (
            one.attribute,
            one.office,
            one.cases,
            one.agreed,
            *(_format_coefficient(c) if c else ("too few cases", None, None, None)),
        )
        for one in review.concordance
        for c in (one.coefficients or (None,))
    ]
    header = ("attribute", "office", "cases", "agreed", "coefficient", "value", "lower_limit", "upper_limit")
    return ReportTable(header=header, rows=tuple(rows))


def _format_coefficient(one: Coefficient) -> tuple[CellValue, ...]:
    return (one.name, *map(format_hundredths, (one.value, one.lower, one.upper)))


def _build_findings_table(report: SampleReport) -> ReportTable:
    """An element a row, then its recommendations with milestones and history, as they stood on the as-of day."""
    rows: list[tuple[CellValue, ...]] = []
    for finding in report.findings:
        elements = list_finding_elements(finding, report.result)
        rows += [(finding.title, name, None, None, text) for name, text in elements]
        for one in finding.recommendations:
            name = f"recommendation {one.number}"
            rows += [
                (
                    finding.title,
                    name,
                    one.describe_status(report.as_of),
                    None,
                    f"{one.text} What closes it: {one.evidence_required}.",
                )
            ]
            rows += [
                (finding.title, name, f"due {step.due}", None, f"{step.what}: {step.done or 'not done'}")
                for step in one.milestones
            ]
            rows += [
                (finding.title, name, None, entry.on, f"{entry.by}: {entry.what}")
                for entry in one.list_history(report.as_of)
            ]
    return ReportTable(header=("finding", "part", "state", "day_or_month", "text"), rows=tuple(rows))
