"""The data checks from the prompt: who reads them at which verb, what is not run where, and tables without a census."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from audit.files import hash_file
from audit.tables.readers import read as tables
from audit.workflow import program_data, validation
from tests import made_up_program
from tests.conftest import PROJECT, Answer, RunAudit

GX_ALONE = """name: requests
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: request_id}
  - type: expect_column_unique_value_count_to_be_between
    kwargs: {column: kind, max_value: MOST}
    severity: SEVERITY
    meta: {why: "There are two kinds."}
"""
RUN = """
import sys
from audit import cli
from audit.workflow import monthly_report, sample_report
from tests import made_up_program
monthly_report.render_report_files = made_up_program.formatted
sample_report.render_sample_report = made_up_program.formatted
sys.argv = ["audit", *sys.argv[1:]]
try:
    cli.main()
finally:
    print("great_expectations" in sys.modules)
"""
TABLES_ALONE = """
[tables.cases]
file = "cases.csv"
key = ["case"]
[tables.cases.columns]
case = { required = true }
opened = { type = "date" }
closed = { type = "date" }
"""
CASES = """name: cases
expectations:
  - expression: closed is null or closed >= opened
    severity: warning
    meta: {why: "A case is closed after it was opened."}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    made_up_program.tables(tmp_path / "data")
    return made_up_program.program(tmp_path / "answers")


@pytest.fixture
def run(audit: RunAudit, program: Path, formless: Any) -> Callable[..., Answer]:
    return lambda *words: audit("run", program, "--data", "data", "--month", "2021-01", *words)


def write_suite(program: Path, *, severity: str, most: int = 2) -> None:
    text = GX_ALONE.replace("SEVERITY", severity).replace("MOST", str(most))
    (program / "expectations" / "requests.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "imported"),
    [
        (("run", "--month", "2021-01"), False),
        (("compliance", "--month", "2021-01"), False),
        (("check", "--no-confirm"), False),
        (("check",), True),
        (("run", "--month", "2021-01", "--confirm"), True),
    ],
    ids=str,
)
def test_great_expectations_is_imported_where_it_is_asked_for(
    program: Path, tmp_path: Path, words: tuple[str, ...], imported: bool
) -> None:
    verb, *others = words
    command = [sys.executable, "-c", RUN, verb, program, "--data", tmp_path / "data", *others]
    done = subprocess.run(
        [*map(str, command), "--reports", str(tmp_path / "reports")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(imported)


def test_it_is_imported_while_the_tables_are_read(
    audit: RunAudit, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    read = tables.read_declared_tables

    def note_read(*given: Any, **named: Any) -> Any:
        steps.append("read")
        return read(*given, **named)

    monkeypatch.setattr(program_data, "start_import", lambda: steps.append("import"))
    monkeypatch.setattr(validation, "confirm_checks", lambda reliability, _: steps.append("confirm") or reliability)
    monkeypatch.setattr(tables, "read_declared_tables", note_read)
    assert audit("check", program, "--data", "data").code == 0
    assert steps == ["import", "read", "confirm"]
    steps.clear()
    assert audit("check", program, "--data", "data", "--no-confirm").code == 0
    assert steps == ["read"]


def test_a_critical_check_for_great_expectations_alone_stops_a_run_that_does_without(
    run: Callable[..., Answer], program: Path
) -> None:
    write_suite(program, severity="critical")
    stopped = run()
    assert (stopped.code, stopped.err) == (
        1,
        "audit: requests: the critical check that kind meets expect_column_unique_value_count_to_be_between "
        "(max_value 2) was not run: only Great Expectations reads it. Run this again with --confirm.\n",
    )
    confirmed = run("--confirm")
    assert confirmed.code == 0, confirmed.err
    record = json.loads(Path("reports/answers/2021-01/report.json").read_bytes())
    assert [(one["passed"], one["not_run"]) for one in record["checks"]] == [(True, False), (True, False)]


def test_a_warning_for_great_expectations_alone_is_in_the_report_as_not_run(
    run: Callable[..., Answer], audit: RunAudit, program: Path
) -> None:
    write_suite(program, severity="warning", most=1)
    assert run("--no-reuse").code == 0
    record = json.loads(Path("reports/answers/2021-01/report.json").read_bytes())
    assert [(one["passed"], one["not_run"]) for one in record["checks"]] == [(True, False), (False, True)]
    checked = audit("check", program, "--data", "data", "--json").json
    assert checked["summary"] == "2 checks of 1 table: 1 passed and 1 warning. No critical check failed."
    unconfirmed = audit("check", program, "--data", "data", "--no-confirm", "--json").json
    assert unconfirmed["summary"] == "2 checks of 1 table: 1 passed and 1 not run. No critical check failed."


def test_what_was_not_run_is_not_used_again_where_it_is_to_be(run: Callable[..., Answer], program: Path) -> None:
    write_suite(program, severity="warning", most=1)
    assert run().code == 0
    assert run("--confirm", "--overwrite").code == 0
    record = json.loads(Path("reports/answers/2021-01/report.json").read_bytes())
    assert [one["not_run"] for one in record["checks"]] == [False, False]


@pytest.fixture
def cases(audit: RunAudit, tmp_path: Path) -> Path:
    """A folder with a program of one table, its suite, and the table."""
    folder = tmp_path / "closing"
    for name, text in {
        "program.toml": TABLES_ALONE,
        "expectations/cases.yaml": CASES,
        "cases.csv": "case,opened,closed\nC1,2026-01-02,2026-01-09\nC2,2026-01-05,2026-01-04\nC3,2026-01-06,\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_tables_alone_can_be_checked(cases: Path, audit: RunAudit) -> None:
    answer = audit("check", "closing", "--data", "closing", "--json")
    assert answer.code == 0, answer.err
    [check] = answer.json["checks"]
    assert (check["check"], check["units"], check["failed"]) == ("closed is null or closed >= opened", 3, 1)
    assert check["failing"] == ["C2"]
    page = audit("check", "closing", "--data", "closing", "--format", "html").out
    assert "<h1>Data checks: closing</h1>" in page
    assert "cases.csv" in page


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--month", "2026-01"),
        ("compliance",),
        ("link",),
        ("scope",),
        ("draw",),
        ("assess",),
        ("discrepancies", "--month", "2026-01"),
        ("policy", "show"),
    ],
    ids=str,
)
def test_other_verbs_say_what_tables_alone_lack(cases: Path, audit: RunAudit, words: tuple[str, ...]) -> None:
    verb, *others = words
    place = [*others, "closing"] if verb == "policy" else ["closing", *others]
    answer = audit(verb, *place, *([] if verb == "draw" else ["--data", "closing"]))
    assert answer.code == 2
    assert answer.err == (
        "audit: the program closing declares tables alone, enough for audit check only. Add `title`, `about`, "
        "`authority`, `unit`, `office` and [census] with its measures to its program.toml, and the file offices.csv.\n"
    )


def test_what_needs_a_census_or_offices_is_refused_without(cases: Path, audit: RunAudit) -> None:
    declared = cases / "program.toml"
    declared.write_text(TABLES_ALONE.replace('opened = { type = "date" }', 'opened = { type = "office" }'))
    assert "closing/offices.csv: there is no such file." in audit("check", "closing", "--data", "closing").err
    declared.write_text(f"{TABLES_ALONE}\n[review]\nattributes = []\n")
    assert audit("check", "closing", "--data", "closing").err == (
        "audit: program.toml: declares `review` and no `census`. Say under [census] what is counted.\n"
    )
    census = '[census]\ntable = "cases"\nunit = "case"\noffice = "case"\nmeasures = []'
    declared.write_text(f"{TABLES_ALONE}\n{census}\n")
    said = audit("check", "closing", "--data", "closing").err
    assert "audit: program.toml: lacks `title`, `about`, `authority`, `unit` and `office`. Add them.\n" in said


# Rows that are not as declared, and rows that fail a check

FLAWED_PROGRAM = """
[tables.cases]
file = "cases.csv"
key = ["case"]
[tables.cases.columns]
case = {}
office = { type = "office" }
status = {}
opened = { type = "date" }
[tables.notes]
file = "notes_*.csv"
[tables.notes.columns]
text = {}
n = { type = "integer" }
"""
FLAWED_CASES = """case,office,status,opened
C1,A,open,2024-01-01
C2,A,void,2024-01-02
C1,Alpha,=1+1,2024-01-03

C4,Beta,open,yesterday
C5,Beto,open,2024-01-05
C6,Beta,open,2024-01-06
"""
FLAWED_FILES = {
    "program.toml": FLAWED_PROGRAM,
    "offices.csv": "code,name\nA,Alpha\n",
    "cases.csv": FLAWED_CASES,
    "notes_1.csv": "text,n\na,1\nb,3\n",
    "notes_2.csv": "text,n\nc,2\nd,x\ne,0\n",
    "expectations/cases.yaml": "name: cases\nexpectations:\n"
    "  - type: expect_column_values_to_be_unique\n    kwargs: {column: case}\n"
    "  - type: expect_column_values_to_be_in_set\n    kwargs: {column: status, value_set: [open, closed]}\n"
    "    severity: warning\n",
    "expectations/notes.yaml": "name: notes\nexpectations:\n  - {expression: n > 2, severity: warning}\n",
}
# By hand: the rows of each file that fail, numbered with its header as row 1.
FLAWS = {
    "case is as declared": ["row 2", "row 4"],
    "no row is blank": ["row 5"],
    "office is as declared": ["row 6", "row 7", "row 8"],
    "opened is as declared": ["row 6"],
    "n is as declared": ["notes_2.csv row 3"],
}
IN_NOTES = ["notes_1.csv row 2", "notes_2.csv row 2", "notes_2.csv row 4"]


@pytest.fixture
def check(audit: RunAudit, tmp_path: Path) -> Callable[..., Answer]:
    """The checks of a folder with a repeated key, an unknown office, a text for a date, and values that fail."""
    for name, text in FLAWED_FILES.items():
        path = tmp_path / "flawed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return lambda *words: audit("check", "flawed", "--data", "flawed", "--no-confirm", *words)


def test_a_repeated_key_is_a_failed_check_beside_the_others(check: Callable[..., Answer]) -> None:
    answer = check("--json")
    assert (answer.code, answer.err) == (1, "")
    failing = {one["check"]: one["failing"] for one in answer.json["checks"]}
    assert failing == FLAWS | {
        "case is never repeated": ["C1", "C1"],
        "status is one of open and closed": ["C2", "C1"],
        "n > 2": IN_NOTES,
    }
    severities = {one["check"]: one["severity"] for one in answer.json["checks"]}
    assert {severities[name] for name in FLAWS if name != "no row is blank"} == {"critical"}
    assert [one["table"] for one in answer.json["checks"]] == ["cases"] * 6 + ["notes"] * 2
    [office] = [one for one in answer.json["checks"] if one["check"] == "office is as declared"]
    assert (office["units"], office["failed"]) == (7, 3)
    assert 'written "Beta" (2) and "Beto" (1)' in office["why"]


@pytest.mark.parametrize("format", ["text", "json", "junit", "github", "html"])
def test_what_was_set_aside_is_listed_in_every_format(check: Callable[..., Answer], format: str) -> None:
    answer = check("--set-aside", "--format", format)
    assert answer.code == 0
    for name, rows in FLAWS.items():
        assert name in answer.out
        assert all(row in answer.out for row in rows), (name, format)
    assert "audit: cases.csv: 7 rows in = 1 used + 6 set aside\n" in answer.err


def test_the_rows_set_aside_have_their_reasons_in_json(check: Callable[..., Answer]) -> None:
    rows = check("--set-aside", "--json").json["subject"]["set_aside"]
    assert [(one["file"], one["row"]) for one in rows] == [
        *(("cases.csv", n) for n in (2, 4, 5, 6, 7, 8)),
        ("notes_2.csv", 3),
    ]
    assert rows[0]["reason"] == "case: a key that another row has as well"


def test_every_failing_row_is_written_whole_with_its_number(check: Callable[..., Answer], tmp_path: Path) -> None:
    assert check("--failing", "rows").err == "audit: rows: 8 files of failing rows\n"
    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "rows").glob("*.csv")}
    assert texts["001-cases-case-is-as-declared.csv"] == (
        "in file,in row,case,office,status,opened\n"
        "cases.csv,2,C1,A,open,2024-01-01\ncases.csv,4,C1,A,'=1+1,2024-01-03\n"
    )
    assert texts["004-cases-opened-is-as-declared.csv"].splitlines()[1:] == ["cases.csv,6,C4,,open,"]
    assert texts["006-cases-status-is-one-of-open-and-closed.csv"].splitlines()[1:] == [
        "cases.csv,3,C2,A,void,2024-01-02",
        "cases.csv,4,C1,A,'=1+1,2024-01-03",
    ]
    assert texts["008-notes-n-2.csv"].splitlines()[1:] == [
        "notes_1.csv,2,a,1",
        "notes_2.csv,2,c,2",
        "notes_2.csv,4,e,0",
    ]
    assert [line.split(",")[0] for line in texts["failing.csv"].splitlines()[1:]] == sorted(texts)[:8]
    assert check("--failing", "rows").code == 1  # its own folder is replaced
    (tmp_path / "rows" / "mine.txt").touch()
    assert check("--failing", "rows").code == 4


def test_rows_that_great_expectations_alone_finds_are_written_too(audit: RunAudit, check: Any, tmp_path: Path) -> None:
    suite = "name: notes\nexpectations:\n  - type: expect_column_value_lengths_to_be_between\n"
    (tmp_path / "flawed/expectations/notes.yaml").write_text(f"{suite}    kwargs: {{column: text, min_value: 2}}\n")
    assert audit("check", "flawed", "--data", "flawed", "--set-aside", "--failing", "rows").code == 1
    [path] = (tmp_path / "rows").glob("*notes-text*")
    assert [line[:13] for line in path.read_text().splitlines()[1:]] == ["notes_1.csv,2", "notes_1.csv,3"] + [
        f"notes_2.csv,{n}" for n in (2, 4)
    ]


def test_junit_says_when_and_what_was_checked(check: Callable[..., Answer]) -> None:
    root = Xml.fromstring(check("--format", "junit").out)
    assert float(root.attrib["time"]) > 0
    assert datetime.fromisoformat(root.attrib["timestamp"]).tzinfo
    cases, notes = root.iter("testsuite")
    assert cases.attrib["timestamp"] == root.attrib["timestamp"]
    properties = {one.attrib["name"]: one.attrib["value"] for one in notes.iter("property")}
    digests = {f"sha256 of {name}": hash_file(Path("flawed") / name) for name in ("notes_1.csv", "notes_2.csv")}
    assert properties.items() >= {"program": "flawed", "data": "flawed", **digests}.items()
    assert len(properties["program sha256"]) == 64


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("junit", '<error type="exit code 3" message="there is no program'),
        ("github", "::error title=audit check nosuch::there is no program"),
        ("json", '"code": 3'),
    ],
)
def test_what_stops_the_checks_is_said_in_the_format_that_was_asked_for(
    audit: RunAudit, tmp_path: Path, format: str, words: str
) -> None:
    answer = audit("check", "nosuch", "--format", format, "--output", "result")
    assert (answer.code, answer.out) == (3, "")
    assert words in (tmp_path / "result").read_text(encoding="utf-8")
    assert audit("check", "nosuch", "--json", "--format", format).json["error"]["code"] == 3
