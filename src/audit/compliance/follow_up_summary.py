"""The follow-up of open items as a report tells it: what moved, how old and how slow, where, what to look into."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from audit.compliance.item_outcomes import ITEM_GONE, ITEM_KEY
from audit.compliance.ledger import Ledger
from audit.compliance.ledger_transitions import ENTRY_BACK_DATED, EVENT_BACK_DATED, UNITS_GONE
from audit.compliance.verification import VerificationResult
from audit.months import shift_month
from audit.statistics.survival import DurationEstimate, kaplan_meier
from audit.tables.offices import UNRECORDED_OFFICE, name_offices

AGE_BANDS = (("0 to 30 days", 0, 30), ("31 to 60 days", 31, 60), ("61 to 90 days", 61, 90), ("over 90 days", 91, None))
REPEAT_MONTHS = 3  # months in each of which an office has something open, to be told of


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeFollowUp:
    """How one office's open items moved."""

    office: str
    name: str
    open_start: int
    new: int
    reopened: int
    resolved: int
    reclassified: int
    open_end: int
    over_90: int  # days since the item's first unit, of those open at the end
    repeated: bool  # something of each of the last three months is open
    resolved_within: tuple[int, int] | None = None  # resolved within the plan's days, of those whose days ran out now
    uninformative: int = 0  # of the items resolved now: a record of them says nothing
    back_dated: int = 0  # of the items resolved now: by a record of an event, or an entry, before the listing
    escalated: bool = False  # the plan's rule for escalation is met

    @property
    def moved(self) -> bool:
        """Whether there was anything to follow."""
        return any((self.open_start, self.new, self.reopened, self.reclassified, self.open_end))


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogMonth:
    """How many items were open at the close of one month's report, and for how many days."""

    month: str
    open_end: int
    over_90: int  # days since the item's first unit


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How the ledger moved: open_start + new + reopened - resolved - reclassified = open_end."""

    since: str  # the month whose ledger it carries on; "" where it begins
    since_as_of: dt.date | None
    open_start: int
    new: int
    still_open: int
    reopened: int
    resolved: int
    reclassified: int
    open_end: int
    ages: tuple[tuple[str, int], ...]  # of the open items, by days since the first of their units
    oldest: dt.date | None  # the first unit of the oldest open item
    oldest_days: int | None
    guidance_sent: int  # open items whose office was told what to do
    reasons: tuple[tuple[str, int], ...]  # why items were reclassified now
    time_to_resolve: DurationEstimate  # from the listing to the day on which the last record was entered
    event_back_dated: int  # resolved now, by a record entered after the listing of an event before it
    entry_back_dated: int  # resolved now, by a record that says it was entered before the listing that lacked it
    vanished: int  # open items of which a unit was there and none is now
    undone: int  # units that had their records in the last ledger and lack them now
    gone: int  # units that had their records in the last ledger and are no longer in the tables
    offices: tuple[OfficeFollowUp, ...]
    resolved_within: tuple[int, int] | None = None  # of all offices; None where no days are declared or none ran out
    verified: VerificationResult | None = None  # of items that the last report called resolved
    backlog: tuple[BacklogMonth, ...] = ()  # by the reports of the months before, and of this one

    @property
    def repeated(self) -> tuple[str, ...]:
        """The offices with something open of each of the last three months."""
        return tuple(office.name for office in self.offices if office.repeated)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpProgress:
    """How a declared plan of follow-up was met."""

    resolved_within: Mapping[str, tuple[int, int]]  # by office, of the items whose days ran out since the last ledger
    escalated: frozenset[str]  # codes of offices that meet the plan's rule
    verified: VerificationResult | None


def build_follow_up(
    ledger: Ledger,
    *,
    period: str,
    as_of: dt.date,
    since: str,
    since_as_of: dt.date | None,
    lost: pl.DataFrame,
    offices: Mapping[str, str],
    uninformative: pl.DataFrame | None = None,
    progress: FollowUpProgress | None = None,
) -> FollowUp:
    """What a ledger of the month `period` says, with what was `lost` since the last (columns of
    `audit.compliance.item_outcomes.LOST_UNIT_SCHEMA`).

    `offices` is every office by code and name, `uninformative` the items (columns ITEM_KEY) that were resolved now by
    words that say nothing, and `progress` how the declared plan was met. An item is as old as the first of its units.
    The time to resolve counts from the first listing; an item that came back was not resolved until the last time, one
    that is open or was reclassified is still being waited for on the day it was last seen.
    """
    items = ledger.items.with_columns(age=(pl.lit(as_of) - pl.col("first")).dt.total_days())
    still = items.filter(pl.col("state") == "open")
    solved = items.filter(pl.col("movement") == "resolved")
    moved = items.filter(pl.col("movement") == "reclassified")["reason"].value_counts(sort=True)
    oldest = still["first"].min()
    silent = solved.clear() if uninformative is None else solved.join(uninformative, on=ITEM_KEY, how="semi")
    remarks = dict(solved["remark"].drop_nulls().value_counts().iter_rows())
    undone = lost.filter(pl.col("what") != ITEM_GONE).height
    return FollowUp(
        since=since,
        since_as_of=since_as_of,
        open_start=ledger.open_start,
        new=ledger.new,
        still_open=items.filter(pl.col("movement") == "still open").height,
        reopened=ledger.reopened,
        resolved=ledger.resolved,
        reclassified=ledger.reclassified,
        open_end=ledger.open_end,
        ages=tuple((name, _count_age_band(still, least, most)) for name, least, most in AGE_BANDS),
        oldest=oldest if isinstance(oldest, dt.date) else None,
        oldest_days=(as_of - oldest).days if isinstance(oldest, dt.date) else None,
        guidance_sent=still["guidance_sent"].count(),
        reasons=tuple(sorted(moved.iter_rows(), key=lambda row: (-row[1], row[0]))),
        time_to_resolve=_measure_durations(items, as_of),
        event_back_dated=remarks.get(EVENT_BACK_DATED, 0),
        entry_back_dated=remarks.get(ENTRY_BACK_DATED, 0),
        vanished=still.filter(pl.col("remark") == UNITS_GONE).height,
        undone=undone,
        gone=lost.height - undone,
        offices=tuple(
            _add_progress(office, silent, solved, progress)
            for office in _summarize_offices(items, _list_repeat_months(period), offices)
        ),
        resolved_within=_sum_resolved(progress),
        verified=progress.verified if progress else None,
    )


def _add_progress(
    office: OfficeFollowUp, silent: pl.DataFrame, solved: pl.DataFrame, progress: FollowUpProgress | None
) -> OfficeFollowUp:
    """An office with how its items were resolved, and how it met the plan."""
    back_dated = solved.filter(pl.col("remark").is_in([EVENT_BACK_DATED, ENTRY_BACK_DATED]))
    return replace(
        office,
        resolved_within=progress.resolved_within.get(office.office) if progress else None,
        uninformative=silent.filter(office=office.office).height,
        back_dated=back_dated.filter(office=office.office).height,
        escalated=progress is not None and office.office in progress.escalated,
    )


def _sum_resolved(progress: FollowUpProgress | None) -> tuple[int, int] | None:
    """The items of all offices whose days ran out; None where there is none."""
    if progress is None or not progress.resolved_within:
        return None
    done, several = zip(*progress.resolved_within.values(), strict=True)
    return sum(done), sum(several)


def _count_age_band(items: pl.DataFrame, least: int, most: int | None) -> int:
    return items.filter(pl.col("age") >= least, pl.col("age") <= most if most else True).height


def _measure_durations(items: pl.DataFrame, as_of: dt.date) -> DurationEstimate:
    """Days from the listing to the repair, or to the day up to which it was waited for."""
    days = (pl.col("closed").fill_null(as_of) - pl.col("listed")).dt.total_days().clip(lower_bound=0)
    watched = items.select("state", days=days)
    done = pl.col("state") == "resolved"
    return kaplan_meier(watched.filter(done)["days"].to_list(), watched.filter(~done)["days"].to_list())


def _list_repeat_months(period: str) -> list[str]:
    """The month and those before it that count as running."""
    return [shift_month(period, -back) for back in range(REPEAT_MONTHS)]


def _summarize_offices(items: pl.DataFrame, running: list[str], names: Mapping[str, str]) -> list[OfficeFollowUp]:
    """Every office, as the report names them; those that only the ledger has come last."""
    is_open, movement = pl.col("state") == "open", pl.col("movement")

    def number(truth: pl.Expr) -> pl.Expr:
        return truth.fill_null(False).cast(pl.Int64).sum()

    counted = items.group_by("office").agg(
        open_start=number(movement.is_in(["still open", "resolved", "reclassified"])),
        **{name: number(movement == name) for name in ("new", "reopened", "resolved", "reclassified")},
        open_end=number(is_open),
        over_90=number(is_open & (pl.col("age") > 90)),
        months=pl.col("month").filter(is_open & pl.col("month").is_in(running)).n_unique(),
    )
    counts_by_office = {row.pop("office"): row for row in counted.sort("office").iter_rows(named=True)}
    nothing = dict.fromkeys((*counted.columns[1:],), 0)
    every = name_offices(counts_by_office, names)
    rows = [(code, name, counts_by_office.get(code, nothing)) for code, name in every.items()]
    return [
        OfficeFollowUp(
            office=code,
            name=name,
            **{column: n for column, n in row.items() if column != "months"},
            repeated=row["months"] == REPEAT_MONTHS and code != UNRECORDED_OFFICE,
        )
        for code, name, row in rows
    ]
