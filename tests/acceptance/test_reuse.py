"""What earlier runs read and checked is used again, and nothing that it gives differs from what is read anew."""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.tables.readers import cells
from audit.workflow import validation
from tests import made_up_program
from tests.acceptance.test_late_changes import parts
from tests.acceptance.test_months import digests
from tests.conftest import RunAudit

pytestmark = pytest.mark.usefixtures("formless")

READ = Path("reports/answers/.read")


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
    for path in READ.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    (damaged,) = [path for path in READ.iterdir() if path.read_bytes()[:1] == b"{"]
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
    kept = {path.name for path in READ.iterdir()}
    run(month, code=1 if month == "2021-03" else 2)
    assert {path.name for path in READ.iterdir()} == kept


def test_under_another_key_all_is_read_anew(
    run: Any, work_done: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("2020-11")
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", "another")
    work_done.clear()
    run("2020-11", "--overwrite")
    assert work_done["judged"] == 8


def test_it_holds_no_identifier_and_nothing_that_no_run_used(run: Any, data: Path) -> None:
    run("2020-11")
    held = [pl.read_parquet(path) for path in READ.iterdir() if path.read_bytes()[:1] != b"{"]
    persons = [person for rows in held if "person_id" in rows for person in rows["person_id"].drop_nulls()]
    assert persons and all(person.startswith("P-") for person in persons)
    assert READ.stat().st_mode & 0o077 == 0
    before = {path.name for path in READ.iterdir()}
    (READ / ".left.new").write_bytes(b"a killed run left it")
    for path in READ.iterdir():
        os.utime(path, (0, 0))
    path = data / "answers/2020-11.csv"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    run("2020-11", "--overwrite")
    now = {path.name for path in READ.iterdir()}
    assert len(now) == len(before) and len(now & before) == 8  # one file is another; the checks are of requests
