"""What withholding costs each table of a public edition: the rows and the counts in them that it does not tell."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from audit.formatting import capitalize, format_count, format_plural
from audit.programs.withholding import WithheldTable


def count_withheld(table: str, least: int, before: Sequence[Any], after: Sequence[Any]) -> WithheldTable:
    """What of a table's rows `before`, and of the counts in them, is not told in those `after`, none of them joined."""
    counts_of, counts = _count_numbers(before), _count_numbers(after)
    return WithheldTable(
        table=table,
        least=least,
        rows=len(before) - len(after),
        rows_of=len(before),
        counts=counts_of - counts,
        counts_of=counts_of,
    )


def _count_numbers(value: Any) -> int:
    """How many counts a row has, or several rows; a part of a row may be a row itself."""
    if is_dataclass(value):
        return sum(_count_numbers(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, list | tuple):
        return sum(map(_count_numbers, value))
    return int(isinstance(value, int) and not isinstance(value, bool))


def describe_costs(costs: Sequence[WithheldTable]) -> tuple[tuple[str, str], ...]:
    """What that costs, as a heading and a paragraph of the method; nothing where there is no table."""
    return (("What withholding costs", " ".join(map(_describe_cost, costs))),) if costs else ()


def _describe_cost(one: WithheldTable) -> str:
    """How much of a table is not told, with the least count that is."""
    under = f"under {one.least}" if one.least > 1 else "nothing for its size"
    counts = f", {format_count(one.counts)} of {format_plural(one.counts_of, 'count')}" if one.counts_of else ""
    return (
        f"{capitalize(one.table)} ({under}): {format_count(one.rows)} of {format_plural(one.rows_of, 'row')}{counts}."
    )
