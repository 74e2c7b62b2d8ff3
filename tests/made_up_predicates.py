"""Predicates of a made-up agency: what it cannot say in the language of conditions."""

import narwhals as nw


def same_weekday(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    """Whether two days fall on the same day of the week."""
    return one.dt.weekday() == other.dt.weekday()


def no_expression(one: nw.Expr) -> bool:
    """What is not an expression, as a predicate must be."""
    return True
