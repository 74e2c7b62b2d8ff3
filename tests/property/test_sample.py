"""A draw depends on seed and keys alone, and a longer one contains the shorter."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.sampling.draw import draw_designed_sample
from audit.sampling.frame import build_sampling_frame
from audit.sampling.plan import allocate_equally, allocate_proportionally
from audit.sampling.sample_size import plan_sample
from audit.sampling.tickets import compute_tickets

UNHURRIED = settings(deadline=None, max_examples=50)  # a busy machine is no failure
KEYS = st.text(st.characters(codec="ascii", categories=("L", "N", "P"), exclude_characters="|"), min_size=1, max_size=8)
FRAMES = st.dictionaries(KEYS, st.sampled_from(["BUF", "SNA", "MIA"]), min_size=3, max_size=60)
SEEDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)


def table(cases: dict[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame({"id": list(cases), "office": list(cases.values())})


@UNHURRIED
@given(FRAMES, SEEDS, st.randoms())
def test_row_order_does_not_matter(cases: dict[str, str], seed: str, random: object) -> None:
    shuffled = list(cases.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for stratum in (None, "office"):
        first, second = (
            build_sampling_frame(table(rows), key="id", stratum=stratum) for rows in (cases, dict(shuffled))
        )
        assert first.digest == second.digest
        drawn = [
            draw_designed_sample(frame, plan_sample(frame, size=len(cases) // 2, minimum=0), seed=seed)
            for frame in (first, second)
        ]
        assert drawn[0].cases.equals(drawn[1].cases)


@UNHURRIED
@given(FRAMES, SEEDS, st.data())
def test_a_longer_draw_begins_with_the_shorter(cases: dict[str, str], seed: str, data: st.DataObject) -> None:
    frame = build_sampling_frame(table(cases), key="id")
    short = data.draw(st.integers(1, len(cases)))
    long = data.draw(st.integers(short, len(cases)))
    shorter, longer = (
        draw_designed_sample(frame, plan_sample(frame, size=size), seed=seed).cases for size in (short, long)
    )
    assert shorter.drop("probability").equals(longer.head(short).drop("probability"))


@UNHURRIED
@given(FRAMES, SEEDS, st.data())
def test_in_every_stratum_a_longer_draw_begins_with_the_shorter(
    cases: dict[str, str], seed: str, data: st.DataObject
) -> None:
    frame = build_sampling_frame(table(cases), key="id", stratum="office")
    sizes = [data.draw(st.integers(len(frame.sizes), len(cases))) for _ in range(2)]
    plans = [plan_sample(frame, size=size, allocate=allocate_equally) for size in sorted(sizes)]
    shorter, longer = (draw_designed_sample(frame, planned, seed=seed).cases for planned in plans)
    for office, _ in frame.sizes:
        keys = shorter.filter(stratum=office)["key"]
        assert keys.equals(longer.filter(stratum=office)["key"].head(len(keys)))


@UNHURRIED
@given(FRAMES, SEEDS)
def test_a_stratum_draws_what_it_would_draw_alone(cases: dict[str, str], seed: str) -> None:
    """So offices can be drawn one by one, anywhere, and put together."""
    frame = build_sampling_frame(table(cases), key="id", stratum="office")
    planned = plan_sample(frame, size=(len(cases) + len(frame.sizes)) // 2)
    together = draw_designed_sample(frame, planned, seed=seed).cases
    for office, take in planned.takes:
        alone = build_sampling_frame(table(cases).filter(office=office), key="id")
        expected = draw_designed_sample(alone, plan_sample(alone, size=take), seed=seed).cases["key"]
        assert together.filter(stratum=office)["key"].equals(expected)


@UNHURRIED
@given(FRAMES, SEEDS, st.data())
def test_the_drawn_tickets_are_the_smallest(cases: dict[str, str], seed: str, data: st.DataObject) -> None:
    frame = build_sampling_frame(table(cases), key="id")
    drawn = draw_designed_sample(frame, plan_sample(frame, size=data.draw(st.integers(1, len(cases)))), seed=seed).cases
    rest = [key for key in cases if key not in set(drawn["key"])]
    others = compute_tickets(pl.Series(rest, dtype=pl.String), seed=seed)
    assert drawn["ticket"].is_sorted()
    assert all(drawn["ticket"].max() < other for other in others)


@UNHURRIED
@given(st.dictionaries(st.text("ABCDEFG", min_size=1), st.integers(1, 500), min_size=1, max_size=8), st.data())
def test_takes_add_up_and_no_stratum_gives_more_than_it_has(sizes: dict[str, int], data: st.DataObject) -> None:
    minimum = data.draw(st.integers(0, 5))
    least = sum(min(minimum, cases) for cases in sizes.values())
    size = data.draw(st.integers(max(least, 1), sum(sizes.values())))
    for allocate in (allocate_proportionally, allocate_equally):
        takes = allocate(sizes, size, minimum)
        assert sum(takes.values()) == size
        assert all(min(minimum, sizes[name]) <= take <= sizes[name] for name, take in takes.items())
        assert takes.keys() == sizes.keys()
