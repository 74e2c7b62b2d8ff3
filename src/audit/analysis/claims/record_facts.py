"""The numbers of a report's text traced to its record: a number that is not in it is found."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from audit.analysis.claims.check import CheckedClaims, Claim, find_as_of_days, quote_number
from audit.analysis.claims.facts import format_quantity
from audit.analysis.claims.numbers import Quantity, find_quantities
from audit.analysis.claims.passages import Passage, Sentence, split_sentences, stem_word
from audit.analysis.claims.record_values import RecordValues, ValueGroup, read_record_values
from audit.analysis.claims.shares import StatedShare, find_shares
from audit.analysis.claims.verdicts import ClaimVerdict, compare_values
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_day

NEAR = 90  # characters beside a number within which a name is of its value
LEAST_VALUES = 5  # different ones, of a column whose cells must come from one place
COLUMN_SHARE = 0.75  # of its cells, which then say where the others come from
CELL_HEADINGS = 3
ROW_NUMBERS = "No."  # heads the column that numbers the rows of a table
WINDOW = 12  # characters beside a number by which a text of the record is known again
# Nouns of what is counted, each with what the place of a value in the record then has in it.
NOUN_PLACES: Mapping[str, tuple[str, ...]] = {
    "person": ("person",),
    "check": ("checks",),
    "row": ("rows", "inputs"),
    "office": ("office", "targets", "outside", "standing", "escalated", "reviewed", "standings"),
}
# Numbers that the texts of reports hold whatever the record says: limits, confidence, smallest counts, ages.
_STANDING_NUMBERS = (
    r"\b95% and 99\.8%",
    r"\b95% (?:and|or|confidence|limits?)|two-sided, 95%|97\.5% confidence",
    r"exact 99\.8%|\b99\.8% limits|99\.73% limits",
    r"1 in 500\b|once in 1,000\b",
    r"fewer than 11\b|(?:over|than|after) 90\b|within 48 hours|\btwo \w+ or more",
    r"\b12 months\b|the eleven before it|own first \d+ months|has \d+ months",
    r"axis ends at day \d+ of \d+|first five numbers|ends where 98%",
)
STANDING_NUMBERS = re.compile("|".join(_STANDING_NUMBERS))


@dataclass(frozen=True, slots=True)
class TracedNumber:
    """A number of a report's text, and where in its record it may come from."""

    claim: Claim
    places: frozenset[str]
    column: tuple[str, str, int] | None  # of a cell: its table, its column, and which of the cell's numbers it is


def check_record_claims(passages: Iterable[Passage], record: Mapping[str, Any]) -> CheckedClaims:
    """Trace every number of a report's text to the values of its record.

    Raises AuditError (UNREADABLE) where the record is none of a report of this program.
    """
    try:
        values = read_record_values(record)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        problem = Problem(what="the record is none that this program reads", mend="Name the report.json of a report.")
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    texts = "\n".join(values.texts)
    claims: list[Claim] = []
    numbers: list[TracedNumber] = []
    for sentence in split_sentences(passages):
        numbers += trace_sentence(sentence, values, texts)
        claims += trace_days(sentence, values, texts)
    claims += compare_columns(numbers)
    return CheckedClaims(tuple(sorted(claims, key=lambda claim: claim.line or 0)))


def compare_columns(numbers: Sequence[TracedNumber]) -> list[Claim]:
    """The claims; a cell is disputed whose number does not come from where those of its column do."""
    columns: dict[tuple[str, str, int], list[TracedNumber]] = defaultdict(list)
    for number in numbers:
        if number.column:
            columns[number.column].append(number)
    origins: dict[tuple[str, str, int], str] = {}
    for column, cells in columns.items():
        values: dict[str, list[str]] = defaultdict(list)
        for cell in cells:
            for place in {_find_key(place) for place in cell.places}:
                values[place].append(cell.claim.number)
        place = max(sorted(values), key=lambda one: len(values[one]), default="")
        if len(values[place]) >= COLUMN_SHARE * len(cells) and len({*values[place]}) >= LEAST_VALUES:
            origins[column] = place
    claims = []
    for number in numbers:
        origin = origins.get(number.column) if number.column else None
        if origin and origin not in map(_find_key, number.places) and not number.claim.is_disputed:
            claims.append(replace(number.claim, verdict=ClaimVerdict.NOT_IN_RECORD, recomputed=f"not {origin}"))
        else:
            claims.append(number.claim)
    return claims


def _find_key(place: str) -> str:
    """The name of a value, wherever in the record it stands."""
    return place.rpartition(".")[2]


def trace_sentence(sentence: Sentence, values: RecordValues, texts: str) -> Iterator[TracedNumber]:
    """The numbers of a sentence, each with where in the record it comes from."""
    quantities = find_quantities(sentence.text)
    shares = {share.percent: share for share in find_shares(sentence, quantities)}
    standing = [match.span() for match in STANDING_NUMBERS.finditer(sentence.text)]
    for place, quantity in enumerate(quantities):
        if quantity.is_weak or sentence.headings[1:2] == (ROW_NUMBERS,):
            continue
        near = sentence.text[max(0, quantity.start - NEAR) : quantity.end + NEAR]
        places = find_places(quantity, values.list_groups(" ".join((near, *sentence.headings))))
        verdict, recomputed = ClaimVerdict.NOT_IN_RECORD, ""
        is_standing = any(start <= quantity.start < end for start, end in standing)
        if places:
            verdict, recomputed = ClaimVerdict.AGREES, min(places)
            if not _fits_noun(quantity, sentence, places, values):
                verdict = ClaimVerdict.OTHER_NOUN
        elif is_standing:
            verdict, recomputed = ClaimVerdict.AGREES, "a number of the method"
        if verdict != ClaimVerdict.AGREES and _is_record_text(quantity, sentence, texts):
            verdict, recomputed = ClaimVerdict.AGREES, "words of the record"
        share = shares.get(place)
        if share and share.is_sure and not is_standing and (wrong := _recompute_share(quantity, share, quantities)):
            verdict, recomputed = ClaimVerdict.DOES_NOT_ADD_UP, wrong
        quote = quote_number(sentence, quantity.start, quantity.end)
        claim = Claim(quote, sentence.find_line(quantity.start), quantity.text, recomputed, verdict)
        row, column, table = sentence.headings if len(sentence.headings) == CELL_HEADINGS else ("", "", "")
        yield TracedNumber(claim, frozenset(places), (table, column, place) if row and not sentence.is_total else None)


def find_places(quantity: Quantity, groups: Sequence[ValueGroup]) -> set[str]:
    """Where in the record a number comes from; nowhere, if it is not there."""
    digits = re.match(r"\d*", quantity.text.partition(".")[2])
    places = len(digits[0]) if digits else 0
    found: set[str] = set()
    for group in groups:
        if quantity.unit in ("dollars", "euros", "pounds") or quantity.step > 1:
            found |= _list_rounded_places(quantity, group) | group.decimals.get((places, quantity.value), set())
        elif quantity.unit in ("percent", "points") or places:
            found |= group.decimals.get((places, quantity.value), set())
            found |= _list_bound_places(quantity, group) if quantity.qualifier in ("more", "less") else set()
        else:
            found |= group.counts.get(int(quantity.value), set())
            found |= group.decimals.get((0, quantity.value), set()) if quantity.unit == "times" else set()
    return found


def _list_rounded_places(quantity: Quantity, group: ValueGroup) -> set[str]:
    """Where a number comes from that is rounded to thousands or millions."""
    return {
        path
        for value, paths in group.counts.items()
        if compare_values(quantity.value, Fraction(value), step=quantity.step, named=False)
        for path in paths
    }


def _list_bound_places(quantity: Quantity, group: ValueGroup) -> set[str]:
    """Where shares come from that are "over 99.9%" or "under 0.1%"."""
    limit = {Fraction(999, 10): Fraction(100), Fraction(1, 10): Fraction(0)}.get(quantity.value)
    return set() if limit is None else group.decimals.get((1, limit), set())


def _fits_noun(quantity: Quantity, sentence: Sentence, places: Iterable[str], values: RecordValues) -> bool:
    """Whether a value of the record may have the noun that follows the number."""
    match = re.match(r"\s+(?:[a-z]+ )?([a-z]+s)\b", sentence.text[quantity.end :])
    wanted = NOUN_PLACES.get(stem_word(match[1])) if match and quantity.unit == "count" else None
    if wanted is None or any(word in path for path in places for word in wanted):
        return True
    return not values.has_place(wanted)  # the record counts nothing by that noun


def _is_record_text(quantity: Quantity, sentence: Sentence, texts: str) -> bool:
    """Whether a text of the record has the number with the words beside it, before or after."""
    text, start, end = sentence.text, quantity.start, quantity.end
    if len(text) <= 2 * WINDOW:
        return re.search(r"[A-Za-z]{3}|\d(?:-|, )\d", text) is not None and text.strip(" .,;:“”()") in texts
    left, right = text[max(0, start - WINDOW) : end], text[start : end + WINDOW]
    return any(len(side) > WINDOW and side.strip(" .,;:“”()") in texts for side in (left, right))


def _recompute_share(quantity: Quantity, share: StatedShare, quantities: Sequence[Quantity]) -> str:
    """What a share is by its parts; nothing where the text has it right."""
    true = share.compute(quantities)
    if compare_values(quantity.value, true, step=quantity.step, qualifier=quantity.qualifier, named=False):
        return ""
    part, whole = quantities[share.part], quantities[share.whole]
    return f"{part.text} / {whole.text} = {format_quantity(true, 'percent')}"


def trace_days(sentence: Sentence, values: RecordValues, texts: str) -> Iterator[Claim]:
    """The as-of days of a sentence; one that the record does not have is found."""
    for match, day in find_as_of_days(sentence.text):
        known = day in values.days or match[0].strip() in texts
        verdict = ClaimVerdict.AGREES if known else ClaimVerdict.OTHER_DAY
        quote = quote_number(sentence, match.start(), match.end())
        recomputed = "" if known else "the record has no such day"
        yield Claim(quote, sentence.find_line(match.start()), match[0], recomputed or format_day(day), verdict)
