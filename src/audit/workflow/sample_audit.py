"""The audit of a sample, step by step: frame, draw, determinations, settled outcomes, estimated rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from audit.assessment.case_file import (
    assess_case_files,
    compile_exclusions,
    filter_sample_period,
    find_column_tables,
    gather_case_files,
)
from audit.compliance.unit_states import make_undated_error
from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.estimation.repeated_persons import RepeatedPersons, measure_repeated_persons
from audit.estimation.results import SampleResult, evaluate_sample
from audit.formatting import format_count
from audit.policy.rules import Policy
from audit.programs.audit_report import AuditReportDeclaration
from audit.programs.declaration import Program, SamplePlan
from audit.review.settle import REVIEW_SCHEMA, settle_determinations
from audit.sampling.draw import Selection, draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import build_manifest, parse_manifest
from audit.sampling.manifest_history import list_abandoned_seeds, list_extensions
from audit.sampling.plan import Plan
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.replacements import carry_over_replacements
from audit.sampling.sample_size import plan_sample
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow.declared_seed import require_declared_times
from audit.workflow.program_data import ProgramData


def require_sample_plan(program: Program) -> SamplePlan:
    """The sample that the program declares."""
    if program.sample is None or program.cases is None:
        raise make_usage_error(
            f"the program {program.name} declares no sample", "Add [cases] and [sample] to its program.toml."
        )
    return program.sample


def require_policy(work: ProgramData) -> Policy:
    """The program's policy. AuditError (USAGE) where it declares none."""
    if work.policy is None:
        raise make_usage_error(
            f"the program {work.program.name} declares no policy", "Write its rules in a folder policy/."
        )
    return work.policy


def scope_frame(
    work: ProgramData, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
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


def draw_sample(work: ProgramData) -> tuple[Frame, Selection, dict[str, Any]]:
    """The declared sample, drawn from the frame whose digest was written down before its seed was chosen."""
    frame, plan_ = scope_frame(work), require_sample_plan(work.program)
    work.tell("drawing the sample")
    design, choice = plan_declared_sample(work.program, frame), choose_seed(frame, plan_)
    sample = draw_designed_sample(frame, design, seed=choice.seed)
    return frame, sample, record_draw(sample, frame, choice)


def plan_declared_sample(program: Program, frame: Frame) -> Plan:
    """The plan of the size and the confidence that the program declares."""
    plan_ = require_sample_plan(program)
    return plan_sample(frame, size=plan_.size, confidence=str(plan_.level))


def find_drawn_sample(program: Program, steps: SampleAuditFolder) -> SampleAuditFolder | None:
    """The steps on disk where they were settled or are under review; None where the declared sample is to be drawn.

    So that every verb speaks of one sample. AuditError (USAGE) where another sample than the declared one was drawn,
    and not settled yet.
    """
    if program.review and steps.journal.exists():
        return steps
    if program.sample is None or not steps.has_sample():
        return None
    if steps.hash_settled_outcomes():
        return steps
    drawn = parse_manifest(steps.read_sample())
    declared = (program.sample.size, "random", ())
    if (drawn.design.size, drawn.design.method, drawn.design.takes) == declared:
        if steps.read_sample()["seed"]["value"] == program.sample.seed:
            return None
        steps.read_settled_outcomes()  # names the step that is to be taken
        return steps
    what = (
        f"the sample that was drawn is planned of {format_count(drawn.design.size)} ({drawn.design.method}), and "
        f"[sample] declares {format_count(program.sample.size)} at random"
    )
    raise make_usage_error(what, "Assess and settle the sample drawn, or remove the folder of its steps.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedChoice:
    """The seed of a draw, and the times at which it and the frame were fixed."""

    seed: str
    source: str
    frame_fixed: datetime
    seed_chosen: datetime
    earlier: Sequence[Mapping[str, Any]]  # the seeds drawn with before and given up, as the manifest lists them
    now: datetime  # of this draw


def choose_seed(
    frame: Frame,
    sample_plan: SamplePlan,
    *,
    fixed: datetime | None = None,
    seed: str = "",
    seed_source: str = "",
    before: Mapping[str, Any] | None = None,
    again: str = "",
) -> SeedChoice:
    """The seed to draw with: the one given, or the one declared.

    The declared seed has its declared times, and draws from the frame declared with it; any other is chosen now, for
    a frame that was `fixed` before. After another draw, of manifest `before`, the same seed keeps its time, and another
    seed needs a reason to draw `again`.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    fixed, chosen = fixed or now, now
    if uses_declared_seed := not seed or seed == sample_plan.seed:
        fixed, chosen = require_declared_times(sample_plan, frame)
        seed, seed_source = sample_plan.seed, sample_plan.seed_source
    earlier = list_abandoned_seeds(before, frame, seed=seed, reason=again)
    if not uses_declared_seed and before and before["seed"]["value"] == seed:
        chosen = datetime.fromisoformat(before["seed"]["chosen"])
    return SeedChoice(seed=seed, source=seed_source, frame_fixed=fixed, seed_chosen=chosen, earlier=earlier, now=now)


def record_draw(
    sample: Selection, frame: Frame, choice: SeedChoice, *, before: Mapping[str, Any] | None = None, extend: str = ""
) -> dict[str, Any]:
    """The manifest of a draw; another plan with the seed of the draw `before` needs a reason to `extend` it."""
    return build_manifest(
        sample,
        frame,
        seed_source=choice.source,
        frame_fixed=choice.frame_fixed,
        seed_chosen=choice.seed_chosen,
        earlier=choice.earlier,
        extended=list_extensions(before, sample, reason=extend, when=choice.now),
        replaced=carry_over_replacements(before, sample),
    )


def assess_cases(work: ProgramData, keys: pl.Series) -> pl.DataFrame:
    """The determinations of the cases with these keys; one row per case and attribute.

    Beside the columns of DETERMINATION_SCHEMA: `later`, the outcome that records entered after the decision would give
    where that is another, and the case's `office`.
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


def count_frame_by_office(work: ProgramData, frame: Frame) -> pl.DataFrame:
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


def count_frame_persons(work: ProgramData, frame: Frame, keys: pl.Series) -> pl.DataFrame:
    """Of how many persons the frame holds so many cases, and the sample of these keys so many of them.

    Columns known, cases, sampled, persons; cases of no known person are in one row, as if of one person.
    """
    rules = work.program.census
    cases = frame.cases.select(pl.col(frame.key).alias(rules.unit))
    sizes = (
        work.rows[rules.table]
        .select(pl.col(rules.unit).cast(pl.String), person=pl.col(rules.person or rules.unit))
        .join(cases, on=rules.unit, how="semi")
        .group_by("person")
        .agg(cases=pl.len(), sampled=pl.col(rules.unit).is_in(keys.cast(pl.String).implode()).sum())
    )
    known = pl.col("person").is_not_null().alias("known")
    counts = sizes.group_by(known, "cases", "sampled").agg(persons=pl.len())
    return counts.with_columns(pl.col("cases", "sampled", "persons").cast(pl.Int64)).collect()


def measure_persons(
    program: Program, rows: pl.LazyFrame, outcomes: pl.DataFrame, sizes: pl.DataFrame, result: SampleResult
) -> RepeatedPersons:
    """What persons who stand in the sample more than once do to its rate.

    `rows` are those of the census table, the sampled ones among them; `sizes` is what `count_frame_persons` gives.
    """
    rules, plan_ = program.census, require_sample_plan(program)
    judged = outcomes.filter(attribute=plan_.attribute).select(pl.col(rules.unit).cast(pl.String), outcome="settled")
    persons = rows.select(pl.col(rules.unit).cast(pl.String), person=pl.col(rules.person or rules.unit))
    judged = judged.join(persons.join(judged.lazy(), on=rules.unit, how="semi").collect(), on=rules.unit, how="left")
    return measure_repeated_persons(
        judged,
        sizes,
        is_simple=result.design.method == "random" and not result.design.weighted,
        level=str(plan_.level),
        treatment=plan_.treatment,
    )


def estimate_rates(
    work: ProgramData,
    frame: Frame,
    record: Mapping[str, Any],
    determinations: pl.DataFrame,
    *,
    in_frame: pl.DataFrame | None = None,
) -> SampleResult:
    """The sample audit's result, from the frame, the manifest of the draw and the settled determinations.

    `in_frame` is what `count_frame_by_office` gives, where it was counted already.
    """
    return evaluate_settled_sample(
        work.program,
        require_policy(work),
        work.audit_report,
        frame=frame,
        record=record,
        settled=determinations,
        offices=work.offices.list_names(),
        in_frame=count_frame_by_office(work, frame) if in_frame is None else in_frame,
    )


def evaluate_settled_sample(
    program: Program,
    policy: Policy,
    declared: AuditReportDeclaration,
    *,
    frame: Frame,
    record: Mapping[str, Any],
    settled: pl.DataFrame,
    offices: Mapping[str, str],
    in_frame: pl.DataFrame,
) -> SampleResult:
    """The result as the program and what the auditors state of it have it; `in_frame` as `evaluate_sample` takes it."""
    return evaluate_sample(
        settled,
        record,
        frame,
        require_sample_plan(program),
        policy,
        offices=offices,
        in_frame=in_frame,
        groups=declared.groups,
        table_by_column=find_column_tables(program),
    )


def estimate_from_folder(work: ProgramData, steps: SampleAuditFolder) -> SampleResult:
    """The sample audit's result, from the steps on disk."""
    frame, record = read_drawn_frame(steps)
    return estimate_rates(work, frame, record, steps.read_settled_outcomes())


def read_drawn_frame(steps: SampleAuditFolder) -> tuple[Frame, dict[str, Any]]:
    """The frame on disk and the manifest of the draw. AuditError (DATA) where the draw cannot be reproduced from it."""
    (frame, _), record = steps.read_frame(), steps.read_sample()
    if disagreements := find_redraw_differences(frame, record):
        mend = "Take the step again: audit draw."
        problems = [Problem(what=what, mend=mend, file="sample.json") for what in disagreements]
        raise AuditError(problems, code=ExitCode.DATA)
    return frame, record


def refuse_undated(work: ProgramData, rows: pl.LazyFrame) -> None:
    """Refuse units without a date, where the census has one: AuditError (DATA)."""
    rules = work.program.census
    if rules.date:
        undated, units = rows.select(pl.col(rules.date).null_count(), units=pl.len()).collect().row(0)
        if undated:
            raise make_undated_error(rules, undated, of=units)


def _refuse_missing_cases(wanted: pl.LazyFrame, keys: pl.Series, work: ProgramData) -> None:
    """Refuse to assess some of the cases: one that is left out is as if it had never been drawn."""
    expected, present = keys.n_unique(), wanted.select(pl.col(work.program.census.unit).n_unique()).collect().item()
    if expected != present:
        what = f"{expected - present:,} of {expected:,} cases to assess have no row any more"
        mend = "Restore the tables from which the sample was drawn."
        raise AuditError(Problem(what=what, mend=mend, file=work.program.census.table), code=ExitCode.DATA)
