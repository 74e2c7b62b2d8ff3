"""The working papers of a sample: the reconciliation from universe to reviewed cases, and where each record stands."""

from collections.abc import Collection
from typing import NamedTuple

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import count, plural
from audit.sampling.manifest import Record, Stated, read
from audit.sampling.replacements import drawn_cases


class Step(NamedTuple):
    """One line of the reconciliation."""

    step: str
    cases: int | None  # None where it is not known yet


class Standard(NamedTuple):
    """One thing that has to be documented, and where it stands; None where it does not yet."""

    number: int
    asks: str
    stands: str | None


def reconciliation(record: Record, *, reviewed: Collection[str] | None = None) -> tuple[Step, ...]:
    """Universe, less what was left out, is the frame; the frame is what was drawn and what was not; drawn is reviewed.

    `reviewed` are the keys of the settled determinations, once there are any. Raises a data error with every sum that
    does not add up.
    """
    stated, standing = read(record), set(drawn_cases(record)["key"])
    if problems := [*_unreconciled(stated, standing, None if reviewed is None else set(reviewed))]:
        raise AuditError(problems, code=ExitCode.DATA)
    left_out = (Step(f"left out, {one['reason']}", one["cases"]) for one in record["frame"]["exclusions"])
    drawn = stated.cases.height
    return (
        Step("universe", stated.universe),
        *left_out,
        Step("frame", stated.frame_size),
        Step("not drawn", stated.frame_size - drawn),
        Step("sample", drawn),
        Step("of them spares, for cases replaced", len(standing - set(stated.cases["key"]))),
        Step("reviewed", None if reviewed is None else len(set(reviewed))),
    )


def documentation(
    record: Record,
    *,
    results: str = "",
    supporting: str = "",
    projection: str = "",
    slips: str = "",
    adjustments: str = "",
) -> tuple[Standard, ...]:
    """The seven items of the sampling documentation standards, and where each stands in the record.

    Source: Internal Revenue Service, Rev. Proc. 2011-42, Appendix B. The manifest answers for the draw; the texts say
    where the rest is to be found: each case's result, supporting documents, the projection with its standard error, a
    statement of slips in execution (or that there were none), and the adjustments that follow.
    """
    stated = read(record)
    seeds = plural(len(record.get("earlier seeds", ())), "seed")
    history = (
        f"sample.json: {seeds} given up, extended {plural(len(stated.extended), 'time')}, "
        f"{plural(len(stated.replaced), 'case')} replaced; {slips}"
    )
    units = "sample.json, cases"
    asked = (
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
    return tuple(Standard(number, asks, stands) for number, (asks, stands) in enumerate(asked, start=1))


def _unreconciled(stated: Stated, standing: set[str], reviewed: set[str] | None) -> list[Problem]:
    frame = stated.universe - stated.left_out
    sums = [
        (
            frame == stated.frame_size,
            f"{count(stated.universe)} in the universe less {count(stated.left_out)} left out are {count(frame)}, "
            f"and the frame has {count(stated.frame_size)}",
        ),
        (
            not stated.sizes or sum(size for _, size in stated.sizes) == stated.frame_size,
            "the strata do not add up to the frame",
        ),
        (
            len(standing) == stated.cases.height <= stated.frame_size,
            f"{count(stated.cases.height)} cases are listed, and {count(len(standing))} different ones stand",
        ),
    ]
    problems = [_problem(what, "Draw again: audit draw.") for holds, what in sums if not holds]
    if reviewed is not None and reviewed != standing:
        what = (
            f"{plural(len(standing - reviewed), 'drawn case')} not reviewed, "
            f"{plural(len(reviewed - standing), 'reviewed case')} not drawn"
        )
        problems.append(_problem(what, "Assess and settle the cases of this sample."))
    return problems


def _problem(what: str, mend: str) -> Problem:
    return Problem(what=what, mend=mend, file="sample.json")
