"""The public edition of a data-quality report tells no number under 11, and none can be worked out by subtraction."""

import hypothesis.strategies as st
from hypothesis import assume, given

from audit.compliance.discrepancies.counts import DiscrepancyKindCounts, OfficeDiscrepancies
from audit.compliance.discrepancies.recording_lag import RecordingLag
from audit.reporting.disclosure import is_small_count
from audit.reporting.discrepancy_disclosure import (
    DiscrepancyCounts,
    list_discrepancy_counts,
    suppress_small_discrepancies,
)

COUNTS = st.one_of(st.integers(0, 30), st.integers(0, 2000))
LAG = RecordingLag(
    pieces=0, after=0, not_yet=0, before_itself=0, median=None, lower=None, upper=None, curve=(), waiting=(), by=()
)


def tally(cases: int, rest: int) -> DiscrepancyKindCounts:
    return DiscrepancyKindCounts(
        cases=cases, persons=cases, of=cases + rest, share=None, changed=0, confirmed=0, unsettled=cases
    )


@st.composite
def offices(draw: st.DrawFn) -> list[OfficeDiscrepancies]:
    rows = draw(st.lists(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), min_size=1, max_size=12))
    return [row(f"O{n}", *counts) for n, counts in enumerate(rows)]


def row(code: str, a: int, a_rest: int, b: int, b_rest: int) -> OfficeDiscrepancies:
    return OfficeDiscrepancies(
        office=code,
        name=code,
        received=a + a_rest + b + b_rest,
        neither=0,
        not_looked_up=0,
        contradicted=tally(a, a_rest),
        unsupported=tally(b, b_rest),
    )


@given(offices())
def test_nothing_small_is_told_or_left_over(rows: list[OfficeDiscrepancies]) -> None:
    sums = [sum(column) for column in zip(*map(list_discrepancy_counts, rows), strict=True)]
    assume(not any(map(is_small_count, sums)))
    kept = suppress_small_discrepancies(
        DiscrepancyCounts(national=row("all", *sums), offices=tuple(rows), strengths=(), sources=(), lag=LAG),
        office="office",
    )
    for one in (*kept.offices, kept.national):
        assert not any(map(is_small_count, list_discrepancy_counts(one)))
        assert one.contradicted.persons is None
    assert [sum(column) for column in zip(*map(list_discrepancy_counts, kept.offices), strict=True)] == sums
    hidden = [one for one in rows if one.office not in {told.office for told in kept.offices}]
    assert len(hidden) != 1
    assert all(one.contradicted.changed is None for one in kept.offices)
