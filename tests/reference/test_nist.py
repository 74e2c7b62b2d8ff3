"""Source: NIST/SEMATECH e-Handbook of Statistical Methods, section 7.2.4.1: 4 of 20, exact two-sided 90% limits."""

import pytest

from audit.methods.limits import clopper_pearson


def test_clopper_pearson() -> None:
    assert clopper_pearson(4, 20, "0.90") == pytest.approx((0.071354, 0.401029), abs=2e-6)
