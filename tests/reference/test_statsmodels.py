"""Source: statsmodels 0.15, proportion_confint(method="beta") and multinomial_proportions_confint, over a grid."""

import numpy as np
import pytest
from statsmodels.stats.proportion import multinomial_proportions_confint, proportion_confint

from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.intervals.multinomial import goodman, sison_glaz


@pytest.mark.parametrize("level", [0.8, 0.95, 0.998])
@pytest.mark.parametrize("n", [1, 7, 56, 723, 100_000])
def test_clopper_pearson(n: int, level: float) -> None:
    x = np.unique(np.linspace(0, n, 25).astype(int))
    ours, theirs = clopper_pearson(x, np.full_like(x, n), level), proportion_confint(x, n, 1 - level, method="beta")
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("counts", [[1, 0, 2], [5, 5], [3, 3, 3, 3, 3, 3, 3], [0, 3, 40], [698, 25, 43]])
def test_several_kinds(counts: list[int], level: float) -> None:
    for method, name in ((goodman, "goodman"), (sison_glaz, "sison-glaz")):
        theirs = multinomial_proportions_confint(counts, 1 - level, method=name)
        np.testing.assert_allclose(np.transpose(method(counts, level)), theirs, atol=1e-9)
