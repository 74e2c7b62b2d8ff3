"""Analyses beside the audit's own results: whether the numbers of a text agree with facts."""

# The modules that other folders may use.
__all__ = ["claims"]
