"""What a user gets wrong: one clear message, the right exit code, no traceback, nothing half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import cli, programs
from audit.tables.readers import read
from audit.tables.schema import Source
from audit.tables.table import Table
from audit.workflow import program_data, report_inputs
from tests.conftest import OTHER_PSEUDONYM_KEY, PSEUDONYM_KEY, Answer, RunAudit
from tests.tenth import Tenth

pytestmark = pytest.mark.usefixtures("formless")

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
def setup(tmp_path: Path, audit: RunAudit) -> Setup:
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


def run(audit: RunAudit, *more: str) -> tuple[int, str]:
    answer = audit("run", "filings", "--data", "data", *(more or ("--month", "2020-03")))
    return answer.code, answer.err


@pytest.mark.usefixtures("formed")
def test_nothing_wrong_gives_a_report_with_an_office_that_has_none(setup: Setup, audit: RunAudit) -> None:
    where = setup(filings=FILINGS.replace("South", "North"))
    assert run(audit) == (0, "")
    page = (where / "reports" / "filings" / "2020-03" / "report.html").read_text(encoding="utf-8")
    assert "South" in page
    assert "No cases: " in page


@pytest.mark.parametrize(
    ("altered", "code", "message"),
    [
        ({"filings": ""}, 3, "audit: filings.csv: empty. Export the table again.\n"),
        (
            {"filings": FILINGS.splitlines()[0] + "\n"},
            1,
            "audit: filings.csv: a header, and no rows below it. Check that the table was exported in full. If it "
            "can have no rows, declare `may_be_empty = true`.\n",
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
    setup: Setup, audit: RunAudit, altered: dict[str, str | bytes], code: int, message: str
) -> None:
    where = setup(**altered)
    ended, said = run(audit)
    assert message in said
    assert ended == code
    assert not [*where.glob("reports/**/report.*")]


def test_all_problems_come_in_one_message(setup: Setup, audit: RunAudit) -> None:
    setup(filings=FILINGS.replace("2020-03-05", "5 March").replace("North", "Nroth").replace("F2", ""))
    _, said = run(audit)
    assert len(said.splitlines()) == 3
    assert 'written "Nroth" (1)' in said  # an office is no person
    assert "5 March" not in said  # any other cell may hold a person's data


def test_set_aside_goes_on_and_lists_every_row(setup: Setup, audit: RunAudit) -> None:
    where = setup(filings=FILINGS.replace("2020-03-05", "5 March"))
    assert run(audit, "--month", "2020-03", "--set-aside")[0] == 0
    folder = where / "reports" / "filings" / "2020-03" / "tables"
    aside = (folder / "set_aside.csv").read_text(encoding="utf-8").splitlines()
    assert len(aside) == 2
    assert aside[1].startswith("filings,filings.csv,3,")
    assert "filings,filings.csv," in (folder / "control_totals.csv").read_text(encoding="utf-8")


def test_a_month_with_no_case_names_those_there_are(setup: Setup, audit: RunAudit) -> None:
    setup()
    assert run(audit, "--month", "2020-04") == (1, "audit: table filings has no unit in 2020-04. It has 2020-03.\n")
    code, said = run(audit, "--month", "April")
    assert code == 2
    assert "`April` is not a period. Write a month as 2011-09" in said


def test_missing_tables_and_programs_are_named(setup: Setup, audit: RunAudit) -> None:
    where = setup()
    (where / "data" / "parties.csv").unlink()
    code, said = run(audit)
    assert code == 3
    assert "parties.csv: no such file." in said
    assert audit("run", "filings").code == 2
    assert audit("run", "no_such_program").code == 3
    assert audit("dance").code == 2


def test_what_is_not_a_report_is_never_replaced_unasked(setup: Setup, audit: RunAudit) -> None:
    folder = setup() / "reports" / "filings" / "2020-03"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    code, said = run(audit)
    assert code == 4
    assert "2020-03: is there already, and holds no manifest.json of this program that can be read." in said
    assert run(audit, "--month", "2020-03", "--overwrite") == (
        0,
        "audit: reports/filings/2020-03: replaced; the report before had also notes.txt.\n",
    )
    assert not (folder / "notes.txt").exists()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    code, said = run(audit)
    assert code == 4
    assert "2020-03: holds what was added since: notes.txt." in said
    assert (folder / "notes.txt").exists()


def test_a_rerun_notices_offices_suites_and_key(setup: Setup, audit: RunAudit, monkeypatch: pytest.MonkeyPatch) -> None:
    where = setup(program=PROGRAM.replace("party = {}", "party = { personal = true }", 1))
    (where / "expectations" / "filings" / "filings.yaml").write_text(
        SUITE.replace("party in parties", "filing in filings"), encoding="utf-8"
    )
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", PSEUDONYM_KEY)
    assert run(audit) == (0, "")
    manifest = (where / "reports" / "filings" / "2020-03" / "manifest.json").read_text(encoding="utf-8")
    assert PSEUDONYM_KEY not in manifest
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", OTHER_PSEUDONYM_KEY)
    assert "was made from other inputs: pseudonym key" in run(audit)[1]
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", PSEUDONYM_KEY)
    assert run(audit) == (0, "")
    (where / "filings" / "offices.csv").write_text(OFFICES.replace("N,North,", "N,Northern,"), encoding="utf-8")
    assert "was made from other inputs: program" in run(audit)[1]
    (where / "filings" / "offices.csv").write_text(OFFICES, encoding="utf-8")
    monkeypatch.setattr(report_inputs, "hash_source_code", lambda: "another")
    assert "was made from other inputs: code" in run(audit)[1]


def test_a_day_before_the_periods_end_is_refused(setup: Setup, audit: RunAudit) -> None:
    setup()
    assert run(audit, "--month", "2020-03", "--as-of", "2020-03-30") == (
        2,
        "audit: on 30 March 2020 the period was not over: it ends on 31 March 2020. Give a later day with --as-of.\n",
    )
    assert run(audit, "--month", "2020-03", "--as-of", "2020-03-31") == (0, "")


@pytest.mark.parametrize("verb", ["check", "compliance", "run"])
def test_rows_set_aside_are_told_at_every_verb(setup: Setup, audit: RunAudit, verb: str) -> None:
    setup(filings=FILINGS.replace("2020-03-05", "5 March"))
    answer = audit(verb, "filings", "--data", "data", "--set-aside", "--json")
    assert answer.code == 0
    assert answer.err == "audit: filings.csv: 2 rows in = 1 used + 1 set aside\n"
    assert answer.json


def test_places_that_cannot_be_written_are_named(setup: Setup, audit: RunAudit) -> None:
    where = setup()
    (where / "reports").write_text("a file", encoding="utf-8")
    code, said = run(audit)
    assert code == 4
    assert "cannot be read or written: Not a directory. Name another file or folder" in said
    (where / "there").mkdir()
    answer = audit("check", "filings", "--data", "data", "--output", "there")
    assert answer.code == 4
    assert "cannot be read or written: Is a directory." in answer.err


def test_a_defect_is_told_even_where_no_log_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ValueError("a cell")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "app", broken)
    (tmp_path / "audit-defect.log").mkdir()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70
    assert capsys.readouterr().err == (
        "audit: this is a defect of the program, not of your data. "
        "Run it again in a folder where it can write audit-defect.log, and report it with that.\n"
    )


def test_made_up_tables_replace_nothing_but_themselves(audit: RunAudit, tmp_path: Path) -> None:
    def data() -> Answer:
        return audit("data", "records_requests", "--output", "tables")

    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "requests.csv").write_text("mine", encoding="utf-8")
    refused = data()
    assert refused.code == 4
    assert refused.err.startswith("audit: tables: is there already, and holds no manifest.json of this program")
    assert (tmp_path / "tables" / "requests.csv").read_text(encoding="utf-8") == "mine"
    (tmp_path / "tables" / "requests.csv").unlink()
    (tmp_path / "tables").rmdir()
    assert (data().code, data().code) == (0, 0)
    (tmp_path / "tables" / "notes.txt").write_text("mine", encoding="utf-8")
    assert "holds what was added since: notes.txt." in data().err
    assert (tmp_path / "tables" / "notes.txt").exists()


def test_a_census_column_that_does_not_exist_is_named(setup: Setup, audit: RunAudit) -> None:
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
            '      section: "8 U.S.C. 1226(a), and for detainers 8 CFR 287.7(a)"\n',
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
    audit: RunAudit, tenth: Tenth, tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(
        programs.find_program_folder("secure_communities"), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    path = folder / "policy" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    answer = audit("run", folder, "--data", tenth.data, "--month", "2011-09")
    assert message in answer.err
    assert answer.code == 2
    assert not (tmp_path / "reports").exists()


def test_a_month_that_a_table_lacks_is_refused_where_it_is_asked_for(setup: Setup, audit: RunAudit) -> None:
    """A table of another month would make every record of this one look missing."""
    program = PROGRAM.replace('file = "parties.csv"', 'file = "parties/{month}.csv"')
    where = setup(program=program)
    (where / "data" / "parties").mkdir()
    (where / "data" / "parties.csv").rename(where / "data" / "parties" / "2020-02.csv")
    answer = "audit: parties/{month}.csv: no file for 2020-03, in the period of the report. "
    assert run(audit) == (1, f"{answer}Add it, or list the months that had no rows in `absent`.\n")
    assert not [*(where / "reports").glob("*/[!.]*")]
    (where / "filings" / "program.toml").write_text(
        program.replace('month}.csv"', 'month}.csv"\nabsent = ["2020-03"]'), encoding="utf-8"
    )
    assert run(audit) == (0, "")


def test_a_table_that_changes_while_it_is_read_stops_the_run(
    setup: Setup, audit: RunAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = setup()
    real = read.read_declared_table

    def meddled(source: Source, *given: Any, **more: Any) -> Table:
        if source.name == "parties":
            (where / "data" / "filings.csv").write_text(FILINGS.replace("yes", ""), encoding="utf-8")
        return real(source, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(read, "read_declared_table", meddled)
        code, told = run(audit)
    assert (code, "filings.csv: was changed while the tables were read. Run again when nothing" in told) == (3, True)
    assert not (where / "reports" / "filings" / "2020-03").exists()
    assert run(audit)[0] == 0


def test_headers_that_drift_are_declared_side_by_side(setup: Setup, audit: RunAudit) -> None:
    drifting = '{ headers = [{ header = "Notice?", until = 2020-02-29 }, { header = "Noticed", since = 2020-03-01 }] }'
    program = PROGRAM.replace('file = "filings.csv"', 'file = "filings/{month}.csv"').replace(
        "notice = {}", f"notice = {drifting}"
    )
    where = setup(program=program)
    (where / "data" / "filings").mkdir()
    for month, header in (("2020-02", "Notice?"), ("2020-03", "Noticed")):
        text = FILINGS.replace("notice", header).replace("2020-03", month).replace("F", f"F{month}-")
        (where / "data" / "filings" / f"{month}.csv").write_text(
            text.replace(f"F{month}-iling", "filing"), encoding="utf-8"
        )
    assert run(audit) == (0, "")


def test_a_month_keeps_the_columns_that_are_named_and_no_others(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is the same: tests/acceptance/test_secure_communities.py compares the bytes of both ways."""
    where = setup(
        program=PROGRAM.replace("kind = {}", "nowhere_named = {}"), parties=PARTIES.replace("kind", "nowhere_named")
    )
    given = {"data": where / "data", "expectations": where / "expectations"}
    whole, narrow = (program_data.read_program_data("filings", named_only=only, **given).rows for only in (False, True))
    assert whole["parties"].collect_schema().names() == ["party", "nowhere_named"]
    assert narrow["parties"].collect_schema().names() == ["party"]
    assert narrow["filings"].collect().equals(whole["filings"].collect())
