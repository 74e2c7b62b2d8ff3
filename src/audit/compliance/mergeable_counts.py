"""The returns of a census: what a report takes from the states of all units, by parts that come to the whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from audit.compliance.case_counts import count_cases
from audit.compliance.delays import count_delays
from audit.compliance.item_outcomes import filter_first_grace
from audit.compliance.office_rates import filter_period
from audit.compliance.person_counts import PersonCounts, count_persons
from audit.compliance.record_states import AnyFrame, RecordState, list_counting_columns
from audit.compliance.trends import MONTH_COUNT_SCHEMA, count_months
from audit.compliance.verification import SHARED_UNIT_SCHEMA, find_units_sharing_records
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MergeableCounts:
    """What units came to; of units parted in any way that leaves each person's together, the parts' returns add up."""

    case_counts: pl.DataFrame  # of the period, as `count_cases` gives them
    month_counts: pl.DataFrame  # of all months, columns MONTH_COUNT_SCHEMA
    delay_counts: pl.DataFrame  # of the period, as `count_delays` gives them
    persons: PersonCounts  # of the period
    ambiguous: int  # units of the period to which another record was as near as the one linked
    shared_units: pl.DataFrame  # of the drawn units those that share a record, columns SHARED_UNIT_SCHEMA
    listed_units: pl.DataFrame  # states at the first grace period, of the units that a list may name and no other


def build_mergeable_counts(
    states: AnyFrame,
    census: Census,
    *,
    period: str,
    listed: pl.DataFrame | None = None,
    drawn: pl.DataFrame | None = None,
) -> MergeableCounts:
    """The returns of units, for the report of a period: `states` is what `find_unit_states` gives, of these or of all
    units.

    A list names the units that lack a record, those `listed` (column unit) before, and those `drawn` for verification,
    of which those that share a record are told. A period may have none of the units.

    AuditError (USAGE) as `filter_period` raises it.
    """
    inside, first = filter_period(states.lazy(), census, period=period), filter_first_grace(states.lazy(), census)
    drawn = pl.DataFrame(schema=SHARED_UNIT_SCHEMA) if drawn is None else drawn
    before = pl.concat([*([] if listed is None else [listed["unit"]]), drawn["unit"]])
    listed_units = first.filter((pl.col("state") == RecordState.MISSING) | pl.col("unit").is_in(before.implode()))
    ambiguous = inside.filter("ambiguous").select(pl.col("unit").n_unique())
    return MergeableCounts(
        case_counts=count_cases(inside, census),
        month_counts=count_months(states, census),
        delay_counts=count_delays(inside, census),
        persons=count_persons(inside, census),
        ambiguous=ambiguous.collect(engine="streaming").item(),
        shared_units=find_units_sharing_records(states, census, drawn),
        listed_units=listed_units.drop(list_counting_columns(census)).collect(engine="streaming"),
    )


def merge_counts(parts: Iterable[MergeableCounts]) -> MergeableCounts:
    """The returns of all parts, of which there is one at least, as those of the whole."""
    parts = list(parts)
    return MergeableCounts(
        case_counts=sum_counts([part.case_counts for part in parts], "cases"),
        month_counts=sum_counts([part.month_counts for part in parts], *list(MONTH_COUNT_SCHEMA)[3:]),
        delay_counts=sum_counts([part.delay_counts for part in parts], "units"),
        persons=sum((part.persons for part in parts), PersonCounts()),
        ambiguous=sum(part.ambiguous for part in parts),
        shared_units=pl.concat([part.shared_units for part in parts]).sort("unit"),
        listed_units=pl.concat([part.listed_units for part in parts]).sort("unit", "measure"),
    )


def sum_counts(parts: Sequence[pl.DataFrame], *sums: str) -> pl.DataFrame:
    """The counts `sums` of all parts, kind by kind, in an order that is always the same; one part at least."""
    kinds = [name for name in parts[0].columns if name not in sums]
    rows = pl.concat(parts)
    return rows.group_by(kinds).agg(pl.col(*sums).sum()).sort(kinds, nulls_last=True)
