"""The data-quality report in every form: record, page, PDF, workbook, tables, figures."""

from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from audit.compliance.discrepancies.counts import (
    DiscrepancyItem,
    DiscrepancyKindCounts,
    EvidenceSource,
    EvidenceStrength,
    OfficeDiscrepancies,
)
from audit.compliance.discrepancies.find import CONTRADICTED, DISCREPANCY_KINDS, UNSUPPORTED
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.files import encode_json
from audit.formatting import format_day
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures import Drawing, discrepancies, recording_lag, render_png, render_svg
from audit.reporting.formats import pdf
from audit.reporting.formats.csv_tables import CellValue, ReportTable, format_csv, tabulate_records
from audit.reporting.formats.inline_figure import make_picture
from audit.reporting.formats.templates import build_security_policy, build_style, make_environment
from audit.reporting.formats.xlsx import Sheet, build_workbook

RECORD_FILE = "report.json"
_HERE = Path(__file__).parent


def render_quality_report(report: QualityReport) -> dict[str, bytes]:
    """Every file that follows from the record: its path → bytes, the same for the same record."""
    html, figures = render_quality_page(report), list(draw_quality_figures(report))
    return {
        RECORD_FILE: encode_json(asdict(report)),
        "report.html": html,
        "report.pdf": pdf.render_pdf(html, day=report.as_of),
        "report.xlsx": build_quality_workbook(report),
        **{f"tables/{name}.csv": format_csv(table).encode() for name, table in build_quality_tables(report).items()},
        **{f"figures/{drawing.name}.svg": render_svg(drawing.figure) for drawing in figures},
        **{f"figures/{drawing.name}.png": render_png(drawing.figure) for drawing in figures},
    }


def draw_quality_figures(report: QualityReport, *, bare: bool = False) -> Iterator[Drawing]:
    """Its figures: `directions`, if an office has a share; `lag`, if there is a curve."""
    if any(tally.share is not None for o in report.offices for tally in (o.contradicted, o.unsupported)):
        figure = discrepancies.draw_figure(report, bare=bare)
        yield Drawing(name="directions", caption=discrepancies.make_caption(report), figure=figure)
    if report.lag and report.lag.curve:
        figure = recording_lag.draw_figure(report, report.lag, bare=bare)
        yield Drawing(name="lag", caption=recording_lag.make_caption(report, report.lag), figure=figure)


def render_quality_page(report: QualityReport) -> bytes:
    """The report as UTF-8 HTML that needs nothing else."""
    templates = make_environment()
    css = build_style(templates)
    script = Markup((_HERE / "page.js").read_text(encoding="utf-8"))
    html = templates.get_template("quality.html.jinja").render(
        report=report,
        titles=report.titles,
        kinds=dict(zip(DISCREPANCY_KINDS, ("evidence on file", "no evidence on file"), strict=True)),
        figures={
            one.name: make_picture(one.caption, render_svg(one.figure))
            for one in draw_quality_figures(report, bare=True)
        },
        by_office=_group_by_office(report),
        small=MINIMUM_CASES_FOR_RATE,
        style=css,
        script=script,
        policy=build_security_policy(style=css, script=script),
    )
    return html.encode()


def build_quality_tables(report: QualityReport) -> dict[str, ReportTable]:
    """Every table of the report under its name; the list of cases is not for the public."""
    tables = {
        "offices": _build_office_table(report),
        "evidence": tabulate_records(EvidenceStrength, report.strengths),
        "sources": tabulate_records(EvidenceSource, report.sources),
        "lag": ReportTable(header=("days", "recorded"), rows=report.lag.curve if report.lag else ()),
    }
    if report.audience == "office":
        tables["cases"] = tabulate_records(DiscrepancyItem, report.items)
    return tables


def build_quality_workbook(report: QualityReport) -> bytes:
    """The report as XLSX, a sheet a table behind one that says what they are."""
    tables = {name: _label_kinds(table, report) for name, table in build_quality_tables(report).items()}
    method = ReportTable(
        header=("part", "text"), rows=(*report.method, *(("Caveat", words) for words in report.caveats))
    )
    sheets = [
        Sheet(
            name="Offices", about="Both kinds in every office, and in all together.", table=tables["offices"], frozen=2
        ),
        Sheet(name="Evidence", about="Cases by their strongest evidence.", table=tables["evidence"]),
        Sheet(name="Sources", about="Cases by who shows evidence of them.", table=tables["sources"]),
        Sheet(name="Recording lag", about="Share recorded by each day (Kaplan and Meier).", table=tables["lag"]),
    ]
    if "cases" in tables:
        about = "The cases to examine. It concerns persons: keep it within the offices."
        sheets.append(Sheet(name="Cases", about=about, table=tables["cases"], frozen=3))
    sheets.append(Sheet(name="Method", about="How it was counted, and what to bear in mind.", table=method))
    front: list[tuple[str, CellValue]] = [
        ("Report", report.title),
        ("Period", report.period_words),
        ("As known on", format_day(report.as_of)),
        ("Status", report.status),
        *([("Synthetic data", report.synthetic)] if report.synthetic else []),
        ("Result", report.headline),
        *((key.label, f"{key.value}: {key.detail}") for key in report.key_figures),
        ("Recording lag", report.lag_words),
        *((f"To do: {report.titles[kind]}", words) for kind, words in report.guidance),
        ("Software", report.provenance.software),
        ("Program, SHA-256", report.provenance.program_sha256),
    ]
    return build_workbook(report.title, report.as_of, front, sheets)


def _build_office_table(report: QualityReport) -> ReportTable:
    """A row an office and kind, so that both kinds have the same columns."""
    names = _list_field_names(DiscrepancyKindCounts)
    rows = (
        (kind, row.office, row.name, row.received, row.neither, row.not_looked_up, *astuple(_select_tally(row, kind)))
        for row in (*report.offices, report.national)
        for kind in DISCREPANCY_KINDS
    )
    header = ("kind", "office", "name", "received", "neither", "not_looked_up", *names)
    return ReportTable(header=header, rows=tuple(rows))


def _select_tally(row: OfficeDiscrepancies, kind: str) -> DiscrepancyKindCounts:
    return {CONTRADICTED: row.contradicted, UNSUPPORTED: row.unsupported}[kind]


def _label_kinds(table: ReportTable, report: QualityReport) -> ReportTable:
    """A table that calls each kind as the page does."""
    if "kind" not in table.header:
        return table
    place = table.header.index("kind")
    rows = ((*row[:place], report.titles[str(row[place])], *row[place + 1 :]) for row in table.rows)
    return ReportTable(header=table.header, rows=tuple(rows))


def _group_by_office(report: QualityReport) -> list[tuple[str, list[DiscrepancyItem]]]:
    names = {office.office: office.name for office in report.offices}
    ordered = sorted(report.items, key=lambda item: (names[item.office], item.office, item.date, item.case))
    return [(names[code], list(items)) for code, items in groupby(ordered, key=lambda item: item.office)]


def _list_field_names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))
