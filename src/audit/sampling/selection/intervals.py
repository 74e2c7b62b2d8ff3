"""Draws at intervals, of cases or of money: systematic, fixed interval, and cell."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, prod

import polars as pl

from audit.errors import make_usage_error
from audit.sampling.design import Plan
from audit.sampling.frame import Frame
from audit.sampling.selection.simple_random import count_takes
from audit.sampling.tickets import TICKET_RANGE, derive_seed_number

_MONETARY_DESCRIPTION = (
    "The interval is the total of the measure divided by the number to draw, of the whole frame or of each stratum. "
    "Cases at or above the interval are certain: each is taken, first, in the order of the keys' bytes. The units of "
    "the others are numbered from 0 in the order of the keys' bytes. "
)
_START_DESCRIPTION = (
    'the number made from the seed, "||" and "start" (in a stratum: "start|" and its name), a share of 2^256'
)
SYSTEMATIC_DESCRIPTION = (
    "The cases are numbered from 0 in the order of their keys' bytes, in the whole frame or in each stratum. The "
    f"interval is their number divided by the number to draw, not rounded. The random start is {_START_DESCRIPTION}, "
    "times the "
    "interval. Drawn are the cases numbered by the whole part of the start, of the start plus the interval, and so on."
)
FIXED_INTERVAL_DESCRIPTION = (
    f"{_MONETARY_DESCRIPTION}The random start is {_START_DESCRIPTION}, times the interval. Drawn are the cases that "
    "hold the units numbered by the whole part of the start, of the start plus the interval, and so on. A case's "
    "probability is its measure divided by the interval."
)
CELL_DESCRIPTION = (
    f"{_MONETARY_DESCRIPTION}They are cut into cells of one interval each, of which the last may be cut short. In the "
    "cell numbered "
    'k, from 1, the number made from the seed, "||" and "cell|k" (in a stratum: "cell|k|" and its name), as a share of '
    "2^256, times the interval, is how far in a unit is hit; beyond the last unit there is no hit. Drawn are the cases "
    "that hold the units hit; one that lies in two cells may be hit twice."
)
_NumberSource = Callable[[int], int]  # the interval, from 0 → a number from the seed


def use_systematic_sampling(design: Plan) -> Plan:
    """Draw one case in every so many, from a random start, in order of the keys' bytes (Cochran 1977, chapter 8)."""
    return replace(design, method="systematic", margin=None)


def use_fixed_interval_sampling(frame: Frame, design: Plan) -> Plan:
    """Draw by monetary unit, one at every interval from a random start; the plan's numbers are of hits.

    AICPA Audit Sampling guide, chapter 6. Raises a usage error for a frame without a measure.
    """
    refuse_unmeasured_frame(frame)
    return replace(design, method="fixed interval", margin=None)


def use_cell_sampling(frame: Frame, design: Plan) -> Plan:
    """Draw by monetary unit, one at random in every interval; the plan's numbers are of hits.

    Leslie, Teitlebaum and Anderson 1979, Dollar-unit sampling. Raises a usage error for a frame without a measure.
    """
    refuse_unmeasured_frame(frame)
    return replace(design, method="cell", margin=None)


def pick_systematic(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """One case in every interval of cases, of each stratum in turn."""
    # Cases of one unit each: certain are none, or all.
    return _pick_at_intervals(
        cases.with_columns(units=pl.lit(1, pl.Int64)), design, seed, _use_one_start, _compute_interval_probability
    ).drop("hits")


def pick_fixed_interval(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The certain cases and those that hold one unit in every interval, of each stratum in turn."""
    return _pick_at_intervals(
        cases.with_columns(units="measure"), design, seed, _use_one_start, _compute_interval_probability
    )


def pick_cell(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The certain cases and those that hold the unit hit in each cell, of each stratum in turn."""
    return _pick_at_intervals(
        cases.with_columns(units="measure"), design, seed, _use_start_per_cell, _compute_cell_probability
    )


def refuse_unmeasured_frame(frame: Frame) -> None:
    """Refuse a frame whose cases have no size."""
    if frame.measure is None:
        raise make_usage_error(
            "The frame has no measure", "Scope it with the column of amounts, whole numbers of cents."
        )


def _use_one_start(seed: str, place: str) -> _NumberSource:
    start = derive_seed_number(f"start{place}", seed=seed)
    return lambda k: start


def _use_start_per_cell(seed: str, place: str) -> _NumberSource:
    return lambda k: derive_seed_number(f"cell|{k + 1}{place}", seed=seed)


def _compute_interval_probability(before: int, units: int, interval: Fraction) -> Fraction:
    return units / interval


def _compute_cell_probability(before: int, units: int, interval: Fraction) -> Fraction:
    """That a case, with so many units before it, is hit in any of the cells over which it lies."""
    end, first = before + units, before // interval
    overlaps = (
        min(Fraction(end), (k + 1) * interval) - max(Fraction(before), k * interval)
        for k in range(first, ceil(end / interval))
    )
    return 1 - prod((1 - overlap / interval for overlap in overlaps), start=Fraction(1))


def _pick_at_intervals(
    cases: pl.DataFrame,
    design: Plan,
    seed: str,
    numbers: Callable[[str, str], _NumberSource],
    probability: Callable[[int, int, Fraction], Fraction],
) -> pl.DataFrame:
    """The cases hit by their `units`, with `hits` and `probability`: stratum by stratum, the certain ones first."""
    parts = [cases.clear().with_columns(hits=pl.lit(0, pl.Int64), probability=pl.lit("", pl.String))]
    for stratum, take, part in split_by_stratum(cases, design):
        interval = Fraction(int(part["units"].sum()), take)
        certain = part.filter(pl.col("units") >= ceil(interval))
        parts.append(certain.with_columns(hits=pl.lit(1, pl.Int64), probability=pl.lit("1")))

        rest = part.filter(pl.col("units") < ceil(interval))
        ends = rest["units"].cum_sum()
        hit_units = _list_hit_units(
            interval, ends[-1] if len(ends) else 0, numbers(seed, f"|{stratum}" if stratum else "")
        )
        hit = ends.search_sorted(pl.Series(hit_units, dtype=pl.Int64), side="right")
        rows, hits = hit.rle().struct.unnest()["value"], hit.rle().struct.unnest()["len"]
        hit_cases = rest.with_columns(end=ends)[rows].with_columns(hits=hits.cast(pl.Int64))
        shares = [probability(end - size, size, interval) for size, end in hit_cases.select("units", "end").iter_rows()]
        parts.append(hit_cases.drop("end").with_columns(probability=pl.Series(map(str, shares), dtype=pl.String)))
    return pl.concat(parts).drop("units")


def split_by_stratum(cases: pl.DataFrame, design: Plan) -> Iterator[tuple[str | None, int, pl.DataFrame]]:
    """Each stratum that gives any, in the order of their names, with what it gives and its cases in order of key."""
    takes = count_takes(design)
    parts = cases.sort("key").partition_by("stratum", as_dict=True)
    for (stratum,), part in sorted(parts.items(), key=lambda item: str(item[0][0]).encode()):
        if take := takes.get(stratum, 0):
            yield stratum, take, part


def _list_hit_units(interval: Fraction, total: int, numbers: _NumberSource) -> list[int]:
    """The units hit, one in every interval, in their order."""
    hit = (int((k + Fraction(numbers(k), TICKET_RANGE)) * interval) for k in range(ceil(total / interval)))
    return [unit for unit in hit if unit < total]
