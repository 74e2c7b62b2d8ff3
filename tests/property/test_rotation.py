"""Samples of two months by one seed: how far they meet, at the same start, at others, and at the next."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError
from audit.sampling.draw import Selection, draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.plan import plan_sample
from audit.sampling.rotation import compute_overlap, find_next_start
from audit.sampling.selection.intervals import use_systematic_sampling
from audit.sampling.selection.simple_random import set_start
from audit.sampling.tickets import compute_tickets

UNHURRIED = settings(deadline=None, max_examples=50)  # a busy machine is no failure
SHARES = st.decimals(0, 1, places=3).map(str)
STARTS = st.decimals(0, "0.999", places=3).map(str)
MONTHS = st.tuples(st.integers(0, 40), st.integers(60, 120))  # the first case still open, the last one opened


def month(first: int, last: int) -> Frame:
    return build_sampling_frame(pl.LazyFrame({"id": [f"M{number:03d}" for number in range(first, last)]}), key="id")


def both(one: Selection, two: Selection) -> set[str]:
    return set(one.cases["key"]) & set(two.cases["key"])


@UNHURRIED
@given(MONTHS, MONTHS, st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**9), STARTS)
def test_the_same_start_meets_as_often_as_can_be(
    one: tuple[int, int], two: tuple[int, int], n: int, m: int, seed: int, start: str
) -> None:
    """Of the cases in both months, all that the one draws or all that the other does, whichever are fewer."""
    frames, samples = [month(*one), month(*two)], []
    for frame, size in zip(frames, (n, m), strict=True):
        samples.append(
            draw_designed_sample(frame, set_start(plan_sample(frame, size=size), start), seed=f"seed {seed}")
        )
    common = set(frames[0].cases.collect()["id"]) & set(frames[1].cases.collect()["id"])
    drawn = [common & set(sample.cases["key"]) for sample in samples]
    assert len(both(*samples)) == min(map(len, drawn))


@UNHURRIED
@given(MONTHS, MONTHS, st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**9), STARTS)
def test_the_next_start_meets_none(
    one: tuple[int, int], two: tuple[int, int], n: int, m: int, seed: int, start: str
) -> None:
    """As long as the two draws do not go round the circle: together they take less than all of it."""
    frames = [month(*one), month(*two)]
    first = draw_designed_sample(
        frames[0], set_start(plan_sample(frames[0], size=min(n, frames[0].size // 6)), start), seed=f"seed {seed}"
    )
    begins = find_next_start(first)
    second = draw_designed_sample(
        frames[1], set_start(plan_sample(frames[1], size=min(m, frames[1].size // 6)), begins), seed=f"seed {seed}"
    )
    arcs = [
        max((int(ticket, 16) / 2**256 - float(at)) % 1 for ticket in sample.cases["ticket"])
        for sample, at in ((first, start), (second, begins))
    ]
    assert sum(arcs) > 1 or not both(first, second)


@UNHURRIED
@given(STARTS, SHARES, STARTS, SHARES)
def test_no_start_meets_more_than_the_same_one(one: str, first: str, two: str, second: str) -> None:
    found = compute_overlap((one, first), (two, second))
    assert found == compute_overlap((two, second), (one, first)), "it is the same for both"
    assert 0 <= found <= compute_overlap((one, first), (one, second)) == min(Fraction(first), Fraction(second))
    assert found >= Fraction(first) + Fraction(second) - 1


@UNHURRIED
@given(STARTS, SHARES, SHARES)
def test_a_shift_by_the_fraction_drawn_meets_none(start: str, first: str, second: str) -> None:
    shifted = (Fraction(start) + Fraction(first)) % 1
    expected = max(Fraction(0), Fraction(first) + Fraction(second) - 1)  # where there is no room for both
    assert compute_overlap((start, first), (shifted, second)) == expected


def test_the_overlap_is_that_of_the_arcs() -> None:
    """Counted on ten thousand tickets: the share that lies in both arcs."""
    places = [int(ticket, 16) / 2**256 for ticket in compute_tickets(pl.Series(map(str, range(10_000))), seed="s")]
    for one, two in (
        (("0.2", "0.3"), ("0.4", "0.5")),
        (("0.9", "0.3"), ("0", "0.5")),
        (("0.1", "0.8"), ("0.7", "0.9")),
    ):
        inside = [[(place - float(start)) % 1 < float(length) for place in places] for start, length in (one, two)]
        counted = sum(first and second for first, second in zip(*inside, strict=True)) / 10_000
        assert abs(counted - compute_overlap(one, two)) < 0.02


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(AuditError, match=r"1\.2 is not a share of the cases"):
        compute_overlap(("0", "1.2"), ("0", "0.5"))
    with pytest.raises(AuditError, match="The start -1 is not from 0 up to 1"):
        compute_overlap(("-1", "0.2"), ("0", "0.5"))
    frame = month(0, 20)
    with pytest.raises(AuditError, match="A systematic draw does not take one arc of tickets"):
        find_next_start(draw_designed_sample(frame, use_systematic_sampling(plan_sample(frame, size=2)), seed="s"))
