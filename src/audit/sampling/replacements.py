"""The replacement of cases that cannot be reviewed: by the spares drawn with them, in their order, with reasons."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from audit.errors import make_usage_error
from audit.sampling.draw import Selection
from audit.sampling.manifest import Manifest, ManifestRecord, parse_manifest


def list_current_cases(record: ManifestRecord) -> pl.DataFrame:
    """The cases of a manifest as SAMPLE_SCHEMA, as they stand: spares in the places of the cases they replaced.

    Raises a data error for what is no manifest.
    """
    manifest = parse_manifest(record)
    return _apply_replacements(manifest.cases, manifest.spares, manifest.replaced)


def replace_case(
    record: ManifestRecord, order: int, *, reason: str, when: datetime, spare: int | None = None
) -> dict[str, Any]:
    """The manifest with the case that stands at place `order` replaced by the next spare of its stratum.

    `spare` is the place of the spare that was taken, where one was. Raises a usage error without a `reason`, for a
    spare out of order, for a case of certainty, and where no spare is left.
    """
    manifest = parse_manifest(record)
    if not reason.strip():
        raise make_usage_error(
            "A case is replaced without a reason", 'Say why it cannot be reviewed: --reason "reason".'
        )
    if order not in manifest.cases["order"]:
        raise make_usage_error(f"No case stands at {order}", f"Give a place from 1 to {manifest.cases.height}.")
    if _find_case(manifest.cases, order)["probability"] == "1":
        raise make_usage_error(
            "The case was taken with certainty, so none can stand for it", "Leave it undeterminable."
        )
    next_spare = _find_next_spare(manifest.cases, manifest.spares, manifest.replaced, order)
    if next_spare is None:
        raise make_usage_error(
            "No spare is left for this case", "Extend the sample, with a reason, or leave it undeterminable."
        )
    if spare not in (None, next_spare["order"]):
        what = f"Spare {spare} is out of order: the next for this case is {next_spare['order']}"
        raise make_usage_error(what, "Take the spares in their order.")
    current_case = _find_case(_apply_replacements(manifest.cases, manifest.spares, manifest.replaced), order)
    entry = _make_entry(current_case, next_spare, because=reason, when=when.isoformat())
    return {**record, "replaced": [*manifest.replaced, entry]}


def carry_over_replacements(record: ManifestRecord | None, sample: Selection) -> list[dict[str, Any]]:
    """The replacements of the draw before, in a sample drawn again with its seed, as long or longer.

    A spare that the longer draw takes in its own right stands there; what it stood for goes to the next. Raises a
    usage error where there are too few spares.
    """
    if record is None or (before := parse_manifest(record)).seed != sample.seed:
        return []
    replaced: list[dict[str, Any]] = []
    for one in before.replaced:
        current_cases = _apply_replacements(sample.cases, sample.spares, replaced)
        case = current_cases.row(by_predicate=pl.col("key") == one["key"], named=True)
        next_spare = _find_next_spare(sample.cases, sample.spares, replaced, case["order"])
        if next_spare is None:
            raise make_usage_error(
                "There are too few spares for the cases that were replaced before", "Plan with more spares."
            )
        replaced.append(_make_entry(case, next_spare, because=one["because"], when=one["when"]))
    return replaced


def find_misplaced_replacements(manifest: Manifest) -> Iterator[int]:
    """The places at which a manifest replaces another case than stands there, by another than the next, or silently."""
    for number, one in enumerate(manifest.replaced):
        before, order = manifest.replaced[:number], one["order"]
        if order not in manifest.cases["order"]:
            yield number + 1
            continue
        case = _find_case(_apply_replacements(manifest.cases, manifest.spares, before), order)
        next_spare = _find_next_spare(manifest.cases, manifest.spares, before, order)
        reason, when = one["because"], one["when"]
        if (
            not (reason or "").strip()
            or not next_spare
            or one != _make_entry(case, next_spare, because=reason, when=when)
        ):
            yield number + 1


def _apply_replacements(cases: pl.DataFrame, spares: pl.DataFrame, replaced: Sequence[ManifestRecord]) -> pl.DataFrame:
    """The cases with every replaced one's place taken by its spare."""
    last = {one["order"]: one["by"] for one in replaced}
    places = pl.DataFrame({"order": last.keys(), "key": last.values()}, schema={"order": pl.Int64, "key": pl.String})
    spared = places.join(spares.drop("order"), on="key").select(cases.columns)
    return pl.concat([cases.join(spared, on="order", how="anti"), spared]).sort("order")


def _find_next_spare(
    cases: pl.DataFrame, spares: pl.DataFrame, replaced: Sequence[ManifestRecord], order: int
) -> dict[str, Any] | None:
    """The next spare for the case at a place: of its stratum, not used yet."""
    used = [one["by"] for one in replaced]
    left = spares.filter(~pl.col("key").is_in(used), pl.col("stratum").eq_missing(_find_case(cases, order)["stratum"]))
    return left.row(0, named=True) if left.height else None


def _find_case(cases: pl.DataFrame, order: int) -> dict[str, Any]:
    return cases.row(by_predicate=pl.col("order") == order, named=True)


def _make_entry(case: ManifestRecord, spare: ManifestRecord, *, because: str, when: str) -> dict[str, Any]:
    return {
        "order": case["order"],
        "key": case["key"],
        "by": spare["key"],
        "spare": spare["order"],
        "because": because,
        "when": when,
    }
