"""One audit at work: a program, its data, and each step taken on what the steps before it found."""

import hmac
import importlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from audit import programs
from audit.assessment.case_file import assessed_files, exclusions, gather, in_sample_period
from audit.compliance.record_states import without_date
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleAudit, evaluate
from audit.policy.evaluate import rehearse
from audit.policy.rules import Policy
from audit.programs.declaration import Program, SamplePlan, vocabulary, words_of
from audit.programs.findings import Finding
from audit.programs.office_maps import Layout
from audit.review.settle import REVIEWS, settle
from audit.sampling.design import Design
from audit.sampling.draw import Picked, Sample, draw, picked
from audit.sampling.frame import Frame, scope
from audit.sampling.manifest import manifest
from audit.sampling.manifest_history import extensions, given_up
from audit.sampling.plan import plan
from audit.sampling.redraw import redraw
from audit.sampling.replacements import carried
from audit.storage.declarations import (
    read_findings,
    read_layout,
    read_offices,
    read_policy,
    read_program,
    read_suites,
    suites_folder,
)
from audit.storage.output_folder import altered, aside, put_in_place
from audit.storage.sample_audit_folder import Steps
from audit.tables.cache import FOLDER, Readings
from audit.tables.checks.great_expectations import confirm
from audit.tables.checks.suites import Reliability, Suite, check_all, compile_suites
from audit.tables.offices import Offices
from audit.tables.readers import read as tables
from audit.tables.readers.spill import LARGE
from audit.tables.table import ControlTotals, Table
from audit.workflow.declared_seed import declared_times

KEY = "AUDIT_PSEUDONYM_KEY"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Engagement:
    """A program with its declarations and the tables that were read for it."""

    program: Program
    policy: Policy | None
    findings: tuple[Finding, ...]
    suites: Mapping[str, Suite]
    offices: Offices
    tables: Mapping[str, Table]
    layout: Layout
    key_mark: str  # by which another pseudonym key is noticed, and from which none can be made
    tell: Tell
    readings: Readings | None = None  # of earlier runs

    @property
    def rows(self) -> dict[str, pl.LazyFrame]:
        """Every table's rows by its name."""
        return {name: table.rows for name, table in self.tables.items()}

    @property
    def named(self) -> dict[str, pl.LazyFrame]:
        """The same of the columns alone that the program, a rule or a check names, whatever else was read."""
        words = words_of(self.program, self.policy, self.suites)
        return {name: table.named(words) for name, table in self.tables.items()}

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
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    named_only: bool = False,
    tell: Tell = lambda step: None,
    read_all: Callable[..., Iterable[Table]] = tables.read_all,
    reuse: Path | None = None,
) -> Engagement:
    """Read a program, its policy, its suites and its tables.

    The suites are those in the program's own folder `expectations`, or else in the folder of `expectations` named after
    the program. `data` is the folder of the tables, or the URL of the database that holds them; where the program makes
    synthetic ones, they are made if it is absent. `only` names the tables to read, where a step does not need all; with
    `named_only`, of each table only the columns that the program, a rule or a check names are kept. They are read by
    `read_all`, which may be another's than `audit.tables.readers.read`. What earlier runs read and found is used again,
    and this one's kept, in the program's folder below `reuse`.
    """
    program, folder = declared(name), programs.folder(name)
    if data is None and program.generator:
        data = Path("data/generated") / program.name
        if not data.exists():
            tell("making the synthetic tables")
            generate(program, data)
    if data is None:
        raise _usage(f"the tables of {program.name} do not ship with it", "Name their folder or database with --data.")
    offices = read_offices(folder / program.offices)
    layout = read_layout(folder, offices)
    suites = read_suites(suites_folder(folder, program, expectations=expectations))
    policy = read_policy(folder / "policy", vocabulary(program)) if program.cases else None
    tell("reading the tables")
    key = (os.environ.get(KEY) or ("synthetic" if program.synthetic else "")).encode()
    wanted = [source for source in program.tables.values() if only is None or source.name in only]
    mark = hmac.digest(key, b"which key", "sha256").hex()[:8]
    words = words_of(program, policy, suites) if named_only else None
    readings = Readings(folder=reuse / program.name / FOLDER, key_mark=mark) if reuse else None
    given: dict[str, Any] = {"offices": offices, "pseudonym_key": key or None, "set_aside": set_aside, "words": words}
    found = read_all(wanted, data, **given, **({"readings": readings} if readings else {}))
    read = {table.source.name: _at_hand(table) for table in found}
    return Engagement(
        program=program,
        policy=policy,
        findings=read_findings(folder),
        suites=suites,
        offices=offices,
        layout=layout,
        tables=read,
        key_mark=mark,
        tell=tell,
        readings=readings,
    )


def _at_hand(table: Table) -> Table:
    """The table with its rows in memory, unless they are many."""
    many = table.rows_used >= LARGE
    return table if many else replace(table, rows=table.rows.collect(engine="streaming").lazy())


def generate(program: Program, folder: Path | None = None) -> Path:
    """Make the program's synthetic tables, whole or not at all, and return their folder.

    A folder that is there is replaced only if it holds what this made, untouched: AuditError (CONFLICT).
    """
    if not program.generator:
        raise _usage(
            f"the program {program.name} has no synthetic tables", "Name the folder of its tables with --data."
        )
    folder = folder or Path("data/generated") / program.name
    mend = "Move it elsewhere, or name another folder with --output."
    if folder.exists() and (problems := altered(folder, mend=mend)):
        raise AuditError(problems, code=ExitCode.CONFLICT)
    importlib.import_module(program.generator).write_year(aside(folder))
    put_in_place(folder, inputs={"software": f"audit {version('audit')}", "generator": program.generator})
    return folder


def promised(program: Program) -> SamplePlan:
    """The sample that the program declares."""
    if program.sample is None or program.cases is None:
        raise _usage(f"the program {program.name} declares no sample", "Add [cases] and [sample] to its program.toml.")
    return program.sample


def ruled(work: Engagement) -> Policy:
    """The program's policy. AuditError (USAGE) where it declares none."""
    if work.policy is None:
        raise _usage(f"the program {work.program.name} declares no policy", "Write its rules in a folder policy/.")
    return work.policy


def checked(work: Engagement) -> Reliability:
    """The data checks, by polars and again by Great Expectations; the two must agree.

    AuditError (USAGE) where there is nothing to check by.
    """
    refuse_unchecked(work)
    work.tell("checking the tables")
    given = checked_with(work)

    def twice(suites: Mapping[str, Suite]) -> Reliability:
        compiled = compile_suites(work.rows, suites, **given)
        found = check_all(compiled, given["keys"])
        confirm(found, compiled)
        return found

    if work.readings is None:
        return twice(work.suites)
    return work.readings.checked(work.suites, work.totals, given, twice)


def refuse_unchecked(work: Engagement) -> None:
    """Refuse a program without a check: AuditError (USAGE)."""
    if not any(suite.expectations for suite in work.suites.values()):
        mend = "Write a suite for each table into its folder expectations/, or name their folder with --expectations."
        raise _usage(f"there are no checks for the program {work.program.name}", mend)


def checked_with(work: Engagement) -> dict[str, Any]:
    """The keys of the tables, and what their suites leave open."""
    names = [name for name in work.tables if name in work.suites]
    return {
        "keys": {name: table.source.key for name, table in work.tables.items()},
        "parameters": {name: {"rows_used": work.tables[name].rows_used} for name in names},
    }


def rehearsed(work: Engagement) -> None:
    """Put every example to its rule: AuditError (USAGE) names each of which the rule says something else."""
    if work.policy is None or work.program.cases is None:
        return
    work.tell("rehearsing the rules")
    found = rehearse(work.policy, vocabulary=vocabulary(work.program), dated_by=work.program.cases.dated_by)
    problems = [
        Problem(
            what=f'rule {rule.id}, example "{example.it}": expected {example.expect}, found {outcome}',
            mend="Correct the rule or the example.",
            file=rule.file,
        )
        for rule, example, outcome in found
        if outcome != example.expect
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def scoped(
    work: Engagement, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
) -> Frame:
    """The frame of the program's sample: every case of its period, less what is excluded by a stated reason."""
    promised(work.program)
    rules = work.program.census
    work.tell("fixing the frame")
    rows = work.rows[rules.table]
    refuse_undated(work, rows)
    return scope(
        in_sample_period(work.program, rows),
        key=rules.unit,
        stratum=stratum,
        cluster=cluster,
        measure=measure,
        exclusions=exclusions(work.program),
    )


def drawn(work: Engagement) -> tuple[Frame, Sample, dict[str, Any]]:
    """The declared sample, drawn from the frame whose digest was written down before its seed was chosen."""
    frame = scoped(work)
    return frame, *drawn_as_promised(work, frame)


def drawn_as_promised(work: Engagement, frame: Frame, *, pick: Picked = picked) -> tuple[Sample, dict[str, Any]]:
    """The sample that the program declares, drawn from this frame."""
    plan_ = promised(work.program)
    work.tell("drawing the sample")
    return drawn_from(frame, plan(frame, size=plan_.size, confidence=str(plan_.level)), plan_, pick=pick)


def drawn_from(
    frame: Frame,
    design: Design,
    promise: SamplePlan,
    *,
    fixed: datetime | None = None,
    seed: str = "",
    seed_source: str = "",
    before: Mapping[str, Any] | None = None,
    again: str = "",
    extend: str = "",
    pick: Picked = picked,
) -> tuple[Sample, dict[str, Any]]:
    """Draw with a seed, or with the one declared, and write the manifest.

    The declared seed has its declared times, and draws from the frame declared with it; any other is chosen now, for
    a frame that was `fixed` before. After another draw, of manifest `before`, the same seed keeps its time, and another
    seed needs a reason to draw `again`; another plan with the same seed, one to `extend` it.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    fixed, chosen = fixed or now, now
    if as_promised := not seed or seed == promise.seed:
        fixed, chosen = declared_times(promise, frame)
        seed, seed_source = promise.seed, promise.seed_source
    earlier = given_up(before, frame, seed=seed, reason=again)
    if not as_promised and before and before["seed"]["value"] == seed:
        chosen = datetime.fromisoformat(before["seed"]["chosen"])
    sample = draw(frame, design, seed=seed, pick=pick)
    record = manifest(
        sample,
        frame,
        seed_source=seed_source,
        frame_fixed=fixed,
        seed_chosen=chosen,
        earlier=earlier,
        extended=extensions(before, sample, reason=extend, when=now),
        replaced=carried(before, sample),
    )
    return sample, record


def assessed(work: Engagement, keys: pl.Series) -> pl.DataFrame:
    """The determinations of the cases with these keys; one row per case and attribute.

    Beside the columns of DETERMINATIONS: `later`, the outcome that records entered after the decision would give where
    that is another, and the case's `office`.
    """
    policy, rules = ruled(work), work.program.census
    work.tell("assessing the cases")
    _refuse_gone(work.rows[rules.table].filter(pl.col(rules.unit).is_in(keys.implode())), keys, work)
    return assessed_files(gather(work.program, work.rows, keys), policy, office=rules.office)


def settled(program: Program, determinations: pl.DataFrame, reviews: pl.DataFrame | None = None) -> pl.DataFrame:
    """The determinations with what people concluded; without reviews, every rule's outcome stands."""
    key = program.census.unit
    nothing = pl.DataFrame(schema={key: pl.String, **REVIEWS})
    return settle(determinations, nothing if reviews is None else reviews, key=key)


def frame_by_office(work: Engagement, frame: Frame) -> pl.DataFrame:
    """How many cases of the frame each office has, by stratum ("" where there is none): office, stratum, cases."""
    rules = work.program.census
    stratum = pl.col(frame.stratum).cast(pl.String) if frame.stratum else pl.lit("")
    cases = frame.cases.select(pl.col(frame.key).alias(rules.unit), stratum=stratum)
    return (
        work.rows[rules.table]
        .select(pl.col(rules.unit).cast(pl.String), office=pl.col(rules.office).cast(pl.String))
        .join(cases, on=rules.unit)
        .group_by("office", "stratum")
        .agg(cases=pl.len())
        .sort("office", "stratum")
        .collect()
    )


def evaluated(
    work: Engagement,
    frame: Frame,
    record: Mapping[str, Any],
    determinations: pl.DataFrame,
    *,
    by_office: Callable[[Engagement, Frame], pl.DataFrame] = frame_by_office,
) -> SampleAudit:
    """The sample audit's result, from the frame, the manifest of the draw and the settled determinations."""
    plan_, policy = promised(work.program), ruled(work)
    names, in_frame = work.offices.names(), by_office(work, frame)
    return evaluate(determinations, record, frame, plan_, policy, offices=names, in_frame=in_frame)


def concluded(
    work: Engagement, taken: Steps, *, by_office: Callable[[Engagement, Frame], pl.DataFrame] = frame_by_office
) -> SampleAudit:
    """The sample audit's result, from the steps on disk."""
    (frame, _), record = taken.read_frame(), taken.read_sample()
    if disagreements := redraw(frame, record):
        mend = "Take the step again: audit draw."
        problems = [Problem(what=what, mend=mend, file="sample.json") for what in disagreements]
        raise AuditError(problems, code=ExitCode.DATA)
    return evaluated(work, frame, record, taken.read_settled(), by_office=by_office)


def refuse_undated(work: Engagement, rows: pl.LazyFrame) -> None:
    """Refuse units without a date, where the census has one: AuditError (DATA)."""
    rules = work.program.census
    if rules.date:
        undated, units = rows.select(pl.col(rules.date).null_count(), units=pl.len()).collect().row(0)
        if undated:
            raise without_date(rules, undated, of=units)


def _refuse_gone(wanted: pl.LazyFrame, keys: pl.Series, work: Engagement) -> None:
    """Refuse to assess some of the cases: one that is left out is as if it had never been drawn."""
    drawn, there = keys.n_unique(), wanted.select(pl.col(work.program.census.unit).n_unique()).collect().item()
    if drawn != there:
        what = f"{drawn - there:,} of {drawn:,} cases to assess have no row any more"
        mend = "Restore the tables from which the sample was drawn."
        raise AuditError(Problem(what=what, mend=mend, file=work.program.census.table), code=ExitCode.DATA)


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
