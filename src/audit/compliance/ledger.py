"""The ledger: what is open, how it moved from one month to the next, and the identity that must hold."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY, UNIT_SEPARATOR, filter_first_grace
from audit.compliance.ledger_transitions import apply_transitions
from audit.compliance.office_rates import filter_period, format_missing_records
from audit.compliance.record_states import AnyFrame, RecordState, list_lack_columns, list_missing_records
from audit.errors import AuditError, ExitCode, Problem
from audit.programs.measures import Census, Measure

IDENTIFIER_GUIDANCE = "Find the identifier first: without it no record can be linked."
MISSING_ITEM_SCHEMA = {
    **dict.fromkeys(ITEM_KEY, pl.String),
    "units": pl.String,  # keys of the units that lack a record, with UNIT_SEPARATOR between them
    "first": pl.Date,  # of these units' days
    "missing": pl.String,
}
LEDGER_SCHEMA = {
    **MISSING_ITEM_SCHEMA,
    "state": pl.String,  # open, resolved or reclassified
    "movement": pl.String,  # new, still open, reopened, resolved, reclassified; null where nothing moved
    "listed": pl.Date,  # as-of day of the first ledger that has the item
    "closed": pl.Date,  # when the last record was entered, or where no day tells, seen; when it was reclassified
    "reason": pl.String,  # why it was reclassified
    "decided": pl.Date,  # when a person decided so; null where the tables say it, and then it may come back
    "guidance_sent": pl.Date,
    "remark": pl.String,  # one of those in `audit.compliance.ledger_transitions`
}
OPEN_ITEM_COUNT_SCHEMA = {"measure": pl.String, "office": pl.String, "month": pl.String, "open_items": pl.Int64}
RECLASSIFICATION_SCHEMA = {**dict.fromkeys(ITEM_KEY, pl.String), "decided": pl.Date, "reason": pl.String}
GUIDANCE_SCHEMA = {**dict.fromkeys(ITEM_KEY, pl.String), "sent": pl.Date}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """What one person's records of one office and month still lack; in a census without dates, of the whole table."""

    office: str
    month: str  # "all" in a census without dates
    person: str  # pseudonym, or the unit's own key where there is no identifier
    measure: str
    units: int
    records: int  # that these units lack
    first: dt.date | None
    missing: str
    days_open: int | None
    no_identifier: bool
    guidance: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """Every item there ever was, and what moved: open_start + new + reopened - resolved - reclassified = open_end."""

    items: pl.DataFrame  # columns LEDGER_SCHEMA
    open_start: int
    new: int
    reopened: int
    resolved: int
    reclassified: int
    open_end: int

    def __post_init__(self) -> None:
        expected = self.open_start + self.new + self.reopened - self.resolved - self.reclassified
        if expected != self.open_end:
            what = f"{self.open_end:,} items are open, where the movements leave {expected:,}"
            mend = "Nothing was written: restore the ledger of the month before, and run again."
            raise AuditError(Problem(what=what, mend=mend, file="ledger"), code=ExitCode.DATA)


def make_empty_items() -> pl.DataFrame:
    """The items of a ledger that begins."""
    return pl.DataFrame(schema=LEDGER_SCHEMA)


def list_open_items(
    states: pl.DataFrame, census: Census, *, period: str, as_of: dt.date | None
) -> tuple[OpenItem, ...]:
    """What is missing, as one item per person, office, month and measure; by office, date and person.

    `states` is what `find_unit_states` returns, `period` as for `filter_period`. A record is missing once the first
    grace period of its measure is over; days run from the first of the item's units to `as_of`.
    """
    measures = {measure.id: measure for measure in census.measures}
    linked = census.person in {step.on for step in census.links}
    lacking = _group_missing(filter_period(states, census, period=period), census).drop("keys")
    lack_columns = list_lack_columns(census)
    items = [
        _build_item(measures[row.pop("measure")], as_of, [row.pop(name) for name in lack_columns], **row, linked=linked)
        for row in lacking.iter_rows(named=True)
    ]
    return tuple(sorted(items, key=lambda item: (item.office, item.first or dt.date.min, item.person, item.measure)))


def find_missing_items(states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """What is missing in all months of `states`, as `roll_forward_ledger` takes it: a row an item, columns
    MISSING_ITEM_SCHEMA."""
    lacking = _group_missing(states, census)
    measures = {measure.id: measure for measure in census.measures}
    kinds = lacking.select("measure", *list_lack_columns(census)).unique()
    missing = [format_missing_records(measures[measure], lacks) for measure, *lacks in kinds.iter_rows()]
    return (
        lacking.join(kinds.with_columns(missing=pl.Series(missing, dtype=pl.String)), on=kinds.columns)
        .select(
            pl.col("office"),
            pl.col("month").fill_null("all"),
            pl.col("person", "measure"),
            pl.col("keys").list.sort().list.join(UNIT_SEPARATOR).alias("units"),
            pl.col("first", "missing"),
        )
        .sort(ITEM_KEY)
    )


def count_open_items(items: pl.DataFrame) -> pl.DataFrame:
    """How many items of a ledger are open: columns OPEN_ITEM_COUNT_SCHEMA."""
    return (
        items.filter(pl.col("state") == "open")
        .group_by("measure", "office", "month")
        .agg(open_items=pl.len().cast(pl.Int64))
    )


def count_missing_items(states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """How many items `find_missing_items` gives, without listing them: columns OPEN_ITEM_COUNT_SCHEMA."""
    items = pl.struct("person", "no_identifier").n_unique().cast(pl.Int64)
    by_month = _filter_missing(states.lazy(), census).group_by("measure", "office", "month").agg(open_items=items)
    return by_month.collect(engine="streaming")


def _filter_missing(states: AnyFrame, census: Census) -> AnyFrame:
    return filter_first_grace(states, census).filter(pl.col("state") == RecordState.MISSING)


def _group_missing(states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """One row per person, office, month and measure that has a unit with a record missing."""
    lacks = list_lack_columns(census)
    return (
        _filter_missing(states, census)
        .group_by("measure", "office", "month", "person", "no_identifier")
        .agg(
            pl.col(lacks).any(),
            first=pl.col("date").min(),
            units=pl.len(),
            records=pl.sum_horizontal(pl.col(name).cast(pl.Int64).sum() for name in lacks),
            keys=pl.col("unit"),
        )
    )


def _build_item(
    measure: Measure,
    as_of: dt.date | None,
    lacks: Sequence[bool],
    *,
    office: str,
    month: str | None,
    person: str,
    no_identifier: bool,
    first: dt.date | None,
    units: int,
    records: int,
    linked: bool,
) -> OpenItem:
    missing, guidance = format_missing_records(measure, lacks), measure.guidance or {}
    each = [guidance[label] for label in list_missing_records(measure, lacks) if label in guidance]
    return OpenItem(
        office=office,
        month=month or "all",
        person=person,
        measure=measure.id,
        units=units,
        records=records,
        first=first,
        missing=missing,
        days_open=(as_of - first).days if as_of and first else None,
        no_identifier=no_identifier,
        guidance=IDENTIFIER_GUIDANCE if no_identifier and linked else guidance.get(missing, " ".join(each)),
    )


def roll_forward_ledger(
    opening: pl.DataFrame,
    missing_items: pl.DataFrame,
    *,
    as_of: dt.date,
    fates: pl.DataFrame,
    reclassified: pl.DataFrame | None = None,
    guidance: pl.DataFrame | None = None,
    undone: pl.DataFrame | None = None,
) -> Ledger:
    """Carry the ledger on to what is found on `as_of`.

    `opening` is the items of the last ledger (`make_empty_items()` at first); `missing_items` holds every item missing
    now in all the months there are, columns MISSING_ITEM_SCHEMA; `fates` what became of the units that were open, as
    `audit.compliance.item_outcomes.find_item_outcomes` tells it. An item leaves in two ways: its records are found, or
    a reason is given why it is no deficiency, by the tables or by a person. One whose units are gone from the tables
    stays open: nothing shows that it was completed. `reclassified` (columns RECLASSIFICATION_SCHEMA) and `guidance`
    (GUIDANCE_SCHEMA) say what people did, of which what is dated after `as_of` is not looked at; what a person
    reclassified stays so. `undone` is the units (columns unit, measure) that an earlier ledger found documented and
    this one does not.

    AuditError (DATA) where an item stands twice, a decision names an item that is not in the ledger, or the identity
    fails.
    """
    struck = _find_latest(reclassified, RECLASSIFICATION_SCHEMA, "decided", as_of)
    sent = _find_latest(guidance, GUIDANCE_SCHEMA, "sent", as_of)
    joined = (
        opening.drop("movement")
        .rename({"state": "before", "decided": "decided_before", "reason": "reason_before"})
        .join(missing_items.with_columns(is_missing=True), on=ITEM_KEY, how="full", coalesce=True, suffix="_now")
        .join(fates, on=ITEM_KEY, how="left")
        .join(struck, on=ITEM_KEY, how="left")
        .join(sent, on=ITEM_KEY, how="left")
        .join(_find_undone_items(missing_items, undone), on=ITEM_KEY, how="left")
        .with_columns(pl.col("is_missing", "undone").fill_null(False), pl.col("listed").fill_null(as_of))
    )
    items = (
        apply_transitions(joined, as_of=as_of)
        .with_columns(
            first=pl.min_horizontal("first", "first_now"),
            units=pl.coalesce("units_now", "units"),
            missing=pl.coalesce("missing_now", "missing"),
            guidance_sent=pl.coalesce("sent", "guidance_sent"),
        )
        .select(*LEDGER_SCHEMA)
        .sort(ITEM_KEY)
    )
    _refuse_faulty_items(items, reclassified, guidance, as_of)
    moved = Counter(items["movement"])
    return Ledger(
        items=items,
        open_start=opening.filter(pl.col("state") == "open").height,
        new=moved["new"],
        reopened=moved["reopened"],
        resolved=moved["resolved"],
        reclassified=moved["reclassified"],
        open_end=items.filter(pl.col("state") == "open").height,
    )


def _find_latest(
    decisions: pl.DataFrame | None, schema: dict[str, type[pl.DataType]], day: str, as_of: dt.date
) -> pl.DataFrame:
    """The last decision on each item up to a day."""
    rows = pl.DataFrame(schema=schema) if decisions is None else decisions.select(*schema)
    return rows.filter(pl.col(day) <= as_of).sort(day).unique(ITEM_KEY, keep="last")


def _find_undone_items(missing_items: pl.DataFrame, undone: pl.DataFrame | None) -> pl.DataFrame:
    """The items that hold a unit which was documented before."""
    if undone is None or undone.is_empty():
        return missing_items.select(ITEM_KEY).clear().with_columns(undone=pl.lit(True))
    units = missing_items.select(*ITEM_KEY, unit=pl.col("units").str.split(UNIT_SEPARATOR)).explode("unit")
    return (
        units.join(undone, on=["unit", "measure"], how="semi")
        .select(ITEM_KEY)
        .unique()
        .with_columns(undone=pl.lit(True))
    )


def _refuse_faulty_items(
    items: pl.DataFrame, reclassified: pl.DataFrame | None, guidance: pl.DataFrame | None, as_of: dt.date
) -> None:
    """Refuse items that stand twice, and decisions on items that never were."""
    if twice := items.select(ITEM_KEY).is_duplicated().sum():
        what = f"{twice:,} rows name an item that another row names too"
        mend = "Keep one row per office, month, person and measure."
        raise AuditError(Problem(what=what, mend=mend, file="ledger"), code=ExitCode.DATA)
    problems = []
    for file, decisions, day in (("reclassified", reclassified, "decided"), ("guidance", guidance, "sent")):
        if decisions is None:
            continue
        numbered = decisions if "row" in decisions.columns else decisions.with_row_index("row", offset=1)
        rows = numbered.filter(pl.col(day) <= as_of).join(items, on=ITEM_KEY, how="anti")
        mend = "Copy office, month, person and measure from tables/ledger.csv."
        problems += [
            Problem(what="names an item that is not in the ledger", mend=mend, file=file, row=row)
            for row in rows["row"]
        ]
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
