"""How long it takes from each stage to the next, where some cases leave, skip the stage, or are still open."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from audit.analysis.stage_cases import LEFT
from audit.programs.analyses import StageLog
from audit.statistics.survival import CumulativeIncidence, aalen_johansen

INTERVAL_DAYS: Final = (0, 1, 7, 30, 90)  # days at which the share that reached the next stage is shown
_REACHED, _COMPETING, _WAITING, _WRONG = "reached", "competing", "waiting", "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageInterval:
    """Calendar days from one stage to the next, of the cases that reached the first of the two."""

    earlier: str  # words of the stage
    later: str  # words of the next
    cases: int  # reached, competing and waiting, and those out of order
    reached: int
    left: int  # left, as far as the log shows, before the next stage
    skipped: int  # reached a later stage without it
    waiting: int  # open on the as-of day: censored
    out_of_order: int  # the later day lies before the earlier: in no estimate
    half: int | None  # days by which half of all reached the next stage; None where half never have
    nine_tenths: int | None  # the same of nine tenths
    by: tuple[tuple[int, float], ...]  # days, and the share that reached the next stage by then
    curve: tuple[tuple[int, float], ...]  # the same at every day at which it rises


def measure_stage_intervals(cases: pl.DataFrame, log: StageLog) -> Iterator[StageInterval]:
    """The time between each stage and the next. `cases` is what `arrange_stage_cases` gives.

    To leave, and to reach a later stage without this one, are competing events (Aalen and Johansen 1978). A case that
    is open is censored on the as-of day.
    """
    for place in range(len(log.stages) - 1):
        yield _measure_interval(cases.filter(pl.col(str(place)).is_not_null()), log, place)


def _measure_interval(cases: pl.DataFrame, log: StageLog, place: int) -> StageInterval:
    begun, next_one = pl.col(str(place)), pl.col(str(place + 1))
    later_stages = [str(later) for later in range(place + 2, len(log.stages))]
    skipped_on = pl.min_horizontal(later_stages) if later_stages else pl.lit(None, dtype=pl.Datetime("us"))
    skips, leaves = pl.col("last") > place + 1, (pl.col("state") == LEFT) & (pl.col("last") == place)
    ended = (
        pl.when(next_one.is_not_null())
        .then(next_one)
        .when(skips)
        .then(skipped_on)
        .when(leaves)
        .then("exit_time")
        .otherwise(pl.lit(dt.datetime.combine(log.as_of, dt.time.max)))
    )
    kind = (
        pl.when(ended < begun)
        .then(pl.lit(_WRONG))
        .when(next_one.is_not_null())
        .then(pl.lit(_REACHED))
        .when(skips | leaves)
        .then(pl.lit(_COMPETING))
        .otherwise(pl.lit(_WAITING))
    )
    days = (ended.dt.date() - begun.dt.date()).dt.total_days()
    rows = cases.select(kind=kind, days=days, skips=skips & next_one.is_null())
    incidence = _estimate_incidence(rows)
    wrong = rows.filter(kind=_WRONG)
    skipped = rows.filter(pl.col("skips"), pl.col("kind") == _COMPETING).height
    return StageInterval(
        earlier=log.stages[place].words,
        later=log.stages[place + 1].words,
        cases=rows.height,
        reached=incidence.events,
        left=incidence.competing - skipped,
        skipped=skipped,
        waiting=incidence.waiting,
        out_of_order=wrong.height,
        half=incidence.find_day(0.5),
        nine_tenths=incidence.find_day(0.9),
        by=tuple((day, incidence.find_share(day)) for day in INTERVAL_DAYS),
        curve=incidence.curve,
    )


def _estimate_incidence(rows: pl.DataFrame) -> CumulativeIncidence:
    by_kind = [rows.filter(kind=kind)["days"].sort().to_list() for kind in (_REACHED, _COMPETING, _WAITING)]
    return aalen_johansen(*by_kind)
