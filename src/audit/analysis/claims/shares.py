"""Shares that a sentence states with their parts: "698 of 723 (97%)", "Of these 37, 31 (84%)"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.analysis.claims.numbers import Quantity
from audit.analysis.claims.passages import Sentence

MOST_WORDS = 8  # between the whole and the percentage in parentheses
_ARTICLES = "(?:the |these |those |all |its |our |their |such )*"
OF_WHOLE = re.compile(rf"\)\s*of\s+{_ARTICLES}$")  # between a percentage in parentheses and the whole
BEFORE_WHOLE = re.compile(rf"\bof {_ARTICLES}$", re.IGNORECASE)
OPENING = re.compile(rf"^\W*of {_ARTICLES}$", re.IGNORECASE)  # of a sentence: its whole follows


@dataclass(frozen=True, slots=True)
class StatedShare:
    """A percentage of a text with the part and the whole it is of, by their places among the sentence's numbers."""

    percent: int
    part: int
    whole: int
    is_sure: bool  # the wording leaves no other reading

    def compute(self, quantities: Sequence[Quantity]) -> Fraction:
        """The share in percent."""
        return quantities[self.part].value / quantities[self.whole].value * 100


def find_shares(sentence: Sentence, quantities: Sequence[Quantity]) -> Iterator[StatedShare]:
    """Every percentage whose part and whole the sentence states."""
    for place, quantity in enumerate(quantities):
        if quantity.unit != "percent":
            continue
        share = _find_bracketed(sentence.text, quantities, place) or _find_appended(sentence.text, quantities, place)
        if share and quantities[share.part].value <= quantities[share.whole].value > 0:
            yield share


def _find_bracketed(text: str, quantities: Sequence[Quantity], place: int) -> StatedShare | None:
    """A percentage in parentheses after its part, or before both: "A of B (P%)", "A (P%) of B", "P% (A of B)"."""
    quantity = quantities[place]
    before, after = _list_counts_around(quantities, place)
    if not (before and text[: quantity.start].rstrip().endswith("(")):
        follows = len(after) > 1 and re.match(r"\s*\($", text[quantity.end : quantities[after[0]].start])
        is_share = follows and _joins(text, quantities[after[0]], quantities[after[1]])
        return StatedShare(place, after[0], after[1], is_sure=True) if is_share else None
    part = before[-1]
    words = len(text[quantities[part].end : quantity.start].split())
    if len(before) > 1 and _joins(text, quantities[before[-2]], quantities[part]):
        return StatedShare(place, before[-2], part, is_sure=words <= MOST_WORDS)
    if words > MOST_WORDS:
        return None
    if after and OF_WHOLE.match(text[quantity.end : quantities[after[0]].start]):
        return StatedShare(place, part, after[0], is_sure=True)
    for whole in reversed(before[:-1]):
        start = text[: quantities[whole].start]
        if BEFORE_WHOLE.search(start):
            is_sure = len(before) == 2 or OPENING.search(start) is not None
            fitting = next((one for one in before[:-1] if _rounds(quantities, part, one, place)), whole)
            return StatedShare(place, part, fitting, is_sure=is_sure)
    return None


def _list_counts_around(quantities: Sequence[Quantity], place: int) -> tuple[list[int], list[int]]:
    """The places of the counts before a number and after it."""
    counts = [index for index, one in enumerate(quantities) if one.unit == "count"]
    return [index for index in counts if index < place], [index for index in counts if index > place]


def _find_appended(text: str, quantities: Sequence[Quantity], place: int) -> StatedShare | None:
    """A percentage after a comma: "A …, or P% of the nation's B", and "A of B …, P%"."""
    quantity = quantities[place]
    before, after = _list_counts_around(quantities, place)
    if after and before and re.match(r"\s*of\b", text[quantity.end :]):
        gap = text[quantity.end : quantities[after[0]].start]
        if len(gap.split()) <= 5 and re.search(r"(?:,|\bor|,? which is)\s*$", text[: quantity.start]):
            part = next((one for one in before if _rounds(quantities, one, after[0], place)), before[0])
            return StatedShare(place, part, after[0], is_sure=True)
    if len(before) >= 2 and re.search(r"(?:, or|,|: |; )\s*$", text[: quantity.start]):
        part, whole = before[-2:]
        gap = text[quantities[whole].end : quantity.start]
        if _joins(text, quantities[part], quantities[whole]) and len(gap.split()) <= 6:
            return StatedShare(place, part, whole, is_sure=re.fullmatch(r"[\w\s]*, or\s*", gap) is not None)
    return None


def _joins(text: str, part: Quantity, whole: Quantity) -> bool:
    """Whether two numbers are "A of B", with no more than a few words between."""
    gap = text[part.end : whole.start]
    return len(gap.split()) <= 5 and BEFORE_WHOLE.search(gap) is not None


def _rounds(quantities: Sequence[Quantity], part: int, whole: int, percent: int) -> bool:
    stated = quantities[percent]
    return (
        quantities[whole].value > 0
        and abs(quantities[part].value / quantities[whole].value * 100 - stated.value) <= stated.step
    )
