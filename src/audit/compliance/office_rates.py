"""The monthly census: how often each office, and all together, have the records that were required."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import polars as pl

from audit.compliance.case_counts import PERSON_ORDERS, count_cases, filter_measure
from audit.compliance.record_states import (
    DOCUMENTED_STATES,
    AnyFrame,
    RecordState,
    list_lack_columns,
    list_missing_records,
)
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list, format_plural
from audit.programs.measures import Census, Measure, parse_period
from audit.statistics.intervals.exact import binomial_tails
from audit.statistics.offices.overdispersion import Dispersion, estimate_dispersion, overdispersed_funnel
from audit.tables.offices import UNRECORDED_OFFICE, name_offices

MINIMUM_CASES_FOR_RATE = 11  # fewer cases than these give an office no rate: its counts stand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeRate:
    """One office's counts and rates for one measure and period.

    Rates are shares; `None` under MINIMUM_CASES_FOR_RATE cases. A count is `None` only where it is withheld from the
    public.
    """

    office: str
    name: str
    received: int | None
    excluded: int | None
    not_applicable: int | None
    compliant: int
    late: int
    missing: int | None
    unmet: int | None
    redacted: int | None
    pending: int | None
    uninformative: int | None  # of the compliant and late: filled with words that say nothing
    no_identifier: int | None  # units without a person, each counted as its own
    due: int  # compliant + late + missing + unmet
    timely: float | None  # compliant / due
    eventual: float | None  # (compliant + late) / due
    worst: float | None  # pending and redacted all fail
    best: float | None  # ... all pass
    lower_95: float | None  # funnel limits: where an office of this size would lie
    upper_95: float | None
    lower_998: float | None
    upper_998: float | None
    # "below", "above" (outside the 99.8% limits), "", "too few" (due, for a rate), "no cases", or "no office" (of cases
    # whose office is not recorded)
    flag: str

    @property
    def is_rated(self) -> bool:
        """Whether it is an office, and has a rate: cases without an office are held against no limits."""
        return self.timely is not None and self.office != UNRECORDED_OFFICE


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure at one grace period and one way of counting: per office, and all offices together."""

    measure: str
    title: str
    authority: str
    grace_days: int
    counted: str  # "unit", "person, all units" (strict) or "person, any unit" (lenient)
    offices: tuple[OfficeRate, ...]
    national: OfficeRate
    missing: tuple[tuple[str, int], ...]  # which records are missing, and in how many
    exclusions: tuple[tuple[str, int], ...] = ()  # by which reason, and how many
    identified: tuple[int, int] | None = None  # compliant and due, of the cases that have an identifier
    # of the cases with a record missing, those to which none can be linked: they lack the identifier itself; None where
    # no record is linked by it, or withheld from the public
    missing_identifier: int | None = None
    dispersion: float | None = None  # how far offices differ by more than chance: phi, 1 or less by chance alone
    spread: float = 0.0  # variance between offices that the limits allow for, on the arcsine scale; 0: limits of chance
    outside: tuple[str, ...] = ()  # names of offices outside the 99.8% limits that chance alone would set

    @property
    def timed(self) -> bool:
        """Whether it played a part when a record was entered: some came late, or may still come."""
        return self.national.late + (self.national.pending or 0) > 0

    @property
    def in_time(self) -> str:
        """What in time means under this measure."""
        return f"within {format_plural(self.grace_days, 'day')}" if self.grace_days else "in time"

    @property
    def rated(self) -> list[OfficeRate]:
        """The offices that have a rate, from lowest to highest; equal rates by size, then name.

        Cases without an office are none of them.
        """
        rated = [office for office in self.offices if office.is_rated]
        return sorted(rated, key=lambda office: (office.timely, -office.due, office.name))

    @property
    def limits(self) -> str:
        """What the limits are that offices are held against."""
        return "limits widened for the ordinary spread between offices" if self.spread else "limits of chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRate:
    """All offices together in one month under one measure, as known at the report's as-of date."""

    measure: str = ""  # its id
    month: str
    due: int
    compliant: int
    late: int


DUE_STATES = (*DOCUMENTED_STATES, RecordState.MISSING.value, RecordState.UNMET.value)
TAIL_PROBABILITY = 0.001  # of each tail beyond the 99.8% limits
COUNT_FIELDS = ("received", "excluded", *RecordState, "uninformative", "no_identifier")


def rate_offices(
    states: AnyFrame, census: Census, *, period: str, offices: Mapping[str, str]
) -> tuple[MeasureResult, ...]:
    """Counts and rates per office under every measure, grace period and way of counting, in that order.

    `states` is what `find_unit_states` returns; `offices` is every office by code and name, those without a case
    included. By person (where the census has one) a case is a person in one office and month, so a person met by two
    offices is two cases; a unit without identifier is a case of its own. National counts are sums over the offices.
    Funnel limits lie around the national timely rate (Spiegelhalter 2005, Statistics in Medicine 24:1185), and an
    office is flagged by exact binomial tails at 99.8%; where offices differ by more than chance, only if it is outside
    the limits that allow for their spread too (`audit.statistics.offices.overdispersion`). AuditError as
    `require_period_units` raises it.
    """
    return rate_case_counts(
        count_cases(require_period_units(states, census, period=period), census), census, offices=offices
    )


def rate_case_counts(tallied: pl.DataFrame, census: Census, *, offices: Mapping[str, str]) -> tuple[MeasureResult, ...]:
    """What `rate_offices` returns, from a tally or the rows of several together."""
    ways = ("unit", *PERSON_ORDERS) if census.person else ("unit",)
    return tuple(
        _build_result(
            filter_measure(tallied, measure, grace).filter(pl.col("counted") == counted),
            census,
            measure,
            grace,
            counted,
            offices,
        )
        for measure in census.measures
        for grace in measure.grace_days
        for counted in ways
    )


def require_period_units(states: AnyFrame, census: Census, *, period: str) -> AnyFrame:
    """The units of a month "2011-09", of a range "2015-12/2018-06", or "all".

    AuditError: USAGE for what is no period, and for a month where the census has no date; DATA where no unit lies, and
    the period is not one between units (`refuse_period_beyond_units`).
    """
    chosen = filter_period(states, census, period=period)
    if chosen.lazy().limit(1).collect().is_empty():
        months = states.lazy().select(pl.col("month").drop_nulls().unique().sort()).collect()
        refuse_period_beyond_units(census, period, there=months["month"].to_list())
    return chosen


def filter_period(states: AnyFrame, census: Census, *, period: str) -> AnyFrame:
    """The units of a period, were there none; AuditError (USAGE) as `require_period_units` raises it."""
    first, last = parse_period(census, period)
    return states if period == "all" else states.filter(pl.col("month").is_between(pl.lit(first), pl.lit(last)))


def refuse_period_beyond_units(census: Census, period: str, *, there: Sequence[str]) -> None:
    """Refuse a period without a unit, unless it lies between the months that are `there`: AuditError (DATA).

    A month without a case between two others is a month in which nothing happened. Before the first and after the last
    the table may just not be filled.
    """
    first, last = parse_period(census, period)
    if not there or first < min(there) or last > max(there):
        raise make_empty_period_error(census, period, there=there)


def make_empty_period_error(census: Census, period: str, *, there: Sequence[str]) -> AuditError:
    """That no unit lies in a period, and in which months one does."""
    months = format_list(there, most=12)
    mend = f"It has {months}." if months else "Check that the table was read whole."
    return AuditError(Problem(what=f"table {census.table} has no unit in {period}", mend=mend), code=ExitCode.DATA)


def _build_result(
    cases: pl.DataFrame, census: Census, measure: Measure, grace: int, counted: str, offices: Mapping[str, str]
) -> MeasureResult:
    tallies = _count_by_office(cases)
    rows = [
        _rate_office(code, name, tallies.get(code, dict.fromkeys(COUNT_FIELDS, 0)), least=MINIMUM_CASES_FOR_RATE)
        for code, name in name_offices(sorted(tallies), offices).items()
    ]
    totals = {what: sum(tally[what] for tally in tallies.values()) for what in COUNT_FIELDS}
    national = _rate_office("all", "All offices", totals, least=1)
    against, office_dispersion, outside = add_funnel_limits(national, rows)
    missing: Counter[str] = Counter()
    lacking = cases.filter(pl.col("state") == "missing").select("cases", *list_lack_columns(census))
    for n, *lacks in lacking.iter_rows():
        missing[format_missing_records(measure, lacks)] += n
    excluded: Counter[str] = Counter()
    for reason, n in cases.filter(pl.col("excluded").is_not_null()).select("excluded", "cases").iter_rows():
        excluded[reason] += n
    identified = _count_by_office(cases.filter(~pl.col("no_identifier"))).values()
    is_linked = census.person in {link.on for link in census.links}
    return MeasureResult(
        measure=measure.id,
        title=measure.title,
        authority=measure.authority,
        grace_days=grace,
        counted=counted,
        offices=against,
        national=national,
        missing=tuple(sorted(missing.items(), key=lambda one: (-one[1], one[0]))),
        exclusions=tuple({reason: excluded[reason] for reason in census.exclusion_reasons}.items()),
        identified=(
            sum(one["compliant"] for one in identified),
            sum(one[state] for one in identified for state in DUE_STATES),
        ),
        missing_identifier=totals["missing"] - sum(one["missing"] for one in identified) if is_linked else None,
        dispersion=office_dispersion.ratio,
        spread=office_dispersion.variance,
        outside=outside,
    )


def _count_by_office(cases: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Each office's COUNT_FIELDS."""
    tallies = cases.group_by("office").agg(
        received=pl.col("cases").sum(),
        excluded=_sum_cases(pl.col("excluded").is_not_null()),
        uninformative=_sum_cases(pl.col("uninformative")),
        no_identifier=_sum_cases(pl.col("no_identifier")),
        **{state: _sum_cases(pl.col("state") == state.value) for state in RecordState},
    )
    return {tally.pop("office"): tally for tally in tallies.iter_rows(named=True)}


def _sum_cases(truth: pl.Expr) -> pl.Expr:
    """Of how many cases this is true."""
    return (truth.cast(pl.Int64) * pl.col("cases")).sum()


def _rate_office(office: str, name: str, tally: Mapping[str, int], *, least: int) -> OfficeRate:
    """One row of counts that add up to what was received, with its rates and the bounds of what is still open.

    A share of fewer than `least` cases is withheld.
    """
    received, accounted = tally["received"], tally["excluded"] + sum(tally[state] for state in RecordState)
    if received != accounted:
        what = f"{received:,} cases of office {office} were received and {accounted:,} are accounted for"
        mend = "This is a defect of the program: report it with the command that led here."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.CRASH)
    due, compliant = sum(tally[state] for state in DUE_STATES), tally[RecordState.COMPLIANT]
    undecided = tally[RecordState.PENDING] + tally[RecordState.REDACTED]

    def share(part: int, whole: int) -> float | None:
        return part / whole if whole >= least else None

    return OfficeRate(
        office=office,
        name=name,
        **tally,
        due=due,
        timely=share(compliant, due),
        eventual=share(compliant + tally[RecordState.LATE], due),
        worst=share(compliant, due + undecided),
        best=share(compliant + undecided, due + undecided),
        lower_95=None,
        upper_95=None,
        lower_998=None,
        upper_998=None,
        flag="no cases" if not received else "no office" if not office else "too few" if 0 < due < least else "",
    )


def add_funnel_limits(
    national: OfficeRate, offices: Sequence[OfficeRate]
) -> tuple[tuple[OfficeRate, ...], Dispersion, tuple[str, ...]]:
    """The offices with limits and flags, their dispersion, and which lie outside the limits of chance alone.

    Cases whose office is not recorded are of no office: they have no limits, and count in none.
    """
    rated = [row for row in offices if row.is_rated]
    if not rated:
        return tuple(offices), Dispersion(None, 0.0), ()
    p = Fraction(national.compliant, national.due)
    due, compliant = np.array([(row.due, row.compliant) for row in rated]).T
    office_dispersion = estimate_dispersion(compliant, due, p)
    (lower_95, upper_95), (lower_998, upper_998) = (
        overdispersed_funnel(due, p, level, variance=office_dispersion.variance) for level in ("0.95", "0.998")
    )
    below, above = (tail < TAIL_PROBABILITY for tail in binomial_tails(compliant, due, p))
    outside = tuple(row.name for row, apart in zip(rated, below | above, strict=True) if apart)
    if office_dispersion.variance:
        below, above = below & (compliant / due < lower_998), above & (compliant / due > upper_998)
    against = {
        row.office: replace(
            row,
            lower_95=float(lower_95[i]),
            upper_95=float(upper_95[i]),
            lower_998=float(lower_998[i]),
            upper_998=float(upper_998[i]),
            flag="below" if below[i] else "above" if above[i] else "",
        )
        for i, row in enumerate(rated)
    }
    return tuple(against.get(row.office, row) for row in offices), office_dispersion, outside


def format_missing_records(measure: Measure, lacks: Sequence[bool | None]) -> str:
    """Missing records in the order of the measure's needs: "encounter and disposition"."""
    return format_list(list_missing_records(measure, lacks), most=len(measure.needs))
