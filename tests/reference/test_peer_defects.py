"""Values of other packages that are wrong, in `peer_defects.jsonl`: each is shown not to be reproduced, and why."""

import json
from fractions import Fraction
from math import comb, sqrt, tanh
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, hypergeom, norm

from audit.statistics.intervals.change import miettinen_nurminen
from audit.statistics.intervals.exact import hypergeometric_limits, poisson_limits
from audit.statistics.intervals.optimal import optimal_limits
from audit.statistics.monetary.bounds import moment_bound
from audit.statistics.parameters import TIE_TOLERANCE
from audit.statistics.sequential.confidence_sequence import sequence_limits
from audit.statistics.sizes.attribute import attribute_plan, attribute_size
from audit.statistics.sizes.precision import precision_margin, precision_size

Case = dict[str, Any]
TEXT = Path(__file__).with_name("peer_defects.jsonl").read_text(encoding="utf-8")
CASES: list[Case] = [json.loads(line) for line in TEXT.splitlines()]


def of(prefix: str) -> list[Any]:
    found = [pytest.param(case, id=case["id"]) for case in CASES if case["id"].startswith(prefix)]
    assert found
    return found


def test_every_defect_is_shown() -> None:
    shown = ("hypermci-", "jfa-hyper-lower-", "jfa-pois-lower-", "jfa-tab-", "sm-2indep-diff-score-", "sprop-exact-")
    assert [case["id"] for case in CASES if not case["id"].startswith(shown)] == []


@pytest.mark.parametrize("case", of("hypermci-"))
def test_hypermci_narrows_the_range_of_half_the_population(case: Case) -> None:
    """It mirrors the range of M = N / 2 by taking what two unlike ranges share, and so covers too little there."""
    population, n, alpha = (case["inputs"][name] for name in ("N", "n", "alpha"))
    level = 1 - Fraction(str(alpha))
    x, kind = np.arange(n + 1), np.arange(population + 1)[:, None]
    lower, upper = optimal_limits(x, n, population, level)
    covered = (hypergeom.pmf(x, population, kind, n) * ((lower <= kind) & (kind <= upper))).sum(axis=1)
    assert case["expected"]["hypermci_min_coverage"] < level - Fraction(1, 10**6)
    assert covered.min() >= float(level) - TIE_TOLERANCE


@pytest.mark.parametrize("case", of("jfa-hyper-lower-"))
def test_jfa_inverts_the_wrong_tail_for_its_lower_limit(case: Case) -> None:
    """It solves P(X <= x) where P(X >= x) is asked for: a limit too high, which the count itself may undercut."""
    x, n, population, level = (case["inputs"][name] for name in ("x", "n", "N", "conf_level"))
    lower, upper = hypergeometric_limits(x, n, population, level)
    theirs, risk = case["expected"]["jfa_lower"], (1 - level) / 2
    assert lower < theirs
    assert hypergeom.sf(x - 1, population, theirs - 1, n) > risk, "a count below theirs is not rejected"
    assert hypergeom.sf(x - 1, population, lower - 1, n) <= risk < hypergeom.sf(x - 1, population, lower, n)
    assert upper == case["expected"]["jfa_upper"]


def test_the_case_that_shows_it_best() -> None:
    """All of 100 pass out of 1,000: its lower limit says that every case of the population passes."""
    assert hypergeometric_limits(100, 100, 1000, "0.95") == (966, 1000)


@pytest.mark.parametrize("case", of("jfa-pois-lower-"))
def test_jfa_divides_its_lower_poisson_limit_by_one_case_too_many(case: Case) -> None:
    """n + 1 for n: its limit is n / (n + 1) of the exact one."""
    x, n, found = case["inputs"]["x"], case["inputs"]["n"], case["expected"]
    lower, upper = poisson_limits(x, n, case["inputs"]["conf_level"])
    assert (lower, upper) == pytest.approx((found["exact_lower"], found["exact_upper"]), abs=case["tolerance"])
    assert lower * n / (n + 1) == pytest.approx(found["jfa_lower"], abs=1e-9)


@pytest.mark.parametrize("case", of("jfa-tab-"))
def test_jfa_rounds_counts_up_in_binary(case: Case) -> None:
    """0.07 * 100 is 7.000000000000001 in binary, so that ceil gives 8: its tests pin sizes that are off."""
    population, level, tolerable, expected = (
        case["inputs"][name] for name in ("N", "conf_level", "tolerable_rate", "expected_rate")
    )
    found = attribute_size(population, tolerable, expected, level)
    assert found == case["expected"]["exact_n"] != case["expected"]["jfa_n"]


@pytest.mark.parametrize("case", of("sprop-exact-"))
def test_samplingbook_leaves_its_exact_interval_one_case_too_late(case: Case) -> None:
    """Its loop stops at the first count that the sample rejects and prints that one; two were seen, so not below."""
    x, n, population, level = (case["inputs"][name] for name in ("x", "n", "N", "conf_level"))
    lower, upper = hypergeometric_limits(x, n, population, level)
    assert (lower, upper + 1) == (case["expected"]["samplingbook_lower"], case["expected"]["samplingbook_upper"])
    assert hypergeom.cdf(x, population, upper + 1, n) <= (1 - level) / 2 < hypergeom.cdf(x, population, upper, n)


def test_samplingbook_takes_n_for_n_less_one() -> None:
    """sample.size.prop gives 61 for 10 points around 40% of 1,000 at 90%: one case too few for its own margin."""
    size = precision_size(1000, "0.10", "0.90", "0.4")
    assert size == 62
    assert precision_margin([61], [1000], "0.90", "0.4") > 0.1 >= precision_margin([62], [1000], "0.90", "0.4")


def test_confseq_wor_searches_past_its_upper_limit() -> None:
    """BBHG_confseq returns [5, 945] for 5 among the first 60 of 1,000, whose likelihood runs out of digits there."""
    lower, upper = sequence_limits(5, 60, 1000, "0.95", (1, 1))
    assert (lower, upper) == (15, 242)
    mixture = Fraction(1, 61)  # every result of 60 is as likely under beta(1, 1)
    chance = Fraction(comb(243, 5) * comb(757, 55), comb(1000, 60))
    assert chance * 20 <= mixture


def test_a_printed_table_may_be_a_case_short() -> None:
    """AICPA 2017, table A-2: 112 for 7% tolerable, 3.25% or 3.5% expected, 10% risk; P(X <= 4 | 112, 7%) is 0.1007."""
    assert binom.cdf(4, 112, 0.07) == pytest.approx(0.1007, abs=5e-5)
    assert attribute_plan(None, "0.07", "0.0325", "0.90") == attribute_plan(None, "0.07", "0.035", "0.90") == (113, 4)


def test_jfa_does_not_reflect_the_gamma_of_its_moment_bound() -> None:
    """Its `.moment`, ten units of ten misstated in full: 0.89 at 50% and 0.64 at 95%, so that it falls below what was
    seen. The third moment is negative there, the scale of the gamma with it, and the upper tail is its lower one.
    """

    def theirs(level: float) -> float:
        shape, scale, origin, z = 4 * c2**3 / c3**2, c3 / (2 * c2), u1 - 2 * c2**2 / c3, norm.ppf(level)
        return float(origin + shape * scale * (1 + z / (3 * sqrt(shape)) - 1 / (9 * shape)) ** 3)

    n = m = 10
    supposed = 0.81 * (1 - 0.667 * tanh(10)) * (1 + 0.667 * tanh(1))
    z1, z2, z3 = ((supposed**k + m) / (m + 1) for k in (1, 2, 3))
    e1, e2, e3 = 11 / 12, 11 / 12 * 12 / 13, 11 / 12 * 12 / 13 * 13 / 14
    u1, u2 = e1 * z1, (e1 * z2 + (n - 1) * e2 * z1**2) / n
    u3 = (e1 * z3 + 3 * (n - 1) * e2 * z1 * z2 + (n - 1) * (n - 2) * e3 * z1**3) / n**2
    c2, c3 = u2 - u1**2, u3 - 3 * u1 * u2 + 2 * u1**3
    assert c3 < 0
    assert [theirs(level) for level in (0.5, 0.95)] == pytest.approx([0.8909, 0.6396], abs=5e-5)
    assert theirs(0.05) == pytest.approx(1.0144, abs=5e-5)  # so their 5% is the 95%, that is, all
    assert moment_bound([1] * 10, 10, "0.95") == 1


@pytest.mark.parametrize("case", of("sm-2indep-diff-score-"))
def test_statsmodels_stops_beside_the_score_limits(case: Case) -> None:
    """Its upper limit lies where the score is -2.05: further out than the level asks, by half a point."""
    x1, n1, x2, n2, level = (case["inputs"][name] for name in ("x1", "n1", "x2", "n2", "conf_level"))
    lower, upper = (float(limit) for limit in miettinen_nurminen(x1, n1, x2, n2, level))
    assert [score(x1, n1, x2, n2, limit) for limit in (lower, upper)] == pytest.approx([1.95996, -1.95996], abs=1e-4)
    theirs = [score(x1, n1, x2, n2, case["expected"][side]) for side in ("lower", "upper")]
    assert theirs == pytest.approx([1.964, -2.047], abs=2e-3)


def score(x1: int, n1: int, x2: int, n2: int, difference: float) -> float:
    """The score statistic of a difference, its likeliest shares searched for on a fine grid."""
    p2 = np.linspace(1e-6, 1 - 1e-6, 2_000_001)
    p1 = p2 + difference
    inside = (p1 > 0) & (p1 < 1)
    p1, p2 = p1[inside], p2[inside]
    likelihood = x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2)
    q1, q2 = p1[likelihood.argmax()], p2[likelihood.argmax()]
    variance = (q1 * (1 - q1) / n1 + q2 * (1 - q2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return float((x1 / n1 - x2 / n2 - difference) / np.sqrt(variance))
