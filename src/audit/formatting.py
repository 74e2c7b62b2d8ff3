"""How numbers and findings are put in words: rounded once, half up, and worded from what the numbers show."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

UNKNOWN_MARK = "–"
SMALL_NUMBERS = (
    "none one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
FORMULA, SIGNED_NUMBER, FORMULA_MARK = r"[=+\-@\t\r]", r"[+-][0-9.]+", "'"  # how a formula begins, in patterns


def format_count(value: int | None) -> str:
    """A count with thousands separators: 348958 → '348,958'."""
    return UNKNOWN_MARK if value is None else f"{value:,}"


def spell_count(value: int) -> str:
    """A count of up to twenty in words, as prose has small ones: 3 → 'three', 24 → '24'."""
    words = SMALL_NUMBERS.split()
    return words[value] if 0 <= value < len(words) else format_count(value)


def format_dollars(value: int | None) -> str:
    """An amount of a million dollars or more: 23500000 → '$23.5 million', 3300000000 → '$3.3 billion'."""
    if value is None:
        return UNKNOWN_MARK
    name, size = ("billion", 10**9) if value >= 10**9 else ("million", 10**6)
    tenths = (Decimal(value) / size).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"${tenths:,} {name}".replace(".0 ", " ")


def format_percent(part: int | float | Fraction | None, whole: int = 1, *, places: int = 1) -> str:
    """A share as a percentage, rounded half up: (698, 723) → '96.5%'. Without a whole, there is no share.

    Only all is 100% and only none is 0%: (11711, 11712) → 'over 99.9%'.
    """
    if part is None or whole == 0:
        return UNKNOWN_MARK
    share = part if isinstance(part, Fraction) else Fraction(str(part)) if isinstance(part, float) else Fraction(part)
    share = share / whole * 100
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    step = Decimal(1).scaleb(-places)
    rounded = exact.quantize(step, rounding=ROUND_HALF_UP)
    if rounded == 100 > exact:
        return f"over {100 - step}%"
    if rounded == 0 < exact:
        return f"under {step}%"
    return f"{rounded}%"


def format_points(change: float | None) -> str:
    """A change of a share in percentage points, signed, to one place: 0.012 → '+1.2', -0.0004 → '0.0'."""
    if change is None:
        return UNKNOWN_MARK
    points = (Decimal(str(change)) * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0.0"


def format_range(lower: float | None, upper: float | None) -> str:
    """Two shares as a range: '94.9% to 97.8%'; as one where they read alike: '49.0%'."""
    low, high = format_percent(lower), format_percent(upper)
    return low if low == high else f"{low} to {high}"


def format_between(lower: float | None, upper: float | None) -> str:
    """Where a share lies: 'between 94.9% and 97.8%'; 'at 49.0%' where its ends read alike."""
    low, high = format_percent(lower), format_percent(upper)
    return f"at {low}" if low == high else f"between {low} and {high}"


def format_decimal(value: float) -> str:
    """A number that is no count and no share, to one place: 10.148 → '10.1'."""
    return str(Decimal(str(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def format_hundredths(value: float | None) -> str:
    """A coefficient, to two places: 0.955 → '0.96'."""
    if value is None:
        return UNKNOWN_MARK
    return str(Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) + 0)  # -0.00 is 0.00


def format_plural(n: int, one: str, many: str | None = None) -> str:
    """A count and its noun: (1, 'office') → '1 office'; (24, 'office') → '24 offices'."""
    return f"{n:,} {one if n == 1 else many or make_plural(one)}"


def make_plural(noun: str) -> str:
    """The plural of a noun: 'agency' → 'agencies', 'area of responsibility' → 'areas of responsibility'."""
    head, of, rest = noun.partition(" of ")
    if head.endswith("y") and head[-2:-1].lower() not in "aeiou":
        return f"{head[:-1]}ies{of}{rest}"
    return f"{head}{'es' if head.endswith(('s', 'x', 'ch', 'sh')) else 's'}{of}{rest}"


def add_article(noun: str) -> str:
    """A noun with its indefinite article: 'an office', 'a field office'."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def capitalize(text: str) -> str:
    """The text as the start of a sentence: its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def format_list(names: Sequence[str], *, most: int = 4) -> str:
    """Names in a sentence: ['A', 'B', 'C'] → 'A, B and C'; beyond `most`, the rest are counted."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def format_day(value: date) -> str:
    """A date as written in a sentence: 2011-09-30 → '30 September 2011'."""
    return f"{value.day} {value:%B %Y}"


def format_month(value: str) -> str:
    """A month as written in a sentence: '2011-09' → 'September 2011'; a range: its two ends."""
    return " to ".join(f"{date.fromisoformat(part + '-01'):%B %Y}" for part in value.split("/"))


def make_plain_text(text: str) -> str:
    """The text on one line, without control characters and without marks that turn its direction."""
    text = " ".join(text.split())
    if text.isprintable():  # then it holds none of these
        return text
    characters = (" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") or c in "\ufffe\uffff" else c for c in text)
    return " ".join("".join(characters).split())


def mark_formula(text: str) -> str:
    """Text with an apostrophe before it where it begins as a formula does and is no number; else as it is.

    A spreadsheet computes what begins with `=`, `+`, `-`, `@`, a tab or a carriage return, whoever wrote it.
    Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    return FORMULA_MARK + text if re.match(FORMULA, text) and not re.fullmatch(SIGNED_NUMBER, text) else text


def unmark_formula(text: str) -> str:
    """Text as it was before `mark_formula`."""
    return text[1:] if re.match(FORMULA_MARK + FORMULA, text) else text
