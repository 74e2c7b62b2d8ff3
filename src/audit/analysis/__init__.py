"""Analyses beside sample and monthly count: stages of a process, repeated work, coverage, costs, evidence; claims."""

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
]
