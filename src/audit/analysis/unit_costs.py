"""Unit costs: an amount over a count, refused where they are not published, of one thing and of one period."""

from dataclasses import dataclass

from audit.programs.analyses import Expense, UnitCost, UnitCount

AMOUNT_UNKNOWN, COUNT_UNKNOWN, COUNT_ZERO = "amount not published", "count not published", "count is zero"
PERIOD_UNKNOWN, PERIODS_DIFFER, SUBJECTS_DIFFER = "period not published", "periods differ", "subjects differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCostResult:
    """A unit cost, or why there is none."""

    name: str
    title: str
    expense: Expense
    count: UnitCount
    reasons: tuple[str, ...]  # why it is refused; empty where it is not
    dollars_each: float | None  # None where refused


def measure_unit_cost(declared: UnitCost) -> UnitCostResult:
    """The amount over the count, if both are known, of the same thing, and of the same period; else every reason."""
    expense, count = declared.expense, declared.count
    reasons = tuple(_list_refusals(expense, count))
    each = None if reasons or expense.dollars is None or not count.counted else expense.dollars / count.counted
    return UnitCostResult(
        name=declared.name, title=declared.title, expense=expense, count=count, reasons=reasons, dollars_each=each
    )


def _list_refusals(expense: Expense, count: UnitCount) -> list[str]:
    days = (expense.first, expense.last, count.first, count.last)
    checks = (
        (AMOUNT_UNKNOWN, expense.dollars is None),
        (COUNT_UNKNOWN, count.counted is None),
        (COUNT_ZERO, count.counted == 0),
        (SUBJECTS_DIFFER, expense.pays_for != count.counts),
        (PERIOD_UNKNOWN, None in days),
        (PERIODS_DIFFER, None not in days and days[:2] != days[2:]),
    )
    return [reason for reason, applies in checks if applies]
