"""How a number of a text compares with the value of a fact: equal, rounded, truncated, or another."""

from enum import StrEnum
from fractions import Fraction
from math import floor

from audit.analysis.claims.facts import ReferenceFact
from audit.analysis.claims.numbers import Quantity


class ClaimVerdict(StrEnum):
    """What was found of a number of a text."""

    AGREES = "agrees"
    ROUNDS = "rounds"
    TRUNCATED = "truncated"
    DOES_NOT_ADD_UP = "does not add up"
    OTHER_NOUN = "same number under another noun"
    CONFLICTING = "conflicting wordings"
    SOURCES_DIFFER = "sources differ"
    OTHER_DAY = "another as-of day"
    AFTER_FIELDWORK = "as-of after fieldwork"
    NOT_IN_RECORD = "not in the record"
    NOT_STATED = "not stated"
    CANNOT_BE_CHECKED = "cannot be checked"


#: Those that need no correction of the text.
UNDISPUTED = (ClaimVerdict.AGREES, ClaimVerdict.ROUNDS, ClaimVerdict.NOT_STATED, ClaimVerdict.CANNOT_BE_CHECKED)


def compare_quantity(quantity: Quantity, fact: ReferenceFact, *, named: bool) -> ClaimVerdict | None:
    """What the number is of the fact's value; None where it is another number, or the fact has no value.

    `named` says that the text names the fact, so that a bound as
    "more than 600,000" may lie up to half of itself from the value.
    """
    if fact.value is None or fact.unit != quantity.unit:
        return None
    verdict = compare_values(
        quantity.value,
        fact.value,
        step=quantity.step,
        qualifier=quantity.qualifier,
        tolerance=fact.tolerance,
        truncates=fact.rounding == "down",
        named=named,
    )
    if verdict is None and quantity.unit == "times" and 0 < fact.value - quantity.value < 1 and not quantity.qualifier:
        return ClaimVerdict.TRUNCATED  # "tripled" of 3.6
    return verdict


def compare_values(
    stated: Fraction,
    true: Fraction,
    *,
    step: Fraction,
    qualifier: str = "",
    tolerance: Fraction = Fraction(0),
    truncates: bool = False,
    named: bool = True,
) -> ClaimVerdict | None:
    """What a stated number is of the true one: equal, rounded half up to its last digit, truncated, or another."""
    if stated == true:
        return ClaimVerdict.AGREES
    above = {"more": true - stated, "less": stated - true}.get(qualifier, Fraction(0))
    if 0 < above < (abs(stated) / 2 if named else step):
        return ClaimVerdict.AGREES
    if qualifier in ("more", "less") and abs(stated - true) > tolerance:
        return None
    if abs(stated - true) <= tolerance or floor(true / step + Fraction(1, 2)) * step == stated:
        return ClaimVerdict.ROUNDS
    if floor(true / step) * step == stated:
        return ClaimVerdict.ROUNDS if truncates else ClaimVerdict.TRUNCATED
    if qualifier == "about" and named and abs(stated - true) < step:
        return ClaimVerdict.ROUNDS
    return None
