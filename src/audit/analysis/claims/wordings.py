"""Wordings of one amount that cannot all be right: "spent about $750 million" and "spent most of the $750 million"."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from audit.analysis.claims.numbers import Quantity
from audit.analysis.claims.passages import Sentence

VERBS = (
    "spent|spend|appropriated|obligated|received|paid|cost|budgeted|funded|allocated|awarded|recovered|collected|"
    "reviewed|selected|completed|resolved|closed|issued|recorded|documented"
)
_BEFORE = re.compile(rf"\b(?P<verb>{VERBS})\b(?P<between>(?:\s+\S+){{0,6}}?)\s*[$€£]?$", re.IGNORECASE)
PARTIAL = ("most of", "part of", "some of", "much of", "half of", "the majority of")


def find_conflicting_wordings(
    mentions: Sequence[tuple[Quantity, Sentence]],
) -> Iterator[tuple[tuple[int, ...], str]]:
    """Groups of numbers, by their places, of one value, where the text says both all and a part of it."""
    groups: dict[tuple[object, str], list[int]] = defaultdict(list)
    for place, (quantity, _) in enumerate(mentions):
        if quantity.unit in ("dollars", "euros", "pounds") or quantity.is_distinctive:
            groups[quantity.value, quantity.unit].append(place)
    for places in groups.values():
        wordings = [(place, *_find_wording(*mentions[place])) for place in places]
        verbs = {verb for _, verb, _ in wordings if verb}
        conflicts = {
            verb for verb in verbs if {is_part for _, other, is_part in wordings if other == verb} == {True, False}
        }
        if conflicts:
            worded = [
                f"{verb} {'part of it' if is_part else 'all of it'} (line {_find_line(mentions[place])})"
                for place, verb, is_part in wordings
                if verb
            ]
            yield tuple(place for place, verb, _ in wordings if verb), "; ".join(worded)


def _find_line(mention: tuple[Quantity, Sentence]) -> int:
    quantity, sentence = mention
    return sentence.find_line(quantity.start)


def _find_wording(quantity: Quantity, sentence: Sentence) -> tuple[str, bool]:
    """The verb that governs an amount, and whether it says only a part of it."""
    match = _BEFORE.search(sentence.text[: quantity.start])
    return (match["verb"].lower() if match else "", quantity.whole.startswith(PARTIAL))
