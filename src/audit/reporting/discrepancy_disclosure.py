"""What of a data-quality report is for the public: no small number is in it, and none can be worked out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.compliance.discrepancies.counts import (
    DiscrepancyKindCounts,
    EvidenceSource,
    EvidenceStrength,
    OfficeDiscrepancies,
)
from audit.compliance.discrepancies.find import DISCREPANCY_KINDS
from audit.compliance.discrepancies.recording_lag import RecordingLag
from audit.errors import AuditError, ExitCode, Problem
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT, WithheldTable
from audit.reporting.disclosure import (
    has_small_count,
    is_small_count,
    name_combined_row,
    select_rows_to_combine,
)
from audit.reporting.withholding_costs import count_withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyCounts:
    """The counts of a report; for the public, those that may be told."""

    national: OfficeDiscrepancies
    offices: tuple[OfficeDiscrepancies, ...]
    strengths: tuple[EvidenceStrength, ...]
    sources: tuple[EvidenceSource, ...]
    lag: RecordingLag | None  # None: withheld


def suppress_small_discrepancies(
    counts: DiscrepancyCounts, *, office: str, least: int = MINIMUM_PUBLISHED_COUNT
) -> DiscrepancyCounts:
    """What the public may see of the counts.

    Persons are left out, since they and the cases tell their difference; what was settled is told of all offices alone.
    Offices with a count under `least`, and as many more as it takes, stand together in one row. Of the lag the curve is
    left out, whose steps are single records; and the sources, which tell with the tiers how many cases have several.

    AuditError (USAGE) where a count over all offices is that small: nothing could be told.
    """
    if has_small_count(list_discrepancy_counts(counts.national), least):
        what = f"a count over all offices is under {least}, so there is no public edition"
        raise AuditError(Problem(what=what, mend="Leave out --audience public."), code=ExitCode.USAGE)
    hidden = select_rows_to_combine(
        counts.offices,
        list_discrepancy_counts,
        size=lambda row: (sum(list_discrepancy_counts(row)), row.office),
        least=least,
    )
    alone = tuple(_strip_office(row, least) for row in counts.offices if row not in hidden)
    joined = (_combine_offices(hidden, office),) if hidden else ()
    return DiscrepancyCounts(
        national=_suppress_national(counts.national, least),
        offices=(*alone, *joined),
        strengths=_suppress_strengths(counts.strengths, least),
        sources=(),
        lag=_suppress_lag(counts.lag, least) if counts.lag else None,
    )


def list_discrepancy_counts(row: OfficeDiscrepancies) -> tuple[int, int, int, int]:
    """What is told of an office: of either kind the cases, and by subtraction the rest of their class."""
    a, b = row.contradicted, row.unsupported
    return a.cases, a.of - a.cases, b.cases, b.of - b.cases


def _suppress_lag(late: RecordingLag, least: int) -> RecordingLag | None:
    """The lag without its curve, and without the counts of which one is small; nothing if there are few pieces."""
    counts = (late.after or 0, late.not_yet or 0, late.before_itself or 0)
    if is_small_count(late.pieces, least):
        return None
    bare = replace(late, curve=(), waiting=(), by=())
    if has_small_count((*counts, late.pieces - sum(counts)), least):
        return replace(bare, after=None, not_yet=None, before_itself=None)
    return bare


def _suppress_strengths(rows: tuple[EvidenceStrength, ...], least: int) -> tuple[EvidenceStrength, ...]:
    """The table if no count in it is small; else none of it."""
    return () if has_small_count((n for row in rows for n in (row.contradicted, row.supported)), least) else rows


def _strip_office(row: OfficeDiscrepancies, least: int) -> OfficeDiscrepancies:
    """An office's row with what is told of offices."""
    return replace(
        row,
        received=None,
        neither=None,
        not_looked_up=None,
        contradicted=_suppress_tally(row.contradicted, settled=False, least=least),
        unsupported=_suppress_tally(row.unsupported, settled=False, least=least),
    )


def _suppress_national(row: OfficeDiscrepancies, least: int) -> OfficeDiscrepancies:
    aside = has_small_count((row.neither, row.not_looked_up), least)
    return replace(
        row,
        received=None if aside else row.received,
        neither=None if aside else row.neither,
        not_looked_up=None if aside else row.not_looked_up,
        contradicted=_suppress_tally(row.contradicted, settled=True, least=least),
        unsupported=_suppress_tally(row.unsupported, settled=True, least=least),
    )


def _suppress_tally(tally: DiscrepancyKindCounts, *, settled: bool, least: int) -> DiscrepancyKindCounts:
    states = (tally.changed, tally.confirmed, tally.unsettled)
    if settled and not has_small_count(states, least):
        return replace(tally, persons=None)
    return replace(tally, persons=None, changed=None, confirmed=None, unsettled=None)


def _combine_offices(rows: Sequence[OfficeDiscrepancies], office: str) -> OfficeDiscrepancies:
    """Several offices as one row, which is no office to be compared."""
    kinds = {kind: _add_tallies([row.select_kind(kind) for row in rows]) for kind in DISCREPANCY_KINDS}
    name = name_combined_row(rows, office)
    return OfficeDiscrepancies(office="", name=name, received=None, neither=None, not_looked_up=None, **kinds)


def _add_tallies(tallies: Sequence[DiscrepancyKindCounts]) -> DiscrepancyKindCounts:
    """The cases of several offices, and no more of them."""
    cases, of = sum(tally.cases for tally in tallies), sum(tally.of for tally in tallies)
    return DiscrepancyKindCounts(
        cases=cases, persons=None, of=of, share=None, changed=None, confirmed=None, unsettled=None
    )


def list_discrepancy_costs(before: DiscrepancyCounts, after: DiscrepancyCounts, least: int) -> Iterator[WithheldTable]:
    """What each table of the counts does not tell to the public, of that which it was made from."""
    names = {row.name for row in before.offices}
    alone = [row for row in after.offices if row.name in names]
    lags = [[one] if one else [] for one in (before.lag, after.lag)]
    yield count_withheld("counts of all offices", least, [before.national], [after.national])
    yield count_withheld("counts by office", least, before.offices, alone)
    yield count_withheld("strength of the evidence", least, before.strengths, after.strengths)
    yield count_withheld("sources of the evidence", least, before.sources, after.sources)
    yield count_withheld("how long recording takes", least, *lags)
