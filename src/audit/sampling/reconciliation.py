"""The working papers of a sample: the reconciliation from universe to assessed cases, and where each record stands."""

from collections.abc import Collection
from typing import NamedTuple

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_count, format_plural
from audit.sampling.manifest import Manifest, ManifestRecord, parse_manifest
from audit.sampling.replacements import list_current_cases


class ReconciliationLine(NamedTuple):
    """One line of the reconciliation."""

    step: str
    cases: int | None  # None where it is not known yet


class DocumentationItem(NamedTuple):
    """One thing that has to be documented, and where it stands; None where it does not yet."""

    number: int
    requirement: str
    location: str | None


def build_reconciliation(
    record: ManifestRecord, *, assessed: Collection[str] | None = None, by_people: int | None = None
) -> tuple[ReconciliationLine, ...]:
    """Universe, less what was left out, is the frame; the frame is what was drawn and what was not; drawn is assessed.

    `assessed` are the keys of the settled determinations, once there are any, and `by_people` says how many of these
    cases people reviewed. Raises a data error with every sum that does not add up.
    """
    manifest, current_keys = parse_manifest(record), set(list_current_cases(record)["key"])
    if problems := [*_find_differences(manifest, current_keys, None if assessed is None else set(assessed))]:
        raise AuditError(problems, code=ExitCode.DATA)
    left_out = (ReconciliationLine(f"left out, {one['reason']}", one["cases"]) for one in record["frame"]["exclusions"])
    sample_size = manifest.cases.height
    return (
        ReconciliationLine("universe", manifest.universe),
        *left_out,
        ReconciliationLine("frame", manifest.frame_size),
        ReconciliationLine("not drawn", manifest.frame_size - sample_size),
        ReconciliationLine("sample", sample_size),
        ReconciliationLine("of them spares, for cases replaced", len(current_keys - set(manifest.cases["key"]))),
        ReconciliationLine("assessed by rule", None if assessed is None else len(set(assessed))),
        ReconciliationLine("reviewed by people", by_people),
    )


def list_documentation_items(
    record: ManifestRecord,
    *,
    results: str = "",
    supporting: str = "",
    projection: str = "",
    slips: str = "",
    adjustments: str = "",
) -> tuple[DocumentationItem, ...]:
    """The seven items of the sampling documentation standards, and where each stands in the record.

    Source: Internal Revenue Service, Rev. Proc. 2011-42, Appendix B. The manifest answers for the draw; the texts say
    where the rest is to be found: each case's result, supporting documents, the projection with its standard error, a
    statement of slips in execution (or that there were none), and the adjustments that follow.
    """
    manifest = parse_manifest(record)
    seeds = format_plural(len(record.get("earlier seeds", ())), "seed")
    history = (
        f"sample.json: {seeds} given up, extended {format_plural(len(manifest.extended), 'time')}, "
        f"{format_plural(len(manifest.replaced), 'case')} replaced; {slips}"
    )
    units = "sample.json, cases"
    items = (
        ("the seed or starting point", "sample.json, seed: its value, its source and when it was chosen"),
        (
            "how the random numbers are paired with the frame, so that it can be retraced",
            "sample.json, generator and frame; frame.txt, whose digest is stated",
        ),
        ("the units selected, and the result of each", f"{units}; {results}" if results.strip() else None),
        ("supporting documents", supporting.strip() or None),
        ("the projection, with its standard error", projection.strip() or None),
        ("slips or blemishes in execution", history if slips.strip() else None),
        ("associated adjustments", adjustments.strip() or None),
    )
    return tuple(
        DocumentationItem(number, requirement, location)
        for number, (requirement, location) in enumerate(items, start=1)
    )


def _find_differences(manifest: Manifest, current_keys: set[str], assessed: set[str] | None) -> list[Problem]:
    frame = manifest.universe - manifest.left_out
    sums = [
        (
            frame == manifest.frame_size,
            f"{format_count(manifest.universe)} in the universe less {format_count(manifest.left_out)} left out are "
            f"{format_count(frame)}, and the frame has {format_count(manifest.frame_size)}",
        ),
        (
            not manifest.sizes or sum(size for _, size in manifest.sizes) == manifest.frame_size,
            "the strata do not add up to the frame",
        ),
        (
            len(current_keys) == manifest.cases.height <= manifest.frame_size,
            f"{format_count(manifest.cases.height)} cases are listed, and {format_count(len(current_keys))} different "
            "ones stand",
        ),
    ]
    problems = [_make_problem(what, "Draw again: audit draw.") for holds, what in sums if not holds]
    if assessed is not None and assessed != current_keys:
        what = (
            f"{format_plural(len(current_keys - assessed), 'drawn case')} not assessed, "
            f"{format_plural(len(assessed - current_keys), 'assessed case')} not drawn"
        )
        problems.append(_make_problem(what, "Assess and settle the cases of this sample."))
    return problems


def _make_problem(what: str, mend: str) -> Problem:
    return Problem(what=what, mend=mend, file="sample.json")
