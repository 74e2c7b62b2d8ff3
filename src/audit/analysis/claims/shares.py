"""Shares that a sentence states with their parts: "698 of 723 (97%)", "Of these 37, 31 (84%)"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.analysis.claims.numbers import Quantity
from audit.analysis.claims.passages import Sentence


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
    """ "A of B (P%)", "A (P%) of B", "Of B …, A (P%)" and "P% (A of B)"."""
    quantity = quantities[place]
    opens = text[: quantity.start].rstrip().endswith("(")
    before = [index for index in range(place) if quantities[index].unit == "count"]
    if opens and before:
        part = before[-1]
        gap = text[quantities[part].end : quantity.start]
        if len(before) > 1 and _joins(text, quantities[before[-2]], quantities[part]):
            return StatedShare(place, before[-2], part, is_sure=len(gap.split()) <= 5)
        if len(gap.split()) > 6:
            return None
        after = next((index for index in range(place + 1, len(quantities)) if quantities[index].unit == "count"), None)
        if after is not None and re.match(
            r"\)\s*of\s+(?:the |these |those |all )*$", text[quantity.end : quantities[after].start]
        ):
            return StatedShare(place, part, after, is_sure=True)
        for whole in reversed(before[:-1]):
            if re.search(
                r"\bof (?:the |these |those |all |its |our )*$", text[: quantities[whole].start], re.IGNORECASE
            ):
                return StatedShare(place, part, whole, is_sure=len(before) == 2)
        return None
    counts = [index for index in range(place + 1, len(quantities)) if quantities[index].unit == "count"][:2]
    if len(counts) < 2 or not re.match(r"\s*\($", text[quantity.end : quantities[counts[0]].start]):
        return None
    is_share = _joins(text, quantities[counts[0]], quantities[counts[1]])
    return StatedShare(place, counts[0], counts[1], is_sure=True) if is_share else None


def _find_appended(text: str, quantities: Sequence[Quantity], place: int) -> StatedShare | None:
    """ "A …, or P% of the nation's B" and "A of B …, P%"."""
    quantity = quantities[place]
    counts = [index for index, one in enumerate(quantities) if one.unit == "count"]
    after = [index for index in counts if index > place]
    before = [index for index in counts if index < place]
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
    return len(gap.split()) <= 5 and re.search(r"\b(?:of|out of) (?:the |these |those |all )*$", gap) is not None


def _rounds(quantities: Sequence[Quantity], part: int, whole: int, percent: int) -> bool:
    stated = quantities[percent]
    return abs(quantities[part].value / quantities[whole].value * 100 - stated.value) <= stated.step
