"""Dated, cited rules: parsed, compiled, and evaluated on any table of cases."""

# The modules that other folders may use.
__all__ = [
    "aggregates",
    "compiled_condition",
    "compiler",
    "custom_predicates",
    "evaluate",
    "examples",
    "fact_text",
    "in_force",
    "rules",
    "values",
    "vocabulary",
    "working_time",
]
