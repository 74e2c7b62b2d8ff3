"""How cells become values: typed, with their state, and with what is wrong with them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from audit.errors import Problem
from audit.formatting import format_list, format_plural
from audit.tables.checks.polars_expectations import has_unique_rows
from audit.tables.offices import Offices, fold_column, fold_text
from audit.tables.pseudonyms import make_pseudonyms
from audit.tables.readers.delimited import LONG, ROW_NUMBER, SHORT
from audit.tables.readers.times import FIRST, LAST, find_day_orders, has_rival_forms, parse_times
from audit.tables.readers.workbooks import ERROR_CELL, HIDDEN_ZEROS, KNOWN_ERRORS, LONG_NUMBER, UNCALCULATED
from audit.tables.schema import POLARS_TYPES, CellState, Column, Source
from audit.tables.table import SET_ASIDE_SCHEMA

FLAW_SCHEMA = pl.Schema({"file": pl.String(), "row": pl.Int64(), "column": pl.String(), "what": pl.String()})

BLANK_ROW = "blank row"
REPEATED_ROW = "the same as an earlier row"  # of a table that is declared `distinct`
BLANK_REQUIRED = "blank where a value is required"
BLANK_KEY = "blank or withheld, and part of the key"
DUPLICATE_KEY = "a key that another row has as well"
UNDECLARED_VALUE = "a value that is not declared"
CONTROL_CHARACTER = "a control character"
OFFSET = "a time with an offset from UTC, which is not local time"
TWO_ORDERS = "fits two of the declared forms, as another day, and other cells fit only the later form"
INEXACT_NUMBER = "a number of more than 15 digits, which is not kept exactly"
UNREADABLE_VALUE = {
    "integer": "not a whole number",
    "number": "not a number",
    "date": "not a date in the declared form",
    "datetime": "not a date and time in the declared form",
    "yes_no": "neither Yes nor No",
    "office": "not a known office, or not one so written on that day",
}
MEND_BY_FLAW = {
    BLANK_REQUIRED: "Do not declare it `required` where it may be blank, or leave the rows out with --set-aside.",
    BLANK_KEY: "Declare another `key`, or leave the rows out with --set-aside.",
    DUPLICATE_KEY: "Declare the `key` in full, or leave the rows out with --set-aside.",
    UNDECLARED_VALUE: "Add it to the `values` of the column, or leave the rows out with --set-aside.",
    CONTROL_CHARACTER: "Take it out: no keyboard writes it, and a damaged export often does.",
    OFFSET: "Give it as local time, without an offset.",
    TWO_ORDERS: "Write all days in one form, and declare that one in `formats`.",
    INEXACT_NUMBER: 'Declare `type = "text"`, or round it.',
    ERROR_CELL: "Correct it at its source, or list it in `uninformative`.",
    UNCALCULATED: "Open the workbook, let it calculate, and save it.",
    LONG_NUMBER: "Format the column as text, and enter it again.",
    HIDDEN_ZEROS: "Format the column as text, and enter it again as it is shown.",
    UNREADABLE_VALUE["integer"]: 'Declare the column as `type = "number"` or as text, or leave the rows out with '
    "--set-aside.",
    UNREADABLE_VALUE["number"]: "Declare the column as text, or leave the rows out with --set-aside: a number has "
    "digits, and no sign of currency or thousands.",
    UNREADABLE_VALUE["date"]: "Declare its form in `formats`, or leave the rows out with --set-aside; the form is now "
    "{forms}.",
    UNREADABLE_VALUE["datetime"]: "Declare its form in `formats`, or leave the rows out with --set-aside; the form is "
    "now {forms}.",
    UNREADABLE_VALUE["yes_no"]: "Declare the column as text with its `values`, or leave the rows out with --set-aside.",
    UNREADABLE_VALUE["office"]: "Add the way it is written to the office list, with its dates.",
    SHORT: "Give the row as many fields as the header.",
    LONG: "Give the row as many fields as the header, and quote a field that holds the delimiter.",
}

WITHHELD_TEXT = "(withheld)"  # stands for every text of a column that is declared `withheld`
SPELLING_MARK = ", written "  # stands between what is wrong with an office and how it is written
MAXIMUM_SPELLINGS = 20  # of unknown offices that a message lists

_FLAW_ENUM = pl.Enum(list(MEND_BY_FLAW))

#: What may hold text of any type; a column without any value has the type Null.
TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum, pl.Null)
YES, NO = ("YES", "Y", "TRUE", "1"), ("NO", "N", "FALSE", "0")
ISO_FORMAT_NAMES = {"date": "YYYY-MM-DD", "datetime": "YYYY-MM-DD HH:MM:SS"}
#: Texts that say something else than they show, as they stand in CSV files that a spreadsheet wrote.
_SPREADSHEET_ERRORS = sorted(KNOWN_ERRORS | {"#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!"})
_ERROR_PATTERN = f"(?i)^(?:{'|'.join(map(re.escape, _SPREADSHEET_ERRORS))})$"
_CONTROL_PATTERN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_OFFSET_PATTERN = r":\d\d(?:[.,]\d+)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)$"
_LARGEST_EXACT = 2.0**53  # up to which every whole number is one that a float can be


def can_read_type(column: Column, dtype: pl.DataType) -> bool:
    """Whether a typed column of a file can be read as it is declared: text always, to be parsed."""
    match column.type:
        case "integer":
            typed = dtype.is_integer()
        case "number":
            typed = dtype.is_numeric()
        case "datetime":
            typed = dtype == pl.Date or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None)
        case _:
            typed = dtype == POLARS_TYPES[column.type]
    return typed or dtype in TEXT_TYPES


def parse_cells(
    rows: pl.LazyFrame, source: Source, *, offices: Offices | None, key: bytes | None, is_plain: bool = False
) -> pl.LazyFrame:
    """The declared columns that `rows` has, typed, each with its `<name>.state`, and `<name>.flaw` if it can have one.

    Text is trimmed and read as its column declares; typed cells pass through. A flaw is null where there is none.
    Persons become pseudonyms under `key`. `ROW_NUMBER` is kept. Text that `is_plain` is known to hold no control
    character and no error of a spreadsheet.
    """
    schema = rows.collect_schema()
    source = replace(source, columns={name: column for name, column in source.columns.items() if name in schema})
    text = {name for name in source.columns if schema[name] in TEXT_TYPES}
    rows = rows.select(
        ROW_NUMBER, *(_clean_cell(name, column, name in text) for name, column in source.columns.items())
    )
    rows = rows.with_columns(
        _derive_state(name, source, name in text).alias(f"{name}.state") for name in source.columns
    )
    rows = rows.with_columns(
        (_parse_value(name, source) if name in text else _blank_impossible_day(name, column)).alias(f"{name}.value")
        for name, column in source.columns.items()
    )
    if offices and (source.dated_by is None or source.dated_by in source.columns):
        day = pl.col(f"{source.dated_by}.value") if source.dated_by else None
        rows = rows.with_columns(
            offices.resolve_codes(_select_informative(name, source), day=day).alias(f"{name}.value")
            for name, column in source.columns.items()
            if column.type == "office"
        )
    tests = {name: _build_flaw_tests(name, source, name in text, is_plain) for name in source.columns}
    flawed = {f"{name}.flaw": _find_first_flaw(cell_tests) for name, cell_tests in tests.items() if cell_tests}
    rows = rows.with_columns(**flawed)
    for name, column in source.columns.items():
        if column.personal and key:
            persons = pl.col(f"{name}.value").cast(pl.String)
            replace_persons = partial(make_pseudonyms, key=key)
            rows = rows.with_columns(persons.map_batches(replace_persons, return_dtype=pl.String, is_elementwise=True))
        if column.withheld:
            withheld = pl.when(pl.col(f"{name}.value").is_not_null()).then(pl.lit(WITHHELD_TEXT))
            rows = rows.with_columns(withheld.alias(f"{name}.value"))
    states = [f"{name}.state" for name in source.columns]
    return rows.select(ROW_NUMBER, *(pl.col(f"{name}.value").alias(name) for name in source.columns), *states, *flawed)


def _clean_cell(name: str, column: Column, text: bool) -> pl.Expr:
    """A cell as it is, or null where it is blank."""
    if text:
        content = pl.col(name).cast(pl.String).str.strip_chars()
        return pl.when(content != "").then(content)
    cell = pl.col(name).cast(POLARS_TYPES[column.type])
    return cell.fill_nan(None) if column.type == "number" else cell


def _list_state_tokens(name: str, source: Source) -> dict[CellState, tuple[str, ...]]:
    """What text of the column means another state than that it is filled."""
    column = source.columns[name]
    words = {
        CellState.REDACTED: source.redacted,
        CellState.NOT_PROVIDED: column.not_provided,
        CellState.UNINFORMATIVE: column.uninformative,
    }
    return {state: tuple(tokens) for state, tokens in words.items() if tokens}


def _derive_state(name: str, source: Source, text: bool) -> pl.Expr:
    cell = pl.col(name)
    states = [(CellState.BLANK, cell.is_null())]
    for state, tokens in _list_state_tokens(name, source).items() if text else ():
        states.append((state, fold_column(cell).is_in([fold_text(token) for token in tokens])))
    return pl.coalesce(
        *(pl.when(holds).then(pl.lit(state.value)) for state, holds in states), pl.lit(CellState.FILLED.value)
    )


def _select_informative(name: str, source: Source) -> pl.Expr:
    """A cell that says something; null where it is blank, withheld or uninformative."""
    cell = pl.col(name)
    return (
        pl.when(pl.col(f"{name}.state") == CellState.FILLED.value).then(cell)
        if _list_state_tokens(name, source)
        else cell
    )


def _parse_value(name: str, source: Source) -> pl.Expr:
    """What the text of a cell says, under its declared type; null where it says nothing of that type."""
    column, content = source.columns[name], _select_informative(name, source)
    match column.type:
        case "integer":
            return content.cast(pl.Int64, strict=False)
        case "number":
            number = content.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "yes_no":
            word = content.str.to_uppercase()
            return pl.when(word.is_in(YES)).then(True).when(word.is_in(NO)).then(False)
        case "date" | "datetime":
            kind = POLARS_TYPES[column.type]
            return content.map_batches(lambda cells: parse_times(cells, column), return_dtype=kind, is_elementwise=True)
        case _:
            withheld = [CellState.REDACTED.value, CellState.NOT_PROVIDED.value]
            given = pl.when(~pl.col(f"{name}.state").is_in(withheld)).then(pl.col(name))
            return given if source.redacted or column.not_provided else pl.col(name)


def _blank_impossible_day(name: str, column: Column) -> pl.Expr:
    """A typed cell; null where it is a day that no calendar of the audit has, as a database's `infinity` is."""
    match column.type:
        case "date":
            return pl.when(pl.col(name).is_between(FIRST.date(), LAST.date())).then(pl.col(name))
        case "datetime":
            return pl.when(pl.col(name).is_between(FIRST, LAST)).then(pl.col(name))
        case _:
            return pl.col(name)


def _build_flaw_tests(name: str, source: Source, text: bool, is_plain: bool) -> list[tuple[str, pl.Expr]]:
    """What can be wrong with a cell, and when it is; a number or a truth that came as one cannot be misread."""
    column, content, value = source.columns[name], _select_informative(name, source), pl.col(f"{name}.value")
    tests = _build_text_tests(name, source, content, value, is_plain=is_plain) if text else []
    if column.type in UNREADABLE_VALUE and (text or column.type in ("date", "datetime")):
        tests.append((UNREADABLE_VALUE[column.type], content.is_not_null() & value.is_null()))
    if column.values:
        tests.append((UNDECLARED_VALUE, ~content.cast(pl.String).is_in(column.values)))
    if name in source.key:
        tests.append((BLANK_KEY, value.is_null()))
    if column.required:
        tests.append((BLANK_REQUIRED, pl.col(name).is_null()))
    return tests


def _build_text_tests(
    name: str, source: Source, content: pl.Expr, value: pl.Expr, *, is_plain: bool
) -> list[tuple[str, pl.Expr]]:
    """What can be wrong with text before it is read as any type, and where reading it gives something else."""
    column = source.columns[name]
    tests = [] if is_plain else [(CONTROL_CHARACTER, pl.col(name).str.contains(_CONTROL_PATTERN))]
    if not column.values and not is_plain:
        tests.append((ERROR_CELL, content.str.contains(_ERROR_PATTERN)))
    if column.type == "number":
        tests.append((INEXACT_NUMBER, value.abs() > _LARGEST_EXACT))
    if column.type in ("date", "datetime"):
        tests.append((OFFSET, value.is_null() & content.str.contains(_OFFSET_PATTERN)))
        if has_rival_forms(column):
            orders = content.map_batches(
                lambda cells: find_day_orders(cells, column), return_dtype=pl.Int8, is_elementwise=True
            )
            tests.append((TWO_ORDERS, (orders == 0) & (orders == 1).any()))
    return tests


def _find_first_flaw(tests: Sequence[tuple[str, pl.Expr]]) -> pl.Expr:
    """The first of the tests that holds, in words; null where none does."""
    return pl.coalesce(
        *(pl.when(wrong).then(pl.lit(what, _FLAW_ENUM)) for what, wrong in tests), pl.lit(None, _FLAW_ENUM)
    )


def find_flaws(rows: pl.LazyFrame, source: Source, *, file: str) -> pl.DataFrame:
    """Every flawed cell of a file: one row each, with the columns of `FLAW_SCHEMA`."""
    present = set(rows.collect_schema().names())
    headers = {f"{name}.flaw": header for name, header in source.list_headers().items() if f"{name}.flaw" in present}
    if not headers:
        return pl.DataFrame(schema=FLAW_SCHEMA)
    wrong = pl.any_horizontal(pl.col(list(headers)).is_not_null())
    flawed = rows.select(ROW_NUMBER, *headers).filter(wrong).collect(engine="streaming")
    return (
        flawed.with_columns(pl.col(list(headers)).cast(pl.String))
        .unpivot(index=ROW_NUMBER, on=list(headers), variable_name="column", value_name="what")
        .drop_nulls("what")
        .select(pl.lit(file).alias("file"), pl.col(ROW_NUMBER).alias("row"), pl.col("column").replace(headers), "what")
        .cast(FLAW_SCHEMA)
    )


def add_office_spellings(flaws: pl.DataFrame, rows: pl.LazyFrame, source: Source) -> pl.DataFrame:
    """The flaws of a file, those of an unknown office with how it is written in `rows`, the cells as they came."""
    unknown = pl.col("what") == UNREADABLE_VALUE["office"]
    columns = {
        header: name
        for name, header in source.list_headers().items()
        if source.columns[name].type == "office" and not source.columns[name].personal
    }
    wanted = flaws.filter(unknown)
    present = {header: name for header, name in columns.items() if header in wanted["column"]}
    if not present:
        return flaws
    written = (
        rows.filter(pl.col(ROW_NUMBER).is_in(wanted["row"].unique().implode()))
        .select(pl.col(ROW_NUMBER).cast(pl.Int64).alias("row"), **{h: pl.col(n) for h, n in present.items()})
        .with_columns(pl.col(list(present)).cast(pl.String).str.strip_chars())
        .collect()
        .unpivot(index="row", variable_name="column", value_name="written")
    )
    spelled = pl.format('{}{}"{}"', "what", pl.lit(SPELLING_MARK), "written")
    return (
        flaws.join(written, on=["row", "column"], how="left", maintain_order="left")
        .with_columns(what=pl.when(unknown & pl.col("written").is_not_null()).then(spelled).otherwise("what"))
        .select(FLAW_SCHEMA.names())
    )


def find_duplicate_keys(rows_by_file: Mapping[str, pl.LazyFrame], source: Source) -> pl.DataFrame:
    """Every row of any file whose key another row has as well, with the columns of `FLAW_SCHEMA`."""
    keys = [
        rows.select(pl.lit(file).alias("file"), pl.col(ROW_NUMBER).alias("row"), *source.key).drop_nulls(source.key)
        for file, rows in rows_by_file.items()
        if source.key and set(source.key) <= set(rows.collect_schema().names())
    ]
    if not keys:
        return pl.DataFrame(schema=FLAW_SCHEMA)
    every = pl.concat(keys)
    if has_unique_rows(every, source.key):
        return pl.DataFrame(schema=FLAW_SCHEMA)
    shared = every.group_by(source.key).len().filter(pl.col("len") > 1).collect(engine="streaming")
    column = ", ".join(source.list_headers()[name] for name in source.key)
    return (
        every.join(shared.lazy(), on=source.key, how="semi")
        .select("file", "row", pl.lit(column).alias("column"), pl.lit(DUPLICATE_KEY).alias("what"))
        .cast(FLAW_SCHEMA)
        .collect()
    )


def describe_flaws(flaws: pl.DataFrame, source: Source, *, numbered: bool = True) -> list[Problem]:
    """The flaws in words: one problem for each kind in each column of each file, with how many rows and the first.

    The numbers of the first rows are left out unless `numbered`: of several files together they would say nothing.
    """
    parts = pl.col("what").str.split_exact(SPELLING_MARK, 1)
    kinds = (
        flaws.filter(~pl.col("what").is_in([BLANK_ROW, REPEATED_ROW]))
        .with_columns(what=parts.struct[0], written=parts.struct[1])
        .group_by("file", "column", "what")
        .agg(pl.col("row").unique().sort().head(3), "written", count=pl.col("row").n_unique())
        .sort("file", pl.col("row").list.first(), "column", "what")
    )
    columns = {one.header: column for column in source.columns.values() for one in column.headers}
    columns |= zip(source.list_headers().values(), source.columns.values(), strict=True)
    problem_list = []
    for file, column, what, rows, written, count in kinds.iter_rows():
        listed = ("first " if count > len(rows) else "") + format_list([f"{row:,}" for row in rows])
        row_numbers = f" ({listed})" if numbered else ""
        declared = columns.get(column, Column())  # a row of too few fields, or a shared key, is of no one column
        forms = " or ".join(declared.formats) or ISO_FORMAT_NAMES.get(declared.type, "")
        problem_list.append(
            Problem(
                what=f"{what}, in {format_plural(count, 'row')}{row_numbers}{_count_spellings(written)}",
                mend=MEND_BY_FLAW[what].format(forms=forms),
                file=file,
                row=rows[0],
                column=column,
            )
        )
    return problem_list


def _count_spellings(written: Sequence[str | None]) -> str:
    """How often each spelling of an unknown office stands there, the most frequent first."""
    counts = Counter(text for text in written if text is not None).most_common()
    listed = [f"{text} ({count:,})" for text, count in counts]
    return f", written {format_list(listed, most=MAXIMUM_SPELLINGS)}" if listed else ""


def list_rows_set_aside(flaws: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The rows that the flaws keep from being used, each with all its reasons, with the columns of
    `SET_ASIDE_SCHEMA`."""
    reason = pl.concat_str(pl.col("column") + ": ", "what", ignore_nulls=True)
    return (
        flaws.group_by("file", "row")
        .agg(reason.str.join("; ").alias("reason"))
        .sort("file", "row")
        .select(pl.lit(source.name).alias("table"), "file", "row", "reason")
        .cast(SET_ASIDE_SCHEMA)
    )
