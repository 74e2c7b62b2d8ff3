"""The report of one period: one frozen record of numbers and findings that every output only formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from audit.compliance import MeasureResult, MonthRate, OpenItem
from audit.evaluation import SampleAudit
from audit.program import Program, Series
from audit.reliability import CheckResult
from audit.source import ControlTotals
from audit.wording import count, day, listed, month, percent, plural

SCHEMA = "audit-report/1"


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
    ambiguous_links: int
    audit: SampleAudit | None
    series: tuple[Series, ...]
    checks: tuple[CheckResult, ...]
    method: tuple[tuple[str, str], ...]  # heading, paragraph
    caveats: tuple[str, ...]
    provenance: Provenance


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
) -> Report:
    """Put what every step found into one record, with the words that follow from its numbers."""
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
        key_figures=tuple(_key_figures(program, by_unit(measures), open_items, audit)),
        measures=tuple(measures),
        months=tuple(months),
        open_items=tuple(open_items),
        ambiguous_links=ambiguous_links,
        audit=audit,
        series=program.series,
        checks=tuple(checks),
        method=tuple(_method(program, as_of, by_unit(measures), audit)),
        caveats=tuple(caveats),
        provenance=Provenance(
            software=f"audit {version('audit')}",
            program_sha256=program.sha256,
            policy_sha256=policy_sha256,
            inputs=tuple(inputs),
        ),
    )


def by_unit(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """The results counted by unit: by person and the like are other views of the same records."""
    return [measure for measure in measures if measure.counted == "unit"]


def first_views(measures: Sequence[MeasureResult]) -> list[MeasureResult]:
    """Each measure once: counted by unit, at its first grace period."""
    return list({measure.measure: measure for measure in reversed(by_unit(measures))}.values())[::-1]


def _headline(
    program: Program, words: str, measures: Sequence[MeasureResult], audit: SampleAudit | None
) -> Iterator[str]:
    for measure in first_views(measures):
        rate = measure.national
        if not rate.due:
            yield f"{measure.title}: nothing was due in {words}."
            continue
        share = f"{percent(rate.compliant, rate.due)} of {plural(rate.due, *program.unit)} in {words}"
        late = f", in time; {percent(rate.compliant + rate.late, rate.due)} counting late entries" if rate.late else ""
        yield f"{measure.title}: {share}{late}."
    if audit and audit.overall.rate is not None:
        found = audit.overall
        assessed = found.conforming + found.deviating
        yield (
            f"Of {count(assessed)} sampled decisions that could be assessed, {count(found.conforming)} "
            f"({percent(found.conforming, assessed)}) were consistent with the policy in force; with the "
            f"{count(found.undeterminable)} that could not be assessed the rate lies between "
            f"{percent(found.conforming, found.reviewed)} and "
            f"{percent(found.conforming + found.undeterminable, found.reviewed)}."
        )


def _key_figures(
    program: Program, measures: Sequence[MeasureResult], items: Sequence[OpenItem], audit: SampleAudit | None
) -> Iterator[KeyFigure]:
    views = first_views(measures)
    for measure in views[:2]:
        rate = measure.national
        yield KeyFigure(
            value=percent(rate.compliant, rate.due),
            label=measure.title,
            detail=f"{count(rate.compliant)} of {plural(rate.due, *program.unit)}"
            + (f"; {percent(rate.compliant + rate.late, rate.due)} counting late entries" if rate.late else ""),
        )
    offices, by_whom = len({item.office for item in items}), "by person; " if program.census.person else ""
    yield KeyFigure(
        value=count(len(items)),
        label="Records to complete",
        detail=f"{by_whom}in {plural(offices, program.office)}" if items else "nothing is left to complete",
    )
    if audit and audit.overall.rate is not None:
        found, assessed = audit.overall, audit.overall.conforming + audit.overall.deviating
        yield KeyFigure(
            value=percent(found.conforming, assessed),
            label="Sampled decisions consistent with policy",
            detail=f"{count(found.conforming)} of {count(assessed)} assessed; {percent(found.level, places=0)} limits "
            f"{percent(found.lower)} to {percent(found.upper)}",
        )


def _method(
    program: Program, as_of: date | None, measures: Sequence[MeasureResult], audit: SampleAudit | None
) -> Iterator[tuple[str, str]]:
    many = program.unit[1]
    yield (
        "What was counted",
        f"Every one of the {many} of the period, by {program.office}; none was sampled, so these rates carry no "
        f"sampling error. {many.capitalize()} received equal {many} excluded by a stated reason plus {many} counted. "
        + (f"Records entered by {day(as_of)} were looked at." if as_of else "The table carries no date."),
    )
    graces = sorted({grace for measure in program.census.measures for grace in measure.grace_days})
    if any(need.entered for measure in program.census.measures for need in measure.needs):
        allowed = listed([plural(grace, "day") for grace in graces])
        yield (
            "In time, late, pending",
            f"A {program.unit[0]} complies when every required record is on file and was entered within the days "
            f"allowed ({allowed}; both are shown). What was entered later is late; what is not there while days "
            "remain is pending and in no rate. The bounds show the rate if all pending and withheld records failed "
            "and if all passed.",
        )
    if any(len(measure.offices) > 1 for measure in measures):
        yield (
            "Offices compared",
            "Offices are held against where an office of the same size would lie by chance around the rate of all "
            "offices: exact binomial limits, 95% and 99.8% (Spiegelhalter 2005, Statistics in Medicine 24:1185). Only "
            "an office outside the 99.8% limits by its exact tail probability is named. A funnel shows difference, "
            "not cause.",
        )
    if audit:
        yield from _sample_method(audit)


def _sample_method(audit: SampleAudit) -> Iterator[tuple[str, str]]:
    yield (
        "How the sample was drawn",
        f"A simple random sample of {count(audit.drawn)} of {count(audit.frame)} cases, without replacement. A case's "
        "ticket is the SHA-256 of the seed, a bar and its key; the smallest tickets are drawn. The digest of the "
        "frame was written down before the seed was chosen, so anyone who holds the frame can draw the sample again "
        "with sha256sum and sort.",
    )
    yield (
        "How cases were assessed",
        "Each case was put to dated, cited rules, under the version in force on the day of the decision and on the "
        "facts recorded by that day. A fact that is missing is unknown, never taken as compliance: a case is decided "
        "when every possibility leads to the same verdict, and is otherwise undeterminable, with the fields that "
        "would decide it.",
    )
    yield (
        "How rates and limits were computed",
        "Rates are conforming cases among those that could be assessed. Limits are exact, "
        f"{percent(audit.overall.level, places=0)} two-sided, for a sample without replacement from a finite "
        "population (inversion of the hypergeometric "
        "distribution; Katz 1953, Wright 1991). The bounds put the undeterminable cases back: all deviating, all "
        "conforming (Manski 2003). An action that the policy permits and does not require counts as consistent and "
        "is shown apart.",
    )
