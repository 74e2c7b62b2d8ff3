"""Rows that stand several times in a table that is declared `distinct`: each is used once."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from audit.tables.cache import CheckedFile
from audit.tables.readers import cells
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.schema import Source

_FILE_NUMBER = "__file_number"


def set_aside_repeated_rows(files: Sequence[CheckedFile], source: Source) -> Sequence[CheckedFile]:
    """The files without the rows that repeat an earlier one in every declared column, which are their flaws then.

    Nothing is set aside of a table that is not declared `distinct`. Rows that share a key and differ are left for the
    check of keys to refuse.
    """
    if not source.distinct or not files:
        return files
    numbered = [file.rows.with_columns(pl.lit(number).alias(_FILE_NUMBER)) for number, file in enumerate(files)]
    rows = pl.concat(numbered, how="diagonal").collect()
    repeated = rows.filter(~pl.struct(pl.exclude(ROW_NUMBER, _FILE_NUMBER)).is_first_distinct())
    return [
        _set_aside(file, repeated.filter(pl.col(_FILE_NUMBER) == number)[ROW_NUMBER])
        for number, file in enumerate(files)
    ]


def _set_aside(file: CheckedFile, row_numbers: pl.Series) -> CheckedFile:
    flaws = [(file.file, row, None, cells.REPEATED_ROW) for row in row_numbers]
    return replace(
        file,
        rows=file.rows.filter(~pl.col(ROW_NUMBER).is_in(row_numbers.implode())),
        flaws=pl.concat([file.flaws, pl.DataFrame(flaws, schema=cells.FLAW_SCHEMA, orient="row")]),
    )
