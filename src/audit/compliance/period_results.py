"""What a period's counts say beside the rates: targets, duties, populations, delays, changes and persons."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from audit.compliance.delays import DelayTable, build_delay_tables
from audit.compliance.duty_periods import MeasureDuties, find_measure_duties
from audit.compliance.mergeable_counts import MergeableCounts
from audit.compliance.office_changes import OfficeChange, compare_months_by_office
from audit.compliance.office_rates import MeasureResult
from audit.compliance.populations import PopulationResult, rate_populations
from audit.compliance.targets import TargetResult, compare_with_targets
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodResults:
    """The results of a period as fields of its report's record, each under its own name."""

    duties: tuple[MeasureDuties, ...] = ()
    targets: tuple[TargetResult, ...] = ()
    populations: tuple[PopulationResult, ...] = ()
    delays: tuple[DelayTable, ...] = ()
    changes: tuple[OfficeChange, ...] = ()
    persons_once: int | None = None
    persons_in_two_offices: int | None = None

    def list_values(self) -> dict[str, Any]:
        """Every result by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def summarize_period(
    census: Census,
    measures: Sequence[MeasureResult],
    counts: MergeableCounts,
    *,
    period: str,
    as_of: dt.date | None,
    offices: Mapping[str, str],
) -> PeriodResults:
    """The results of a period as known on `as_of`, from the rates of every office and the counts of its units.

    `offices` is every office by code and name.
    """
    return PeriodResults(
        duties=find_measure_duties(census, period),
        targets=compare_with_targets(measures, census),
        populations=rate_populations(counts.delay_counts, census),
        delays=build_delay_tables(counts.delay_counts, census, period=period, as_of=as_of),
        changes=compare_months_by_office(counts.month_counts, census, period=period, offices=offices),
        persons_once=counts.persons.once if census.person else None,
        persons_in_two_offices=counts.persons.in_two_offices if census.person else None,
    )
