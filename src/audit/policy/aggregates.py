"""What the rows of other tables come to for each case: how many, how much, first and last, and how surely."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from audit.policy.compiler import NO_UPPER_LIMIT, Condition, compile_condition
from audit.policy.values import Aggregate, CompiledValue, is_any_true, name_term_columns
from audit.policy.vocabulary import ChildSchema, Vocabulary

_CASE, _DAY = "case's key", "case's day"


def add_aggregates(
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    conditions: Iterable[Condition],
    vocabulary: Vocabulary,
    *,
    key: str,
    known_by: str | None,
) -> pl.LazyFrame:
    """The cases with columns for each tally and each term that a condition names; as many rows as before.

    Rows recorded after the day in the case's column `known_by` do not count; all do where it is None.
    """
    conditions = tuple(conditions)
    aggregates = {aggregate.name: aggregate for condition in conditions for aggregate in condition.aggregates}
    bare = cases
    for name, child in vocabulary.children.items():
        wanted = [tally for tally in aggregates.values() if tally.child == name]
        if wanted:
            rows = _join_child_rows(bare, children[name], child, wanted, key=key, known_by=known_by)
            cases = _add_aggregate_columns(cases, rows, child, wanted, vocabulary, key=key, known_by=known_by)
    return _add_terms(cases, {name: value for condition in conditions for name, value in condition.terms.items()})


def list_missing_fields(
    aggregate: Aggregate, vocabulary: Vocabulary, *, known_by: str | None
) -> list[tuple[str, pl.Expr]]:
    """The fields whose absence may leave a tally uncertain, by name, and whether each does for a case."""
    child = vocabulary.children[aggregate.child]
    lacking = [
        (f"{aggregate.child}.{name}", pl.col(_name_missing_column(aggregate, name)))
        for name in _list_value_columns(aggregate, child, known_by)
    ]
    lacking.append((child.on, pl.col(child.on).is_null()))
    if child.recorded and known_by:
        lacking.append((known_by, pl.col(known_by).is_null() & (pl.col(_name_unsure_column(aggregate)) > 0)))
    if complete := _compile_completeness(child, vocabulary):
        unsaid, blank = ~complete.truth.fill_null(False), {name: pl.col(name).is_null() for name in complete.fields}
        lacking += [(name, unsaid & (missing | ~is_any_true(blank.values()))) for name, missing in blank.items()]
    return lacking


def _add_terms(cases: pl.LazyFrame, terms: Mapping[str, CompiledValue]) -> pl.LazyFrame:
    """The cases with what each term comes to; one that is exact needs one column, and another two."""
    for name, value in terms.items():
        ends = (value.low,) if value.is_exact else (value.low, value.high)
        cases = cases.with_columns(
            end.alias(column) for end, column in zip(ends, name_term_columns(name), strict=False)
        )
    return cases


def _join_child_rows(
    cases: pl.LazyFrame,
    rows: pl.LazyFrame,
    child: ChildSchema,
    wanted: list[Aggregate],
    *,
    key: str,
    known_by: str | None,
) -> pl.LazyFrame:
    """One row for each case and row of the child that belongs to it, with what each tally makes of it.

    The case's own key and day go by names that no column of the child can have.
    """
    outside = sorted(
        {name for aggregate in wanted for name in aggregate.fields if name not in child.columns} - {child.on}
    )
    case_columns = [pl.col(key).alias(_CASE), *([pl.col(known_by).cast(pl.Date).alias(_DAY)] if known_by else [])]
    joined = cases.select(child.on, *outside, *case_columns).join(rows, on=child.on, how="inner")
    is_known = pl.col(child.recorded).cast(pl.Date) <= pl.col(_DAY) if child.recorded and known_by else pl.lit(True)
    columns: dict[str, pl.Expr] = {}
    for tally in wanted:
        holds = is_known & tally.where if tally.where is not None else is_known
        unsure = holds.is_null()
        if tally.value is None:
            columns[tally.name] = holds.fill_null(False).cast(pl.Int64)
        else:
            unsure = unsure | (holds.fill_null(False) & tally.value.is_null())
            columns[tally.name] = pl.when(holds).then(tally.value)
        columns[_name_unsure_column(tally)] = unsure.cast(pl.Int64)
        for name in _list_value_columns(tally, child, known_by):
            columns[_name_missing_column(tally, name)] = unsure & pl.col(name).is_null()
    return joined.select(pl.col(_CASE).alias(key), *(value.alias(name) for name, value in columns.items()))


def _add_aggregate_columns(
    cases: pl.LazyFrame,
    rows: pl.LazyFrame,
    child: ChildSchema,
    wanted: list[Aggregate],
    vocabulary: Vocabulary,
    *,
    key: str,
    known_by: str | None,
) -> pl.LazyFrame:
    flags = [
        _name_missing_column(aggregate, name)
        for aggregate in wanted
        for name in _list_value_columns(aggregate, child, known_by)
    ]
    sums = [*map(_name_unsure_column, wanted), *(tally.name for tally in wanted if tally.kind in ("count", "total"))]
    ends = [
        pl.col(tally.name).min() if tally.kind == "earliest" else pl.col(tally.name).max()
        for tally in wanted
        if tally.kind in ("earliest", "latest")
    ]
    grouped = rows.group_by(key).agg(pl.col(*sums).sum(), *(pl.col(flag).any() for flag in flags), *ends)
    totals = [tally.name for tally in wanted if tally.kind == "total"]
    if totals:  # as decimal fractions add up, in whatever order
        grouped = grouped.with_columns(pl.col(*totals).round(9))
    cases = cases.join(grouped, on=key, how="left").with_columns(
        pl.col(*sums).fill_null(0), *(pl.col(flag).fill_null(False) for flag in flags)
    )
    condition = _compile_completeness(child, vocabulary)
    complete = ~pl.col(child.on).is_null() & (condition.truth if condition else pl.lit(True))
    return cases.with_columns(
        pl.when(complete)
        .then(pl.col(tally.name) + pl.col(_name_unsure_column(tally)))
        .otherwise(pl.lit(NO_UPPER_LIMIT, dtype=pl.Int64))
        .alias(tally.maximum_column)
        if tally.kind == "count"
        else pl.when(complete & (pl.col(_name_unsure_column(tally)) == 0)).then(pl.col(tally.name)).alias(tally.name)
        for tally in wanted
    )


def _compile_completeness(child: ChildSchema, vocabulary: Vocabulary) -> Condition | None:
    if not child.complete_when:
        return None
    return compile_condition(child.complete_when, replace(vocabulary, children={}, terms={}), place="complete_when")


def _list_value_columns(aggregate: Aggregate, child: ChildSchema, known_by: str | None) -> list[str]:
    """The child's columns whose value a tally asks for; the day of record is one where it matters."""
    recorded = [child.recorded] if child.recorded and known_by else []
    return list(dict.fromkeys((*aggregate.value_fields, *recorded)))


def _name_unsure_column(aggregate: Aggregate) -> str:
    return f"{aggregate.name}, unsure"


def _name_missing_column(aggregate: Aggregate, column: str) -> str:
    return f"{aggregate.name}, lacks {column}"
