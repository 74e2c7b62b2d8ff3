"""An office's packet as a record: its rate and place, what became of its items, what is due, and what is to be done."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from audit.compliance.follow_up_summary import OfficeFollowUp
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.compliance.returns import OfficeReturns
from audit.compliance.targets import OfficeTarget, TargetResult
from audit.compliance.trends import OfficeTrend
from audit.compliance.worklist import Work
from audit.programs.measures import Census
from audit.reporting.month_report import Report, list_primary_results
from audit.reporting.worklist_text import WORK_GUIDANCE, WORK_NAMES, list_missing_labels

MOST_DUE_ROWS = 8  # due days of items that a packet tells apart; later ones are one row


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """Open items that are due on one day."""

    first_month: str  # of the units; "" where there is no date
    last_month: str
    items: int
    due: dt.date | None  # None where no day is declared
    overdue: bool
    later: bool = False  # the items due on this day and later


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """Open items that lack the same, and what the office is to do."""

    words: str
    items: int
    guidance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePosition:
    """How one office stands under one measure."""

    result: MeasureResult
    mine: OfficeRate
    target: TargetResult | None
    standing: OfficeTarget | None
    change: OfficeChange | None
    trend: OfficeTrend | None
    months: tuple[str, ...]  # of the trend
    below: int | None  # offices with a lower rate; None without a rate
    alike: int  # offices with this rate, the office itself among them


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeSignal:
    """What else was recorded: a part of a whole, of the office and of all offices."""

    words: str
    own: tuple[int, int]
    every: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """Everything that an office's packet says."""

    office: str
    name: str
    positions: tuple[OfficePosition, ...]  # by measure
    items: int
    overdue: int
    over_90: int
    next_due: tuple[int, dt.date] | None  # items that are due next and are not overdue, and the day
    due: tuple[DueRow, ...]
    gaps: tuple[GapRow, ...]
    no_identifier: int  # open items that lack one
    referred_in: int  # items of other offices that this one was told of
    referred_out: int  # its own that another office was told of
    follow_up: OfficeFollowUp | None
    returns: OfficeReturns | None
    signals: tuple[OfficeSignal, ...]


def assemble_packets(report: Report, worklist: pl.DataFrame, census: Census) -> tuple[Packet, ...]:
    """The packet of every office that the report or the list has, from the list of all (columns WORKLIST_SCHEMA)."""
    names = {office.office: office.name for result in report.measures for office in result.offices}
    for office in report.follow_up.offices if report.follow_up else ():
        if office.moved:
            names.setdefault(office.office, office.name)
    names |= {code: code for code in worklist["office"].unique().sort() if code not in names}
    return tuple(_assemble_packet(report, worklist, census, code, name) for code, name in names.items())


def _assemble_packet(report: Report, worklist: pl.DataFrame, census: Census, code: str, name: str) -> Packet:
    mine = worklist.filter(pl.col("office") == code)
    overdue = mine.filter("overdue").height
    coming = mine.filter(~pl.col("overdue"), pl.col("due").is_not_null())["due"]
    day = coming.min()
    next_due = (int((coming == day).sum()), day) if isinstance(day, dt.date) else None
    moves = report.follow_up.offices if report.follow_up else ()
    positions = tuple(_list_positions(report, code))
    follow_up = next((one for one in moves if one.office == code and one.moved), None)
    return Packet(
        office=code,
        name=name,
        positions=positions,
        items=mine.height,
        overdue=overdue,
        over_90=mine.filter(pl.col("days_open") > 90).height,
        next_due=next_due,
        due=tuple(_list_due_rows(mine)),
        gaps=tuple(_list_gap_rows(mine, census)),
        no_identifier=mine.filter(pl.col("work") == Work.IDENTIFIER).height,
        referred_in=mine.filter(pl.col("owner") != code).height,
        referred_out=worklist.filter(pl.col("owner") == code, pl.col("office") != code).height,
        follow_up=follow_up,
        returns=next((one for one in report.returns if one.office == code), None),
        signals=tuple(_list_signals(report, positions, follow_up)),
    )


def _list_signals(
    report: Report, positions: tuple[OfficePosition, ...], follow_up: OfficeFollowUp | None
) -> Iterator[OfficeSignal]:
    for position in positions[:1]:
        mine, whole = position.mine, position.result.national
        if whole.uninformative:
            yield OfficeSignal(
                words="Recorded in words that say nothing",
                own=(mine.uninformative or 0, mine.compliant + mine.late),
                every=(whole.uninformative, whole.compliant + whole.late),
            )
        if whole.no_identifier:
            yield OfficeSignal(
                words="Received without an identifier of the person",
                own=(mine.no_identifier or 0, mine.received or 0),
                every=(whole.no_identifier, whole.received or 0),
            )
    every = sum(office.back_dated for office in report.follow_up.offices) if report.follow_up else 0
    if report.follow_up and follow_up and report.follow_up.resolved and every:
        yield OfficeSignal(
            words="Resolved by a record dated before the listing",
            own=(follow_up.back_dated, follow_up.resolved),
            every=(every, report.follow_up.resolved),
        )


def _list_positions(report: Report, code: str) -> Iterator[OfficePosition]:
    for result in list_primary_results(report.measures):
        mine = next((office for office in result.offices if office.office == code), None)
        if mine is None:
            continue
        target = next((one for one in report.targets if one.measure == result.measure), None)
        trend = next((one for one in report.trends if one.measure == result.measure), None)
        rates, rate = [office.timely for office in result.rated if office.timely is not None], mine.timely
        changes = (one for one in report.changes if (one.measure, one.office) == (result.measure, code))
        yield OfficePosition(
            result=result,
            mine=mine,
            target=target,
            standing=next((one for one in target.offices if one.office == code), None) if target else None,
            change=next(changes, None),
            trend=next((one for one in trend.offices if one.office == code), None) if trend else None,
            months=trend.months if trend else (),
            below=sum(one < rate for one in rates) if mine.is_rated and rate is not None else None,
            alike=rates.count(rate) if rate is not None else 0,
        )


def _list_due_rows(mine: pl.DataFrame) -> Iterator[DueRow]:
    """By due day, the first MOST_DUE_ROWS apart; items without a day last."""
    if mine.is_empty():
        return
    rows = (
        mine.group_by("due", "overdue")
        .agg(pl.col("month").min().alias("first"), pl.col("month").max().alias("last"), items=pl.len())
        .sort("due", nulls_last=True)
    )
    apart = rows if rows.height <= MOST_DUE_ROWS else rows.head(MOST_DUE_ROWS - 1)
    for row in apart.iter_rows(named=True):
        yield _make_due_row(row["first"], row["last"], row["items"], row["due"], row["overdue"])
    if rest := rows.tail(rows.height - apart.height).rows(named=True):
        firsts, lasts, items = ([row[name] for row in rest] for name in ("first", "last", "items"))
        overdue = all(row["overdue"] for row in rest)
        yield _make_due_row(min(firsts), max(lasts), sum(items), rest[0]["due"], overdue, later=True)


def _make_due_row(
    first: str, last: str, items: int, due: dt.date | None, overdue: bool, *, later: bool = False
) -> DueRow:
    first, last = ("", "") if first == "all" else (first, last)
    return DueRow(first_month=first, last_month=last, items=items, due=due, overdue=overdue, later=later)


def _list_gap_rows(mine: pl.DataFrame, census: Census) -> Iterator[GapRow]:
    """By what is needed, the most frequent first."""
    labels, guidance = list_missing_labels(census), {one.id: one.guidance or {} for one in census.measures}
    counts: dict[tuple[str, str], int] = {}
    for work, measure, missing, items in (
        mine.group_by("work", "measure", "missing").agg(items=pl.len()).sort("work", "measure", "missing").iter_rows()
    ):
        told = guidance.get(measure, {})
        each = [told[label] for label in labels.get((measure, missing), ()) if label in told]
        words = WORK_NAMES.get(work, missing)
        text = WORK_GUIDANCE.get(work) or told.get(missing) or " ".join(each)
        counts[words, text] = counts.get((words, text), 0) + items
    for (words, text), items in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        yield GapRow(words=words, items=items, guidance=text)
