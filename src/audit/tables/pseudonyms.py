"""Pseudonyms of persons: the keyed hash of an identifier."""

import hmac

import polars as pl

PSEUDONYM_PREFIX = "P-"
HOW_TO_MAKE_A_KEY = (
    "Set AUDIT_PSEUDONYM_KEY to a long random text, and keep it secret. "
    "This prints one: python3 -c 'import secrets; print(secrets.token_hex(32))'."
)
MINIMUM_KEY_LENGTH, MINIMUM_KEY_CHARACTERS = 32, 8  # characters, and different ones among them
_IGNORED_IN_ASCII = r"[\x09-\x0d\x1c-\x20-]"  # a hyphen, and every space that `str.split` knows
_NOT_ASCII = r"[^\x00-\x7f]"


def describe_weak_key(key: str) -> str:
    """Why a key could be guessed; empty where it has the least strength. Whoever guesses it undoes every pseudonym."""
    if len(key) < MINIMUM_KEY_LENGTH:
        return f"has fewer than {MINIMUM_KEY_LENGTH} characters"
    if len(set(key)) < MINIMUM_KEY_CHARACTERS:
        return f"has fewer than {MINIMUM_KEY_CHARACTERS} different characters"
    return ""


def make_pseudonym(identifier: str, *, key: bytes) -> str:
    """A person's keyed pseudonym: the same in every table, and not to be undone without the key.

    HMAC-SHA-256 (RFC 2104), kept to 128 bits: a plain hash of a nine-digit number is undone by trying all of them.
    `A012-345-678`, `a 12345678` and `012345678` are one person.
    """
    plain = "".join(identifier.split()).replace("-", "").upper()
    if (number := plain.removeprefix("A")).isdecimal():
        plain = number.lstrip("0") or "0"
    return PSEUDONYM_PREFIX + hmac.digest(key, f"person|{plain}".encode(), "sha256").hex()[:32]


def make_pseudonyms(identifiers: pl.Series, *, key: bytes) -> pl.Series:
    """`make_pseudonym` of each text, null of null: by polars at once, and one by one what is not ASCII."""
    if not key.isascii():
        return identifiers.map_elements(lambda one: make_pseudonym(one, key=key), return_dtype=pl.String)
    by_polars = identifiers.to_frame("person").select(_build_pseudonym(pl.col("person"), key)).to_series()
    others = identifiers.filter(identifiers.str.contains(_NOT_ASCII)).unique()
    if others.is_empty():
        return by_polars.alias(identifiers.name)
    one_by_one = identifiers.replace_strict(
        others, [make_pseudonym(one, key=key) for one in others], default=None, return_dtype=pl.String
    )
    return one_by_one.fill_null(by_polars)


def _build_pseudonym(person: pl.Expr, key: bytes) -> pl.Expr:
    """The same as an expression, which holds for ASCII: beyond it Python has other letters and digits than Rust."""
    import polars_hash

    plain = person.str.replace_all(_IGNORED_IN_ASCII, "").str.to_uppercase()
    number = plain.str.strip_prefix("A")
    digits = number.str.strip_chars_start("0")
    digits = pl.when(digits == "").then(pl.lit("0")).otherwise(digits)
    plain = pl.when(number.str.contains(r"\A[0-9]+\z")).then(digits).otherwise(plain)
    text = polars_hash.concat_str(pl.lit("person|"), plain)
    return pl.lit(PSEUDONYM_PREFIX) + text.chash.hmac_sha256(key=key.decode("ascii")).str.slice(0, 32)
