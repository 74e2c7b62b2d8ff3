"""The ledger: what is open, how it moved from one month to the next, and the identity that must hold."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from audit.census import Census, Measure, RecordState
from audit.compliance import in_period, named, under
from audit.error import AuditError, ExitCode, Problem

IDENTIFY = "Find the identifier first: without it no record can be linked."
KEY = ("office", "month", "person", "measure")
FOUND = {**dict.fromkeys(KEY, pl.String), "first": pl.Date, "missing": pl.String}
LEDGER = {
    **FOUND,
    "state": pl.String,  # open, resolved or reclassified
    "movement": pl.String,  # new, still open, reopened, resolved, reclassified; null where nothing moved
}


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

    items: pl.DataFrame  # columns LEDGER
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
            mend = "Reclassify only what was open at the start."
            raise AuditError(Problem(what=what, mend=mend, file="ledger"), code=ExitCode.DATA)


def open_items(states: pl.DataFrame, census: Census, *, period: str, as_of: dt.date | None) -> tuple[OpenItem, ...]:
    """What is missing, as one item per person, office, month and measure; by office, date and person.

    `states` is what `units` returns, `period` as for `in_period`. A record is missing once the first grace period of
    its measure is over; days run from the first of the item's units to `as_of`.
    """
    missing = in_period(states, census, period=period).filter(pl.col("state") == RecordState.MISSING)
    linked = census.person in {step.on for step in census.links}
    items = [
        _item(measure, as_of, **found, linked=linked)
        for measure in census.measures
        for found in under(missing, measure, measure.grace_days[0])
        .group_by("office", "month", "person", "no_identifier")
        .agg(
            first=pl.col("date").min(),
            units=pl.len(),
            records=pl.col("missing").list.len().sum(),
            labels=pl.col("missing").explode().unique(),
        )
        .iter_rows(named=True)
    ]
    return tuple(sorted(items, key=lambda item: (item.office, item.first or dt.date.min, item.person, item.measure)))


def _item(
    measure: Measure,
    as_of: dt.date | None,
    *,
    office: str,
    month: str | None,
    person: str,
    no_identifier: bool,
    first: dt.date | None,
    units: int,
    records: int,
    labels: list[str],
    linked: bool,
) -> OpenItem:
    missing, guidance = named(measure, labels), measure.guidance or {}
    each = [guidance[need.label] for need in measure.needs if need.label in labels and need.label in guidance]
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
        guidance=IDENTIFY if no_identifier and linked else guidance.get(missing, " ".join(each)),
    )


def roll(
    opening: pl.DataFrame, found: Sequence[OpenItem], *, reclassified: Collection[tuple[str, str, str, str]] = ()
) -> Ledger:
    """Carry the ledger on to what is found now.

    `opening` is the items of the last ledger (an empty table of LEDGER at first). `found` must hold every item missing
    now in all the months the ledger covers: what is not found is resolved. `reclassified` names, by KEY, items that
    were open and are no deficiency after all; they stay so. AuditError (DATA) where an item stands twice or the
    identity fails.
    """
    now = pl.DataFrame([[getattr(item, name) for name in FOUND] for item in found], schema=FOUND, orient="row")
    struck = pl.DataFrame(list(reclassified), schema=dict.fromkeys(KEY, pl.String), orient="row")
    was, is_found = pl.col("state"), pl.col("found").fill_null(False)
    items = (
        opening.drop("movement")
        .join(now.with_columns(found=True), on=KEY, how="full", coalesce=True, suffix="_now")
        .join(struck.with_columns(struck=True), on=KEY, how="left")
        .with_columns(
            first=pl.coalesce("first_now", "first"),
            missing=pl.coalesce("missing_now", "missing"),
            becomes=pl.when((was == "reclassified") | pl.col("struck"))
            .then(pl.lit("reclassified"))
            .when(is_found)
            .then(pl.lit("open"))
            .otherwise(pl.lit("resolved")),
        )
        .with_columns(movement=_movement(was, pl.col("becomes")))
        .select(*FOUND, state="becomes", movement="movement")
        .sort(KEY)
    )
    if twice := items.select(KEY).is_duplicated().sum():
        what = f"{twice:,} rows name an item that another row names too"
        mend = "Keep one row per office, month, person and measure."
        raise AuditError(Problem(what=what, mend=mend, file="ledger"), code=ExitCode.DATA)
    moved = Counter(items["movement"])
    return Ledger(
        items=items,
        open_start=opening.filter(was == "open").height,
        new=moved["new"],
        reopened=moved["reopened"],
        resolved=moved["resolved"],
        reclassified=moved["reclassified"],
        open_end=items.filter(was == "open").height,
    )


def _movement(was: pl.Expr, becomes: pl.Expr) -> pl.Expr:
    return (
        pl.when(was.is_null())
        .then(pl.lit("new"))
        .when((was == "open") & (becomes == "open"))
        .then(pl.lit("still open"))
        .when(was == "open")
        .then(becomes)
        .when(becomes == "open")
        .then(pl.lit("reopened"))
    )
