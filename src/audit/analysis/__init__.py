"""Analyses beside the sample and the monthly count: stages of a process, repeated work, coverage, costs, evidence."""

# The modules that other folders may use.
__all__ = [
    "coverage",
    "fieldwork",
    "growth",
    "repeated_queries",
    "second_looks",
    "stage_cases",
    "stage_intervals",
    "stages",
    "surveys",
]
