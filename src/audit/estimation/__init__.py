"""Rates from the sample, with limits, and what may be said of them."""
