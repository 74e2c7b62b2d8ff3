"""Columns named as a spreadsheet names them: with spaces, hyphens and slashes."""

import json
from pathlib import Path

import pytest

from audit import programs
from audit.programs.used_columns import collect_used_columns
from audit.storage.declarations import read_program, read_suites
from tests.conftest import RunAudit

pytestmark = pytest.mark.usefixtures("formless")

PROGRAM = """
name = "memos"
title = "Memos: written in time"
about = "A made-up program"
authority = "Made up"
unit = ["case", "cases"]
office = "office"

[tables.cases]
file = "cases.csv"
key = ["Case No."]
[tables.cases.columns]
"Case No." = { required = true }
"Field-Office" = { type = "office", required = true }
"Date Opened" = { type = "date", required = true }
"Kind / Class" = { uninformative = ["OTHER"] }
"Not Used" = {}

[tables.memos]
file = "memos.csv"
key = ["Memo No."]
[tables.memos.columns]
"Memo No." = { required = true }
"Case No." = {}
"Memo-Date" = { type = "date" }
"its day" = {}

[census]
table = "cases"
unit = "Case No."
office = "Field-Office"
date = "Date Opened"
links = [{ table = "memos", on = "Case No.", key = "Memo No.", columns = ["Memo-Date", "its day"] }]
exclusions = [{ reason = "of no class", where = "uninformative(\\"Kind / Class\\")" }]
[[census.measures]]
id = "memo"
title = "Memo written in time"
authority = "Made up"
needs = [{ field = "Memo-Date", label = "memo", satisfied = '"Memo-Date" >= "Date Opened"' }]
"""
SUITES = {
    "cases": """
name: cases
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: day of Date Opened}
    severity: critical
""",
    "memos": """
name: memos
expectations:
  - type: expect_column_values_to_be_in_set
    kwargs: {column: Case No. in cases.Case No., value_set: [true]}
    severity: critical
""",
}
CASES = """Case No.,Field-Office,Date Opened,Kind / Class,Not Used
C1,North,2020-03-02,A,x
C2,South,2020-03-05,B,x
C3,South,2020-03-06,OTHER,x
C4,South,2020-03-07,A,x
"""
MEMOS = """Memo No.,Case No.,Memo-Date,its day
M1,C1,2020-03-04,Monday
M2,C2,2020-03-01,Monday
"""


@pytest.fixture
def memos(tmp_path: Path, audit: RunAudit) -> Path:
    (tmp_path / "expectations").unlink()
    files = {
        "memos/program.toml": PROGRAM,
        "memos/offices.csv": "code,name,alias,since,until\nN,North,North,,\nS,South,South,,\n",
        "data/cases.csv": CASES,
        "data/memos.csv": MEMOS,
        **{f"expectations/memos/{name}.yaml": text for name, text in SUITES.items()},
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_no_verb_needs_columns_that_are_plain_words(memos: Path, audit: RunAudit) -> None:
    check = audit("check", "memos", "--data", "data")
    assert (check.code, check.err) == (0, "")
    month = audit("compliance", "memos", "--data", "data", "--month", "2020-03")
    assert (month.code, month.err) == (0, "")
    run = audit("run", "memos", "--data", "data", "--month", "2020-03")
    assert (run.code, run.err) == (0, "")
    report = json.loads((memos / "reports" / "memos" / "2020-03" / "report.json").read_text(encoding="utf-8"))
    counts = report["measures"][0]["national"]
    names = ("received", "excluded", "compliant", "missing", "unmet")
    assert {name: counts[name] for name in names} == dict(zip(names, (4, 1, 1, 1, 1), strict=True))


def test_the_columns_that_are_used_are_those_that_the_declarations_name(memos: Path) -> None:
    program = read_program(programs.find_program_folder(str(memos / "memos")))
    suites = read_suites(memos / "expectations" / "memos")
    used = {"Case No.", "Field-Office", "Date Opened", "Kind / Class", "Memo No.", "Memo-Date", "its day"}
    assert collect_used_columns(program, None, suites) == used
