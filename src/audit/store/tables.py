"""Tables out of files: read as declared, with what was set aside and the control totals."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from audit.error import AuditError, ExitCode, Problem
from audit.source import ControlTotals, Offices, Source, Table
from audit.store import cells
from audit.store.delimited import ROW
from audit.store.files import Opened, open_file


def read(
    source: Source, folder: Path, *, offices: Offices | None, pseudonym_key: bytes | None, set_aside: bool = False
) -> Table:
    """The declared table, out of the file or files in `folder` that `source.file` names.

    Blank rows are set aside always; rows with any other flaw, if `set_aside`. Parquet is scanned, not loaded.

    Raises `AuditError` with everything that is wrong: code DATA for what the files hold, UNREADABLE where one cannot be
    read, USAGE where the declaration asks for offices or a key that are not given.
    """
    _refuse_unprepared(source, offices, pseudonym_key)
    files, problems, code = [], list[Problem](), ExitCode.DATA
    for path in _paths(source, folder):
        try:
            files.append(open_file(path, source, file=_name(path, folder)))
        except AuditError as error:
            problems, code = [*problems, *error.problems], max(code, error.code)
    problems += [problem for file in files for problem in file.problems]
    marked = {}
    for file in files:
        rows = cells.mark(file.rows.lazy(), source, offices=offices, key=pseudonym_key)
        marked[file.file] = rows if isinstance(file.rows, pl.LazyFrame) else rows.collect().lazy()
    flaws = [flaws for file in files for flaws in (file.flaws, cells.flaws(marked[file.file], source, file=file.file))]
    flaws.append(cells.shared_keys(marked, source))
    flawed = pl.concat([pl.DataFrame(schema=cells.FLAWS), *flaws])
    found = cells.problems(flawed, source)
    if problems or (found and not set_aside):
        raise AuditError([*problems, *found], code=code)
    return _table(source, files, marked, flawed)


def _table(source: Source, files: Sequence[Opened], marked: Mapping[str, pl.LazyFrame], flawed: pl.DataFrame) -> Table:
    """The rows without a flaw, the others set aside, and the control totals of each file."""
    names = [
        name
        for column, declared in source.columns.items()
        for name in (column, f"{column}.state")
        if name == column or source.redacted or declared.uninformative
    ]
    aside = cells.aside(flawed, source)
    used, totals = [], []
    for file in files:
        rows, out = marked[file.file], aside.filter(pl.col("file") == file.file)
        if out.height:
            rows = rows.filter(~pl.col(ROW).is_in(out["row"].implode()))
        place = f"{file.file} row " if len(files) > 1 else "row "
        numbered = {source.row: pl.format(place + "{}", ROW)} if source.row else {}
        used.append(rows.select(names, **numbered))
        totals.append(
            ControlTotals(
                table=source.name,
                file=file.file,
                sha256=file.sha256,
                rows_in=file.rows_in,
                rows_used=used[-1].select(pl.len()).collect().item(),
                rows_set_aside=out.height,
            )
        )
    return Table(source=source, rows=pl.concat(used), totals=tuple(totals), aside=aside)


def _refuse_unprepared(source: Source, offices: Offices | None, key: bytes | None) -> None:
    problems = []
    for name in source.key:
        if name not in source.columns:
            what, mend = "part of the key, and not declared", "Declare it in `columns`, or correct `key`."
            problems.append(Problem(what=what, mend=mend, file=source.file, column=name))
    if (day := source.dated_by) and (day not in source.columns or source.columns[day].type not in ("date", "datetime")):
        what, mend = "what the rows are dated by, and not declared as a date", "Declare it so, or correct `dated_by`."
        problems.append(Problem(what=what, mend=mend, file=source.file, column=day))
    for header, column in zip(source.headers().values(), source.columns.values(), strict=True):
        if column.type == "office" and offices is None:
            what, mend = "an office, and there is no list of offices", "Add `offices.csv` to the program's folder."
            problems.append(Problem(what=what, mend=mend, file=source.file, column=header))
        if column.personal and not key:
            what = "identifies persons, and there is no key to make their pseudonyms with"
            mend = "Set the environment variable AUDIT_PSEUDONYM_KEY to a long random text, and keep it secret."
            problems.append(Problem(what=what, mend=mend, file=source.file, column=header))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def _paths(source: Source, folder: Path) -> list[Path]:
    if (folder / source.file).is_file():
        return [folder / source.file]
    relative = not Path(source.file).is_absolute()
    if found := sorted(path for path in folder.glob(source.file) if path.is_file()) if relative else []:
        return found
    there = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(source.file, there, n=1)
    mend = f'Did you mean "{near[0]}"?' if near else f"Put it into the folder {folder.name}, or correct `file`."
    raise AuditError(Problem(what="no such file", mend=mend, file=source.file), code=ExitCode.UNREADABLE)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
