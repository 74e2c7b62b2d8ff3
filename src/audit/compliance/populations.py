"""The rates of the populations that a program declares: that of the report, and those beside it."""

from dataclasses import dataclass

import polars as pl

from audit.compliance.record_states import RecordState, list_population_columns
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationResult:
    """What was due of these units, and what was there: all offices, at the measure's first grace period."""

    measure: str  # its id
    title: str  # what these units are called
    due: int
    compliant: int
    late: int
    about: str = ""  # who belongs
    leads: bool = False  # whether the report's rates are of these units


def rate_populations(counts: pl.DataFrame, census: Census) -> tuple[PopulationResult, ...]:
    """Every population under every measure, from what `audit.compliance.delays.count_delays` returns."""
    return tuple(
        PopulationResult(
            measure=measure.id,
            title=population.title,
            due=_sum_units(rows),
            compliant=_sum_units(rows.filter(state=RecordState.COMPLIANT.value)),
            late=_sum_units(rows.filter(state=RecordState.LATE.value)),
            about=population.about,
            leads=population is census.populations[0],
        )
        for measure in census.measures
        for population, column in zip(census.populations, list_population_columns(census), strict=True)
        for rows in [counts.filter(pl.col("measure") == measure.id, pl.col(column))]
    )


def _sum_units(rows: pl.DataFrame) -> int:
    return int(rows["units"].sum())
