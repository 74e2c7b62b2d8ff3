"""The data-quality report of one period: both kinds of discrepancy by office, and how late evidence is recorded."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from audit.compliance.discrepancies.counts import (
    NO_TIER,
    DiscrepancyItem,
    EvidenceSource,
    EvidenceStrength,
    OfficeDiscrepancies,
    count_evidence_sources,
    count_evidence_strengths,
    count_office_discrepancies,
    list_discrepancies,
)
from audit.compliance.discrepancies.find import CONTRADICTED, DISCREPANCY_KINDS, UNSUPPORTED, DiscrepancyResult
from audit.compliance.discrepancies.period import ReportPeriod
from audit.compliance.discrepancies.recording_lag import RecordingLag, estimate_recording_lag
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.formatting import add_article, format_count, format_day, format_list, format_percent, format_plural
from audit.programs.declaration import Program
from audit.programs.discrepancies import Discrepancy
from audit.programs.withholding import WithheldTable
from audit.reporting.disclosure import (
    describe_public_edition,
    select_public_checks,
    select_public_totals,
)
from audit.reporting.discrepancy_disclosure import (
    DiscrepancyCounts,
    list_discrepancy_costs,
    suppress_small_discrepancies,
)
from audit.reporting.record import Audience, KeyFigure, ReportRecord, make_provenance
from audit.reporting.withholding_costs import count_withheld, describe_costs
from audit.tables.checks.results import CheckResult
from audit.tables.offices import name_offices
from audit.tables.table import ControlTotals

SCHEMA = "audit-quality/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport(ReportRecord):
    """Everything that the data-quality report of one period says."""

    name: str
    authority: str
    quote: str
    shown: tuple[str, str]
    needing: str  # what a case of the class is called
    denying: str
    as_of: dt.date
    national: OfficeDiscrepancies
    offices: tuple[OfficeDiscrepancies, ...]
    strengths: tuple[EvidenceStrength, ...]
    sources: tuple[EvidenceSource, ...]
    lag: RecordingLag | None  # None: withheld from the public
    lag_words: str
    items: tuple[DiscrepancyItem, ...]
    guidance: tuple[tuple[str, str], ...]  # kind, what to do
    titles: Mapping[str, str] = field(default_factory=dict)  # kind → as a heading
    withheld: tuple[WithheldTable, ...] = ()  # what withholding costs the public edition, by table


def assemble_quality_report(
    program: Program,
    discrepancy: Discrepancy,
    search_result: DiscrepancyResult,
    cases: pl.DataFrame,
    *,
    period: ReportPeriod,
    as_of: dt.date,
    offices: Mapping[str, str],
    checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
) -> QualityReport:
    """Put what was found into one record, with the words that follow from its numbers.

    `cases` is what `settle` returns of the found ones; `offices` every office by code and name. For the public it holds
    no case, and of the counts what `suppress_small_discrepancies` lets through.
    """
    tiers = [*(tier.words for tier in discrepancy.tiers), NO_TIER]
    counts, costs = _count_discrepancies(search_result, cases, tiers, offices, as_of), tuple[WithheldTable, ...]()
    method = [*_describe_method(discrepancy, search_result, period, as_of)]
    if audience == "public":
        counts, checks, inputs, costs = _suppress_parts(program, counts, checks, inputs)
        method += [("What is withheld", _describe_suppression(program)), *describe_costs(costs)]
    titles = _make_kind_titles(discrepancy)
    return QualityReport(
        schema=SCHEMA,
        program=program.name,
        name=discrepancy.name,
        title=discrepancy.title,
        authority=discrepancy.authority,
        quote=discrepancy.quote,
        office_noun=program.office,
        unit=discrepancy.unit,
        shown=discrepancy.shown,
        needing=discrepancy.needing.words,
        denying=discrepancy.denying.words,
        period=period.name,
        period_words=period.words,
        as_of=as_of,
        status="draft",
        synthetic=program.synthetic,
        headline=" ".join(_format_headline(discrepancy, counts, period.words)),
        key_figures=tuple(_make_key_figures(discrepancy, counts, titles)),
        national=counts.national,
        offices=counts.offices,
        strengths=counts.strengths,
        sources=counts.sources,
        lag=counts.lag,
        lag_words=_describe_lag(discrepancy, counts.lag, as_of, least=program.withholding.discrepancies),
        items=() if audience == "public" else tuple(list_discrepancies(cases, tiers)),
        guidance=_list_guidance(discrepancy),
        checks=tuple(checks),
        method=tuple(method),
        caveats=_CAVEATS,
        provenance=make_provenance(program, inputs),
        audience=audience,
        titles=titles,
        withheld=costs,
    )


def _count_discrepancies(
    search_result: DiscrepancyResult,
    cases: pl.DataFrame,
    tiers: Sequence[str],
    offices: Mapping[str, str],
    as_of: dt.date,
) -> DiscrepancyCounts:
    """Everything that the report counts, before anything is withheld."""
    codes = name_offices(cases["office"], offices)
    return DiscrepancyCounts(
        national=count_office_discrepancies(cases, "all", "All offices", least=1),
        offices=tuple(
            count_office_discrepancies(cases.filter(office=code), code, codes[code], least=MINIMUM_CASES_FOR_RATE)
            for code in codes
        ),
        strengths=tuple(count_evidence_strengths(cases, tiers)),
        sources=tuple(count_evidence_sources(search_result, cases, tiers)),
        lag=estimate_recording_lag(search_result.pieces, as_of),
    )


_CAVEATS = (
    "Evidence on file is a reason to examine a case, not a finding about a person: a record may concern somebody else, "
    "or may since have been vacated or sealed.",
    "That nothing is on file does not show that there is nothing: a record may not have been delivered.",
    "To look for one kind of discrepancy alone would move records one way only. Both stand side by side here; what is "
    "settled of one says nothing of the other.",
)


def _list_guidance(discrepancy: Discrepancy) -> tuple[tuple[str, str], ...]:
    """What to do about each kind, where the program says so."""
    return tuple((kind, words) for kind, words in (discrepancy.guidance or {}).items() if kind in DISCREPANCY_KINDS)


def _make_kind_titles(discrepancy: Discrepancy) -> dict[str, str]:
    one = discrepancy.shown[0]
    return {
        CONTRADICTED: f"Recorded as {discrepancy.denying.words}, {one} on file",
        UNSUPPORTED: f"Recorded as {discrepancy.needing.words}, no {one} on file",
    }


def _format_headline(discrepancy: Discrepancy, counts: DiscrepancyCounts, words: str) -> Iterator[str]:
    one, many = discrepancy.unit
    noun = add_article(discrepancy.shown[0])
    a, b = counts.national.contradicted, counts.national.unsupported
    yield (
        f"Of {format_plural(a.of, one, many)} recorded as {discrepancy.denying.words} in {words}, "
        f"{format_count(a.cases)} ({format_percent(a.cases, a.of)}) {'has' if a.cases == 1 else 'have'} {noun} on "
        f"file from before. Of {format_count(b.of)} recorded as {discrepancy.needing.words}, {format_count(b.cases)} "
        f"({format_percent(b.cases, b.of)}) {'has' if b.cases == 1 else 'have'} none."
    )
    tiers = [tier for tier in counts.strengths if tier.contradicted]
    if a.cases and tiers:
        parts = [f"{tier.words} {format_count(tier.contradicted)}" for tier in tiers]
        yield f"The strongest evidence of the {format_count(a.cases)}: {', '.join(parts)}."


def _make_key_figures(
    discrepancy: Discrepancy, counts: DiscrepancyCounts, titles: Mapping[str, str]
) -> Iterator[KeyFigure]:
    for kind, words in ((CONTRADICTED, discrepancy.denying.words), (UNSUPPORTED, discrepancy.needing.words)):
        tally = counts.national.select_kind(kind)
        detail = [f"{format_percent(tally.cases, tally.of)} of {format_count(tally.of)} {words} {discrepancy.unit[1]}"]
        detail += [format_plural(tally.persons, "person")] if tally.persons is not None else []
        detail += [f"{format_count(tally.unsettled)} open"] if tally.unsettled is not None else []
        yield KeyFigure(value=format_count(tally.cases), label=titles[kind], detail="; ".join(detail))
    late = counts.lag
    if late and late.median is not None:
        yield KeyFigure(
            value=format_plural(late.median, "day"),
            label=f"until half of all {discrepancy.shown[1]} are recorded",
            detail=f"of {format_count(late.pieces)} dated on the day of a {discrepancy.unit[0]} or before",
        )


def _suppress_parts(
    program: Program, counts: DiscrepancyCounts, checks: Sequence[CheckResult], inputs: Sequence[ControlTotals]
) -> tuple[DiscrepancyCounts, tuple[CheckResult, ...], tuple[ControlTotals, ...], tuple[WithheldTable, ...]]:
    """What the public may see of the counts, the checks and the rows, and what each table does not tell."""
    least, least_rows = program.withholding.discrepancies, program.withholding.checks
    public = suppress_small_discrepancies(counts, office=program.office, least=least)
    public_checks, public_inputs = select_public_checks(checks, least_rows), select_public_totals(inputs, least_rows)
    costs = (
        *list_discrepancy_costs(counts, public, least),
        count_withheld("data checks", least_rows, checks, public_checks),
        count_withheld("row counts of the tables", least_rows, inputs, public_inputs),
    )
    return public, public_checks, public_inputs, tuple(cost for cost in costs if cost.rows_of)


def _describe_suppression(program: Program) -> str:
    """What the public edition leaves out, and why."""
    least = program.withholding.discrepancies
    edition = describe_public_edition(program.office, offices=least, totals=least)
    return (
        f"{edition}, of which only the sums are told. It names no case and counts no persons. A sign – stands for what "
        "is withheld."
    )


def _describe_lag(discrepancy: Discrepancy, delays: RecordingLag | None, as_of: dt.date, *, least: int) -> str:
    one, many = discrepancy.shown
    unit = discrepancy.unit[0]
    if delays is None:
        return f"How late {many} are recorded is withheld: there are fewer than {least}."
    if not delays.pieces:
        return f"No {one} is dated on the day of a {unit} of this period or before."
    parts = [
        f"{format_plural(delays.pieces, one, many)} {_conjugate_is(delays.pieces)} dated on the day of the {unit} or "
        "before."
    ]
    if delays.after is not None and delays.not_yet is not None:
        after, not_yet = (
            f"{format_count(n)} ({format_percent(n, delays.pieces)})" for n in (delays.after, delays.not_yet)
        )
        parts.append(
            f"Of these, {after} {_conjugate_was(delays.after)} recorded after the {unit}, and {not_yet} "
            f"{_conjugate_was(delays.not_yet)} "
            f"not recorded on {format_day(as_of)}."
        )
    if delays.median is not None:
        limits = ""
        if delays.lower is not None and delays.upper is not None:
            limits = f" (95% limits {format_count(delays.lower)} to {format_count(delays.upper)})"
        parts.append(f"The median time from {one} to record is {format_plural(delays.median, 'day')}{limits}.")
    elif delays.not_yet:
        parts.append("Half are not recorded yet, so the median is longer than they have been waited for.")
    if delays.before_itself:
        n = delays.before_itself
        parts.append(f"{format_count(n)} {_conjugate_was(n)} recorded before their own day, and are in no estimate.")
    return " ".join(parts)


def _conjugate_was(n: int) -> str:
    return "was" if n == 1 else "were"


def _conjugate_is(n: int) -> str:
    return "is" if n == 1 else "are"


def _describe_method(
    discrepancy: Discrepancy, search_result: DiscrepancyResult, period: ReportPeriod, as_of: dt.date
) -> Iterator[tuple[str, str]]:
    one, many = discrepancy.unit
    noun, nouns = discrepancy.shown
    a_noun = add_article(noun)
    yield (
        "What was compared",
        f"Every {one} of {format_day(period.first)} to {format_day(period.last)}; none was sampled. What is recorded "
        f"of it (column {discrepancy.field}) was held against every {noun} that the tables show, as known on "
        f"{format_day(as_of)}, in both directions: recorded as {discrepancy.denying.words} with {a_noun} on file, and "
        f"recorded as {discrepancy.needing.words} with none. A share is of the {many} recorded as that class; over all "
        f"offices it is the sum of cases over the sum of {many}, never a mean of shares. {many.capitalize()} of "
        "neither class, and those without an identifier to look up, are counted apart.",
    )
    undated = (
        f" {format_plural(search_result.undated, noun, nouns)} without a date: in no count."
        if search_result.undated
        else ""
    )
    yield (
        "What counts as evidence",
        f"A {noun} in {format_list([evidence.table for evidence in discrepancy.evidence], most=100)} that is dated on "
        f"the day of the {one} or before; what came later contradicts nothing. One recorded after {format_day(as_of)} "
        "was not on file. One that the agency’s system does not show yet is known from its source, and "
        f"counts.{undated} A {one} with several stands under its strongest; how strong a source is, is declared.",
    )
    yield (
        "How long recording takes",
        f"Days from {noun} to its record, for every {noun} dated on the day of a {one} of this period or before, each "
        f"once. Those not recorded on {format_day(as_of)} are censored there (Kaplan and Meier 1958; limits of the "
        f"median by Brookmeyer and Crowley 1982). A {noun} that no source has shown yet is in no table, so long waits "
        "are under-represented, the more the nearer they lie to that day.",
    )
    yield (
        "How a case is settled",
        f"By a person, with a reason: changed, when the {one} belongs to the other class; confirmed, when the record "
        "is right. What nobody has settled is open. Nothing here changes a record.",
    )
