"""The data-quality report of one period: both kinds of discrepancy by office, and how late evidence is recorded."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import polars as pl

from audit.compliance.discrepancies.counts import (
    NO_TIER,
    Item,
    OfficeQuality,
    Shown,
    Strength,
    Tally,
    items,
    office_quality,
    sources,
    strengths,
)
from audit.compliance.discrepancies.find import CONTRADICTED, KINDS, UNSUPPORTED, Found
from audit.compliance.discrepancies.period import Span
from audit.compliance.discrepancies.recording_lag import Lag, lag
from audit.compliance.office_rates import SMALL
from audit.formatting import count, day, listed, percent, plural
from audit.programs.declaration import Program
from audit.programs.discrepancies import Discrepancy
from audit.reporting.disclosure import small
from audit.reporting.discrepancy_disclosure import Told, withheld
from audit.reporting.report import Audience, KeyFigure, Provenance
from audit.tables.checks.suites import CheckResult
from audit.tables.table import ControlTotals

SCHEMA = "audit-quality/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Everything that the report of one period says."""

    schema: str
    program: str
    name: str
    title: str
    authority: str
    quote: str
    office_noun: str
    unit: tuple[str, str]
    shown: tuple[str, str]
    needing: str  # what a case of the class is called
    denying: str
    period: str
    period_words: str
    as_of: dt.date
    status: str
    synthetic: str
    headline: str
    key_figures: tuple[KeyFigure, ...]
    national: OfficeQuality
    offices: tuple[OfficeQuality, ...]
    strengths: tuple[Strength, ...]
    sources: tuple[Shown, ...]
    lag: Lag | None  # None: withheld from the public
    lag_words: str
    items: tuple[Item, ...]
    guidance: tuple[tuple[str, str], ...]  # kind, what to do
    checks: tuple[CheckResult, ...]
    method: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]
    provenance: Provenance
    audience: Audience = "office"
    titles: Mapping[str, str] = field(default_factory=dict)  # kind → as a heading


def assemble_quality(
    program: Program,
    asked: Discrepancy,
    found: Found,
    cases: pl.DataFrame,
    *,
    period: Span,
    as_of: dt.date,
    offices: Mapping[str, str],
    checks: Sequence[CheckResult],
    inputs: Sequence[ControlTotals],
    audience: Audience = "office",
) -> QualityReport:
    """Put what was found into one record, with the words that follow from its numbers.

    `cases` is what `settle` returns of the found ones; `offices` every office by code and name. For the public it holds
    no case, and of the counts what `withheld` lets through.
    """
    tiers = [*(tier.words for tier in asked.tiers), NO_TIER]
    codes = {**offices, **{code: code or "office not recorded" for code in cases["office"] if code not in offices}}
    told = Told(
        national=office_quality(cases, "all", "All offices", least=1),
        offices=tuple(office_quality(cases.filter(office=code), code, codes[code], least=SMALL) for code in codes),
        strengths=tuple(strengths(cases, tiers)),
        sources=tuple(sources(found, cases, tiers)),
        lag=lag(found.pieces, as_of),
    )
    public, method = audience == "public", [*_method(asked, found, period, as_of)]
    if public:
        told = withheld(told, office=program.office)
        method.append(("What is withheld", _withheld(program.office)))
        checks = () if any(small(check.failed) for check in checks) else checks
        inputs = [totals for totals in inputs if not small(totals.rows_set_aside)]
    titles = _titles(asked)
    return QualityReport(
        schema=SCHEMA,
        program=program.name,
        name=asked.name,
        title=asked.title,
        authority=asked.authority,
        quote=asked.quote,
        office_noun=program.office,
        unit=asked.unit,
        shown=asked.shown,
        needing=asked.needing.words,
        denying=asked.denying.words,
        period=period.name,
        period_words=period.words,
        as_of=as_of,
        status="draft",
        synthetic=program.synthetic,
        headline=" ".join(_headline(asked, told.national, period.words)),
        key_figures=tuple(_key_figures(asked, told, titles)),
        national=told.national,
        offices=told.offices,
        strengths=told.strengths,
        sources=told.sources,
        lag=told.lag,
        lag_words=_lag_words(asked, told.lag, as_of),
        items=() if public else tuple(items(cases, tiers)),
        guidance=tuple((kind, words) for kind, words in (asked.guidance or {}).items() if kind in KINDS),
        checks=tuple(checks),
        method=tuple(method),
        caveats=_CAVEATS,
        provenance=Provenance(
            software=f"audit {version('audit')}",
            program_sha256=program.sha256,
            policy_sha256="",
            inputs=tuple(inputs),
        ),
        audience=audience,
        titles=titles,
    )


_CAVEATS = (
    "Evidence on file is a reason to examine a case, not a finding about a person: a record may concern somebody else, "
    "or may since have been vacated or sealed.",
    "That nothing is on file does not show that there is nothing: a record may not have been delivered.",
    "To look for one kind of discrepancy alone would move records one way only. Both stand side by side here; what is "
    "settled of one says nothing of the other.",
)


def _titles(asked: Discrepancy) -> dict[str, str]:
    one = asked.shown[0]
    return {
        CONTRADICTED: f"Recorded as {asked.denying.words}, {one} on file",
        UNSUPPORTED: f"Recorded as {asked.needing.words}, no {one} on file",
    }


def _headline(asked: Discrepancy, national: OfficeQuality, words: str) -> Iterator[str]:
    one, many = asked.unit
    shown = asked.shown[0]
    a, b = national.contradicted, national.unsupported
    yield (
        f"Of {plural(a.of, one, many)} recorded as {asked.denying.words} in {words}, {count(a.cases)} "
        f"({percent(a.cases, a.of)}) {'has' if a.cases == 1 else 'have'} a {shown} on file from before. Of "
        f"{count(b.of)} recorded as {asked.needing.words}, {count(b.cases)} ({percent(b.cases, b.of)}) "
        f"{'has' if b.cases == 1 else 'have'} none."
    )


def _key_figures(asked: Discrepancy, told: Told, titles: Mapping[str, str]) -> Iterator[KeyFigure]:
    for kind, words in ((CONTRADICTED, asked.denying.words), (UNSUPPORTED, asked.needing.words)):
        tally: Tally = getattr(told.national, kind)
        detail = [f"{percent(tally.cases, tally.of)} of {count(tally.of)} {words} {asked.unit[1]}"]
        detail += [plural(tally.persons, "person")] if tally.persons is not None else []
        detail += [f"{count(tally.unsettled)} open"] if tally.unsettled is not None else []
        yield KeyFigure(value=count(tally.cases), label=titles[kind], detail="; ".join(detail))
    late = told.lag
    if late and late.median is not None:
        yield KeyFigure(
            value=plural(late.median, "day"),
            label=f"until half of all {asked.shown[1]} are recorded",
            detail=f"of {count(late.pieces)} dated on the day of a {asked.unit[0]} or before",
        )


def _withheld(office: str) -> str:
    """What the public edition leaves out, and why."""
    return (
        f"This is the public edition: no count from 1 to {SMALL - 1} is in it, and none can be worked out from those "
        f"that are. A {office} with such a count stands in one row with others, of which only the sums are told. It "
        "names no case and counts no persons. A sign – stands for what is withheld."
    )


def _lag_words(asked: Discrepancy, found: Lag | None, as_of: dt.date) -> str:
    one, many = asked.shown
    unit = asked.unit[0]
    if found is None:
        return f"How late {many} are recorded is withheld: there are fewer than {SMALL}."
    if not found.pieces:
        return f"No {one} is dated on the day of a {unit} of this period or before."
    parts = [f"{plural(found.pieces, one, many)} {_are(found.pieces)} dated on the day of the {unit} or before."]
    if found.after is not None and found.not_yet is not None:
        after, not_yet = (f"{count(n)} ({percent(n, found.pieces)})" for n in (found.after, found.not_yet))
        parts.append(
            f"Of these, {after} {_were(found.after)} recorded after the {unit}, and {not_yet} {_were(found.not_yet)} "
            f"not recorded on {day(as_of)}."
        )
    if found.median is not None:
        limits = ""
        if found.lower is not None and found.upper is not None:
            limits = f" (95% limits {count(found.lower)} to {count(found.upper)})"
        parts.append(f"The median time from {one} to record is {plural(found.median, 'day')}{limits}.")
    elif found.not_yet:
        parts.append("Half are not recorded yet, so the median is longer than they have been waited for.")
    if found.before_itself:
        n = found.before_itself
        parts.append(f"{count(n)} {_were(n)} recorded before their own day, and are in no estimate.")
    return " ".join(parts)


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _method(asked: Discrepancy, found: Found, period: Span, as_of: dt.date) -> Iterator[tuple[str, str]]:
    one, many = asked.unit
    shown, shows = asked.shown
    yield (
        "What was compared",
        f"Every {one} of {day(period.first)} to {day(period.last)}; none was sampled. What is recorded of it (column "
        f"{asked.field}) was held against every {shown} that the tables show, as known on {day(as_of)}, in both "
        f"directions: recorded as {asked.denying.words} with a {shown} on file, and recorded as "
        f"{asked.needing.words} with none. A share is of the {many} recorded as that class; over all offices it is the "
        f"sum of cases over the sum of {many}, never a mean of shares. {many.capitalize()} of neither class, and those "
        "without an identifier to look up, are counted apart.",
    )
    undated = f" {plural(found.undated, shown, shows)} without a date: in no count." if found.undated else ""
    yield (
        "What counts as evidence",
        f"A {shown} in {listed([evidence.table for evidence in asked.evidence], most=100)} that is dated on the day of "
        f"the {one} or before; what came later contradicts nothing. One recorded after {day(as_of)} was not on file. "
        f"One that the agency’s system does not show yet is known from its source, and counts.{undated} A {one} with "
        "several stands under its strongest; how strong a source is, is declared.",
    )
    yield (
        "How long recording takes",
        f"Days from {shown} to its record, for every {shown} dated on the day of a {one} of this period or before, "
        f"each once. Those not recorded on {day(as_of)} are censored there (Kaplan and Meier 1958; limits of the "
        f"median by Brookmeyer and Crowley 1982). A {shown} that no source has shown yet is in no table, so long waits "
        "are under-represented, the more the nearer they lie to that day.",
    )
    yield (
        "How a case is settled",
        f"By a person, with a reason: changed, when the {one} belongs to the other class; confirmed, when the record "
        "is right. What nobody has settled is open. Nothing here changes a record.",
    )
