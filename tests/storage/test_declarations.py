"""Declarations on disk: what is read, and what is refused with file and line."""

import shutil
from pathlib import Path

import pytest

from audit import programs
from audit.errors import AuditError, ExitCode
from audit.programs.declaration import Program, build_vocabulary
from audit.storage.declarations import find_suites_folder, read_policy, read_program
from tests import made_up_permits

REFERENCE = programs.find_program_folder("secure_communities")


@pytest.fixture(scope="module")
def program() -> Program:
    return read_program(REFERENCE)


def broken(tmp_path: Path, program: Program, name: str, old: str, new: str) -> AuditError:
    """The error of the reference policy with one file altered."""
    for path in (REFERENCE / "policy").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert path.name != name or old in text
        (tmp_path / path.name).write_text(text.replace(old, new, 1) if path.name == name else text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_policy(tmp_path, build_vocabulary(program))
    return refused.value


BREAKS = (
    ("ordre: 10", "line 4: has the unknown key `ordre`. Did you mean `order`?"),
    ("order: ten", "line 4: `order` is not as it should be: input should be a valid integer"),
    ("order: 10\norder: 11", "line 5: holds a key twice. Correct it there."),
    ("on: 10\norder: 10", "line 4: has the unknown key `on`. Remove it."),
    ("order: [10", "line 5: cannot be read: expected ',' or ']', but got ':'. Correct it there."),
)


@pytest.mark.parametrize(("new", "message"), BREAKS)
def test_a_rule_broken_in_its_order_is_named_by_file_line_fault_and_mend(
    tmp_path: Path, program: Program, new: str, message: str
) -> None:
    error = broken(tmp_path, program, "us-citizen.yaml", "order: 10", new)
    assert f"us-citizen.yaml, {message}" in str(error)
    assert error.code in (ExitCode.USAGE, ExitCode.UNREADABLE)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("order: 10\n", "", "line 1: lacks `order`. Add it."),
        (": 2011-05-02", ": '2011-05-02'", "line 28: holds a date written as text. Write it without quotes."),
        (
            "when: status = 'usc'",
            "when: statsu = 'usc'",
            "line 6: the condition `statsu = 'usc'` names `statsu`, which is neither a column nor a term. "
            "Did you mean `status`?",
        ),
        (
            "section: Assessing Enforcement Decisions, page 10",
            "section: ''",
            "line 13: rule us-citizen has no citation under OIG-12-64. Give its section and quote its words.",
        ),
        (
            "under: OIG-12-64",
            "under: OIG-12",
            "line 12: rule us-citizen rests on the unknown document OIG-12. Name one",
        ),
        (
            "otherwise: inconsistent",
            "otherwise: wrong",
            "line 9: rule us-citizen gives the unknown verdict wrong. Name",
        ),
        (
            "otherwise: inconsistent",
            "otherwise: permitted",
            "line 26: rule us-citizen has no example of the verdict per",
        ),
        (
            "when: status = 'usc'",
            "when: status = ",
            "line 6: the condition `status =` cannot be read. Check its brackets",
        ),
        (
            "expects: not detained",
            "expects: not detained()",
            "line 7: the condition `not detained()` uses `DETAINED()`, which is not part",
        ),
    ],
)
def test_a_broken_rule_is_named_by_file_line_fault_and_mend(
    tmp_path: Path, program: Program, old: str, new: str, message: str
) -> None:
    error = broken(tmp_path, program, "us-citizen.yaml", old, new)
    assert str(error.problems[0]).startswith(f"us-citizen.yaml, {message}")
    assert all(str(problem).startswith("us-citizen.yaml, line ") for problem in error.problems)


def test_faults_of_several_files_come_at_once(tmp_path: Path, program: Program) -> None:
    for path in (REFERENCE / "policy").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace("attribute:", "atribute:", 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_policy(tmp_path, build_vocabulary(program))
    files = {str(problem.file).split(",")[0] for problem in refused.value.problems}
    assert len(files) == len(list((REFERENCE / "policy").glob("*.yaml"))) - 2  # documents and terms have no attribute


def test_a_program_is_refused_with_the_path_of_the_key(tmp_path: Path) -> None:
    text = (REFERENCE / "program.toml").read_text(encoding="utf-8")
    (tmp_path / "program.toml").write_text(text.replace('type = "office"', 'type = "bureau"', 1), encoding="utf-8")
    with pytest.raises(
        AuditError, match=r"program.toml, tables.matches.columns.office.type: `type` is not as it should"
    ):
        read_program(tmp_path)


@pytest.mark.parametrize(("satisfied", "refused"), [("", True), ("days", False), ("true", False)])
def test_a_yes_no_column_that_is_needed_says_which_answer_meets_the_duty(
    tmp_path: Path, satisfied: str, refused: bool
) -> None:
    folder = made_up_permits.write(tmp_path)
    program = (folder / "program.toml").read_text(encoding="utf-8")
    program = program.replace('days = { type = "integer" }', 'days = { type = "yes_no" }')
    said = f', satisfied = "{satisfied}"' if satisfied else ""
    program = program.replace('label = "days" }', f'label = "days"{said} }}')
    (folder / "program.toml").write_text(program, encoding="utf-8")
    if not refused:
        assert read_program(folder).census.measures[1].needs[0].satisfied == satisfied
        return
    with pytest.raises(AuditError, match=r"census.measures.1: needs the yes/no column `days`, and does not say which"):
        read_program(folder)


@pytest.mark.parametrize("name", ["../../evil", "/evil", "", "a b", ".hidden"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    text = (REFERENCE / "program.toml").read_text(encoding="utf-8")
    (tmp_path / "program.toml").write_text(text.replace("secure_communities", name, 1), encoding="utf-8")
    with pytest.raises(AuditError, match=r"program.toml, name: is not a plain word\. Use letters, digits") as refused:
        read_program(tmp_path)
    assert refused.value.code == ExitCode.USAGE


def test_a_programs_digest_is_of_all_its_files_and_of_no_reports(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "p")
    before = read_program(tmp_path / "p").sha256
    for name in ("p/reports/report.json", "p/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert read_program(tmp_path / "p").sha256 == before
    for name in ("offices.csv", "policy/terms.yaml"):
        (tmp_path / "p" / name).write_bytes((tmp_path / "p" / name).read_bytes() + b"\n")
        after = read_program(tmp_path / "p").sha256
        assert after != before
        before = after


def test_a_folder_without_a_program_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(
        AuditError, match=r"program.toml: there is no such file. Name a folder that holds a program.toml."
    ):
        read_program(tmp_path)


def test_every_shipped_program_reads() -> None:
    assert [
        read_program(programs.find_program_folder(name)).name for name in programs.list_programs()
    ] == programs.list_programs()


def test_the_suites_of_a_program_are_its_own_or_those_of_the_folder_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program, folder = read_program(programs.find_program_folder("records_requests")), tmp_path / "program"
    checkout = Path(__file__).parents[2] / "expectations" / program.name
    assert find_suites_folder(folder, program) == checkout
    assert find_suites_folder(folder, program, expectations=Path("nowhere")) == Path("nowhere") / program.name
    working = Path("expectations") / program.name
    working.mkdir(parents=True)
    assert find_suites_folder(folder, program) == working
    (folder / "expectations").mkdir(parents=True)
    assert find_suites_folder(folder, program) == folder / "expectations"
    named = Path("named") / program.name
    named.mkdir(parents=True)
    assert find_suites_folder(folder, program, expectations=Path("named")) == named
