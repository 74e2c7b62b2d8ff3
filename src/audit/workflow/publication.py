"""Writing reports of every kind as folders: by one run at a time, whole or not at all, and only where it is needed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.files import remove_left_folders
from audit.storage.output_folder import find_dropped_files, publish_folder
from audit.storage.report_versions import ReportVersions
from audit.workflow.report_version import is_report_current

ReportFiles = Mapping[str, bytes | Path]  # path inside the folder → content, or the file that has it


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedReport:
    """Where a report stands."""

    name: str  # the period, or the name of the discrepancy
    folder: Path
    changed: bool  # whether this run wrote it
    is_stale: bool = False  # whether it is a draft of other inputs, which this run left as it is
    dropped: tuple[str, ...] = ()  # folders and tables that the report in its place had, and this one has not


@contextmanager
def open_reports(reports: ReportVersions, lock: AbstractContextManager[None]) -> Iterator[None]:
    """Be the only run that writes a program's reports, and put right what a killed one left.

    AuditError (CONFLICT) where another run is at work there.
    """
    with lock:
        remove_left_folders()
        reports.recover_folders()
        yield


def publish_unless_current(
    name: str,
    folder: Path,
    make_files: Callable[[], ReportFiles | None],
    *,
    inputs: dict[str, Any],
    overwrite: bool,
    corrected: Path | None = None,
) -> PublishedReport:
    """Write the files of a report as its folder; one that these inputs made already is left as it is.

    `make_files` does the work, and gives None of a correction that would change nothing: then the report is that in the
    folder `corrected`. One that anything else made is replaced only with `overwrite`, and one that was issued never:
    AuditError (CONFLICT).
    """
    if is_report_current(folder, inputs, overwrite=overwrite):
        return PublishedReport(name=name, folder=folder, changed=False)
    files = make_files()
    if files is None:
        return PublishedReport(name=name, folder=corrected or folder, changed=False)
    dropped = find_dropped_files(folder, files)
    publish_folder(folder, files, inputs=inputs)
    return PublishedReport(name=name, folder=folder, changed=True, dropped=dropped)
