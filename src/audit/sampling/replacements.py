"""The replacement of cases that cannot be reviewed: by the spares drawn with them, in their order, with reasons."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from audit.sampling.draw import Sample
from audit.sampling.manifest import Record, Stated, read
from audit.statistics.parameters import usage


def drawn_cases(record: Record) -> pl.DataFrame:
    """The cases of a manifest as DRAWN, as they stand: spares in the places of the cases they replaced.

    Raises a data error for what is no manifest.
    """
    stated = read(record)
    return _standing(stated.cases, stated.spares, stated.replaced)


def replace(record: Record, order: int, *, reason: str, when: datetime, spare: int | None = None) -> dict[str, Any]:
    """The manifest with the case that stands at place `order` replaced by the next spare of its stratum.

    `spare` is the place of the spare that was taken, where one was. Raises a usage error without a `reason`, for a
    spare out of order, for a case of certainty, and where no spare is left.
    """
    stated = read(record)
    if not reason.strip():
        raise usage("A case is replaced without a reason", 'Say why it cannot be reviewed: --reason "reason".')
    if order not in stated.cases["order"]:
        raise usage(f"No case stands at {order}", f"Give a place from 1 to {stated.cases.height}.")
    if _at(stated.cases, order)["probability"] == "1":
        raise usage("The case was taken with certainty, so none can stand for it", "Leave it undeterminable.")
    following = _following(stated.cases, stated.spares, stated.replaced, order)
    if following is None:
        raise usage("No spare is left for this case", "Extend the sample, with a reason, or leave it undeterminable.")
    if spare not in (None, following["order"]):
        what = f"Spare {spare} is out of order: the next for this case is {following['order']}"
        raise usage(what, "Take the spares in their order.")
    standing = _at(_standing(stated.cases, stated.spares, stated.replaced), order)
    entry = _entry(standing, following, because=reason, when=when.isoformat())
    return {**record, "replaced": [*stated.replaced, entry]}


def carried(record: Record | None, sample: Sample) -> list[dict[str, Any]]:
    """The replacements of the draw before, in a sample drawn again with its seed, as long or longer.

    A spare that the longer draw takes in its own right stands there; what it stood for goes to the next. Raises a
    usage error where there are too few spares.
    """
    if record is None or (before := read(record)).seed != sample.seed:
        return []
    replaced: list[dict[str, Any]] = []
    for one in before.replaced:
        standing = _standing(sample.cases, sample.spares, replaced)
        case = standing.row(by_predicate=pl.col("key") == one["key"], named=True)
        following = _following(sample.cases, sample.spares, replaced, case["order"])
        if following is None:
            raise usage("There are too few spares for the cases that were replaced before", "Plan with more spares.")
        replaced.append(_entry(case, following, because=one["because"], when=one["when"]))
    return replaced


def misplaced(stated: Stated) -> Iterator[int]:
    """The places at which a manifest replaces another case than stands there, by another than the next, or silently."""
    for number, one in enumerate(stated.replaced):
        before, order = stated.replaced[:number], one["order"]
        if order not in stated.cases["order"]:
            yield number + 1
            continue
        case = _at(_standing(stated.cases, stated.spares, before), order)
        following = _following(stated.cases, stated.spares, before, order)
        reason, when = one["because"], one["when"]
        if not (reason or "").strip() or not following or one != _entry(case, following, because=reason, when=when):
            yield number + 1


def _standing(cases: pl.DataFrame, spares: pl.DataFrame, replaced: Sequence[Record]) -> pl.DataFrame:
    """The cases with every replaced one's place taken by its spare."""
    last = {one["order"]: one["by"] for one in replaced}
    taken = pl.DataFrame({"order": last.keys(), "key": last.values()}, schema={"order": pl.Int64, "key": pl.String})
    spared = taken.join(spares.drop("order"), on="key").select(cases.columns)
    return pl.concat([cases.join(spared, on="order", how="anti"), spared]).sort("order")


def _following(
    cases: pl.DataFrame, spares: pl.DataFrame, replaced: Sequence[Record], order: int
) -> dict[str, Any] | None:
    """The next spare for the case at a place: of its stratum, not used yet."""
    used = [one["by"] for one in replaced]
    left = spares.filter(~pl.col("key").is_in(used), pl.col("stratum").eq_missing(_at(cases, order)["stratum"]))
    return left.row(0, named=True) if left.height else None


def _at(cases: pl.DataFrame, order: int) -> dict[str, Any]:
    return cases.row(by_predicate=pl.col("order") == order, named=True)


def _entry(case: Record, spare: Record, *, because: str, when: str) -> dict[str, Any]:
    return {
        "order": case["order"],
        "key": case["key"],
        "by": spare["key"],
        "spare": spare["order"],
        "because": because,
        "when": when,
    }
