"""The report of one period: one frozen record of numbers and findings that every output only formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import version
from typing import Literal

from audit.compliance.follow_up import FollowUp
from audit.compliance.late_changes import LateChange
from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import SMALL, MeasureResult, MonthRate
from audit.compliance.trends import Trend
from audit.estimation.results import SampleAudit
from audit.formatting import between, count, decimal, listed, month, percent, plural
from audit.programs.declaration import Program, Series
from audit.programs.findings import Finding
from audit.programs.office_maps import Layout
from audit.reporting.corrections import Correction, SignOff
from audit.reporting.disclosure import disclosed
from audit.reporting.method_text import methodology
from audit.review.readiness import Clearance
from audit.tables.checks.suites import CheckResult
from audit.tables.table import ControlTotals

SCHEMA = "audit-report/1"

Audience = Literal["office", "public"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One of the three figures a reader should leave with."""

    value: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made this report: enough to make it again."""

    software: str
    program_sha256: str
    policy_sha256: str
    inputs: tuple[ControlTotals, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the report of one period says."""

    schema: str
    program: str
    title: str
    office_noun: str
    unit: tuple[str, str]  # one, many: ("match", "matches")
    period: str  # "2011-09", or "2015-12/2018-06" for a whole file, or "all" where there is no date
    period_words: str
    as_of: date | None
    status: str
    synthetic: str  # what of the data is made up; empty where nothing is
    headline: str
    key_figures: tuple[KeyFigure, ...]
    measures: tuple[MeasureResult, ...]
    months: tuple[MonthRate, ...]
    open_items: tuple[OpenItem, ...]
    ambiguous_links: int | None  # None: withheld from the public
    audit: SampleAudit | None
    series: tuple[Series, ...]
    checks: tuple[CheckResult, ...]
    method: tuple[tuple[str, str], ...]  # heading, paragraph
    caveats: tuple[str, ...]
    provenance: Provenance
    audience: Audience = "office"
    review: Clearance | None = None  # by people; none where the rules alone decide, or for the public
    findings: tuple[Finding, ...] = ()
    follow_up: FollowUp | None = None  # of the open items of all months; none where the report is not of one month
    trends: tuple[Trend, ...] = ()  # every office month by month; none where there is no date
    layout: Layout = field(default_factory=Layout)  # where the offices lie on maps
    version: int = 1
    correction: Correction | None = None  # what this version corrects, if it is not the first
    sign_off: SignOff | None = None  # of an issued report
    late_changes: tuple[LateChange, ...] = ()  # of the tables, since the reports of earlier months


def assemble(
    program: Program,
    *,
    period: str,
    as_of: date | None,
    measures: Sequence[MeasureResult],
    months: Sequence[MonthRate],
    open_items: Sequence[OpenItem],
    ambiguous_links: int,
    audit: SampleAudit | None,
    checks: Sequence[CheckResult],
    unverified: Sequence[str],
    policy_sha256: str,
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
    follow_up: FollowUp | None = None,
    review: Clearance | None = None,
    findings: Sequence[Finding] = (),
    trends: Sequence[Trend] = (),
    layout: Layout | None = None,
) -> Report:
    """Put what every step found into one record, with the words that follow from its numbers.

    For the public, of what `audit.reporting.disclosure` lets through, and without the lists of records to complete.
    """
    links: int | None = ambiguous_links
    withheld: tuple[tuple[str, str], ...] = ()
    items: Sequence[OpenItem] | None = open_items
    if audience == "public":
        told = disclosed(
            measures, months, audit, checks, inputs, ambiguous_links, trends, office=program.office, period=period
        )
        measures, months, audit, checks, inputs = told.measures, told.months, told.audit, told.checks, told.inputs
        links, items, program = told.ambiguous_links, None, _with_first_graces(program)
        trends = told.trends
        withheld = (("What is withheld", " ".join([_withheld(program), *told.withheld])),)
    words = "the whole table" if period == "all" else month(period)
    caveats = [*program.caveats]
    if unverified:
        caveats.append(f"Not checked against its source: {listed(list(unverified), most=len(unverified))}.")
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
        headline=" ".join(_headline(program, words, by_unit(measures), audit)),
        key_figures=tuple(_key_figures(program, words, by_unit(measures), items, audit)),
        measures=tuple(measures),
        months=tuple(months),
        open_items=tuple(items or ()),
        ambiguous_links=links,
        audit=audit,
        series=program.series,
        checks=tuple(checks),
        method=(
            *methodology(program, as_of, by_unit(measures), audit, inputs, trends=trends, reviewed=review is not None),
            *withheld,
        ),
        caveats=tuple(caveats),
        provenance=Provenance(
            software=f"audit {version('audit')}",
            program_sha256=program.sha256,
            policy_sha256=policy_sha256,
            inputs=tuple(inputs),
        ),
        audience=audience,
        follow_up=follow_up,
        review=None if audience == "public" else review,
        findings=tuple(findings),
        trends=tuple(trends),
        layout=layout or Layout(),
    )


def by_unit(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """The results counted by unit: by person and the like are other views of the same records."""
    return [measure for measure in measures if measure.counted == "unit"]


def first_views(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """Each measure once: counted by unit, at its first grace period."""
    return list({measure.measure: measure for measure in reversed(by_unit(measures))}.values())[::-1]


def differing(result: MeasureResult, *, office: str) -> str:
    """Which offices lie outside the limits of chance, and what the dispersion says of them as a whole."""
    if result.dispersion is None:
        return ""
    n, names = len(result.outside), listed(sorted(result.outside), most=100)
    found = (
        f"{count(n) if n else 'None'} of {plural(len(result.rated), office)} {'lies' if n == 1 else 'lie'} outside the "
        "99.8% limits that chance alone would set if all had one rate, where chance would put 1 in 500"
        f"{': ' if n else ''}{names}."
    )
    whole = "As a whole they differ by more than chance: the" if result.spread else "The"
    return f"{found} {whole} dispersion is {decimal(result.dispersion)}, where chance alone gives 1 or less."


def concerned(unit: tuple[str, str], items: Sequence[OpenItem]) -> str:
    """How many units the items are about, and how many records these lack."""
    units, records = sum(item.units for item in items), sum(item.records for item in items)
    each = ", counted under each duty," if len({item.measure for item in items}) > 1 else ""
    return f"{plural(units, *unit)}{each} that {'lacks' if units == 1 else 'lack'} {plural(records, 'record')}"


def _with_first_graces(program: Program) -> Program:
    """The program as the public edition tells it: each duty at its first number of days."""
    firsts = tuple(replace(measure, grace_days=measure.grace_days[:1]) for measure in program.census.measures)
    return replace(program, census=replace(program.census, measures=firsts))


def _withheld(program: Program) -> str:
    """What the public edition leaves out, and why."""
    return (
        f"This is the public edition: no count from 1 to {SMALL - 1} is in it, and none can be worked out from those "
        f"that are. A {program.office} with such a count stands in one row with others, of that row only its sums are "
        "told, and the figures leave it out; month by month only a "
        f"{program.office} is told that has no such count in any month. Each duty is counted in one way. A sign – "
        "stands for what is withheld. The lists of records to complete go to the offices alone."
    )


def _headline(
    program: Program, words: str, measures: Sequence[MeasureResult], audit: SampleAudit | None
) -> Iterator[str]:
    for measure in first_views(measures):
        rate = measure.national
        if not rate.due:
            yield f"{measure.title}: nothing was due in {words}."
            continue
        few = rate.due < SMALL  # too few for a rate
        share = count(rate.compliant) if few else percent(rate.compliant, rate.due)
        share += f" of {plural(rate.due, *program.unit)} in {words}"
        ever = count(rate.compliant + rate.late) if few else percent(rate.compliant + rate.late, rate.due)
        late = f", in time; {ever} counting late entries" if rate.late else ""
        yield f"{measure.title}: {share}{late}."
    if audit and audit.overall.rate is not None:
        found = audit.overall
        yield (
            f"Of {count(found.assessed)} sampled decisions that could be assessed, {count(found.conforming)} "
            f"({percent(found.conforming, found.assessed)}) were consistent with the policy in force; with the "
            f"{count(found.undeterminable)} that could not be assessed the rate lies between "
            f"{percent(found.conforming, found.reviewed)} and "
            f"{percent(found.conforming + found.undeterminable, found.reviewed)}."
        )


def _key_figures(
    program: Program,
    words: str,
    measures: Sequence[MeasureResult],
    items: Sequence[OpenItem] | None,
    audit: SampleAudit | None,
) -> Iterator[KeyFigure]:
    views = first_views(measures)
    for measure in views[:2]:
        rate = measure.national
        if rate.due < SMALL:
            value = f"{count(rate.compliant)} of {count(rate.due)}" if rate.due else "–"
            detail = f"fewer than {SMALL} {program.unit[1]} due, so no rate" if rate.due else "nothing was due"
        else:
            value = percent(rate.compliant, rate.due)
            detail = f"{count(rate.compliant)} of {plural(rate.due, *program.unit)}"
            detail += f"; {percent(rate.compliant + rate.late, rate.due)} counting late entries" if rate.late else ""
        yield KeyFigure(value=value, label=measure.title, detail=detail)
    if items is not None:
        offices = len({item.office for item in items})
        yield KeyFigure(
            value=count(len(items)),
            label=f"Open items of {words}{', by person' if program.census.person else ''}",
            detail=f"{concerned(program.unit, items)}, in {plural(offices, program.office)}"
            if items
            else "nothing is left to complete",
        )
    if audit and audit.overall.rate is not None:
        found = audit.overall
        yield KeyFigure(
            value=percent(found.conforming, found.assessed),
            label="Sampled decisions consistent with policy",
            detail=f"{count(found.conforming)} of {count(found.assessed)} assessed; {percent(found.level, places=0)} "
            f"limits {between(found.lower, found.upper)}",
        )
