"""What holds cases is removed once its retention is over, and nothing else."""

import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit.compliance.returns import ReturnKind, ReturnStatement, append_statements
from audit.errors import AuditError, ExitCode
from audit.files import encode_json
from audit.programs.declaration import Program
from audit.storage.declarations import read_program
from audit.storage.issue_register import list_issues, read_register, register_issue
from audit.storage.output_folder import publish_folder
from audit.storage.returns import append_return_events, keep_received_file
from audit.workflow.folder_verification import verify_folder
from audit.workflow.retention import purge_expired_folders
from tests import made_up_program

DAYS = 365
TODAY = date(2022, 3, 20)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return replace(read_program(made_up_program.program(tmp_path / "answers")), retention_days=DAYS)


def publish(reports: Path, name: str, as_of: str, *, audience: str = "office") -> Path:
    """A report with a ledger that looked at its records on a day."""
    inputs: dict[str, Any] = {"period": name[:7], "as_of": as_of, "tables": [], "audience": audience}
    files = {"tables/ledger.csv": b"", "documented.parquet": b"", "report.json": encode_json({})}
    publish_folder(reports / name, files, inputs=inputs)
    return reports / name


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports" / "answers"
    for name, as_of in (("2020-11", "2020-12-15"), ("2020-11-v2", "2020-12-15"), ("2021-02", "2021-03-20")):
        register_issue(publish(folder, name, as_of), {"by": "Director", "on": "2021-04-01"})
    publish(folder, "2020-11-public", "2020-12-15", audience="public")
    (folder / ".read").mkdir()
    return folder


def names(folders: list[Path]) -> list[str]:
    return sorted(one.name for one in folders)


def test_what_is_over_is_removed_and_registered(program: Program, reports: Path) -> None:
    removed, kept = purge_expired_folders(program, root=reports.parent, by="Records Officer", on=TODAY)
    assert (names(removed), kept) == (["2020-11", "2020-11-v2"], [])
    assert sorted(path.name for path in reports.iterdir()) == ["2020-11-public", "2021-02", "issued.jsonl"]
    purged = [(one.folder, one.by, one.on) for one in read_register(reports) if one.action == "purged"]
    assert purged == [(name, "Records Officer", TODAY) for name in ("2020-11", "2020-11-v2")]
    assert [one.folder for one in list_issues(reports)] == ["2021-02"]
    assert all(one.holds for one in verify_folder(reports))  # it does not ask for what was purged


def test_the_last_month_is_kept_for_the_next_carries_on_its_ledger(program: Program, reports: Path) -> None:
    removed, kept = purge_expired_folders(program, root=reports.parent, by="Officer", on=date(2030, 1, 1))
    assert (names(removed), names(kept)) == (["2020-11", "2020-11-v2"], ["2021-02"])


def test_returned_lists_go_once_the_last_is_over(program: Program, reports: Path) -> None:
    said = {field.name: "x" for field in fields(ReturnStatement)}
    statement = ReturnStatement(**{**said, "kind": ReturnKind.DONE, "day": date(2021, 3, 19), "done_on": None})
    append_return_events(reports, append_statements((), [statement]))
    keep_received_file(reports, b"a list", suffix=".xlsx")
    removed, _ = purge_expired_folders(program, root=reports.parent, by="Officer", on=date(2022, 3, 19))
    assert "returns" not in names(removed)
    removed, _ = purge_expired_folders(program, root=reports.parent, by="Officer", on=TODAY)
    assert names(removed) == ["returns"] and not (reports / "returns").exists()
    assert read_register(reports)[-1].folder == "returns"


def test_a_damaged_journal_of_returned_lists_stops_the_purge(program: Program, reports: Path) -> None:
    event = {"number": 1, "day": "2021-03-19", "done_on": None, "seal": ""}
    fields = ("office", "month", "person", "measure", "says", "note", "source", "by", "kind", "unit")
    (reports / "returns").mkdir()
    (reports / "returns" / "journal.jsonl").write_text(json.dumps({**dict.fromkeys(fields, ""), **event}) + "\n")
    with pytest.raises(AuditError):  # a journal that is damaged is not purged unread
        purge_expired_folders(program, root=reports.parent, by="Officer", on=TODAY)
    assert (reports / "returns").exists() and (reports / "2020-11").exists()


def test_nothing_is_removed_where_nothing_is_declared(program: Program, reports: Path) -> None:
    with pytest.raises(AuditError, match="does not say how long cases are kept") as refused:
        purge_expired_folders(replace(program, retention_days=None), root=reports.parent, by="Officer", on=TODAY)
    assert refused.value.code is ExitCode.USAGE
