"""A sample audit performed again from its working papers alone, step by step."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFiles, assess_case_files, require_cases
from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file, parse_json
from audit.formatting import format_count, format_plural
from audit.programs.declaration import Program, build_vocabulary
from audit.review.journal import ReviewEvent, build_review_status
from audit.review.settle import conclude_reviews
from audit.sampling.reconciliation import build_reconciliation
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.second_phase import build_second_phase_frame
from audit.storage.declarations import (
    read_audit_report,
    read_offices,
    read_policy,
    read_program,
)
from audit.storage.review_journal import read_journal
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.up_to_date_reports import find_alterations
from audit.storage.up_to_date_steps import SECOND_SAMPLE_FILE
from audit.workflow.progress import LOGGER
from audit.workflow.sample_audit import evaluate_settled_sample, settle_outcomes
from audit.workflow.workpapers import (
    FACTS_FOLDER,
    INDEX_FILE,
    OFFICE_COUNTS_FILE,
    OUTSIDE,
    PROGRAM_FOLDER,
    RESULT_FILE,
    REVIEW_FILE,
    TWINS,
    check_review_readiness,
)


class ReperformanceResult(NamedTuple):
    """One thing that was performed again, and where it differs; nothing where it agrees."""

    what: str
    difference: str
    performed: bool = True  # False where the audit had no such step, so that there was nothing to perform

    @property
    def is_reproduced(self) -> bool:
        """Whether it came out the same."""
        return not self.difference


def reperform_audit(folder: Path) -> tuple[ReperformanceResult, ...]:
    """Perform the audit again from its working papers alone: draw, assess, settle and estimate, and compare each.

    Where a file is not the one that was written, that alone is said: what could be made from it is no evidence.

    AuditError (UNREADABLE) where the folder holds no working papers.
    """
    if not (folder / INDEX_FILE).exists():
        mend = "Name the folder that audit workpapers wrote."
        raise AuditError(Problem(what="holds no working papers", mend=mend, file=str(folder)), code=ExitCode.UNREADABLE)
    altered = [f"{one.file} {one.what}" for one in find_alterations(folder, mend="")]
    if altered:
        return (ReperformanceResult("the files", _summarize_differences(altered)),)
    LOGGER.info("reading the working papers")
    program = read_program(folder / PROGRAM_FOLDER)
    policy = read_policy(folder / PROGRAM_FOLDER / "policy", build_vocabulary(program))
    steps = SampleAuditFolder(folder=folder, key=program.census.unit)
    (frame, _), record = steps.read_frame(), steps.read_sample()
    LOGGER.info("assessing the cases again")
    reassessed = assess_case_files(
        _read_case_files(folder, program.census.unit, program), policy, office=program.census.office
    )
    determinations, concluded_on = _read_table(folder / "determinations.csv"), _read_table(folder / "settled.csv")
    events = read_journal(steps.journal)
    resettled = settle_outcomes(program, determinations, _collect_conclusions(program, concluded_on, events))
    in_frame = pl.read_csv(folder / OFFICE_COUNTS_FILE, schema_overrides={"office": pl.String, "stratum": pl.String})
    in_frame = in_frame.with_columns(pl.col("stratum").fill_null(""))
    LOGGER.info("estimating again")
    result = evaluate_settled_sample(
        program,
        policy,
        read_audit_report(folder / PROGRAM_FOLDER),
        frame=frame,
        record=record,
        settled=concluded_on,
        offices=read_offices(folder / PROGRAM_FOLDER / program.offices).list_names(),
        in_frame=in_frame,
    )
    return (
        ReperformanceResult("the files", ""),
        ReperformanceResult("the sample, drawn again", _summarize_differences(find_redraw_differences(frame, record))),
        ReperformanceResult("the reconciliation, added up", _check_sums(record, resettled[program.census.unit])),
        ReperformanceResult(
            "the determinations, from the facts", _compare_rows(_convert_to_text(reassessed), determinations)
        ),
        ReperformanceResult(
            "what people concluded, put to them",
            _compare_rows(_convert_to_text(resettled), concluded_on),
            performed=concluded_on.filter(pl.col("settled_by") != "rule").height > 0,
        ),
        ReperformanceResult(
            "the result, estimated",
            _compare_records(json.loads(encode_json(asdict(result))), _read_json(folder / RESULT_FILE)),
        ),
        *_reperform_review(folder, program, concluded_on, events),
    )


def _collect_conclusions(program: Program, concluded_on: pl.DataFrame, events: Sequence[ReviewEvent]) -> pl.DataFrame:
    """What people concluded: by the journal where there is one, or as it was given."""
    if events:
        return conclude_reviews(build_review_status(events, key=program.census.unit))
    reviewed = concluded_on.filter(settled_by="review")
    return reviewed.select(program.census.unit, "attribute", pl.col("settled").alias("outcome"), "reason")


def _reperform_review(
    folder: Path, program: Program, concluded_on: pl.DataFrame, events: Sequence[ReviewEvent]
) -> Iterator[ReperformanceResult]:
    """How far the reviewers concur, computed again; and the draw of the second reviewer's cases."""
    if program.review:
        digest = hash_file(folder / "settled.csv") or ""
        recomputed = json.loads(encode_json(asdict(check_review_readiness(program, concluded_on, events, digest))))
        yield ReperformanceResult(
            "the review, from its journal",
            _compare_records(recomputed, _read_json(folder / REVIEW_FILE)),
            performed=bool(events),
        )
    if (folder / SECOND_SAMPLE_FILE).exists():
        differing = find_redraw_differences(
            build_second_phase_frame(_read_json(folder / "sample.json")), _read_json(folder / SECOND_SAMPLE_FILE)
        )
        yield ReperformanceResult("the second reviewer's cases, drawn again", _summarize_differences(differing))


def _read_case_files(folder: Path, key: str, program: Program) -> CaseFiles:
    words, cases, links = build_vocabulary(program), require_cases(program), program.census.links
    tables = {path.stem: pl.scan_parquet(path) for path in (folder / FACTS_FOLDER).glob("*.parquet")}
    return CaseFiles(
        cases=tables["cases"],
        children={name: tables[name] for name in words.children},
        vocabulary=words,
        key=key,
        dated_by=cases.dated_by,
        recorded=cases.recorded,
        earlier=cases.earlier,
        outside={name: tables[f"{OUTSIDE}{name}"] for name in words.children if f"{OUTSIDE}{name}" in tables},
        twins=tables.get(TWINS),
        twin_keys=tuple(link.key for link in links),
        linked=frozenset(name for link in links for name in (link.key, *link.columns)),
        contradictions=cases.contradictions,
    )


def _check_sums(record: Mapping[str, Any], assessed: pl.Series) -> str:
    try:
        build_reconciliation(record, assessed=assessed.to_list())
    except AuditError as error:
        return str(error)
    return ""


def _compare_rows(recomputed: pl.DataFrame, stored: pl.DataFrame) -> str:
    """How many rows of a table differ from what was computed again; both are text."""
    if recomputed.columns != stored.columns:
        return "the columns are others"
    differing = pl.concat([recomputed, stored]).unique(keep="none").height
    return f"{format_plural(differing, 'row')} of either table not in the other" if differing else ""


def _compare_records(recomputed: Any, stored: Any, place: str = "") -> str:
    """The first place at which two records differ; the last digits of a number may be another processor's."""
    if isinstance(recomputed, dict) and isinstance(stored, dict) and recomputed.keys() == stored.keys():
        return _summarize_differences(
            [
                difference
                for name in recomputed
                if (difference := _compare_records(recomputed[name], stored[name], f"{place}.{name}"))
            ]
        )
    if isinstance(recomputed, list) and isinstance(stored, list) and len(recomputed) == len(stored):
        parts = zip(recomputed, stored, strict=True)
        return _summarize_differences(
            [difference for n, pair in enumerate(parts) if (difference := _compare_records(*pair, f"{place}.{n}"))]
        )
    both = recomputed, stored
    is_close = all(isinstance(one, float) for one in both) and math.isclose(*both, rel_tol=1e-9)
    return "" if is_close or recomputed == stored else f"{place.removeprefix('.')} is another"


def _summarize_differences(differences: list[str]) -> str:
    more = f", and {format_count(len(differences) - 1)} more" if len(differences) > 1 else ""
    return f"{differences[0]}{more}" if differences else ""


def _convert_to_text(table: pl.DataFrame) -> pl.DataFrame:
    """A table as it comes back from its file: all text."""
    return pl.read_csv(table.write_csv().encode(), infer_schema=False)


def _read_table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path.read_bytes(), infer_schema=False)


def _read_json(path: Path) -> Any:
    return parse_json(path.read_bytes())
