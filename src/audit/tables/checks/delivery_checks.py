"""The checks of the tables against the supplier's delivery note."""

from collections.abc import Iterator, Sequence

from audit.tables.checks.results import CheckResult
from audit.tables.delivery import DeliveryTotal

DELIVERY_EXPECTATION = "delivery_note"  # what is checked, where other checks have the Great Expectations type
_WHY = "The supplier of the tables counted them: any other number means an incomplete delivery, or rows lost."


def check_delivery(totals: Sequence[DeliveryTotal]) -> Iterator[CheckResult]:
    """A critical check of every total that the note states: as many rows, and the same sum."""
    for one in totals:
        if one.rows_stated is not None:
            yield _make_result(
                one,
                f"the table holds the {one.rows_stated:,} rows that its delivery note states",
                found=f"{one.rows_read:,}",
                units=max(one.rows_stated, one.rows_read),
                failed=abs(one.rows_stated - one.rows_read),
            )
        if one.sum_read is not None:
            failed = int(one.sum_read != one.sum_stated)
            words = f"{one.sum_column} adds up to the {one.sum_stated:,} that the delivery note states"
            yield _make_result(one, words, found=f"{one.sum_read:,}", units=1, failed=failed)


def _make_result(total: DeliveryTotal, words: str, *, found: str, units: int, failed: int) -> CheckResult:
    return CheckResult(
        table=total.table,
        check=f"{words} ({found} read)" if failed else words,
        expectation=DELIVERY_EXPECTATION,
        column=total.sum_column or None,
        severity="critical",
        units=units,
        failed=failed,
        passed=not failed,
        why=_WHY,
    )
