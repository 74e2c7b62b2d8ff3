"""How far cases came, stage by stage: reached, skipped, left and still open, so that every count adds up."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from audit.analysis.stage_cases import COMPLETED, LEFT, OPEN, LogRows, OrderError, StageCases, arrange_stage_cases
from audit.analysis.stage_intervals import StageInterval, measure_stage_intervals
from audit.programs.analyses import StageLog


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """One stage: every case has reached it, skipped it, left before it, or is open before it."""

    value: str
    words: str
    reached: int
    skipped: int  # reached a later stage, and not this one
    left: int  # left before it
    still_open: int  # neither: the log has nothing after an earlier stage
    reached_both: int  # of those that reached the stage before: reached this too


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEnd:
    """Where cases stand that went no further: after which stage, and by which exit; open ones have none."""

    after: str  # words of the last stage reached
    exit: str  # words of the exit; empty where the case is open, or was completed
    state: str  # open, left, completed
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGroup:
    """The cases of one status, office or month, stage by stage."""

    dimension: str  # status, office, month
    value: str
    name: str
    cases: int
    reached: tuple[int, ...]  # of each stage
    completed: int
    left: int
    still_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """A process, counted from its log."""

    name: str
    title: str
    unit: tuple[str, str]
    note: str
    source: str
    synthetic: str
    period: str
    as_of: dt.date
    cases: int
    stages: tuple[StageCount, ...]
    ends: tuple[StageEnd, ...]  # they add up to the cases
    groups: tuple[StageGroup, ...]
    intervals: tuple[StageInterval, ...]
    errors: tuple[OrderError, ...]
    rows: LogRows

    def list_groups(self, dimension: str) -> tuple[StageGroup, ...]:
        """The groups of one dimension: status, office or month."""
        return tuple(one for one in self.groups if one.dimension == dimension)


def count_stages(events: pl.LazyFrame, log: StageLog, offices: Mapping[str, str]) -> StageResult:
    """The process as its log has it on the as-of day. `offices` names every office by its code.

    AuditError (DATA) as `arrange_stage_cases`.
    """
    arranged = arrange_stage_cases(events, log)
    cases = arranged.cases
    return StageResult(
        name=log.name,
        title=log.title,
        unit=log.unit,
        note=log.note,
        source=log.source,
        synthetic=log.synthetic,
        period=log.period,
        as_of=log.as_of,
        cases=cases.height,
        stages=tuple(_count_each_stage(cases, log)),
        ends=tuple(_count_ends(cases, log)),
        groups=tuple(_count_groups(arranged, log, offices)),
        intervals=tuple(measure_stage_intervals(cases, log)),
        errors=arranged.errors,
        rows=arranged.rows,
    )


def _count_each_stage(cases: pl.DataFrame, log: StageLog) -> Iterator[StageCount]:
    for place, stage in enumerate(log.stages):
        is_reached, is_before = pl.col(str(place)).is_not_null(), pl.col("last") < place
        reached_before = pl.col(str(place - 1)).is_not_null() if place else pl.lit(True)
        reached, skipped, left, waiting, both = cases.select(
            a=is_reached.sum(),
            b=(~is_reached & ~is_before).sum(),
            c=(is_before & (pl.col("state") == LEFT)).sum(),
            d=(is_before & (pl.col("state") == OPEN)).sum(),
            e=(is_reached & reached_before).sum(),
        ).row(0)
        yield StageCount(
            value=stage.value,
            words=stage.words,
            reached=reached,
            skipped=skipped,
            left=left,
            still_open=waiting,
            reached_both=both,
        )


def _count_ends(cases: pl.DataFrame, log: StageLog) -> Iterator[StageEnd]:
    words = [one.words for one in (*log.stages, *log.exits)]
    exit_number = pl.when(pl.col("state") == LEFT).then("exit")
    ends = cases.group_by("last", "state", exit=exit_number).len().sort("last", "state", "exit", nulls_last=True)
    for last, state, left, number in ends.iter_rows():
        yield StageEnd(
            after=words[last] if last >= 0 else "",
            exit=words[left] if left is not None else "",
            state=state,
            cases=number,
        )


def _count_groups(arranged: StageCases, log: StageLog, offices: Mapping[str, str]) -> Iterator[StageGroup]:
    names = {"status": log.status_words, "office": offices, "month": {}}
    columns = [("status", log.status), ("office", log.office), ("month", log.day)]
    for dimension in (dimension for dimension, column in columns if column):
        counts = (
            arranged.cases.group_by(dimension)
            .agg(
                pl.len(),
                reached=pl.concat_list(pl.col(str(place)).is_not_null().sum() for place in range(len(log.stages))),
                **{state: (pl.col("state") == state).sum() for state in (COMPLETED, LEFT, OPEN)},
            )
            .sort(dimension)
        )
        for value, number, reached, completed, left, waiting in counts.iter_rows():
            yield StageGroup(
                dimension=dimension,
                value=value,
                name=names[dimension].get(value, value) or "not recorded",
                cases=number,
                reached=tuple(reached),
                completed=completed,
                left=left,
                still_open=waiting,
            )
