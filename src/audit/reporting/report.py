"""The report of one period: one frozen record of numbers and findings that every output only formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audit.compliance.delays import DelayTable
from audit.compliance.duty_periods import MeasureDuties
from audit.compliance.late_changes import LateChange
from audit.compliance.ledger import OpenItem
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, MonthRate
from audit.compliance.open_item_follow_up import FollowUp
from audit.compliance.period_results import PeriodResults
from audit.compliance.populations import PopulationResult
from audit.compliance.returns import OfficeReturns
from audit.compliance.revisions import Revision
from audit.compliance.targets import TargetResult
from audit.compliance.trends import Trend
from audit.estimation.results import SampleResult
from audit.formatting import (
    add_article,
    format_count,
    format_decimal,
    format_list,
    format_month,
    format_percent,
    format_plural,
)
from audit.programs.declaration import Program, PublishedSeries
from audit.programs.findings import Finding
from audit.programs.office_tiles import Tile
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.disclosure import describe_public_edition
from audit.reporting.method_text import describe_report_method
from audit.reporting.record import Audience, KeyFigure, VersionedReport, make_provenance
from audit.reporting.report_disclosure import suppress_small_counts, withhold_results
from audit.reporting.sample_text import describe_confidence_limits, summarize_result
from audit.review.readiness import ReviewReadiness
from audit.tables.checks.results import CheckResult
from audit.tables.delivery import DeliveryTotal
from audit.tables.table import ControlTotals

SCHEMA = "audit-report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(VersionedReport):
    """Everything the report of one period says."""

    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...]
    open_items: tuple[OpenItem, ...]
    ambiguous_links: int | None  # None: withheld from the public
    audit: SampleResult | None
    series: tuple[PublishedSeries, ...]
    review: ReviewReadiness | None = None  # by people; none where the rules alone decide, or for the public
    findings: tuple[Finding, ...] = ()
    follow_up: FollowUp | None = None  # of the open items of all months; none where the report is not of one month
    trends: tuple[Trend, ...] = ()  # every office month by month; none where there is no date
    tiles: tuple[Tile, ...] = ()  # where the offices lie on a map
    late_changes: tuple[LateChange, ...] = ()  # of the tables, since the reports of earlier months
    duties: tuple[MeasureDuties, ...] = ()  # of each measure that declares when its duty began
    targets: tuple[TargetResult, ...] = ()  # of each measure that declares a target
    populations: tuple[PopulationResult, ...] = ()  # beside all units; none where none is declared
    delays: tuple[DelayTable, ...] = ()  # how the share in time moves with the days allowed
    changes: tuple[OfficeChange, ...] = ()  # by measure and office; none where there is no date
    revisions: tuple[Revision, ...] = ()  # of earlier months, since their reports
    persons_once: int | None = None  # counted once in all offices; None without persons, or withheld from the public
    persons_in_two_offices: int | None = None  # of these, counted by two offices or more
    delivery: tuple[DeliveryTotal, ...] = ()  # by table; none where no delivery note was supplied
    returns: tuple[OfficeReturns, ...] = ()  # what came of the lists that offices returned; none for the public


def assemble_report(
    program: Program,
    *,
    period: str,
    as_of: date | None,
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    open_items: Sequence[OpenItem],
    ambiguous_links: int,
    audit: SampleResult | None,
    checks: Sequence[CheckResult],
    unverified: Sequence[str],
    policy_sha256: str,
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
    follow_up: FollowUp | None = None,
    review: ReviewReadiness | None = None,
    findings: Sequence[Finding] = (),
    trends: Sequence[Trend] = (),
    tiles: Sequence[Tile] = (),
    results: PeriodResults | None = None,
    delivery: Sequence[DeliveryTotal] = (),
) -> Report:
    """Put what every step found into one record, with the words that follow from its numbers.

    For the public, of what `suppress_small_counts` lets through, and without the lists of records to complete.
    """
    links: int | None = ambiguous_links
    withheld: tuple[tuple[str, str], ...] = ()
    items: Sequence[OpenItem] | None = open_items
    if audience == "public":
        public = suppress_small_counts(
            measures, months, audit, checks, inputs, ambiguous_links, trends, office=program.office, period=period
        )
        measures, months, audit, checks, inputs = (
            public.measures,
            public.months,
            public.audit,
            public.checks,
            public.inputs,
        )
        links, items, program = public.ambiguous_links, None, _keep_first_grace_days(program)
        trends = public.trends
        results = withhold_results(results, measures) if results else None
        withheld = (("What is withheld", " ".join([_describe_suppression(program), *public.withheld])),)
    words = "the whole table" if period == "all" else format_month(period)
    caveats = [*program.caveats]
    if unverified:
        caveats.append(f"Not checked against its source: {format_list(list(unverified), most=len(unverified))}.")
    return Report(
        schema=SCHEMA,
        program=program.name,
        title=program.title,
        office_noun=program.office,
        unit=program.unit,
        period=period,
        period_words=words,
        as_of=as_of,
        status="draft",
        synthetic=program.synthetic,
        headline=" ".join(_format_headline(program, words, filter_unit_results(measures), audit)),
        key_figures=tuple(_make_key_figures(program, words, filter_unit_results(measures), items, audit)),
        measures=tuple(measures),
        months=tuple(months),
        open_items=tuple(items or ()),
        ambiguous_links=links,
        audit=audit,
        series=program.series,
        checks=tuple(checks),
        method=(
            *describe_report_method(
                program, as_of, filter_unit_results(measures), audit, inputs, trends=trends, reviewed=review is not None
            ),
            *withheld,
        ),
        caveats=tuple(caveats),
        provenance=make_provenance(program, inputs, policy_sha256=policy_sha256),
        audience=audience,
        follow_up=follow_up,
        review=None if audience == "public" else review,
        findings=tuple(findings),
        trends=tuple(trends),
        tiles=tuple(tiles),
        delivery=() if audience == "public" else tuple(delivery),
        **(results or PeriodResults()).list_values(),
    )


def filter_unit_results(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """The results counted by unit: by person and the like are other views of the same records."""
    return [measure for measure in measures if measure.counted == "unit"]


def list_primary_results(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """Each measure once: counted by unit, at its first grace period."""
    return list({measure.measure: measure for measure in reversed(filter_unit_results(measures))}.values())[::-1]


def describe_dispersion(result: MeasureResult, *, office: str) -> str:
    """Which offices lie outside the limits of chance, and what the dispersion says of them as a whole."""
    if result.dispersion is None:
        return ""
    n, names = len(result.outside), format_list(sorted(result.outside), most=100)
    sentence = (
        f"{format_count(n) if n else 'None'} of {format_plural(len(result.rated), office)} "
        f"{'lies' if n == 1 else 'lie'} outside the "
        "99.8% limits that chance alone would set if all had one rate, where chance would put 1 in 500"
        f"{': ' if n else ''}{names}."
    )
    whole = "As a whole they differ by more than chance: the" if result.spread else "The"
    return f"{sentence} {whole} dispersion is {format_decimal(result.dispersion)}, where chance alone gives 1 or less."


def describe_open_items(unit: tuple[str, str], items: Sequence[OpenItem]) -> str:
    """How many units the items are about, and how many records these lack."""
    units, records = sum(item.units for item in items), sum(item.records for item in items)
    each = ", counted under each duty," if len({item.measure for item in items}) > 1 else ""
    return (
        f"{format_plural(units, *unit)}{each} that {'lacks' if units == 1 else 'lack'} "
        f"{format_plural(records, 'record')}"
    )


def describe_item_subjects(program: Program, items: Sequence[OpenItem]) -> str:
    """Of how many persons the items are, and how many are of a unit without one; empty where no person is declared."""
    if not program.census.person:
        return ""
    persons = format_plural(len({item.person for item in items if not item.no_identifier}), "person")
    alone = sum(item.units for item in items if item.no_identifier)
    without = f" and {format_plural(alone, *program.unit)} without an identifier" if alone else ""
    return f"{persons}{without}: "


def _keep_first_grace_days(program: Program) -> Program:
    """The program as the public edition tells it: each duty at its first number of days."""
    firsts = tuple(replace(measure, grace_days=measure.grace_days[:1]) for measure in program.census.measures)
    return replace(program, census=replace(program.census, measures=firsts))


def _describe_suppression(program: Program) -> str:
    """What the public edition leaves out, and why."""
    return (
        f"{describe_public_edition(program.office)}, of that row only its sums are told, and the figures leave it out; "
        f"month by month only {add_article(program.office)} is told that has no such count in any month. Each duty is "
        "counted in one way. Limits, dispersion and verdicts are those of all offices, as in the edition for the "
        "offices. A sign – stands for what is withheld. The lists of records to complete go to the offices alone."
    )


def _format_headline(
    program: Program, words: str, measures: Sequence[MeasureResult], audit: SampleResult | None
) -> Iterator[str]:
    for measure in list_primary_results(measures):
        rate = measure.national
        if not rate.due:
            yield f"{measure.title}: nothing was due in {words}."
            continue
        few = rate.due < MINIMUM_CASES_FOR_RATE  # too few for a rate
        share = format_count(rate.compliant) if few else format_percent(rate.compliant, rate.due)
        share += f" of {format_plural(rate.due, *program.unit)} in {words}"
        ever = format_count(rate.compliant + rate.late) if few else format_percent(rate.compliant + rate.late, rate.due)
        late = f", in time; {ever} counting late entries" if rate.late else ""
        yield f"{measure.title}: {share}{late}."
    if audit:
        yield summarize_result(audit)


def _make_key_figures(
    program: Program,
    words: str,
    measures: Sequence[MeasureResult],
    items: Sequence[OpenItem] | None,
    audit: SampleResult | None,
) -> Iterator[KeyFigure]:
    views = list_primary_results(measures)
    for measure in views[:2]:
        rate = measure.national
        if rate.due < MINIMUM_CASES_FOR_RATE:
            value = f"{format_count(rate.compliant)} of {format_count(rate.due)}" if rate.due else "–"
            detail = (
                f"fewer than {MINIMUM_CASES_FOR_RATE} {program.unit[1]} due, so no rate"
                if rate.due
                else "nothing was due"
            )
        else:
            value = format_percent(rate.compliant, rate.due)
            detail = f"{format_count(rate.compliant)} of {format_plural(rate.due, *program.unit)}"
            detail += (
                f"; {format_percent(rate.compliant + rate.late, rate.due)} counting late entries" if rate.late else ""
            )
        yield KeyFigure(value=value, label=measure.title, detail=detail)
    if items is not None:
        offices = len({item.office for item in items})
        yield KeyFigure(
            value=format_count(len(items)),
            label=f"Open items of {words}",
            detail=f"{describe_item_subjects(program, items)}{describe_open_items(program.unit, items)}, in "
            f"{format_plural(offices, program.office)}"
            if items
            else "nothing is left to complete",
        )
    if audit and audit.overall.rate is not None:
        overall = audit.overall
        weighted = ", weighted" if audit.design.weighted else ""
        yield KeyFigure(
            value=format_percent(overall.rate),
            label=f"Sampled cases {get_attribute_words(audit.attribute).phrase}",
            detail=f"{format_count(overall.conforming)} of {format_count(overall.assessed)} assessed{weighted}; "
            f"{describe_confidence_limits(overall)}",
        )
