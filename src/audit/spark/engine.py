"""A Spark cluster as the engine of an audit: its tables lie there, and the audit has none of their rows."""

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.assessment.population import PopulationAssessment
from audit.compliance.unit_states import make_undated_error
from audit.errors import AuditError, ExitCode, Problem
from audit.sampling.draw import Selection
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.spark import assess, case_files, checks, counts, draw, partitions, read, row_digests
from audit.spark import frame as framing
from audit.spark import session as spark
from audit.spark.frame import SparkSamplingFrame
from audit.spark.read import SparkTable
from audit.storage.lock import lock_folder
from audit.tables.checks.great_expectations import (
    adapt_suites_to_spark,
    refuse_differing_results,
    run_gx_checks_on_spark,
    validate_suites_on_spark,
)
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.checks.suites import compile_suites
from audit.tables.table import Table
from audit.workflow import sample_audit, validation
from audit.workflow.engine import PeriodCounts
from audit.workflow.monthly_ledger import DocumentedUnits, LedgerInputs
from audit.workflow.program_data import DeclarationCheck, ProgramData, prepare_program_data, read_program_by_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is laid out is kept once it is there
class SparkEngine:
    """A cluster, through Spark; each method as `audit.workflow.engine.Engine` has it."""

    audit: ProgramData
    session: "SparkSession"
    spark_tables: dict[str, SparkTable]
    home: Path  # the program's folder of reports, which is locked
    folder: Path  # that all workers see; it is removed in the end
    _frames: dict[str, SparkSamplingFrame] = field(
        default_factory=dict, init=False
    )  # that were built here, by their digest

    @property
    def units(self) -> "DataFrame":
        """The units of the census, on the cluster."""
        return self.spark_tables[self.audit.program.census.table].rows

    def lock_reports(self, folder: Path) -> AbstractContextManager[None]:
        """The program's own reports are locked since the engine was opened."""
        return nullcontext() if folder.resolve() == self.home else lock_folder(folder)

    def list_months(self) -> list[str]:
        """As the protocol has it; AuditError (DATA) for units without a day."""
        return self._unit_months

    @cached_property
    def _unit_months(self) -> list[str]:
        from pyspark.sql import functions as f

        rules = self.audit.program.census
        if rules.date is None:
            return []
        month = f.date_format(f.col(f"`{rules.date}`"), "yyyy-MM").alias("month")
        units = self.units.groupBy(month).agg(f.count("*").alias("units"))
        units_by_month = dict(spark.collect_rows(units, {"month": pl.String, "units": pl.Int64}).iter_rows())
        if undated := units_by_month.pop(None, 0):
            raise make_undated_error(rules, undated, of=undated + sum(units_by_month.values()))
        return sorted(units_by_month)

    def check_tables(self) -> Checks:
        """As the protocol has it; which rows fail is not said."""
        validation.refuse_unchecked(self.audit)
        self.audit.tell("checking the tables")
        suites = compile_suites(self.audit.rows, self.audit.suites, **validation.make_check_arguments(self.audit))
        tables = checks.prepare_check_tables(self.spark_tables, suites)
        results = checks.check_on_spark(tables, suites)
        gx_results: tuple[CheckResult, ...] = ()
        if self.audit.confirm:
            pairs = adapt_suites_to_spark(suites)
            refuse_differing_results(
                results if pairs == suites else checks.check_on_spark(tables, pairs),
                validate_suites_on_spark(tables, pairs),
            )
            gx_results = run_gx_checks_on_spark(tables, suites)
        results = tuple(result for suite in suites for result in suite.add_gx_results(results, gx_results))
        found = Checks(results=results, failing=pl.DataFrame(schema=FAILING_UNITS_SCHEMA))
        return validation.add_delivery_checks(found, self.audit, self._sum_stated_columns())

    def _sum_stated_columns(self) -> dict[str, float]:
        """The sum of every column of which the delivery note states one."""
        from pyspark.sql import functions as f

        sums = {}
        for total in self.audit.delivery_note.totals:
            if total.sum_column and total.table in self.spark_tables:
                column = partitions.make_column(total.sum_column)
                rows = self.spark_tables[total.table].rows.select(f.sum(column).cast("double").alias("sum"))
                sums[total.table] = spark.collect_rows(rows, {"sum": pl.Float64}).item() or 0.0
        return sums

    def build_frame(
        self, *, stratum: str | None = None, cluster: str | None = None, measure: str | None = None
    ) -> Frame:
        """As the protocol has it; a usage error for clusters and amounts, and `cases` has none of the frame's."""
        framing.refuse_local_frame(cluster, measure)
        sample_audit.require_sample_plan(self.audit.program)
        self.list_months()
        self.audit.tell("fixing the frame")
        units, into = self.spark_tables[self.audit.program.census.table], self.folder / "frame"
        built = framing.fix_frame_on_spark(self.session, self.audit.program, units, into=into, stratum=stratum)
        self._frames[built.frame.digest] = built
        return built.frame

    def list_frame_files(self, frame: Frame) -> tuple[Path, ...]:
        """The files of the frame's lines, sorted on the cluster."""
        return self._frames[frame.digest].lines

    def draw_sample(self, frame: Frame, design: Plan, *, seed: str) -> Selection:
        """Draw on the cluster; the drawn cases alone come here."""
        return draw.draw_sample_on_spark(frame, self._frames[frame.digest].cases, design, seed=seed)

    def count_frame_by_office(self, frame: Frame) -> pl.DataFrame:
        """Count on the cluster."""
        return framing.count_cases_by_office(self.audit.program, self.units, self._find_frame_cases(frame))

    def count_frame_persons(self, frame: Frame, keys: pl.Series) -> pl.DataFrame:
        """Count on the cluster; numbers of persons alone come here."""
        return framing.count_persons_of_frame(self.audit.program, self.units, self._find_frame_cases(frame), keys)

    def _find_frame_cases(self, frame: Frame) -> "DataFrame":
        """The cases of a frame on the cluster: those of a frame from disk are brought there."""
        if frame.digest in self._frames:
            return self._frames[frame.digest].cases
        path = self.folder / "cases.parquet"
        stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
        frame.cases.select(key=frame.key, stratum=stratum).collect().write_parquet(path)
        return framing.select_key_and_stratum(self.session.read.parquet(spark.make_spark_path(path)))

    def collect_case_files(self, keys: pl.Series) -> ProgramData:
        """The audit with the rows of these cases, which alone come here."""
        rows = case_files.collect_case_files(
            self.session, self.audit.program, self.spark_tables, self._file_joins, keys, into=self.folder / "wanted"
        )
        tables = {name: replace(table, rows=rows[name].lazy()) for name, table in self.audit.tables.items()}
        return replace(self.audit, tables=tables)

    def count_cases(self, period: str, as_of: date | None) -> pl.DataFrame:
        """Count bucket by bucket; the counts alone come here."""
        self.list_months()
        self.audit.tell("linking and counting the records")
        return counts.tally_on_spark(self.session, self._census_buckets, self.audit.program, period=period, as_of=as_of)

    def count_period(self, period: str, as_of: date | None, ledger: LedgerInputs | None = None) -> PeriodCounts:
        """Count bucket by bucket; of the units those alone come here that lists may name."""
        self.list_months()
        self.audit.tell("linking and counting the records")
        program, into = self.audit.program, self.folder / "counted"
        period_counts = counts.count_on_spark(
            self.session,
            self._census_buckets,
            program,
            period=period,
            as_of=as_of,
            listed=ledger.listed_units if ledger else None,
            drawn=ledger.drawn_units if ledger else None,
            until=period if ledger else None,
            into=into,
        )
        if ledger is None:
            return PeriodCounts(counts=period_counts, documented_units=None)
        before, states = ledger.opening.documented_file, period_counts.listed_units
        lost = counts.find_undone_units(self.session, program, self.units, states, before, into=into)
        documented = DocumentedUnits(lost=lost, now=counts.write_documented_file(self.session, into=into))
        return PeriodCounts(counts=period_counts, documented_units=documented)

    def find_unit_records(self, units: pl.DataFrame, as_of: date | None) -> pl.DataFrame:
        """Link these units bucket by bucket."""
        return counts.find_unit_records_on_spark(
            self.session, self._census_buckets, self.audit.program, units, as_of=as_of, into=self.folder / "worklist"
        )

    def make_row_history(self) -> pl.DataFrame:
        """Digest them there; a count and a digest a month come here."""
        return row_digests.make_row_history_on_spark(
            self.session, self.audit.program, self.spark_tables, self.audit.rows_of_used_columns
        )

    def assess_population(self, into: Path) -> PopulationAssessment:
        """Assess bucket by bucket, into a file each."""
        policy = sample_audit.require_policy(self.audit)
        self.list_months()
        self.audit.tell("assessing every case")
        buckets = self._partition_tables(self._file_joins)
        return assess.assess_buckets(self.session, buckets, self.audit.program, policy, into=into)

    @cached_property
    def _census_buckets(self) -> partitions.PartitionedTables:
        """The units and the records linked to them, by bucket: laid out once for several months."""
        return self._partition_tables(partitions.list_census_joins(self.audit.program))

    @property
    def _file_joins(self) -> list[partitions.Join]:
        """What the census brings to its units, and what the files of the cases hold besides."""
        program = self.audit.program
        return [*partitions.list_census_joins(program), *partitions.list_file_joins(program)]

    def _partition_tables(self, joins: Sequence[partitions.Join]) -> partitions.PartitionedTables:
        """The units and what is joined to them, by bucket."""
        program, into = self.audit.program, self.folder / "laid"
        return partitions.partition_tables(
            self.session, program, self.spark_tables, joins, units=program.census.table, into=into
        )


@contextmanager
def open_spark_engine(
    name: str,
    master: str,
    *,
    reports: Path,
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    confirm: bool = False,
    tell: Callable[[str], None] = lambda step: None,
    before_reading: DeclarationCheck | None = None,
) -> Iterator[SparkEngine]:
    """The cluster of a master with the program's tables read there, until the block ends; one at a time in `reports`.

    The other parameters are those of `audit.workflow.program_data.open_audit`. AuditError as that and the cluster
    raise it, and CONFLICT where another run is at work on the program's reports.
    """
    home = reports.resolve() / read_program_by_name(name).name
    folder = home / ".cluster"
    with lock_folder(home):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            audit, request = prepare_program_data(
                name,
                data=data,
                expectations=expectations,
                set_aside=set_aside,
                only=only,
                confirm=confirm,
                tell=tell,
                before_reading=before_reading,
            )
            if "://" in str(request.data):
                what = "a cluster reads a folder of files that all its workers see"
                raise AuditError(Problem(what=what, mend="Name it with --data."), code=ExitCode.USAGE)
            with spark.open_session(master) as session:
                spark_tables = read.read_tables_on_spark(session, request, into=folder / "read")
                tables = {name: _describe_table(table) for name, table in spark_tables.items()}
                yield SparkEngine(
                    audit=replace(audit, tables=tables),
                    session=session,
                    spark_tables=spark_tables,
                    home=home,
                    folder=folder,
                )
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _describe_table(table: SparkTable) -> Table:
    """The table as the audit knows it, without a row."""
    rows = pl.LazyFrame(schema=table.schema)
    return Table(source=table.source, rows=rows, totals=table.totals, months=table.months, aside=table.aside)
