"""Sequential Poisson sampling: the smallest tickets after each was divided by its case's size (Ohlsson 1998)."""

from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.selection.intervals import refuse_unmeasured_frame, split_by_stratum
from audit.sampling.tickets import TICKET_RANGE, compute_tickets, find_first_ticket
from audit.statistics.monetary import certain_units, smallest_quotients

METHOD_DESCRIPTION = (
    "Of the whole frame or of each stratum: a case whose measure, times the number to draw, is at least the total of "
    "the measure is certain; it is taken, and the rule applied again to the others, with what is left to draw, until "
    "it names none. Of the others, those with the smallest quotients of ticket, as a number, and measure are drawn; "
    "equal ones go by ticket, then key. The certain cases stand first, in the order of their keys' bytes. A case's "
    "probability is the number left to draw times its measure, divided by the total left; the draw keeps to it "
    "closely, not exactly."
)


def use_sequential_poisson(frame: Frame, design: Plan) -> Plan:
    """Draw with probability in proportion to the measure, a fixed number of cases.

    Ohlsson 1998, Sequential Poisson sampling, Journal of Official Statistics 14. Raises a usage error for a frame
    without a measure.
    """
    refuse_unmeasured_frame(frame)
    return replace(design, method="sequential Poisson", margin=None)


def pick_cases(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The certain cases, then those of the smallest quotients, then the spares; of each stratum in turn."""
    text = pl.String
    parts = [cases.clear().with_columns(ticket=pl.lit("", text), probability=pl.lit("", text), spare=pl.lit(False))]
    for _, take, part in split_by_stratum(cases, design):
        ticketed = part.with_columns(ticket=compute_tickets(part["key"], seed=seed))
        certain, rest, left = _split_certain_cases(ticketed, take)
        ranked = rest[_find_smallest_quotients(rest, left + design.spares, find_first_ticket(design.start))]
        total = int(rest["measure"].sum())
        shares = pl.Series([str(Fraction(left * size, total)) for size in ranked["measure"]], dtype=text)
        parts.append(certain.with_columns(probability=pl.lit("1"), spare=pl.lit(False)))
        parts.append(ranked.with_columns(probability=shares, spare=pl.int_range(pl.len()) >= left))
    return pl.concat(parts)


def _split_certain_cases(cases: pl.DataFrame, take: int) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """The cases taken with certainty, the others, and how many of those are to be drawn."""
    is_certain = pl.Series(certain_units(cases["measure"].to_numpy(), take), dtype=pl.Boolean)
    certain = cases.filter(is_certain)
    return certain.sort("key"), cases.filter(~is_certain), take - certain.height


def _find_smallest_quotients(cases: pl.DataFrame, n: int, first: int) -> list[int]:
    """The rows with the smallest quotients of ticket, counted from the `first`, and measure, in their order."""
    numbers = [(int(ticket, 16) - first) % TICKET_RANGE for ticket in cases["ticket"]]
    return smallest_quotients(numbers, cases["measure"].to_list(), n)
