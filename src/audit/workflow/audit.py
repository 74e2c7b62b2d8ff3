"""A whole audit in a notebook: the verbs of the prompt, one after the other, on one program's tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
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
    display_table,
)
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult
from audit.formatting import format_percent
from audit.reporting.figures import Drawing, draw_report_figures
from audit.reporting.formats.report_files import render_report_files
from audit.reporting.open_item_text import describe_follow_up
from audit.reporting.report import Report, list_primary_results
from audit.sampling.design import Plan
from audit.sampling.draw import Selection
from audit.sampling.frame import Frame
from audit.sampling.plan import plan_two_stage
from audit.sampling.redraw import find_redraw_differences
from audit.statistics.parameters import Rate
from audit.storage.output_folder import publish_folder
from audit.storage.report_record import REPORT_RECORD_FILE, read_report
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.tables.checks.results import Checks
from audit.tables.table import ControlTotals
from audit.workflow import monthly_report, program_data, sample_audit, schedule, validation
from audit.workflow.audit_review import AuditReview
from audit.workflow.engine import LocalEngine
from audit.workflow.month_request import MonthRequest
from audit.workflow.one_table import Sample, UserTable, join_case_rows, plan_frame, read_table
from audit.workflow.plots import plot_classes
from audit.workflow.progress import show_status
from audit.workflow.report_basis import require_fit_tables
from audit.workflow.review import open_review

# Shares of a table as people read them.
SHARES_IN_WORDS = [
    pl.col(name).map_elements(format_percent, pl.String, skip_nulls=False)
    for name in ("rate", "lower_998", "upper_998")
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AuditReport(Displayable):
    """The result of a sample audit as it is reported: the cells, the rates, and what may be said of offices."""

    title: str
    result: SampleResult

    @property
    def cells(self) -> pl.DataFrame:
        """A row a cell: outcome, class, cases, words."""
        rows = [(cell.outcome, cell.case_class, cell.cases, cell.words) for cell in self.result.cells]
        schema = {"outcome": pl.String, "class": pl.String, "cases": pl.Int64, "words": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def figures(self) -> dict[str, Drawing]:
        """The figures by name; none where no case could be assessed."""
        return {"classes": plot_classes(self.result)} if self.result.overall.rate is not None else {}

    def display(self) -> Display:
        """The overall rate, the cells, the rates, the figure."""
        return display_card(
            "Audit report",
            self.title,
            display_table(self.cells, title="Sampled cases", rows=60),
            self.result.display(),
            *(drawing.display() for drawing in self.figures.values()),
            foot="Next: .cells, .result, .figures",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class MonthlyReport(Displayable):
    """The report of one month: the rate of every office, the records to complete, the figures."""

    record: Report

    @property
    def offices(self) -> pl.DataFrame:
        """A row an office and measure: due, compliant, late, missing, rate, lower_998, upper_998, flag."""
        names = ("due", "compliant", "late", "missing")
        rows = [
            {
                "measure": result.title,
                "office": row.name,
                **{name: getattr(row, name) for name in names},
                "rate": row.timely,
                "lower_998": row.lower_998,
                "upper_998": row.upper_998,
                "flag": row.flag,
            }
            for result in list_primary_results(self.record.measures)
            for row in (*result.offices, result.national)
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    @property
    def months(self) -> pl.DataFrame:
        """A row a month up to the report's: all offices together: month, due, compliant, late."""
        return pl.DataFrame([asdict(month) for month in self.record.months], infer_schema_length=None)

    @property
    def open_items(self) -> pl.DataFrame:
        """A row a person, office and month whose records are to be completed."""
        return pl.DataFrame([asdict(item) for item in self.record.open_items], infer_schema_length=None)

    @property
    def movements(self) -> pl.DataFrame:
        """How the ledger of open items moved, all offices first: office, open_start, new, …, open_end, over_90.

        open_start + new + reopened - resolved - reclassified = open_end. Empty in a report without a ledger.
        """
        names = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
        schema = {"office": pl.String, **dict.fromkeys((*names, "over_90"), pl.Int64)}
        follow_up = self.record.follow_up
        if follow_up is None:
            return pl.DataFrame(schema=schema)
        over_90 = sum(office.over_90 for office in follow_up.offices)
        rows = [("All offices", *(getattr(follow_up, name) for name in names), over_90)]
        rows += [(one.name, *(getattr(one, name) for name in names), one.over_90) for one in follow_up.offices]
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def follow_up(self) -> list[str]:
        """What became of the open items, in sentences; none in a report without a ledger."""
        record = self.record
        if record.follow_up is None:
            return []
        return list(describe_follow_up(record.follow_up, unit=record.unit, office=record.office_noun))

    @property
    def figures(self) -> dict[str, Drawing]:
        """The figures by name."""
        return {drawing.name: drawing for drawing in draw_report_figures(self.record)}

    def save(self, folder: str | Path) -> Path:
        """Write the report in every form (HTML, PDF, XLSX, JSON, CSV, figures) as a folder, whole or not at all.

        It stands alone: `audit run` keeps the ledger from month to month, which this does not. AuditError (CONFLICT)
        where the folder exists.
        """
        folder = Path(folder)
        if folder.exists():
            problem = Problem(what=f"{folder} exists", mend="Name another folder.", file=str(folder))
            raise AuditError(problem, code=ExitCode.CONFLICT)
        files = render_report_files(self.record)
        publish_folder(
            folder, files, inputs={"software": f"audit {version('audit-toolkit')}", "period": self.record.period}
        )
        return folder

    def display(self) -> Display:
        """The headline, the key figures, every office, and how many records are to be completed."""
        figures = [(one.value, one.label, one.detail) for one in self.record.key_figures]
        title = f"{self.record.title}, {self.record.period_words}"
        return display_card(
            title,
            self.record.headline,
            display_rows(("value", "of", "in detail"), figures, title="Key figures"),
            display_table(self.offices.drop("flag").with_columns(SHARES_IN_WORDS), title="Every office", rows=60),
            foot="Next: .offices, .months, .open_items, .figures, .save(…)",
        )


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
            self._frame = self._engine.build_frame(stratum=strata)
        self._plan = self._draw = self._determinations = self._settled = self._result = None
        return self._frame

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
        self._draw = self._determinations = self._settled = self._result = None
        return self._plan

    def plan_two_stages(self, *, tolerable: Rate, level: Rate | None = None) -> Plan:
        """Plan a draw in two stages, stop or go: one deviation in the first calls for a second of the same size."""
        declared, frame = sample_audit.require_sample_plan(self.data.program), self._frame or self.scope()
        self._plan = plan_two_stage(frame, tolerable=tolerable, confidence=level or str(declared.level))
        self._draw = self._determinations = self._settled = self._result = None
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
        self._draw = sample, manifest
        self._determinations = self._settled = self._result = None
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
        self._determinations = Determinations(table=table, key=self.data.program.census.unit)
        self._settled = self._result = None
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
        determinations = self._determinations or self.assess()
        if isinstance(reviews, AuditReview):
            self._settled, self._result = reviews.settle(), None
            return self._settled
        concluded = None if reviews is None else read_table(reviews).collect()
        table = sample_audit.settle_outcomes(self.data.program, determinations.table, concluded)
        self._settled, self._result = Determinations(table=table, key=determinations.key), None
        return self._settled

    def estimate(self) -> SampleResult:
        """Estimate the rates from the settled sample, with their limits and bounds."""
        settled = self._settled or self.settle()
        assert self._draw is not None  # what was settled was drawn
        assert self._frame is not None
        with show_status():
            self._result = sample_audit.estimate_rates(self.data, self._frame, self._draw[1], settled.table)
        return self._result

    def report(self) -> AuditReport:
        """The report of the sample audit."""
        return AuditReport(title=self.data.program.title, result=self._result or self.estimate())

    def month(self, month: str | None = None, *, as_of: date | None = None) -> MonthlyReport:
        """The report of a month such as "2011-09": every case counted, by office; without a month, of the whole table.

        It holds the sample audit too where that was estimated. AuditError (DATA) where a critical check fails.
        """
        with show_status():
            checks = self._checks or self.check()
            period, day = monthly_report.resolve_report_period(self._engine, month, as_of)
            record = monthly_report.assemble_period_report(
                self.data,
                period=period,
                as_of=day,
                checks=require_fit_tables(checks),
                audit=self._result,
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
