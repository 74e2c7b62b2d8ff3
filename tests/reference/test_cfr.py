"""Source: Code of Federal Regulations, 42 CFR 431.978(c) (negative cases) and 40 CFR 1090.1805(a)(2)."""

from math import ceil

from audit.methods.sizes import attribute_size, precision_size


def test_eligibility_reviews_draw_17_negative_cases_a_month() -> None:
    """Assumed error rate 5%, 95% confidence, 3 points; rounded up to whole months: 204 a year."""
    assert ceil(precision_size(None, "0.03", "0.95", "0.05") / 12) * 12 == 204


def test_fuel_attestations_draw_29() -> None:
    """95% confidence, no deviation expected, 10% tolerable."""
    assert attribute_size(None, "0.10", 0, "0.95") == 29
