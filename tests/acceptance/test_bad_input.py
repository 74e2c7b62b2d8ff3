"""What a user gets wrong: one clear message, the right exit code, no traceback, nothing half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audit import programs
from tests.conftest import Audit

PROGRAM = """
name = "filings"
title = "Filings: notice recorded"
about = "A made-up program"
authority = "Made up"
unit = ["filing", "filings"]
office = "office"

[tables.filings]
file = "filings.csv"
key = ["filing"]
[tables.filings.columns]
filing = { required = true }
office = { type = "office", required = true }
filed = { type = "date", required = true }
notice = {}
party = {}

[tables.parties]
file = "parties.csv"
key = ["party"]
[tables.parties.columns]
party = { required = true }
kind = {}

[census]
table = "filings"
unit = "filing"
office = "office"
date = "filed"
[[census.measures]]
id = "notice"
title = "Notice recorded"
authority = "Made up"
needs = [{ field = "notice", label = "notice" }]
"""
OFFICES = "code,name,alias,since,until\nN,North,North,,\nS,South,South,,\n"
SUITE = """
name: filings
expectations:
  - type: expect_column_values_to_be_in_set
    kwargs: {column: party in parties, value_set: [true]}
    severity: critical
    meta: {why: every filing has a party}
"""
FILINGS = "filing,office,filed,notice,party\nF1,North,2020-03-02,yes,A\nF2,South,2020-03-05,,B\n"
PARTIES = "party,kind\nA,person\nB,firm\n"

Setup = Callable[..., Path]


@pytest.fixture
def setup(tmp_path: Path, audit: Audit) -> Setup:
    """A small program and its tables, with one thing altered."""

    def write(*, program: str = PROGRAM, filings: str | bytes = FILINGS, parties: str = PARTIES) -> Path:
        (tmp_path / "expectations").unlink()
        for name, content in {
            "filings/program.toml": program,
            "filings/offices.csv": OFFICES,
            "expectations/filings/filings.yaml": SUITE,
            "data/filings.csv": filings,
            "data/parties.csv": parties,
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


def run(audit: Audit, *more: str) -> tuple[int, str]:
    answer = audit("run", "filings", "--data", "data", *(more or ("--month", "2020-03")))
    return answer.code, answer.err


def test_nothing_wrong_gives_a_report_with_an_office_that_has_none(setup: Setup, audit: Audit) -> None:
    where = setup(filings=FILINGS.replace("South", "North"))
    assert run(audit) == (0, "")
    page = (where / "reports" / "filings" / "2020-03" / "report.html").read_text(encoding="utf-8")
    assert "South" in page
    assert "no cases" in page


@pytest.mark.parametrize(
    ("altered", "code", "message"),
    [
        ({"filings": ""}, 3, "audit: filings.csv: empty. Export the table again.\n"),
        (
            {"filings": FILINGS.splitlines()[0] + "\n"},
            1,
            "audit: filings.csv: a header, and no rows below it. Check that the table was exported in full.\n",
        ),
        (
            {"filings": FILINGS.replace("notice", "remark")},
            1,
            "column remark: not declared.",
        ),
        (
            {"filings": FILINGS.replace(",notice", "").replace(",yes", "").replace(",,", ",")},
            1,
            "column notice: declared, and missing from the file. Add it to the file, or take it out of `columns`.",
        ),
        (
            {"filings": FILINGS.replace("2020-03-05", "5 March")},
            1,
            "filings.csv, row 3, column filed: not a date in the declared form",
        ),
        (
            {"filings": FILINGS.replace("South", "Suoth")},
            1,
            "filings.csv, row 3, column office: not a known office",
        ),
        (
            {"filings": FILINGS.replace("F2", "F1")},
            1,
            "filings.csv, row 2, column filing: a key that another row has as well, in 2 rows (2 and 3).",
        ),
        (
            {"filings": FILINGS.replace("yes,A", "yes,C")},
            1,
            "audit: filings: failed the critical check that party is found in parties, in 1 of 2.",
        ),
        ({"filings": FILINGS.encode("utf-16")}, 3, "filings.csv"),
        ({"filings": FILINGS + "F3,North,2020-03-09,yes,A,more\n"}, 1, "filings.csv, row 4"),
    ],
    ids=[
        "empty",
        "header only",
        "extra column",
        "missing column",
        "date",
        "office",
        "key",
        "reference",
        "encoding",
        "ragged",
    ],
)
def test_a_bad_table_stops_the_run(
    setup: Setup, audit: Audit, altered: dict[str, str | bytes], code: int, message: str
) -> None:
    where = setup(**altered)
    ended, said = run(audit)
    assert message in said
    assert ended == code
    assert not (where / "reports").exists()


def test_all_problems_come_in_one_message(setup: Setup, audit: Audit) -> None:
    setup(filings=FILINGS.replace("2020-03-05", "5 March").replace("North", "Nroth").replace("F2", ""))
    _, said = run(audit)
    assert len(said.splitlines()) == 3
    assert "Nroth" not in said  # a cell may hold a person's data


def test_set_aside_goes_on_and_lists_every_row(setup: Setup, audit: Audit) -> None:
    where = setup(filings=FILINGS.replace("2020-03-05", "5 March"))
    assert run(audit, "--month", "2020-03", "--set-aside")[0] == 0
    folder = where / "reports" / "filings" / "2020-03" / "tables"
    aside = (folder / "set_aside.csv").read_text(encoding="utf-8").splitlines()
    assert len(aside) == 2
    assert aside[1].startswith("filings,filings.csv,3,")
    assert "filings,filings.csv," in (folder / "control_totals.csv").read_text(encoding="utf-8")


def test_a_month_with_no_case_names_those_there_are(setup: Setup, audit: Audit) -> None:
    setup()
    assert run(audit, "--month", "2020-04") == (1, "audit: table filings has no unit in 2020-04. It has 2020-03.\n")
    code, said = run(audit, "--month", "April")
    assert code == 2
    assert "`April` is not a period. Write a month as 2011-09" in said


def test_missing_tables_and_programs_are_named(setup: Setup, audit: Audit) -> None:
    where = setup()
    (where / "data" / "parties.csv").unlink()
    code, said = run(audit)
    assert code == 3
    assert "parties.csv: no such file." in said
    assert audit("run", "filings").code == 2
    assert audit("run", "no_such_program").code == 3
    assert audit("dance").code == 2


def test_a_census_column_that_does_not_exist_is_named(setup: Setup, audit: Audit) -> None:
    setup(program=PROGRAM.replace('field = "notice"', 'field = "notcie"'))
    code, said = run(audit)
    assert code == 2
    assert said == (
        "audit: program.toml, census.measures.0: names `notcie`, and no such column is declared. "
        "Did you mean `notice`?\n"
    )
    setup_again = PROGRAM.replace(
        'date = "filed"', 'date = "filed"\nexclusions = [{ reason = "x", where = "kidn = 1" }]'
    )
    Path("filings/program.toml").write_text(setup_again, encoding="utf-8")
    code, said = run(audit)
    assert code == 2
    assert "kidn" in said


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "us-citizen.yaml",
            "status = 'usc'",
            "standing = 'usc'",
            "names `standing`, which is neither a column nor a term.",
        ),
        (
            "us-citizen.yaml",
            "      section: Assessing Enforcement Decisions, page 9\n",
            "",
            "line 13: lacks `section`. Add it.",
        ),
        (
            "documents.yaml",
            "until: 2011-03-01",
            "until: 2011-03-02",
            "has two versions in force at once: PRI-2010 and PRI-2011.",
        ),
        ("priority-2.yaml", "examples:", "examples: []\nremarks:", "has the unknown key `remarks`. Remove it."),
    ],
    ids=["unknown column", "no citation", "two versions", "no examples"],
)
def test_a_bad_rule_stops_the_audit(
    audit: Audit, year: Path, tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(programs.folder("secure_communities"), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / "policy" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    answer = audit("run", folder, "--data", year, "--month", "2011-09")
    assert message in answer.err
    assert answer.code == 2
    assert not (tmp_path / "reports").exists()
