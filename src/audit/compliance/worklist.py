"""The worklist: every open item of a census with the keys of its records, what it needs, and the day it is due."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import product

import polars as pl

from audit.compliance.item_deadlines import derive_due_day
from audit.compliance.item_outcomes import ITEM_KEY, UNIT_SEPARATOR
from audit.compliance.office_rates import format_missing_records
from audit.compliance.returns import RETURN_STATUS_SCHEMA
from audit.programs.measures import Census, Measure
from audit.tables.linkage import has_state, link_records
from audit.tables.schema import CellState

KEY_SEPARATOR = "; "  # between the keys of a list's row, where it is about several units
NO_RECORD = "none"  # in such a row, for a unit that has no record of a table
ITEM_CODE_LENGTH = 12  # hexadecimal digits, by which a row that comes back names its item


class Work(StrEnum):
    """What an open item needs."""

    IDENTIFIER = "identifier"  # without one no record can be linked
    REVIEW = "review"  # several records are equally near, and contradict each other
    ENTRY = "entry"  # a record is to be entered


# A row for each unit, before the columns of `list_record_columns`.
UNIT_RECORD_SCHEMA = {
    "unit": pl.String,
    "day": pl.Date,
    "below": pl.String,  # the unit below the office; null where none is declared
    "no_identifier": pl.Boolean,
    "ambiguous": pl.Boolean,
}

# A row for each item: `office` is the one whose list it is on, `owner` the one under which the tables have it. Between
# `below` and `missing` stand the columns of `list_record_columns`, all text.
WORKLIST_SCHEMA = {
    "office": pl.String,
    "owner": pl.String,
    "month": pl.String,
    "person": pl.String,
    "measure": pl.String,
    "item": pl.String,
    "keys": pl.String,
    "first": pl.Date,
    "below": pl.String,
    "missing": pl.String,
    "work": pl.String,
    "where": pl.String,
    "days_open": pl.Int64,
    "listed": pl.Date,
    "due": pl.Date,
    "overdue": pl.Boolean,
    **RETURN_STATUS_SCHEMA,
}


def list_record_columns(census: Census) -> list[str]:
    """The columns of the records that are linked to a unit: the key of each, and its day where the link goes by day."""
    return [
        name
        for number, link in enumerate(census.links, start=1)
        for name in (f"record_{number}", *([f"record_{number}_day"] if link.date else []))
    ]


def find_unit_records(
    tables: Mapping[str, pl.LazyFrame], census: Census, units: pl.DataFrame, *, as_of: dt.date | None
) -> pl.DataFrame:
    """The records that are linked to each of the `units` (column unit), as known on a day.

    A row for each unit that the tables have: the columns UNIT_RECORD_SCHEMA and those of `list_record_columns`.
    """
    key = pl.col(census.unit).cast(pl.String)
    wanted = tables[census.table].filter(key.is_in(units["unit"].implode()))
    linked = link_records(wanted, tables, census.links, unit=census.unit, date=census.date, as_of=as_of)
    names, records = linked.collect_schema().names(), list[pl.Expr]()
    for number, link in enumerate(census.links, start=1):
        brought = link.key if link.key != link.on else None  # the unit's own column says nothing of the record
        records.append(
            (pl.col(brought).cast(pl.String) if brought else pl.lit(None, pl.String)).alias(f"record_{number}")
        )
        if link.date:
            day = f"record_{number}_day"
            days = tables[link.table].select(link.key, pl.col(link.date).cast(pl.Date).alias(day))
            linked = linked.join(days.unique(link.key, keep="any"), on=link.key, how="left")
            records.append(pl.col(day))
    has_person = has_state(census.person, CellState.FILLED, names) if census.person else pl.lit(True)
    return linked.select(
        unit=key,
        day=pl.col(census.date).cast(pl.Date) if census.date else pl.lit(None, pl.Date),
        below=pl.col(census.unit_below).cast(pl.String) if census.unit_below else pl.lit(None, pl.String),
        no_identifier=~has_person,
        ambiguous=pl.col("ambiguous"),
        **{expression.meta.output_name(): expression for expression in records},
    ).collect(engine="streaming")


def build_worklist(
    items: pl.DataFrame,
    unit_records: pl.DataFrame,
    census: Census,
    *,
    as_of: dt.date | None,
    returned: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every item of `items` with what an office needs to work it: columns WORKLIST_SCHEMA, a row each.

    `items` has the columns of `audit.compliance.ledger.MISSING_ITEM_SCHEMA`, and `listed` where a ledger knows it;
    `unit_records` is what `find_unit_records` gives of their units; `returned` what offices and headquarters said of
    items, columns ITEM_KEY and RETURN_STATUS_SCHEMA. An item that was referred to another office is on that one's list.
    By office, the unit below it, due day, and then the oldest first.
    """
    listed = items if "listed" in items.columns else items.with_columns(listed=pl.lit(None, pl.Date))
    said = pl.DataFrame(schema={**dict.fromkeys(ITEM_KEY, pl.String), **RETURN_STATUS_SCHEMA})
    rows = (
        _join_unit_records(listed, unit_records, census)
        .join(_describe_gaps(listed, census), on=["measure", "missing"], how="left")
        .join(said if returned is None else returned, on=ITEM_KEY, how="left")
        .with_columns(item=_code_items(listed=pl.struct(ITEM_KEY)), due=derive_due_day(census))
    )
    day = pl.lit(as_of, pl.Date)
    return (
        rows.with_columns(
            owner=pl.col("office"),
            office=pl.coalesce("referred_to", "office"),
            days_open=(day - pl.col("first")).dt.total_days(),
            overdue=(pl.col("due") <= day).fill_null(False),
        )
        .select(*_list_worklist_columns(census))
        .sort("office", "below", "due", "first", "keys", "measure", nulls_last=True)
    )


def _list_worklist_columns(census: Census) -> list[str]:
    names = list(WORKLIST_SCHEMA)
    place = names.index("missing")
    return [*names[:place], *list_record_columns(census), *names[place:]]


def _code_items(listed: pl.Expr) -> pl.Expr:
    return listed.map_elements(lambda key: code_item(*key.values()), return_dtype=pl.String)


def code_item(office: str, month: str, person: str, measure: str) -> str:
    """The code of an item, by which a returned row is known: the start of its key's SHA-256."""
    text = "\n".join((office, month, person, measure))
    return hashlib.sha256(text.encode()).hexdigest()[:ITEM_CODE_LENGTH]


def _join_unit_records(items: pl.DataFrame, unit_records: pl.DataFrame, census: Census) -> pl.DataFrame:
    """The items with their units' keys and records, those of several units one after the other."""
    by_unit = (
        items.select(*ITEM_KEY, unit=pl.col("units").str.split(UNIT_SEPARATOR))
        .explode("unit")
        .join(unit_records, on="unit", how="left")
        .sort(*ITEM_KEY, "day", "unit", nulls_last=True)
    )
    records = [
        pl.when(pl.col(name).is_not_null().any())
        .then(pl.col(name).cast(pl.String).fill_null(NO_RECORD).str.join(KEY_SEPARATOR))
        .alias(name)
        for name in list_record_columns(census)
    ]
    gathered = by_unit.group_by(ITEM_KEY).agg(
        pl.col("unit").str.join(KEY_SEPARATOR).alias("keys"),
        pl.col("below").drop_nulls().first(),
        pl.col("no_identifier", "ambiguous").any(),
        *records,
    )
    linked_by_person = census.person in {step.on for step in census.links}
    work = (
        pl.when(pl.col("no_identifier") & linked_by_person)
        .then(pl.lit(Work.IDENTIFIER.value))
        .when("ambiguous")
        .then(pl.lit(Work.REVIEW.value))
        .otherwise(pl.lit(Work.ENTRY.value))
    )
    return items.drop("units").join(gathered, on=ITEM_KEY, how="left").with_columns(work=work)


def list_gaps(measure: Measure) -> dict[str, tuple[str, ...]]:
    """Every text that says what a unit lacks under a measure, with the labels of the records."""
    return {
        format_missing_records(measure, lacks): tuple(
            need.label for need, lacking in zip(measure.needs, lacks, strict=True) if lacking
        )
        for lacks in product((False, True), repeat=len(measure.needs))
    }


def _describe_gaps(items: pl.DataFrame, census: Census) -> pl.DataFrame:
    """Where the records of each gap are entered: columns measure, missing and where."""
    measures = {measure.id: measure for measure in census.measures}
    rows = [
        (measure, missing, _list_systems(measures[measure], list_gaps(measures[measure]).get(missing, ())))
        for measure, missing in items.select("measure", "missing").unique().sort("measure", "missing").iter_rows()
        if measure in measures
    ]
    schema = {"measure": pl.String, "missing": pl.String, "where": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _list_systems(measure: Measure, labels: Sequence[str]) -> str | None:
    systems = dict.fromkeys(need.system for need in measure.needs if need.label in labels and need.system)
    return KEY_SEPARATOR.join(systems) or None
