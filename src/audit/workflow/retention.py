"""The end of what holds cases: folders whose retention is over are removed, and each removal is registered."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from audit.errors import make_usage_error
from audit.files import CACHE_FOLDER
from audit.programs.declaration import Program
from audit.storage.issue_register import register_purge
from audit.storage.lock import lock_folder
from audit.storage.output_folder import remove_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.returns import locate_return_folder, read_return_events
from audit.workflow.publication import open_reports

_STEP_FOLDERS = ("sample", "workpapers")  # of the sample audit


def purge_expired_folders(program: Program, *, root: Path, by: str, on: date) -> tuple[list[Path], list[Path]]:
    """Remove what holds cases and whose retention was over before a day; return it, and what is kept all the same.

    A report is kept for the declared days after its as-of day, the steps and working papers of the sample after the
    sample's, returned lists after the last of them. The last month is kept, for the next carries on its ledger. Public
    editions hold no case and are kept. AuditError (USAGE) where the program declares no retention.
    """
    if program.retention_days is None:
        mend = "Declare `retention_days` in program.toml."
        raise make_usage_error(f"the program {program.name} does not say how long cases are kept", mend)
    before = on - timedelta(days=program.retention_days)
    reports = ReportVersions(folder=root / program.name)
    with open_reports(reports, lock_folder(reports.folder)):
        last = reports.list_months()[-1:]
        expired = [*_list_expired_reports(reports, before), *_list_expired_steps(program, reports, before)]
        kept = [folder for folder, name in expired if name in last]
        removed = [folder for folder, name in expired if name not in last]
        for folder in removed:
            register_purge(folder, by=by, on=on)
            remove_folder(folder)
        if removed:
            shutil.rmtree(reports.folder / CACHE_FOLDER, ignore_errors=True)
    return removed, kept


def _list_expired_reports(reports: ReportVersions, before: date) -> Iterator[tuple[Path, str]]:
    """The folder and the name of each report for the offices that looked at its records before a day."""
    for one in reports.list_reports():
        if one.inputs.get("audience") != "public" and one.as_of is not None and one.as_of < before:
            yield one.folder, one.name


def _list_expired_steps(program: Program, reports: ReportVersions, before: date) -> Iterator[tuple[Path, str]]:
    if program.sample and program.sample.as_of < before:
        for name in _STEP_FOLDERS:
            if (reports.folder / name).is_dir():
                yield reports.folder / name, name
    days = [event.day for event in read_return_events(reports.folder)]
    if days and max(days) < before:
        folder = locate_return_folder(reports.folder)
        yield folder, folder.name
