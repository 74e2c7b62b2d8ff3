"""The smallest tickets of the frame or of each stratum: simple and stratified random samples (Rivest 2018)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.design import Design
from audit.frame import Frame
from audit.methods.rate import Rate, usage
from audit.ticket import as_ticket, first_from, tickets
from audit.wording import count

WORDS = (
    "The cases with the smallest tickets are drawn: of the whole frame, or of each stratum as "
    "many as it is to give. Equal tickets go by key."
)
SLICE = 1 << 20  # cases at a time, so that a frame of any size is ranked in little memory

Takes = Mapping[str | None, int]  # stratum, None where there is none → cases


def starting(design: Design, start: Rate) -> Design:
    """The same draw, with the tickets counted from another start: a share of the circle, from 0 up to 1.

    With one seed over months, the same start draws much the same cases again, and a shifted one draws others: the
    ticket is a permanent random number (Ohlsson 1995, Coordination of samples using permanent random numbers).
    """
    first_from(start)
    return replace(design, start=str(start))


def whole(frame: Frame, design: Design, strata: Sequence[str]) -> Design:
    """The same draw, with some strata taken whole, as certain. Raises a usage error for an unknown one."""
    sizes, takes = dict(frame.sizes), dict(design.takes)
    if unknown := [name for name in strata if name not in takes]:
        raise usage(f"{count(len(unknown))} of the strata to take whole are not in the frame", "Name its strata.")
    takes |= {name: sizes[name] for name in strata}
    return replace(design, size=sum(takes.values()), takes=tuple(takes.items()), certain=tuple(sorted(strata)))


def with_spares(design: Design, spares: int) -> Design:
    """The same draw, with as many cases ready behind it to replace others: of the frame, or of each stratum."""
    if spares < 0:
        raise usage(f"{spares} spares are to stand ready", "Ask for none or more.")
    return replace(design, spares=spares)


def pick(cases: pl.DataFrame, design: Design, seed: str) -> pl.DataFrame:
    """The smallest tickets of each stratum, all in one order of tickets; behind them, the spares."""
    takes, sizes = takes_of(design), sizes_of(cases)
    wanted = {name: take + design.spares for name, take in takes.items()}
    shares = {name: str(Fraction(take, sizes.get(name, take) or 1)) for name, take in takes.items()}
    ranked = smallest(cases, wanted, seed=seed, start=design.start)
    return ranked.with_columns(
        spare=pl.col("rank") > per_stratum(takes, pl.Int64), probability=per_stratum(shares, pl.String)
    )


def smallest(cases: pl.DataFrame, takes: Takes, *, seed: str, start: Rate = "0") -> pl.DataFrame:
    """The cases of each stratum with the smallest tickets from `start` on, in their order; with `ticket` and `rank`."""
    order = [pl.col("ticket") < as_ticket(first_from(start)), pl.col("ticket"), pl.col("key")]
    best = pl.concat(
        _least(part.with_columns(ticket=tickets(part["key"], seed=seed)), takes, order)
        for part in cases.iter_slices(SLICE)
    )
    best = _least(best, takes, order).sort(order)
    return best.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("stratum"))


def takes_of(design: Design) -> dict[str | None, int]:
    """How many to draw of each stratum, of all under None where there are no strata."""
    return dict(design.takes) if design.takes else {None: design.size}


def sizes_of(cases: pl.DataFrame) -> dict[str | None, int]:
    """How many there are of each stratum."""
    return dict(cases.group_by("stratum").len().iter_rows())


def per_stratum(values: Mapping[str | None, int | str], dtype: type[pl.DataType]) -> pl.Expr:
    """What each stratum is given, as a column."""
    return pl.col("stratum").replace_strict(values, default=None, return_dtype=dtype)


def _least(cases: pl.DataFrame, takes: Takes, order: Sequence[pl.Expr]) -> pl.DataFrame:
    parts = cases.partition_by("stratum", as_dict=True)
    return pl.concat(part.bottom_k(takes.get(name, 0), by=order) for (name,), part in parts.items())
