"""Sample sizes that audits and regulations state, each test with its source."""

from fractions import Fraction
from math import ceil

import pytest

from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.sizes.acceptance import evaluate_deviations
from audit.statistics.sizes.attribute import attribute_size
from audit.statistics.sizes.precision import change_size, precision_size, wald_size


def test_benefits_quality_reviews_draw_246_a_year_and_21_a_month() -> None:
    """Source: VBA STAR quality assurance sampling methodology: n = z^2 p q / e^2, p = 80%, e = 5 points."""
    assert precision_size(None, "0.05", "0.95", "0.8") == 246
    assert ceil(246 / 12) == 21


def test_eligibility_reviews_draw_17_negative_cases_a_month() -> None:
    """Source: 42 CFR 431.978(c): error rate 5%, 95% confidence, 3 points; rounded up to whole months: 204 a year."""
    assert ceil(precision_size(None, "0.03", "0.95", "0.05") / 12) * 12 == 204


def test_fuel_attestations_draw_29() -> None:
    """Source: 40 CFR 1090.1805(a)(2): 95% confidence, no deviation expected, 10% tolerable."""
    assert attribute_size(None, "0.10", 0, "0.95") == 29


def test_2000_files_need_238() -> None:
    """Source: Audit sample size table, public health: 2,000 files at a 5% sampling error; rounded to the nearest.

    The confidence, 90%, is inferred.
    """
    assert round(wald_size(2000, "0.05", "0.90")) == 238


def test_the_smallest_sample_of_the_financial_audit_manual() -> None:
    """Source: GAO/CIGIE Financial Audit Manual, volume 1, figure 450.1: 45 with no deviation support 5% at 90%."""
    assert attribute_size(None, "0.05", 0, "0.90") == 45
    assert evaluate_deviations(0, 45, None, "0.05", "0.90").conclusion == "meets"
    assert evaluate_deviations(0, 44, None, "0.05", "0.90").conclusion == "not shown"


def test_a_pass_mark_on_65_cases_decides_on_the_estimate_and_shows_little() -> None:
    """Source: Child and Family Services Reviews: 65 cases, 95% or more to pass: 62 do, 61 do not."""
    assert Fraction(61, 65) < Fraction(95, 100) <= Fraction(62, 65)
    assert clopper_pearson(62, 65, "0.95") == pytest.approx((0.871, 0.990), abs=5e-4)
    assert evaluate_deviations(3, 65, None, "0.05", "0.95").conclusion == "not shown"


def test_sizes_for_a_change() -> None:
    """Source: R package PracTools 1.7.5, nProp2sam: its formula for overlapping samples, worked by hand here.

    px = .5, py = .55, pxy = .45, half of the first sample again, alike in size, one-sided at 5%, power 80%:
    (.25 + .2475 - 2 * .5 * .175) / .0025 * (1.644854 + .841621)^2 = 129 * 6.182557 = 797.5.
    """
    assert change_size("0.5", "0.55", "0.45", "0.5", 1, "0.90", "0.80") == (798, 798)
