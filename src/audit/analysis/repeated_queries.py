"""Research that is done twice: how many queries of the second researcher repeat one of the first, and their minutes."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from audit.analysis.second_looks import SecondLook, compare_determinations
from audit.errors import AuditError, ExitCode, Problem
from audit.programs.analyses import QueryLog

OTHER_WINDOWS: Final = (0, 1, 7, 30, 365)  # days that are tried beside the declared window


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemQueries:
    """The queries of one system."""

    system: str
    first: int  # of the first researcher
    second: int
    repeated: int  # of the second, within the declared window
    repeated_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearcherQueries:
    """What one researcher did."""

    words: str
    queries: int
    cases: int
    minutes: float
    without_minutes: int
    systems_least: int  # distinct systems of a case
    systems_median: float
    systems_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionWindow:
    """How many queries repeat one of the first researcher within some days."""

    days: int
    queries: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """Research by two, counted from the log of their queries."""

    name: str
    title: str
    unit: tuple[str, str]
    extent: str
    source: str
    synthetic: str
    finding: str
    as_of: dt.date
    window_days: int
    window_reason: str
    researchers: tuple[ResearcherQueries, ResearcherQueries]  # first, second
    cases: int
    cases_of_both: int
    systems: tuple[SystemQueries, ...]
    systems_most: int  # distinct systems of a case, of both researchers together
    cases_with_most: int
    most_systems_stated: int | None
    repeated: int
    repeated_minutes: float
    repeated_without_minutes: int
    windows: tuple[RepetitionWindow, ...]
    cost: float | None  # of the repeated minutes, in dollars
    hourly_cost: float | None
    cost_source: str
    rows_in: int
    after_as_of: int
    other_actors: int  # queries of neither
    second_look: SecondLook | None

    @property
    def repeated_share(self) -> float | None:
        """The share of the second researcher's queries that repeat one of the first."""
        second = self.researchers[1].queries
        return self.repeated / second if second else None


def measure_repeated_queries(tables: Mapping[str, pl.LazyFrame], log: QueryLog) -> QueryResult:
    """How much the second researcher repeats, and what came of it.

    A query of the second repeats one of the first if it asks the same system about the same person (or the same case,
    where no person is known) at the same time or later, by no more than the declared days. AuditError (DATA) where the
    log has no query of one of them.
    """
    rows = _select_queries(tables[log.table], log)
    end = dt.datetime.combine(log.as_of + dt.timedelta(days=1), dt.time())
    known = rows.filter(pl.col("time") < end)
    first, second = (known.filter(side=side) for side in ("first", "second"))
    for queries, who in ((first, log.first), (second, log.second)):
        if queries.is_empty():
            what = f"has no query of {who.words} on or before the as-of day"
            raise AuditError(Problem(what=what, mend="Name others.", file=log.table), code=ExitCode.DATA)
    compared = _find_earlier_queries(first, second)
    repeats = compared.filter(pl.col("days") <= log.window_days)
    both = known.filter(pl.col("side").is_not_null())
    systems_of_case = both.group_by("case").agg(pl.col("system").n_unique())["system"]
    most = int(systems_of_case.max())  # type: ignore[arg-type]
    minutes = _sum_minutes(repeats)
    return QueryResult(
        name=log.name,
        title=log.title,
        unit=log.unit,
        extent=log.extent,
        source=log.source,
        synthetic=log.synthetic,
        finding=log.finding,
        as_of=log.as_of,
        window_days=log.window_days,
        window_reason=log.window_reason,
        researchers=(_count_queries(first, log.first.words), _count_queries(second, log.second.words)),
        cases=both["case"].n_unique(),
        cases_of_both=first.join(second, on="case", how="semi")["case"].n_unique(),
        systems=tuple(_count_systems(first, second, repeats)),
        systems_most=most,
        cases_with_most=int((systems_of_case == most).sum()),
        most_systems_stated=log.most_systems,
        repeated=repeats.height,
        repeated_minutes=minutes,
        repeated_without_minutes=repeats["minutes"].null_count(),
        windows=tuple(_try_windows(compared, log.window_days)),
        cost=None if log.hourly_cost is None else minutes / 60 * log.hourly_cost,
        hourly_cost=log.hourly_cost,
        cost_source=log.cost_source,
        rows_in=rows.height,
        after_as_of=rows.height - known.height,
        other_actors=known.height - both.height,
        second_look=compare_determinations(tables[log.determinations.table], log) if log.determinations else None,
    )


def _select_queries(rows: pl.LazyFrame, log: QueryLog) -> pl.DataFrame:
    actor, case = pl.col(log.actor).cast(pl.String), pl.col(log.case).cast(pl.String)
    person = pl.col(log.person).cast(pl.String).fill_null(pl.format("case {}", case)) if log.person else case
    return (
        rows.select(
            case=case,
            person=person,
            side=pl.when(actor.is_in(log.first.values))
            .then(pl.lit("first"))
            .when(actor.is_in(log.second.values))
            .then(pl.lit("second")),
            system=pl.col(log.system).cast(pl.String).fill_null("not recorded"),
            time=pl.col(log.time).cast(pl.Datetime("us")),
            minutes=pl.col(log.minutes).cast(pl.Float64),
        )
        .sort("time", "case", "system", maintain_order=True)
        .collect()
    )


def _find_earlier_queries(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """The queries of the second that come after one of the first, with the days since the last of those."""
    earlier = first.select("person", "system", "time", first_time="time")
    joined = second.join_asof(earlier, on="time", by=["person", "system"], strategy="backward", check_sortedness=False)
    days = (pl.col("time").dt.date() - pl.col("first_time").dt.date()).dt.total_days()
    return joined.with_columns(days=days).filter(pl.col("days").is_not_null())


def _sum_minutes(queries: pl.DataFrame) -> float:
    return float(queries["minutes"].sum())


def _count_queries(queries: pl.DataFrame, words: str) -> ResearcherQueries:
    systems = queries.group_by("case").agg(pl.col("system").n_unique())["system"].sort()
    return ResearcherQueries(
        words=words,
        queries=queries.height,
        cases=systems.len(),
        minutes=_sum_minutes(queries),
        without_minutes=queries["minutes"].null_count(),
        systems_least=int(systems[0]),
        systems_median=float(systems.median()),  # type: ignore[arg-type]
        systems_most=int(systems[-1]),
    )


def _count_systems(first: pl.DataFrame, second: pl.DataFrame, repeats: pl.DataFrame) -> Iterator[SystemQueries]:
    for system in sorted({*first["system"], *second["system"]}):
        again = repeats.filter(system=system)
        yield SystemQueries(
            system=system,
            first=first.filter(system=system).height,
            second=second.filter(system=system).height,
            repeated=again.height,
            repeated_minutes=_sum_minutes(again),
        )


def _try_windows(compared: pl.DataFrame, declared: int) -> Iterator[RepetitionWindow]:
    for days in sorted({*OTHER_WINDOWS, declared}):
        within = compared.filter(pl.col("days") <= days)
        yield RepetitionWindow(days=days, queries=within.height, minutes=_sum_minutes(within))
