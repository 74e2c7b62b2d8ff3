"""Draws at intervals, of cases or of money: systematic, fixed interval, and cell."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, prod
from typing import NamedTuple

import numpy as np
import polars as pl

from audit.errors import make_usage_error
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.selection.simple_random import count_takes
from audit.sampling.tickets import TICKET_RANGE, derive_seed_number
from audit.statistics.monetary import interval_hits

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


class _StratumUnits(NamedTuple):
    """The cases of a stratum, or of the whole frame, by the number of their `units`."""

    label: str  # what stands behind the name of a number from the seed: "|" and the stratum's name
    interval: Fraction
    certain: pl.DataFrame  # the cases at or above the interval
    rest: pl.DataFrame

    @property
    def intervals(self) -> int:
        """How many intervals the units of the cases that are not certain fill; the last may be cut short."""
        return ceil(int(self.rest["units"].sum()) / self.interval)

    def list_hit_cases(self, shares: Sequence[Fraction]) -> pl.DataFrame:
        """The cases with a unit so large a share of an interval past its beginning, with `hits` and the `end` of
        their units."""
        units = self.rest["units"]
        places, hits = np.unique(interval_hits(units.to_numpy(), self.interval, shares), return_counts=True)
        within = places < units.len()
        return self.rest.with_columns(end=units.cum_sum())[places[within]].with_columns(
            hits=pl.Series(hits[within], dtype=pl.Int64)
        )


def pick_systematic(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """One case in every interval of cases, of each stratum in turn."""
    return _pick_from_one_start(cases.with_columns(units=pl.lit(1, pl.Int64)), design, seed).drop("hits")


def pick_fixed_interval(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The certain cases and those that hold one unit in every interval, of each stratum in turn."""
    return _pick_from_one_start(cases.with_columns(units="measure"), design, seed)


def _pick_from_one_start(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The cases hit at intervals by their `units`, with `hits` and `probability`: the certain ones first."""
    parts = [_add_certainty(cases.clear())]
    for stratum in _split_certain_cases(cases, design):
        start = _derive_share(f"start{stratum.label}", seed)
        hit_cases = stratum.list_hit_cases([start] * stratum.intervals)
        chances = [str(units / stratum.interval) for units in hit_cases["units"]]
        parts += [_add_certainty(stratum.certain), _add_probability(hit_cases, chances)]
    return pl.concat(parts).drop("units")


def pick_cell(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The certain cases and those that hold the unit hit in each cell, of each stratum in turn."""
    cases = cases.with_columns(units="measure")
    parts = [_add_certainty(cases.clear())]
    for stratum in _split_certain_cases(cases, design):
        shares = [_derive_share(f"cell|{k + 1}{stratum.label}", seed) for k in range(stratum.intervals)]
        hit_cases = stratum.list_hit_cases(shares)
        spans = hit_cases.select("units", "end").iter_rows()
        chances = [str(_compute_cell_probability(end - units, units, stratum.interval)) for units, end in spans]
        parts += [_add_certainty(stratum.certain), _add_probability(hit_cases, chances)]
    return pl.concat(parts).drop("units")


def refuse_unmeasured_frame(frame: Frame) -> None:
    """Refuse a frame whose cases have no size."""
    if frame.measure is None:
        raise make_usage_error(
            "The frame has no measure", "Scope it with the column of amounts, whole numbers of cents."
        )


def _split_certain_cases(cases: pl.DataFrame, design: Plan) -> Iterator[_StratumUnits]:
    """Each stratum with its interval, and the cases that are certain apart; of cases of one unit each none or all."""
    for name, take, part in split_by_stratum(cases, design):
        interval = Fraction(int(part["units"].sum()), take)
        is_certain = pl.col("units") >= ceil(interval)
        label = f"|{name}" if name else ""
        yield _StratumUnits(label, interval, certain=part.filter(is_certain), rest=part.filter(~is_certain))


def _derive_share(label: str, seed: str) -> Fraction:
    """A number from the seed, as a share of an interval."""
    return Fraction(derive_seed_number(label, seed=seed), TICKET_RANGE)


def _add_certainty(cases: pl.DataFrame) -> pl.DataFrame:
    return cases.with_columns(hits=pl.lit(1, pl.Int64), probability=pl.lit("1", pl.String))


def _add_probability(hit_cases: pl.DataFrame, chances: Sequence[str]) -> pl.DataFrame:
    return hit_cases.drop("end").with_columns(probability=pl.Series(chances, dtype=pl.String))


def _compute_cell_probability(before: int, units: int, interval: Fraction) -> Fraction:
    """That a case, with so many units before it, is hit in any of the cells over which it lies."""
    end, first = before + units, before // interval
    overlaps = (
        min(Fraction(end), (k + 1) * interval) - max(Fraction(before), k * interval)
        for k in range(first, ceil(end / interval))
    )
    return 1 - prod((1 - overlap / interval for overlap in overlaps), start=Fraction(1))


def split_by_stratum(cases: pl.DataFrame, design: Plan) -> Iterator[tuple[str | None, int, pl.DataFrame]]:
    """Each stratum that gives any, in the order of their names, with what it gives and its cases in order of key."""
    takes = count_takes(design)
    parts = cases.sort("key").partition_by("stratum", as_dict=True)
    for (stratum,), part in sorted(parts.items(), key=lambda item: str(item[0][0]).encode()):
        if take := takes.get(stratum, 0):
            yield stratum, take, part
