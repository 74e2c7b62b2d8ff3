"""The report as an Excel workbook: a sheet that says what it is, one of all offices together, one for each list."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from audit import formatting
from audit.programs.findings import Finding
from audit.reporting.formats.csv_tables import Table, Value, contents
from audit.reporting.report import Report
from audit.review.agreement import Coefficient
from audit.review.readiness import Clearance

SHARES = {
    *("timely", "eventual", "rate", "level", "worst", "best", "lower", "upper", "worst_lower", "best_upper"),
    *("lower_95", "upper_95", "lower_998", "upper_998", "share", "recorded"),
}
HEADINGS = {  # where the record's own name does not say enough
    "measure": "Duty",
    "grace_days": "Days allowed",
    "counted": "Counted by",
    "office": "Code",
    "name": "Office",
    "not_applicable": "Not under this duty",
    "compliant": "In time",
    "missing": "Record missing",
    "unmet": "Recorded as not done",
    "uninformative": "Says nothing",
    "timely": "Rate in time",
    "eventual": "Rate in time or late",
    "worst": "If all open fail",
    "best": "If all open pass",
    "lower_95": "95% limits from",
    "upper_95": "95% limits to",
    "lower_998": "99.8% limits from",
    "upper_998": "99.8% limits to",
    "flag": "Against the limits",
    "case_class": "Class of case",
    "words": "What the file shows",
    "sha256": "SHA-256",
    "units": "Number",
    "failed": "Failed",
    "lower": "Limits from",
    "upper": "Limits to",
    "worst_lower": "Lowest either way",
    "best_upper": "Highest either way",
}
LONGEST = 32_767  # characters that a cell of Excel can hold
FEWEST, WIDEST = 9, 60  # characters that a column is wide
HEADER_WIDTH = 14  # beyond it a heading is set in two lines
NO_DAY = date(1980, 1, 1)  # the day of a file whose report looks at no day: the first that a ZIP archive can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name, what it holds, its table, and how many columns stay in sight."""

    name: str
    about: str
    table: Table
    frozen: int = 1


def workbook(report: Report) -> bytes:
    """The report as XLSX: the same bytes for the same record.

    Text is written as text, so that no cell can hold a formula or a link. Counts and shares are numbers, and a share
    looks as it is worded everywhere else.
    """
    made = list(sheets(report))
    return _written(report.title, report.as_of, list(_about(report, made)), made)


def listing(title: str, day: date | None, about: Sequence[tuple[str, Value]], made: Sequence[Sheet]) -> bytes:
    """A workbook of some sheets, behind one that says what they are."""
    return _written(title, day, [*about, *((sheet.name, sheet.about) for sheet in made)], made)


def sheets(report: Report) -> Iterator[Sheet]:
    """The sheets of a report, after the first."""
    held = {name: titled(table, report) for name, table in contents(report).items()}
    offices, one = held["offices"], report.office_noun
    code = offices.header.index("office")
    nation = tuple((*row[:code], *row[code + 2 :]) for row in offices.rows if row[code] == "all")
    each = tuple(row for row in offices.rows if row[code] != "all")
    header = (*offices.header[:code], *offices.header[code + 2 :])
    yield Sheet(
        name="National",
        about="All offices together: every duty, every number of days allowed, every way of counting.",
        table=Table(header=header, rows=nation),
        frozen=code,
    )
    yield Sheet(
        name="Offices",
        about=f"Every {one}, likewise.",
        table=Table(header=offices.header, rows=each),
        frozen=code + 2,
    )
    yield Sheet(name="Missing records", about="Which records are missing, by duty.", table=held["missing"], frozen=4)
    yield Sheet(name="Months", about="All offices together, month by month.", table=held["months"])
    yield Sheet(
        name="Office months",
        about=f"Every {one} month by month, at the first number of days allowed; limits set by its first months.",
        table=held["office_months"],
        frozen=4,
    )
    if "open_items" in held:
        yield Sheet(name="Open items", about="The records to complete, by person.", table=held["open_items"], frozen=3)
    if "follow_up" in held:
        about = "How the open items of all months moved since the report before."
        yield Sheet(name="Follow-up", about=about, table=held["follow_up"], frozen=2)
    if "late_changes" in held:
        about = "What is not as earlier reports had it: how many rows, or else their contents. It need be no fault."
        yield Sheet(name="Late changes", about=about, table=held["late_changes"], frozen=3)
    if "corrections" in held:
        yield Sheet(name="Corrections", about="Every figure that this version changed.", table=held["corrections"])
    if report.audit:
        yield Sheet(name="Sampled cases", about="What the sampled cases showed.", table=held["cells"], frozen=0)
        yield Sheet(name="Sample rates", about="Rates of the sample, with limits.", table=held["rates"], frozen=2)
    if report.review:
        yield Sheet(name="Review", about="How far the reviewers concur.", table=_concurring(report.review), frozen=2)
    if report.findings:
        about = "Findings and recommendations, as they stand in the audit's file."
        yield Sheet(name="Findings", about=about, table=_findings(report.findings), frozen=2)
    yield Sheet(name="Data checks", about="Every check of the tables.", table=held["checks"], frozen=2)
    method = Table(header=("part", "text"), rows=(*report.method, *(("Caveat", words) for words in report.caveats)))
    yield Sheet(name="Method", about="How it was counted, and what to bear in mind.", table=method)
    yield Sheet(name="Tables read", about="Rows in, used and set aside; digests.", table=held["control_totals"])
    yield Sheet(name="Series", about="Published series beside the report.", table=held["series"], frozen=0)


def _concurring(review: Clearance) -> Table:
    rows = [
        (
            one.attribute,
            one.office,
            one.cases,
            one.agreed,
            *(_coefficient(c) if c else ("too few cases", None, None, None)),
        )
        for one in review.concordance
        for c in (one.coefficients or (None,))
    ]
    header = ("attribute", "office", "cases", "agreed", "coefficient", "value", "lower_limit", "upper_limit")
    return Table(header=header, rows=tuple(rows))


def _coefficient(one: Coefficient) -> tuple[Value, ...]:
    return (one.name, *map(formatting.hundredths, (one.value, one.lower, one.upper)))


def _findings(findings: Iterable[Finding]) -> Table:
    """An element a row, then its recommendations with milestones and history."""
    rows: list[tuple[Value, ...]] = []
    for finding in findings:
        rows += [(finding.title, name, None, text) for name, text in finding.elements]
        for one in finding.recommendations:
            name = f"recommendation {one.number}"
            rows += [(finding.title, name, one.standing, f"{one.text} What closes it: {one.evidence_required}.")]
            rows += [
                (finding.title, name, f"due {step.due}", f"{step.what}: {step.done or 'not done'}")
                for step in one.milestones
            ]
            rows += [(finding.title, name, entry.when, f"{entry.by}: {entry.what}") for entry in one.history]
    return Table(header=("finding", "part", "state", "text"), rows=tuple(rows))


def titled(table: Table, report: Report) -> Table:
    """A table that calls each duty by its title, as the page does."""
    if "measure" not in table.header:
        return table
    titles = {result.measure: result.title for result in report.measures}
    place = table.header.index("measure")
    named = ((*row[:place], titles.get(str(row[place]), row[place]), *row[place + 1 :]) for row in table.rows)
    return Table(header=table.header, rows=tuple(named))


def _about(report: Report, made: Sequence[Sheet]) -> Iterator[tuple[str, Value]]:
    """What the first sheet says, line by line."""
    yield "Report", report.title
    yield "Period", report.period_words
    yield "As known on", formatting.day(report.as_of) if report.as_of else None
    yield "Status", report.status
    if report.sign_off:
        yield "Signed by", f"{report.sign_off.by}, {formatting.day(report.sign_off.on)}"
    if report.correction:
        yield (
            f"Version {report.version}",
            f"In place of version {report.correction.of_version}: {report.correction.reason}",
        )
    if report.synthetic:
        yield "Synthetic data", report.synthetic
    yield "Result", report.headline
    yield from ((key.label, f"{key.value}: {key.detail}") for key in report.key_figures)
    yield "Software", report.provenance.software
    yield "Program, SHA-256", report.provenance.program_sha256
    yield "Policy, SHA-256", report.provenance.policy_sha256 or None
    yield from ((f"Sheet {sheet.name}", sheet.about) for sheet in made)


def _written(title: str, day: date | None, about: Sequence[tuple[str, Value]], made: Sequence[Sheet]) -> bytes:
    out = BytesIO()
    closed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(out, closed) as book:
        book.set_properties({"title": formatting.plain(title), "created": datetime.combine(day or NO_DAY, time())})
        formats = {
            "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
            "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}),
            "name": book.add_format({"bold": True, "valign": "top", "text_wrap": True}),
        }
        front = book.add_worksheet("About")
        front.set_column(0, 0, 28)
        front.set_column(1, 1, 100)
        for row, (name, value) in enumerate(about):
            front.write_string(row, 0, _text(name), formats["name"])
            _cell(book, front, formats, row, 1, "", value)
        for sheet in made:
            _sheet(book, formats, sheet)
    return out.getvalue()


def _sheet(book: Workbook, formats: dict[str, Any], sheet: Sheet) -> None:
    """A table under a heading that stays in sight, with a filter, and as wide as its text."""
    page, table = book.add_worksheet(sheet.name), sheet.table
    for column, name in enumerate(table.header):
        heading = HEADINGS.get(name) or name.replace("_", " ").capitalize()
        page.write_string(0, column, heading, formats["head"])
        page.set_column(column, column, _width(heading, (row[column] for row in table.rows)))
    for number, row in enumerate(table.rows, start=1):
        for column, (name, value) in enumerate(zip(table.header, row, strict=True)):
            _cell(book, page, formats, number, column, name, value)
    page.freeze_panes(1, sheet.frozen)
    page.autofilter(0, 0, len(table.rows), len(table.header) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _cell(book: Workbook, page: Any, formats: dict[str, Any], row: int, column: int, name: str, value: Value) -> None:
    """One value, by its kind; nothing is written for what is not known."""
    match value:
        case None | "":
            return
        case bool():
            page.write_string(row, column, "yes" if value else "no", formats["text"])
        case date():
            page.write_datetime(row, column, datetime.combine(value, time()), formats["day"])
        case str():
            page.write_string(row, column, _text(value), formats["text"])
        case _ if name in SHARES:
            look = _look(formatting.percent(value))
            if look not in formats:
                formats[look] = book.add_format({"num_format": look, "valign": "top"})
            page.write_number(row, column, value, formats[look])
        case _:
            page.write_number(row, column, value, formats["count"])


def _look(words: str) -> str:
    """The number format under which a share looks as it is worded: 'over 99.9%' is not 100.0%."""
    return "0.0%" if words[0].isdigit() else f'"{words}"'


def _text(text: str) -> str:
    text = formatting.plain(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _width(heading: str, values: Iterable[Value]) -> int:
    longest = max(map(len, map(_shown, values)), default=0)
    return min(max(longest, min(len(heading), HEADER_WIDTH), FEWEST) + 2, WIDEST)


def _shown(value: Value) -> str:
    """About what a cell shows of a value."""
    return f"{value:,}" if type(value) is int else "over 99.9%" if isinstance(value, float) else str(value or "")
