"""A whole audit in a notebook: the verbs of the prompt, one after the other, on one program's tables."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment.determinations import Determinations
from audit.assessment.explain import Explanation, explain_case
from audit.display import (
    Display,
    Displayable,
    display_card,
    display_facts,
    display_rows,
)
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult
from audit.review.readiness import ReviewReadiness
from audit.sampling.draw import Selection
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.sample_size import plan_two_stage
from audit.statistics.parameters import Rate
from audit.storage.report_record import REPORT_RECORD_FILE, read_report
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.tables.checks.results import Checks
from audit.tables.table import ControlTotals
from audit.workflow import monthly_report, program_data, sample_audit, schedule, validation
from audit.workflow.audit_reports import AuditReport, MonthlyReport
from audit.workflow.audit_review import AuditReview
from audit.workflow.engine import LocalEngine
from audit.workflow.month_request import MonthRequest
from audit.workflow.one_table import Sample, UserTable, join_case_rows, plan_frame, read_table
from audit.workflow.progress import show_status
from audit.workflow.report_basis import SampleAudit, measure_choices, require_fit_tables
from audit.workflow.review import check_unbegun_review, open_review
from audit.workflow.sample_report import assemble_report_of_sample

STEPS = ("frame", "plan", "draw", "determinations", "settled", "result")  # what each step gives, in their order


class Audit(Displayable):
    """One audit, opened: its verbs are those of the prompt, and each goes on from what the last one gave.

    A verb that was not called is called, as the program declares it, when a later one needs what it gives.
    """

    def __init__(self, data: program_data.ProgramData) -> None:
        self.data = data
        self._engine = LocalEngine(audit=data)
        self._checks: Checks | None = None
        self._frame: Frame | None = None
        self._plan: Plan | None = None
        self._draw: tuple[Selection, dict[str, Any]] | None = None
        self._determinations: Determinations | None = None
        self._settled: Determinations | None = None
        self._readiness: ReviewReadiness | None = None  # of the review that settled them
        self._result: SampleResult | None = None

    @property
    def tables(self) -> dict[str, pl.LazyFrame]:
        """Every table by its name, as the program declares it."""
        return self.data.rows

    @property
    def totals(self) -> tuple[ControlTotals, ...]:
        """The control totals of every file that was read: rows in, rows used, rows set aside."""
        return self.data.totals

    def check(self) -> Checks:
        """Run the data checks. AuditError (USAGE) where the program has none."""
        with show_status():
            self._checks = validation.check_tables(self.data)
        return self._checks

    def scope(self, *, strata: str | None = None) -> Frame:
        """Fix the frame: every case that can be drawn, what is left out and why, the digest; `strata` is a column."""
        with show_status():
            frame = self._engine.build_frame(stratum=strata)
        self._forget_after("frame")
        self._frame = frame
        return frame

    def plan(
        self,
        *,
        size: int | None = None,
        margin: Rate | None = None,
        tolerable: Rate | None = None,
        expected: Rate | None = None,
        unassessable: Rate = "0",
        level: Rate | None = None,
        each_stratum: bool = False,
        equal_strata: bool = False,
    ) -> Plan:
        """Plan the draw as `audit.plan` does on a table; without size, margin and tolerable rate, the declared size.

        The level is the declared one if absent.
        """
        declared, frame = sample_audit.require_sample_plan(self.data.program), self._frame or self.scope()
        self._plan = plan_frame(
            frame,
            size=declared.size if size is margin is tolerable is None else size,
            margin=margin,
            tolerable=tolerable,
            expected=expected,
            unassessable=unassessable,
            level=level or str(declared.level),
            each_stratum=each_stratum,
            equal_strata=equal_strata,
        )
        self._forget_after("plan")
        return self._plan

    def plan_two_stages(self, *, tolerable: Rate, level: Rate | None = None) -> Plan:
        """Plan a draw in two stages, stop or go: one deviation in the first calls for a second of the same size."""
        declared, frame = sample_audit.require_sample_plan(self.data.program), self._frame or self.scope()
        self._plan = plan_two_stage(frame, tolerable=tolerable, confidence=level or str(declared.level))
        self._forget_after("plan")
        return self._plan

    def draw(self, *, seed: str = "", seed_source: str = "") -> Sample:
        """Draw the planned sample with the declared seed, or with a `seed` of one's own and its source.

        AuditError (USAGE) where the declared seed was declared for another frame.
        """
        declared, design = sample_audit.require_sample_plan(self.data.program), self._plan or self.plan()
        frame = self._frame or self.scope()
        self.data.tell("drawing the sample")
        choice = sample_audit.choose_seed(frame, declared, seed=seed, seed_source=seed_source)
        sample = self._engine.draw_sample(frame, design, seed=choice.seed)
        manifest = sample_audit.record_draw(sample, frame, choice)
        self._forget_after("draw")
        self._draw = sample, manifest
        rules = self.data.program.census
        rows = self.data.rows[rules.table]
        return Sample(cases=join_case_rows(sample.cases, rows, key=rules.unit), manifest=manifest)

    def redraw(self, manifest: Mapping[str, Any] | None = None) -> list[str]:
        """Draw again by a manifest, that of the last draw if absent, and list the differences; none is the proof."""
        if manifest is None:
            manifest = self._draw[1] if self._draw else self.draw().manifest
        return find_redraw_differences(self._frame or self.scope(), manifest)

    def assess(self) -> Determinations:
        """Put every drawn case to the policy of its day."""
        if self._draw is None:
            self.draw()
        assert self._draw is not None
        with show_status():
            table = sample_audit.assess_cases(self.data, self._draw[0].cases["key"])
        self._forget_after("determinations")
        self._determinations = Determinations(table=table, key=self.data.program.census.unit)
        return self._determinations

    def explain(self, case: str, *, attribute: str = "") -> Explanation:
        """Explain the determination of any case: facts, rules, citation, what would change it."""
        policy = sample_audit.require_policy(self.data)
        return explain_case(case, program=self.data.program, policy=policy, tables=self.data.rows, attribute=attribute)

    def review(self, folder: str | Path) -> AuditReview:
        """Open the review of the assessed sample, with its journal in a folder: an empty one, or that of before.

        AuditError (USAGE) where the program declares no review; CONFLICT where the folder is that of another sample.
        """
        determinations = self._determinations or self.assess()
        assert self._draw is not None  # what was assessed was drawn
        steps = SampleAuditFolder(folder=Path(folder), key=determinations.key)
        if not steps.has_sample():
            steps.write_sample(self._draw[1])
            steps.write_determinations(determinations.table)
        elif steps.read_sample()["cases"] != self._draw[1]["cases"]:
            problem = Problem(what="holds the review of another sample", mend="Name another folder.", file=str(folder))
            raise AuditError(problem, code=ExitCode.CONFLICT)
        return AuditReview(data=self.data, review=open_review(self.data.program, steps))

    def settle(self, reviews: AuditReview | UserTable | None = None) -> Determinations:
        """Let the reviewers' conclusions overrule the rules; without `reviews` every rule's outcome stands.

        `reviews` is what `review` opened, or a table with the key, attribute, outcome and reason of each case that a
        person concluded on.
        """
        determinations, readiness = self._determinations or self.assess(), None
        if isinstance(reviews, AuditReview):
            settled = reviews.settle()
            readiness = reviews.review.check_readiness()
        else:
            concluded = None if reviews is None else read_table(reviews).collect()
            table = sample_audit.settle_outcomes(self.data.program, determinations.table, concluded)
            settled = Determinations(table=table, key=determinations.key)
        self._forget_after("settled")
        self._settled, self._readiness = settled, readiness
        return settled

    def estimate(self) -> SampleResult:
        """Estimate the rates from the settled sample, with their limits and bounds."""
        settled = self._settled or self.settle()
        assert self._draw is not None  # what was settled was drawn
        assert self._frame is not None
        with show_status():
            self._result = sample_audit.estimate_rates(self.data, self._frame, self._draw[1], settled.table)
        return self._result

    def report(self) -> AuditReport:
        """The audit report, as `audit report` writes it. AuditError (DATA) where a critical check fails."""
        result = self._result or self.estimate()
        assert self._settled is not None  # what was estimated was settled
        assert self._frame is not None
        with show_status():
            checks = require_fit_tables(self._checks or self.check())
            readings, windows, persons = measure_choices(self._engine, self._frame, self._settled.table, result)
            audit = SampleAudit(
                checks=checks,
                outcomes=self._settled.table,
                result=result,
                review=self._readiness or check_unbegun_review(self.data.program, self._settled.table),
                files={},
                readings=readings,
                windows=windows,
                persons=persons,
            )
            record = assemble_report_of_sample(self.data, audit)
        return AuditReport(record=record)

    def month(self, month: str | None = None, *, as_of: date | None = None) -> MonthlyReport:
        """The report of a month such as "2011-09": every case counted, by office; without a month, of the whole table.

        AuditError (DATA) where a critical check fails.
        """
        with show_status():
            checks = self._checks or self.check()
            period, day = monthly_report.resolve_report_period(self._engine, month, as_of)
            record = monthly_report.assemble_period_report(
                self.data,
                period=period,
                as_of=day,
                checks=require_fit_tables(checks),
                counts=self._engine.count_period(period, day).counts,
            )
        return MonthlyReport(record=record)

    def months(self, since: str, month: str, *, reports: str | Path = "reports") -> list[MonthlyReport]:
        """The reports of several months, each on the ledger of the month before; those that exist are read, not made.

        They are written below `reports` as `audit run --since` writes them.
        """
        names = schedule.list_scheduled_months(self.data.program, since, month)
        with show_status():
            request = MonthRequest(reports=Path(reports))
            published = schedule.publish_months(self._engine, request, names)
        return [MonthlyReport(record=read_report(one.folder / REPORT_RECORD_FILE)) for one in published]

    def _forget_after(self, step: str) -> None:
        """Forget what the steps after this one gave: it is taken again, and they no longer follow from it."""
        for later in STEPS[STEPS.index(step) + 1 :]:
            setattr(self, f"_{later}", None)

    def display(self) -> Display:
        """The program, and how many rows of each table were read, used and set aside."""
        facts = [("program", self.data.program.name), ("title", self.data.program.title)]
        names = ("table", "rows in", "rows used", "rows set aside")
        rows = [(name, *_add_totals(self.totals, name)) for name in self.data.tables]
        totals = display_rows(names, rows, title="Control totals")
        return display_card(
            "Audit", self.data.program.title, display_facts(facts), totals, foot="Next: .check(), .draw(), .month(…)"
        )


def open_audit(
    program: str,
    *,
    data: str | Path | None = None,
    expectations: str | Path = "expectations",
    set_aside: bool = False,
) -> Audit:
    """Open an audit: read a program's declarations and its tables.

    `program` is the name of a shipped program or the folder of one's own; `data` the folder of the tables, or the URL
    of a database. Where the program makes synthetic tables, they are made if `data` is absent. With `set_aside`, rows
    that cannot be used are listed with their reasons instead of stopping the call.

    AuditError (USAGE or DATA) with every problem of the declarations or the tables.
    """
    with show_status():
        where = Path(data) if isinstance(data, str) and "://" not in data else data
        return Audit(
            program_data.read_program_data(program, data=where, expectations=Path(expectations), set_aside=set_aside)
        )


def _add_totals(totals: tuple[ControlTotals, ...], table: str) -> tuple[int, int, int]:
    own = [one for one in totals if one.table == table]
    return sum(one.rows_in for one in own), sum(one.rows_used for one in own), sum(one.rows_set_aside for one in own)
