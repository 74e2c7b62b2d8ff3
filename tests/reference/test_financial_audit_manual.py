"""Source: GAO/CIGIE Financial Audit Manual, volume 1, figure 450.1: 45 with no deviation support 5% at 90%."""

import pytest

from audit.methods.limits import binomial_tails
from audit.methods.sizes import attribute_size


def test_the_smallest_sample_of_the_table() -> None:
    assert attribute_size(None, "0.05", 0, "0.90") == 45
    assert binomial_tails(0, 45, "0.05")[0] == pytest.approx(0.09944025698709247, abs=1e-12)
