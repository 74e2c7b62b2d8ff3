"""Cases whose records leave open what happened: assessed under each possibility, decided where all give one outcome.

Two records may be equally near to a case, or one record may say of an action what the rows of actions do not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from audit.policy.compiled_condition import Condition
from audit.policy.compiler import compile_condition
from audit.policy.fact_text import SEPARATOR
from audit.programs.declaration import Contradiction

if TYPE_CHECKING:
    from audit.assessment.case_file import CaseFiles

ALTERNATIVE_COLUMN: Final = "__alternative"  # number of a possible file of a case
CASE_COLUMN: Final = "__case"  # the key of the case whose file it may be
OPEN_COLUMN: Final = "__open"  # the facts that would settle which file is right, separated by SEPARATOR
_NUMBER = "__contradiction"  # of the contradiction that a possible file settles; none of an equally near record


def build_alternatives(files: "CaseFiles") -> "CaseFiles | None":
    """Every other possible file of these cases, keyed by ALTERNATIVE_COLUMN; None where there is none.

    Each bears the key of its case in CASE_COLUMN, and in OPEN_COLUMN the facts that would settle which file is right.
    """
    parts = pl.collect_all([*_list_open_cases(files)])
    cases = pl.concat(parts, how="diagonal") if parts else pl.DataFrame()
    if cases.is_empty():
        return None
    cases = cases.with_row_index(ALTERNATIVE_COLUMN).with_columns(pl.col(ALTERNATIVE_COLUMN).cast(pl.Int64))
    children = {name: _copy_rows(files, name, cases) for name in files.vocabulary.children}
    joins = {child.on for child in files.vocabulary.children.values()}
    own = pl.col(ALTERNATIVE_COLUMN).cast(pl.String)
    numbered = cases.lazy().with_columns(pl.col(files.key).alias(CASE_COLUMN))
    copies = numbered.with_columns(pl.when(pl.col(on).is_not_null()).then(own).alias(on) for on in joins)
    return replace(files, cases=copies, children=children, key=ALTERNATIVE_COLUMN)


def find_contradictions(files: "CaseFiles") -> tuple[Contradiction, ...]:
    """The declared contradictions that some of these cases show."""
    return tuple(
        one
        for one in files.contradictions
        if _find_contradicted_cases(files, one, _compile_statement(one, files)).limit(1).collect().height
    )


def merge_alternatives(outcomes: pl.DataFrame, others: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """The outcomes of cases, undeterminable where another possible file of the case gives another.

    `others` has the columns `key`, attribute, outcome, severity, candidates and OPEN_COLUMN. What differs leaves no
    class and no rule; it needs what would settle which file is right, and bears the gravest severity of all.
    """
    by, columns = [key, "attribute"], outcomes.columns
    every = others.join(outcomes.select(*by, as_is="outcome"), on=by).filter(pl.col("outcome") != pl.col("as_is"))
    if every.is_empty():
        return outcomes
    differing = every.group_by(by).agg(
        (pl.col("severity") == "critical").any().alias("__critical"),
        pl.col("candidates").drop_nulls().unique(maintain_order=True).str.join(SEPARATOR).alias("__others"),
        pl.col(OPEN_COLUMN).unique(maintain_order=True).str.join(SEPARATOR),
    )
    is_open, none = pl.col(OPEN_COLUMN).is_not_null(), pl.lit(None, pl.String)
    values: Mapping[str, pl.Expr] = {
        "outcome": pl.lit("undeterminable"),
        **dict.fromkeys(("class", "rule", "version", "section"), none),
        "sure": pl.lit(False),
        "severity": pl.when("__critical").then(pl.lit("critical")).otherwise("severity"),
        "candidates": _join_names("candidates", "__others"),
        "needed": _join_names(OPEN_COLUMN, "needed"),
    }
    joined = outcomes.join(differing, on=by, how="left")
    return joined.with_columns(
        pl.when(is_open).then(value).otherwise(name).alias(name) for name, value in values.items()
    ).select(columns)


def _join_names(*columns: str) -> pl.Expr:
    """The names in several columns, each once."""
    parts = [pl.when(pl.col(column) != "").then(pl.col(column)) for column in columns]
    names = pl.concat_str(parts, separator=SEPARATOR, ignore_nulls=True).str.split(SEPARATOR)
    return names.list.unique(maintain_order=True).list.join(SEPARATOR)


def _list_open_cases(files: "CaseFiles") -> Iterator[pl.LazyFrame]:
    """Cases that may have another file, with what would settle it in OPEN_COLUMN."""
    if files.twins is not None:
        which = pl.lit(SEPARATOR.join(files.twin_keys)).alias(OPEN_COLUMN)
        yield files.twins.with_columns(which, pl.lit(None, pl.Int64).alias(_NUMBER))
    for number, contradiction in enumerate(files.contradictions):
        says = _compile_statement(contradiction, files)
        which = pl.lit(SEPARATOR.join([*says.fields, f"{contradiction.table}.{contradiction.column}"]))
        cases = _find_contradicted_cases(files, contradiction, says)
        yield cases.with_columns(which.alias(OPEN_COLUMN), pl.lit(number, pl.Int64).alias(_NUMBER))


def _compile_statement(contradiction: Contradiction, files: "CaseFiles") -> Condition:
    """When a case's record says something of its rows."""
    return compile_condition(contradiction.when, files.vocabulary, place="program.toml, cases.contradictions")


def _find_contradicted_cases(files: "CaseFiles", contradiction: Contradiction, says: Condition) -> pl.LazyFrame:
    """The cases whose record asserts an action that no row shows, or denies one that a row shows."""
    rows, on = files.children[contradiction.table], files.vocabulary.children[contradiction.table].on
    named = rows.filter(pl.col(contradiction.column).is_in([*contradiction.asserts, *contradiction.denies]))
    how: Literal["anti", "semi"] = "anti" if contradiction.asserts else "semi"
    return files.cases.filter(says.truth).join(named.select(on), on=on, how=how)


def _copy_rows(files: "CaseFiles", table: str, cases: pl.DataFrame) -> pl.LazyFrame:
    """The rows of a child table for each possible file, as they would be if the case's record were right."""
    child, schema = files.vocabulary.children[table], files.children[table].collect_schema()
    whose = cases.lazy().select(pl.col(child.on), ALTERNATIVE_COLUMN, _NUMBER)
    copies = files.children[table].join(whose, on=child.on)
    denied, added = pl.lit(False), []
    for number, contradiction in enumerate(files.contradictions):
        if contradiction.table == table and contradiction.denies:
            is_denied = pl.col(contradiction.column).is_in(contradiction.denies).fill_null(False)
            denied = denied | ((pl.col(_NUMBER) == number).fill_null(False) & is_denied)
        elif contradiction.table == table:
            stated = cases.lazy().filter(pl.col(_NUMBER) == number)
            added.append(_state_row(files, contradiction, stated, schema))
    kept = copies.filter(~denied).with_columns(pl.col(ALTERNATIVE_COLUMN).cast(pl.String).alias(child.on))
    return pl.concat([kept.select(schema.names()), *added])


def _state_row(
    files: "CaseFiles", contradiction: Contradiction, cases: pl.LazyFrame, schema: pl.Schema
) -> pl.LazyFrame:
    """The row that a case's record asserts; what else it would say is not known."""
    child = files.vocabulary.children[contradiction.table]
    stated = {
        child.on: pl.col(ALTERNATIVE_COLUMN).cast(pl.String),
        contradiction.column: pl.lit(contradiction.asserts[0] if contradiction.asserts else None),
        **({child.recorded: pl.col(files.dated_by)} if child.recorded else {}),
    }
    return cases.select(
        stated.get(name, pl.lit("unknown") if kind == pl.String else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )
