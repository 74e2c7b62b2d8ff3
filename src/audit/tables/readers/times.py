"""Dates and times out of text, by the declared forms."""

from datetime import datetime
from functools import cache
from itertools import combinations

import polars as pl

from audit.tables.schema import POLARS_TYPES, Column

ISO_FORMATS = {
    "date": ("%Y-%m-%d",),
    "datetime": ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"),
}
#: How the date cells of a spreadsheet arrive as text, whatever form they show on the sheet.
SPREADSHEET_FORMATS = {"date": "%Y-%m-%d 00:00:00", "datetime": "%Y-%m-%d %H:%M:%S%.f"}
#: What a day can be. Text is held to it too: "%Y" takes the 16 of 7/27/16 for the year 16.
FIRST, LAST = datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
_PROBE = datetime(2001, 2, 3, 4, 5, 6)  # a day that is another when day, month and year change places


def parse_times(texts: pl.Series, column: Column) -> pl.Series:
    """The dates or times that texts say, by the first of the column's forms that fits; null where none does.

    A leap second (`23:59:60`) is none: it would be read as the next day.
    """
    times = pl.Series(texts.name, dtype=POLARS_TYPES[column.type]).clear(len(texts))
    for form in (*(column.formats or ISO_FORMATS[column.type]), SPREADSHEET_FORMATS[column.type]):
        if times.null_count() == texts.null_count():
            break
        times = times.zip_with(times.is_not_null(), _parse_form(texts, form, column.type))
    return times


def _parse_form(texts: pl.Series, form: str, kind: str) -> pl.Series:
    parse = texts.str.to_date if kind == "date" else texts.str.to_datetime
    times = parse(form, strict=False).cast(POLARS_TYPES[kind])  # type: ignore[index]
    times = times.set(times.dt.year() < FIRST.year, None)
    sixty = texts.str.contains("60", literal=True)
    if kind == "datetime" and sixty.any():
        again = times.dt.strftime(form).str.count_matches("60", literal=True)
        times = times.set(sixty & (texts.str.count_matches("60", literal=True) > again), None)
    return times


@cache
def has_rival_forms(column: Column) -> bool:
    """Whether a text can fit two of a column's forms as two days: 01/02/2011 by `%m/%d/%Y` and by `%d/%m/%Y`."""
    for form, other in combinations(column.formats, 2):
        text = pl.Series([_PROBE]).dt.strftime(form)
        day = _parse_form(text, other, "datetime" if column.type == "datetime" else "date")
        if day.is_not_null().all() and day.cast(pl.Date)[0] != _PROBE.date():
            return True
    return False


def find_day_orders(texts: pl.Series, column: Column) -> pl.Series:
    """How each text fits the forms: 0 several of them, as other days; 1 a later form and not the first; else null."""
    first, *others = (_parse_form(texts, form, column.type).cast(pl.Date) for form in column.formats)
    orders = pl.Series(texts.name, dtype=pl.Int8).clear(len(texts))
    for other in others:
        rival = first.is_not_null() & other.is_not_null() & (first != other)
        orders = orders.set(rival.fill_null(value=False), 0)
        orders = orders.set((first.is_null() & other.is_not_null()).fill_null(value=False), 1)
    return orders


def is_time_format(form: str, kind: str) -> bool:
    """Whether dates or times can be read by a form: what it writes of one, it reads as the same day."""
    try:
        text = pl.Series([_PROBE]).dt.strftime(form)
        day = _parse_form(text, form, "datetime" if kind == "datetime" else "date")
    except pl.exceptions.PolarsError:
        return False
    return bool(day.cast(pl.Date)[0] == _PROBE.date())
