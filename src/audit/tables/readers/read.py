"""Tables out of files or a database: read as declared, with what was set aside and the control totals."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import listed, plural
from audit.tables.cache import Judged, Readings
from audit.tables.offices import Offices
from audit.tables.readers import cells, database_drivers, databases, object_store
from audit.tables.readers.delimited import ROW
from audit.tables.readers.file_parts import Part, parts, unchanged
from audit.tables.readers.files import Opened, open_part
from audit.tables.readers.spill import keep
from audit.tables.schema import Source
from audit.tables.table import ControlTotals, Table

MOST_ALIKE = 3  # messages of one kind that are given each


def read_all(
    sources: Sequence[Source],
    data: Path | str,
    *,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
    readings: Readings | None = None,
    words: Collection[str] | None = None,
) -> Iterator[Table]:
    """Every declared table in turn, out of a folder, or of the database or object store whose URL `data` is.

    Files that an earlier run judged are taken from its `readings`, and kept there. Of the columns those are read that
    are among the `words`, if any are given; every declared one is judged.

    Raises `AuditError` as `read` does, or as the database or the store has it (`databases.read`,
    `object_store.fetched`).
    """
    given: dict[str, Any] = {"offices": offices, "pseudonym_key": pseudonym_key, "words": words}
    if databases.named(data):
        refuse_unprepared(sources, offices, pseudonym_key)
        for source, opened in databases.read(str(data), sources):
            yield _whole(source, [_judged(opened, **given)], set_aside=set_aside)
    elif object_store.named(data):
        with object_store.fetched(str(data), sources) as folder:
            for source in sources:
                yield read(source, folder, **given, set_aside=set_aside, readings=readings)
    elif "://" in str(data):
        known = sorted(
            f"{scheme}://" for scheme in {*database_drivers.KINDS, *object_store.SCHEMES} - {"postgres", "abfss"}
        )
        what = f"there is no way to read a place that begins {str(data).partition('://')[0]}://"
        mend = f"Name a folder, or a place that begins {listed(known, most=len(known)).replace(' and ', ' or ')}."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    else:
        with unchanged(sources, Path(data)):
            for source in sources:
                yield read(source, Path(data), **given, set_aside=set_aside, readings=readings)


def read(
    source: Source,
    folder: Path,
    *,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
    readings: Readings | None = None,
    words: Collection[str] | None = None,
) -> Table:
    """The declared table, out of the file or files in `folder` that `source.file` names.

    Blank rows are set aside always; rows with any other flaw, if `set_aside`. Rows that are many lie in a file of this
    process (`audit.tables.readers.spill`). Of the columns it has the key and those among the `words`; all where none
    are given.

    Raises `AuditError` with everything that is wrong: code DATA for what the files hold, UNREADABLE where one cannot be
    read, USAGE where the declaration asks for offices or a key that are not given.
    """
    refuse_unprepared([source], offices, pseudonym_key)
    files, problems, code = list[Judged](), list[Problem](), ExitCode.DATA
    found = parts(source, folder)
    for part in found:
        before = sum(file.rows_in for file in files)
        judge = partial(_part, part, source, offices, pseudonym_key, words, before)
        try:
            files.append(readings.part(part, source, offices, source.used(words), judge) if readings else judge())
        except AuditError as error:
            problems, code = [*problems, *error.problems], max(code, error.code)
    table = _whole(source, files, set_aside=set_aside, problems=problems, code=code)
    return replace(table, months=tuple(sorted({f"{part.month:%Y-%m}" for part in found if part.month})))


def read_part(
    source: Source,
    part: Part,
    *,
    several: bool,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    set_aside: bool = False,
) -> Table:
    """What `read` makes of one file of the table, which may be one of `several`; keys in two files are not seen.

    Raises `AuditError` as `read` does.
    """
    refuse_unprepared([source], offices, pseudonym_key)
    return _whole(source, [_part(part, source, offices, pseudonym_key)], set_aside=set_aside, several=several)


def _part(
    part: Part,
    source: Source,
    offices: Offices | None,
    key: bytes | None,
    words: Collection[str] | None = None,
    before: int = 0,
) -> Judged:
    return _judged(open_part(part, source), offices, key, words, before)


def _judged(
    opened: Opened,
    offices: Offices | None,
    pseudonym_key: bytes | None,
    words: Collection[str] | None,
    before: int = 0,
) -> Judged:
    """A file that was opened, with every cell judged: gone through once, since all that follows reads what this keeps.

    The files `before` it have so many rows.
    """
    rows = cells.mark(opened.rows.lazy(), opened.source, offices=offices, key=pseudonym_key)
    names = rows.collect_schema().names()
    used = [*opened.source.used(words), *(name for name in names if name.endswith(".flaw"))]
    marked = keep(rows.select(ROW, *(name for name in used if name in names)), rows=before + opened.rows_in)
    flaws = pl.concat([opened.flaws, cells.flaws(marked, opened.source, file=opened.file)])
    return Judged(
        file=opened.file,
        sha256=opened.sha256,
        rows_in=opened.rows_in,
        rows=marked,
        flaws=flaws,
        problems=tuple(opened.problems),
    )


def _whole(
    source: Source,
    files: Sequence[Judged],
    *,
    set_aside: bool,
    problems: Sequence[Problem] = (),
    code: ExitCode = ExitCode.DATA,
    several: bool | None = None,
) -> Table:
    """The table of the files that were judged; `problems` are those of files that could not be."""
    problems = together([*problems, *(problem for file in files for problem in file.problems)])
    shared = cells.shared_keys({file.file: file.rows for file in files}, source)
    flawed = pl.concat([pl.DataFrame(schema=cells.FLAWS), *(file.flaws for file in files), shared])
    found = cells.problems(flawed, source)
    if problems or (found and not set_aside):
        raise AuditError([*problems, *found], code=code)
    return _table(source, files, flawed, several=len(files) > 1 if several is None else several)


def together(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, those that more than three files have alike as one that counts them."""
    alike: dict[Problem, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(replace(problem, file=None, row=None), []).append(problem)
    found = []
    for same in alike.values():
        if len(same) > MOST_ALIKE:
            rest = f"{same[0].what}, and so in {plural(len(same) - 1, 'other file')}"
            found.append(replace(same[0], what=rest))
        else:
            found += same
    return found


def _table(source: Source, files: Sequence[Judged], flawed: pl.DataFrame, *, several: bool) -> Table:
    """The rows without a flaw, the others set aside, and the control totals of each file."""
    names = source.used(None)
    aside = cells.aside(flawed, source)
    used, totals = [], []
    for file in files:
        rows, out = file.rows, aside.filter(pl.col("file") == file.file)
        if out.height:
            rows = rows.filter(~pl.col(ROW).is_in(out["row"].implode()))
        place = f"{file.file} row " if several else "row "
        numbered = {source.row: pl.format(place + "{}", ROW)} if source.row else {}
        there = rows.collect_schema()
        used.append(rows.select(*(name for name in names if name in there), **numbered))
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


def refuse_unprepared(sources: Sequence[Source], offices: Offices | None, key: bytes | None) -> None:
    """Refuse declarations that ask for offices or a key that are not given: AuditError (USAGE)."""
    if problems := [problem for source in sources for problem in _unprepared(source, offices, key)]:
        raise AuditError(problems, code=ExitCode.USAGE)


def _unprepared(source: Source, offices: Offices | None, key: bytes | None) -> Iterator[Problem]:
    place = source.file or source.name
    for name in source.key:
        if name not in source.columns:
            what, mend = "part of the key, and not declared", "Declare it in `columns`, or correct `key`."
            yield Problem(what=what, mend=mend, file=place, column=name)
    if (day := source.dated_by) and (day not in source.columns or source.columns[day].type not in ("date", "datetime")):
        what, mend = "what the rows are dated by, and not declared as a date", "Declare it so, or correct `dated_by`."
        yield Problem(what=what, mend=mend, file=place, column=day)
    for header, column in zip(source.headers().values(), source.columns.values(), strict=True):
        if column.type == "office" and offices is None:
            what, mend = "an office, and there is no list of offices", "Add `offices.csv` to the program's folder."
            yield Problem(what=what, mend=mend, file=place, column=header)
        if column.personal and not key:
            what = "identifies persons, and there is no key to make their pseudonyms with"
            mend = "Set the environment variable AUDIT_PSEUDONYM_KEY to a long random text, and keep it secret."
            yield Problem(what=what, mend=mend, file=place, column=header)
