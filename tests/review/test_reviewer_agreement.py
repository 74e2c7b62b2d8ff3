"""How far two reviewers concur, and the rate with the first one's errors allowed for: against truth that is known."""

import numpy as np
import polars as pl
import pytest

from audit.formatting import format_hundredths
from audit.reporting.review_text import describe_first_errors
from audit.review.journal import REVIEW_STATUS_SCHEMA
from audit.review.reviewer_agreement import (
    MINIMUM_CASES_FOR_AGREEMENT,
    estimate_first_errors,
    find_disagreements,
    measure_agreement,
)
from audit.statistics.agreement import conger_kappa, identity_weights
from audit.statistics.double_sampling import tenenbein


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

    Rate: 0.8 x 0.9 + 0.2 x 0.2 = 0.76, as Tenenbein 1970 has it.
    """
    pairs: list[tuple[str | None, str | None, str | None]] = [("consistent", None, None)] * 70
    pairs += [("consistent", "consistent", None)] * 9 + [("consistent", "inconsistent", "inconsistent")]
    pairs += [("inconsistent", None, None)] * 15
    pairs += [("inconsistent", "inconsistent", None)] * 4 + [("inconsistent", "consistent", "consistent")]
    found = estimate_first_errors(standing(pairs), "consistency", level="0.95")
    assert found is not None
    assert (found.twice, found.wrong, found.rate) == (15, 2, pytest.approx(0.76))
    assert tenenbein(80, 100, [[4, 1], [1, 9]]).rate == pytest.approx(0.76)
    assert 0 < found.rate_lower < 0.76 < found.rate_upper < 1
    assert estimate_first_errors(standing(pairs), "consistency", level="0.95", complete=False).rate is None
    assert "Of 15 first answers that a second reviewer checked, 2 did not hold" in describe_first_errors(found)


@pytest.mark.parametrize("seen", [0, 1, 2])
def test_with_no_error_found_the_corrected_rate_is_the_rate(seen: int) -> None:
    """However few of the rarer answers were seen twice: they stand as they are, and are never taken for the others."""
    pairs: list[tuple[str | None, str | None, str | None]] = [("consistent", "consistent", None)] * 60
    pairs += [("consistent", None, None)] * 24 + [("permitted", None, None)] * 4
    pairs += [("inconsistent", "inconsistent", None)] * seen + [("inconsistent", None, None)] * (8 - seen)
    pairs += [("undeterminable", "undeterminable", None)] * seen + [("undeterminable", None, None)] * (4 - seen)
    found = estimate_first_errors(standing(pairs), "consistency", level="0.95")
    assert found is not None
    assert (found.wrong, found.rate) == (0, pytest.approx(88 / 96))
    assert found.rate_lower < 88 / 96 < found.rate_upper
