"""Sizes, acceptance, allocation, priors: known values, edges, refusals."""

import time
from collections.abc import Callable

import pytest

from audit.errors import AuditError
from audit.statistics.sizes.acceptance import (
    acceptance_plan,
    assessable_size,
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
    attribute_size,
    critical_size,
    discovery_chance,
    discovery_size,
    poisson_plan,
)
from audit.statistics.sizes.bayesian import beta_binomial_size, beta_size, gamma_size
from audit.statistics.sizes.precision import (
    change_size,
    finite_size,
    fleiss_size,
    log_odds_size,
    precision_size,
    survey_size,
    wald_size,
    wilson_size,
)


def test_a_plan_says_what_it_allows() -> None:
    assert attribute_plan(1000, "0.05", "0.025", "0.95") == (197, 5)
    assert attribute_plan(None, "0.05", 0, "0.95") == (59, 0)
    assert poisson_plan("0.05", 0, "0.95") == (60, 0)


def test_discovery_in_words() -> None:
    """If 60 or more of 1,200 deviated, one would have been seen with 90% probability in 45."""
    n = discovery_size(1200, "0.05", "0.90")
    assert n == 45
    assert discovery_chance(45, 1200, 60) >= 0.9 > discovery_chance(44, 1200, 60)
    assert (discovery_chance(10, 10, 1), discovery_chance(10, 10, 0)) == (1, 0)


def test_plans_for_large_populations_take_no_time() -> None:
    start = time.perf_counter()
    assert attribute_size(100_000, "0.05", "0.03", "0.95") == 361
    assert attribute_size(100_000, "0.05", "0.045", "0.95") == 5000
    assert time.perf_counter() - start < 1, "a tenth of a second, were the machine idle"


@pytest.mark.parametrize(
    ("plan", "wording"),
    [
        (lambda: critical_size(100, "0.02", 2, "0.95"), "No sample of this population can show it"),
        (lambda: discovery_size(0, "0.05", "0.95"), "The population holds no case"),
        (lambda: attribute_size(10, "0.1", "0.05", "0.95"), "No sample of this population can show it"),
        (lambda: attribute_plan(None, "0.05", "-0.01", "0.95"), "The expected rate is not below the tolerable rate"),
        (lambda: poisson_plan("0.05", "0.06", "0.95"), "The expected rate is not below the tolerable rate"),
        (lambda: discovery_chance(11, 10, 1), "A count exceeds its population"),
        (lambda: evaluate_deviations(5, 4, None, "0.05", "0.95"), "A count exceeds its sample"),
        (
            lambda: evaluate_deviations(1, 4, 3, "0.05", "0.95"),
            "A count exceeds its sample, or a sample its population",
        ),
        (lambda: operating_curve(10, 1, None, [1.2]), "A true rate is not between 0 and 1"),
        (lambda: acceptance_plan(None, "0.1", "0.1"), "The good rate is not below the bad one"),
        (
            lambda: acceptance_plan(None, "0.01", "0.1", passes_good="0.1", passes_bad="0.2"),
            "A bad rate is to pass as often as a good one",
        ),
        (lambda: two_stage_size(None, "0.05", "0.95", 0), "A second stage follows one deviation or more"),
        (lambda: two_stage_size(20, "0.05", "0.95"), "No sample of this population can show it"),
        (lambda: assessable_size(50, 1), "of the cases cannot be assessed"),
        (lambda: log_odds_size("0.5", "0.95", "0.5"), "A margin of 0.5 tells nothing"),
        (lambda: fleiss_size("0.6", "0.95", "0.5"), "A margin of 0.6 tells nothing"),
        (lambda: survey_size(50, None, 0), "A design effect is above 0"),
        (lambda: survey_size(50, None, 1, "1.1"), "A design effect is above 0, a response above 0 and at most 1"),
        (lambda: change_size("0.5", "0.5", "0.4", 0, 1, "0.95", "0.8"), "There is no change to find"),
        (lambda: change_size("0.5", "0.6", "0.55", 0, 1, "0.95", "0.8"), "The share of both months cannot be"),
        (lambda: beta_size("0.05", "0.05", "0.95"), "The expected rate is not below the tolerable rate"),
        (lambda: beta_size("0.05", 0, "0.95", (0, 1)), "A prior that is not above 0"),
        (lambda: beta_binomial_size(10, "0.1", "0.05", "0.95"), "No sample can show it"),
        (lambda: proportional_allocation(11, [5, 5]), "11 cases cannot be drawn from 2 strata that give 0 to 10"),
        (lambda: neyman_allocation(6, [5, 5], [1, 0]), "6 cases cannot be drawn from 2 strata that give 0 to 5"),
        (lambda: neyman_allocation(5, [5, 5], [1]), "Not every stratum has a size, a spread and a cost"),
        (lambda: cost_allocation(5, [5, 5], [1, 1], [1, 0]), "A spread is negative or a cost not positive"),
    ],
)
def test_what_cannot_be_planned_is_refused(plan: Callable[[], object], wording: str) -> None:
    with pytest.raises(AuditError, match=wording):
        plan()


def test_three_conclusions() -> None:
    """45 cases: none deviates and it meets 5% at 90%, five and it fails, one to four and nothing is shown."""
    found = [evaluate_deviations(x, 45, None, "0.05", "0.90").conclusion for x in range(7)]
    assert found == ["meets"] + ["not shown"] * 4 + ["fails"] * 2
    assert evaluate_deviations(2, 40, 40, "0.05", "0.95").conclusion == "not shown", (
        "a census that just keeps it is not above it"
    )
    assert evaluate_deviations(3, 40, 40, "0.05", "0.95").conclusion == "fails"
    assert evaluate_deviations(1, 40, 40, "0.05", "0.95").conclusion == "meets"
    assert evaluate_deviations(0, 0, 40, "0.05", "0.95").conclusion == "not shown"
    assert [evaluate_deviations(x, 30, 30, "0.05", "0.95").conclusion for x in (1, 2)] == ["meets", "fails"], (
        "1.5 are tolerable"
    )


def test_power_of_plans_for_1000_cases() -> None:
    """57 with none allowed always pass a clean office; 90 with one pass half a percent in 93 of 100."""
    assert power_curve(57, 1000, "0.05", "0.95", [0]).meets.tolist() == [1]
    assert operating_curve(90, 1, 1000, [0, 0.005, 0.01]).tolist() == pytest.approx([1, 0.93, 0.78], abs=0.006)
    assert operating_curve(146, 3, 1000, [0.01, 0.02]).tolist() == pytest.approx([0.96, 0.67], abs=0.006)


def test_two_stages_as_printed() -> None:
    assert two_stage_size(None, "0.05", "0.90") == 49
    assert two_stage_size(1000, "0.05", "0.90") < 49
    assert two_stage_size(None, "0.05", "0.90", 2) > 49


def test_sizes_for_a_margin() -> None:
    assert wald_size(None, "0.05", "0.95") == pytest.approx(384.146, abs=1e-3)
    assert precision_size(None, "0.05", "0.95") == 385
    assert precision_size(1, "0.05", "0.95") == 1
    assert finite_size(100, None) == 100 and finite_size(100, 100) == 50
    assert wilson_size("0.05", "0.95", "0.5") < wald_size(None, "0.05", "0.95")
    assert fleiss_size("0.05", "0.95", "0.02") == pytest.approx(fleiss_size("0.05", "0.95", "0.98"))
    assert survey_size(384.1, 1000, "1.5", "0.8") == (385, 578, 367, 459)
    assert assessable_size(100, "0.0561") == 106 and assessable_size(100, 0) == 100


def test_a_kept_overlap_makes_a_change_cheaper_to_find() -> None:
    apart, half, panel = (change_size("0.9", "0.93", "0.88", overlap, 1, "0.95", "0.8") for overlap in (0, "0.5", 1))
    assert apart[0] > half[0] > panel[0]
    assert change_size("0.9", "0.93", "0.88", 0, 2, "0.95", "0.8")[0] > apart[0]


def test_a_stratum_whose_share_exceeds_it_is_counted_whole() -> None:
    assert neyman_allocation(100, [10, 1000, 1000], [50, 1, 1]) == [10, 45, 45]
    assert proportional_allocation(10, [0, 5, 15]) == [0, 3, 7]
    assert proportional_allocation(0, [5, 5]) == [0, 0]
    assert neyman_allocation(3, [5, 5, 5], [0.1, 0.1, 0.1]) == [1, 1, 1]


def test_dear_strata_give_less() -> None:
    """Four times as dear is half as many."""
    assert cost_allocation(90, [100, 100], [1, 1], [1, 4]) == [60, 30]
    assert affordable_size(180, [100, 100], [1, 1], [1, 4]) == 90
    assert affordable_size(0, [100, 100], [1, 1], [1, 4]) == 0
    assert affordable_size(10_000, [100, 100], [1, 1], [1, 4]) == 200


def test_a_prior_that_expects_few_needs_fewer() -> None:
    assert beta_size("0.05", 0, "0.95") == 58
    assert beta_size("0.05", 0, "0.95", (1, 30)) == 29
    assert gamma_size("0.05", 0, "0.95") == 59
    assert beta_binomial_size(1000, "0.05", 0, "0.95", (1, 300)) == 0, "the prior alone says it"
