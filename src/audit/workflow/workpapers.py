"""The working papers as a folder: all it takes to perform a sample audit again, and its performance from there."""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.case_file import CaseFiles, assess_case_files, gather_case_files, require_cases
from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file
from audit.formatting import format_count, format_day, format_list, format_plural
from audit.programs.declaration import Program, build_vocabulary
from audit.reporting.reliability_memo import format_memorandum
from audit.review.journal import ReviewEvent, build_review_status, list_signatures
from audit.review.readiness import ReviewReadiness, check_readiness
from audit.review.settle import conclude_reviews
from audit.sampling.reconciliation import build_reconciliation, list_documentation_items
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.second_phase import build_second_phase_frame
from audit.storage.declarations import (
    list_declaration_files,
    read_audit_report,
    read_offices,
    read_policy,
    read_program,
)
from audit.storage.output_folder import find_dropped_files, publish_folder
from audit.storage.review_journal import read_journal
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.up_to_date_reports import find_alterations, is_up_to_date
from audit.storage.up_to_date_steps import JOURNAL_FILE, SECOND_SAMPLE_FILE
from audit.workflow.program_data import ProgramData
from audit.workflow.progress import LOGGER
from audit.workflow.sample_audit import (
    count_frame_by_office,
    estimate_from_folder,
    evaluate_settled_sample,
    require_sample_plan,
    settle_outcomes,
)
from audit.workflow.validation import check_tables

OUTSIDE, TWINS = "outside_", "equally_near"  # tables of facts beside those of the cases and their rows
STEP_FILES = ("frame.json", "frame.txt", "design.json", "sample.json", "determinations.csv", "settled.csv")
FACTS_FOLDER, PROGRAM_FOLDER = "facts", "program"
RESULT_FILE, OFFICE_COUNTS_FILE, INDEX_FILE = "result.json", "frame_by_office.csv", "INDEX.md"
NOT_STATED = "not stated"  # what stands where nobody said anything
REVIEW_FILE, MEMORANDUM_FILE, DEPARTURES_FILE = "review.json", "reliability.md", "departures.md"

FILE_DESCRIPTIONS = {
    "frame.txt": "every case that could be drawn; frame.json states its digest, and what was left out and why",
    "design.json": "how many cases, by what formula, and what that promises",
    "sample.json": "the manifest: seed, times, method, cases in the order of the draw, spares, replacements",
    "facts/": "the facts of each drawn case, as the rules read them; persons under pseudonyms",
    "program/": "the program: tables as declared, offices, policy with its citations",
    "determinations.csv": "case by attribute: outcome, rule, version, section, evidence, what an open case needs",
    "settled.csv": "the same with what people concluded, and why",
    "journal.jsonl": "every answer of the review, as it was entered; each line seals those before it",
    "second.json": "the draw of the cases that a second reviewer judged",
    "review.json": "how far the reviewers concur, what errors do to the rate, what is outstanding before issue",
    "reliability.md": "the data-reliability memorandum: what was tested; the verdict is left to the auditor",
    "departures.md": "departures from the standards, and what they do to the audit",
    "frame_by_office.csv": "the cases of the frame by office and stratum",
    "result.json": "cells, rates, limits, bounds, conclusions",
    "manifest.json": "the SHA-256 of each file",
}


class ReperformanceResult(NamedTuple):
    """One thing that was performed again, and where it differs; nothing where it agrees."""

    what: str
    difference: str
    performed: bool = True  # False where the audit had no such step, so that there was nothing to perform

    @property
    def is_reproduced(self) -> bool:
        """Whether it came out the same."""
        return not self.difference


def write_workpapers(
    work: ProgramData, steps: SampleAuditFolder, *, slips: str, departures: str = NOT_STATED, overwrite: bool
) -> tuple[Path, bool]:
    """Write the working papers of the steps on disk; say where, and whether they were written.

    They hold what FILE_DESCRIPTIONS lists, those of a review where there was one, and an index that says so. `slips`
    states what went wrong in execution, `departures` where the standards were not followed and to what effect. What
    nobody said is not stated: it never reads as none.
    """
    folder = steps.folder.parent / "workpapers"
    names = (*STEP_FILES, JOURNAL_FILE, SECOND_SAMPLE_FILE)
    files = {name: (steps.folder / name).read_bytes() for name in names if (steps.folder / name).exists()}
    result, facts = estimate_from_folder(work, steps), gather_case_files(work.program, work.rows, steps.read_keys())
    inputs: dict[str, Any] = {"software": f"audit {version('audit-toolkit')}", "slips": slips, "departures": departures}
    inputs |= {"program": work.program.sha256, "steps": steps.hash_steps()}
    if not overwrite and is_up_to_date(folder, inputs=inputs):
        return folder, False
    LOGGER.info("writing the working papers")
    frame, _ = steps.read_frame()
    files |= {f"{FACTS_FOLDER}/{name}.parquet": content for name, content in _encode_facts(facts)}
    files |= _read_declarations(work)
    files[OFFICE_COUNTS_FILE] = count_frame_by_office(work, frame).write_csv().encode()
    files[RESULT_FILE] = encode_json(asdict(result))
    files[DEPARTURES_FILE] = f"# Departures from the standards\n\n{departures.strip()}\n".encode()
    checks = check_tables(work).results if any(suite.expectations for suite in work.suites.values()) else ()
    files[MEMORANDUM_FILE] = format_memorandum(work.program.title, work.totals, checks, result.needed).encode()
    events = read_journal(steps.journal)
    if work.program.review:
        files[REVIEW_FILE] = encode_json(
            asdict(_check_readiness(work.program, steps.read_settled_outcomes(), events, steps.hash_settled_outcomes()))
        )
    files[INDEX_FILE] = _format_index(work, steps, files, events, slips=slips, departures=departures).encode()
    if dropped := find_dropped_files(folder, files):
        LOGGER.warning("%s: replaced; what was there had also %s", folder, format_list(dropped, most=8))
    publish_folder(folder, files, inputs=inputs)
    return folder, True


def _read_declarations(work: ProgramData) -> dict[str, bytes]:
    """The files of the program that was used, wherever its folder is, and of its suites, if they lie elsewhere."""
    files = {path.relative_to(work.folder): path for path in list_declaration_files(work.folder)}
    files |= {Path("expectations", path.name): path for path in sorted(work.suites_folder.glob("*.yaml"))}
    return {f"{PROGRAM_FOLDER}/{name.as_posix()}": path.read_bytes() for name, path in files.items()}


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
        recomputed = json.loads(encode_json(asdict(_check_readiness(program, concluded_on, events, digest))))
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


def _check_readiness(
    program: Program, settled_: pl.DataFrame, events: Sequence[ReviewEvent], digest: str
) -> ReviewReadiness:
    assert program.review is not None
    level = str(require_sample_plan(program).level)
    return check_readiness(settled_, events, program.review, key=program.census.unit, level=level, digest=digest)


def _encode_facts(files: CaseFiles) -> Iterator[tuple[str, bytes]]:
    """The facts of the drawn cases: their own, and their rows of each child table, in an order that is always one.

    Rows dated outside a table's window, and the records that are equally near, are there as well.
    """
    cases = files.cases.collect().sort(files.key)
    tables = {"cases": cases}
    for name, child in files.vocabulary.children.items():
        own = cases.select(child.on).drop_nulls().unique().lazy()
        for title, source in ((name, files.children[name]), (f"{OUTSIDE}{name}", files.outside.get(name))):
            if source is not None:
                rows = source.join(own, on=child.on, how="semi").collect()
                tables[title] = rows.sort(child.on, *(column for column in rows.columns if column != child.on))
    if files.twins is not None:
        twins = files.twins.collect()
        tables[TWINS] = twins.sort(files.key, *files.twin_keys)
    for name, table in tables.items():
        out = BytesIO()
        table.write_parquet(out)
        yield name, out.getvalue()


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


def _format_index(
    work: ProgramData,
    steps: SampleAuditFolder,
    files: Collection[str],
    events: Sequence[ReviewEvent],
    *,
    slips: str,
    departures: str,
) -> str:
    """What is in the folder, how the cases add up, where each standard is met, and how to perform it again."""
    record = steps.read_sample()
    outcomes, unit = steps.read_settled_outcomes(), work.program.census.unit
    by_people = outcomes.filter(pl.col("settled_by") != "rule")[unit].n_unique()
    case_counts = build_reconciliation(record, assessed=outcomes[unit].to_list(), by_people=by_people)
    standards = list_documentation_items(
        record,
        results="settled.csv: each case's outcome, the rule or reviewer that gave it, and why",
        supporting=f"{FACTS_FOLDER}/: the facts as the rules read them; {PROGRAM_FOLDER}/policy/: the rules with "
        "their citations",
        projection=f"{RESULT_FILE}: rates with exact limits, which take the place of a standard error",
        slips=slips,
        adjustments=f"{RESULT_FILE}: bounds with the undeterminable cases put back either way",
    )
    standard_rows = [(f"{one.number}. {one.requirement}", one.location or "not there yet") for one in standards]
    return "\n".join(
        [
            f"# Working papers: {work.program.title}",
            "",
            "An auditor who had no part in the work performs it again with `audit reperform FOLDER`, and the draw",
            "alone with `python verify_any.py sample.json frame.txt`, which needs nothing of this program.",
            "",
            *_format_table(
                "What is here",
                [(f"`{name}`", words) for name, words in FILE_DESCRIPTIONS.items() if _has_file(name, files)],
            ),
            *_format_table("How the cases add up", [(one.step, format_count(one.cases)) for one in case_counts]),
            *_format_table("Sampling documentation (Rev. Proc. 2011-42, Appendix B)", standard_rows),
            *_format_table("Documentation (GAGAS 2024)", _list_gagas_standards(work, events, departures)),
        ]
    )


def _has_file(name: str, files: Collection[str]) -> bool:
    return name in files or name.endswith("/") or name == "manifest.json"


def _list_gagas_standards(
    work: ProgramData, events: Sequence[ReviewEvent], departures: str
) -> Iterator[tuple[str, str]]:
    """Where the working papers meet what government auditing standards ask of them."""
    signatures = list_signatures(events)
    last = f"; {format_plural(len(events), 'entry', 'entries')}, the last sealed {events[-1].seal}" if events else ""
    yield "8.132 an experienced auditor with no connection to the work can understand it", "all of it: audit reperform"
    yield "8.133 the evidence of findings is documented before the report", f"determinations.csv, settled.csv{last}"
    yield "8.135a objectives, scope, methodology", f"{PROGRAM_FOLDER}/program.toml; design.json"
    yield "8.135b work performed, with case numbers", f"sample.json; {FACTS_FOLDER}/; settled.csv"
    supervised = (
        f"journal.jsonl: {signatures[-1].by}, {format_day(signatures[-1].when.date())}"
        if signatures
        else "not recorded"
    )
    yield "8.135c supervisory review", supervised
    yield "8.136 departures", DEPARTURES_FILE if departures != NOT_STATED else NOT_STATED
    recommended = sum(len(finding.recommendations) for finding in work.findings)
    yield (
        "8.116 to 8.127 findings: criteria, condition, cause, effect",
        f"{PROGRAM_FOLDER}/findings.yaml: {format_plural(len(work.findings), 'finding')}, "
        f"{format_plural(recommended, 'recommendation')}"
        if work.findings
        else "none on file",
    )
    yield "8.108 to 8.110 assessment of the evidence", f"{MEMORANDUM_FILE}, to be completed by the auditor"


def _format_table(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    return [f"## {title}", "", "| | |", "| --- | --- |", *(f"| {one} | {other} |" for one, other in rows), ""]


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
    return json.loads(path.read_bytes())
