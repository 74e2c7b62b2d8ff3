"""Source: VBA STAR sampling methodology: n = z^2 p q / e^2, p = 80%, e = 5 points, 246 a year, 21 a month."""

from math import ceil

from audit.methods.sizes import precision_size


def test_size_for_a_margin() -> None:
    assert precision_size(None, "0.05", "0.95", "0.8") == 246
    assert ceil(246 / 12) == 21
