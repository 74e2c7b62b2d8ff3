"""Estimates from complex samples against textbook formulas, and at the edges: no case, one case, all of one kind."""

import numpy as np
import pytest

from audit.errors import AuditError
from audit.statistics.intervals import survey_proportion
from audit.statistics.survey import (
    design_effect,
    domain_means,
    domain_totals,
    poststratify,
    survey_change,
    survey_design,
    survey_mean,
    survey_total,
    t_limits,
)

STRATA = np.repeat([0, 1], [6, 4])
VALUES = np.array([1.0, 0, 1, 1, 0, 1, 0, 0, 1, 0])
WEIGHTS = np.repeat([10.0, 5.0], [6, 4])
DESIGN = survey_design(WEIGHTS, STRATA, population=[60, 20])


def test_a_stratified_mean_is_cochrans():
    """Cochran 1977, sections 5.3 and 5.4: weights and variances of the strata, with their finite corrections."""
    found = survey_mean(DESIGN, VALUES)
    shares, sizes, drawn = [4 / 6, 1 / 4], np.array([60, 20]), np.array([6, 4])
    spread = np.array([np.var(VALUES[rows], ddof=1) for rows in (slice(6), slice(6, None))])
    assert found.estimate[0] == pytest.approx(sizes @ shares / 80)
    assert found.error[0] == pytest.approx(np.sqrt(np.sum((sizes / 80) ** 2 * (1 - drawn / sizes) * spread / drawn)))
    assert found.freedom[0] == 8
    assert survey_total(DESIGN, VALUES).estimate[0] == pytest.approx(80 * found.estimate[0])


def test_a_population_counted_whole_has_no_sampling_error():
    whole = survey_design(np.ones(10), STRATA, population=[6, 4])
    assert survey_mean(whole, VALUES).error[0] == 0


def test_a_domain_without_a_case_gives_no_information():
    found = domain_means(DESIGN, VALUES, STRATA * 2, 3)
    assert found.cases.tolist() == [6, 0, 4]
    assert np.isnan(found.estimate[1]) and np.isnan(found.error[1])
    assert np.isfinite(found.estimate[[0, 2]]).all()
    assert np.isnan([side[1] for side in t_limits(found, "0.95")]).all()
    totals = domain_totals(DESIGN, VALUES, STRATA * 2, 3)
    assert totals.estimate[1] == 0 and np.isnan(totals.error[1])


def test_a_domain_absent_in_a_stratum_has_fewer_degrees_of_freedom():
    domain = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    found = domain_means(DESIGN, VALUES, domain, 2)
    assert found.freedom.tolist() == [2, 5]  # 3 cases in one stratum; 7 in two


def test_a_domain_is_no_sample_of_its_own():
    """The size of a domain is not fixed: those outside it count as 0, so its total varies more than a subset's."""
    domain = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    inside = np.array([1.0, 0, 1, 0, 0, 0])
    expected = 60 * np.sqrt((1 - 6 / 60) * np.var(inside, ddof=1) / 6)
    assert domain_totals(DESIGN, VALUES, domain, 2).error[0] == pytest.approx(expected)


def test_a_domain_of_one_case_has_no_freedom_and_no_limits():
    domain = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    found = domain_means(DESIGN, VALUES, domain, 2)
    assert (found.estimate[0], found.error[0], found.freedom[0], found.cases[0]) == (1, 0, 0, 1)
    assert np.isnan([side[0] for side in t_limits(found, "0.95")]).all()


def test_all_domains_at_once_are_each_domain_alone():
    random = np.random.default_rng(3)
    clusters = np.arange(120) // 4
    design = survey_design(random.uniform(1, 3, 120), clusters % 3, clusters, population=[40, 50, 60])
    values, domain = random.random(120), random.integers(0, 5, 120)
    found = domain_means(design, values, domain, 5)
    for code in range(5):
        alone = domain_means(design, values, (domain != code).astype(int), 2)
        assert found.estimate[code] == pytest.approx(alone.estimate[0])
        assert found.error[code] == pytest.approx(alone.error[0])
        assert found.freedom[code] == alone.freedom[0]


def test_the_order_of_the_rows_changes_nothing():
    random = np.random.default_rng(4)
    units = np.arange(60) // 2
    clusters = units // 3
    weights, values, domain = random.uniform(1, 3, 60), random.random(60), random.integers(0, 3, 60)
    order = random.permutation(60)
    found = [
        domain_means(
            survey_design(weights[at], clusters[at] % 2, clusters[at], units[at], [20, 30], np.full(10, 8.0)),
            values[at],
            domain[at],
            3,
        )
        for at in (np.arange(60), order)
    ]
    for one, other in zip(*found, strict=True):
        assert one.tolist() == pytest.approx(other.tolist())


def test_many_domains_and_clusters_are_sorted_where_they_would_not_fit_a_table():
    """The same domains numbered far apart: pairs are then found by sorting, not by counting."""
    random = np.random.default_rng(5)
    clusters, values, domain = np.arange(40), random.random(40), random.integers(0, 2, 40)
    design = survey_design(np.ones(40), clusters=clusters)
    near, far = domain_means(design, values, domain, 2), domain_means(design, values, domain * 50, 51)
    assert near.error.tolist() == pytest.approx(far.error[[0, 50]].tolist())


def test_post_strata_known_without_error_take_the_variance_between_them_away():
    groups = np.array([0, 1, 0, 0, 1, 0, 1, 1, 0, 1])  # as the values: each group is of one kind
    known = poststratify(DESIGN, groups, [50, 30])
    assert survey_mean(known, VALUES).estimate[0] == pytest.approx(50 / 80)
    assert survey_mean(known, VALUES).error[0] == pytest.approx(0, abs=1e-12)


def test_a_domain_spreads_over_its_post_strata():
    """By hand, drawn at random: what a row adds to a domain's mean, less the mean of its post-stratum."""
    groups, domain = np.array([0, 1, 0, 0, 1, 0, 1, 1, 0, 1]), np.array([0, 0, 0, 1, 1, 0, 1, 0, 1, 1])
    values = np.arange(10.0)
    known = poststratify(survey_design(np.full(10, 8.0), population=80), groups, [50, 30])
    found = domain_means(known, values, domain, 2)
    weights = np.where(groups == 0, 10.0, 6.0)
    inside = domain == 0
    mean = np.average(values[inside], weights=weights[inside])
    assert found.estimate[0] == pytest.approx(mean)
    added = np.where(inside, values - mean, 0.0) / weights[inside].sum()
    rest = weights * (added - np.where(groups == 0, added[groups == 0].mean(), added[groups == 1].mean()))
    assert found.error[0] == pytest.approx(np.sqrt(10 * (1 - 10 / 80) * np.var(rest, ddof=1)))


def test_units_seen_in_both_periods_sharpen_a_change():
    before, after = np.arange(10.0), np.arange(10.0) + np.tile([1.0, 2.0], 5)
    values, period = np.concatenate([before, after]), np.repeat([0, 1], 10)
    same = survey_change(survey_design(np.ones(20), clusters=np.tile(np.arange(10), 2)), values, period)
    assert same.change == pytest.approx(1.5)
    assert same.error == pytest.approx(np.std(after - before, ddof=1) / np.sqrt(10))
    others = survey_change(survey_design(np.ones(20), clusters=np.arange(20)), values, period)
    assert others.error > 3 * same.error
    assert others.covariance == pytest.approx(0, abs=0.06)


def test_a_simple_sample_has_a_design_effect_of_one():
    simple = survey_design(np.full(50, 4.0), population=200)
    assert design_effect(simple, np.arange(50.0)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda: survey_design([1.0, 0.0]), "weight"),
        (lambda: survey_design([1.0, 1, 1], [0, 1, 1]), "single draw"),
        (lambda: survey_design([1.0, 1, 1], [0, 1, 1], population=[1, 1]), "More were drawn"),
        (lambda: survey_design([1.0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 1, 2]), "two strata"),
        (lambda: survey_design([1.0, 1], [0.5, 1]), "code"),
        (lambda: survey_design([1.0, 1], [-1, 1]), "code"),
        (lambda: survey_design([1.0, 1, 1, 1], clusters=[0, 0, 1, 1], units=[0, 1, 2, 3]), "second stage"),
        (lambda: survey_mean(DESIGN, [1.0] * 9 + [float("nan")]), "missing"),
        (lambda: domain_means(DESIGN, VALUES, STRATA, 1), "beyond"),
        (lambda: poststratify(DESIGN, STRATA, [1, 2, 3]), "post-stratum"),
    ],
)
def test_what_can_not_be_is_refused(ask, what: str):
    with pytest.raises(AuditError, match=what):
        ask()


def test_a_stratum_of_one_taken_whole_is_no_refusal():
    design = survey_design([1.0, 2, 2], [0, 1, 1], population=[1, 4])
    assert np.isfinite(survey_mean(design, [1.0, 0, 1]).error[0])


LIMITS = [survey_proportion.mean_limits, survey_proportion.logit_limits, survey_proportion.arcsine_limits]
COUNTED = [survey_proportion.korn_graubard, survey_proportion.likelihood_limits]


def limits(method, p, error, freedom):
    extra = {"cases": 50} if method in COUNTED else {}
    return method(p, error, freedom, level="0.95", **extra)


@pytest.mark.parametrize("method", LIMITS + COUNTED)
def test_limits_mirror_and_say_nothing_without_a_variance(method):
    lower, upper = limits(method, 0.2, 0.05, 30)
    assert 0 < lower < 0.2 < upper < 1
    mirrored = limits(method, 0.8, 0.05, 30)
    assert [float(side) for side in mirrored] == pytest.approx([1 - upper, 1 - lower])
    for p, error, freedom in ((0.0, 0.0, 30), (1.0, 0.0, 30), (0.2, 0.05, 0)):
        assert np.isnan(limits(method, p, error, freedom)).all()
    with pytest.raises(AuditError):
        limits(method, 1.2, 0.1, 30)


@pytest.mark.parametrize("method", LIMITS + COUNTED)
def test_limits_of_many_offices_are_those_of_each(method):
    together = limits(method, np.array([0.1, 0.5]), np.array([0.03, 0.06]), np.array([9, 40]))
    alone = [limits(method, 0.1, 0.03, 9), limits(method, 0.5, 0.06, 40)]
    assert np.allclose(np.array(together).T, np.array(alone), rtol=1e-9)
