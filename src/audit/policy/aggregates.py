"""What the rows of other tables come to for each case: how many, how much, first and last, and how surely."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from audit.policy.compiler import MANY, Condition, read
from audit.policy.values import Meaning, Tally, any_of, term_columns
from audit.policy.vocabulary import Child, Vocabulary

_CASE, _DAY = "case's key", "case's day"


def tallied(
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
    tallies = {tally.name: tally for condition in conditions for tally in condition.tallies}
    bare = cases
    for name, child in vocabulary.children.items():
        wanted = [tally for tally in tallies.values() if tally.child == name]
        if wanted:
            rows = _rows(bare, children[name], child, wanted, key=key, known_by=known_by)
            cases = _added(cases, rows, child, wanted, vocabulary, key=key, known_by=known_by)
    return _stated(cases, {name: made for condition in conditions for name, made in condition.terms.items()})


def lacks(tally: Tally, vocabulary: Vocabulary, *, known_by: str | None) -> list[tuple[str, pl.Expr]]:
    """The fields whose absence may leave a tally uncertain, by name, and whether each does for a case."""
    child = vocabulary.children[tally.child]
    lacking = [(f"{tally.child}.{name}", pl.col(_lacking(tally, name))) for name in _asked(tally, child, known_by)]
    lacking.append((child.on, pl.col(child.on).is_null()))
    if child.recorded and known_by:
        lacking.append((known_by, pl.col(known_by).is_null() & (pl.col(_unsure(tally)) > 0)))
    if complete := _complete(child, vocabulary):
        unsaid, blank = ~complete.truth.fill_null(False), {name: pl.col(name).is_null() for name in complete.fields}
        lacking += [(name, unsaid & (missing | ~any_of(blank.values()))) for name, missing in blank.items()]
    return lacking


def _stated(cases: pl.LazyFrame, terms: Mapping[str, Meaning]) -> pl.LazyFrame:
    """The cases with what each term comes to; one that is exact needs one column, and another two."""
    for name, made in terms.items():
        ends = (made.low,) if made.is_exact else (made.low, made.high)
        cases = cases.with_columns(end.alias(column) for end, column in zip(ends, term_columns(name), strict=False))
    return cases


def _rows(
    cases: pl.LazyFrame, rows: pl.LazyFrame, child: Child, wanted: list[Tally], *, key: str, known_by: str | None
) -> pl.LazyFrame:
    """One row for each case and row of the child that belongs to it, with what each tally makes of it.

    The case's own key and day go by names that no column of the child can have.
    """
    outside = sorted({name for tally in wanted for name in tally.fields if name not in child.columns} - {child.on})
    named = [pl.col(key).alias(_CASE), *([pl.col(known_by).cast(pl.Date).alias(_DAY)] if known_by else [])]
    joined = cases.select(child.on, *outside, *named).join(rows, on=child.on, how="inner")
    known = pl.col(child.recorded).cast(pl.Date) <= pl.col(_DAY) if child.recorded and known_by else pl.lit(True)
    made: dict[str, pl.Expr] = {}
    for tally in wanted:
        holds = known & tally.where if tally.where is not None else known
        unsure = holds.is_null()
        if tally.value is None:
            made[tally.name] = holds.fill_null(False).cast(pl.Int64)
        else:
            unsure = unsure | (holds.fill_null(False) & tally.value.is_null())
            made[tally.name] = pl.when(holds).then(tally.value)
        made[_unsure(tally)] = unsure.cast(pl.Int64)
        for name in _asked(tally, child, known_by):
            made[_lacking(tally, name)] = unsure & pl.col(name).is_null()
    return joined.select(pl.col(_CASE).alias(key), *(value.alias(name) for name, value in made.items()))


def _added(
    cases: pl.LazyFrame,
    rows: pl.LazyFrame,
    child: Child,
    wanted: list[Tally],
    vocabulary: Vocabulary,
    *,
    key: str,
    known_by: str | None,
) -> pl.LazyFrame:
    flags = [_lacking(tally, name) for tally in wanted for name in _asked(tally, child, known_by)]
    sums = [*map(_unsure, wanted), *(tally.name for tally in wanted if tally.kind in ("count", "total"))]
    ends = [
        pl.col(tally.name).min() if tally.kind == "earliest" else pl.col(tally.name).max()
        for tally in wanted
        if tally.kind in ("earliest", "latest")
    ]
    found = rows.group_by(key).agg(pl.col(*sums).sum(), *(pl.col(flag).any() for flag in flags), *ends)
    totals = [tally.name for tally in wanted if tally.kind == "total"]
    if totals:  # as decimal fractions add up, in whatever order
        found = found.with_columns(pl.col(*totals).round(9))
    cases = cases.join(found, on=key, how="left").with_columns(
        pl.col(*sums).fill_null(0), *(pl.col(flag).fill_null(False) for flag in flags)
    )
    condition = _complete(child, vocabulary)
    complete = ~pl.col(child.on).is_null() & (condition.truth if condition else pl.lit(True))
    return cases.with_columns(
        pl.when(complete)
        .then(pl.col(tally.name) + pl.col(_unsure(tally)))
        .otherwise(pl.lit(MANY, dtype=pl.Int64))
        .alias(tally.most)
        if tally.kind == "count"
        else pl.when(complete & (pl.col(_unsure(tally)) == 0)).then(pl.col(tally.name)).alias(tally.name)
        for tally in wanted
    )


def _complete(child: Child, vocabulary: Vocabulary) -> Condition | None:
    if not child.complete_when:
        return None
    return read(child.complete_when, replace(vocabulary, children={}, terms={}), place="complete_when")


def _asked(tally: Tally, child: Child, known_by: str | None) -> list[str]:
    """The child's columns whose value a tally asks for; the day of record is one where it matters."""
    recorded = [child.recorded] if child.recorded and known_by else []
    return list(dict.fromkeys((*tally.asked, *recorded)))


def _unsure(tally: Tally) -> str:
    return f"{tally.name}, unsure"


def _lacking(tally: Tally, column: str) -> str:
    return f"{tally.name}, lacks {column}"
