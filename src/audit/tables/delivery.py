"""What the supplier of the tables says that was delivered, beside what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from audit.tables.table import ControlTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTotal:
    """A row of the supplier's delivery note."""

    table: str
    rows: int
    extracted: date | None = None  # day on which the supplier took the table from its system
    sum_column: str = ""  # column whose sum is stated; "" where none is
    sum: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNote:
    """The supplier's delivery note."""

    sha256: str  # of its file; "" where there is none
    totals: tuple[StatedTotal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTotal:
    """One table: its control totals by the supplier's delivery note, and those of the rows that were read."""

    table: str
    rows_stated: int | None  # by the delivery note; None where it does not name the table
    rows_read: int  # those set aside included
    extracted: date | None  # day on which the supplier took the table from its system
    sum_column: str = ""  # column whose sum the note states; "" where it states none
    sum_stated: Decimal | None = None
    sum_read: Decimal | None = None  # to as many decimals as are stated; None where rows were set aside


def compare_with_delivery_note(
    note: DeliveryNote, totals: Sequence[ControlTotals], sums: Mapping[str, Decimal]
) -> tuple[DeliveryTotal, ...]:
    """Every table that was read, beside what the note states of it; none where there is no note.

    `totals` is of every file that was read, `sums` the sum of the column of each table of which the note states one,
    over the rows that are used.
    """
    stated = {total.table: total for total in note.totals}
    rows: dict[str, tuple[int, int]] = {}
    for one in totals if note.sha256 else ():
        read, aside = rows.get(one.table, (0, 0))
        rows[one.table] = (read + one.rows_in, aside + one.rows_set_aside)
    return tuple(_compare_table(table, stated.get(table), *each, sums.get(table)) for table, each in rows.items())


def _compare_table(
    table: str, stated: StatedTotal | None, read: int, aside: int, total: Decimal | None
) -> DeliveryTotal:
    if stated is None:
        return DeliveryTotal(table=table, rows_stated=None, rows_read=read, extracted=None)
    comparable = total is not None and stated.sum is not None and not aside
    return DeliveryTotal(
        table=table,
        rows_stated=stated.rows,
        rows_read=read,
        extracted=stated.extracted,
        sum_column=stated.sum_column,
        sum_stated=stated.sum,
        sum_read=total.quantize(stated.sum) if comparable and total is not None and stated.sum is not None else None,
    )
