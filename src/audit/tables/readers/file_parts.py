"""The files of one table: which there are, what month each is of, and what columns its path gives."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list
from audit.months import MONTH_FORMAT, find_month, list_months
from audit.tables.readers.sheets import list_table_sheets
from audit.tables.schema import Source
from audit.tables.source_problems import leaves_folder

_MONTH_PATTERN = re.compile(r"\{month(?::(?P<form>[^{}]+))?\}")
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"  # how Hive writes a partition of blanks


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """One file of a table."""

    path: Path
    file: str  # its name in every message: the path below the data folder
    month: date | None  # its first day
    path_columns: Mapping[
        str, str | None
    ]  # of a path `month=2011-09/office=BUF/0.parquet`: the text of each column in it; and of the sheet its name
    sheet: str | None = None  # the sheet of a workbook of which the table has several

    @property
    def stamp(self) -> tuple[int, ...]:
        """By which a change of the file shows."""
        stat = self.path.stat()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns


def list_table_files(source: Source, folder: Path) -> list[TableFile]:
    """Every file of the table, by its path.

    AuditError: code UNREADABLE where there is none, DATA where a month has none, USAGE where the declaration says what
    cannot be.
    """
    if problems := list(_find_declaration_problems(source)):
        raise AuditError(problems, code=ExitCode.USAGE)
    form = _MONTH_PATTERN.search(source.file)
    files, strays = [], []
    for path in _list_paths(source, folder):
        file = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
        month = _parse_month(file, source.file, form["form"] or MONTH_FORMAT) if form else None
        if form and month is None:
            strays.append(Problem(what="its name is not that of a month", mend="Correct it, or `file`.", file=file))
        path_columns = _parse_path_columns(file)
        for sheet in list_table_sheets(path, source, file=file):
            of_sheet = {} if sheet is None else {"sheet": sheet}
            name = file if sheet is None else f"{file}, sheet {sheet}"
            files.append(
                TableFile(path=path, file=name, month=month, path_columns=path_columns | of_sheet, sheet=sheet)
            )
    absent = [_find_missing_months(source, files)] if form and not strays else []
    if problems := [*strays, *filter(None, absent)]:
        raise AuditError(problems, code=ExitCode.DATA)
    return files


def make_file_pattern(source: Source) -> str:
    """The pattern that every file of a table matches, below the folder of the tables."""
    return _MONTH_PATTERN.sub("*", source.file)


@contextmanager
def refuse_changed_files(sources: Sequence[Source], folder: Path) -> Iterator[None]:
    """Refuse, at the end, files of these tables that were changed, added or removed since the beginning.

    What was read of them is of no one moment, and the digest of a file need not be of what was read: AuditError
    (UNREADABLE), which also stands for whatever such a file led to.
    """
    before = _stamp_files(sources, folder)
    try:
        yield
    except BaseException as error:  # a library's panic is no Exception
        _refuse_changed(before, _stamp_files(sources, folder), because=error)
        raise
    _refuse_changed(before, _stamp_files(sources, folder))


def _stamp_files(sources: Sequence[Source], folder: Path) -> dict[str, tuple[int, ...]]:
    stamps: dict[str, tuple[int, ...]] = {}
    for source in sources:
        with suppress(AuditError, OSError):  # a table that has no file says so when it is read
            stamps.update((part.file, part.stamp) for part in list_table_files(source, folder))
    return stamps


def _refuse_changed(
    before: Mapping[str, tuple[int, ...]], now: Mapping[str, tuple[int, ...]], *, because: BaseException | None = None
) -> None:
    changed = sorted(file for file in before.keys() | now.keys() if before.get(file) != now.get(file))
    mend = "Run again when nothing writes there: nothing was written of this run."
    problems = [Problem(what="was changed while the tables were read", mend=mend, file=file) for file in changed]
    if problems:
        raise AuditError(problems, code=ExitCode.UNREADABLE) from because


def _find_declaration_problems(source: Source) -> Iterator[Problem]:
    if not source.file:
        yield Problem(what="declares no `file`", mend="Declare it, or read a database.", file=source.name)
    if _MONTH_PATTERN.search(source.file):
        if source.months and not re.fullmatch(r"\d{4}-\d\d/\d{4}-\d\d", source.months):
            yield Problem(what="`months` are not two months", mend="Write 2010-10/2011-09.", file=source.name)
        return
    dated = [name for name, column in source.columns.items() if any(one.is_dated for one in column.headers)]
    for name in [*dated, *(["months"] if source.months or source.absent else [])]:
        mend = "Write `{month}` into `file` where its name has the month."
        yield Problem(
            what="goes by the month of each file, which nothing tells", mend=mend, file=source.name, column=name
        )


def _list_paths(source: Source, folder: Path) -> list[Path]:
    stays = not leaves_folder(source.file)
    paths = [folder / source.file] if stays and (folder / source.file).is_file() else []
    if not paths and stays:
        paths = sorted(path for path in folder.glob(make_file_pattern(source)) if path.is_file())
    if paths:
        _refuse_links_outside(paths, folder)
        return paths
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(source.file, names, n=1)
    mend = f'Did you mean "{near[0]}"?' if near else f"Put it into the folder {folder.name}, or correct `file`."
    raise AuditError(Problem(what="no such file", mend=mend, file=source.file), code=ExitCode.UNREADABLE)


def _refuse_links_outside(paths: Sequence[Path], folder: Path) -> None:
    """Refuse files that are links to outside of the folder that the user named: AuditError (UNREADABLE)."""
    root = folder.resolve()
    problems = [
        Problem(
            what="is a link that leaves the folder of the tables",
            mend="Put the file itself there, or name its own folder with --data.",
            file=path.relative_to(folder).as_posix(),
        )
        for path in paths
        if not path.resolve().is_relative_to(root)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.UNREADABLE)


def _parse_month(file: str, pattern: str, form: str) -> date | None:
    """The month that a file's name says where the pattern has `{month}`."""
    wild = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*|\?|\{month[^{}]*\})", pattern)
    regex = "".join(
        "(?P<month>[^/]+?)" if _MONTH_PATTERN.fullmatch(one) else wild.get(one, re.escape(one)) for one in pieces
    )
    if not (match := re.fullmatch(regex, file)):
        return None
    try:
        return datetime.strptime(match["month"], form).date().replace(day=1)
    except ValueError:
        return None


def _find_missing_months(source: Source, files: Sequence[TableFile]) -> Problem | None:
    """That months have no file, if any has none."""
    present_months = {find_month(part.month) for part in files if part.month}
    first, last = source.months.split("/") if source.months else (min(present_months), max(present_months))
    missing = [
        month for month in list_months(first, last) if month not in present_months and month not in source.absent
    ]
    if not missing:
        return None
    mend = "Add it, or list the months that had no rows in `absent`."
    return Problem(what=f"no file for {format_list(missing, most=12)}", mend=mend, file=source.file)


def _parse_path_columns(file: str) -> dict[str, str | None]:
    pairs = (folder.partition("=") for folder in PurePosixPath(file).parts[:-1] if "=" in folder)
    return {key: None if value == _HIVE_NULL else unquote(value) for key, _, value in pairs}
