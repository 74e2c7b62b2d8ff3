"""How cells become values: typed, with their state, and with what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from audit.errors import Problem
from audit.formatting import listed, plural
from audit.tables.checks.expectations import all_differ
from audit.tables.offices import Offices, fold, folded
from audit.tables.pseudonyms import pseudonym
from audit.tables.readers.delimited import LONG, ROW, SHORT
from audit.tables.schema import TYPES, Column, Source, State
from audit.tables.table import ASIDE

FLAWS = pl.Schema({"file": pl.String(), "row": pl.Int64(), "column": pl.String(), "what": pl.String()})

BLANK_ROW = "blank row"
BLANK = "blank where a value is required"
NO_KEY = "blank or withheld, and part of the key"
SHARED_KEY = "a key that another row has as well"
UNDECLARED = "a value that is not declared"
UNREADABLE = {
    "integer": "not a whole number",
    "number": "not a number",
    "date": "not a date in the declared form",
    "datetime": "not a date and time in the declared form",
    "yes_no": "neither Yes nor No",
    "office": "not a known office, or not one so written on that day",
}
MENDS = {
    BLANK: "Complete it, or do not declare it `required`.",
    NO_KEY: "Complete it, or declare another `key`.",
    SHARED_KEY: "Take out the repeated rows, or declare the `key` in full.",
    UNDECLARED: "Correct it, or add it to the `values` of the column.",
    UNREADABLE["integer"]: "Write it in digits only.",
    UNREADABLE["number"]: "Write it in digits, without signs of currency or thousands.",
    UNREADABLE["date"]: "Write it as {forms}, or declare its form in `formats`.",
    UNREADABLE["datetime"]: "Write it as {forms}, or declare its form in `formats`.",
    UNREADABLE["yes_no"]: "Write Yes or No, or leave it blank.",
    UNREADABLE["office"]: "Correct it, or add the way it is written to the office list, with its dates.",
    SHORT: "Give the row as many fields as the header.",
    LONG: "Give the row as many fields as the header, and quote a field that holds the delimiter.",
}

_WHAT = pl.Enum(list(MENDS))

#: What may hold text of any type; a column without any value has the type Null.
TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Null)
YES, NO = ("YES", "Y", "TRUE", "1"), ("NO", "N", "FALSE", "0")
ISO = {
    "date": ("%Y-%m-%d",),
    "datetime": ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"),
}
ISO_WORDS = {"date": "YYYY-MM-DD", "datetime": "YYYY-MM-DD HH:MM:SS"}
#: What a day can be. Text is held to it too: "%Y" takes the 16 of 7/27/16 for the year 16.
FIRST, LAST = datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
#: How the date cells of a spreadsheet arrive as text, whatever form they show on the sheet.
SPREADSHEET = {"date": "%Y-%m-%d 00:00:00", "datetime": "%Y-%m-%d %H:%M:%S%.f"}


def accepts(column: Column, held: pl.DataType) -> bool:
    """Whether a typed column of a file can be read as it is declared: text always, to be parsed."""
    match column.type:
        case "integer":
            typed = held.is_integer()
        case "number":
            typed = held.is_numeric()
        case "datetime":
            typed = held == pl.Date or (isinstance(held, pl.Datetime) and held.time_zone is None)
        case _:
            typed = held == TYPES[column.type]
    return typed or held in TEXT


def mark(rows: pl.LazyFrame, source: Source, *, offices: Offices | None, key: bytes | None) -> pl.LazyFrame:
    """The declared columns that `rows` has, typed, each with its `<name>.state`, and `<name>.flaw` if it can have one.

    Text is trimmed and read as its column declares; typed cells pass through. A flaw is null where there is none.
    Persons become pseudonyms under `key`. `ROW` is kept.
    """
    schema = rows.collect_schema()
    source = replace(source, columns={name: column for name, column in source.columns.items() if name in schema})
    text = {name for name in source.columns if schema[name] in TEXT}
    rows = rows.select(ROW, *(_cell(name, column, name in text) for name, column in source.columns.items()))
    rows = rows.with_columns(_state(name, source, name in text).alias(f"{name}.state") for name in source.columns)
    rows = rows.with_columns(
        (_value(name, source) if name in text else _possible(name, column)).alias(f"{name}.value")
        for name, column in source.columns.items()
    )
    if offices and (source.dated_by is None or source.dated_by in source.columns):
        day = pl.col(f"{source.dated_by}.value") if source.dated_by else None
        rows = rows.with_columns(
            offices.resolve(_said(name, source), day=day).alias(f"{name}.value")
            for name, column in source.columns.items()
            if column.type == "office"
        )
    tests = {name: _tests(name, source, name in text) for name in source.columns}
    flawed = {f"{name}.flaw": _first(found) for name, found in tests.items() if found}
    rows = rows.with_columns(**flawed)
    for name, column in source.columns.items():
        if column.personal and key:
            rows = rows.with_columns(_pseudonyms(f"{name}.value", key))
    states = [f"{name}.state" for name in source.columns]
    return rows.select(ROW, *(pl.col(f"{name}.value").alias(name) for name in source.columns), *states, *flawed)


def _cell(name: str, column: Column, text: bool) -> pl.Expr:
    """A cell as it is, or null where it is blank."""
    if text:
        said = pl.col(name).cast(pl.String).str.strip_chars()
        return pl.when(said != "").then(said)
    cell = pl.col(name).cast(TYPES[column.type])
    return cell.fill_nan(None) if column.type == "number" else cell


def _words(name: str, source: Source) -> dict[State, tuple[str, ...]]:
    """What text of the column means another state than that it is filled."""
    words = {State.REDACTED: source.redacted, State.UNINFORMATIVE: source.columns[name].uninformative}
    return {state: tuple(tokens) for state, tokens in words.items() if tokens}


def _state(name: str, source: Source, text: bool) -> pl.Expr:
    cell = pl.col(name)
    states = [(State.BLANK, cell.is_null())]
    for state, tokens in _words(name, source).items() if text else ():
        states.append((state, folded(cell).is_in([fold(token) for token in tokens])))
    return pl.coalesce(
        *(pl.when(holds).then(pl.lit(state.value)) for state, holds in states), pl.lit(State.FILLED.value)
    )


def _said(name: str, source: Source) -> pl.Expr:
    """A cell that says something; null where it is blank, withheld or uninformative."""
    cell = pl.col(name)
    return pl.when(pl.col(f"{name}.state") == State.FILLED.value).then(cell) if _words(name, source) else cell


def _value(name: str, source: Source) -> pl.Expr:
    """What the text of a cell says, under its declared type; null where it says nothing of that type."""
    column, said = source.columns[name], _said(name, source)
    match column.type:
        case "integer":
            return said.cast(pl.Int64, strict=False)
        case "number":
            number = said.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "yes_no":
            word = said.str.to_uppercase()
            return pl.when(word.is_in(YES)).then(True).when(word.is_in(NO)).then(False)
        case "date" | "datetime":
            kind = TYPES[column.type]
            return said.map_batches(lambda cells: _times(cells, column), return_dtype=kind, is_elementwise=True)
        case _:
            told = pl.when(pl.col(f"{name}.state") != State.REDACTED.value).then(pl.col(name))
            return told if source.redacted else pl.col(name)


def _possible(name: str, column: Column) -> pl.Expr:
    """A typed cell; null where it is a day that no calendar of the audit has, as a database's `infinity` is."""
    match column.type:
        case "date":
            return pl.when(pl.col(name).is_between(FIRST.date(), LAST.date())).then(pl.col(name))
        case "datetime":
            return pl.when(pl.col(name).is_between(FIRST, LAST)).then(pl.col(name))
        case _:
            return pl.col(name)


def _times(said: pl.Series, column: Column) -> pl.Series:
    """The dates or times that texts say, by the first of the column's forms that fits."""
    times = pl.Series(said.name, dtype=TYPES[column.type]).clear(len(said))
    for form in (*(column.formats or ISO[column.type]), SPREADSHEET[column.type]):
        if times.null_count() == said.null_count():
            break
        parse = said.str.to_date if column.type == "date" else said.str.to_datetime
        times = times.zip_with(times.is_not_null(), parse(form, strict=False).cast(times.dtype))
    return times.set(times.dt.year() < FIRST.year, None)


def _tests(name: str, source: Source, text: bool) -> list[tuple[str, pl.Expr]]:
    """What can be wrong with a cell, and when it is; a number or a truth that came as one cannot be misread."""
    column, said, value = source.columns[name], _said(name, source), pl.col(f"{name}.value")
    tests = []
    if column.type in UNREADABLE and (text or column.type in ("date", "datetime")):
        tests.append((UNREADABLE[column.type], said.is_not_null() & value.is_null()))
    if column.values:
        tests.append((UNDECLARED, ~said.cast(pl.String).is_in(column.values)))
    if name in source.key:
        tests.append((NO_KEY, value.is_null()))
    if column.required:
        tests.append((BLANK, pl.col(name).is_null()))
    return tests


def _first(tests: Sequence[tuple[str, pl.Expr]]) -> pl.Expr:
    """The first of the tests that holds, in words; null where none does."""
    return pl.coalesce(*(pl.when(wrong).then(pl.lit(what, _WHAT)) for what, wrong in tests), pl.lit(None, _WHAT))


def _pseudonyms(name: str, key: bytes) -> pl.Expr:
    def pseudonyms(cells: pl.Series) -> pl.Series:
        persons = cells.unique().drop_nulls()
        known = [pseudonym(person, key=key) for person in persons]
        return cells.replace_strict(persons, known, default=None, return_dtype=pl.String)

    return pl.col(name).cast(pl.String).map_batches(pseudonyms, return_dtype=pl.String, is_elementwise=True)


def flaws(marked: pl.LazyFrame, source: Source, *, file: str) -> pl.DataFrame:
    """Every flawed cell of a file: one row each, with the columns of `FLAWS`."""
    present = set(marked.collect_schema().names())
    headers = {f"{name}.flaw": header for name, header in source.headers().items() if f"{name}.flaw" in present}
    if not headers:
        return pl.DataFrame(schema=FLAWS)
    wrong = pl.any_horizontal(pl.col(list(headers)).is_not_null())
    flawed = marked.select(ROW, *headers).filter(wrong).collect(engine="streaming")
    return (
        flawed.with_columns(pl.col(list(headers)).cast(pl.String))
        .unpivot(index=ROW, on=list(headers), variable_name="column", value_name="what")
        .drop_nulls("what")
        .select(pl.lit(file).alias("file"), pl.col(ROW).alias("row"), pl.col("column").replace(headers), "what")
        .cast(FLAWS)
    )


def shared_keys(marked: Mapping[str, pl.LazyFrame], source: Source) -> pl.DataFrame:
    """Every row of any file whose key another row has as well, with the columns of `FLAWS`."""
    keys = [
        rows.select(pl.lit(file).alias("file"), pl.col(ROW).alias("row"), *source.key).drop_nulls(source.key)
        for file, rows in marked.items()
        if source.key and set(source.key) <= set(rows.collect_schema().names())
    ]
    if not keys:
        return pl.DataFrame(schema=FLAWS)
    every = pl.concat(keys)
    if all_differ(every, source.key):
        return pl.DataFrame(schema=FLAWS)
    shared = every.group_by(source.key).len().filter(pl.col("len") > 1).collect(engine="streaming")
    column = ", ".join(source.headers()[name] for name in source.key)
    return (
        every.join(shared.lazy(), on=source.key, how="semi")
        .select("file", "row", pl.lit(column).alias("column"), pl.lit(SHARED_KEY).alias("what"))
        .cast(FLAWS)
        .collect()
    )


def problems(flaws: pl.DataFrame, source: Source) -> list[Problem]:
    """The flaws in words: one problem for each kind in each column of each file, with how many rows and the first."""
    kinds = (
        flaws.filter(pl.col("what") != BLANK_ROW)
        .group_by("file", "column", "what")
        .agg(pl.col("row").unique().sort().head(3), count=pl.col("row").n_unique())
        .sort("file", pl.col("row").list.first(), "column", "what")
    )
    columns = {one.header: column for column in source.columns.values() for one in column.headers}
    columns |= zip(source.headers().values(), source.columns.values(), strict=True)
    found = []
    for file, column, what, rows, count in kinds.iter_rows():
        named = ("first " if count > len(rows) else "") + listed([f"{row:,}" for row in rows])
        declared = columns.get(column, Column())  # a row of too few fields, or a shared key, is of no one column
        forms = " or ".join(declared.formats) or ISO_WORDS.get(declared.type, "")
        found.append(
            Problem(
                what=f"{what}, in {plural(count, 'row')} ({named})",
                mend=MENDS[what].format(forms=forms),
                file=file,
                row=rows[0],
                column=column,
            )
        )
    return found


def aside(flaws: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The rows that the flaws keep from being used, each with all its reasons, with the columns of `ASIDE`."""
    reason = pl.concat_str(pl.col("column") + ": ", "what", ignore_nulls=True)
    return (
        flaws.group_by("file", "row")
        .agg(reason.str.join("; ").alias("reason"))
        .sort("file", "row")
        .select(pl.lit(source.name).alias("table"), "file", "row", "reason")
        .cast(ASIDE)
    )
