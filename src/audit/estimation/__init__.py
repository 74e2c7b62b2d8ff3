"""Rates from the sample, with limits, and what may be said of them."""

# The modules that other folders may use.
__all__ = [
    "attributes",
    "conclusions",
    "office_comparison",
    "rates",
    "repeated_persons",
    "results",
    "undecided_cases",
]
