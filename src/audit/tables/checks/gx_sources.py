"""Where Great Expectations reads the tables: as pandas frames in memory, or as DataFrames on a Spark cluster."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Protocol

import polars as pl
import polars.selectors as cs

from audit.tables.checks.polars_expectations import CompiledExpectation
from audit.tables.checks.suites import Check, CompiledSuite


class ValidationSource(Protocol):
    """Where Great Expectations reads the tables, and how it must be asked there to read as polars does."""

    def add_to(self, sources: Any) -> Any:
        """Its data source, added to those of a context."""

    def make_frame(self, suite: CompiledSuite, checks: Sequence[Check]) -> Any:
        """The suite's table with the columns that these checks need."""

    def adapt_argument(self, argument: str, value: Any) -> Any:
        """What an argument of an expectation must be there to mean the same."""

    def adapt_column_name(self, column: str) -> str:
        """What a column is called there."""


class PandasSource:
    """Tables in memory, as pandas frames."""

    def add_to(self, sources: Any) -> Any:
        """See `ValidationSource`."""
        return sources.add_pandas("tables")

    def make_frame(self, suite: CompiledSuite, checks: Sequence[Check]) -> Any:
        """The suite's table as a pandas frame, with a column for each condition that says where it holds."""
        if checks is suite.gx_checks:
            return suite.frame.select(suite.gx_columns).collect().to_pandas()
        conditions = [build_condition_column(one) for one, check in _pair_checks(suite) if check.expression]
        frame = suite.frame.with_columns(conditions)
        return _convert_to_pandas(frame, [*suite.columns, *(one.meta.output_name() for one in conditions)])

    def adapt_argument(self, argument: str, value: Any) -> Any:
        """To Python `$` lets a line break follow and `\\Z` does not; pandas compares times with times alone."""
        if argument == "regex" and isinstance(value, str):
            return re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\Z", value)
        if type(value) is date:
            return datetime.combine(value, time())
        return value

    def adapt_column_name(self, column: str) -> str:
        """The same."""
        return column


class SparkSource:
    """Tables on a cluster: DataFrames by name, with the columns that the suites name, `replace_dots`."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables = tables

    def add_to(self, sources: Any) -> Any:
        """See `ValidationSource`."""
        return sources.add_spark("tables", persist=False)

    def make_frame(self, suite: CompiledSuite, checks: Sequence[Check]) -> Any:
        """The DataFrame; where Great Expectations alone reads, of the columns that it then sees."""
        rows = self.tables[suite.table]
        if checks is not suite.gx_checks:
            return rows
        return rows.select(*(f"`{replace_dots(column)}`" for column in suite.gx_columns))

    def adapt_argument(self, argument: str, value: Any) -> Any:
        """To Java `\\Z` is what `$` is and `\\z` the end; letters and digits are those of ASCII alone without its flag
        U, and without d a line ends at more than a line break. A day is a day there."""
        if argument == "regex" and isinstance(value, str):
            return "(?dU)" + re.sub(r"(\\.|\[[^\]]*\])|\$", lambda token: token[1] or r"\z", value)
        return value

    def adapt_column_name(self, column: str) -> str:
        """Without its dots."""
        return replace_dots(column)


def replace_dots(column: str) -> str:
    """A column's name as Great Expectations can ask Spark for it: to Spark a dot is the way into a field."""
    return column.replace(".", ", ")


def build_condition_column(expectation: CompiledExpectation) -> pl.Expr:
    """Whether a row meets a condition: true, false, or blank where it is no unit."""
    assert expectation.rows is not None
    is_unit = pl.lit(True) if expectation.is_unit is None else expectation.is_unit
    return pl.when(is_unit).then(~expectation.rows).alias(f"holds: {expectation.words}")


def _pair_checks(suite: CompiledSuite) -> Iterator[tuple[CompiledExpectation, Check]]:
    return zip(suite.compiled_expectations, suite.checks, strict=True)


def _convert_to_pandas(rows: pl.LazyFrame, columns: Sequence[str]) -> Any:
    """The pandas frame of these columns, in the types on which GX is fast: few strings as categories, and times in
    nanoseconds where they can be told in them (the years 1678 to 2261)."""
    frame = rows.select(columns or pl.nth(0)).collect()
    distinct = frame.select(cs.string().approx_n_unique()).to_dicts()
    texts = [name for name, n in distinct[0].items() if n * 20 < frame.height] if distinct else []
    times = [
        name
        for name in frame.select(cs.date() | cs.datetime()).columns
        if frame[name].dt.year().is_between(1678, 2261).all()
    ]
    return frame.with_columns(pl.col(texts).cast(pl.Categorical), pl.col(times).cast(pl.Datetime("ns"))).to_pandas()
