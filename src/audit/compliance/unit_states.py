"""The state of every unit under every measure: its records linked, examined and put to the days of grace."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from audit.compliance.grace_periods import apply_grace_periods
from audit.compliance.record_needs import add_condition_columns
from audit.compliance.record_states import list_population_columns, traces_records
from audit.errors import AuditError, ExitCode, Problem
from audit.months import MONTH_FORMAT
from audit.policy.compiler import compile_condition
from audit.policy.vocabulary import Vocabulary, infer_column_types
from audit.programs.measures import Census
from audit.tables.linkage import has_state, link_records
from audit.tables.readers.spill import materialize_plan
from audit.tables.schema import CellState


def find_unit_states(linked: pl.LazyFrame, census: Census, *, as_of: dt.date | None, rows: int = 0) -> pl.LazyFrame:
    """State of every unit under every measure and grace period, as known on `as_of`: one row each, columns
    UNIT_STATE_SCHEMA and those of `list_lack_columns` and `list_counting_columns`.

    `linked` is what `link_records` returns. A unit is excluded by the first exclusion that is true of it, and outside a
    measure whose `applies` is false of it; where that is unknown, it counts. A certain failure (unmet) goes before
    what is not there (pending, missing), and that before what is withheld. A record that leaves `satisfied` unknown
    is not there; one entered on a blank day is there, and late. A need with alternatives has the record that one of its
    columns has. Without a date nothing is pending or late. `rows` is
    how many states there are about: where they are many they lie in a file. They come in no order.

    AuditError (DATA) where the census has a date and a unit has none.
    """
    last_day, placed = as_of or dt.date.max, _add_unit_columns(linked, census)
    if census.links:  # rows that are joined with nothing are read again as quickly as they are held
        placed = materialize_plan(placed, rows=rows)
    unit_states = pl.union([apply_grace_periods(placed, measure, last_day, census) for measure in census.measures])
    if census.links:
        unit_states = materialize_plan(unit_states, rows=rows)
    if census.date:
        first = unit_states.filter(pl.col("measure") == census.measures[0].id)
        undated, every = first.select(pl.col("date").null_count(), every=pl.len()).collect().row(0)
        if undated:
            raise make_undated_error(census, undated // len(census.measures[0].grace_days), of=every)
    return unit_states


def link_and_find_states(
    tables: Mapping[str, pl.LazyFrame], census: Census, *, as_of: dt.date | None, rows: int = 0
) -> pl.LazyFrame:
    """What `find_unit_states` gives, from the tables: the units linked to their records as known on `as_of`."""
    units = _join_parents(tables, census)
    linked = link_records(units, tables, census.links, unit=census.unit, date=census.date, as_of=as_of)
    return find_unit_states(linked, census, as_of=as_of, rows=rows)


def _join_parents(tables: Mapping[str, pl.LazyFrame], census: Census) -> pl.LazyFrame:
    """The units with the columns of their parents that a population's condition names, where no unit has them."""
    units = tables[census.table]
    own = {*units.collect_schema().names(), *(name for link in census.links for name in (link.key, *link.columns))}
    for table, on in census.parents.items():
        types = infer_column_types(tables[table].collect_schema())
        words = Vocabulary(columns=dict.fromkeys((*own, *types), "any"))
        named = {
            name
            for population in census.populations
            for name in compile_condition(population.where, words, place=f"populations of {census.table}").columns
        }
        wanted = [name for name in types if name in named - own]
        own.update(wanted)
        units = units.join(tables[table].select(on, *wanted), on=on, how="left") if wanted else units
    return units


def make_undated_error(census: Census, undated: int, *, of: int) -> AuditError:
    """That so many units have no date."""
    what = f"{undated:,} of {of:,} units have no date, so their month cannot be told"
    mend = "Declare the column as required: such rows are then set aside, each with its reason."
    return AuditError(Problem(what=what, mend=mend, file=census.table, column=census.date), code=ExitCode.DATA)


def _add_unit_columns(linked: pl.LazyFrame, census: Census) -> pl.LazyFrame:
    """Every unit with its UNIT_SCHEMA columns, under names that no column of the unit has."""
    wheres = {f"_excluded_{number}": exclusion.where for number, exclusion in enumerate(census.exclusions)}
    populations = [f"_{name}" for name in list_population_columns(census)]
    members = {name: one.where for name, one in zip(populations, census.populations, strict=True)}
    decided = pl.col(census.decided).cast(pl.Date) if census.decided else pl.lit(None, pl.Date)
    reasons = [
        pl.when(name).then(pl.lit(exclusion.reason)) for name, exclusion in zip(wheres, census.exclusions, strict=True)
    ]
    unit = pl.col(census.unit).cast(pl.String)
    day = pl.col(census.date).cast(pl.Date) if census.date else pl.lit(None, pl.Date)
    names = linked.collect_schema().names()
    has_person = has_state(census.person, CellState.FILLED, names) if census.person else pl.lit(True)
    person = pl.col(census.person).cast(pl.String) if census.person else unit
    told = add_condition_columns(linked, wheres, place=f"exclusions of {census.table}")
    return add_condition_columns(told, members, place=f"populations of {census.table}").with_columns(
        pl.col(populations).fill_null(True),  # not known to be outside
        _decided=decided,
        **({"_record": pl.col(census.links[0].key).cast(pl.String)} if traces_records(census) else {}),
        _unit=unit,
        _office=pl.col(census.office).cast(pl.String).fill_null(""),
        _month=day.dt.strftime(MONTH_FORMAT),
        _date=day,
        _person=pl.when(has_person).then(person).otherwise(unit),
        _no_identifier=~has_person,
        _ambiguous=pl.col("ambiguous"),
        _excluded=pl.coalesce(*reasons, pl.lit(None, pl.String)),
    )
