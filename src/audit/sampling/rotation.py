"""The rotation of monthly samples: how far draws by permanent random numbers meet, and the start that meets none."""

from fractions import Fraction

import polars as pl

from audit.errors import make_usage_error
from audit.sampling.draw import Selection
from audit.sampling.tickets import TICKET_RANGE, find_first_ticket
from audit.statistics.parameters import Rate, parse_rate

START_DECIMAL_PLACES = 12  # decimal places of a start: one case in 10^12 is passed over


def compute_overlap(first: tuple[Rate, Rate], second: tuple[Rate, Rate]) -> Fraction:
    """The expected share of the cases in both months that is drawn in both; each draw is a start and a fraction drawn.

    With one seed, a draw takes the tickets on the arc of its length from its start on (Ohlsson 1995, section 9.3): the
    cases of both are those where the arcs meet. Raises a usage error for a start or a fraction that is not a share.
    """
    starts = [_parse_start(start) for start, _ in (first, second)]
    lengths = [_parse_fraction(length) for _, length in (first, second)]
    ahead = (starts[1] - starts[0]) % 1  # how far the second arc begins behind the first's start
    meets = max(Fraction(0), min(lengths[0] - ahead, lengths[1]))
    beyond = max(Fraction(0), min(ahead + lengths[1] - 1, lengths[0]))  # where the second goes past the first's start
    return meets + beyond


def find_next_start(sample: Selection) -> str:
    """The start from which the next draw with the same seed begins behind the last ticket of this one.

    Until the draws have gone round, no case that was in the frame of both is then drawn twice. Raises a usage error
    for a draw that was not made at random.
    """
    if sample.design.method != "random":
        raise make_usage_error(
            f"A {sample.design.method} draw does not take one arc of tickets", "Rotate draws made at random."
        )
    first = find_first_ticket(sample.design.start)
    tickets = pl.concat([sample.cases["ticket"], sample.spares["ticket"]])
    last = max(((int(ticket, 16) - first) % TICKET_RANGE for ticket in tickets), default=0)
    places = -(-(first + last + 1) * 10**START_DECIMAL_PLACES // TICKET_RANGE) % 10**START_DECIMAL_PLACES
    return f"0.{places:0{START_DECIMAL_PLACES}}"


def _parse_start(start: Rate) -> Fraction:
    find_first_ticket(start)
    return parse_rate(start)


def _parse_fraction(length: Rate) -> Fraction:
    if not 0 <= parse_rate(length) <= 1:
        raise make_usage_error(f"{length} is not a share of the cases", "Write a share: 0.05 for 5%.")
    return parse_rate(length)
