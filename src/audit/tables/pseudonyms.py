"""Pseudonyms of persons: the keyed hash of an identifier."""

import hmac


def make_pseudonym(identifier: str, *, key: bytes) -> str:
    """A person's keyed pseudonym: the same in every table, and not to be undone without the key.

    HMAC-SHA-256 (RFC 2104), kept to 128 bits: a plain hash of a nine-digit number is undone by trying all of them.
    `A012-345-678`, `a 12345678` and `012345678` are one person.
    """
    plain = "".join(identifier.split()).replace("-", "").upper()
    if (number := plain.removeprefix("A")).isdecimal():
        plain = number.lstrip("0") or "0"
    return "P-" + hmac.digest(key, f"person|{plain}".encode(), "sha256").hex()[:32]
