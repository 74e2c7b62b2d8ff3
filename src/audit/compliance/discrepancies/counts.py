"""Discrepancies counted: by office, by how strong the evidence is and who shows it, with what people settled."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from audit.compliance.discrepancies.find import CONTRADICTED, DISCREPANCY_KINDS, UNSUPPORTED, DiscrepancyResult
from audit.errors import AuditError, ExitCode, Problem

CHANGED, CONFIRMED, OPEN = "changed", "confirmed", "open"
DECISION_OUTCOMES = (CHANGED, CONFIRMED)
DECISION_SCHEMA = {"case": pl.String, "outcome": pl.String, "decided": pl.Date, "reason": pl.String}
NO_TIER = "source in no tier"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyKindCounts:
    """The discrepancies of one kind. A count is None only where it is withheld from the public."""

    cases: int
    persons: int | None
    of: int  # cases recorded as the class that is in question
    share: float | None  # None where these are too few
    changed: int | None  # settled: the record was wrong, the case belongs to the other class
    confirmed: int | None  # settled: the record is right
    unsettled: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDiscrepancies:
    """Both kinds in one office, or in all together: received = both classes + neither + not looked up."""

    office: str
    name: str
    received: int | None
    neither: int | None  # recorded as neither class
    not_looked_up: int | None  # without anything to look evidence up by
    contradicted: DiscrepancyKindCounts
    unsupported: DiscrepancyKindCounts

    def select_kind(self, kind: str) -> DiscrepancyKindCounts:
        """The counts of one kind."""
        return {CONTRADICTED: self.contradicted, UNSUPPORTED: self.unsupported}[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStrength:
    """How many cases have evidence of one tier as their strongest, by what is recorded of them."""

    words: str
    contradicted: int
    supported: int  # recorded as the class, rightly as far as the evidence goes


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSource:
    """How many cases one source shows evidence of; a case that several show counts under each."""

    source: str
    tier: str
    contradicted: int
    supported: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyItem:
    """One case in which record and evidence disagree."""

    kind: str
    office: str
    case: str
    person: str  # pseudonym, or the case's own key
    date: dt.date
    recorded: str
    pieces: int
    earliest: dt.date | None
    tier: str  # of the strongest evidence; "" where there is none
    sources: str
    state: str  # open, changed, confirmed
    decided: dt.date | None
    reason: str


def settle_discrepancies(
    cases: pl.DataFrame, decisions: pl.DataFrame, *, all_cases: pl.Series, file: str
) -> pl.DataFrame:
    """The cases with what people concluded of those in question: `state`, `decided`, `reason`; the last word counts.

    `decisions` has columns DECISION_SCHEMA and `row`; `all_cases` is every case of the table, of whatever period.
    AuditError (DATA) names each row with an outcome that is none, or a case that is not there.
    """
    wrong = [
        (
            "case",
            ~pl.col("case").is_in(all_cases.cast(pl.String).implode()),
            "is not in the table",
            "Name one that is.",
        ),
        ("outcome", ~pl.col("outcome").is_in(DECISION_OUTCOMES), "is no outcome", f"Write {CHANGED} or {CONFIRMED}."),
    ]
    problems = [
        Problem(what=what, mend=mend, file=file, row=row, column=column)
        for column, truth, what, mend in wrong
        for row in decisions.filter(truth)["row"]
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
    last = decisions.sort("decided", "row").unique("case", keep="last").select("case", "outcome", "decided", "reason")
    state = pl.when(pl.col("kind").is_not_null()).then(pl.col("outcome").fill_null(OPEN))
    return cases.join(last, on="case", how="left", maintain_order="left").with_columns(state=state).drop("outcome")


def count_office_discrepancies(cases: pl.DataFrame, code: str, name: str, *, least: int) -> OfficeDiscrepancies:
    """The counts of one office's `cases`, as `settle_discrepancies` returns them; a share of fewer than `least`
    is withheld."""
    looked_up = cases.filter("looked_up")
    sides = {
        kind: looked_up.filter(side=side) for kind, side in zip(DISCREPANCY_KINDS, ("denying", "needing"), strict=True)
    }
    neither = looked_up.filter(pl.col("side").is_null()).height
    return OfficeDiscrepancies(
        office=code,
        name=name,
        received=cases.height,
        neither=neither,
        not_looked_up=cases.height - looked_up.height,
        contradicted=_count_kind(sides[CONTRADICTED], CONTRADICTED, least),
        unsupported=_count_kind(sides[UNSUPPORTED], UNSUPPORTED, least),
    )


def _count_kind(cases: pl.DataFrame, kind: str, least: int) -> DiscrepancyKindCounts:
    kind_cases = cases.filter(kind=kind)
    states = [kind_cases.filter(state=state).height for state in (CHANGED, CONFIRMED, OPEN)]
    assert sum(states) == kind_cases.height
    return DiscrepancyKindCounts(
        cases=kind_cases.height,
        persons=kind_cases["person"].n_unique(),
        of=cases.height,
        share=kind_cases.height / cases.height if cases.height >= least else None,
        changed=states[0],
        confirmed=states[1],
        unsettled=states[2],
    )


def count_evidence_strengths(cases: pl.DataFrame, tiers: Sequence[str]) -> Iterator[EvidenceStrength]:
    """The cases by their strongest evidence, strongest first."""
    sides = [
        dict(side["tier"].value_counts().iter_rows())
        for side in (cases.filter(kind=CONTRADICTED), _filter_supported(cases))
    ]
    for place, words in enumerate(tiers):
        contradicted, supported = (side.get(place, 0) for side in sides)
        if contradicted or supported or words != NO_TIER:
            yield EvidenceStrength(words=words, contradicted=contradicted, supported=supported)


def count_evidence_sources(
    result: DiscrepancyResult, cases: pl.DataFrame, tiers: Sequence[str]
) -> Iterator[EvidenceSource]:
    """The cases by who shows evidence of them, strongest tier first."""
    pieces = result.pieces.filter("on_file").select("case", "source", "tier").unique()
    sides = [
        dict(pieces.join(side, on="case", how="semi")["source"].value_counts().iter_rows())
        for side in (cases.filter(kind=CONTRADICTED), _filter_supported(cases))
    ]
    for source, tier in sorted(pieces.select("source", "tier").unique().iter_rows(), key=lambda row: (row[1], row[0])):
        counts = [side.get(source, 0) for side in sides]
        if any(counts):
            yield EvidenceSource(source=source, tier=tiers[tier], contradicted=counts[0], supported=counts[1])


def list_discrepancies(cases: pl.DataFrame, tiers: Sequence[str]) -> Iterator[DiscrepancyItem]:
    """Every case in question, by kind, office and day."""
    rows = cases.filter(pl.col("kind").is_not_null()).sort("kind", "office", "date", "case")
    names = ("kind", "office", "case", "person", "date", "recorded", "pieces", "earliest", "state", "decided")
    for row in rows.iter_rows(named=True):
        yield DiscrepancyItem(
            **{name: row[name] for name in names},
            tier="" if row["tier"] is None else tiers[row["tier"]],
            sources=row["sources"] or "",
            reason=row["reason"] or "",
        )


def _filter_supported(cases: pl.DataFrame) -> pl.DataFrame:
    return cases.filter(pl.col("looked_up"), pl.col("side") == "needing", pl.col("kind").is_null())
