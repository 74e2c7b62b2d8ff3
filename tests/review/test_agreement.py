"""How far two reviewers concur, and the rate with the first one's errors allowed for: against truth that is known."""

import numpy as np
import polars as pl
import pytest

from audit.formatting import format_hundredths
from audit.reporting.review_text import describe_first_errors
from audit.review.agreement import (
    MINIMUM_CASES_FOR_AGREEMENT,
    estimate_first_errors,
    find_disagreements,
    measure_agreement,
)
from audit.review.journal import REVIEW_STATUS_SCHEMA
from audit.statistics.agreement import conger_kappa, identity_weights
from audit.statistics.double_sampling import double_sampling_ratio, tenenbein


def standing(pairs: list[tuple[str | None, str | None, str | None]]) -> pl.DataFrame:
    """Cases by what the first, the second and whoever decided said."""
    rows = [
        {"case": f"M{n}", "attribute": "consistency", "first": first, "second": second, "decided": decided}
        for n, (first, second, decided) in enumerate(pairs)
    ]
    return pl.DataFrame(rows, schema={"case": pl.String, **REVIEW_STATUS_SCHEMA})


def offices(n: int, *names: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"case": [f"M{one}" for one in range(n)], "office": [names[one % len(names)] for one in range(n)]}
    )


def test_only_cases_that_both_judged_are_compared_by_office_too() -> None:
    pairs = [("consistent", "consistent", None)] * 20 + [("consistent", "inconsistent", None)] * 4
    found = measure_agreement(standing([*pairs, ("consistent", None, None)]), offices(25, "DEN", "BOS"), level="0.95")
    assert [(one.office, one.cases, one.agreed) for one in found] == [("all", 24, 20), ("BOS", 12, 10), ("DEN", 12, 10)]


def test_the_coefficients_are_those_of_the_methods() -> None:
    """Cohen 1960, by hand: 20 and 15 of 50 agree, kappa 0.4."""
    table = {("consistent", "consistent"): 20, ("consistent", "inconsistent"): 5}
    table |= {("inconsistent", "consistent"): 10, ("inconsistent", "inconsistent"): 15}
    pairs = [(first, second, None) for (first, second), n in table.items() for _ in range(n)]
    kappa, ac1, _ = measure_agreement(standing(pairs), offices(50, "DEN"), level="0.95")[0].coefficients
    assert (kappa.name, format_hundredths(kappa.value)) == ("Cohen's kappa", "0.40")
    ratings = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [20, 5, 10, 15], axis=0)
    assert kappa.value == pytest.approx(conger_kappa(ratings, identity_weights(2)).coefficient)
    assert ac1.lower < ac1.value < ac1.upper


def test_too_few_cases_have_no_coefficient_and_one_outcome_alone_no_kappa() -> None:
    same = [("consistent", "consistent", None)]
    few = measure_agreement(
        standing(same * (MINIMUM_CASES_FOR_AGREEMENT - 1)),
        offices(MINIMUM_CASES_FOR_AGREEMENT - 1, "DEN"),
        level="0.95",
    )
    assert few[0].coefficients == ()
    kappa, ac1, _ = measure_agreement(
        standing(same * MINIMUM_CASES_FOR_AGREEMENT), offices(MINIMUM_CASES_FOR_AGREEMENT, "DEN"), level="0.95"
    )[0].coefficients
    assert (kappa.value, ac1.value) == (None, 1.0)


def test_a_difference_is_one_until_somebody_decides() -> None:
    pairs = [("consistent", "inconsistent", None), ("consistent", "inconsistent", "consistent"), ("none", "none", None)]
    assert find_disagreements(standing(pairs))["case"].to_list() == ["M0"]
    assert estimate_first_errors(standing(pairs), "consistency", level="0.95") is None
    decided = estimate_first_errors(standing(pairs[1:2] * 2), "consistency", level="0.95")
    assert decided is not None
    assert (decided.twice, decided.wrong) == (2, 0)


def test_by_hand() -> None:
    """80 first consistent, of 10 seen again 1 is not; 20 first inconsistent, of 5 seen again 1 is consistent.

    Rate: 0.8 x 0.9 + 0.2 x 0.2 = 0.76, as Tenenbein 1970 has it; the error by Cochran 1977, 12.2, by hand.
    """
    pairs: list[tuple[str | None, str | None, str | None]] = [("consistent", None, None)] * 70
    pairs += [("consistent", "consistent", None)] * 9 + [("consistent", "inconsistent", "inconsistent")]
    pairs += [("inconsistent", None, None)] * 15
    pairs += [("inconsistent", "inconsistent", None)] * 4 + [("inconsistent", "consistent", "consistent")]
    found = estimate_first_errors(standing(pairs), "consistency", level="0.95")
    assert found is not None
    assert (found.twice, found.wrong, found.rate) == (15, 2, pytest.approx(0.76))
    assert tenenbein(80, 100, [[4, 1], [1, 9]]).rate == pytest.approx(0.76)
    within = np.array([0.9 * 0.1 * 10 / 9, 0.2 * 0.8 * 5 / 4])
    spread = 0.8 * within[0] + 0.2 * within[1] + 0.8 * (0.9 - 0.76) ** 2 + 0.2 * (0.2 - 0.76) ** 2
    error = np.sqrt(spread / 100 + (0.8 * within[0] * 7 + 0.2 * within[1] * 3) / 100)
    assert found.rate_upper - found.rate_lower == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    assert estimate_first_errors(standing(pairs), "consistency", level="0.95", complete=False).rate is None
    assert "Of 15 first answers that a second reviewer checked, 2 did not hold" in describe_first_errors(found)


def test_answers_seen_too_seldom_are_taken_together() -> None:
    first = np.array([0] * 90 + [1] * 6 + [2] * 4)
    seen = np.zeros(100, dtype=bool)
    seen[[*range(20), 90, 96]] = True  # one of each of the rarer answers
    top = np.array([1.0] * 20 + [0.0, 1.0])
    found = double_sampling_ratio(first, seen, top, np.ones(22))
    assert found.rate == pytest.approx(0.9 * 1 + 0.1 * 0.5)
    alone = double_sampling_ratio(first, np.arange(100) < 20, np.ones(20), np.ones(20))
    assert alone.rate == 1
    assert np.isnan(double_sampling_ratio(first, np.arange(100) < 1, [1.0], [1.0]).rate)


def test_the_limits_hold_as_often_as_they_say() -> None:
    """A first reviewer who errs in 6% of cases; 200 of 800 are seen twice; 95% limits hold in 93% to 97% of runs."""
    drawn = np.random.default_rng(20120222)
    held, plain = 0, 0
    for _ in range(1000):
        truth = drawn.choice(3, size=800, p=[0.90, 0.05, 0.05])  # consistent, inconsistent, undeterminable
        first = np.where(drawn.random(800) < 0.06, drawn.integers(0, 3, 800), truth)
        seen = np.zeros(800, dtype=bool)
        seen[drawn.choice(800, 200, replace=False)] = True
        found = double_sampling_ratio(first, seen, truth[seen] == 0, truth[seen] != 2)
        held += abs(found.rate - 0.9 / 0.95) <= 1.959964 * found.error
        naive = (first == 0).sum() / (first != 2).sum()
        plain += abs(naive - 0.9 / 0.95) <= 1.959964 * np.sqrt(naive * (1 - naive) / (first != 2).sum())
    assert 930 <= held <= 970
    assert plain < 900  # without the second look they would not
