"""What the rows of other tables come to for each case: how many, how much, first and last, and how surely."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from audit.policy.compiled_condition import Condition
from audit.policy.compiler import ConditionSet
from audit.policy.values import (
    NO_UPPER_LIMIT,
    Aggregate,
    AggregateColumns,
    CompiledValue,
    is_any_true,
    name_aggregate_columns,
    name_term_columns,
)
from audit.policy.vocabulary import ChildSchema

_CASE_KEY, _CASE_DAY = "__case_key", "__case_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateBuilder:
    """How the rows of child tables are aggregated: by which key of the cases, as known on which day.

    Rows recorded after the day in the case's column `known_by` do not count; all do where it is None.
    """

    conditions: ConditionSet
    key: str
    known_by: str | None

    def add_aggregates(
        self, cases: pl.LazyFrame, children: Mapping[str, pl.LazyFrame], conditions: Iterable[Condition]
    ) -> pl.LazyFrame:
        """The cases with columns for each aggregate and each term that a condition names; as many rows as before.

        The rows of a table are gone through once, whatever the number of conditions.
        """
        conditions = tuple(conditions)
        aggregates = {aggregate.name: aggregate for condition in conditions for aggregate in condition.aggregates}
        bare = cases
        for table in self.conditions.vocabulary.children:
            wanted = [aggregate for aggregate in aggregates.values() if aggregate.child == table]
            if wanted:
                joined = self.join_child_rows(bare, children[table], wanted)
                values = [value for aggregate in wanted for value in self._evaluate_row(aggregate)]
                rows = joined.select(pl.col(_CASE_KEY).alias(self.key), *values)
                cases = self._join_aggregates(cases, rows, wanted)
        return _add_terms(cases, {name: value for condition in conditions for name, value in condition.terms.items()})

    def list_missing_fields(self, aggregate: Aggregate) -> list[tuple[str, pl.Expr]]:
        """The fields whose absence may leave an aggregate uncertain, by name, and whether each does for a case."""
        child, columns = self._find_child(aggregate), self._name_columns(aggregate)
        lacking = [(f"{aggregate.child}.{name}", pl.col(column)) for name, column in columns.lacks.items()]
        if child.recorded and self.known_by:
            lacking.append((self.known_by, pl.col(self.known_by).is_null() & (pl.col(columns.unsure) > 0)))
        if aggregate.is_of_rows_on_file:
            return lacking
        lacking.append((child.on, pl.col(child.on).is_null()))
        if complete := self.conditions.compile_completeness(aggregate.child):
            unsaid, blank = ~complete.truth.fill_null(False), {name: pl.col(name).is_null() for name in complete.fields}
            lacking += [(name, unsaid & (missing | ~is_any_true(blank.values()))) for name, missing in blank.items()]
        return lacking

    def _find_child(self, aggregate: Aggregate) -> ChildSchema:
        return self.conditions.vocabulary.children[aggregate.child]

    def _name_columns(self, aggregate: Aggregate) -> AggregateColumns:
        """The columns of an aggregate; the day of record is a value that it asks for where it matters."""
        recorded = self._find_child(aggregate).recorded if self.known_by else None
        return name_aggregate_columns(aggregate.name, (*aggregate.value_fields, *([recorded] if recorded else [])))

    def join_child_rows(self, cases: pl.LazyFrame, rows: pl.LazyFrame, aggregates: Sequence[Aggregate]) -> pl.LazyFrame:
        """The rows of a child table that belong to a case, each with what the aggregates of that table read of it."""
        child = self._find_child(aggregates[0])
        read = {name for aggregate in aggregates for name in aggregate.fields}
        outside = sorted(read - child.columns.keys() - {child.on})
        day = [pl.col(self.known_by).cast(pl.Date).alias(_CASE_DAY)] if self.known_by else []
        return cases.select(child.on, *outside, pl.col(self.key).alias(_CASE_KEY), *day).join(rows, on=child.on)

    def is_known_then(self, table: str) -> pl.Expr:
        """Whether a joined row of a child table was known on the day of its case."""
        recorded = self.conditions.vocabulary.children[table].recorded
        return pl.col(recorded).cast(pl.Date) <= pl.col(_CASE_DAY) if recorded and self.known_by else pl.lit(True)

    def is_member(self, aggregate: Aggregate) -> pl.Expr:
        """Whether a joined row counts for an aggregate; null where it may: by its own facts, or on its day."""
        is_member = self.is_known_then(aggregate.child)
        if aggregate.where is not None:
            is_member = is_member & aggregate.where
        if aggregate.value is not None:
            is_member = is_member & pl.when(aggregate.value.is_not_null()).then(pl.lit(True))
        return is_member

    def _evaluate_row(self, aggregate: Aggregate) -> list[pl.Expr]:
        """What an aggregate makes of a joined row: its value, whether it is unsure, and which blank may be why."""
        columns, is_member = self._name_columns(aggregate), self.is_member(aggregate)
        is_unsure = is_member.is_null()
        if aggregate.value is None:
            value = is_member.fill_null(False).cast(pl.Int64)
        else:
            value = pl.when(is_member).then(aggregate.value)
        lacks = [(is_unsure & pl.col(name).is_null()).alias(column) for name, column in columns.lacks.items()]
        return [value.alias(columns.low), is_unsure.cast(pl.Int64).alias(columns.unsure), *lacks]

    def _join_aggregates(self, cases: pl.LazyFrame, rows: pl.LazyFrame, wanted: Sequence[Aggregate]) -> pl.LazyFrame:
        named = [(aggregate, self._name_columns(aggregate)) for aggregate in wanted]
        flags = [flag for _, columns in named for flag in columns.lacks.values()]
        totals = [columns.low for aggregate, columns in named if aggregate.kind == "total"]
        counts = [columns.low for aggregate, columns in named if aggregate.is_count]
        sums = [*(columns.unsure for _, columns in named), *counts, *totals]
        first = [columns.low for aggregate, columns in named if aggregate.kind == "earliest"]
        last = [columns.low for aggregate, columns in named if aggregate.kind == "latest"]
        grouped = rows.group_by(self.key).agg(
            pl.col(sums).sum(), pl.col(flags).any(), pl.col(first).min(), pl.col(last).max()
        )
        # Rounded as decimal fractions add up, in whatever order.
        cases = cases.join(grouped.with_columns(pl.col(totals).round(9)), on=self.key, how="left")
        cases = cases.with_columns(pl.col(sums).fill_null(0), pl.col(flags).fill_null(False))
        is_complete = self._is_complete(wanted[0].child)
        return cases.with_columns(
            _find_aggregate_bounds(aggregate, columns, is_complete) for aggregate, columns in named
        )

    def _is_complete(self, table: str) -> pl.Expr:
        """Whether the table is known to hold every row of the case."""
        condition = self.conditions.compile_completeness(table)
        has_key = ~pl.col(self.conditions.vocabulary.children[table].on).is_null()
        return has_key & (condition.truth if condition else pl.lit(True))


def _find_aggregate_bounds(aggregate: Aggregate, columns: AggregateColumns, is_complete: pl.Expr) -> pl.Expr:
    """Of a count, what it is at most; of anything else, its value where every row is known."""
    if aggregate.is_count:
        most = pl.col(columns.low) + pl.col(columns.unsure)
        if aggregate.is_of_rows_on_file:
            return most.alias(columns.high)
        no_limit = pl.lit(NO_UPPER_LIMIT, dtype=pl.Int64)
        return pl.when(is_complete).then(most).otherwise(no_limit).alias(columns.high)
    return pl.when(is_complete & (pl.col(columns.unsure) == 0)).then(pl.col(columns.low)).alias(columns.low)


def _add_terms(cases: pl.LazyFrame, terms: Mapping[str, CompiledValue]) -> pl.LazyFrame:
    """The cases with what each term comes to; one that is exact needs one column, and another two."""
    for name, value in terms.items():
        ends = (value.low,) if value.is_exact else (value.low, value.high)
        cases = cases.with_columns(
            end.alias(column) for end, column in zip(ends, name_term_columns(name), strict=False)
        )
    return cases
