"""Predicates of a made-up agency: what it cannot say in the language of conditions."""

import polars as pl


def same_weekday(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Whether two days fall on the same day of the week."""
    return one.dt.weekday() == other.dt.weekday()


def no_expression(one: pl.Expr) -> bool:
    """What is not an expression, as a predicate must be."""
    return True
