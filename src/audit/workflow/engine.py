"""The engine of an audit: whatever is done to whole tables, on this machine or on a cluster."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import polars as pl

from audit.assessment.population import PopulationAssessment, assess_whole_population, merge_assessments
from audit.compliance import unit_states, worklist
from audit.compliance.case_counts import count_cases
from audit.compliance.mergeable_counts import MergeableCounts, build_mergeable_counts
from audit.compliance.office_rates import filter_period
from audit.formatting import format_count
from audit.months import MONTH_FORMAT
from audit.programs import measures
from audit.sampling.draw import Selection, draw_designed_sample
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.storage import row_history
from audit.storage.lock import lock_folder
from audit.tables.checks.results import Checks
from audit.workflow import sample_audit, validation
from audit.workflow.monthly_ledger import DocumentedUnits, LedgerInputs, collect_documented_units
from audit.workflow.program_data import ProgramData

DETERMINATIONS_IN_MEMORY = 800_000  # that are assessed at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodCounts:
    """What the report of a period takes from the states of all units."""

    counts: MergeableCounts
    documented_units: DocumentedUnits | None  # where there is a ledger


class Engine(Protocol):
    """Whatever is done to whole tables; every engine gives the same, to the last bit."""

    @property
    def audit(self) -> ProgramData:
        """The program with its declarations and control totals; only on this machine do its tables have rows."""

    def lock_reports(self, folder: Path) -> AbstractContextManager[None]:
        """Be the only run that writes into a program's folder of reports: AuditError (CONFLICT) where another is."""

    def list_months(self) -> list[str]:
        """The months in which there are units; none in a census without a date."""

    def check_tables(self) -> Checks:
        """The results of the data checks."""

    def build_frame(
        self, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
    ) -> Frame:
        """The frame of the program's sample, by the columns of these roles."""

    def list_frame_files(self, frame: Frame) -> tuple[Path, ...]:
        """Files that, one after the other, are a frame built here as it is published; none where its cases are here."""

    def draw_sample(self, frame: Frame, design: Plan, *, seed: str) -> Selection:
        """The cases of a design, drawn from a frame built here."""

    def count_frame_by_office(self, frame: Frame) -> pl.DataFrame:
        """How many cases of a frame each office has, built here or read from disk: office, stratum, cases."""

    def count_frame_persons(self, frame: Frame, keys: pl.Series) -> pl.DataFrame:
        """Of how many persons a frame holds so many cases and a sample so many: known, cases, sampled, persons."""

    def collect_case_files(self, keys: pl.Series) -> ProgramData:
        """The audit with the rows on this machine of the cases with these keys, and of others if they are here."""

    def count_cases(self, period: str, as_of: date | None) -> pl.DataFrame:
        """The cases of a period by office and state: columns `audit.compliance.case_counts.CASE_COUNT_SCHEMA`."""

    def count_period(self, period: str, as_of: date | None, ledger: LedgerInputs | None = None) -> PeriodCounts:
        """What the report of a period takes from the states of all units, as the records stood on a day."""

    def find_unit_records(self, units: pl.DataFrame, as_of: date | None) -> pl.DataFrame:
        """The records that are linked to these units (column unit), as `audit.compliance.worklist` has them."""

    def make_row_history(self) -> pl.DataFrame:
        """The rows of every table by month, as `audit.storage.row_history` has them."""

    def assess_population(self, into: Path) -> PopulationAssessment:
        """The determinations of every case that could be drawn, as Parquet files in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalEngine:
    """This machine, through polars; each method as `Engine` has it."""

    audit: ProgramData

    def lock_reports(self, folder: Path) -> AbstractContextManager[None]:
        """Lock the folder until the block ends."""
        return lock_folder(folder)

    def list_months(self) -> list[str]:
        """The months in which there are units."""
        rules = self.audit.program.census
        if rules.date is None:
            return []
        month = pl.col(rules.date).dt.strftime(MONTH_FORMAT).drop_nulls().unique().sort()
        months: list[str] = self.audit.rows[rules.table].select(month).collect(engine="streaming").to_series().to_list()
        return months

    def check_tables(self) -> Checks:
        """The data checks; with the rows that fail."""
        return validation.check_tables(self.audit)

    def build_frame(
        self, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
    ) -> Frame:
        """The frame, with its cases in memory."""
        return sample_audit.scope_frame(self.audit, stratum=stratum, cluster=cluster, measure=measure)

    def list_frame_files(self, frame: Frame) -> tuple[Path, ...]:
        """None: the cases are here."""
        return ()

    def draw_sample(self, frame: Frame, design: Plan, *, seed: str) -> Selection:
        """Draw from the cases of the frame."""
        return draw_designed_sample(frame, design, seed=seed)

    def count_frame_by_office(self, frame: Frame) -> pl.DataFrame:
        """Count the cases of the frame."""
        return sample_audit.count_frame_by_office(self.audit, frame)

    def count_frame_persons(self, frame: Frame, keys: pl.Series) -> pl.DataFrame:
        """Count the persons of the frame."""
        return sample_audit.count_frame_persons(self.audit, frame, keys)

    def collect_case_files(self, keys: pl.Series) -> ProgramData:
        """The audit as it is: all rows are here."""
        return self.audit

    def link_unit_records(self, period: str, as_of: date | None) -> pl.LazyFrame:
        """The state of every unit up to the end of a period, under every measure, as the records stood on `as_of`."""
        rules = self.audit.program.census
        measures.parse_period(rules, period)  # a period that the table cannot tell apart is refused before the work
        self.audit.tell("linking the records")
        several = sum(len(measure.grace_days) for measure in rules.measures)
        rows = several * self.audit.tables[rules.table].rows_used
        return unit_states.link_and_find_states(self.audit.rows, rules, as_of=as_of, rows=rows)

    def count_cases(self, period: str, as_of: date | None) -> pl.DataFrame:
        """Count the cases of a period."""
        rules = self.audit.program.census
        return count_cases(filter_period(self.link_unit_records(period, as_of), rules, period=period), rules)

    def count_period(self, period: str, as_of: date | None, ledger: LedgerInputs | None = None) -> PeriodCounts:
        """Count the units of a period."""
        states = self.link_unit_records(period, as_of)
        lists = {"listed": ledger.listed_units, "drawn": ledger.drawn_units} if ledger else {}
        return PeriodCounts(
            counts=build_mergeable_counts(states, self.audit.program.census, period=period, **lists),
            documented_units=collect_documented_units(self.audit, ledger, states, month=period) if ledger else None,
        )

    def find_unit_records(self, units: pl.DataFrame, as_of: date | None) -> pl.DataFrame:
        """Link these units alone."""
        return worklist.find_unit_records(self.audit.rows, self.audit.program.census, units, as_of=as_of)

    def make_row_history(self) -> pl.DataFrame:
        """Digest the rows of the columns that are used."""
        return row_history.make_row_history(self.audit.program, self.audit.rows_of_used_columns)

    def assess_population(self, into: Path) -> PopulationAssessment:
        """Assess the cases so many at a time, into a file each time."""
        audit, table = self.audit, self.audit.program.census.table
        sample_audit.refuse_undated(audit, audit.rows[table])
        policy, units, parts = sample_audit.require_policy(audit), audit.rows[table], []
        every = units.select(pl.len()).collect().item()
        at_once = DETERMINATIONS_IN_MEMORY // len(policy.list_attributes())
        for number, first in enumerate(range(0, every, at_once)):
            audit.tell(f"assessing every case: {format_count(first)} of {format_count(every)}")
            path, wanted = into / f"determinations-{number:05}.parquet", units.slice(first, at_once)
            parts.append(assess_whole_population(audit.program, audit.rows, policy, path=path, wanted=wanted))
        return merge_assessments(parts)
