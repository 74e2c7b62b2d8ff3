"""The smallest tickets of the frame or of each stratum: simple and stratified random samples (Rivest 2018)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.formatting import count
from audit.sampling.design import Design
from audit.sampling.frame import Frame
from audit.sampling.tickets import as_ticket, first_from, ticketed
from audit.statistics.parameters import Rate, usage

WORDS = (
    "The cases with the smallest tickets are drawn: of the whole frame, or of each stratum as "
    "many as it is to give. Equal tickets go by key."
)
BEYOND = "~"  # sorts after every ticket
FIRST = 1 << 16  # cases that are ranked first, to know which tickets of the others are too large

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
    ranked = smallest(cases, wanted(design), seed=seed, start=design.start)
    return drawn(ranked, design, sizes_of(cases))


def wanted(design: Design) -> dict[str | None, int]:
    """How many of each stratum's smallest tickets a design asks for, the spares among them."""
    return {name: take + design.spares for name, take in takes_of(design).items()}


def drawn(ranked: pl.DataFrame, design: Design, sizes: Mapping[str | None, int]) -> pl.DataFrame:
    """What `smallest` gives of the `wanted` cases, with `spare` and `probability`; `sizes` are those of the strata."""
    takes = takes_of(design)
    shares = {name: str(Fraction(take, sizes.get(name, take) or 1)) for name, take in takes.items()}
    return ranked.with_columns(
        spare=pl.col("rank") > per_stratum(takes, pl.Int64), probability=per_stratum(shares, pl.String)
    )


def smallest(cases: pl.DataFrame, takes: Takes, *, seed: str, start: Rate = "0") -> pl.DataFrame:
    """The cases of each stratum with the smallest tickets from `start` on, in their order; with `ticket` and `rank`.

    The first FIRST cases tell of each stratum how large a ticket can be and still be drawn; of all others only those
    within are kept, so that a frame of any size is ranked in one pass and little memory.
    """
    turn = pl.col("ticket")
    if begins := first_from(start):  # past the last ticket comes the first
        turn = pl.when(turn < as_ticket(begins)).then(pl.lit("1")).otherwise(pl.lit("0")) + turn
    ranked = cases.lazy().with_columns(ticket=ticketed(pl.col("key"), seed=seed)).with_columns(turn=turn)
    best = _least(ranked.slice(0, FIRST).collect(engine="streaming"), takes)
    if cases.height > FIRST:
        within = pl.col("turn") <= per_stratum(_last(best, takes), pl.String)
        best = _least(pl.concat([best, ranked.slice(FIRST).filter(within).collect(engine="streaming")]), takes)
    best = best.sort("turn", "key").drop("turn")
    return best.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("stratum"))


def takes_of(design: Design) -> dict[str | None, int]:
    """How many to draw of each stratum, of all under None where there are no strata."""
    return dict(design.takes) if design.takes else {None: design.size}


def sizes_of(cases: pl.DataFrame) -> dict[str | None, int]:
    """How many there are of each stratum."""
    return dict(cases.group_by("stratum").len().iter_rows())


def per_stratum(values: Mapping[str | None, int | str], dtype: type[pl.DataType]) -> pl.Expr:
    """What each stratum is given, as a column."""
    if len(values) == 1:
        return pl.lit(next(iter(values.values())), dtype)
    return pl.col("stratum").replace_strict(values, default=None, return_dtype=dtype)


def _last(best: pl.DataFrame, takes: Takes) -> dict[str | None, str]:
    """The last turn of each stratum that is drawn so far; beyond all where there are not yet as many as it gives."""
    found = {name: part["turn"].sort() for (name,), part in best.partition_by("stratum", as_dict=True).items()}
    return {
        name: found[name][-1] if take and name in found and len(found[name]) == take else BEYOND
        for name, take in takes.items()
    }


def _least(cases: pl.DataFrame, takes: Takes) -> pl.DataFrame:
    parts = cases.partition_by("stratum", as_dict=True)
    return pl.concat(part.bottom_k(takes.get(name, 0), by=["turn", "key"]) for (name,), part in parts.items())
