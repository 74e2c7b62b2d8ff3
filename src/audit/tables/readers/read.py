"""Tables out of files or a database: read as declared, with what was set aside and the control totals."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list, format_plural
from audit.months import find_month
from audit.tables.cache import CheckedFile, TableCache
from audit.tables.offices import Offices
from audit.tables.pseudonyms import HOW_TO_MAKE_A_KEY
from audit.tables.readers import cells, database_drivers, databases, object_store
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.file_parts import TableFile, list_table_files, refuse_changed_files
from audit.tables.readers.files import open_table_file
from audit.tables.readers.opened_file import OpenedFile
from audit.tables.readers.repeated_rows import set_aside_repeated_rows
from audit.tables.readers.spill import materialize_plan
from audit.tables.schema import Source
from audit.tables.table import ROW_FILE, ROW_OF_FILE, ROW_PLACE, ControlTotals, Table

LOGGER = logging.getLogger(__name__)

MAXIMUM_SIMILAR_PROBLEMS = 3  # messages of one kind that are given each


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadSettings:
    """What the cells of every file are judged with, and which columns are read."""

    offices: Offices | None
    pseudonym_key: bytes | None
    words: Collection[str] | None = None  # columns that are named; every column where None


def read_declared_tables(
    sources: Sequence[Source],
    data: Path | str,
    *,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
    judge: bool = False,
    cache: TableCache | None = None,
    words: Collection[str] | None = None,
) -> Iterator[Table]:
    """Every declared table in turn, out of a folder, or of the database or object store whose URL `data` is.

    With `judge`, flaws of rows stop nothing and stand in `Table.flaws`: for the checks, which tell them beside the
    others. Files that an earlier run judged are taken from its `cache`, and kept there. Of the columns those are read
    that are among the `words`, if any are given; every declared one is judged.

    Raises `AuditError` as `read_declared_table` does, or as the database or the store has it
    (`databases.read_database_tables`, `object_store.fetch_store_files`).
    """
    settings = _ReadSettings(offices=offices, pseudonym_key=pseudonym_key, words=words)
    read_from_folder = partial(
        read_declared_table,
        offices=offices,
        pseudonym_key=pseudonym_key,
        set_aside=set_aside,
        judge=judge,
        cache=cache,
        words=words,
    )
    if databases.is_database_url(data):
        refuse_unprepared_tables(sources, offices, pseudonym_key)
        for source, opened in databases.read_database_tables(str(data), sources):
            LOGGER.info("reading the table %s", source.name)
            yield _assemble_table(source, [_check_opened_file(opened, settings)], set_aside=set_aside, judge=judge)
    elif object_store.is_object_store_url(data):
        with object_store.fetch_store_files(str(data), sources) as folder:
            for source in sources:
                yield read_from_folder(source, folder)
    elif "://" in str(data):
        places = sorted(
            f"{scheme}://"
            for scheme in {*database_drivers.DATABASE_KINDS, *object_store.STORE_SCHEMES} - {"postgres", "abfss"}
        )
        what = f"there is no way to read a place that begins {str(data).partition('://')[0]}://"
        mend = (
            f"Name a folder, or a place that begins {format_list(places, most=len(places)).replace(' and ', ' or ')}."
        )
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    elif not Path(data).is_dir():
        mend = "Name the folder of the tables, or their database."
        raise AuditError(Problem(what="there is no such folder", mend=mend, file=str(data)), code=ExitCode.UNREADABLE)
    else:
        with refuse_changed_files(sources, Path(data)):
            for source in sources:
                yield read_from_folder(source, Path(data))


def read_declared_table(
    source: Source,
    folder: Path,
    *,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
    judge: bool = False,
    cache: TableCache | None = None,
    words: Collection[str] | None = None,
) -> Table:
    """The declared table, out of the file or files in `folder` that `source.file` names.

    Blank rows are set aside always; rows with any other flaw, if `set_aside`, or, but for a repeated key, if `judge`.
    Rows that are many lie in a file of this
    process (`audit.tables.readers.spill`). Of the columns it has the key and those among the `words`; all where none
    are given.

    Raises `AuditError` with everything that is wrong: code DATA for what the files hold, UNREADABLE where one cannot be
    read, USAGE where the declaration asks for offices or a key that are not given.
    """
    refuse_unprepared_tables([source], offices, pseudonym_key)
    settings = _ReadSettings(offices=offices, pseudonym_key=pseudonym_key, words=words)
    files, problems, code = list[CheckedFile](), list[Problem](), ExitCode.DATA
    LOGGER.info("reading the table %s", source.name)
    table_files = list_table_files(source, folder)
    for part in table_files:
        rows_before = sum(file.rows_in for file in files)
        check_file = partial(_check_table_file, part, source, settings, rows_before=rows_before)
        try:
            files.append(
                cache.reuse_or_check_file(part, source, offices, source.list_used_columns(words), check_file)
                if cache
                else check_file()
            )
        except AuditError as error:
            problems, code = [*problems, *error.problems], max(code, error.code)
    table = _assemble_table(source, files, set_aside=set_aside, judge=judge, problems=problems, code=code)
    return replace(table, months=tuple(sorted({find_month(part.month) for part in table_files if part.month})))


def read_table_file(
    source: Source,
    part: TableFile,
    *,
    several: bool,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
) -> Table:
    """What `read_declared_table` makes of one file of the table, which may be one of `several`; keys in two files are
    not seen.

    Raises `AuditError` as `read_declared_table` does.
    """
    refuse_unprepared_tables([source], offices, pseudonym_key)
    checked_file = _check_table_file(part, source, _ReadSettings(offices=offices, pseudonym_key=pseudonym_key))
    return _assemble_table(source, [checked_file], set_aside=set_aside, several=several)


def _check_table_file(part: TableFile, source: Source, settings: _ReadSettings, *, rows_before: int = 0) -> CheckedFile:
    return _check_opened_file(open_table_file(part, source), settings, rows_before=rows_before)


def _check_opened_file(opened: OpenedFile, settings: _ReadSettings, *, rows_before: int = 0) -> CheckedFile:
    """A file that was opened, with every cell judged: gone through once, since all that follows reads what this keeps.

    The files of the table that were read before it have so many rows.
    """
    LOGGER.info("judging the cells of %s", opened.file)
    rows = cells.parse_cells(
        opened.rows.lazy(),
        opened.source,
        offices=settings.offices,
        key=settings.pseudonym_key,
        is_plain=opened.is_plain,
    )
    names = rows.collect_schema().names()
    used = [*opened.source.list_used_columns(settings.words), *(name for name in names if name.endswith(".flaw"))]
    parsed_rows = materialize_plan(
        rows.select(ROW_NUMBER, *(name for name in used if name in names)), rows=rows_before + opened.rows_in
    )
    found = cells.find_flaws(parsed_rows, opened.source, file=opened.file)
    new = found.join(opened.flaws, on=["row", "column"], how="anti")
    flaws = pl.concat([opened.flaws, cells.add_office_spellings(new, opened.rows.lazy(), opened.source)])
    return CheckedFile(
        file=opened.file,
        sha256=opened.sha256,
        rows_in=opened.rows_in,
        rows=parsed_rows,
        flaws=flaws,
        problems=tuple(opened.problems),
    )


def _assemble_table(
    source: Source,
    files: Sequence[CheckedFile],
    *,
    set_aside: bool,
    judge: bool = False,
    problems: Sequence[Problem] = (),
    code: ExitCode = ExitCode.DATA,
    several: bool | None = None,
) -> Table:
    """The table of the files that were judged; `problems` are those of files that could not be."""
    files = set_aside_repeated_rows(files, source)
    problems = merge_similar_problems([*problems, *(problem for file in files for problem in file.problems)])
    shared = cells.find_duplicate_keys({file.file: file.rows for file in files}, source)
    flawed = pl.concat([pl.DataFrame(schema=cells.FLAW_SCHEMA), *(file.flaws for file in files), shared])
    flaw_problems = cells.describe_flaws(flawed, source)
    if problems or (flaw_problems and not set_aside and not judge):
        raise AuditError([*problems, *flaw_problems], code=code)
    out = flawed if set_aside else flawed.filter(pl.col("what") != cells.DUPLICATE_KEY)
    table = _build_table(source, files, out, several=len(files) > 1 if several is None else several)
    return replace(table, flaws=flawed, flawed_rows=_select_flawed_rows(source, files, flawed))


def _select_flawed_rows(source: Source, files: Sequence[CheckedFile], flaws: pl.DataFrame) -> pl.LazyFrame | None:
    """The rows with a flaw, whole, with the columns ROW_PLACE; None where there is none."""
    numbers = dict(flaws.group_by("file").agg("row").iter_rows())
    parts = [
        _place_rows(source, file, file.rows.filter(pl.col(ROW_NUMBER).is_in(numbers[file.file])))
        for file in files
        if file.file in numbers
    ]
    return pl.concat(parts) if parts else None


def _place_rows(source: Source, file: CheckedFile, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of a file with their columns as declared and the columns ROW_PLACE."""
    schema = rows.collect_schema()
    names = [name for name in (*source.list_used_columns(None), source.row) if name in schema]
    number = pl.col(ROW_NUMBER).cast(ROW_PLACE[ROW_OF_FILE])
    return rows.select(*names, pl.lit(file.file).alias(ROW_FILE), number.alias(ROW_OF_FILE))


def merge_similar_problems(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, those that more than three files have alike as one that counts them."""
    alike: dict[Problem, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(replace(problem, file=None, row=None), []).append(problem)
    merged_problems = []
    for same in alike.values():
        if len(same) > MAXIMUM_SIMILAR_PROBLEMS:
            rest = f"{same[0].what}, and so in {format_plural(len(same) - 1, 'other file')}"
            merged_problems.append(replace(same[0], what=rest))
        else:
            merged_problems += same
    return merged_problems


def _build_table(source: Source, files: Sequence[CheckedFile], flawed: pl.DataFrame, *, several: bool) -> Table:
    """The rows without a flaw, the others set aside, and the control totals of each file."""
    names = source.list_used_columns(None)
    aside = cells.list_rows_set_aside(flawed, source)
    used, placed, totals = [], [], []
    for file in files:
        rows, out = file.rows, aside.filter(pl.col("file") == file.file)
        if out.height:
            rows = rows.filter(~pl.col(ROW_NUMBER).is_in(out["row"].implode()))
        place = f"{file.file} row " if several else "row "
        numbered = {source.row: pl.format(place + "{}", ROW_NUMBER)} if source.row else {}
        schema = rows.collect_schema()
        used.append(rows.select(*(name for name in names if name in schema), **numbered))
        placed.append(_place_rows(source, file, rows.with_columns(**numbered)))
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
    return Table(
        source=source, rows=pl.concat(used), totals=tuple(totals), aside=aside, numbered_rows=pl.concat(placed)
    )


def refuse_unprepared_tables(sources: Sequence[Source], offices: Offices | None, key: bytes | None) -> None:
    """Refuse declarations that ask for offices or a key that are not given: AuditError (USAGE)."""
    if problems := [problem for source in sources for problem in _find_unprepared(source, offices, key)]:
        raise AuditError(problems, code=ExitCode.USAGE)


def _find_unprepared(source: Source, offices: Offices | None, key: bytes | None) -> Iterator[Problem]:
    place = source.file or source.name
    for name in source.key:
        if name not in source.columns:
            what, mend = "part of the key, and not declared", "Declare it in `columns`, or correct `key`."
            yield Problem(what=what, mend=mend, file=place, column=name)
    if (day := source.dated_by) and (day not in source.columns or source.columns[day].type not in ("date", "datetime")):
        what, mend = "what the rows are dated by, and not declared as a date", "Declare it so, or correct `dated_by`."
        yield Problem(what=what, mend=mend, file=place, column=day)
    for header, column in zip(source.list_headers().values(), source.columns.values(), strict=True):
        if column.type == "office" and offices is None:
            what, mend = "an office, and there is no list of offices", "Add `offices.csv` to the program's folder."
            yield Problem(what=what, mend=mend, file=place, column=header)
        if column.personal and not key:
            what = "identifies persons, and there is no key to make their pseudonyms with"
            yield Problem(what=what, mend=HOW_TO_MAKE_A_KEY, file=place, column=header)
