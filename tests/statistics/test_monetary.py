"""Monetary unit sampling: sizes, bounds and their refusals at the edges."""

from fractions import Fraction

import numpy as np
import pytest

from audit.errors import AuditError
from audit.statistics.monetary import bounds
from audit.statistics.monetary.betting_bounds import betting_bound, sequential_betting_bound
from audit.statistics.monetary.sizes import (
    binomial_size,
    confidence_factor,
    expected_taints,
    hypergeometric_size,
    poisson_size,
    reliability_factor,
)

CLASSICAL = [
    bounds.stringer_binomial,
    bounds.stringer_poisson,
    bounds.stringer_meikle,
    bounds.stringer_lta,
    bounds.stringer_pvz,
    bounds.cell_bound,
    bounds.moment_bound,
    bounds.cox_snell_bound,
    bounds.mean_bound,
    bounds.pps_bound,
    bounds.binomial_bound,
    bounds.poisson_bound,
    bounds.counted_bound,
    betting_bound,
]


@pytest.mark.parametrize(("expected", "hypergeometric", "poisson"), [(0, 29, 30), (20_000, 44, 47)])
def test_sizes_of_FSaudit(expected: int, hypergeometric: int, poisson: int) -> None:  # noqa: N802
    """FSaudit 1.0.0, test-musHyper.R and test-MUS.R: a book value of 1,000,001, 100,000 tolerable, 95%."""
    book = 1_000_001
    tolerable, hoped = Fraction(100_000, book), Fraction(expected, book)
    assert hypergeometric_size(book, tolerable, hoped, "0.95") == hypergeometric
    assert binomial_size(tolerable, hoped, "0.95") == hypergeometric
    assert poisson_size(tolerable, hoped, "0.95") == poisson


def test_a_small_book_value_needs_fewer_units():
    assert hypergeometric_size(100, "0.05", "0", "0.95") == 45  # attribute sampling of 100 cases, 5 of them wrong
    assert binomial_size("0.05", "0", "0.95") == 59
    assert poisson_size("0.05", "0", "0.95") == 60


def test_a_rate_is_taken_as_typed():
    assert poisson_size(Fraction(1, 100), 0, "0.5") == poisson_size("0.01", "0", 0.5) == 70
    assert poisson_size("1", "0", "0.95") == 3


def test_factors_with_nothing_expected_are_those_with_nothing_found():
    assert confidence_factor(0, "0.95") == pytest.approx(-np.log(0.05))
    assert reliability_factor(0, "0.95") == pytest.approx(-np.log(0.05))
    assert reliability_factor([0, 1], "0.95") == pytest.approx([2.9957, 4.7439], abs=1e-4)
    assert expected_taints(0, "0.95") == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: poisson_size("0.05", "0.05", "0.95"),
        lambda: poisson_size("0.05", "-0.01", "0.95"),
        lambda: poisson_size("1.2", "0", "0.95"),
        lambda: binomial_size("1", "0", "0.95"),
        lambda: hypergeometric_size(20, "0.05", "0.04", "0.95"),
        lambda: confidence_factor("1", "0.95"),
        lambda: confidence_factor("0.2", "95"),
    ],
)
def test_plans_that_no_sample_can_meet_are_refused(ask):
    with pytest.raises(AuditError):
        ask()


def rohrbach(taints, n, level):
    return bounds.rohrbach_bound(taints, n, 900, level)


@pytest.mark.parametrize("bound", [*CLASSICAL, rohrbach])
def test_the_order_of_the_taints_changes_nothing(bound):
    taints = [0.2, 0.9, 0.05, -0.3, 0.5]
    assert bound(taints, 80, "0.95") == pytest.approx(bound(taints[::-1], 80, "0.95"), abs=1e-9)


@pytest.mark.parametrize("bound", CLASSICAL)
def test_taints_that_do_not_fit_the_sample_are_refused(bound):
    for taints, n in (([0.1, 0.2], 1), ([float("nan")], 5), ([], 0)):
        with pytest.raises(AuditError, match="do not fit"):
            bound(taints, n, "0.95")


def test_without_an_error_stringer_and_cell_are_the_attribute_limit():
    limit = 1 - 0.05 ** (1 / 60)
    for bound in (bounds.stringer_binomial, bounds.cell_bound, bounds.counted_bound):
        assert bound([], 60, "0.95") == pytest.approx(limit)
    assert bounds.mean_bound([], 60, "0.95") == 0  # why it is not to be relied on
    assert np.isnan(bounds.pps_bound([0.4], 60, "0.95"))


def test_complete_errors_are_counted():
    for bound in (bounds.stringer_binomial, bounds.cell_bound, bounds.binomial_bound):
        assert bound([1, 1, 1], 60, "0.95") == pytest.approx(bounds.counted_bound([1, 1, 1], 60, "0.95"))
        assert bound([1] * 5, 5, "0.95") == pytest.approx(1)


@pytest.mark.parametrize("bound", [bounds.stringer_binomial, bounds.counted_bound, betting_bound])
def test_a_taint_above_one_is_refused_where_it_would_break_the_bound(bound):
    with pytest.raises(AuditError, match="above 1"):
        bound([1.2], 60, "0.95")


def test_the_cell_bound_widens_its_basic_precision_with_a_taint_above_one():
    assert bounds.cell_bound([1.2], 60, "0.95") > bounds.cell_bound([1], 60, "0.95")


def test_the_cell_bound_of_IDEA():  # noqa: N802
    """IDEA's cell evaluation as FSaudit 1.0.0 transcribes it (test-MusEval.R, AV6 and AV7): 31 units drawn."""
    assert 7_360_816 * bounds.cell_bound([1] * 5, 31, "0.95") == pytest.approx(2_279_217.31, rel=1e-4)
    assert 7_360_816 * bounds.cell_bound([0.1] * 31, 31, "0.95") == pytest.approx(1_414_107.73, rel=1e-4)


def test_a_sequential_bound_knows_what_was_audited():
    taints, amounts = np.zeros(100), np.ones(100)
    taints[:3] = 0.6
    assert sequential_betting_bound(taints, amounts, 100, "0.95") == pytest.approx(0.018)  # all of it
    assert sequential_betting_bound(taints[::-1], amounts, 110, "0.95") <= (1.8 + 10) / 110 + 1e-12
    many, few = (sequential_betting_bound(taints, amounts, total, "0.95") for total in (1_000, 150))
    assert few < many
    assert sequential_betting_bound([1, 1], [5, 5], 20, "0.95") == 1


def test_amounts_that_do_not_fit_are_refused():
    for taints, amounts, total in (([0], [1, 2], 9), ([0, 0], [1, 0], 9), ([0, 0], [5, 5], 9)):
        with pytest.raises(AuditError):
            sequential_betting_bound(taints, amounts, total, "0.95")
