"""The proof of a sample: it is drawn again from the frame and its manifest, and every disagreement is named."""

from collections.abc import Iterator

import polars as pl

from audit.formatting import format_count, format_list
from audit.sampling.draw import pick_cases_and_spares
from audit.sampling.frame import Frame
from audit.sampling.manifest import Manifest, ManifestRecord, parse_manifest
from audit.sampling.replacements import find_misplaced_replacements
from audit.sampling.tickets import compute_tickets


def find_redraw_differences(frame: Frame, record: ManifestRecord) -> list[str]:
    """Draw again from a frame and a manifest, and say where the two disagree: nothing said is the proof.

    Each disagreement begins with its item (digest, universe, frame size, strata, certain, times, size, extended, extra,
    absent, ticket, stratum, order, probability, hits; of the spares the same; replaced) and gives places by `order`,
    never by key. Raises a data error for what is no manifest.
    """
    manifest = parse_manifest(record)
    cases, spares = pick_cases_and_spares(frame, manifest.design, manifest.seed)
    return [
        *_compare_frame(manifest, frame),
        *_compare_size(manifest, cases),
        *_compare_cases(manifest.cases, cases, manifest),
        *(f"spares, {words}" for words in _compare_cases(manifest.spares, spares, manifest)),
        *(
            f"replaced: not a standing case by the next spare, with a reason, entry {n}"
            for n in find_misplaced_replacements(manifest)
        ),
    ]


def _compare_frame(manifest: Manifest, frame: Frame) -> Iterator[str]:
    takes, sizes = dict(manifest.design.takes), dict(manifest.sizes)
    if manifest.digest != frame.digest:
        yield "digest: the frame is not the one that was fixed"
    if manifest.universe != manifest.frame_size + manifest.left_out:
        yield "universe: not the frame and what was left out"
    if manifest.frame_size != frame.size:
        yield (
            f"frame size: {format_count(manifest.frame_size)} in the manifest, {format_count(frame.size)} in the frame"
        )
    if manifest.sizes != frame.sizes:
        yield "strata: those of the frame are others, or of other sizes"
    if any(name not in takes or takes[name] != sizes[name] for name in manifest.design.certain):
        yield "certain: a stratum declared to be taken whole is not"
    if not manifest.in_time:
        yield "times: the seed was chosen before the frame was fixed"


def _compare_size(manifest: Manifest, again: pl.DataFrame) -> Iterator[str]:
    design, case_count = manifest.design, manifest.cases.height
    planned = design.size if design.method in _METHODS_PLANNED_BY_CASE else again.height
    if design.takes and design.size != sum(take for _, take in design.takes):
        yield "size: not the sum of what the strata are to give"
    if not planned == case_count == again.height:
        yield (
            f"size: {format_count(planned)} planned, {format_count(case_count)} listed, {format_count(again.height)} "
            "drawn again"
        )
    lengths = [one.get("cases") for one in manifest.extended]
    if any(not isinstance(n, int) or n > case_count for n in lengths) or not all(
        one.get("because") for one in manifest.extended
    ):
        yield "extended: a draw before is longer than this one, or was extended without a reason"


def _compare_cases(cases: pl.DataFrame, again: pl.DataFrame, manifest: Manifest) -> Iterator[str]:
    """Where the cases that a manifest lists are not those drawn again."""
    both = cases.join(again, on="key", suffix=" again")
    places = {
        "extra: listed and not drawn": cases.join(again, on="key", how="anti"),
        "absent: drawn and not listed": again.join(cases, on="key", how="anti"),
        "ticket: not that of its key": cases.filter(
            pl.col("ticket").ne_missing(compute_tickets(cases["key"], seed=manifest.seed))
        ),
        "stratum: not that of the frame": _select_unequal(both, "stratum"),
        "cluster: not that of the frame": _select_unequal(both, "cluster"),
        "measure: not that of the frame": _select_unequal(both, "measure"),
        "order: not that of the draw": _select_unequal(both, "order"),
    }
    if manifest.probabilities:
        places |= {"probability: not that of the draw": _select_unequal(both, "probability")}
        places |= {"hits: not those of the draw": _select_unequal(both, "hits")}
    for words, rows in places.items():
        if rows.height:
            yield f"{words}, order {format_list([str(order) for order in rows['order'].sort()])}"


def _select_unequal(both: pl.DataFrame, name: str) -> pl.DataFrame:
    return both.filter(pl.col(name).ne_missing(pl.col(f"{name} again")))


_METHODS_PLANNED_BY_CASE = (
    "random",
    "systematic",
    "sequential Poisson",
)  # elsewhere the plan's numbers are of clusters or hits
