"""The working papers as a folder: all it takes to perform a sample audit again."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment.case_file import CaseFiles, gather_case_files
from audit.errors import AuditError
from audit.files import encode_json
from audit.formatting import format_count, format_day, format_list, format_plural
from audit.programs.declaration import Program
from audit.reporting.corrections import SignOff
from audit.reporting.reliability_memo import format_memorandum
from audit.review.journal import ReviewEvent, list_signatures
from audit.review.readiness import ReviewReadiness, check_readiness
from audit.sampling.reconciliation import build_reconciliation, list_documentation_items
from audit.storage.declarations import (
    list_declaration_files,
)
from audit.storage.journal_heads import read_journal_heads
from audit.storage.lock import lock_folder
from audit.storage.output_folder import SIGNATURE_FILE, find_dropped_files, publish_folder
from audit.storage.review_journal import read_journal
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.signatures import sign_file
from audit.storage.up_to_date_reports import is_up_to_date
from audit.storage.up_to_date_steps import JOURNAL_FILE, SECOND_SAMPLE_FILE
from audit.workflow.program_data import ProgramData
from audit.workflow.progress import LOGGER
from audit.workflow.report_inputs import describe_inputs
from audit.workflow.sample_audit import (
    count_frame_by_office,
    estimate_from_folder,
    require_sample_plan,
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


def write_workpapers(
    work: ProgramData,
    steps: SampleAuditFolder,
    *,
    slips: str,
    departures: str = NOT_STATED,
    sign_off: SignOff | None = None,
    key: Path | None = None,
    overwrite: bool,
) -> tuple[Path, bool]:
    """Write the working papers of the steps on disk; say where, and whether they were written.

    They hold what FILE_DESCRIPTIONS lists, those of a review where there was one, and an index that says so. `slips`
    states what went wrong in execution, `departures` where the standards were not followed and to what effect. What
    nobody said is not stated: it never reads as none. With a `key` they are signed, as `sign_off` says, and from then
    on they stay as they are: AuditError (CONFLICT) where others would take their place.
    """
    folder = steps.folder.parent / "workpapers"
    names = (*STEP_FILES, JOURNAL_FILE, SECOND_SAMPLE_FILE)
    files = {name: (steps.folder / name).read_bytes() for name in names if (steps.folder / name).exists()}
    result, facts = estimate_from_folder(work, steps), gather_case_files(work.program, work.rows, steps.read_keys())
    inputs = _describe_paper_inputs(work, steps, slips=slips, departures=departures)
    signed = _is_signed(folder)
    if not (overwrite and not signed) and _are_papers_current(folder, inputs, sign_off, signed=signed):
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
            asdict(
                check_review_readiness(
                    work.program, steps.read_settled_outcomes(), events, steps.hash_settled_outcomes()
                )
            )
        )
    index = _format_index(work, steps, files, events, slips=slips, departures=departures, sign_off=sign_off)
    files[INDEX_FILE] = index.encode()
    if dropped := find_dropped_files(folder, files):
        LOGGER.warning("%s: replaced; what was there had also %s", folder, format_list(dropped, most=8))
    stated = {**asdict(sign_off), "journals": read_journal_heads(folder.parent)} if sign_off else None
    with lock_folder(folder.parent):
        publish_folder(
            folder,
            files,
            inputs=inputs | ({"sign_off": stated} if stated else {}),
            sign=partial(sign_file, key=key) if key else None,
        )
    return folder, True


def _describe_paper_inputs(
    work: ProgramData, steps: SampleAuditFolder, *, slips: str, departures: str
) -> dict[str, Any]:
    """What working papers are made from, by which a second run knows that it would make the same."""
    inputs = describe_inputs(work, steps=steps.hash_steps())
    return inputs | {"slips": slips, "departures": departures}


def _is_signed(folder: Path) -> bool:
    return (folder / SIGNATURE_FILE).exists()


def _are_papers_current(folder: Path, inputs: dict[str, Any], sign_off: SignOff | None, *, signed: bool) -> bool:
    """Whether the working papers are there already, and signed where they are to be.

    AuditError (CONFLICT) where others are there; what was signed is never replaced.
    """
    mend = "They stay as they are. Move the folder elsewhere, and write the working papers again."
    try:
        there = is_up_to_date(folder, inputs=inputs)
    except AuditError as error:
        if not signed:
            raise
        raise AuditError([replace(one, mend=mend) for one in error.problems], code=error.code) from None
    return there and (signed or sign_off is None)


def _read_declarations(work: ProgramData) -> dict[str, bytes]:
    """The files of the program that was used, wherever its folder is, and of its suites, if they lie elsewhere."""
    files = {path.relative_to(work.folder): path for path in list_declaration_files(work.folder)}
    files |= {Path("expectations", path.name): path for path in sorted(work.suites_folder.glob("*.yaml"))}
    return {f"{PROGRAM_FOLDER}/{name.as_posix()}": path.read_bytes() for name, path in files.items()}


def check_review_readiness(
    program: Program, settled_: pl.DataFrame, events: Sequence[ReviewEvent], digest: str
) -> ReviewReadiness:
    """How far the review of what is settled has come, by its journal."""
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


def _format_index(
    work: ProgramData,
    steps: SampleAuditFolder,
    files: Collection[str],
    events: Sequence[ReviewEvent],
    *,
    slips: str,
    departures: str,
    sign_off: SignOff | None,
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
            sign_off.describe() if sign_off else "Unsigned: no key shows who wrote them, or that they are as written.",
            "",
            "An auditor who had no part in the work performs it again with `audit reperform FOLDER`, and the draw",
            "alone with `python verify_any.py sample.json frame.txt`, which needs nothing of this program.",
            "`audit verify FOLDER` says whether every file is as it was written.",
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
