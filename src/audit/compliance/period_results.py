"""What a period's counts say beside the rates: targets, duties, populations, delays, changes and persons."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from audit.compliance.delays import DelayTable
from audit.compliance.duty_periods import MeasureDuties, find_measure_duties
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import MeasureResult
from audit.compliance.populations import PopulationResult
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


def summarize_period(census: Census, measures: Sequence[MeasureResult], *, period: str) -> PeriodResults:
    """The results of a period, from the rates of every office."""
    return PeriodResults(
        duties=find_measure_duties(census, period),
        targets=compare_with_targets(measures, census),
    )
