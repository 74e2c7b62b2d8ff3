"""Plans do what they promise, no smaller one does, and evaluation agrees with planning."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom, hypergeom

from audit.errors import AuditError
from audit.statistics.intervals.missing_outcomes import region_limits, tipping_point, unassessed_plan
from audit.statistics.parameters import TIE_TOLERANCE
from audit.statistics.sizes.acceptance import (
    acceptance_plan,
    evaluate_deviations,
    operating_curve,
    power_curve,
    two_stage_size,
)
from audit.statistics.sizes.allocation import (
    affordable_size,
    cost_allocation,
    neyman_allocation,
    proportional_allocation,
)
from audit.statistics.sizes.attribute import (
    attribute_plan,
    critical_size,
    discovery_chance,
    discovery_size,
    poisson_plan,
)
from audit.statistics.sizes.bayesian import beta_binomial_size
from audit.statistics.sizes.precision import log_odds_size, wilson_size

UNHURRIED = settings(deadline=None, max_examples=40)


@UNHURRIED
@given(
    st.one_of(st.none(), st.integers(20, 800)),
    st.integers(2, 30),
    st.integers(0, 12),
    st.sampled_from(["0.8", "0.95"]),
)
def test_a_plan_is_the_first_of_all_sizes_that_will_do(
    population: int | None, tolerable: int, expected: int, confidence: str
) -> None:
    """Every size from one on, by the definition."""
    assume(expected < tolerable)
    rate, hoped, risk = Fraction(tolerable, 100), Fraction(expected, 100), 1 - float(confidence)
    sizes = range(1, (population or 1500) + 1)
    allowed = [ceil(hoped * n) for n in sizes]
    if population is None:
        passing = binom.cdf(allowed, sizes, float(rate))
    else:
        passing = hypergeom.cdf(allowed, population, ceil(rate * population), sizes)
    good = np.flatnonzero(passing <= risk * (1 + TIE_TOLERANCE))
    if len(good):
        n = int(good[0]) + 1
        assert attribute_plan(population, rate, hoped, confidence) == (n, ceil(hoped * n))
    elif population is not None:
        with pytest.raises(AuditError, match="No sample of this population can show it"):
            attribute_plan(population, rate, hoped, confidence)


@UNHURRIED
@given(st.integers(50, 3000), st.integers(3, 20), st.integers(0, 3))
def test_a_sample_that_goes_as_planned_meets_and_one_deviation_more_does_not(
    population: int, tolerable: int, allowed: int
) -> None:
    assume(allowed < ceil(Fraction(tolerable, 100) * population))
    n = critical_size(population, Fraction(tolerable, 100), allowed, "0.95")
    assert evaluate_deviations(allowed, n, population, f"{tolerable}/100", "0.95").conclusion == "meets"
    if n > allowed + 1:
        assert evaluate_deviations(allowed + 1, n, population, f"{tolerable}/100", "0.95").conclusion != "meets"
        assert evaluate_deviations(allowed, n - 1, population, f"{tolerable}/100", "0.95").conclusion != "meets"


@UNHURRIED
@given(st.integers(20, 5000), st.integers(1, 30))
def test_discovery_says_what_it_would_have_seen(population: int, tolerable: int) -> None:
    n, reached = discovery_size(population, f"{tolerable}/100", "0.9"), ceil(Fraction(tolerable, 100) * population)
    assert discovery_chance(n, population, reached) >= 0.9 - TIE_TOLERANCE
    assert discovery_chance(n - 1, population, reached) < 0.9


def test_a_poisson_plan_is_never_smaller_than_a_binomial_one() -> None:
    for tolerable in ("0.02", "0.05", "0.1"):
        for expected in ("0", "0.005", "0.01"):
            least = attribute_plan(None, tolerable, expected, "0.95").cases
            assert least <= poisson_plan(tolerable, expected, "0.95").cases <= 1.1 * least + 3


@pytest.mark.parametrize("population", [None, 60, 500])
@pytest.mark.parametrize(("good", "bad"), [("0.01", "0.1"), ("0.05", "0.2"), ("0.02", "0.15")])
def test_an_acceptance_plan_holds_both_risks_and_no_smaller_allowance_does(
    population: int | None, good: str, bad: str
) -> None:
    def passes(n: int, allowed: int, rate: str) -> float:
        kind = Fraction(rate) if population is None else Fraction(ceil(Fraction(rate) * population), population)
        return float(operating_curve(n, allowed, population, [float(kind)])[0])

    n, allowed = acceptance_plan(population, good, bad)
    assert passes(n, allowed, bad) <= 0.1 + TIE_TOLERANCE < passes(n - 1, allowed, bad) + TIE_TOLERANCE
    assert passes(n, allowed, good) >= 0.95 - TIE_TOLERANCE
    for fewer in range(allowed):
        assert passes(critical_size(population, bad, fewer, "0.9"), fewer, good) < 0.95


def test_chances_are_those_of_every_result() -> None:
    true = [0, 0.01, 0.05, 0.08, 0.3, 1]
    for population, n in ((None, 40), (200, 80), (30, 30)):
        found = power_curve(n, population, "0.05", "0.9", true)
        results = [evaluate_deviations(x, n, population, "0.05", "0.9").conclusion for x in range(n + 1)]
        for place, rate in enumerate(true):
            x = np.arange(n + 1)
            odds = binom.pmf(x, n, rate)
            if population is not None:
                odds = hypergeom.pmf(x, population, round(rate * population), n)
            assert found.meets[place] == pytest.approx(odds[[r == "meets" for r in results]].sum(), abs=1e-9)
            assert found.fails[place] == pytest.approx(odds[[r == "fails" for r in results]].sum(), abs=1e-9)


@pytest.mark.parametrize("population", [None, 80, 100, 400])
def test_two_stages_hold_the_risk_and_one_case_less_does_not(population: int | None) -> None:
    n = two_stage_size(population, "0.05", "0.9")

    def risk(n: int) -> float:
        if population is None:
            none, one = float(binom.pmf(0, n, 0.05)), float(binom.pmf(1, n, 0.05))
            return none + one * none
        bad = population // 20
        none, one = float(hypergeom.pmf(0, population, bad, n)), float(hypergeom.pmf(1, population, bad, n))
        return none + one * float(hypergeom.pmf(0, population - n, bad - 1, n))

    assert risk(n) <= 0.1 < risk(n - 1)


@UNHURRIED
@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=8),
    st.floats(0, 1),
)
def test_takes_add_up_and_no_stratum_gives_more_than_it_holds(strata: list[tuple[int, int, int]], part: float) -> None:
    sizes, spreads, costs = (list(column) for column in zip(*strata, strict=True))
    able = sum(size for size, spread in zip(sizes, spreads, strict=True) if spread)
    n = round(part * able)
    takes = cost_allocation(n, sizes, spreads, costs)
    assert sum(takes) == n
    assert all(0 <= take <= size for take, size in zip(takes, sizes, strict=True))
    assert cost_allocation(n, sizes, spreads, [4] * len(sizes)) == neyman_allocation(n, sizes, spreads)
    assert sum(proportional_allocation(n, sizes)) == n


@UNHURRIED
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5))
def test_a_budget_pays_for_its_size_and_not_for_one_case_more(strata: list[tuple[int, int, int]]) -> None:
    sizes, spreads, costs = (list(column) for column in zip(*strata, strict=True))

    def price(n: int) -> int:
        return sum(take * cost for take, cost in zip(cost_allocation(n, sizes, spreads, costs), costs, strict=True))

    n = affordable_size(100, sizes, spreads, costs)
    assert price(n) <= 100
    assert n == sum(sizes) or price(n + 1) > 100


@UNHURRIED
@given(st.integers(1, 40), st.integers(1, 99))
def test_sizes_for_a_margin_give_it(margin: int, p: int) -> None:
    half, near = margin / 100, p / 100
    n = wilson_size(half, "0.95", near)
    k = 1.959963984540054**2
    assume(n > 0)
    assert np.sqrt(k * (near * (1 - near) / n + k / (4 * n * n))) / (1 + k / n) == pytest.approx(half)
    n = log_odds_size(half, "0.95", near)
    width = np.sqrt(k / (n * near * (1 - near)))
    odds = (1 - near) / near
    assert 1 / (1 + odds * np.exp(-width)) - 1 / (1 + odds * np.exp(width)) == pytest.approx(2 * half)


def test_a_posterior_plan_is_the_first_size_that_holds_enough() -> None:
    population, reached = 500, 25
    n = beta_binomial_size(population, "0.05", "0.01", "0.9", (1, 30))

    def held(n: int) -> float:
        x = ceil(Fraction(1, 100) * n)
        return float(betabinom.cdf(reached - 1 - x, population - n, 1 + x, 30 + n - x))

    assert held(n) >= 0.9 - TIE_TOLERANCE
    assert max(held(less) for less in range(n)) < 0.9


@UNHURRIED
@given(st.integers(0, 60), st.integers(0, 20), st.integers(0, 20), st.integers(0, 500), st.integers(1, 99))
def test_a_tipping_point_is_where_the_conclusion_goes(
    conforming: int, undeterminable: int, deviating: int, unseen: int, at_least: int
) -> None:
    n = conforming + undeterminable + deviating
    population, needed = n + unseen, ceil(Fraction(at_least, 100) * (n + unseen))
    assume(n > 0)

    def shown(failing: int) -> bool:  # the lower of two sides at 90% is the one at 95%
        passing = conforming + undeterminable - failing
        return region_limits(passing, 0, n, population, "0.90")[0] >= needed

    found = tipping_point(conforming, undeterminable, n, population, f"{at_least}/100", "0.95")
    holds = [shown(failing) for failing in range(undeterminable + 1)]
    assert holds == sorted(holds, reverse=True)
    assert (found is None) == all(holds)
    assert found is None or found == sum(holds)


@UNHURRIED
@given(st.integers(0, 50), st.integers(0, 30), st.integers(0, 30), st.integers(0, 300))
def test_region_limits_hold_the_limits_of_every_way_the_cases_may_be(
    conforming: int, undeterminable: int, deviating: int, unseen: int
) -> None:
    n = conforming + undeterminable + deviating
    lower, upper = region_limits(conforming, undeterminable, n, n + unseen, "0.95")
    each = [region_limits(conforming + k, 0, n, n + unseen, "0.95") for k in range(undeterminable + 1)]
    assert (lower, upper) == (min(low for low, _ in each), max(high for _, high in each))
    assert unseen or (lower, upper) == (conforming, conforming + undeterminable)


def test_a_plan_with_undeterminable_cases_is_met_by_what_it_expects() -> None:
    n, allowed = unassessed_plan(2000, "0.10", "0.02", "0.05", "0.95")
    lost = ceil(Fraction(5, 100) * n)
    deviating = allowed - lost
    assert deviating >= ceil(Fraction(2, 100) * (n - lost)) - 1
    assert evaluate_deviations(deviating + lost, n, 2000, "0.10", "0.95").conclusion == "meets"
