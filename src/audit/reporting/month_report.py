"""The report of one period: one frozen record of numbers and findings that every output only formats."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from audit.compliance.delays import DelayTable
from audit.compliance.duty_periods import MeasureDuties
from audit.compliance.follow_up_summary import FollowUp
from audit.compliance.late_changes import LateChange
from audit.compliance.ledger import OpenItem
from audit.compliance.office_changes import OfficeChange
from audit.compliance.office_rates import MeasureResult, MonthRate
from audit.compliance.period_results import PeriodResults
from audit.compliance.populations import PopulationResult
from audit.compliance.returns import OfficeReturns
from audit.compliance.revisions import Revision
from audit.compliance.targets import TargetResult
from audit.compliance.trends import Trend
from audit.formatting import (
    format_count,
    format_day,
    format_decimal,
    format_list,
    format_month,
    format_plural,
)
from audit.months import find_next_month
from audit.programs.declaration import Program
from audit.programs.measures import FollowUpPlan, Population, find_as_of_day
from audit.programs.office_tiles import Tile
from audit.programs.withholding import WithheldTable
from audit.reporting.disclosure import describe_public_edition
from audit.reporting.method_text import describe_report_method
from audit.reporting.month_disclosure import suppress_small_counts, withhold_results
from audit.reporting.month_rule import describe_counting_rule
from audit.reporting.month_text import format_month_headline, make_month_figures
from audit.reporting.office_order import filter_unit_results
from audit.reporting.office_order import list_primary_results as list_primary_results
from audit.reporting.published_editions import PublishedEdition, format_shown_offices
from audit.reporting.record import Audience, VersionedReport, make_provenance
from audit.reporting.withholding_costs import describe_costs
from audit.tables.checks.results import CheckResult
from audit.tables.delivery import DeliveryTotal
from audit.tables.table import ControlTotals

SCHEMA = "audit-report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedAudit:
    """An issued audit report, as a month refers to it."""

    period: str
    as_of: date
    version: int
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(VersionedReport):
    """Everything the report of one period says."""

    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...]
    open_items: tuple[OpenItem, ...]
    ambiguous_links: int | None  # None: withheld from the public
    has_audit: bool = False  # whether the program declares a sample audit, which has its own report
    last_audit: IssuedAudit | None = None  # the last one issued that looked at its records no later than this report
    follow_up: FollowUp | None = None  # of the open items of all months; none where the report is not of one month
    trends: tuple[Trend, ...] = ()  # every office month by month; none where there is no date
    tiles: tuple[Tile, ...] = ()  # where the offices lie on a map
    late_changes: tuple[LateChange, ...] = ()  # of the tables, since the reports of earlier months
    duties: tuple[MeasureDuties, ...] = ()  # of each measure that declares when its duty began
    targets: tuple[TargetResult, ...] = ()  # of each measure that declares a target
    rate_population: Population | None = None  # units that the rates are of; None: all. Lists are of all units
    populations: tuple[PopulationResult, ...] = ()  # that of the rates and those beside it; none where none is declared
    delays: tuple[DelayTable, ...] = ()  # how the share in time moves with the days allowed
    changes: tuple[OfficeChange, ...] = ()  # by measure and office; none where there is no date
    revisions: tuple[Revision, ...] = ()  # of earlier months, since their reports
    persons_once: int | None = None  # counted once in all offices; None without persons, or withheld from the public
    persons_in_two_offices: int | None = None  # of these, counted by two offices or more
    delivery: tuple[DeliveryTotal, ...] = ()  # by table; none where no delivery note was supplied
    rule: tuple[tuple[str, str], ...] = ()  # what is required, what counts as recorded, what is in time: heading, words
    plan: FollowUpPlan | None = None  # by which open items are followed up; None where none is declared
    next_issue: tuple[str, date] | None = None  # month of the next report, and its as-of day
    withheld: tuple[WithheldTable, ...] = ()  # what that costs, by table; none of the edition for the offices
    returns: tuple[OfficeReturns, ...] = ()  # what came of the lists that offices returned; none for the public

    @property
    def rate_unit(self) -> tuple[str, str]:
        """What the rates count, one and many; `unit` is what the lists have."""
        return self.rate_population.unit if self.rate_population else self.unit


def assemble_report(
    program: Program,
    *,
    period: str,
    as_of: date | None,
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    open_items: Sequence[OpenItem],
    ambiguous_links: int,
    checks: Sequence[CheckResult],
    policy_sha256: str,
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
    follow_up: FollowUp | None = None,
    trends: Sequence[Trend] = (),
    tiles: Sequence[Tile] = (),
    results: PeriodResults | None = None,
    last_audit: IssuedAudit | None = None,
    delivery: Sequence[DeliveryTotal] = (),
    earlier: Sequence[PublishedEdition] = (),
) -> Report:
    """Put what every step found into one record, with the words that follow from its numbers.

    For the public, of what `suppress_small_counts` lets through beside the `earlier` public editions, and without the
    lists of records to complete.
    """
    links: int | None = ambiguous_links
    withheld: tuple[tuple[str, str], ...] = ()
    costs: tuple[WithheldTable, ...] = ()
    items: Sequence[OpenItem] | None = open_items
    if audience == "public":
        public = suppress_small_counts(
            measures,
            months,
            checks,
            inputs,
            ambiguous_links,
            trends,
            office=program.office,
            period=period,
            plan=program.withholding,
            earlier=earlier,
        )
        measures, months, checks, inputs = public.measures, public.months, public.checks, public.inputs
        links, items, program = public.ambiguous_links, None, _keep_first_grace_days(program)
        trends, costs = public.trends, public.costs
        results = withhold_results(results, measures) if results else None
        withheld = (("What is withheld", " ".join([_describe_suppression(program), *public.withheld])),)
        withheld += describe_costs(costs)
    words = "the whole table" if period == "all" else format_month(period)
    made = Report(
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
        headline="",
        key_figures=(),
        measures=tuple(measures),
        months=tuple(months),
        open_items=tuple(items or ()),
        ambiguous_links=links,
        has_audit=program.sample is not None,
        last_audit=last_audit,
        checks=tuple(checks),
        method=(
            *describe_report_method(program, as_of, filter_unit_results(measures), inputs, trends=trends),
            *withheld,
        ),
        caveats=program.caveats,
        provenance=make_provenance(program, inputs, policy_sha256=policy_sha256),
        audience=audience,
        follow_up=follow_up,
        trends=tuple(trends),
        tiles=tuple(tiles),
        delivery=() if audience == "public" else tuple(delivery),
        rate_population=program.census.rate_population,
        rule=tuple(describe_counting_rule(program)),
        plan=program.census.follow_up,
        withholding=program.withholding,
        withheld=costs,
        next_issue=find_next_issue(program, period),
        **(results or PeriodResults()).list_values(),
    )
    return replace(made, headline=format_month_headline(made, program), key_figures=make_month_figures(made))


def find_next_issue(program: Program, period: str) -> tuple[str, date] | None:
    """The month of the next report, and the day on which its records will be looked at; None without months."""
    if program.census.date is None or "/" in period or period == "all":
        return None
    month = find_next_month(period)
    return month, find_as_of_day(program.census, month)


def describe_dispersion(result: MeasureResult, *, office: str) -> str:
    """Which offices lie outside the limits of chance, and what the dispersion says of them as a whole."""
    if result.dispersion is None:
        return ""
    n, names = len(result.outside), format_list(sorted(result.outside), most=100)
    sentence = (
        f"{format_count(n) if n else 'None'} of {format_shown_offices(len(result.rated), result, office)} "
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
    plan = program.withholding
    edition = describe_public_edition(program.office, offices=plan.offices, totals=plan.totals)
    return (
        f"{edition}, of that row only its sums are told, and the figures leave it out. Each month is told once, by the "
        f"public edition of its period: earlier months are as their editions told them, of each {program.office} that "
        "stood alone there, and a month that none told is left out. What changed since by fewer is not told. Each duty "
        "is counted in one way. Limits, dispersion and verdicts follow from what is told here: they may differ from "
        "those of the edition for the offices. A sign – stands for what is withheld. The lists of records to complete "
        "go to the offices alone."
    )


def describe_last_audit(report: Report) -> str:
    """The one line that a month has of the sample audit; empty where the program declares none."""
    if not report.has_audit:
        return ""
    last = report.last_audit
    if last is None:
        return "Last issued audit report: none."
    period = "the whole table" if last.period == "all" else format_month(last.period)
    version = f", version {last.version}" if last.version > 1 else ""
    return (
        f"Last issued audit report: {period}{version}, as of {format_day(last.as_of)}, issued on "
        f"{format_day(last.issued_on)}."
    )
