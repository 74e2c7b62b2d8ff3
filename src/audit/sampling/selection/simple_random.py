"""The smallest tickets of the frame or of each stratum: simple and stratified random samples (Rivest 2018)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.errors import make_usage_error
from audit.formatting import format_count
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.tickets import build_ticket_expression, find_first_ticket, format_ticket
from audit.statistics.parameters import Rate

METHOD_DESCRIPTION = (
    "The cases with the smallest tickets are drawn: of the whole frame, or of each stratum as "
    "many as it is to give. Equal tickets go by key."
)
BEYOND_EVERY_TICKET = "~"  # sorts after every ticket
CASES_RANKED_FIRST = 1 << 16  # cases that are ranked first, to know which tickets of the others are too large

StratumTakes = Mapping[str | None, int]  # stratum, None where there is none → cases


def set_start(design: Plan, start: Rate) -> Plan:
    """The same draw, with the tickets counted from another start: a share of the circle, from 0 up to 1.

    With one seed over months, the same start draws much the same cases again, and a shifted one draws others: the
    ticket is a permanent random number (Ohlsson 1995, Coordination of samples using permanent random numbers).
    """
    find_first_ticket(start)
    return replace(design, start=str(start))


def set_certain_strata(frame: Frame, design: Plan, strata: Sequence[str]) -> Plan:
    """The same draw, with some strata taken whole, as certain. Raises a usage error for an unknown one."""
    sizes, takes = dict(frame.sizes), dict(design.takes)
    if unknown := [name for name in strata if name not in takes]:
        raise make_usage_error(
            f"{format_count(len(unknown))} of the strata to take whole are not in the frame", "Name its strata."
        )
    takes |= {name: sizes[name] for name in strata}
    return replace(design, size=sum(takes.values()), takes=tuple(takes.items()), certain=tuple(sorted(strata)))


def set_spares(design: Plan, spares: int) -> Plan:
    """The same draw, with as many cases ready behind it to replace others: of the frame, or of each stratum."""
    if spares < 0:
        raise make_usage_error(f"{spares} spares are to stand ready", "Ask for none or more.")
    return replace(design, spares=spares)


def pick_cases(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The smallest tickets of each stratum, all in one order of tickets; behind them, the spares."""
    ranked = rank_smallest_tickets(cases, count_takes_with_spares(design), seed=seed, start=design.start)
    return add_spare_and_probability(ranked, design, count_stratum_sizes(cases))


def count_takes_with_spares(design: Plan) -> dict[str | None, int]:
    """How many of each stratum's smallest tickets a design asks for, the spares among them."""
    return {name: take + design.spares for name, take in count_takes(design).items()}


def add_spare_and_probability(ranked: pl.DataFrame, design: Plan, sizes: Mapping[str | None, int]) -> pl.DataFrame:
    """What `rank_smallest_tickets` gives of the `count_takes_with_spares` cases, with `spare` and
    `probability`; `sizes` are those of the strata."""
    takes = count_takes(design)
    shares = {name: str(Fraction(take, sizes.get(name, take) or 1)) for name, take in takes.items()}
    return ranked.with_columns(
        spare=pl.col("rank") > build_stratum_column(takes, pl.Int64),
        probability=build_stratum_column(shares, pl.String),
    )


def rank_smallest_tickets(cases: pl.DataFrame, takes: StratumTakes, *, seed: str, start: Rate = "0") -> pl.DataFrame:
    """The cases of each stratum with the smallest tickets from `start` on, in their order; with `ticket` and `rank`.

    The first CASES_RANKED_FIRST cases tell of each stratum how large a ticket can be and still be drawn; of all others
    only those within are kept, so that a frame of any size is ranked in one pass and little memory.
    """
    turn = pl.col("ticket")
    if begins := find_first_ticket(start):  # past the last ticket comes the first
        turn = pl.when(turn < format_ticket(begins)).then(pl.lit("1")).otherwise(pl.lit("0")) + turn
    ranked = cases.lazy().with_columns(ticket=build_ticket_expression(pl.col("key"), seed=seed)).with_columns(turn=turn)
    best = _select_lowest_turns(ranked.slice(0, CASES_RANKED_FIRST).collect(engine="streaming"), takes)
    if cases.height > CASES_RANKED_FIRST:
        within = pl.col("turn") <= build_stratum_column(_find_last_turns(best, takes), pl.String)
        best = _select_lowest_turns(
            pl.concat([best, ranked.slice(CASES_RANKED_FIRST).filter(within).collect(engine="streaming")]), takes
        )
    best = best.sort("turn", "key").drop("turn")
    return best.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("stratum"))


def count_takes(design: Plan) -> dict[str | None, int]:
    """How many to draw of each stratum, of all under None where there are no strata."""
    return dict(design.takes) if design.takes else {None: design.size}


def count_stratum_sizes(cases: pl.DataFrame) -> dict[str | None, int]:
    """How many there are of each stratum."""
    return dict(cases.group_by("stratum").len().iter_rows())


def build_stratum_column(values: Mapping[str | None, int | str], dtype: type[pl.DataType]) -> pl.Expr:
    """What each stratum is given, as a column."""
    if len(values) == 1:
        return pl.lit(next(iter(values.values())), dtype)
    return pl.col("stratum").replace_strict(values, default=None, return_dtype=dtype)


def _find_last_turns(best: pl.DataFrame, takes: StratumTakes) -> dict[str | None, str]:
    """The last turn of each stratum that is drawn so far; beyond all where there are not yet as many as it gives."""
    turns = {name: part["turn"].sort() for (name,), part in best.partition_by("stratum", as_dict=True).items()}
    return {
        name: turns[name][-1] if take and name in turns and len(turns[name]) == take else BEYOND_EVERY_TICKET
        for name, take in takes.items()
    }


def _select_lowest_turns(cases: pl.DataFrame, takes: StratumTakes) -> pl.DataFrame:
    parts = cases.partition_by("stratum", as_dict=True)
    return pl.concat(part.bottom_k(takes.get(name, 0), by=["turn", "key"]) for (name,), part in parts.items())
