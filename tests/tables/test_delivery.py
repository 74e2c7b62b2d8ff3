"""The supplier's delivery note: what it states beside what was read, by hand."""

from datetime import date
from decimal import Decimal

from audit.tables.checks.delivery_checks import check_delivery
from audit.tables.delivery import DeliveryNote, DeliveryTotal, StatedTotal, compare_with_delivery_note
from audit.tables.table import ControlTotals


def read(table: str, rows: int, aside: int = 0, file: str = "f.csv") -> ControlTotals:
    return ControlTotals(table=table, file=file, sha256="", rows_in=rows, rows_used=rows - aside, rows_set_aside=aside)


NOTE = DeliveryNote(
    sha256="a",
    totals=(
        StatedTotal(table="letters", rows=30, extracted=date(2011, 10, 1)),
        StatedTotal(table="fees", rows=3, sum_column="amount", sum=Decimal("10.50")),
    ),
)


def test_the_rows_of_all_files_are_held_against_the_note_those_set_aside_included() -> None:
    totals = [read("letters", 10), read("letters", 20, aside=2), read("sites", 4)]
    letters, sites = compare_with_delivery_note(NOTE, totals, {})
    assert letters == DeliveryTotal(table="letters", rows_stated=30, rows_read=30, extracted=date(2011, 10, 1))
    assert (sites.rows_stated, sites.rows_read) == (None, 4)
    assert [(check.table, check.passed) for check in check_delivery([letters, sites])] == [("letters", True)]


def test_one_row_fewer_fails_and_says_both_numbers() -> None:
    [check] = check_delivery(compare_with_delivery_note(NOTE, [read("letters", 29)], {}))
    assert (check.passed, check.severity, check.failed, check.units) == (False, "critical", 1, 30)
    assert check.check == "the table holds the 30 rows that its delivery note states (29 read)"


def test_the_sum_is_compared_to_the_decimals_that_are_stated() -> None:
    [fees] = compare_with_delivery_note(NOTE, [read("fees", 3)], {"fees": Decimal("10.499999999")})
    assert (fees.sum_column, fees.sum_stated, fees.sum_read) == ("amount", Decimal("10.50"), Decimal("10.50"))
    assert all(check.passed for check in check_delivery([fees]))
    [other] = compare_with_delivery_note(NOTE, [read("fees", 3)], {"fees": Decimal("10.4")})
    rows, total = check_delivery([other])
    assert (rows.passed, total.passed) == (True, False)
    assert total.check == "amount adds up to the 10.50 that the delivery note states (10.40 read)"


def test_a_sum_of_which_rows_were_set_aside_is_not_compared() -> None:
    [fees] = compare_with_delivery_note(NOTE, [read("fees", 3, aside=1)], {"fees": Decimal(7)})
    assert fees.sum_read is None
    assert [check.passed for check in check_delivery([fees])] == [True]


def test_without_a_note_there_is_nothing_to_compare() -> None:
    assert compare_with_delivery_note(DeliveryNote(sha256="", totals=()), [read("letters", 1)], {}) == ()
