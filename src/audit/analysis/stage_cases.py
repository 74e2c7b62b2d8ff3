"""The cases of an event log: one row a case, with the day of each stage, how far it came and what is out of order."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.months import find_first_day, find_last_day
from audit.programs.analyses import StageLog

OPEN, LEFT, COMPLETED = "open", "left", "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRows:
    """What became of the rows of the log: in is used, plus each kind that was not."""

    rows_in: int
    used: int
    repeated: int  # a stage that the case had reached on an earlier day, or in an earlier row of that day
    undated: int
    after_as_of: int
    outside_period: int  # of cases that began in other months


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderError:
    """Two events of one case whose days contradict the order of the stages."""

    case: str
    office: str
    earlier: str  # the stage that comes first, in words
    earlier_at: dt.datetime
    later: str  # the stage, or the exit's successor, that is dated before it
    later_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageCases:
    """The cases of a log. Columns: case, office, status, month, `0`, `1`, … (the time of each stage), exit (number),
    exit_time, last (number of the last stage reached), state (open, left, completed)."""

    cases: pl.DataFrame
    rows: LogRows
    errors: tuple[OrderError, ...]


def arrange_stage_cases(events: pl.LazyFrame, log: StageLog) -> StageCases:
    """The cases of a log as known on its as-of day, each stage by its first event.

    A case begins in the month of its first event. Where its exit is dated before a stage, it is held to have gone on:
    that stands among the errors. AuditError (DATA) where the log has a stage that is not declared, or no case.
    """
    known = [*(one.value for one in log.stages), *(one.value for one in log.exits)]
    stage = pl.col(log.stage).cast(pl.String)
    rows = events.select(
        case=pl.col(log.case).cast(pl.String),
        number=stage.replace_strict({value: place for place, value in enumerate(known)}, default=None),
        stage=stage,
        time=pl.col(log.day).cast(pl.Datetime("us")),
        office=pl.col(log.office).cast(pl.String).fill_null("") if log.office else pl.lit(""),
        status=pl.col(log.status).cast(pl.String).fill_null("not recorded") if log.status else pl.lit(""),
    ).collect(engine="streaming")
    _refuse_unknown_stages(rows, log)
    return _arrange_rows(rows.drop("stage"), log)


def _arrange_rows(rows: pl.DataFrame, log: StageLog) -> StageCases:
    end = dt.datetime.combine(log.as_of + dt.timedelta(days=1), dt.time())
    dated = rows.filter(pl.col("time").is_not_null())
    known = dated.filter(pl.col("time") < end)
    inside = known
    if log.period:
        first, last = _parse_period(log.period)
        begun = pl.col("time").min().over("case").dt.date()
        inside = known.filter(begun.is_between(first, last))
    used = inside.sort("case", "time", "number").unique(["case", "number"], keep="first", maintain_order=True)
    if used.is_empty():
        raise AuditError(
            Problem(what="has no event of the period on or before the as-of day", mend="Name others.", file=log.table),
            code=ExitCode.DATA,
        )
    cases = _spread_stages(used, log)
    counts = LogRows(
        rows_in=rows.height,
        used=used.height,
        repeated=inside.height - used.height,
        undated=rows.height - dated.height,
        after_as_of=dated.height - known.height,
        outside_period=known.height - inside.height,
    )
    return StageCases(cases=cases, rows=counts, errors=tuple(_list_order_errors(cases, log)))


def _parse_period(period: str) -> tuple[dt.date, dt.date]:
    first, _, last = period.partition("/")
    return find_first_day(first), find_last_day(last or first)


def _refuse_unknown_stages(rows: pl.DataFrame, log: StageLog) -> None:
    unknown = rows.filter(pl.col("number").is_null()).height
    if unknown:
        what = f"{format_plural(unknown, 'row')} with a stage that is not declared, or none"
        raise AuditError(
            Problem(what=what, mend="Declare it as a stage or an exit.", file=log.table, column=log.stage),
            code=ExitCode.DATA,
        )


def _spread_stages(used: pl.DataFrame, log: StageLog) -> pl.DataFrame:
    """One row a case, a column a stage."""
    count = len(log.stages)
    time, number = pl.col("time"), pl.col("number")
    first_exit = pl.struct("time", "number").filter(number >= count).first()  # the rows are in order of time
    cases = (
        used.group_by("case", maintain_order=True)
        .agg(
            pl.col("office").first(),
            pl.col("status").first(),
            month=time.min().dt.strftime("%Y-%m"),
            **{str(place): time.filter(number == place).first() for place in range(count)},
            exit_event=first_exit,
        )
        .with_columns(
            last=pl.max_horizontal(
                pl.when(pl.col(str(place)).is_not_null()).then(pl.lit(place)) for place in range(count)
            ).fill_null(-1),
            latest=pl.max_horizontal(str(place) for place in range(count)),
            exit=pl.col("exit_event").struct.field("number"),
            exit_time=pl.col("exit_event").struct.field("time"),
        )
        .drop("exit_event")
    )
    has_left = pl.col("exit").is_not_null() & (pl.col("exit_time") >= pl.col("latest")).fill_null(True)
    state = (
        pl.when(pl.col("last") == count - 1)
        .then(pl.lit(COMPLETED))
        .when(has_left)
        .then(pl.lit(LEFT))
        .otherwise(pl.lit(OPEN))
    )
    return cases.with_columns(state=state).sort("case")


def _list_order_errors(cases: pl.DataFrame, log: StageLog) -> list[OrderError]:
    """Each stage that is dated before the stage reached last before it; and each stage after the case had left."""
    words = [one.words for one in (*log.stages, *log.exits)]
    errors: list[OrderError] = []
    latest = pl.lit(None, dtype=pl.Datetime("us"))
    which = pl.lit(None, dtype=pl.Int32)
    for place in range(len(log.stages)):
        name = str(place)
        wrong = cases.filter(pl.col(name) < latest).select("case", "office", name, latest=latest, which=which)
        errors += [
            OrderError(
                case=case,
                office=office,
                earlier=words[before],
                earlier_at=begun,
                later=words[place],
                later_at=ended,
            )
            for case, office, ended, begun, before in wrong.iter_rows()
        ]
        is_later = pl.col(name) >= latest
        which = pl.when(pl.col(name).is_not_null() & is_later.fill_null(True)).then(pl.lit(place)).otherwise(which)
        latest = pl.max_horizontal(latest, pl.col(name))
    gone = cases.filter(pl.col("exit_time") < pl.col("latest"), pl.col("last") < len(log.stages) - 1)
    errors += [
        OrderError(
            case=case,
            office=office,
            earlier=words[last],
            earlier_at=latest_time,
            later=words[left],
            later_at=exit_time,
        )
        for case, office, last, latest_time, left, exit_time in gone.select(
            "case", "office", "last", "latest", "exit", "exit_time"
        ).iter_rows()
    ]
    return sorted(errors, key=lambda one: (one.case, one.earlier, one.later))
