"""A made-up program of its own folder, small enough to run in a moment: requests, and the answers they must have."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from audit.files import encode_json
from audit.reporting.formats.csv_tables import format_csv
from audit.reporting.formats.office_packet import PAGE_FILE, PDF_FILE
from audit.reporting.formats.sample_report import build_sample_tables
from audit.reporting.month_report import Report
from audit.reporting.packet import Packet
from audit.reporting.sample_report import SampleReport
from tests import made_up

PROGRAM = """
name = "answers"
title = "Requests answered"
about = "Whether requests were answered."
authority = "A directive"
unit = ["request", "requests"]
office = "office"
synthetic = "Everything here is made up."

[tables.requests]
about = "Requests"
file = "requests.*"
key = ["request_id"]
[tables.requests.columns]
request_id = { required = true }
person_id = { personal = true }
office = { type = "office", required = true }
received = { type = "date", required = true }
kind = { required = true, values = ["request", "test"] }

[tables.answers]
about = "Answers to requests"
file = "answers.*"
key = ["answer_id"]
[tables.answers.columns]
answer_id = { required = true }
request_id = { required = true }
answered = { type = "date" }
entered = { type = "date" }

[census]
table = "requests"
unit = "request_id"
office = "office"
date = "received"
person = "person_id"
as_of_days = 15
exclusions = [{ reason = "test", where = "kind = 'test'" }]
[[census.links]]
table = "answers"
on = "request_id"
key = "answer_id"
columns = ["answered", "entered"]
entered = "entered"
[[census.measures]]
id = "answered"
title = "Answered"
authority = "A directive, section 1"
grace_days = [5]
needs = [{ field = "answered", label = "answer", entered = "entered", dated = "answered" }]
"""
OFFICES = "code,name,alias\nA,Alpha,A\nB,Beta,B\n"
SUITE = """name: requests
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: person_id, mostly: 0.5}
    severity: warning
    meta: {why: "Without a person nobody can be told."}
"""
PSEUDONYM_KEY = "0123456789abcdef" * 2  # of the made-up persons
MONTHS = ("2020-11", "2020-12", "2021-01", "2021-02")


def program(folder: Path) -> Path:
    """Write the program's declarations, and return their folder."""
    (folder / "expectations").mkdir(parents=True)
    (folder / "program.toml").write_text(PROGRAM, encoding="utf-8")
    (folder / "offices.csv").write_text(OFFICES, encoding="utf-8")
    (folder / "expectations" / "requests.yaml").write_text(SUITE, encoding="utf-8")
    return folder


def requests() -> list[list[str]]:
    """Twelve requests a month at two offices, one of them by nobody known, and one a test."""
    return [
        [
            f"R{month}-{n:02}",
            "" if n == 7 else f"Q{month[-2:]}{n // 2}",
            "AB"[n % 2],
            f"{month}-{2 * n + 1:02}",
            "test" if n == 9 else "request",
        ]
        for month in MONTHS
        for n in range(12)
    ]


def answers() -> list[list[str]]:
    """In time for a third, some weeks late for a third, and none for a third."""
    found = []
    for n, (key, _, _, received, _) in enumerate(requests()):
        if n % 3 < 2:
            days = (2, 20 + 5 * (n % 12))[n % 3]
            entered = date.fromisoformat(received) + timedelta(days=days)
            answered = entered if n % 4 else date.fromisoformat(received)
            found.append([f"W{key}", key, str(answered), str(entered)])
    return found


def tables(
    folder: Path, *, asked: Iterable[Iterable[str]] | None = None, answered: Iterable[Iterable[str]] | None = None
) -> Path:
    """Write the tables, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {
        "requests": ("request_id,person_id,office,received,kind", requests() if asked is None else asked),
        "answers": ("answer_id,request_id,answered,entered", answers() if answered is None else answered),
    }
    for name, (header, rows) in held.items():
        text = "".join(",".join(row) + "\n" for row in ([header], *rows))
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def record_alone(report: Report | SampleReport) -> dict[str, bytes]:
    """The record of a report and no other form of it, for tests that look at no other."""
    return {"report.json": encode_json(asdict(report))}


def formatted(report: Report | SampleReport) -> dict[str, bytes]:
    """The files of a report for tests that look at no form: the record in place of each form, no figures, the tables.

    To draw and set them takes most of the time of a run. Whatever would change a form changes the record.
    """
    [record] = record_alone(report).values()
    forms = dict.fromkeys(("report.json", "report.html", "report.pdf", "report.xlsx"), record)
    if isinstance(report, SampleReport):
        tables = build_sample_tables(report).items()
        return forms | {f"tables/{name}.csv": format_csv(table).encode() for name, table in tables}
    return forms | {f"tables/{name}": text.encode() for name, text in made_up.csv_files(report).items()}


def render_no_forms(report: Report, packet: Packet, *_: object, **__: object) -> dict[str, bytes]:
    """The forms of a packet for tests that look at neither: what it says, as it was worked out."""
    said = repr(packet).encode()
    return {PAGE_FILE: said, PDF_FILE: said}
