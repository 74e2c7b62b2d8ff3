"""What of a data-quality report is for the public: no number under 11 is in it, and none can be worked out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.compliance.discrepancies.counts import OfficeQuality, Shown, Strength, Tally
from audit.compliance.discrepancies.recording_lag import Lag
from audit.compliance.office_rates import SMALL
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import plural
from audit.reporting.disclosure import small, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The counts of a report; for the public, those that may be told."""

    national: OfficeQuality
    offices: tuple[OfficeQuality, ...]
    strengths: tuple[Strength, ...]
    sources: tuple[Shown, ...]
    lag: Lag | None  # None: withheld


def withheld(counts: Told, *, office: str) -> Told:
    """What the public may see of the counts.

    Persons are left out, since they and the cases tell their difference; what was settled is told of all offices alone.
    Offices with a count from 1 to 10, and as many more as it takes, stand together in one row. Of the lag the curve is
    left out, whose steps are single records; and the sources, which tell with the tiers how many cases have several.

    AuditError (USAGE) where a count over all offices is that small: nothing could be told.
    """
    if any(map(small, parts(counts.national))):
        what = f"a count over all offices is under {SMALL}, so there is no public edition"
        raise AuditError(Problem(what=what, mend="Leave out --audience public."), code=ExitCode.USAGE)
    hidden = together(counts.offices, parts, size=lambda row: (sum(parts(row)), row.office))
    alone = tuple(_bare(row) for row in counts.offices if row not in hidden)
    joined = (_joined(hidden, office),) if hidden else ()
    return Told(
        national=_nation(counts.national),
        offices=(*alone, *joined),
        strengths=_whole(counts.strengths),
        sources=(),
        lag=_lag(counts.lag) if counts.lag else None,
    )


def parts(row: OfficeQuality) -> tuple[int, int, int, int]:
    """What is told of an office: of either kind the cases, and by subtraction the rest of their class."""
    a, b = row.contradicted, row.unsupported
    return a.cases, a.of - a.cases, b.cases, b.of - b.cases


def _lag(late: Lag) -> Lag | None:
    """The lag without its curve, and without the counts of which one is small; nothing if there are few pieces."""
    counts = (late.after or 0, late.not_yet or 0, late.before_itself or 0)
    if small(late.pieces):
        return None
    bare = replace(late, curve=(), waiting=(), by=())
    if any(map(small, (*counts, late.pieces - sum(counts)))):
        return replace(bare, after=None, not_yet=None, before_itself=None)
    return bare


def _whole(rows: tuple[Strength, ...]) -> tuple[Strength, ...]:
    """The table if no count in it is small; else none of it."""
    return () if any(small(row.contradicted) or small(row.supported) for row in rows) else rows


def _bare(row: OfficeQuality) -> OfficeQuality:
    """An office's row with what is told of offices."""
    return replace(
        row,
        received=None,
        neither=None,
        not_looked_up=None,
        contradicted=_told(row.contradicted, settled=False),
        unsupported=_told(row.unsupported, settled=False),
    )


def _nation(row: OfficeQuality) -> OfficeQuality:
    aside = small(row.neither) or small(row.not_looked_up)
    return replace(
        row,
        received=None if aside else row.received,
        neither=None if aside else row.neither,
        not_looked_up=None if aside else row.not_looked_up,
        contradicted=_told(row.contradicted, settled=True),
        unsupported=_told(row.unsupported, settled=True),
    )


def _told(tally: Tally, *, settled: bool) -> Tally:
    states = (tally.changed, tally.confirmed, tally.unsettled)
    if settled and not any(map(small, states)):
        return replace(tally, persons=None)
    return replace(tally, persons=None, changed=None, confirmed=None, unsettled=None)


def _joined(rows: Sequence[OfficeQuality], office: str) -> OfficeQuality:
    """Several offices as one row, which is no office to be compared."""
    kinds = {
        kind: Tally(
            cases=sum(getattr(row, kind).cases for row in rows),
            persons=None,
            of=sum(getattr(row, kind).of for row in rows),
            share=None,
            changed=None,
            confirmed=None,
            unsettled=None,
        )
        for kind in ("contradicted", "unsupported")
    }
    name = f"{plural(len(rows), office)} together"
    return OfficeQuality(office="", name=name, received=None, neither=None, not_looked_up=None, **kinds)
