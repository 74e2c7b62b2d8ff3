"""A check written as a condition in the policy's language, compiled for the rows of one table."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import polars as pl

from audit.policy.compiler import compile_condition
from audit.policy.vocabulary import Vocabulary, infer_column_types
from audit.tables.checks.polars_expectations import CompiledExpectation, build_row_expectation

UnknownTreatment = Literal["passes", "fails"]  # what a row counts as of which the condition is unknown


def compile_expression(
    text: str,
    schema: pl.Schema,
    *,
    unknown: UnknownTreatment,
    holidays: Sequence[date] | None,
    place: str,
) -> CompiledExpectation:
    """Compile a condition over the columns of `schema`; each row is true, false or unknown.

    A row of which it is unknown is no unit, unless unknown `fails`: then every row is one. ValueError where it names no
    column; AuditError (USAGE) names `place` and what is not part of the language.
    """
    vocabulary = Vocabulary(
        columns=infer_column_types(schema),
        holidays=None if holidays is None else tuple(holidays),
    )
    truth = compile_condition(text, vocabulary, place=place).truth
    columns = list(dict.fromkeys(truth.meta.root_names()))
    if not columns:
        raise ValueError("names no column, so it says the same of every row")
    words = " ".join(text.split())
    if unknown == "fails":
        return build_row_expectation(f"{words}, and is never unknown", columns, truth)
    return build_row_expectation(words, columns, truth, is_unit=truth.is_not_null())
