"""Everything that a run of monthly reports read, for the record by which the next run knows whether all is the same."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audit import programs
from audit.files import hash_file
from audit.programs.declaration import build_vocabulary
from audit.storage.declarations import list_suites_folders
from audit.storage.ledgers import LEDGER_FILES, DecisionFiles
from audit.storage.output_folder import MANIFEST_FILE
from audit.storage.publication_register import PUBLICATION_FILE
from audit.storage.returns import RETURNS_FOLDER
from audit.storage.row_history import ROW_HISTORY_FILE
from audit.storage.run_record import Listing, RunRecord, hash_settled_file, list_folder
from audit.tables.readers.file_parts import make_file_pattern
from audit.workflow.program_data import ProgramData, find_generated_folder
from audit.workflow.publication import PublishedReport


def build_run_record(
    work: ProgramData,
    published: Sequence[PublishedReport],
    *,
    program: str,
    data: str | None,
    expectations: Path,
    reports: Path,
    decisions: DecisionFiles,
    began: float,
    answer: Mapping[str, Any],
) -> RunRecord | None:
    """The record of a run that `began` at a time; None where it read a database, or files that changed meanwhile.

    `reports` is the program's own folder. The digests of tables are those of what was read. Other inputs are digested
    now, and must be as they were when the run began.
    """
    if any(total.sha256 is None for total in work.totals) or "://" in str(data):
        return None
    reports = reports.resolve()
    tables = (Path(data) if data else find_generated_folder(work.program.name)).resolve()
    read = _list_small_inputs(work, programs.find_program_folder(program).resolve(), expectations, reports)
    files: dict[str, str | None] = {str(tables / total.file): total.sha256 for total in work.totals}
    own = [report.folder.resolve() for report in published]
    files |= {str(folder / MANIFEST_FILE): hash_file(folder / MANIFEST_FILE) for folder in own}
    others = [Path(path) for one in read for path in one.paths or () if Path(path).is_file()]
    if work.program.cases:
        others += (Path(one.file).resolve() for one in build_vocabulary(work.program).predicates.values())
    others += [place for place in (reports / PUBLICATION_FILE,) if place.is_file()]
    others += (path.resolve() for path in (decisions.reclassified, decisions.guidance) if path)
    others += (path for path in _list_report_files(reports) if not {*own} & {*path.parents})
    try:
        files |= {str(path): hash_settled_file(path, began=began) for path in others}
    except OSError:
        return None
    folders = [list_folder(reports, pattern) for pattern in ("[!.]*", ".*.old")]  # the latter: of a run that was killed
    return RunRecord(
        listings=[*read, *_list_places(work, tables), *folders],
        files=files,
        reports=[*map(str, own)],
        answer=answer,
    )


def _list_small_inputs(work: ProgramData, folder: Path, expectations: Path, reports: Path) -> list[Listing]:
    """The folders of declarations, of suites and of the sample audit, with the files that a run reads there."""
    places = [list_folder(folder / name, "[!.]*") for name in ("", "policy", "expectations")]
    suites = list_suites_folders(folder, work.program, expectations=expectations)
    places += (list_folder(place.resolve(), "*.yaml") for place in suites)
    return [*places, list_folder(reports / "sample", "**/*"), list_folder(reports / RETURNS_FOLDER, "**/*")]


def _list_places(work: ProgramData, tables: Path) -> Iterator[Listing]:
    """Where the files of tables are looked for, and the folder that is used where none is named."""
    for source in work.program.tables.values():
        if not Path(source.file).is_absolute():
            yield list_folder(tables, make_file_pattern(source))
    yield list_folder(Path("data/generated").resolve(), work.program.name)


def _list_report_files(reports: Path) -> Iterator[Path]:
    """The files of all reports of a program on which another may rest."""
    for manifest in sorted(reports.glob(f"[!.]*/{MANIFEST_FILE}")):
        yield manifest
        yield from (manifest.parent / name for name in (*LEDGER_FILES, ROW_HISTORY_FILE))
