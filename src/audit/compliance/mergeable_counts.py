"""The returns of a census: what a report takes from the states of all units, by parts that come to the whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from audit.compliance.item_outcomes import at_first_grace
from audit.compliance.office_rates import TALLY, tally, within
from audit.compliance.record_states import STATES, RecordState, Rows
from audit.compliance.trends import MONTHLY, monthly
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Returns:
    """What units came to; of units parted in any way that leaves each person's together, the parts' returns add up."""

    tally: pl.DataFrame  # of the period, columns TALLY
    monthly: pl.DataFrame  # of all months, columns MONTHLY
    ambiguous: int  # units of the period to which another record was as near as the one linked
    named: pl.DataFrame  # columns STATES, at the first grace period: of the units that a list may name, no other


def returns(states: Rows, census: Census, *, period: str, listed: pl.DataFrame | None = None) -> Returns:
    """The returns of units, for the report of a period: `states` is what `units` gives, of these or of all units.

    A list names the units that lack a record, and those `listed` (column unit) before. A period may have none of the
    units. AuditError (USAGE) as `in_period` raises it.
    """
    inside, first = within(states.lazy(), census, period=period), at_first_grace(states.lazy(), census)
    before = pl.Series(dtype=pl.String) if listed is None else listed["unit"]
    named = first.filter((pl.col("state") == RecordState.MISSING) | pl.col("unit").is_in(before.implode()))
    ambiguous = inside.filter("ambiguous").select(pl.col("unit").n_unique())
    return Returns(
        tally=tally(inside, census),
        monthly=monthly(states, census),
        ambiguous=ambiguous.collect(engine="streaming").item(),
        named=named.collect(engine="streaming"),
    )


def together(parts: Iterable[Returns]) -> Returns:
    """The returns of all parts as those of the whole."""
    parts = list(parts)
    named = [pl.DataFrame(schema=STATES), *(part.named for part in parts)]
    return Returns(
        tally=summed(TALLY, [part.tally for part in parts], "cases"),
        monthly=summed(MONTHLY, [part.monthly for part in parts], *list(MONTHLY)[3:]),
        ambiguous=sum(part.ambiguous for part in parts),
        named=pl.concat(named).sort("unit", "measure"),
    )


def summed(schema: Mapping[str, Any], parts: list[pl.DataFrame], *sums: str) -> pl.DataFrame:
    """The counts `sums` of all parts, kind by kind, in an order that is always the same."""
    kinds = [name for name in schema if name not in sums]
    rows = pl.concat([pl.DataFrame(schema=schema), *parts])
    return rows.group_by(kinds).agg(pl.col(*sums).sum()).sort(kinds, nulls_last=True)
