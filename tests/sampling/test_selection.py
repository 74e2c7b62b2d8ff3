"""Every method of drawing by hand on small frames, its chances over many seeds, and what it refuses."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from time import perf_counter

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.sampling.draw import draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.plan import Plan
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection import simple_random
from audit.sampling.selection.clusters import use_cluster_sampling, use_two_stage_sampling
from audit.sampling.selection.intervals import use_cell_sampling, use_fixed_interval_sampling, use_systematic_sampling
from audit.sampling.selection.sequential_poisson import use_sequential_poisson
from audit.sampling.selection.simple_random import set_certain_strata, set_spares, set_start
from audit.sampling.tickets import derive_seed_number, find_first_ticket, format_ticket
from tests.drawn import DESIGNS, frame

AMOUNTS = [30, 5, 12, 400, 8, 25, 1, 60, 33, 17, 2, 9]
TURN = 2**256


def chance(label: str, seed: str = "OIG-12-64") -> Fraction:
    """A number from the seed, as the page says: SHA-256 of seed, two bars and label, as a share of 2^256."""
    return Fraction(int(sha256(f"{seed}||{label}".encode()).hexdigest(), 16), TURN)


def keys(frame: Frame, design: Plan, seed: str = "OIG-12-64") -> list[str]:
    return draw_designed_sample(frame, design, seed=seed).cases["key"].to_list()


def test_a_number_comes_from_the_seed_alone() -> None:
    """From the shell: printf '%s' 'OIG-12-64||start' | sha256sum."""
    assert format_ticket(derive_seed_number("start", seed="OIG-12-64")) == sha256(b"OIG-12-64||start").hexdigest()
    assert (
        derive_seed_number("start", seed="a")
        != derive_seed_number("start", seed="b")
        != derive_seed_number("cell|1", seed="b")
    )


def test_systematic_takes_one_case_in_every_interval() -> None:
    scoped = frame(AMOUNTS)
    places = [int((chance("start") + k) * Fraction(12, 5)) for k in range(5)]
    drawn = draw_designed_sample(scoped, use_systematic_sampling(plan_sample(scoped, size=5)), seed="OIG-12-64").cases
    assert drawn["key"].to_list() == [f"M{place:03d}" for place in places]
    assert drawn["probability"].unique().to_list() == ["5/12"]


def test_systematic_in_strata_starts_anew_in_each() -> None:
    scoped = frame(AMOUNTS, stratum=True)
    drawn = draw_designed_sample(scoped, use_systematic_sampling(plan_sample(scoped, size=6)), seed="OIG-12-64").cases
    for office, of_it in (("BUF", [0, 3, 6, 9]), ("SNA", [1, 2, 4, 5, 7, 8, 10, 11])):
        take = 2 if office == "BUF" else 4
        places = [int((chance(f"start|{office}") + k) * Fraction(len(of_it), take)) for k in range(take)]
        assert drawn.filter(stratum=office)["key"].to_list() == [f"M{of_it[place]:03d}" for place in places]


def test_the_order_is_that_of_the_keys_bytes() -> None:
    names = ["A", "A0", "Z", "a", "É"]
    scoped = build_sampling_frame(pl.LazyFrame({"id": names[::-1], "office": ["x"] * 5}), key="id", stratum="office")
    assert keys(scoped, use_systematic_sampling(plan_sample(scoped, size=5))) == names


def by_money(numbers: Callable[[int], Fraction], take: int) -> list[tuple[str, int]]:
    """The definition, unit by unit: every unit of money is written out with the case that holds it."""
    interval = Fraction(sum(AMOUNTS), take)
    small = [(f"M{n:03d}", amount) for n, amount in enumerate(AMOUNTS) if amount < interval]
    units = [key for key, amount in small for _ in range(amount)]
    hit = [int((k + numbers(k)) * interval) for k in range(take)]
    found = Counter(units[unit] for unit in hit if unit < len(units))
    return [(f"M{n:03d}", 1) for n, a in enumerate(AMOUNTS) if a >= interval] + [
        (key, found[key]) for key, _ in small if found[key]
    ]


@pytest.mark.parametrize("take", [3, 8, 12])
def test_money_is_hit_at_intervals_and_in_cells(take: int) -> None:
    scoped = frame(AMOUNTS)
    drawn = draw_designed_sample(
        scoped, use_fixed_interval_sampling(scoped, plan_sample(scoped, size=take)), seed="OIG-12-64"
    ).cases
    assert drawn.select("key", "hits").rows() == by_money(lambda k: chance("start"), take)
    drawn = draw_designed_sample(
        scoped, use_cell_sampling(scoped, plan_sample(scoped, size=take)), seed="OIG-12-64"
    ).cases
    assert drawn.select("key", "hits").rows() == by_money(lambda k: chance(f"cell|{k + 1}"), take)


def test_a_case_at_the_interval_is_certain() -> None:
    """Twelve in all, four to draw: the interval is 3."""
    scoped = frame([3, 2, 1, 2, 1, 1, 1, 1])
    for method in (use_fixed_interval_sampling, use_cell_sampling):
        first = draw_designed_sample(scoped, method(scoped, plan_sample(scoped, size=4)), seed="s").cases.row(
            0, named=True
        )
        assert (first["key"], first["probability"], first["hits"]) == ("M000", "1", 1)


def test_clusters_are_drawn_by_their_names_and_cases_within_them() -> None:
    scoped = frame(AMOUNTS, folders=3)
    rows = scoped.cases.collect()
    by_name = sorted(set(rows["folder"]), key=lambda name: sha256(f"OIG-12-64|{name}".encode()).hexdigest())
    for each, design in (
        (99, use_cluster_sampling(scoped, plan_sample(scoped, size=2))),
        (1, use_two_stage_sampling(scoped, plan_sample(scoped, size=2), each=1)),
    ):
        expected = []
        for name in by_name[:2]:
            inside = rows.filter(folder=name)["id"].to_list()
            expected += sorted(inside, key=lambda key: sha256(f"OIG-12-64|{key}".encode()).hexdigest())[:each]
        drawn = draw_designed_sample(scoped, design, seed="OIG-12-64").cases
        assert drawn["key"].to_list() == expected
        assert drawn["cluster"].unique(maintain_order=True).to_list() == by_name[:2]
        for cluster, probability in drawn.select("cluster", "probability").rows():
            inside = rows.filter(folder=cluster).height
            assert Fraction(probability) == Fraction(2, len(by_name)) * Fraction(min(each, inside), inside)


def test_sequential_poisson_divides_the_ticket_by_the_chance() -> None:
    """By the definition: of 602 at five to draw, 400 is certain; of the other 202 at four, 60; the rest share 142."""
    scoped = frame(AMOUNTS)
    drawn = draw_designed_sample(
        scoped, use_sequential_poisson(scoped, plan_sample(scoped, size=5)), seed="OIG-12-64"
    ).cases
    certain, left = ["M003", "M007"], {f"M{n:03d}": amount for n, amount in enumerate(AMOUNTS) if n not in (3, 7)}
    ranked = sorted(left, key=lambda key: Fraction(int(sha256(f"OIG-12-64|{key}".encode()).hexdigest(), 16), left[key]))
    assert drawn["key"].to_list() == certain + ranked[:3]
    assert drawn["probability"].to_list() == ["1", "1", *(str(Fraction(3 * left[key], 142)) for key in ranked[:3])]


@pytest.mark.parametrize("method", [method for method in DESIGNS if "spares" not in method])
@pytest.mark.parametrize("stratum", [False, True])
def test_cases_are_drawn_as_often_as_their_probability_says(method: str, stratum: bool) -> None:
    """Over 250 seeds; five standard errors, and the little by which sequential Poisson sampling is off."""
    scoped, seeds = frame(AMOUNTS, stratum=stratum, folders=3), 250
    design = DESIGNS[method](scoped, 5)
    found: Counter[str] = Counter()
    stated: dict[str, Fraction] = {}
    for seed in range(seeds):
        cases = draw_designed_sample(scoped, design, seed=f"trial {seed}").cases
        found.update(cases["key"])
        stated |= {key: Fraction(share) for key, share in cases.select("key", "probability").rows()}
    assert len(stated) > 9, "the smallest may not come up"
    for key, share in stated.items():
        error = (float(share * (1 - share)) / seeds) ** 0.5
        slack = 0.06 if "Poisson" in method else 0
        assert abs(found[key] / seeds - share) <= 5 * error + slack, key
        if share == 1:
            assert found[key] == seeds


@pytest.mark.parametrize("first", [1, 4, 11])
def test_a_frame_too_large_to_be_ranked_at_once_gives_the_same(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    designs = [(frame(AMOUNTS, stratum=stratum, folders=3), method) for stratum in (False, True) for method in DESIGNS]
    at_once = [draw_designed_sample(scoped, DESIGNS[method](scoped, 5), seed="s").cases for scoped, method in designs]
    monkeypatch.setattr(simple_random, "CASES_RANKED_FIRST", first)
    for (scoped, method), cases in zip(designs, at_once, strict=True):
        assert draw_designed_sample(scoped, DESIGNS[method](scoped, 5), seed="s").cases.equals(cases), method


def test_a_start_turns_the_order_of_tickets() -> None:
    scoped = frame(AMOUNTS)
    plain = draw_designed_sample(scoped, plan_sample(scoped, size=12), seed="s").cases
    turned = draw_designed_sample(scoped, set_start(plan_sample(scoped, size=12), "0.5"), seed="s").cases
    behind = plain.filter(pl.col("ticket") >= "8" + "0" * 63)["key"].to_list()
    assert 0 < len(behind) < 12
    assert turned["key"].to_list() == behind + [key for key in plain["key"] if key not in behind]
    assert find_first_ticket("0.5") == TURN // 2
    assert find_first_ticket("0.1") == -(-TURN // 10)


def test_a_stratum_taken_whole_is_certain() -> None:
    scoped = frame(AMOUNTS, stratum=True)
    design = set_certain_strata(scoped, plan_sample(scoped, size=4), ["BUF"])
    assert (design.size, design.takes, design.certain) == (7, (("BUF", 4), ("SNA", 3)), ("BUF",))
    drawn = draw_designed_sample(scoped, design, seed="s").cases
    assert drawn.filter(stratum="BUF").select("key", "probability").sort("key").rows() == [
        (f"M{n:03d}", "1") for n in (0, 3, 6, 9)
    ]


def test_spares_are_the_next_in_order_of_each_stratum() -> None:
    scoped = frame(AMOUNTS, stratum=True)
    sample = draw_designed_sample(scoped, set_spares(plan_sample(scoped, size=5), 2), seed="s")
    every = draw_designed_sample(scoped, plan_sample(scoped, size=12), seed="s").cases
    for office, take in sample.design.takes:
        of_it = every.filter(stratum=office)["key"].to_list()
        assert sample.cases.filter(stratum=office)["key"].to_list() == of_it[:take]
        assert sample.spares.filter(stratum=office)["key"].to_list() == of_it[take : take + 2]
    assert sample.spares["ticket"].is_sorted()
    assert sample.spares["order"].to_list() == [1, 2, 3, 4]


PLAIN = build_sampling_frame(pl.LazyFrame({"id": ["a", "b", "c"], "office": ["x", "x", "y"]}), key="id")


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (lambda: use_fixed_interval_sampling(PLAIN, plan_sample(PLAIN, size=2)), "The frame has no measure"),
        (lambda: use_cell_sampling(PLAIN, plan_sample(PLAIN, size=2)), "The frame has no measure"),
        (lambda: use_sequential_poisson(PLAIN, plan_sample(PLAIN, size=2)), "The frame has no measure"),
        (lambda: use_cluster_sampling(PLAIN, plan_sample(PLAIN, size=2)), "The frame has no clusters"),
        (
            lambda: use_cluster_sampling(frame(AMOUNTS, folders=3), plan_sample(frame(AMOUNTS, folders=3), size=9)),
            "9 clusters are to be",
        ),
        (
            lambda: use_two_stage_sampling(frame(AMOUNTS), plan_sample(frame(AMOUNTS), size=2), each=0),
            "0 cases of each cluster are to be",
        ),
        (lambda: set_start(plan_sample(PLAIN, size=2), "1"), r"The start 1 is not from 0 up to 1\. Write a share"),
        (lambda: set_spares(plan_sample(PLAIN, size=2), -1), "-1 spares are to stand ready"),
        (
            lambda: set_certain_strata(PLAIN, plan_sample(PLAIN, size=2), ["x"]),
            "1 of the strata to take whole are not in the frame",
        ),
        (
            lambda: draw_designed_sample(
                PLAIN, set_spares(use_systematic_sampling(plan_sample(PLAIN, size=2)), 1), seed="s"
            ),
            "A systematic draw has no spares: no other case stands for one of its cases",
        ),
        (
            lambda: draw_designed_sample(
                PLAIN, set_start(use_systematic_sampling(plan_sample(PLAIN, size=2)), "0.1"), seed="s"
            ),
            "A systematic draw has no order of tickets that could start elsewhere",
        ),
    ],
)
def test_what_a_method_cannot_do_is_refused(asked: Callable[[], object], refused: str) -> None:
    with pytest.raises(AuditError, match=refused) as error:
        asked()
    assert error.value.code is ExitCode.USAGE


def test_a_million_cases_are_drawn_in_a_moment() -> None:
    million = build_sampling_frame(
        pl.select(id=pl.format("M11-{}", pl.int_range(1_000_000)), cents=pl.int_range(1, 1_000_001)).lazy(),
        key="id",
        measure="cents",
    )
    for design in (
        plan_sample(million, size=766),
        use_fixed_interval_sampling(million, plan_sample(million, size=766)),
    ):
        started = perf_counter()
        draw_designed_sample(million, design, seed="OIG-12-64")
        assert perf_counter() - started < 10, "half a second on an idle machine"
