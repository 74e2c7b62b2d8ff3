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
from audit.assessment.case_file import assess_case_files, compile_exclusions, filter_sample_period, gather_case_files
from audit.compliance.record_states import make_undated_error
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult, evaluate_sample
from audit.policy.evaluate import evaluate_examples
from audit.policy.rules import Policy
from audit.programs.declaration import Program, SamplePlan, build_vocabulary, collect_identifiers
from audit.programs.findings import Finding
from audit.programs.office_maps import OfficeMaps
from audit.review.settle import REVIEW_SCHEMA, settle_determinations
from audit.sampling.design import Design
from audit.sampling.draw import CasePicker, Sample, draw_designed_sample, pick_cases_and_spares
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import build_manifest
from audit.sampling.manifest_history import list_abandoned_seeds, list_extensions
from audit.sampling.plan import plan_sample
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.replacements import carry_over_replacements
from audit.storage.declarations import (
    find_suites_folder,
    read_findings,
    read_layout,
    read_offices,
    read_policy,
    read_program,
    read_suites,
)
from audit.storage.output_folder import find_alterations, prepare_staging_folder, replace_folder
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.tables.cache import CACHE_FOLDER, TableCache
from audit.tables.checks.great_expectations import confirm_checks
from audit.tables.checks.suites import Reliability, Suite, compile_suites, run_compiled_suites
from audit.tables.offices import Offices
from audit.tables.readers import read as tables
from audit.tables.readers.spill import ROWS_TO_SPILL
from audit.tables.table import ControlTotals, Table
from audit.workflow.declared_seed import require_declared_times

PSEUDONYM_KEY_VARIABLE = "AUDIT_PSEUDONYM_KEY"
ProgressCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit:
    """A program with its declarations and the tables that were read for it."""

    program: Program
    policy: Policy | None
    findings: tuple[Finding, ...]
    suites: Mapping[str, Suite]
    offices: Offices
    tables: Mapping[str, Table]
    layout: OfficeMaps
    key_mark: str  # by which another pseudonym key is noticed, and from which none can be made
    tell: ProgressCallback
    readings: TableCache | None = None  # of earlier runs

    @property
    def rows(self) -> dict[str, pl.LazyFrame]:
        """Every table's rows by its name."""
        return {name: table.rows for name, table in self.tables.items()}

    @property
    def rows_of_used_columns(self) -> dict[str, pl.LazyFrame]:
        """The same of the columns alone that the program, a rule or a check names, whatever else was read."""
        words = collect_identifiers(self.program, self.policy, self.suites)
        return {name: table.select_columns(words) for name, table in self.tables.items()}

    @property
    def totals(self) -> tuple[ControlTotals, ...]:
        """The control totals of every file that was read."""
        return tuple(total for table in self.tables.values() for total in table.totals)


def read_program_by_name(name: str) -> Program:
    """A program by its name, or by the folder that holds it."""
    return read_program(programs.find_program_folder(name))


def open_audit(
    name: str,
    *,
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    named_only: bool = False,
    tell: ProgressCallback = lambda step: None,
    read_all: Callable[..., Iterable[Table]] = tables.read_declared_tables,
    reuse: Path | None = None,
) -> Audit:
    """Read a program, its policy, its suites and its tables.

    The suites are those in the program's own folder `expectations`, or else in the folder of `expectations` named after
    the program. `data` is the folder of the tables, or the URL of the database that holds them; where the program makes
    synthetic ones, they are made if it is absent. `only` names the tables to read, where a step does not need all; with
    `named_only`, of each table only the columns that the program, a rule or a check names are kept. They are read by
    `read_all`, which may be another's than `audit.tables.readers.read`. What earlier runs read and found is used again,
    and this one's kept, in the program's folder below `reuse`.
    """
    program, folder = read_program_by_name(name), programs.find_program_folder(name)
    if data is None and program.generator:
        data = Path("data/generated") / program.name
        if not data.exists():
            tell("making the synthetic tables")
            generate_tables(program, data)
    if data is None:
        raise _make_usage_error(
            f"the tables of {program.name} do not ship with it", "Name their folder or database with --data."
        )
    offices = read_offices(folder / program.offices)
    layout = read_layout(folder, offices)
    suites = read_suites(find_suites_folder(folder, program, expectations=expectations))
    policy = read_policy(folder / "policy", build_vocabulary(program)) if program.cases else None
    tell("reading the tables")
    key = (os.environ.get(PSEUDONYM_KEY_VARIABLE) or ("synthetic" if program.synthetic else "")).encode()
    wanted = [source for source in program.tables.values() if only is None or source.name in only]
    mark = hmac.digest(key, b"which key", "sha256").hex()[:8]
    words = collect_identifiers(program, policy, suites) if named_only else None
    readings = TableCache(folder=reuse / program.name / CACHE_FOLDER, key_mark=mark) if reuse else None
    reading_options: dict[str, Any] = {
        "offices": offices,
        "pseudonym_key": key or None,
        "set_aside": set_aside,
        "words": words,
    }
    tables_read = read_all(wanted, data, **reading_options, **({"cache": readings} if readings else {}))
    tables_by_name = {table.source.name: _collect_small_table(table) for table in tables_read}
    return Audit(
        program=program,
        policy=policy,
        findings=read_findings(folder),
        suites=suites,
        offices=offices,
        layout=layout,
        tables=tables_by_name,
        key_mark=mark,
        tell=tell,
        readings=readings,
    )


def _collect_small_table(table: Table) -> Table:
    """The table with its rows in memory, unless they are many."""
    many = table.rows_used >= ROWS_TO_SPILL
    return table if many else replace(table, rows=table.rows.collect(engine="streaming").lazy())


def generate_tables(program: Program, folder: Path | None = None) -> Path:
    """Make the program's synthetic tables, whole or not at all, and return their folder.

    A folder that is there is replaced only if it holds what this made, untouched: AuditError (CONFLICT).
    """
    if not program.generator:
        raise _make_usage_error(
            f"the program {program.name} has no synthetic tables", "Name the folder of its tables with --data."
        )
    folder = folder or Path("data/generated") / program.name
    mend = "Move it elsewhere, or name another folder with --output."
    if folder.exists() and (problems := find_alterations(folder, mend=mend)):
        raise AuditError(problems, code=ExitCode.CONFLICT)
    importlib.import_module(program.generator).write_year(prepare_staging_folder(folder))
    replace_folder(folder, inputs={"software": f"audit {version('audit')}", "generator": program.generator})
    return folder


def require_sample_plan(program: Program) -> SamplePlan:
    """The sample that the program declares."""
    if program.sample is None or program.cases is None:
        raise _make_usage_error(
            f"the program {program.name} declares no sample", "Add [cases] and [sample] to its program.toml."
        )
    return program.sample


def require_policy(work: Audit) -> Policy:
    """The program's policy. AuditError (USAGE) where it declares none."""
    if work.policy is None:
        raise _make_usage_error(
            f"the program {work.program.name} declares no policy", "Write its rules in a folder policy/."
        )
    return work.policy


def check_tables(work: Audit) -> Reliability:
    """The data checks, by polars and again by Great Expectations; the two must agree.

    AuditError (USAGE) where there is nothing to check by.
    """
    refuse_unchecked(work)
    work.tell("checking the tables")
    check_arguments = make_check_arguments(work)

    def twice(suites: Mapping[str, Suite]) -> Reliability:
        compiled = compile_suites(work.rows, suites, **check_arguments)
        reliability = run_compiled_suites(compiled, check_arguments["keys"])
        confirm_checks(reliability, compiled)
        return reliability

    if work.readings is None:
        return twice(work.suites)
    return work.readings.reuse_or_run_checks(work.suites, work.totals, check_arguments, twice)


def refuse_unchecked(work: Audit) -> None:
    """Refuse a program without a check: AuditError (USAGE)."""
    if not any(suite.expectations for suite in work.suites.values()):
        mend = "Write a suite for each table into its folder expectations/, or name their folder with --expectations."
        raise _make_usage_error(f"there are no checks for the program {work.program.name}", mend)


def make_check_arguments(work: Audit) -> dict[str, Any]:
    """The keys of the tables, and what their suites leave open."""
    names = [name for name in work.tables if name in work.suites]
    return {
        "keys": {name: table.source.key for name, table in work.tables.items()},
        "parameters": {name: {"rows_used": work.tables[name].rows_used} for name in names},
    }


def check_rule_examples(work: Audit) -> None:
    """Put every example to its rule: AuditError (USAGE) names each of which the rule says something else."""
    if work.policy is None or work.program.cases is None:
        return
    work.tell("rehearsing the rules")
    outcomes = evaluate_examples(
        work.policy, vocabulary=build_vocabulary(work.program), dated_by=work.program.cases.dated_by
    )
    problems = [
        Problem(
            what=f'rule {rule.id}, example "{example.it}": expected {example.expect}, found {outcome}',
            mend="Correct the rule or the example.",
            file=rule.file,
        )
        for rule, example, outcome in outcomes
        if outcome != example.expect
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def scope_frame(
    work: Audit, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
) -> Frame:
    """The frame of the program's sample: every case of its period, less what is excluded by a stated reason."""
    require_sample_plan(work.program)
    rules = work.program.census
    work.tell("fixing the frame")
    rows = work.rows[rules.table]
    refuse_undated(work, rows)
    return build_sampling_frame(
        filter_sample_period(work.program, rows),
        key=rules.unit,
        stratum=stratum,
        cluster=cluster,
        measure=measure,
        exclusions=compile_exclusions(work.program),
    )


def draw_sample(work: Audit) -> tuple[Frame, Sample, dict[str, Any]]:
    """The declared sample, drawn from the frame whose digest was written down before its seed was chosen."""
    frame = scope_frame(work)
    return frame, *draw_planned_sample(work, frame)


def draw_planned_sample(
    work: Audit, frame: Frame, *, pick: CasePicker = pick_cases_and_spares
) -> tuple[Sample, dict[str, Any]]:
    """The sample that the program declares, drawn from this frame."""
    plan_ = require_sample_plan(work.program)
    work.tell("drawing the sample")
    return draw_from_frame(frame, plan_sample(frame, size=plan_.size, confidence=str(plan_.level)), plan_, pick=pick)


def draw_from_frame(
    frame: Frame,
    design: Design,
    sample_plan: SamplePlan,
    *,
    fixed: datetime | None = None,
    seed: str = "",
    seed_source: str = "",
    before: Mapping[str, Any] | None = None,
    again: str = "",
    extend: str = "",
    pick: CasePicker = pick_cases_and_spares,
) -> tuple[Sample, dict[str, Any]]:
    """Draw with a seed, or with the one declared, and write the manifest.

    The declared seed has its declared times, and draws from the frame declared with it; any other is chosen now, for
    a frame that was `fixed` before. After another draw, of manifest `before`, the same seed keeps its time, and another
    seed needs a reason to draw `again`; another plan with the same seed, one to `extend` it.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    fixed, chosen = fixed or now, now
    if uses_declared_seed := not seed or seed == sample_plan.seed:
        fixed, chosen = require_declared_times(sample_plan, frame)
        seed, seed_source = sample_plan.seed, sample_plan.seed_source
    earlier = list_abandoned_seeds(before, frame, seed=seed, reason=again)
    if not uses_declared_seed and before and before["seed"]["value"] == seed:
        chosen = datetime.fromisoformat(before["seed"]["chosen"])
    sample = draw_designed_sample(frame, design, seed=seed, pick=pick)
    record = build_manifest(
        sample,
        frame,
        seed_source=seed_source,
        frame_fixed=fixed,
        seed_chosen=chosen,
        earlier=earlier,
        extended=list_extensions(before, sample, reason=extend, when=now),
        replaced=carry_over_replacements(before, sample),
    )
    return sample, record


def assess_cases(work: Audit, keys: pl.Series) -> pl.DataFrame:
    """The determinations of the cases with these keys; one row per case and attribute.

    Beside the columns of DETERMINATIONS: `later`, the outcome that records entered after the decision would give where
    that is another, and the case's `office`.
    """
    policy, rules = require_policy(work), work.program.census
    work.tell("assessing the cases")
    _refuse_missing_cases(work.rows[rules.table].filter(pl.col(rules.unit).is_in(keys.implode())), keys, work)
    return assess_case_files(gather_case_files(work.program, work.rows, keys), policy, office=rules.office)


def settle_outcomes(
    program: Program, determinations: pl.DataFrame, reviews: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The determinations with what people concluded; without reviews, every rule's outcome stands."""
    key = program.census.unit
    nothing = pl.DataFrame(schema={key: pl.String, **REVIEW_SCHEMA})
    return settle_determinations(determinations, nothing if reviews is None else reviews, key=key)


def count_frame_by_office(work: Audit, frame: Frame) -> pl.DataFrame:
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


def estimate_rates(
    work: Audit,
    frame: Frame,
    record: Mapping[str, Any],
    determinations: pl.DataFrame,
    *,
    by_office: Callable[[Audit, Frame], pl.DataFrame] = count_frame_by_office,
) -> SampleResult:
    """The sample audit's result, from the frame, the manifest of the draw and the settled determinations."""
    plan_, policy = require_sample_plan(work.program), require_policy(work)
    names, in_frame = work.offices.list_names(), by_office(work, frame)
    return evaluate_sample(determinations, record, frame, plan_, policy, offices=names, in_frame=in_frame)


def estimate_from_folder(
    work: Audit, steps: SampleAuditFolder, *, by_office: Callable[[Audit, Frame], pl.DataFrame] = count_frame_by_office
) -> SampleResult:
    """The sample audit's result, from the steps on disk."""
    (frame, _), record = steps.read_frame(), steps.read_sample()
    if disagreements := find_redraw_differences(frame, record):
        mend = "Take the step again: audit draw."
        problems = [Problem(what=what, mend=mend, file="sample.json") for what in disagreements]
        raise AuditError(problems, code=ExitCode.DATA)
    return estimate_rates(work, frame, record, steps.read_settled_outcomes(), by_office=by_office)


def refuse_undated(work: Audit, rows: pl.LazyFrame) -> None:
    """Refuse units without a date, where the census has one: AuditError (DATA)."""
    rules = work.program.census
    if rules.date:
        undated, units = rows.select(pl.col(rules.date).null_count(), units=pl.len()).collect().row(0)
        if undated:
            raise make_undated_error(rules, undated, of=units)


def _refuse_missing_cases(wanted: pl.LazyFrame, keys: pl.Series, work: Audit) -> None:
    """Refuse to assess some of the cases: one that is left out is as if it had never been drawn."""
    expected, present = keys.n_unique(), wanted.select(pl.col(work.program.census.unit).n_unique()).collect().item()
    if expected != present:
        what = f"{expected - present:,} of {expected:,} cases to assess have no row any more"
        mend = "Restore the tables from which the sample was drawn."
        raise AuditError(Problem(what=what, mend=mend, file=work.program.census.table), code=ExitCode.DATA)


def _make_usage_error(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
