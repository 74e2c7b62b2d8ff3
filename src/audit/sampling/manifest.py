"""The manifest: the record of a draw, from which anyone can draw again and see that it was fair."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.sampling.draw import SAMPLE_SCHEMA, SELECTION_METHODS, Selection, describe_algorithm, refuse_other_frame
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan, parse_plan_inputs
from audit.sampling.tickets import find_first_ticket, refuse_unfit_seed

MANIFEST_FORMAT = "audit-sample/1"
_REPLACEMENT_SCHEMA = pl.Schema(
    {"order": pl.Int64, "key": pl.String, "by": pl.String, "spare": pl.Int64, "because": pl.String, "when": pl.String}
)
ManifestRecord = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Manifest:
    """What a manifest states of a draw."""

    digest: str
    universe: int
    left_out: int
    frame_size: int
    sizes: tuple[tuple[str, int], ...]
    design: Plan
    seed: str
    in_time: bool
    cases: pl.DataFrame  # as SAMPLE_SCHEMA
    spares: pl.DataFrame  # as SAMPLE_SCHEMA
    replaced: Sequence[ManifestRecord]
    extended: Sequence[ManifestRecord]
    probabilities: bool  # whether it is of the form that lists probabilities


def build_manifest(
    sample: Selection,
    frame: Frame,
    *,
    seed_source: str,
    frame_fixed: datetime,
    seed_chosen: datetime,
    earlier: Sequence[ManifestRecord] = (),
    extended: Sequence[ManifestRecord] = (),
    replaced: Sequence[ManifestRecord] = (),
) -> dict[str, Any]:
    """The record of a draw, ready for JSON: all it takes to draw again, and the times that show it was fair.

    `frame_fixed` is when the frame's digest was written down, `seed_chosen` when the seed came to be: a seed older
    than its frame could have been shopped for, and is refused. Both times carry a zone, or neither does. `earlier`
    is what `list_abandoned_seeds` returns, `extended` what `list_extensions`, `replaced` what
    `carry_over_replacements`.
    """
    refuse_other_frame(frame, sample.frame_digest)
    _refuse_early_seed(frame_fixed, seed_chosen)
    if not seed_source.strip():
        raise make_usage_error(
            "The seed has no source", "Say how it came to be: dice thrown in public, a published value."
        )
    return {
        "format": MANIFEST_FORMAT,
        "generator": {
            "name": "SHA-256 ticket",
            "algorithm": describe_algorithm(sample.design),
            "software": f"audit {version('audit-toolkit')}",
        },
        "frame": _describe_frame(frame, fixed=frame_fixed),
        "design": _describe_design(sample.design, frame),
        "seed": {"value": sample.seed, "source": seed_source, "chosen": seed_chosen.isoformat()},
        "earlier seeds": [dict(one) for one in earlier],
        "extended from": [dict(one) for one in extended],
        "cases": _list_cases(sample.cases),
        "spares": _list_cases(sample.spares),
        "replaced": [dict(one) for one in replaced],
    }


def _describe_frame(frame: Frame, *, fixed: datetime) -> dict[str, Any]:
    return {
        "digest": frame.digest,
        "fixed": fixed.isoformat(),
        "key": frame.key,
        "stratum": frame.stratum,
        "cluster": frame.cluster,
        "measure": frame.measure,
        "universe": frame.universe,
        "exclusions": [{"reason": reason, "cases": cases} for reason, cases in frame.exclusions],
        "untold": [{"reason": reason, "cases": cases} for reason, cases in frame.untold],
        "size": frame.size,
    }


def _describe_design(design: Plan, frame: Frame) -> dict[str, Any]:
    takes = dict(design.takes)
    return {
        "method": design.method,
        "size": design.size,
        "strata": [{"stratum": name, "size": size, "take": takes[name]} for name, size in frame.sizes],
        "certain": list(design.certain),
        "each": design.each,
        "start": design.start,
        "spares": design.spares,
        "confidence": design.confidence,
        "margin": design.margin,
        "allowed": design.allowed,
        "formula": design.formula,
        "inputs": asdict(design.inputs) if design.inputs else {},
        "citation": design.citation,
    }


def parse_manifest(record: ManifestRecord) -> Manifest:
    """What a manifest states. Raises a data error for what is no manifest.

    One that was written before there were other methods states none: its cases are the smallest tickets, and it
    lists no probabilities.
    """
    try:
        manifest = _parse_record(record)
        is_valid = record["format"] == MANIFEST_FORMAT and manifest.design.method in SELECTION_METHODS
    except (AttributeError, KeyError, TypeError, ValueError, AuditError, pl.exceptions.PolarsError):
        is_valid = False
    if not is_valid:
        problem = Problem(
            what=f"This is no manifest of the form {MANIFEST_FORMAT}", mend="Give the file that the draw wrote."
        )
        raise AuditError(problem, code=ExitCode.DATA)
    refuse_unfit_seed(manifest.seed)
    return manifest


def _parse_record(record: ManifestRecord) -> Manifest:
    fixed, planned, seed = record["frame"], record["design"], record["seed"]
    find_first_ticket(planned.get("start", "0"))
    return Manifest(
        digest=fixed["digest"],
        universe=int(fixed["universe"]),
        left_out=sum(int(one["cases"]) for one in fixed["exclusions"]),
        frame_size=int(fixed["size"]),
        sizes=tuple((part["stratum"], int(part["size"])) for part in planned["strata"]),
        design=Plan(
            frame_digest=fixed["digest"],
            size=int(planned["size"]),
            takes=tuple((part["stratum"], int(part["take"])) for part in planned["strata"]),
            confidence=planned["confidence"],
            margin=planned["margin"],
            allowed=planned.get("allowed"),
            formula=planned["formula"],
            inputs=parse_plan_inputs(planned["inputs"]),
            citation=planned["citation"],
            method=planned.get("method", "random"),
            each=planned.get("each"),
            start=str(planned.get("start", "0")),
            spares=int(planned.get("spares", 0)),
            certain=tuple(planned.get("certain", ())),
        ),
        seed=str(seed["value"]),
        in_time=datetime.fromisoformat(fixed["fixed"]) <= datetime.fromisoformat(seed["chosen"]),
        cases=pl.DataFrame(record["cases"], schema=SAMPLE_SCHEMA),
        spares=pl.DataFrame(record.get("spares", []), schema=SAMPLE_SCHEMA),
        replaced=pl.DataFrame(record.get("replaced", []), schema=_REPLACEMENT_SCHEMA).to_dicts(),
        extended=[dict(one) for one in record.get("extended from", ())],
        probabilities="method" in planned,
    )


def _list_cases(cases: pl.DataFrame) -> list[dict[str, Any]]:
    """The cases as a manifest lists them: without what the frame or the draw does not have, save the stratum."""
    names = [name for name in SAMPLE_SCHEMA if name == "stratum" or cases[name].null_count() < cases.height]
    return cases.select(names).to_dicts()


def _refuse_early_seed(frame_fixed: datetime, seed_chosen: datetime) -> None:
    if (frame_fixed.utcoffset() is None) != (seed_chosen.utcoffset() is None):
        raise make_usage_error("Only one of the two times has a zone", "Write both with their zone.")
    if seed_chosen < frame_fixed:
        what = "The seed was chosen before the frame was fixed, so it could have been shopped for"
        raise make_usage_error(what, "Write down the frame's digest first, then choose a seed.")
