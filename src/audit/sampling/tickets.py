"""The ticket: a number for every case that anyone can compute again from the seed and the case's key."""

import hashlib
import unicodedata
from importlib.util import find_spec
from math import ceil

import polars as pl

from audit.errors import make_usage_error
from audit.statistics.parameters import Rate, parse_rate

TICKET_RANGE = 1 << 256  # tickets are whole numbers from 0 up to this; after the last comes the first


def compute_tickets(keys: pl.Series, *, seed: str) -> pl.Series:
    """The ticket of every key: SHA-256 of seed, "|" and key in UTF-8, as 64 lower-case hexadecimal digits."""
    return (_compute_with_polars if find_spec("polars_hash") else _compute_with_hashlib)(keys, seed)


def build_ticket_expression(keys: pl.Expr, *, seed: str) -> pl.Expr:
    """The ticket of every key, as part of a plan."""
    if find_spec("polars_hash"):
        import polars_hash

        return polars_hash.concat_str(pl.lit(f"{seed}|"), keys).chash.sha2_256()
    return keys.map_batches(
        lambda batch: _compute_with_hashlib(batch, seed), return_dtype=pl.String, is_elementwise=True
    )


def derive_seed_number(label: str, *, seed: str) -> int:
    """A number from the seed alone, from 0 up to TICKET_RANGE: SHA-256 of seed, "||" and a label.

    No key holds a bar, so no case's ticket is made from the same text.
    """
    return int(hashlib.sha256(f"{seed}||{label}".encode()).hexdigest(), 16)


def find_first_ticket(start: Rate) -> int:
    """The first ticket at or past a start, which is a share of the circle from 0 up to 1: 0.5 → 2^255."""
    share = parse_rate(start)
    if not 0 <= share < 1:
        raise make_usage_error(f"The start {start} is not from 0 up to 1", "Write a share of the circle: 0.25.")
    return ceil(share * TICKET_RANGE) % TICKET_RANGE


def format_ticket(value: int) -> str:
    """A number as tickets are written."""
    return f"{value:064x}"


def refuse_unfit_seed(seed: str) -> None:
    """Refuse a seed that is blank or holds what print does not show: nobody could draw with it again."""
    if not seed or not seed.isprintable() or seed != unicodedata.normalize("NFC", seed.strip()):
        mend = "Write one line of composed Unicode (NFC) without spaces around it."
        raise make_usage_error("The seed is blank, or holds what print does not show", mend)


def _compute_with_polars(keys: pl.Series, seed: str) -> pl.Series:
    import polars_hash

    line = polars_hash.concat_str(pl.lit(f"{seed}|"), pl.lit(keys))
    return pl.select(ticket=line.chash.sha2_256()).to_series()


def _compute_with_hashlib(keys: pl.Series, seed: str) -> pl.Series:
    return pl.Series("ticket", [hashlib.sha256(f"{seed}|{key}".encode()).hexdigest() for key in keys], dtype=pl.String)
