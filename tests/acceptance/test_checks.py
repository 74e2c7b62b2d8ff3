"""The data checks from the prompt: who reads them at which verb, what is not run where, and tables without a census."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
from audit.workflow import monthly_report
from tests import made_up_program
monthly_report.render_report_files = made_up_program.formatted
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
    assert "offices.csv: there is no such file" in audit("check", "closing", "--data", "closing").err
    declared.write_text(f"{TABLES_ALONE}\n[review]\nattributes = []\n")
    assert audit("check", "closing", "--data", "closing").err == (
        "audit: program.toml: declares `review` and no `census`. Say under [census] what is counted.\n"
    )
    census = '[census]\ntable = "cases"\nunit = "case"\noffice = "case"\nmeasures = []'
    declared.write_text(f"{TABLES_ALONE}\n{census}\n")
    said = audit("check", "closing", "--data", "closing").err
    assert "audit: program.toml: lacks `title`. Add it.\n" in said
    assert "audit: program.toml: lacks `office`. Add it.\n" in said
