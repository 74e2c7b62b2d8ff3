"""Agreement of reviewers by hand, and at the edges: all alike, one case, missing judgements."""

import numpy as np
import pytest

from audit.errors import AuditError
from audit.statistics.agreement import (
    MISSING,
    agreement_limits,
    brennan_prediger,
    conger_kappa,
    expand_ratings,
    fleiss_kappa,
    gwet_ac1,
    identity_weights,
    krippendorff_alpha,
    linear_weights,
    ordinal_weights,
    percent_agreement,
    quadratic_weights,
)

TWO = identity_weights(2)
ALL = [percent_agreement, brennan_prediger, gwet_ac1, fleiss_kappa, conger_kappa, krippendorff_alpha]
PATCHY = np.array([[0, 0, 1], [1, 1, MISSING], [0, MISSING, MISSING], [1, 1, 1], [0, 0, 0], [MISSING, 1, 0]])


def test_kappa_by_hand():
    """Cohen 1960: 20 and 15 of 50 agree, the one says yes to 25, the other to 30."""
    found = conger_kappa(expand_ratings([[20, 5], [10, 15]]), TWO)
    assert found.observed == pytest.approx(0.7)
    assert found.chance == pytest.approx(0.5 * 0.6 + 0.5 * 0.4)
    assert found.coefficient == pytest.approx(0.4)


def test_where_nearly_all_comply_kappa_collapses_and_ac1_does_not():
    """Feinstein & Cicchetti 1990: 118 and 0 of 125 agree."""
    ratings = expand_ratings([[118, 5], [2, 0]])
    assert conger_kappa(ratings, TWO).coefficient < 0 < 0.9 < gwet_ac1(ratings, TWO).coefficient


@pytest.mark.parametrize("method", ALL)
def test_full_agreement_is_one_without_error(method):
    found = method(expand_ratings([[7, 0], [0, 9]]), TWO)
    assert (found.coefficient, found.observed, found.cases) == (pytest.approx(1), pytest.approx(1), 16)
    assert found.error == pytest.approx(0, abs=1e-9)
    assert np.isnan(agreement_limits(found, "0.95")).all()  # an error of 0 bounds nothing


def test_one_category_alone_says_nothing_of_chance():
    ratings = expand_ratings([[9, 0], [0, 0]])
    for method in (fleiss_kappa, conger_kappa, krippendorff_alpha):
        assert np.isnan(method(ratings, TWO).coefficient)
    assert gwet_ac1(ratings, TWO).coefficient == percent_agreement(ratings, TWO).coefficient == 1


@pytest.mark.parametrize("method", ALL)
def test_the_order_of_cases_and_reviewers_changes_nothing(method):
    found = method(PATCHY, TWO)
    assert method(PATCHY[::-1, ::-1], TWO) == pytest.approx(found)


@pytest.mark.parametrize("method", ALL)
def test_the_names_of_the_categories_change_nothing(method):
    other = np.where(PATCHY == MISSING, MISSING, 1 - PATCHY)
    assert method(other, TWO) == pytest.approx(method(PATCHY, TWO))


@pytest.mark.parametrize("method", ALL)
def test_a_case_that_nobody_judged_changes_nothing(method):
    assert method(np.vstack([PATCHY, [MISSING] * 3]), TWO) == pytest.approx(method(PATCHY, TWO))


@pytest.mark.parametrize("method", ALL)
def test_without_a_case_judged_twice_there_is_no_information(method):
    found = method(np.array([[0, MISSING], [MISSING, 1]]), TWO)
    assert np.isnan([found.coefficient, found.error, found.observed]).all()
    assert np.isnan(method(np.array([[0, 0]]), TWO).error)  # one case shows no error


def test_the_error_is_that_of_leaving_cases_out():
    """The jackknife comes near the linearised error on 300 cases of three reviewers."""
    random = np.random.default_rng(8)
    truth = random.integers(0, 3, 300)
    ratings = np.where(random.random((300, 3)) < 0.7, truth[:, None], random.integers(0, 3, (300, 3)))
    ratings[random.random((300, 3)) < 0.1] = MISSING
    for method in ALL:
        found = method(ratings, identity_weights(3))
        left = np.array([method(np.delete(ratings, i, axis=0), identity_weights(3)).coefficient for i in range(300)])
        jackknife = np.sqrt(299 / 300 * np.square(left - left.mean()).sum())
        assert found.error == pytest.approx(jackknife, rel=0.05)


def test_weights():
    assert linear_weights([0, 1, 2]).tolist() == [[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]
    assert quadratic_weights([0, 1, 3])[0].tolist() == pytest.approx([1, 8 / 9, 0])
    assert ordinal_weights(3)[0].tolist() == pytest.approx([1, 2 / 3, 0])


def test_judgements_one_apart_agree_more_when_weighted():
    ratings = expand_ratings([[9, 3, 0], [2, 8, 2], [0, 4, 7]])
    plain, weighted = (
        conger_kappa(ratings, weights) for weights in (identity_weights(3), quadratic_weights([0, 1, 2]))
    )
    assert weighted.coefficient > plain.coefficient


@pytest.mark.parametrize(
    "ask",
    [
        lambda: gwet_ac1([0, 1], TWO),
        lambda: gwet_ac1([[0], [1]], TWO),
        lambda: gwet_ac1([[0, 2]], TWO),
        lambda: gwet_ac1([[0.5, 1]], TWO),
        lambda: expand_ratings([[1, 2, 3], [4, 5, 6]]),
        lambda: linear_weights([1, 1]),
        lambda: conger_kappa([[0, MISSING], [1, MISSING]], TWO),
    ],
)
def test_what_is_no_table_of_ratings_is_refused(ask):
    with pytest.raises(AuditError):
        ask()


def test_an_error_of_nothing_bounds_nothing() -> None:
    """Where a reviewer gives one answer, or all agree, a coefficient has no spread, and so no limits."""
    alike, one_answer = [[0, 0]] * 20, [[0, 0]] * 81 + [[0, 1]] * 19
    for coefficient, ratings in ((gwet_ac1, alike), (conger_kappa, alike), (conger_kappa, one_answer)):
        assert np.isnan(agreement_limits(coefficient(ratings, identity_weights(2)))).all()
