"""The facts of a case in words: which of them a rule looked at, and which are needed to decide."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from audit.policy.aggregates import AggregateBuilder
from audit.policy.compiled_condition import Condition
from audit.policy.rules import CompiledVersion
from audit.policy.values import NO_UPPER_LIMIT, CompiledValue

NULL_TEXT = pl.lit(None, dtype=pl.String)
SEPARATOR = "; "


def describe_evidence(versions: Sequence[CompiledVersion]) -> list[pl.Expr]:
    """What each version looks at, in words: to see whether it applies, and then what it expects.

    Facts stand in one order in all of them, that in which the versions first look at them.
    """
    texts = _word_facts(versions)
    described = []
    for version in versions:
        own = _list_fact_names(version)
        described.append(join_texts(text for name, text in texts.items() if name in own))
    return described


def describe_common_evidence(
    versions: Sequence[CompiledVersion], is_looked_at: Callable[[Sequence[int]], pl.Expr]
) -> pl.Expr:
    """What several versions look at, in words, each fact once, if `is_looked_at` by a version at its place."""
    names = [_list_fact_names(version) for version in versions]
    parts = [
        write_where(is_looked_at([place for place, own in enumerate(names) if name in own]), text)
        for name, text in _word_facts(versions).items()
    ]
    return join_texts(parts)


def _list_fact_names(version: CompiledVersion) -> set[str]:
    return {name for condition in version.conditions for name in condition.values_by_name}


def _word_facts(versions: Sequence[CompiledVersion]) -> dict[str, pl.Expr]:
    """Every fact that a version looks at, in words, in the order in which they are first looked at."""
    conditions = [version.when for version in versions]
    conditions += [version.expects for version in versions if version.expects]
    values = {name: value for condition in reversed(conditions) for name, value in condition.values_by_name.items()}
    order = dict.fromkeys(name for condition in conditions for name in condition.values_by_name)
    return {name: pl.concat_str(pl.lit(f"{name}: "), _format_value(values[name])) for name in order}


def list_needed_fields(condition: Condition, builder: AggregateBuilder) -> pl.Expr:
    """The fields, by name, whose absence leaves a condition unknown; nothing where it is known."""
    aggregates = {aggregate.name: aggregate for aggregate in condition.aggregates}
    lacking: dict[str, pl.Expr] = {}
    for name, matters in condition.decisive_blanks.items():
        parts = builder.list_missing_fields(aggregates[name]) if name in aggregates else [(name, pl.lit(True))]
        for field, missing in parts:
            is_needed = matters & missing
            lacking[field] = lacking[field] | is_needed if field in lacking else is_needed
    return write_where(condition.truth.is_null(), join_texts(_name_where(lacking)))


def write_where(holds: pl.Expr, text: pl.Expr) -> pl.Expr:
    """The text where something holds, and nothing elsewhere."""
    return pl.when(holds).then(text).otherwise(NULL_TEXT)


def join_texts(parts: Iterable[pl.Expr]) -> pl.Expr:
    """The texts that there are, one after the other; an empty text where there is none."""
    parts = tuple(parts)
    return pl.concat_str(parts, separator=SEPARATOR, ignore_nulls=True) if parts else pl.lit("")


def split_texts(text: str | None) -> tuple[str, ...]:
    """The texts that `join_texts` put one after the other; none where there is no text."""
    return tuple(filter(None, (text or "").split(SEPARATOR)))


def drop_repeated_fields(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """The frame with each of a column's fields named once; null where it names none."""
    fields = pl.col(column).str.split(SEPARATOR).list.unique(maintain_order=True).list.filter(pl.element() != "")
    once: pl.LazyFrame = frame.with_columns(
        write_where(fields.list.len() > 0, fields.list.join(SEPARATOR)).alias(column)
    )
    return once


def _name_where(missing_by_field: Mapping[str, pl.Expr]) -> Iterable[pl.Expr]:
    return (write_where(missing, pl.lit(name)) for name, missing in missing_by_field.items())


def _format_value(value: CompiledValue) -> pl.Expr:
    low, high, unknown = value.low, value.high, pl.lit("unknown")
    if value.kind == "truth":
        return pl.when(low).then(pl.lit("yes")).when(low.is_null()).then(unknown).otherwise(pl.lit("no"))
    if value.is_exact:
        return pl.when(low.is_null()).then(unknown).otherwise(low.cast(pl.String))
    least, most = low.cast(pl.String), high.cast(pl.String)
    return (
        pl.when(low == high)
        .then(least)
        .when(high >= NO_UPPER_LIMIT)
        .then(pl.concat_str(least, pl.lit(" or more")))
        .otherwise(pl.concat_str(least, pl.lit(" to "), most))
    )
