"""Source: PSI CAMIS, confidence intervals for a proportion, R and SAS outputs for 36 of 154 (commit 74a06c1)."""

from audit.methods.limits import clopper_pearson


def test_clopper_pearson() -> None:
    lower, upper = clopper_pearson(36, 154, "0.95")
    assert (round(lower, 3), round(upper, 3)) == (0.169, 0.309)
