"""Cases whose records leave open what happened: assessed under each possibility, and decided where all give one outcome.

Two records may be equally near to a case, or one record may say of an action what the rows of actions do not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from audit.policy.compiled_condition import Condition
from audit.policy.compiler import compile_condition
from audit.policy.fact_text import SEPARATOR
from audit.programs.declaration import Contradiction

if TYPE_CHECKING:
    from audit.assessment.case_file import CaseFiles

ALTERNATIVE_COLUMN: Final = "alternative"  # number of a possible file of a case


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alternative:
    """The same cases with another possible file, each under its own key, and the facts that would settle which."""

    files: "CaseFiles"  # keyed by ALTERNATIVE_COLUMN where a case has several
    needed: tuple[str, ...]


def list_alternatives(files: "CaseFiles") -> Iterator[Alternative]:
    """Every other possible file of these cases; most cases have none."""
    if files.twins is not None:
        numbered = files.twins.with_row_index(ALTERNATIVE_COLUMN)
        yield Alternative(files=replace(files, cases=numbered, key=ALTERNATIVE_COLUMN), needed=files.twin_keys)
    for contradiction in files.contradictions:
        says = compile_statement(contradiction, files)
        cases = _find_contradicted_cases(files, contradiction, says).collect()
        if cases.height:
            rows = _settle_rows(files, contradiction, cases.lazy())
            children = {**files.children, contradiction.table: rows}
            yield Alternative(
                files=replace(files, cases=cases.lazy(), children=children),
                needed=(*says.fields, f"{contradiction.table}.{contradiction.column}"),
            )


def find_contradictions(files: "CaseFiles") -> tuple[Contradiction, ...]:
    """The declared contradictions that some of these cases show."""
    return tuple(
        one
        for one in files.contradictions
        if _find_contradicted_cases(files, one, compile_statement(one, files)).limit(1).collect().height
    )


def compile_statement(contradiction: Contradiction, files: "CaseFiles") -> Condition:
    """When a case's record says something of its rows."""
    return compile_condition(contradiction.when, files.vocabulary, place="program.toml, cases.contradictions")


def merge_alternatives(outcomes: pl.DataFrame, others: Sequence[pl.DataFrame], *, key: str) -> pl.DataFrame:
    """The outcomes of cases, undeterminable where another possible file of the case gives another.

    `others` have the columns `key`, attribute, outcome, severity, candidates and needed. What differs leaves no class
    and no rule; it needs what would settle which file is right, and bears the gravest severity of all.
    """
    by = [key, "attribute"]
    every = pl.concat(others).join(outcomes.select(*by, as_is="outcome"), on=by)
    differing = every.group_by(by).agg(
        (pl.col("outcome") != pl.col("as_is")).any().alias("differs"),
        (pl.col("severity") == "critical").any().alias("is_critical"),
        pl.col("candidates").drop_nulls().unique(maintain_order=True).str.join(SEPARATOR).alias("others"),
        pl.col("needed").filter(pl.col("outcome") != pl.col("as_is")).unique(maintain_order=True).str.join(SEPARATOR),
    )
    differing = differing.filter("differs").rename({"needed": "open"})
    columns = outcomes.columns
    joined = outcomes.join(differing, on=by, how="left")
    is_open, none = pl.col("differs").fill_null(False), pl.lit(None, pl.String)

    def join_names(*names: str) -> pl.Expr:
        parts = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in names]
        names_once = pl.concat_str(parts, separator=SEPARATOR, ignore_nulls=True).str.split(SEPARATOR)
        return names_once.list.unique(maintain_order=True).list.join(SEPARATOR)

    return joined.with_columns(
        outcome=pl.when(is_open).then(pl.lit("undeterminable")).otherwise("outcome"),
        **{name: pl.when(is_open).then(none).otherwise(name) for name in ("class", "rule", "version", "section")},
        sure=pl.when(is_open).then(pl.lit(False)).otherwise("sure"),
        severity=pl.when(is_open & pl.col("is_critical")).then(pl.lit("critical")).otherwise("severity"),
        candidates=pl.when(is_open).then(join_names("candidates", "others")).otherwise("candidates"),
        needed=pl.when(is_open).then(join_names("open", "needed")).otherwise("needed"),
    ).select(columns)


def _find_contradicted_cases(files: "CaseFiles", contradiction: Contradiction, says: Condition) -> pl.LazyFrame:
    """The cases whose record asserts an action that no row shows, or denies one that a row shows."""
    rows, on = files.children[contradiction.table], files.vocabulary.children[contradiction.table].on
    named = rows.filter(pl.col(contradiction.column).is_in([*contradiction.asserts, *contradiction.denies]))
    how: Literal["anti", "semi"] = "anti" if contradiction.asserts else "semi"
    return files.cases.filter(says.truth).join(named.select(on), on=on, how=how)


def _settle_rows(files: "CaseFiles", contradiction: Contradiction, cases: pl.LazyFrame) -> pl.LazyFrame:
    """The rows as they would be if the case's record were right: one more, or without those that it denies."""
    rows, child = files.children[contradiction.table], files.vocabulary.children[contradiction.table]
    if contradiction.denies:
        return rows.filter(~pl.col(contradiction.column).is_in(contradiction.denies).fill_null(False))
    schema = rows.collect_schema()
    filled = {child.on: pl.col(child.on), contradiction.column: pl.lit(contradiction.asserts[0])}
    if child.recorded:
        filled[child.recorded] = pl.col(files.dated_by)
    texts = {name: pl.lit("unknown") for name, kind in schema.items() if kind == pl.String and name not in filled}
    added = cases.select(
        (filled.get(name) if name in filled else texts.get(name, pl.lit(None))).cast(kind).alias(name)
        for name, kind in schema.items()
    )
    return pl.concat([rows, added])
