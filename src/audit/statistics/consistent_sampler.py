"""Rivest's consistent sampling: tickets that hang on a seed and a unit's name alone, as consistent_sampler 1.0 gives.

To redo the draws of those who use it, as Arlo does in election audits; this project's own tickets are simpler. Rivest
2018, Consistent Sampling with Replacement, arXiv:1808.10016.
"""

import heapq
from collections.abc import Hashable, Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from audit.errors import make_usage_error
from audit.statistics.parameters import require_counts


class Ticket(NamedTuple):
    """A place in the order of the draw: tickets are drawn by number, as text."""

    number: str  # a decimal fraction below 1
    unit: Hashable
    generation: int  # 1, and one more each time that the unit is drawn and put back


def draw_without_replacement(units: Iterable[Hashable], seed: object) -> list[Ticket]:
    """All units in the order of the draw: the first n of them are a simple random sample of size n.

    Rivest 2018, arXiv:1808.10016. Only to re-perform the draws of others. AuditError where a unit is named twice.

    Example:
        >>> [ticket.unit for ticket in draw_without_replacement(["a", "b", "c"], 5)]
        ['a', 'c', 'b']
    """
    return sorted(_make_tickets(units, seed), key=_sort_key)


def draw_with_replacement(units: Iterable[Hashable], seed: object) -> Iterator[Ticket]:
    """An endless sequence of draws with replacement: a unit drawn returns with a later ticket.

    Rivest 2018, arXiv:1808.10016. Only to re-perform the draws of others. AuditError where a unit is named twice.

    Example:
        >>> from itertools import islice
        >>> [ticket.unit for ticket in islice(draw_with_replacement(["a", "b", "c"], 5), 4)]
        ['a', 'a', 'c', 'b']
    """
    basket = [(*_sort_key(ticket), ticket) for ticket in _make_tickets(units, seed)]
    heapq.heapify(basket)
    while basket:
        ticket = basket[0][-1]
        yield ticket
        again = Ticket(_make_next_number(ticket.number), ticket.unit, ticket.generation + 1)
        heapq.heapreplace(basket, (*_sort_key(again), again))


def shorten_ticket_number(number: str, digits: int) -> str:
    """A ticket's number cut to `digits` digits, counted from the first digit that is not 9.

    Rivest 2018, arXiv:1808.10016. Only to re-perform the draws of others.

    Example:
        >>> shorten_ticket_number("0.9912345", 3)
        '0.99123'
    """
    require_counts(digits)
    return number[: _find_first_below_nine(number) + digits]


def _make_tickets(units: Iterable[Hashable], seed: object) -> list[Ticket]:
    start = sha256(str(seed).encode()).hexdigest()
    tickets = [Ticket(_hash_to_fraction(start + str(unit)), unit, 1) for unit in units]
    if len({ticket.unit for ticket in tickets}) < len(tickets):
        raise make_usage_error("A unit is named twice", "Give each unit a name of its own.")
    return tickets


def _sort_key(ticket: Ticket) -> tuple[str, str]:
    return ticket.number, str(ticket.unit)


def _hash_to_fraction(text: str) -> str:
    """The hash of the text as a decimal fraction, its digits reversed: the leading ones of a binary hash lean."""
    return "0." + f"{int(sha256(text.encode()).hexdigest(), 16):064d}"[::-1]


def _make_next_number(number: str) -> str:
    """A fraction between this one and 1, taken from hashes of this one, counted, until one is above it."""
    prefix, count, later = number[: _find_first_below_nine(number)], 0, ""
    while later <= number + "0":
        count += 1
        later = prefix + _hash_to_fraction(f"{number}:{count}")[2:]
    return later


def _find_first_below_nine(number: str) -> int:
    """Where the first digit that is not 9 stands."""
    return next(place for place, digit in enumerate(number + "0") if place > 1 and digit < "9")
