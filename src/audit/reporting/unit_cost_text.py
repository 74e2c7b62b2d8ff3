"""The words of unit costs: what each comes to, or why an amount may not be divided by a count."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from audit.analysis.unit_costs import (
    AMOUNT_UNKNOWN,
    COUNT_UNKNOWN,
    COUNT_ZERO,
    PERIOD_UNKNOWN,
    PERIODS_DIFFER,
    SUBJECTS_DIFFER,
    UnitCostResult,
)
from audit.formatting import capitalize, format_count, format_day, format_dollars
from audit.reporting.record import KeyFigure

_MILLION = 1_000_000


def format_unit_cost_headline(results: Sequence[UnitCostResult]) -> str:
    """How many unit costs could be formed, of those declared."""
    formed = [one for one in results if not one.reasons]
    each = "; ".join(f"{one.title}: {format_unit_cost(one)}" for one in formed)
    return (
        f"Unit costs: {format_count(len(formed))} of {format_count(len(results))} could be formed"
        f"{f' ({each})' if each else ''}."
    )


def make_unit_cost_figure(results: Sequence[UnitCostResult]) -> KeyFigure:
    """How many unit costs could be formed."""
    formed = sum(not one.reasons for one in results)
    return KeyFigure(
        value=f"{format_count(formed)} of {format_count(len(results))}",
        label="unit costs could be formed",
        detail="the others would divide what does not belong together" if formed < len(results) else "",
    )


def format_unit_cost(one: UnitCostResult) -> str:
    """Dollars for one unit, to the cent; no more than about so much where the amount was rounded."""
    if one.dollars_each is None:
        return "none"
    each = Decimal(str(one.dollars_each))
    about = "about " if one.expense.is_rounded else ""
    return f"{about}${each.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):,} a {one.count.unit[0]}"


def format_amount(one: UnitCostResult) -> str:
    """The amount as it was published."""
    dollars = one.expense.dollars
    if dollars is None:
        return "not published"
    if one.expense.is_rounded and dollars >= _MILLION:
        return f"about {format_dollars(dollars)}"
    return f"{'about ' if one.expense.is_rounded else ''}${format_count(dollars)}"


def format_unit_count(one: UnitCostResult) -> str:
    """The count as it was published."""
    number = one.count.counted
    return f"{one.count.unit[1]}: not published" if number is None else f"{format_count(number)} {one.count.unit[1]}"


def format_days(first: dt.date | None, last: dt.date | None) -> str:
    """A period by its days; a day that no source states is not published."""
    days = [format_day(day) if day else "a day not published" for day in (first, last)]
    return "not published" if first is None and last is None else " to ".join(days)


def describe_refusal(one: UnitCostResult) -> str:
    """Every reason why the amount is not divided by the count; what it comes to where there is none."""
    if not one.reasons:
        return f"{capitalize(format_unit_cost(one))}."
    expense, count = one.expense, one.count
    words = {
        AMOUNT_UNKNOWN: "the amount was not published",
        COUNT_UNKNOWN: f"the number of {count.unit[1]} was not published",
        COUNT_ZERO: f"there are no {count.unit[1]}",
        SUBJECTS_DIFFER: f"the amount is for {expense.pays_for}, and what is counted is {count.counts}",
        PERIOD_UNKNOWN: "the days that one of them covers were not published",
        PERIODS_DIFFER: (
            f"the amount is of {format_days(expense.first, expense.last)}, and the count of "
            f"{format_days(count.first, count.last)}"
        ),
    }
    return f"Not divided: {'; '.join(words[reason] for reason in one.reasons)}."


def describe_unit_cost_method(results: Sequence[UnitCostResult]) -> Iterator[tuple[str, str]]:
    """When an amount is divided by a count."""
    if results:
        yield (
            "Unit costs: when an amount is divided",
            "Only where amount and count are published, are of the same thing, and cover the same days. The average "
            "says nothing of what one more would cost.",
        )
