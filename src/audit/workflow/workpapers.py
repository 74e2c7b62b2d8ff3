"""The working papers as a folder: all it takes to perform a sample audit again, and its performance from there."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit import programs
from audit.assessment.case_file import Files, assessed_files, cases_of, gather
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import evaluate
from audit.files import as_json, digest_of
from audit.formatting import count, day, plural
from audit.programs.declaration import Program, vocabulary
from audit.reporting.reliability_memo import memorandum
from audit.review.journal import Event, standing
from audit.review.readiness import Clearance, clearance
from audit.review.settle import conclusions
from audit.sampling.reconciliation import documentation, reconciliation
from audit.sampling.redraw import redraw
from audit.sampling.second_phase import scope_again
from audit.storage.declarations import declared_in, read_offices, read_policy, read_program
from audit.storage.output_folder import altered, publish, stands
from audit.storage.review_journal import read_journal
from audit.storage.sample_audit_folder import JOURNAL, SECOND, Steps
from audit.workflow.audit import Engagement, checked, concluded, frame_by_office, promised, settled

STEPS = ("frame.json", "frame.txt", "design.json", "sample.json", "determinations.csv", "settled.csv")
FACTS, PROGRAM, RESULT, OFFICES, INDEX = "facts", "program", "result.json", "frame_by_office.csv", "INDEX.md"
REVIEW, MEMORANDUM, DEPARTURES = "review.json", "reliability.md", "departures.md"

CONTENTS = {
    "frame.txt": "every case that could be drawn; frame.json states its digest, and what was left out and why",
    "design.json": "how many cases, by what formula, and what that promises",
    "sample.json": "the manifest: seed, times, method, cases in the order of the draw, spares, replacements",
    "facts/": "the facts of each drawn case, as the rules read them; persons under pseudonyms",
    "program/": "the program: tables as declared, offices, policy with its citations",
    "determinations.csv": "case by attribute: outcome, rule, version, section, evidence, what an open case needs",
    "settled.csv": "the same with what people concluded, and why",
    "journal.jsonl": "every answer of the review, as it was entered; each line seals those before it",
    "second.json": "the draw of the cases that a second reviewer judged",
    "review.json": "how far the reviewers concur, what errors do to the rate, what is missing before issue",
    "reliability.md": "the data-reliability memorandum: what was tested; the verdict is left to the auditor",
    "departures.md": "departures from the standards, and what they do to the audit",
    "frame_by_office.csv": "the cases of the frame by office and stratum",
    "result.json": "cells, rates, limits, bounds, conclusions",
    "manifest.json": "the SHA-256 of each file",
}


class Agreement(NamedTuple):
    """One thing that was performed again, and where it differs; nothing where it agrees."""

    what: str
    differs: str

    @property
    def agrees(self) -> bool:
        """Whether it came out the same."""
        return not self.differs


def written(
    work: Engagement, taken: Steps, *, slips: str, departures: str = "none", overwrite: bool
) -> tuple[Path, bool]:
    """Write the working papers of the steps on disk; say where, and whether they were written.

    They hold what CONTENTS lists, those of a review where there was one, and an index that says so. `slips` states what
    went wrong in execution, `departures` where the standards were not followed and to what effect, or that nothing did.
    """
    folder, source = taken.folder.parent / "workpapers", programs.folder(work.program.name)
    names = (*STEPS, JOURNAL, SECOND)
    files = {name: (taken.folder / name).read_bytes() for name in names if (taken.folder / name).exists()}
    result, facts = concluded(work, taken), gather(work.program, work.rows, taken.read_keys())
    inputs: dict[str, Any] = {"software": f"audit {version('audit')}", "slips": slips, "departures": departures}
    inputs |= {"program": work.program.sha256, "steps": taken.digests()}
    if not overwrite and stands(folder, inputs=inputs):
        return folder, False
    frame, _ = taken.read_frame()
    files |= {f"{FACTS}/{name}.parquet": content for name, content in _facts(facts)}
    files |= {f"{PROGRAM}/{path.relative_to(source)}": path.read_bytes() for path in declared_in(source)}
    files[OFFICES] = frame_by_office(work, frame).write_csv().encode()
    files[RESULT] = as_json(asdict(result))
    files[DEPARTURES] = f"# Departures from the standards\n\n{departures.strip()}\n".encode()
    checks = checked(work).results if any(suite.expectations for suite in work.suites.values()) else ()
    files[MEMORANDUM] = memorandum(work.program.title, work.totals, checks, result.needed).encode()
    events = read_journal(taken.journal)
    if work.program.review:
        files[REVIEW] = as_json(asdict(_clearance(work.program, taken.read_settled(), events, taken.settled_digest())))
    files[INDEX] = _index(work, taken, slips, files, events).encode()
    publish(folder, files, inputs=inputs)
    return folder, True


def performed_again(folder: Path) -> tuple[Agreement, ...]:
    """Perform the audit again from its working papers alone: draw, assess, settle and estimate, and compare each.

    AuditError (UNREADABLE) where the folder holds no working papers.
    """
    if not (folder / INDEX).exists():
        mend = "Name the folder that audit workpapers wrote."
        raise AuditError(Problem(what="holds no working papers", mend=mend, file=str(folder)), code=ExitCode.UNREADABLE)
    program = read_program(folder / PROGRAM)
    policy = read_policy(folder / PROGRAM / "policy", vocabulary(program))
    taken = Steps(folder=folder, key=program.census.unit)
    (frame, _), record = taken.read_frame(), taken.read_sample()
    found = assessed_files(_gathered(folder, program.census.unit, program), policy, office=program.census.office)
    determinations, concluded_on = _table(folder / "determinations.csv"), _table(folder / "settled.csv")
    events = read_journal(taken.journal)
    again = settled(program, determinations, _reviews(program, concluded_on, events))
    names = read_offices(folder / PROGRAM / program.offices).names()
    in_frame = pl.read_csv(folder / OFFICES, schema_overrides={"office": pl.String, "stratum": pl.String})
    in_frame = in_frame.with_columns(pl.col("stratum").fill_null(""))
    result = evaluate(concluded_on, record, frame, promised(program), policy, offices=names, in_frame=in_frame)
    return (
        Agreement("the files", _first([f"{one.file} {one.what}" for one in altered(folder, mend="")])),
        Agreement("the sample, drawn again", _first(redraw(frame, record))),
        Agreement("the reconciliation, added up", _sums(record, again[program.census.unit])),
        Agreement("the determinations, from the facts", _rows(_as_read(found), determinations)),
        Agreement("what people concluded, put to them", _rows(_as_read(again), concluded_on)),
        Agreement("the result, estimated", _numbers(json.loads(as_json(asdict(result))), _json(folder / RESULT))),
        *_review_again(folder, program, concluded_on, events),
    )


def _reviews(program: Program, concluded_on: pl.DataFrame, events: Sequence[Event]) -> pl.DataFrame:
    """What people concluded: by the journal where there is one, or as it was given."""
    if events:
        return conclusions(standing(events, key=program.census.unit))
    reviewed = concluded_on.filter(settled_by="review")
    return reviewed.select(program.census.unit, "attribute", pl.col("settled").alias("outcome"), "reason")


def _review_again(
    folder: Path, program: Program, concluded_on: pl.DataFrame, events: Sequence[Event]
) -> Iterator[Agreement]:
    """How far the reviewers concur, computed again; and the draw of the second reviewer's cases."""
    if program.review:
        digest = digest_of(folder / "settled.csv") or ""
        found = json.loads(as_json(asdict(_clearance(program, concluded_on, events, digest))))
        yield Agreement("the review, from its journal", _numbers(found, _json(folder / REVIEW)))
    if (folder / SECOND).exists():
        differing = redraw(scope_again(_json(folder / "sample.json")), _json(folder / SECOND))
        yield Agreement("the second reviewer's cases, drawn again", _first(differing))


def _clearance(program: Program, settled_: pl.DataFrame, events: Sequence[Event], digest: str) -> Clearance:
    assert program.review is not None
    level = str(promised(program).level)
    return clearance(settled_, events, program.review, key=program.census.unit, level=level, digest=digest)


def _facts(files: Files) -> Iterator[tuple[str, bytes]]:
    """The facts of the drawn cases: their own, and their rows of each child table."""
    cases = files.cases.collect()
    tables = {"cases": cases}
    for name, child in files.vocabulary.children.items():
        own = cases.select(child.on).drop_nulls().unique().lazy()
        tables[name] = files.children[name].join(own, on=child.on, how="semi").collect()
    for name, table in tables.items():
        out = BytesIO()
        table.write_parquet(out)
        yield name, out.getvalue()


def _gathered(folder: Path, key: str, program: Program) -> Files:
    words = vocabulary(program)
    children = {name: pl.scan_parquet(folder / FACTS / f"{name}.parquet") for name in words.children}
    return Files(
        cases=pl.scan_parquet(folder / FACTS / "cases.parquet"),
        children=children,
        vocabulary=words,
        key=key,
        dated_by=cases_of(program).dated_by,
    )


def _index(work: Engagement, taken: Steps, slips: str, files: Collection[str], events: Sequence[Event]) -> str:
    """What is in the folder, how the cases add up, where each standard is met, and how to perform it again."""
    record = taken.read_sample()
    steps = reconciliation(record, reviewed=taken.read_settled()[work.program.census.unit].to_list())
    standards = documentation(
        record,
        results="settled.csv: each case's outcome, the rule or reviewer that gave it, and why",
        supporting=f"{FACTS}/: the facts as the rules read them; {PROGRAM}/policy/: the rules with their citations",
        projection=f"{RESULT}: rates with exact limits, which take the place of a standard error",
        slips=slips,
        adjustments=f"{RESULT}: bounds with the undeterminable cases put back either way",
    )
    asked = [(f"{one.number}. {one.asks}", one.stands or "not there yet") for one in standards]
    return "\n".join(
        [
            f"# Working papers: {work.program.title}",
            "",
            "An auditor who had no part in the work performs it again with `audit reperform FOLDER`, and the draw",
            "alone with `python verify_any.py sample.json frame.txt`, which needs nothing of this program.",
            "",
            *_listed("What is here", [(f"`{name}`", words) for name, words in CONTENTS.items() if _held(name, files)]),
            *_listed("How the cases add up", [(one.step, count(one.cases)) for one in steps]),
            *_listed("Sampling documentation (Rev. Proc. 2011-42, Appendix B)", asked),
            *_listed("Documentation (GAGAS 2024)", _gagas(work, events)),
        ]
    )


def _held(name: str, files: Collection[str]) -> bool:
    return name in files or name.endswith("/") or name == "manifest.json"


def _gagas(work: Engagement, events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """Where the working papers meet what government auditing standards ask of them."""
    signed = [event for event in events if event.phase == "supervision"]
    last = f"; {plural(len(events), 'entry', 'entries')}, the last sealed {events[-1].seal}" if events else ""
    yield "8.132 an experienced auditor with no connection to the work can understand it", "all of it: audit reperform"
    yield "8.133 the evidence of findings is documented before the report", f"determinations.csv, settled.csv{last}"
    yield "8.135a objectives, scope, methodology", f"{PROGRAM}/program.toml; design.json"
    yield "8.135b work performed, with case numbers", f"sample.json; {FACTS}/; settled.csv"
    supervised = f"journal.jsonl: {signed[-1].by}, {day(signed[-1].when.date())}" if signed else "not recorded"
    yield "8.135c supervisory review", supervised
    yield "8.136 departures", DEPARTURES
    recommended = sum(len(finding.recommendations) for finding in work.findings)
    yield (
        "8.116 to 8.127 findings: criteria, condition, cause, effect",
        f"{PROGRAM}/findings.yaml: {plural(len(work.findings), 'finding')}, {plural(recommended, 'recommendation')}"
        if work.findings
        else "none on file",
    )
    yield "8.108 to 8.110 assessment of the evidence", f"{MEMORANDUM}, to be completed by the auditor"


def _listed(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    return [f"## {title}", "", "| | |", "| --- | --- |", *(f"| {one} | {other} |" for one, other in rows), ""]


def _sums(record: Mapping[str, Any], reviewed: pl.Series) -> str:
    try:
        reconciliation(record, reviewed=reviewed.to_list())
    except AuditError as error:
        return str(error)
    return ""


def _rows(again: pl.DataFrame, there: pl.DataFrame) -> str:
    """How many rows of a table differ from what was computed again; both are text."""
    if again.columns != there.columns:
        return "the columns are others"
    differing = pl.concat([again, there]).unique(keep="none").height
    return f"{plural(differing, 'row')} of either table not in the other" if differing else ""


def _numbers(again: Any, there: Any, place: str = "") -> str:
    """The first place at which two records differ."""
    if isinstance(again, dict) and isinstance(there, dict) and again.keys() == there.keys():
        return _first([found for name in again if (found := _numbers(again[name], there[name], f"{place}.{name}"))])
    if isinstance(again, list) and isinstance(there, list) and len(again) == len(there):
        parts = zip(again, there, strict=True)
        return _first([found for n, pair in enumerate(parts) if (found := _numbers(*pair, f"{place}.{n}"))])
    return "" if again == there else f"{place.removeprefix('.')} is another"


def _first(found: list[str]) -> str:
    more = f", and {count(len(found) - 1)} more" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""


def _as_read(found: pl.DataFrame) -> pl.DataFrame:
    """A table as it comes back from its file: all text."""
    return pl.read_csv(found.write_csv().encode(), infer_schema=False)


def _table(path: Path) -> pl.DataFrame:
    return pl.read_csv(path.read_bytes(), infer_schema=False)


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())
