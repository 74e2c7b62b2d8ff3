"""The proof of a sample: it is drawn again from the frame and its manifest, and every disagreement is named."""

from collections.abc import Iterator

import polars as pl

from audit.formatting import count, listed
from audit.sampling.draw import picked
from audit.sampling.frame import Frame
from audit.sampling.manifest import Record, Stated, read
from audit.sampling.replacements import misplaced
from audit.sampling.tickets import tickets


def redraw(frame: Frame, record: Record) -> list[str]:
    """Draw again from a frame and a manifest, and say where the two disagree: nothing said is the proof.

    Each disagreement begins with its item (digest, universe, frame size, strata, certain, times, size, extended, extra,
    absent, ticket, stratum, order, probability, hits; of the spares the same; replaced) and gives places by `order`,
    never by key. Raises a data error for what is no manifest.
    """
    stated = read(record)
    cases, spares = picked(frame, stated.design, stated.seed)
    return [
        *_of_the_frame(stated, frame),
        *_of_the_size(stated, cases),
        *_differences(stated.cases, cases, stated),
        *(f"spares, {words}" for words in _differences(stated.spares, spares, stated)),
        *(f"replaced: not a standing case by the next spare, with a reason, entry {n}" for n in misplaced(stated)),
    ]


def _of_the_frame(stated: Stated, frame: Frame) -> Iterator[str]:
    takes, sizes = dict(stated.design.takes), dict(stated.sizes)
    if stated.digest != frame.digest:
        yield "digest: the frame is not the one that was fixed"
    if stated.universe != stated.frame_size + stated.left_out:
        yield "universe: not the frame and what was left out"
    if stated.frame_size != frame.size:
        yield f"frame size: {count(stated.frame_size)} in the manifest, {count(frame.size)} in the frame"
    if stated.sizes != frame.sizes:
        yield "strata: those of the frame are others, or of other sizes"
    if any(name not in takes or takes[name] != sizes[name] for name in stated.design.certain):
        yield "certain: a stratum declared to be taken whole is not"
    if not stated.in_time:
        yield "times: the seed was chosen before the frame was fixed"


def _of_the_size(stated: Stated, again: pl.DataFrame) -> Iterator[str]:
    design, drawn = stated.design, stated.cases.height
    planned = design.size if design.method in _PLANNED_BY_CASE else again.height
    if design.takes and design.size != sum(take for _, take in design.takes):
        yield "size: not the sum of what the strata are to give"
    if not planned == drawn == again.height:
        yield f"size: {count(planned)} planned, {count(drawn)} listed, {count(again.height)} drawn again"
    lengths = [one.get("cases") for one in stated.extended]
    if any(not isinstance(n, int) or n > drawn for n in lengths) or not all(
        one.get("because") for one in stated.extended
    ):
        yield "extended: a draw before is longer than this one, or was extended without a reason"


def _differences(cases: pl.DataFrame, again: pl.DataFrame, stated: Stated) -> Iterator[str]:
    """Where the cases that a manifest lists are not those drawn again."""
    both = cases.join(again, on="key", suffix=" again")
    places = {
        "extra: listed and not drawn": cases.join(again, on="key", how="anti"),
        "absent: drawn and not listed": again.join(cases, on="key", how="anti"),
        "ticket: not that of its key": cases.filter(
            pl.col("ticket").ne_missing(tickets(cases["key"], seed=stated.seed))
        ),
        "stratum: not that of the frame": _unlike(both, "stratum"),
        "cluster: not that of the frame": _unlike(both, "cluster"),
        "measure: not that of the frame": _unlike(both, "measure"),
        "order: not that of the draw": _unlike(both, "order"),
    }
    if stated.probabilities:
        places |= {"probability: not that of the draw": _unlike(both, "probability")}
        places |= {"hits: not those of the draw": _unlike(both, "hits")}
    for words, rows in places.items():
        if rows.height:
            yield f"{words}, order {listed([str(order) for order in rows['order'].sort()])}"


def _unlike(both: pl.DataFrame, name: str) -> pl.DataFrame:
    return both.filter(pl.col(name).ne_missing(pl.col(f"{name} again")))


_PLANNED_BY_CASE = (
    "random",
    "systematic",
    "sequential Poisson",
)  # elsewhere the plan's numbers are of clusters or hits
