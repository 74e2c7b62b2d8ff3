"""The working papers as a folder: all it takes to perform a sample audit again, and its performance from there."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit import programs
from audit.casefile import Files, cases_of, gather
from audit.engagement import Engagement, assessed_files, concluded, frame_by_office, promised, settled
from audit.error import AuditError, ExitCode, Problem
from audit.evaluation import evaluate
from audit.program import Program, vocabulary
from audit.proof import redraw
from audit.store.declared import declared_in, read_offices, read_policy, read_program
from audit.store.folder import altered, as_json, publish, stands
from audit.store.steps import Steps
from audit.wording import count, plural
from audit.workpapers import documentation, reconciliation

STEPS = ("frame.json", "frame.txt", "design.json", "sample.json", "determinations.csv", "settled.csv")
FACTS, PROGRAM, RESULT, OFFICES, INDEX = "facts", "program", "result.json", "frame_by_office.csv", "INDEX.md"

CONTENTS = {
    "frame.txt": "every case that could be drawn; frame.json states its digest, and what was left out and why",
    "design.json": "how many cases, by what formula, and what that promises",
    "sample.json": "the manifest: seed, times, method, cases in the order of the draw, spares, replacements",
    "facts/": "the facts of each drawn case, as the rules read them; persons under pseudonyms",
    "program/": "the program: tables as declared, offices, policy with its citations",
    "determinations.csv": "case by attribute: outcome, rule, version, section, evidence, what an open case needs",
    "settled.csv": "the same with what people concluded, and why",
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


def written(work: Engagement, taken: Steps, *, slips: str, overwrite: bool) -> tuple[Path, bool]:
    """Write the working papers of the steps on disk; say where, and whether they were written.

    They hold what CONTENTS lists, and an index that says so. `slips` states what went wrong in execution, or that
    nothing did.
    """
    folder, source = taken.folder.parent / "workpapers", programs.folder(work.program.name)
    files = {name: (taken.folder / name).read_bytes() for name in STEPS if (taken.folder / name).exists()}
    result, facts = concluded(work, taken), gather(work.program, work.rows, taken.read_keys())
    inputs = {"software": f"audit {version('audit')}", "slips": slips, "steps": taken.digests()}
    if not overwrite and stands(folder, inputs=inputs):
        return folder, False
    frame, _ = taken.read_frame()
    files |= {f"{FACTS}/{name}.parquet": content for name, content in _facts(facts)}
    files |= {f"{PROGRAM}/{path.relative_to(source)}": path.read_bytes() for path in declared_in(source)}
    files[OFFICES] = frame_by_office(work, frame).write_csv().encode()
    files[RESULT] = as_json(asdict(result))
    files[INDEX] = _index(work, taken, slips).encode()
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
    reviewed = concluded_on.filter(settled_by="review")
    reviews = reviewed.select(program.census.unit, "attribute", pl.col("settled").alias("outcome"), "reason")
    again = settled(program, determinations, reviews)
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
    )


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


def _index(work: Engagement, taken: Steps, slips: str) -> str:
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
            *_listed("What is here", [(f"`{name}`", words) for name, words in CONTENTS.items()]),
            *_listed("How the cases add up", [(one.step, count(one.cases)) for one in steps]),
            *_listed("Sampling documentation (Rev. Proc. 2011-42, Appendix B)", asked),
        ]
    )


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
