"""What earlier runs read and checked is used again, and nothing that it gives differs from what is read anew."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.storage import run_record
from audit.tables.readers import cells
from audit.workflow import program_data, validation
from tests import made_up_program
from tests.acceptance.test_late_changes import parts
from tests.acceptance.test_months import digests
from tests.architecture.test_modules import HEAVY, loaded_by
from tests.conftest import OTHER_PSEUDONYM_KEY, RunAudit

pytestmark = pytest.mark.usefixtures("formless")

READ = Path("reports/answers/.read")


def list_pieces() -> list[Path]:
    """What is kept of tables and checks; beside it lie the records of whole runs."""
    return [path for path in READ.iterdir() if not path.name.startswith("run-")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return parts(tmp_path / "parts")


@pytest.fixture
def run(audit: RunAudit, data: Path, tmp_path: Path) -> Any:
    program = made_up_program.program(tmp_path / "answers")
    declared = program / "program.toml"
    text = declared.read_text(encoding="utf-8")
    for name in ("requests", "answers"):
        text = text.replace(f'"{name}.*"', f'"{name}/{{month}}.csv"')
    declared.write_text(text, encoding="utf-8")

    def run(month: str, *words: str | Path, code: int = 0) -> Any:
        found = audit("run", program, "--data", data, "--month", month, *words, "--json")
        assert found.code == code, found.err
        return found.json if code == 0 else found.err

    return run


@pytest.fixture
def work_done(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often a file's cells were judged, and tables checked, since it was last emptied."""
    done: dict[str, int] = {}
    parse, run_checks = cells.parse_cells, validation.run_compiled_suites

    def counted(name: str, call: Any) -> Any:
        def count(*given: Any, **named: Any) -> Any:
            done[name] = done.get(name, 0) + (len(given[0]) if name == "checked" else 1)
            return call(*given, **named)

        return count

    monkeypatch.setattr(cells, "parse_cells", counted("judged", parse))
    monkeypatch.setattr(validation, "run_compiled_suites", counted("checked", run_checks))
    return done


def test_only_the_files_of_a_new_month_are_judged(run: Any, data: Path, work_done: dict[str, int]) -> None:
    kept = {table: (data / table / "2021-02.csv").read_bytes() for table in ("requests", "answers")}
    for table in kept:
        (data / table / "2021-02.csv").unlink()
    run("2021-01")
    assert work_done == {"judged": 6, "checked": 1}
    for table, content in kept.items():
        (data / table / "2021-02.csv").write_bytes(content)
    work_done.clear()
    run("2021-02")
    assert work_done == {"judged": 2, "checked": 1}  # a check may be of all rows together
    work_done.clear()
    run("2021-02", "--overwrite")
    assert work_done == {}
    run("2021-02", "--overwrite", "--no-reuse")
    assert work_done == {"judged": 8, "checked": 1}


def test_with_it_without_it_and_with_it_damaged_are_the_same_bytes(
    run: Any, tmp_path: Path, work_done: dict[str, int]
) -> None:
    run("2021-01", "--no-reuse", "--reports", tmp_path / "anew")
    assert not (tmp_path / "anew/answers/.read").exists()
    whole = digests(tmp_path / "anew")
    run("2021-01")
    assert digests(Path("reports")) == whole
    for path in list_pieces():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    (damaged,) = [path for path in list_pieces() if path.read_bytes()[:1] == b"{"]
    damaged.unlink()
    work_done.clear()
    run("2021-01", "--overwrite")
    assert work_done == {"judged": 8, "checked": 1} and digests(Path("reports")) == whole
    work_done.clear()
    run("2021-01", "--overwrite")
    assert work_done == {} and digests(Path("reports")) == whole


def test_flaws_are_kept_too(run: Any, data: Path, tmp_path: Path) -> None:
    path = data / "requests/2020-12.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2020-12-05", "5 Dec"), encoding="utf-8")
    said = run("2021-01", code=1)
    assert "requests/2020-12.csv, row 4, column received: not a date in the declared form" in said
    assert run("2021-01", code=1) == said
    run("2021-01", "--set-aside")
    run("2021-01", "--set-aside", "--no-reuse", "--reports", tmp_path / "anew")
    assert digests(Path("reports")) == digests(tmp_path / "anew")


@pytest.mark.parametrize("month", ["2021-03", "nonsense"])
def test_a_refused_run_leaves_nothing_where_nothing_was(run: Any, month: str) -> None:
    run(month, code=1 if month == "2021-03" else 2)
    assert not Path("reports").exists()
    run("2020-11")
    kept = {path.name for path in list_pieces()}
    run(month, code=1 if month == "2021-03" else 2)
    assert {path.name for path in list_pieces()} == kept


def test_under_another_key_all_is_read_anew(
    run: Any, work_done: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("2020-11")
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", OTHER_PSEUDONYM_KEY)
    work_done.clear()
    run("2020-11", "--overwrite")
    assert work_done["judged"] == 8


def test_it_holds_no_identifier_and_nothing_that_no_run_used(run: Any, data: Path) -> None:
    run("2020-11")
    held = [pl.read_parquet(path) for path in list_pieces() if path.read_bytes()[:1] != b"{"]
    persons = [person for rows in held if "person_id" in rows for person in rows["person_id"].drop_nulls()]
    assert persons and all(person.startswith("P-") for person in persons)
    assert READ.stat().st_mode & 0o077 == 0
    before = {path.name for path in list_pieces()}
    (READ / ".left.new").write_bytes(b"a killed run left it")
    for path in list_pieces():
        os.utime(path, (0, 0))
    path = data / "answers/2020-11.csv"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    run("2020-11", "--overwrite")
    now = {path.name for path in list_pieces()}
    assert len(now) == len(before) and len(now & before) == 8  # one file is another; the checks are of requests


@pytest.fixture
def times_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The programs whose tables were read; what was written just now counts as written before the run began."""
    monkeypatch.setattr(run_record, "CLOCK_LAG_SECONDS", -60)
    read, names = program_data.read_program_data, list[str]()

    def note(name: str, **named: Any) -> Any:
        names.append(name)
        return read(name, **named)

    monkeypatch.setattr(program_data, "read_program_data", note)
    return names


def test_the_same_again_is_answered_from_its_record(run: Any, times_read: list[str]) -> None:
    first = run("2021-01")
    assert first["written"] and len(times_read) == 1
    assert run("2021-01") == {**first, "written": False} and len(times_read) == 1
    assert run("2021-01", "--packets", code=4)  # is another request
    assert len(times_read) == 2
    assert run("2021-02")["written"] and len(times_read) == 3
    assert run("2021-01") == {**first, "written": False} and len(times_read) == 4  # another report has come
    assert run("2021-01") == {**first, "written": False} and len(times_read) == 4
    months = run("2021-02", "--since", "2020-11", "--overwrite")["reports"]
    assert run("2021-02", "--since", "2020-11")["reports"] == [{**one, "written": False} for one in months]
    assert len(times_read) == 5
    run("2021-02", "--since", "2020-11", "--no-reuse")
    assert len(times_read) == 6


@pytest.mark.usefixtures("run")
def test_rows_that_were_set_aside_are_named_again(audit: RunAudit, data: Path, times_read: list[str]) -> None:
    path = data / "requests/2020-12.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2020-12-05", "5 Dec"), encoding="utf-8")
    words = ("run", "answers", "--data", data, "--month", "2021-01", "--set-aside", "--quiet")
    first, again = audit(*words), audit(*words)
    assert len(times_read) == 1
    assert again.err == first.err == "audit: requests/2020-12.csv: 12 rows in = 11 used + 1 set aside\n"
    assert again.out.splitlines()[:-1] == first.out.splitlines()[:-1]
    assert first.out.split()[-2:] == ["written", "yes"] and "written" in again.out and "no: unchanged" in again.out


def rewrite(path: Path, old: str, new: str) -> None:
    """Change a file's bytes and neither its size nor its times."""
    stat, text = path.stat(), path.read_text(encoding="utf-8")
    assert old in text and len(old) == len(new)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: rewrite(data / "requests/2020-12.csv", "2020-12-05", "2020-12-06"), 4),
        (lambda data: (data / "answers/2021-03.csv").write_bytes((data / "answers/2021-02.csv").read_bytes()), 1),
        (lambda data: rewrite(Path("answers/program.toml"), "Requests answered", "Requests Answered"), 4),
        (lambda data: rewrite(Path("answers/expectations/requests.yaml"), "warning", "warning"), 0),
        (lambda data: rewrite(Path("answers/expectations/requests.yaml"), "mostly: 0.5", "mostly: 0.4"), 4),
        (lambda data: Path("answers/findings.yaml").write_text("[]\n", encoding="utf-8"), 4),
        (lambda data: rewrite(Path("reports/answers/2021-01/report.json"), "Requests", "requests"), 4),
        (lambda data: rewrite(Path("reports/answers/2020-11/tables/ledger.csv"), "open", "oqen"), 4),
        (lambda data: Path("reports/answers/2021-01/mine.txt").touch(), 4),
        (lambda data: Path("reports/answers/2021-01/manifest.json").unlink(), 4),
    ],
)
def test_whatever_differs_is_seen(
    run: Any, data: Path, times_read: list[str], change: Callable[[Path], None], code: int
) -> None:
    run("2020-11")
    run("2021-01")
    run("2021-01")
    before = len(times_read)
    change(data)
    run("2021-01", code=code)
    assert len(times_read) == before + (code != 0)


def test_another_key_is_seen(run: Any, times_read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run("2021-01")
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", OTHER_PSEUDONYM_KEY)
    assert "made from other inputs: pseudonym key" in run("2021-01", code=4)
    assert len(times_read) == 2


def test_an_input_that_changed_while_the_run_began_is_not_relied_on(run: Any) -> None:
    run("2021-01")
    assert [path for path in READ.iterdir() if path not in list_pieces()] == []


@pytest.mark.usefixtures("times_read")
def test_no_library_of_tables_is_loaded_to_find_that_nothing_changed(run: Any, data: Path) -> None:
    run("2021-01")
    words = ["audit", "run", "answers", "--data", str(data), "--month", "2021-01", "--json"]
    loaded = loaded_by(f"sys.argv = {words}; from audit.cli import main; main()")
    assert "audit" in loaded and loaded & HEAVY == set()
