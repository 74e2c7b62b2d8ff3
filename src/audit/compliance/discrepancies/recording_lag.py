"""The recording lag: how long it takes from the day of what evidence shows to the day on which a system shows it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import polars as pl

from audit.statistics.survival import kaplan_meier

LAG_DAYS = (30, 60, 90, 180, 365)  # at which the share recorded by then is told


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLag:
    """How long it takes from what the evidence shows to its record, in days; each piece of evidence once."""

    pieces: int  # dated on a case's day or before
    after: int | None  # recorded after the case
    not_yet: int | None  # not recorded on the as-of day
    before_itself: int | None  # recorded before its own day: in no estimate
    median: int | None  # days by which half are recorded; None where half are not yet
    lower: int | None  # 95% limits of the median
    upper: int | None
    curve: tuple[tuple[int, float], ...]  # day, and the share recorded by its end
    waiting: tuple[tuple[int, int], ...]  # days watched so far, and how many pieces
    by: tuple[tuple[int, float], ...]  # day, and the share recorded by it


def estimate_recording_lag(pieces: pl.DataFrame, as_of: dt.date) -> RecordingLag:
    """The lag of `pieces` (columns EVIDENCE_SCHEMA of `audit.compliance.discrepancies.find`), as known on a day.

    Each piece counts once, against the first case that it is dated before; one recorded later is still waited for.
    """
    each = pieces.group_by("piece").agg(pl.col("case_date").min(), pl.col("date").first(), pl.col("recorded").first())
    wrong = each.filter(pl.col("recorded") < pl.col("date")).height
    each = each.filter((pl.col("recorded") >= pl.col("date")).fill_null(True))
    is_recorded = pl.col("recorded") <= as_of
    done = each.filter(is_recorded.fill_null(False))
    open_ = each.filter(~is_recorded.fill_null(False))
    waited = open_.select(days=(pl.lit(as_of) - pl.col("date")).dt.total_days())["days"].sort().to_list()
    days = done.select(days=(pl.col("recorded") - pl.col("date")).dt.total_days())["days"].sort().to_list()
    times = kaplan_meier(days, waited)
    curve = tuple((at, 1 - left) for at, left in times.curve)
    return RecordingLag(
        pieces=each.height + wrong,
        after=done.filter(pl.col("recorded") > pl.col("case_date")).height,
        not_yet=open_.height,
        before_itself=wrong,
        median=times.median,
        lower=times.lower,
        upper=times.upper,
        curve=curve,
        waiting=tuple(Counter(waited).items()),
        by=tuple((at, max((share for day, share in curve if day <= at), default=0.0)) for at in LAG_DAYS)
        if curve
        else (),
    )
