"""What the reports of a run rest on: fit tables, the history of the rows, and for the audit report its sample."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment.case_file import gather_case_files, require_cases
from audit.assessment.sensitivity import (
    WITHOUT_END,
    ReadingEffect,
    WindowEffect,
    measure_reading_effects,
    measure_window_effects,
)
from audit.errors import AuditError, ExitCode
from audit.estimation.repeated_persons import RepeatedPersons
from audit.estimation.results import SampleResult
from audit.files import encode_json
from audit.review.readiness import ReviewReadiness
from audit.sampling.frame import Frame
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.tables.checks.results import Checks, make_failure_problem
from audit.workflow import review, sample_audit
from audit.workflow.engine import Engine

SettledSample = tuple[Frame, dict[str, Any], pl.DataFrame]  # the frame, the manifest of the draw, the settled cases


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: each result is kept once it is there
class ReportBasis:
    """The work that is done once for the reports of a run, when the first of them needs it."""

    engine: Engine

    @cached_property
    def checks(self) -> Checks:
        """The checks of tables that are fit. AuditError (DATA) by what failed."""
        return require_fit_tables(self.engine.check_tables())

    @cached_property
    def row_history(self) -> pl.DataFrame:
        """The rows of every table by month."""
        return self.engine.make_row_history()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleAudit:
    """A sample audit as far as it has come: the checks of its tables, the settled cases, and what they show."""

    checks: Checks
    outcomes: pl.DataFrame  # settled determinations
    result: SampleResult
    review: ReviewReadiness | None
    files: dict[str, bytes | Path]  # manifest of the draw, settled determinations
    readings: tuple[ReadingEffect, ...] = ()  # what each reading of a criterion does to the outcomes by rule
    windows: tuple[WindowEffect, ...] = ()  # what other windows of actions would
    persons: RepeatedPersons | None = None  # who stand in the sample more than once; None where none is named


def prepare_sample_audit(basis: ReportBasis, steps: SampleAuditFolder | None) -> SampleAudit:
    """The sample audit from the steps on disk, or done here as declared. AuditError (DATA) by what failed."""
    engine, checks = basis.engine, basis.checks
    work = engine.audit
    if steps is not None and steps.has_sample():
        frame, record = sample_audit.read_drawn_frame(steps)
        outcomes = steps.read_settled_outcomes()
        readiness = review.open_review(work.program, steps).check_readiness() if work.program.review else None
    else:
        frame, record, outcomes = perform_sample_audit(engine)
        readiness = review.check_unbegun_review(work.program, outcomes)
    result = _estimate_rates(engine, frame, record, outcomes)
    readings, windows, persons = measure_choices(engine, frame, outcomes, result)
    return SampleAudit(
        checks=checks,
        outcomes=outcomes,
        result=result,
        review=readiness,
        files=_encode_sample_files(record, outcomes),
        readings=readings,
        windows=windows,
        persons=persons,
    )


def measure_choices(
    engine: Engine, frame: Frame, outcomes: pl.DataFrame, result: SampleResult
) -> tuple[tuple[ReadingEffect, ...], tuple[WindowEffect, ...], RepeatedPersons | None]:
    """What readings of the criteria, other windows of actions, and cases as the unit do to what the sample shows.

    Tried of each window: half as long after the decision, twice as long, and without end, beside no day before.
    """
    program = engine.audit.program
    keys = outcomes[program.census.unit].unique(maintain_order=True)
    cases = engine.collect_case_files(keys)
    policy, attribute = sample_audit.require_policy(cases), sample_audit.require_sample_plan(program).attribute
    engine.audit.tell("measuring what the readings and the windows do")
    files = gather_case_files(program, cases.rows, keys)
    readings = measure_reading_effects(files, policy, attribute=attribute)
    windows: list[WindowEffect] = []
    for name, child in require_cases(program).children.items():
        if child.window:
            before, after = child.window.before_days, child.window.after_days
            tried = [(0, after), (before, after // 2), (before, after * 2), (before, WITHOUT_END)]
            windows += measure_window_effects(
                files, program, cases.rows, policy, table=name, windows=tried, attribute=attribute
            )
    if program.census.person is None:
        return readings, tuple(windows), None
    rows, sizes = cases.rows[program.census.table], engine.count_frame_persons(frame, keys)
    return readings, tuple(windows), sample_audit.measure_persons(program, rows, outcomes, sizes, result)


def perform_sample_audit(engine: Engine) -> SettledSample:
    """The sample audit as the program declares it: drawn, assessed, and settled by the rules alone.

    The drawn cases are few: they are assessed on this machine.
    """
    program, frame = engine.audit.program, engine.build_frame()
    engine.audit.tell("drawing the sample")
    design = sample_audit.plan_declared_sample(program, frame)
    choice = sample_audit.choose_seed(frame, sample_audit.require_sample_plan(program))
    sample = engine.draw_sample(frame, design, seed=choice.seed)
    record = sample_audit.record_draw(sample, frame, choice)
    keys = sample.cases["key"]
    determinations = sample_audit.assess_cases(engine.collect_case_files(keys), keys)
    return frame, record, sample_audit.settle_outcomes(program, determinations)


def require_fit_tables(reliability: Checks) -> Checks:
    """The checks of tables that are fit to audit. AuditError (DATA) names critical ones that failed or were not run."""
    if failures := [result for result in reliability.results if result.severity == "critical" and not result.passed]:
        raise AuditError([make_failure_problem(result) for result in failures], code=ExitCode.DATA)
    return reliability


def _estimate_rates(engine: Engine, frame: Frame, record: dict[str, Any], outcomes: pl.DataFrame) -> SampleResult:
    in_frame = engine.count_frame_by_office(frame)
    return sample_audit.estimate_rates(engine.audit, frame, record, outcomes, in_frame=in_frame)


def _encode_sample_files(record: dict[str, Any], outcomes: pl.DataFrame) -> dict[str, bytes | Path]:
    return {"sample.json": encode_json(record), "determinations.csv": outcomes.write_csv().encode()}
