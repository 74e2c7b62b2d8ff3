"""Source: Manski 1989, 2003: worst-case bounds by arithmetic, for 88 passed and 5 undeterminable of 100."""

import pytest

from audit.estimation.rates import estimate_rate


def test_worst_and_best() -> None:
    found = estimate_rate(conforming=88, deviating=7, undeterminable=5, population=100)
    assert (found.worst, found.best) == (0.88, 0.93)
    assert found.rate == pytest.approx(0.9263157894736842, abs=1e-12)
    assert (found.worst_lower, found.best_upper) == (0.88, 0.93), "a census leaves the bounds and no sampling error"
