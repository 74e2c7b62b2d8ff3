"""How the limits of a rate were computed: the methods by name, and what each is called."""

from collections.abc import Sequence
from typing import Final, Literal

from audit.formatting import format_list
from audit.programs.declaration import UndeterminableTreatment

LimitsMethod = Literal[
    "hypergeometric",
    "Clopper-Pearson",
    "census",
    "melded hypergeometric",
    "linearised",
    "effective size",
    "effective clusters",
    "none",
]
METHOD_NAMES: Final[dict[LimitsMethod, str]] = {
    "hypergeometric": "exact hypergeometric limits",
    "Clopper-Pearson": "exact binomial limits, Clopper-Pearson",
    "census": "every case counted: no sampling error, and so no interval",
    "melded hypergeometric": "melded exact hypergeometric limits of the strata (Fay, Proschan & Brittain 2015)",
    "linearised": "linearised variance, Korn-Graubard limits",
    "effective size": "Clopper-Pearson limits at the effective sample size (Kish 1965)",
    "effective clusters": "Clopper-Pearson limits with the clusters as the effective sample size (Kish 1965)",
    "none": "no information",
}
_TREATMENTS: Final[dict[UndeterminableTreatment, str]] = {
    "exclude": "left out",
    "error": "counted as deviations",
    "pass": "counted as conforming",
}


def describe_limits_method(
    method: LimitsMethod, treatment: UndeterminableTreatment, *, undeterminable: int, unrated: Sequence[str] = ()
) -> str:
    """The method in words, with what became of undeterminable cases, and the strata that leave no rate."""
    words = METHOD_NAMES[method]
    if undeterminable and method != "none":
        words += f", undeterminable cases {_TREATMENTS[treatment]}"
    return f"no rate, since no case of {format_list(unrated)} could be assessed; {words}" if unrated else words
