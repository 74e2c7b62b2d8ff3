"""Limits at every look, stopping and bets: known values, edges, refusals."""

import numpy as np
import pytest

from audit.errors import AuditError
from audit.statistics.sequential.confidence_sequence import running_limits, sequence_limits
from audit.statistics.sequential.martingales import (
    alpha_martingale,
    anytime_p_values,
    fixed_guesses,
    kaplan_markov,
    kaplan_wald,
)
from audit.statistics.sequential.stopping import stopping_bounds, stopping_distribution


def test_before_the_first_case_all_is_possible_and_after_the_last_nothing_is_open() -> None:
    assert sequence_limits(0, 0, 50, "0.95") == (0, 50)
    assert sequence_limits(7, 50, 50, "0.95") == (7, 7)
    assert sequence_limits(0, 0, 0, "0.95") == (0, 0)
    assert [type(limit) for limit in sequence_limits(1, 9, 50, "0.95")] == [int, int]


def test_arrays_give_what_numbers_give() -> None:
    x, n = np.array([0, 3, 5]), np.array([10, 30, 60])
    lower, upper = sequence_limits(x, n, 1000, "0.95", (1, 30))
    one = [sequence_limits(*pair, 1000, "0.95", (1, 30)) for pair in zip(x.tolist(), n.tolist(), strict=True)]
    assert one == list(zip(lower.tolist(), upper.tolist(), strict=True))


def test_a_later_look_forgets_nothing() -> None:
    """66 clean cases show less than 5% of 1,000; the deviations that follow do not take it back."""
    outcomes = [0] * 66 + [1] * 6
    _, upper = running_limits(outcomes, 1000, "0.90", (1, 30))
    assert upper[65] == 49
    assert sequence_limits(6, 72, 1000, "0.90", (1, 30))[1] > 49
    assert upper[-1] == 49


def test_a_clean_office_needs_66_and_a_failing_one_a_few() -> None:
    bounds = stopping_bounds(1000, "0.05", "0.90", (1, 30))
    assert (bounds.meets[65], bounds.meets[66]) == (-1, 0)
    assert (bounds.fails[4], bounds.fails[5]) == (5, 5), "not all of the first four: all of the first five"
    assert stopping_distribution(1000, bounds, 1000).mean == pytest.approx(5)


def test_a_rate_that_is_just_kept_is_neither_shown_nor_refuted() -> None:
    """50 of 1,000 at 5% tolerable: the whole population is reviewed."""
    found = stopping_distribution(1000, stopping_bounds(1000, "0.05", "0.90", (1, 30)), 50)
    assert found.mean > 900 and found.quantile("0.9") == 1000
    assert found.meets.sum() < 0.1 and found.fails.sum() < 0.1


def test_a_review_stops_at_the_last_case_at_the_latest() -> None:
    found = stopping_distribution(10, stopping_bounds(10, "0.25", "0.99"), 2)
    assert (found.meets + found.fails).sum() == pytest.approx(1)
    assert found.quantile("0.99") <= 10


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(AuditError, match="A count exceeds its sample, or a sample its population"):
        sequence_limits(3, 2, 10, "0.95")
    with pytest.raises(AuditError, match="A prior that is not above 0"):
        sequence_limits(1, 2, 10, "0.95", (0, 1))
    with pytest.raises(AuditError, match="An outcome is neither 0 nor 1"):
        running_limits([0, 2], 10, "0.95")
    with pytest.raises(AuditError, match="More deviations than cases"):
        stopping_distribution(10, stopping_bounds(10, "0.2", "0.9"), 11)
    with pytest.raises(AuditError, match="A value is negative, or the mean or padding not a share"):
        kaplan_wald([-1], 0.5)
    with pytest.raises(AuditError, match="A value exceeds the most it can be, or the values the population"):
        alpha_martingale([1.5], 10, 0.5, np.array([0.6]))


def test_a_value_of_nothing_ends_an_unpadded_bet() -> None:
    assert anytime_p_values(kaplan_markov([1, 1, 0, 1], 0.5)).tolist() == [0.5, 0.25, 0.25, 0.25]
    assert anytime_p_values(kaplan_wald([1, 0, 1], 0.5, 0.5))[1] < 1


def test_a_claim_that_the_values_refute_has_no_chance() -> None:
    """Seven of ten values are 1: a mean of 0.6 or less cannot be."""
    values = [1.0] * 7
    assert anytime_p_values(alpha_martingale(values, 10, 0.6, fixed_guesses(values, 10, 0.9)))[-1] == 0


def test_a_claim_that_the_rest_cannot_refute_wins() -> None:
    values = [0.0] * 6
    stakes = alpha_martingale(values, 10, 0.6, fixed_guesses(values, 10, 0.9))
    assert stakes[-1] == 0 and anytime_p_values(stakes)[-1] == 1
