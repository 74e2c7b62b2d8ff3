"""The numbers of a sentence: digits and words, amounts, shares, multiples; labels, dates and codes are none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from audit.formatting import SMALL_NUMBERS

SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds"}
DURATIONS = ("hour", "day", "week", "month", "year")
MULTIPLES = {"halved": Fraction(1, 2), "doubled": Fraction(2), "tripled": Fraction(3), "trebled": Fraction(3)}
MULTIPLES |= {"quadrupled": Fraction(4), "quintupled": Fraction(5)}
FOLDS = {"twofold": 2, "threefold": 3, "fourfold": 4, "fivefold": 5, "sixfold": 6, "tenfold": 10}
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: value for value, word in enumerate(SMALL_NUMBERS.split()) if value}
WORDS |= {ten: 10 * place for place, ten in enumerate(TENS, 2)}
WORDS |= {
    f"{ten}-{one}": 10 * place + value
    for place, ten in enumerate(TENS, 2)
    for value, one in enumerate(SMALL_NUMBERS.split()[1:10], 1)
}
# What a number is preceded by where it names a thing and counts none: Figure 1, Priority 2 or 3, Public Law 107-296.
LABELS = (
    "figures?|tables?|appendix|appendices|sections?|sec\\.|§+|chapters?|pages?|pp?\\.|no\\.|nos\\.|numbers?|#|"
    "recommendations?|objectives?|priority|priorities|levels?|tiers?|phases?|parts?|titles?|public law|pub\\. l\\.|"
    "u\\.s\\.c\\.|cfr|fys?|fiscal years?|forms?|versions?|rooms?|suites?|building|stop|steps?|footnotes?|notes?|"
    "articles?|rules?|quarters?|class|classes|types?|grades?|rounds?|rows?|columns?|lines?|chart|exhibits?|annex|"
    "decisions?|sha"
)
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SPELLED = "|".join(sorted(WORDS, key=len, reverse=True))
_SCALE = "|".join(SCALES)
NUMBER = re.compile(
    rf"(?P<currency>[$€£])?\s?(?<![\w.,:/#-])(?<!\)\()(?:(?P<digits>{_DIGITS})|\b(?P<word>{_SPELLED})\b)"
    rf"(?![\d:/½¼¾⅓⅔]|,\d|\.\d|\([a-z]\)|[–-]\d+[–-]|-\d{{3,}})(?!(?<=\d)[A-Za-z])"
    rf"(?:\s(?P<scale>{_SCALE})\b)?(?:\s?(?P<percent>%)|\s(?P<unit>percent\b(?!age)|per cent\b|percentage points?\b|"
    rf"points?\b|times\b))?",
    re.IGNORECASE,
)
MULTIPLE = re.compile(rf"\b(?P<word>{'|'.join((*MULTIPLES, *FOLDS))})\b", re.IGNORECASE)
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\\b\\.?"
)
_NO_NUMBERS = (
    r"\b[0-9a-f]{16,}\b",  # digests
    r"\b\d+(?:\.\d+)?% confidence\b",
    r"\bpage \d+ of \d+|^\d+ (?=[A-Z]\d)",  # pages, and rows
    r"\d{4}-\d\d(?:-\d\d)?",
    rf"(?:{MONTHS}) \d{{1,2}}, \d{{4}}|\d{{1,2}} (?:{MONTHS})(?: \d{{4}})?|(?:{MONTHS}) \d{{1,4}}",
    r"\b(?:of|in|since|by|until) (?:19|20)\d\d\b|(?<![\d,$.])(?:19|20)\d\d(?![\d,.]\d|\d|%)",  # years
    rf"\b(?:{LABELS}) ?\d[\d.,]*(?:(?:, | ?[–-] ?| or | and | to | through )\d[\d.]*)*",
    r"\bquarters? (?:one|two|three|four)\b",
    r"\d+ (?:U\.S\.C\.|U\.S\. Code|CFR|Stat\.|Fed\.)[^,;]*",
    r"\b[A-Z]{2} \d{5}\b|\(\d{3}\) ?\d{3}-\d{4}|(?:\d-)?\d{3}[ -]\d{3}-\d{4}",  # places and telephones
    r"^\(?\d{1,2}[.)] ",  # of a list
    r"\S{0,80}[/@#_]\S{0,80}|\b[A-Za-z]{1,20}-?\d[\w.-]*|\d+(?:st|nd|rd|th)\b|\b\d+-[A-Za-z]\S*",  # codes and ordinals
    r"\S{1,80}\.(?:csv|json|md|py|html|pdf|parquet|xlsx)\b",
)
NO_NUMBERS = re.compile("|".join(_NO_NUMBERS), re.IGNORECASE)
ABOUT = r"about|approximately|approx\.|around|roughly|nearly|almost|an estimated|some|close to"
MORE = r"more than|over|exceed(?:s|ed|ing)?|at least|above|as few as|no fewer than|no less than"
LESS = r"less than|fewer than|under|below|at most|(?<!add )(?<!adds )up to|as many as|as much as|no more than"
PART = r"(?:most|part|some|much|half|all|the majority|none|one) of(?: the| these)?"
QUALIFIER = re.compile(
    rf"\b(?:(?P<part>{PART})|(?P<more>{MORE})|(?P<less>{LESS})|(?P<about>{ABOUT}))\s*[$€£]?\s*$", re.I
)
COMPARISON = re.compile(r"(?:%|\bpercent|\btimes|\bpoints|\d) $", re.IGNORECASE)  # "7% more than" bounds nothing
QUALIFIER_REACH = 40  # characters before a number
WEAK_WORDS = ("one",)  # more often a pronoun than a count


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a sentence: where it stands, its value, and what its wording says of the true value."""

    text: str
    start: int
    end: int
    value: Fraction  # a share in percent
    step: Fraction  # the unit of its last digit: 100,000 of "2.1 million"
    unit: str  # count, percent, points, times, dollars, days …
    qualifier: str = ""  # about, more, less or part
    whole: str = ""  # how much of it is spoken of: "most of the"
    is_weak: bool = False

    @property
    def significant_digits(self) -> int:
        """How many digits say something: 4 of "2,027", 3 of "692,000"."""
        digits = re.sub(r"\D", "", self.text).strip("0")
        return len(digits)

    @property
    def is_distinctive(self) -> bool:
        """Whether hardly another quantity has this value by chance."""
        return self.significant_digits >= 3 and (self.value >= 1000 or "." in self.text)


def find_quantities(sentence: str) -> list[Quantity]:
    """The numbers of a sentence, in order, without dates, labels, codes and references."""
    masked = NO_NUMBERS.sub(lambda match: "\0" * len(match[0]), sentence)
    quantities = [*_find_plain(sentence, masked), *_find_multiples(sentence)]
    return sorted(quantities, key=lambda one: one.start)


def _find_plain(sentence: str, masked: str) -> Iterator[Quantity]:
    for match in NUMBER.finditer(masked):
        digits, word, scale = match["digits"], match["word"], (match["scale"] or "").lower()
        if word and match["currency"]:
            continue
        size = SCALES.get(scale, 1)
        value = Fraction(digits.replace(",", "")) if digits else Fraction(WORDS[word.lower()])
        start, unit = match.start("currency" if match["currency"] else "digits" if digits else "word"), ""
        qualifier, whole = _find_qualifier(masked[:start])
        if match["currency"]:
            unit = CURRENCIES[match["currency"]]
        elif match["percent"] or (match["unit"] or "").lower() in ("percent", "per cent"):
            unit = "percent"
        elif match["unit"]:
            unit = "times" if match["unit"].lower() == "times" else "points"
        else:
            unit = _find_duration(sentence[match.end() :]) or "count"
        weak = bool(word) and (word.lower() in WEAK_WORDS or unit == "times")
        step = _find_step(digits or "", size, about=qualifier in ("about", "more", "less"))
        yield Quantity(
            sentence[start : match.end()].strip(), start, match.end(), value * size, step, unit, qualifier, whole, weak
        )


def _find_multiples(sentence: str) -> Iterator[Quantity]:
    for match in MULTIPLE.finditer(sentence):
        word = match["word"].lower()
        value = MULTIPLES.get(word) or Fraction(FOLDS[word])
        qualifier, _ = _find_qualifier(sentence[: match.start()])
        step = Fraction(1, 10)
        yield Quantity(match[0], match.start(), match.end(), value, step, "times", qualifier)


def _find_qualifier(before: str) -> tuple[str, str]:
    """What stands before a number and says how it is meant; and how much of it is spoken of."""
    before = before[-QUALIFIER_REACH:]
    match = QUALIFIER.search(before)
    if match is None or COMPARISON.search(before[: match.start()]):
        return "", ""
    kind = next(name for name in ("part", "more", "less", "about") if match[name])
    return kind, match[0].strip().lower() if kind == "part" else ""


def _find_duration(after: str) -> str:
    match = re.match(rf"[ -](?:calendar |working |business )?({'|'.join(DURATIONS)})s?\b", after, re.IGNORECASE)
    return f"{match[1].lower()}s" if match else ""


def _find_step(digits: str, size: int, *, about: bool) -> Fraction:
    """The unit of the last digit that counts: a round number of thousands may have been rounded to them."""
    if "." in digits:
        return Fraction(size, 10 ** len(digits.partition(".")[2]))
    plain = digits.replace(",", "")
    zeros = len(plain) - len(plain.rstrip("0"))
    rounded = size == 1 and (zeros >= 3 or (about and zeros))
    return Fraction(size * 10**zeros) if rounded else Fraction(size)
