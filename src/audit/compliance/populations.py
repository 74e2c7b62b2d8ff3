"""The rate of some of the units beside that of all."""

from dataclasses import dataclass

import polars as pl

from audit.compliance.record_states import RecordState, list_population_columns
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationResult:
    """What was due of some of the units, and what was there: all offices, at the measure's first grace period."""

    measure: str  # its id
    title: str  # what these units are called
    due: int
    compliant: int
    late: int


def rate_populations(counts: pl.DataFrame, census: Census) -> tuple[PopulationResult, ...]:
    """Every population under every measure, from what `audit.compliance.delays.count_delays` returns."""
    return tuple(
        PopulationResult(
            measure=measure.id,
            title=population.title,
            due=_sum_units(rows),
            compliant=_sum_units(rows.filter(state=RecordState.COMPLIANT.value)),
            late=_sum_units(rows.filter(state=RecordState.LATE.value)),
        )
        for measure in census.measures
        for population, column in zip(census.populations, list_population_columns(census), strict=True)
        for rows in [counts.filter(pl.col("measure") == measure.id, pl.col(column))]
    )


def _sum_units(rows: pl.DataFrame) -> int:
    return int(rows["units"].sum())
