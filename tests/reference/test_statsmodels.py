"""Source: statsmodels 0.15, proportion_confint(x, n, alpha, method="beta"), over a grid."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from audit.methods.limits import clopper_pearson


@pytest.mark.parametrize("level", [0.8, 0.95, 0.998])
@pytest.mark.parametrize("n", [1, 7, 56, 723, 100_000])
def test_clopper_pearson(n: int, level: float) -> None:
    x = np.unique(np.linspace(0, n, 25).astype(int))
    ours, theirs = clopper_pearson(x, np.full_like(x, n), level), proportion_confint(x, n, 1 - level, method="beta")
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
