"""The data-quality report in every form: record, page, PDF, workbook, tables, figures."""

from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from audit.compliance.discrepancies.counts import Item, OfficeQuality, Shown, Strength, Tally
from audit.compliance.discrepancies.find import CONTRADICTED, KINDS, UNSUPPORTED
from audit.compliance.office_rates import SMALL
from audit.files import as_json
from audit.formatting import day
from audit.reporting.discrepancy_report import QualityReport
from audit.reporting.figures import Drawing, discrepancies, png, recording_lag, svg
from audit.reporting.formats import pdf
from audit.reporting.formats.csv_tables import Table, Value, as_csv, records
from audit.reporting.formats.inline_figure import picture
from audit.reporting.formats.templates import environment, security, style
from audit.reporting.formats.xlsx import Sheet, listing

RECORD = "report.json"
_HERE = Path(__file__).parent


def formatted(report: QualityReport) -> dict[str, bytes]:
    """Every file that follows from the record: its path → bytes, the same for the same record."""
    html, drawn = page(report), list(drawings(report))
    return {
        RECORD: as_json(asdict(report)),
        "report.html": html,
        "report.pdf": pdf.pdf(html, day=report.as_of),
        "report.xlsx": workbook(report),
        **{f"tables/{name}.csv": as_csv(table).encode() for name, table in contents(report).items()},
        **{f"figures/{drawing.name}.svg": svg(drawing.figure) for drawing in drawn},
        **{f"figures/{drawing.name}.png": png(drawing.figure) for drawing in drawn},
    }


def drawings(report: QualityReport, *, bare: bool = False) -> Iterator[Drawing]:
    """Its figures: `directions`, if an office has a share; `lag`, if there is a curve."""
    if any(tally.share is not None for o in report.offices for tally in (o.contradicted, o.unsupported)):
        figure = discrepancies.draw(report, bare=bare)
        yield Drawing(name="directions", caption=discrepancies.caption(report), figure=figure)
    if report.lag and report.lag.curve:
        figure = recording_lag.draw(report, report.lag, bare=bare)
        yield Drawing(name="lag", caption=recording_lag.caption(report, report.lag), figure=figure)


def page(report: QualityReport) -> bytes:
    """The report as UTF-8 HTML that needs nothing else."""
    templates = environment()
    worn = style(templates)
    script = Markup((_HERE / "page.js").read_text(encoding="utf-8"))
    html = templates.get_template("quality.html.jinja").render(
        report=report,
        titles=report.titles,
        kinds=dict(zip(KINDS, ("evidence on file", "no evidence on file"), strict=True)),
        figures={one.name: picture(one.caption, svg(one.figure)) for one in drawings(report, bare=True)},
        by_office=_by_office(report),
        small=SMALL,
        style=worn,
        script=script,
        policy=security(style=worn, script=script),
    )
    return html.encode()


def contents(report: QualityReport) -> dict[str, Table]:
    """Every table of the report under its name; the list of cases is not for the public."""
    held = {
        "offices": _offices(report),
        "evidence": records(Strength, report.strengths),
        "sources": records(Shown, report.sources),
        "lag": Table(header=("days", "recorded"), rows=report.lag.curve if report.lag else ()),
    }
    if report.audience == "office":
        held["cases"] = records(Item, report.items)
    return held


def workbook(report: QualityReport) -> bytes:
    """The report as XLSX, a sheet a table behind one that says what they are."""
    held = {name: _titled(table, report) for name, table in contents(report).items()}
    method = Table(header=("part", "text"), rows=(*report.method, *(("Caveat", words) for words in report.caveats)))
    sheets = [
        Sheet(
            name="Offices", about="Both kinds in every office, and in all together.", table=held["offices"], frozen=2
        ),
        Sheet(name="Evidence", about="Cases by their strongest evidence.", table=held["evidence"]),
        Sheet(name="Sources", about="Cases by who shows evidence of them.", table=held["sources"]),
        Sheet(name="Recording lag", about="Share recorded by each day (Kaplan and Meier).", table=held["lag"]),
    ]
    if "cases" in held:
        about = "The cases to examine. It concerns persons: keep it within the offices."
        sheets.append(Sheet(name="Cases", about=about, table=held["cases"], frozen=3))
    sheets.append(Sheet(name="Method", about="How it was counted, and what to bear in mind.", table=method))
    front: list[tuple[str, Value]] = [
        ("Report", report.title),
        ("Period", report.period_words),
        ("As known on", day(report.as_of)),
        ("Status", report.status),
        *([("Synthetic data", report.synthetic)] if report.synthetic else []),
        ("Result", report.headline),
        *((key.label, f"{key.value}: {key.detail}") for key in report.key_figures),
        ("Recording lag", report.lag_words),
        *((f"To do: {report.titles[kind]}", words) for kind, words in report.guidance),
        ("Software", report.provenance.software),
        ("Program, SHA-256", report.provenance.program_sha256),
    ]
    return listing(report.title, report.as_of, front, sheets)


def _offices(report: QualityReport) -> Table:
    """A row an office and kind, so that both kinds have the same columns."""
    names = _names(Tally)
    rows = (
        (kind, row.office, row.name, row.received, row.neither, row.not_looked_up, *astuple(_tally(row, kind)))
        for row in (*report.offices, report.national)
        for kind in KINDS
    )
    header = ("kind", "office", "name", "received", "neither", "not_looked_up", *names)
    return Table(header=header, rows=tuple(rows))


def _tally(row: OfficeQuality, kind: str) -> Tally:
    return {CONTRADICTED: row.contradicted, UNSUPPORTED: row.unsupported}[kind]


def _titled(table: Table, report: QualityReport) -> Table:
    """A table that calls each kind as the page does."""
    if "kind" not in table.header:
        return table
    place = table.header.index("kind")
    named = ((*row[:place], report.titles[str(row[place])], *row[place + 1 :]) for row in table.rows)
    return Table(header=table.header, rows=tuple(named))


def _by_office(report: QualityReport) -> list[tuple[str, list[Item]]]:
    names = {office.office: office.name for office in report.offices}
    ordered = sorted(report.items, key=lambda item: (names[item.office], item.office, item.date, item.case))
    return [(names[code], list(items)) for code, items in groupby(ordered, key=lambda item: item.office)]


def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))
