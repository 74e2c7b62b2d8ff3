"""Numbers that no fact gives, and that are most likely misprints of one: by their digits, or as the only candidate."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import floor

from audit.analysis.claims.facts import ReferenceFact
from audit.analysis.claims.numbers import Quantity

MOST_TIMES = 11  # a number that is more times another is no misprint of it
LEAST_DIGITS = 4  # of a number that is known again by its digits


def may_be_misprint(stated: Fraction, true: Fraction) -> bool:
    """Whether a number may be another one with a digit too many, too few or altered."""
    return 0 < stated < MOST_TIMES * true and true < MOST_TIMES * stated


def differs_by_one_digit(quantity: Quantity, true: Fraction) -> bool:
    """Whether a number is the true one, as rounded, with one digit altered, left out or added, or two exchanged."""
    stated = str(int(quantity.value / quantity.step))
    other = str(floor(true / quantity.step + Fraction(1, 2)))
    if len(stated) == len(other):
        places = [place for place, (one, two) in enumerate(zip(stated, other, strict=True)) if one != two]
        exchanged = len(places) == 2 and places[1] == places[0] + 1
        return len(places) == 1 or (exchanged and stated[places[0]] == other[places[1]])
    long, short = sorted((stated, other), key=len, reverse=True)
    return len(long) == len(short) + 1 and any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def find_misprint(
    fact: ReferenceFact, candidates: Sequence[Quantity], *, is_stated: bool, siblings: Collection[Fraction]
) -> Quantity | None:
    """Which number of a sentence that names a fact is a misprint of its value, of those that nothing else explains.

    A number of four digits is known again by them. Otherwise the fact must be stated nowhere in the text, and the
    number the only one that it can be. `siblings` are the values that the text gives for facts of the same name.
    """
    if fact.value is None:
        return None
    true = fact.value
    likely = [
        one for one in candidates if one.unit == fact.unit and not one.is_weak and may_be_misprint(one.value, true)
    ]
    by_digits = [
        one for one in likely if len(str(int(one.value / one.step))) >= LEAST_DIGITS and differs_by_one_digit(one, true)
    ]
    if by_digits and not {one.value for one in by_digits} & set(siblings):
        return by_digits[0]
    alone = (
        len(likely) == 1
        and not is_stated
        and any(len(noun) > (fact.unit == "count" or fact.unit == "percent") for noun in fact.stems)
    )
    return likely[0] if alone else None
