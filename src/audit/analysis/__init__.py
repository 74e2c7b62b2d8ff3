"""Analyses beside sample and monthly count: stages, repeated work, coverage, costs, evidence, tracing; claims."""

# The modules that other folders may use.
__all__ = [
    "claims",
    "coverage",
    "fieldwork",
    "growth",
    "repeated_queries",
    "second_looks",
    "stage_cases",
    "stage_intervals",
    "stages",
    "surveys",
    "tracing",
    "unit_costs",
]
