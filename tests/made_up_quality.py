"""A made-up data-quality report for the tests of figures and pages: 24 offices with invented counts."""

from dataclasses import replace
from datetime import date, timedelta

from audit.compliance.discrepancies.counts import (
    DiscrepancyItem,
    DiscrepancyKindCounts,
    EvidenceSource,
    EvidenceStrength,
    OfficeDiscrepancies,
)
from audit.compliance.discrepancies.recording_lag import RecordingLag
from audit.reporting.discrepancy_report import SCHEMA, QualityReport
from audit.reporting.record import Audience, KeyFigure, Provenance
from audit.tables.table import ControlTotals
from tests import made_up

TITLES = {
    "contradicted": "Recorded as non-criminal, conviction on file",
    "unsupported": "Recorded as criminal, no conviction on file",
}


def tally(cases: int, of: int) -> DiscrepancyKindCounts:
    return DiscrepancyKindCounts(
        cases=cases,
        persons=cases - cases // 9,
        of=of,
        share=cases / of if of >= 11 else None,
        changed=cases // 4,
        confirmed=cases // 5,
        unsettled=cases - cases // 4 - cases // 5,
    )


def office(code: str, name: str, due: int) -> OfficeDiscrepancies:
    few, many = due // 20, due // 4
    return OfficeDiscrepancies(
        office=code,
        name=name,
        received=few + many + 2,
        neither=1,
        not_looked_up=1,
        contradicted=tally(few // 4 + due % 3 * (few > 3), few),
        unsupported=tally(many // 17, many),
    )


def report(*, offices: int = 24, hostile: bool = False, audience: Audience = "office") -> QualityReport:
    """A report of August and September 2011; `hostile` attacks a page or a workbook from every field of free text."""
    rows = tuple(office(code, name, due) for code, name, due, *_ in made_up.OFFICES[-offices:])
    a, b = (
        tally(*(sum(getattr(getattr(row, kind), what) for row in rows) for what in ("cases", "of"))) for kind in TITLES
    )
    nation = OfficeDiscrepancies(
        office="all",
        name="All offices",
        received=sum(row.received or 0 for row in rows),
        neither=len(rows),
        not_looked_up=len(rows),
        contradicted=a,
        unsupported=b,
    )
    curve = tuple((day, 1 - 0.97**day) for day in range(2, 120))
    made = QualityReport(
        schema=SCHEMA,
        program="made_up",
        name="criminality",
        title="Removals: recorded criminality against convictions on file",
        authority="A report",
        quote="",
        office_noun="field office",
        unit=("removal", "removals"),
        shown=("conviction", "convictions"),
        needing="criminal",
        denying="non-criminal",
        period="2011-08/2011-09",
        period_words="August and September 2011",
        as_of=date(2011, 10, 30),
        status="draft",
        synthetic="Everything here is made up.",
        headline=f"Of {b.of:,} removals, some disagree with the evidence.",
        key_figures=(KeyFigure(value=f"{a.cases:,}", label=TITLES["contradicted"], detail="of some"),),
        national=nation,
        offices=rows,
        strengths=(EvidenceStrength(words="judgment of the court", contradicted=31, supported=838),),
        sources=(EvidenceSource(source="court record", tier="judgment of the court", contradicted=31, supported=838),),
        lag=RecordingLag(
            pieces=700,
            after=40,
            not_yet=12,
            before_itself=1,
            median=23,
            lower=20,
            upper=26,
            curve=curve,
            waiting=((40, 5), (90, 7)),
            by=((30, 0.6), (60, 0.83), (90, 0.93), (180, 0.97), (365, 0.97)),
        ),
        lag_words="The median time from conviction to record is 23 days.",
        items=tuple(items()),
        guidance=(("contradicted", "Read the judgment."), ("unsupported", "Find the judgment.")),
        checks=made_up.checks(),
        method=(("What was compared", "Every removal."),),
        caveats=("Evidence is a reason to look.",),
        provenance=Provenance(
            software="audit 0",
            program_sha256="0" * 64,
            policy_sha256="",
            inputs=(
                ControlTotals(
                    table="removals", file="removals.csv", sha256="1" * 64, rows_in=9, rows_used=9, rows_set_aside=0
                ),
            ),
        ),
        audience=audience,
        titles=TITLES,
    )
    return _hostile(made) if hostile else made


def items() -> list[DiscrepancyItem]:
    return [
        DiscrepancyItem(
            kind=kind,
            office=code,
            case=f"R{n:07}",
            person=f"P-{n:032x}",
            date=date(2011, 8, 1) + timedelta(days=n),
            recorded="other immigration violator" if kind == "contradicted" else "convicted criminal",
            pieces=1 if kind == "contradicted" else 0,
            earliest=date(2001, 1, 1) if kind == "contradicted" else None,
            tier="judgment of the court" if kind == "contradicted" else "",
            sources="court record, NCIC" if kind == "contradicted" else "",
            state="confirmed" if n == 3 else "open",
            decided=date(2011, 10, 1) if n == 3 else None,
            reason="read again" if n == 3 else "",
        )
        for n, (code, kind) in enumerate([("WAS", "contradicted"), ("WAS", "unsupported"), ("SEA", "contradicted")] * 3)
    ]


def _hostile(made: QualityReport) -> QualityReport:
    script, formula, markup, turned, control, long, closing = made_up.HOSTILE
    return replace(
        made,
        title=script,
        authority=long,
        synthetic=closing,
        headline=markup,
        key_figures=(KeyFigure(value=formula, label=turned, detail=control),),
        offices=tuple(replace(row, name=text) for row, text in zip(made.offices, made_up.HOSTILE * 4, strict=False)),
        strengths=(EvidenceStrength(words=long, contradicted=1, supported=2),),
        sources=(EvidenceSource(source=script, tier=formula, contradicted=1, supported=2),),
        lag_words=markup,
        items=tuple(
            replace(one, case=formula, person=script, recorded=markup, reason=long, sources=control)
            for one in made.items
        ),
        guidance=(("contradicted", closing), ("unsupported", turned)),
        method=((script, formula),),
        caveats=(closing,),
    )
