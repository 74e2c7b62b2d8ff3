"""Coverage: jurisdictions activated by day and area, against published totals, and what was counted in them."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from audit.analysis.growth import ActivePeriod, GrowthStep, decompose_growth
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.programs.analyses import Coverage, PublishedTotal


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCoverage:
    """The jurisdictions of one area."""

    area: str
    name: str
    total: int
    activated: int  # by the as-of day
    first_on: dt.date | None
    row: int | None  # of its tile; None where it has none
    column: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyCoverage:
    """A jurisdiction whose county is known."""

    code: str  # five digits (FIPS)
    jurisdiction: str
    area: str
    activated: bool  # by the as-of day


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDay:
    """How many jurisdictions were active at the end of a day."""

    day: dt.date
    activated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedComparison:
    """What a source states of the coverage on a day, and what the table gives for it."""

    stated: PublishedTotal
    activated: int
    total: int
    areas: int

    @property
    def agrees(self) -> bool:
        """Whether the table gives every stated number."""
        areas = self.stated.areas in (None, self.areas)
        return (self.activated, self.total) == (self.stated.activated, self.stated.total) and areas


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageResult:
    """The coverage on the as-of day, how it grew, and what was counted in the active jurisdictions."""

    name: str
    title: str
    unit: tuple[str, str]
    area_noun: str
    as_of: dt.date
    counted: tuple[str, str]
    claim: str
    claim_source: str
    claim_gap: str
    synthetic: str
    total: int
    activated: int
    areas_activated: int
    areas: tuple[AreaCoverage, ...]
    days: tuple[CoverageDay, ...]  # every day on which one was activated
    published: tuple[PublishedComparison, ...]
    periods: tuple[ActivePeriod, ...]
    steps: tuple[GrowthStep, ...]  # from each period to the next, then from the first to the last
    later: int  # activated after the as-of day
    counties: tuple[CountyCoverage, ...] = ()  # those whose county is known, by its code
    without_county: int = 0  # all others


def measure_coverage(
    tables: Mapping[str, pl.LazyFrame], coverage: Coverage, counts: Mapping[str, int | None]
) -> CoverageResult:
    """The coverage that a table shows. `counts` has what was counted in each period, by its label.

    It is a complete count, so it has no sampling error. AuditError (DATA) where a jurisdiction stands twice.
    """
    rows = tables[coverage.table].select(
        jurisdiction=pl.col(coverage.jurisdiction).cast(pl.String),
        area=pl.col(coverage.area).cast(pl.String).fill_null("not recorded"),
        on=pl.col(coverage.activated_on).cast(pl.Date),
        code=pl.col(coverage.county_code).cast(pl.String) if coverage.county_code else pl.lit(None, dtype=pl.String),
    )
    jurisdictions = rows.sort("area", "jurisdiction").collect()
    if twice := jurisdictions.height - jurisdictions.select("area", "jurisdiction").n_unique():
        problem = Problem(
            what=f"{format_plural(twice, 'row')} for a jurisdiction that has one", mend="Give each one row."
        )
        raise AuditError(problem, code=ExitCode.DATA)
    _refuse_wrong_codes(jurisdictions["code"].drop_nulls(), coverage)
    active = jurisdictions.filter(pl.col("on") <= coverage.as_of)
    periods = tuple(_measure_periods(active, coverage, counts))
    return CoverageResult(
        name=coverage.name,
        title=coverage.title,
        unit=coverage.unit,
        area_noun=coverage.area_noun,
        as_of=coverage.as_of,
        counted=coverage.counted,
        claim=coverage.claim,
        claim_source=coverage.claim_source,
        claim_gap=coverage.claim_gap,
        synthetic=coverage.synthetic,
        total=jurisdictions.height,
        activated=active.height,
        areas_activated=active["area"].n_unique(),
        areas=tuple(_count_areas(jurisdictions, tables, coverage)),
        days=tuple(_accumulate_days(active)),
        published=tuple(_compare_published(jurisdictions, one) for one in coverage.published),
        periods=periods,
        steps=tuple(decompose_growth(periods)),
        later=jurisdictions.filter(pl.col("on") > coverage.as_of).height,
        counties=tuple(_list_counties(jurisdictions, coverage.as_of)),
        without_county=jurisdictions["code"].null_count(),
    )


def _refuse_wrong_codes(codes: pl.Series, coverage: Coverage) -> None:
    problems = []
    if wrong := codes.filter(~codes.str.contains(r"^\d{5}$")).to_list():
        what = f"has `{wrong[0]}`, which is no five-digit code of a county ({format_plural(len(wrong), 'row')})"
        problems.append(Problem(what=what, mend="Write 48201, with the zero that it may begin with."))
    if twice := codes.len() - codes.n_unique():
        what = f"has {format_plural(twice, 'row')} with a county that another row has"
        problems.append(Problem(what=what, mend="Give a county to one jurisdiction, or leave it blank."))
    if problems:
        file, column = coverage.table, coverage.county_code
        raise AuditError([replace(one, file=file, column=column) for one in problems], code=ExitCode.DATA)


def _list_counties(jurisdictions: pl.DataFrame, as_of: dt.date) -> Iterator[CountyCoverage]:
    known = jurisdictions.filter(pl.col("code").is_not_null()).sort("code")
    for code, jurisdiction, area, on in known.select("code", "jurisdiction", "area", "on").iter_rows():
        yield CountyCoverage(code=code, jurisdiction=jurisdiction, area=area, activated=on is not None and on <= as_of)


def _count_areas(
    jurisdictions: pl.DataFrame, tables: Mapping[str, pl.LazyFrame], coverage: Coverage
) -> Iterator[AreaCoverage]:
    names: dict[str, tuple[str, int | None, int | None]] = {}
    if areas := coverage.areas:
        columns = (areas.area, areas.name, areas.row, areas.column)
        names = {
            code: (name, row, column)
            for code, name, row, column in tables[areas.table].select(columns).collect().rows()
        }
    is_active = pl.col("on") <= coverage.as_of
    counts = jurisdictions.group_by("area").agg(
        pl.len(), activated=is_active.fill_null(False).sum(), first_on=pl.col("on").filter(is_active).min()
    )
    found = {area: (total, activated, first_on) for area, total, activated, first_on in counts.iter_rows()}
    for area in sorted({*found, *names}):
        name, row, column = names.get(area, (area, None, None))
        total, activated, first_on = found.get(area, (0, 0, None))
        yield AreaCoverage(
            area=area, name=name, total=total, activated=activated, first_on=first_on, row=row, column=column
        )


def _accumulate_days(active: pl.DataFrame) -> Iterator[CoverageDay]:
    reached = 0
    for day, number in active.group_by("on").len().sort("on").iter_rows():
        reached += number
        yield CoverageDay(day=day, activated=reached)


def _compare_published(jurisdictions: pl.DataFrame, stated: PublishedTotal) -> PublishedComparison:
    active = jurisdictions.filter(pl.col("on") <= stated.on)
    return PublishedComparison(
        stated=stated, activated=active.height, total=jurisdictions.height, areas=active["area"].n_unique()
    )


def _measure_periods(
    active: pl.DataFrame, coverage: Coverage, counts: Mapping[str, int | None]
) -> Iterator[ActivePeriod]:
    """The days on which jurisdictions were active in each period, the day of activation included."""
    for period in coverage.periods:
        started = active.filter(pl.col("on") <= period.last)
        first = pl.max_horizontal("on", pl.lit(period.first))
        days = started.select(((pl.lit(period.last) - first).dt.total_days() + 1).sum()).item()
        months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
        yield ActivePeriod(
            label=period.label,
            first=period.first,
            last=period.last,
            activated=started.height,
            jurisdiction_days=int(days),
            days=(period.last - period.first).days + 1,
            months=months,
            count=counts.get(period.label),
        )
