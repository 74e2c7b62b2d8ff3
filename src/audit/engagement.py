"""One audit at work: a program, its data, and each step taken on what the steps before it found."""

import importlib
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from audit import compliance, programs
from audit.design import plan
from audit.determination import assess
from audit.engine import keep
from audit.error import AuditError, ExitCode, Problem
from audit.evaluation import SampleAudit, evaluate
from audit.expectations import agree, validate
from audit.frame import Frame, scope
from audit.language import condition
from audit.linkage import link
from audit.policy import Policy
from audit.program import Program, SamplePlan, vocabulary
from audit.reliability import Reliability, Suite, check
from audit.review import REVIEWS, settle
from audit.sample import Sample, draw, manifest
from audit.source import ControlTotals, Offices, Table
from audit.store import tables
from audit.store.declared import read_offices, read_policy, read_program, read_suites
from audit.store.steps import Steps

KEY = "AUDIT_PSEUDONYM_KEY"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Engagement:
    """A program with its declarations and the tables that were read for it."""

    program: Program
    policy: Policy | None
    suites: Mapping[str, Suite]
    offices: Offices
    tables: Mapping[str, Table]
    tell: Tell

    @property
    def rows(self) -> dict[str, pl.LazyFrame]:
        """Every table's rows by its name."""
        return {name: table.rows for name, table in self.tables.items()}

    @property
    def totals(self) -> tuple[ControlTotals, ...]:
        """The control totals of every file that was read."""
        return tuple(total for table in self.tables.values() for total in table.totals)


def declared(name: str) -> Program:
    """A program by its name, or by the folder that holds it."""
    return read_program(programs.folder(name))


def begin(
    name: str,
    *,
    data: Path | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    tell: Tell = lambda step: None,
) -> Engagement:
    """Read a program, its policy, its suites (in a folder of `expectations` named after it), and its tables.

    `data` is the folder of the tables; where the program makes synthetic ones, they are made if it is absent. `only`
    names the tables to read, where a step does not need all.
    """
    program, folder = declared(name), programs.folder(name)
    if data is None and program.generator:
        data = Path("data/generated") / program.name
        if not data.exists():
            tell("making the synthetic tables")
            generate(program, data)
    if data is None:
        raise _usage(f"the tables of {program.name} do not ship with it", "Name their folder with --data.")
    offices = read_offices(folder / program.offices)
    suites = read_suites(expectations / program.name)
    policy = read_policy(folder / "policy", vocabulary(program)) if program.cases else None
    tell("reading the tables")
    key = os.environ.get(KEY) or ("synthetic" if program.synthetic else "")
    given: dict[str, Any] = {"offices": offices, "pseudonym_key": key.encode() or None, "set_aside": set_aside}
    wanted = [source for source in program.tables.values() if only is None or source.name in only]
    read = {source.name: tables.read(source, data, **given) for source in wanted}
    read = {name: replace(table, rows=keep(table.rows)) for name, table in read.items()}
    return Engagement(program=program, policy=policy, suites=suites, offices=offices, tables=read, tell=tell)


def generate(program: Program, folder: Path | None = None) -> Path:
    """Make the program's synthetic tables, whole or not at all, and return their folder."""
    if not program.generator:
        raise _usage(
            f"the program {program.name} has no synthetic tables", "Name the folder of its tables with --data."
        )
    folder = folder or Path("data/generated") / program.name
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    importlib.import_module(program.generator).write_year(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return folder


def promised(program: Program) -> SamplePlan:
    """The sample that the program declares."""
    if program.sample is None or program.cases is None:
        raise _usage(f"the program {program.name} declares no sample", "Add [cases] and [sample] to its program.toml.")
    return program.sample


def checked(work: Engagement) -> Reliability:
    """The data checks: verdicts by Great Expectations, failing rows by polars; the two must agree."""
    work.tell("checking the tables")
    names = [name for name in work.tables if name in work.suites]
    given: dict[str, Any] = {
        "keys": {name: table.source.key for name, table in work.tables.items()},
        "parameters": {name: {"rows_used": sum(t.rows_used for t in work.tables[name].totals)} for name in names},
    }
    found = check(work.rows, work.suites, **given)
    agree(found, validate(work.rows, work.suites, **given))
    return found


def scoped(work: Engagement, *, stratum: str | None = None) -> Frame:
    """The frame of the program's sample: every case of its period, less what is excluded by a stated reason."""
    plan_, rules = promised(work.program), work.program.census
    work.tell("fixing the frame")
    first, last = compliance.span(rules, plan_.period)
    rows = work.rows[rules.table]
    if rules.date:
        rows = rows.filter(pl.col(rules.date).dt.strftime("%Y-%m").is_between(pl.lit(first), pl.lit(last)))
    types = {name: column.type for name, column in work.program.tables[rules.table].columns.items()}
    exclusions = [(e.reason, condition(e.where, types, place="program.toml, census")) for e in rules.exclusions]
    return scope(rows, key=rules.unit, stratum=stratum, exclusions=exclusions)


def drawn(work: Engagement) -> tuple[Frame, Sample, dict[str, Any]]:
    """The declared sample, drawn from the frame whose digest was written down before its seed was chosen."""
    plan_, frame = promised(work.program), scoped(work)
    if frame.digest != plan_.frame_digest:
        what = f"the frame's digest is {frame.digest}, not the one written down before the seed was chosen"
        mend = "Restore the tables it was made from; or declare the new frame, and then a new seed."
        raise AuditError(Problem(what=what, mend=mend, file="program.toml, sample.frame_digest"), code=ExitCode.DATA)
    work.tell("drawing the sample")
    sample = draw(frame, plan(frame, size=plan_.size, confidence=str(plan_.level)), seed=plan_.seed)
    times = {"frame_fixed": plan_.frame_fixed, "seed_chosen": plan_.seed_chosen}
    record = manifest(
        sample,
        frame,
        seed_source=plan_.seed_source,
        **{name: datetime.combine(day, time()) for name, day in times.items()},
    )
    return frame, sample, record


def assessed(work: Engagement, keys: pl.Series) -> pl.DataFrame:
    """The determinations of the cases with these keys; one row per case and attribute.

    Beside the columns of DETERMINATIONS: `later`, the outcome that records entered after the decision would give where
    that is another, and the case's `office`.
    """
    plan_, policy, rules = promised(work.program), work.policy, work.program.census
    cases = work.program.cases
    if policy is None or cases is None:
        raise _usage(f"the program {work.program.name} declares no policy", "Write its rules in a folder policy/.")
    work.tell("assessing the cases")
    key = rules.unit
    wanted = work.rows[cases.table].filter(pl.col(key).is_in(keys.implode()))
    facts = link(wanted, work.rows, rules.links, unit=key, date=rules.date, as_of=plan_.as_of)
    for parent, on in cases.parents.items():
        facts = facts.join(work.rows[parent], on=on, how="left")
    children = {name: work.rows[name] for name in cases.children}
    given: dict[str, Any] = {"vocabulary": vocabulary(work.program), "key": key, "dated_by": cases.dated_by}
    found = assess(facts, children, policy, **given)
    later = assess(facts, children, policy, as_known="later", **given).select(key, "attribute", later="outcome")
    offices = wanted.select(key, office=pl.col(rules.office))
    return (
        found.join(later, on=[key, "attribute"], how="left")
        .with_columns(pl.when(pl.col("later") != pl.col("outcome")).then("later"))
        .join(offices, on=key, how="left")
        .sort("attribute", key)
        .collect()
    )


def settled(program: Program, determinations: pl.DataFrame, reviews: pl.DataFrame | None = None) -> pl.DataFrame:
    """The determinations with what people concluded; without reviews, every rule's outcome stands."""
    key = program.census.unit
    nothing = pl.DataFrame(schema={key: pl.String, **REVIEWS})
    return settle(determinations, nothing if reviews is None else reviews, key=key)


def evaluated(work: Engagement, frame: Frame, record: Mapping[str, Any], determinations: pl.DataFrame) -> SampleAudit:
    """The sample audit's result, from the frame, the manifest of the draw and the settled determinations."""
    plan_, policy, rules = promised(work.program), work.policy, work.program.census
    if policy is None:
        raise _usage(f"the program {work.program.name} declares no policy", "Write its rules in a folder policy/.")
    in_frame = work.rows[rules.table].join(frame.cases, on=rules.unit, how="semi")
    populations = in_frame.group_by(rules.office).len().collect()
    return evaluate(
        determinations,
        record,
        frame,
        plan_,
        policy,
        offices=work.offices.names(),
        populations=dict(populations.iter_rows()),
    )


def concluded(work: Engagement, taken: Steps) -> SampleAudit:
    """The sample audit's result, from the steps on disk."""
    frame, _ = taken.read_frame()
    return evaluated(work, frame, taken.read_sample(), taken.read_settled())


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
