"""A program at work on a cluster: its tables lie there, and its engagement has none of their rows."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.compliance.record_states import make_undated_error
from audit.errors import AuditError, ExitCode, Problem
from audit.sampling.frame import Frame
from audit.spark import case_files, checks, partitions, read, row_digests
from audit.spark import frame as framing
from audit.spark import session as spark
from audit.spark.frame import SparkSamplingFrame
from audit.spark.read import SparkTable
from audit.tables.checks.great_expectations import (
    adapt_suites_to_spark,
    refuse_differing_results,
    run_gx_checks_on_spark,
    validate_suites_on_spark,
)
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Reliability
from audit.tables.checks.suites import compile_suites
from audit.tables.schema import Source
from audit.tables.table import Table
from audit.workflow import audit as engagement
from audit.workflow import sample_audit, validation
from audit.workflow.audit import Audit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SparkAudit:
    """A program at work on a cluster."""

    work: Audit
    session: "SparkSession"
    spark_tables: dict[str, SparkTable]
    folder: Path  # that all workers see; it is removed in the end

    @property
    def units(self) -> "DataFrame":
        """The units of the census, on the cluster."""
        return self.spark_tables[self.work.program.census.table].rows

    def partition_tables(self, joins: Sequence[partitions.Join]) -> partitions.PartitionedTables:
        """The units and what is joined to them, by bucket."""
        program = self.work.program
        return partitions.partition_tables(
            self.session, program, self.spark_tables, joins, units=program.census.table, into=self.folder / "laid"
        )

    def list_months(self) -> list[str]:
        """The months in which there are units; none in a census without a date. Units without a day are refused."""
        from pyspark.sql import functions as f

        rules = self.work.program.census
        if rules.date is None:
            return []
        month = f.date_format(f.col(f"`{rules.date}`"), "yyyy-MM").alias("month")
        counts = self.units.groupBy(month).agg(f.count("*").alias("units"))
        units_by_month = dict(spark.collect_rows(counts, {"month": pl.String, "units": pl.Int64}).iter_rows())
        if undated := units_by_month.pop(None, 0):
            raise make_undated_error(rules, undated, of=undated + sum(units_by_month.values()))
        return sorted(units_by_month)

    def fix_frame(self, *, stratum: str | None = None) -> SparkSamplingFrame:
        """The frame of the program's sample, fixed on the cluster: as `sample_audit.scope_frame` has it."""
        sample_audit.require_sample_plan(self.work.program)
        self.work.tell("fixing the frame")
        units = self.spark_tables[self.work.program.census.table]
        return framing.fix_frame_on_spark(
            self.session, self.work.program, units, into=self.folder / "frame", stratum=stratum
        )

    def count_frame_by_office(self, work: Audit, frame: Frame) -> pl.DataFrame:
        """How many cases of a frame each office has: of the one fixed here, or of one that lies on disk."""
        folder = self.folder / "frame" / "kept"
        if frame.size and frame.cases.select(pl.len()).collect().item():
            folder.mkdir(parents=True, exist_ok=True)
            stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
            frame.cases.select(key=frame.key, stratum=stratum).collect().write_parquet(folder / "cases.parquet")
        cases = framing.select_key_and_stratum(self.session.read.parquet(spark.make_spark_path(folder)))
        return framing.count_cases_by_office(work.program, self.units, cases)

    def restrict_to_cases(self, keys: pl.Series) -> Audit:
        """The engagement with the files of these cases, and nothing else."""
        program = self.work.program
        joins = [*partitions.list_census_joins(program), *partitions.list_file_joins(program)]
        rows = case_files.collect_case_files(
            self.session, program, self.spark_tables, joins, keys, into=self.folder / "wanted"
        )
        tables = {name: replace(table, rows=rows[name].lazy()) for name, table in self.work.tables.items()}
        return replace(self.work, tables=tables)

    def make_row_history(self) -> pl.DataFrame:
        """The rows of every table by month, as `storage.row_history` has them."""
        return row_digests.make_row_history_on_spark(
            self.session, self.work.program, self.spark_tables, self.work.rows_of_used_columns
        )

    def check_tables(self) -> Reliability:
        """The data checks, as `validation.check_tables` has them; which rows fail is not told.

        AuditError as that.
        """
        validation.refuse_unchecked(self.work)
        self.work.tell("checking the tables")
        suites = compile_suites(self.work.rows, self.work.suites, **validation.make_check_arguments(self.work))
        tables = checks.prepare_check_tables(self.spark_tables, suites)
        results = checks.check_on_spark(tables, suites)
        gx_results: tuple[CheckResult, ...] = ()
        if self.work.confirm:
            pairs = adapt_suites_to_spark(suites)
            refuse_differing_results(
                results if pairs == suites else checks.check_on_spark(tables, pairs),
                validate_suites_on_spark(tables, pairs),
            )
            gx_results = run_gx_checks_on_spark(tables, suites)
        results = tuple(result for suite in suites for result in suite.add_gx_results(results, gx_results))
        return Reliability(results=results, failing=pl.DataFrame(schema=FAILING_UNITS_SCHEMA))


@contextmanager
def open_spark_audit(name: str, engine: str, home: Path, **audit_options: Any) -> Iterator[SparkAudit]:
    """The program with its tables read on the cluster at `engine`, until the block ends; one at a time in `home`.

    `audit_options` is what `engagement.open_audit` takes. AuditError as that and the cluster raise it.
    """
    folder = home / ".cluster"
    spark_tables: dict[str, SparkTable] = {}
    sessions: list[SparkSession] = []
    with ExitStack() as stack:

        def read_all(sources: Sequence[Source], data: Path | str, *, words: Any, **how: Any) -> Iterator[Table]:
            if "://" in str(data):
                what = "a cluster reads a folder of files that all its workers see"
                raise AuditError(Problem(what=what, mend="Name it with --data."), code=ExitCode.USAGE)
            sessions.append(stack.enter_context(spark.open_session(engine)))
            spark_tables.update(
                read.read_tables_on_spark(sessions[0], sources, Path(data).resolve(), into=folder / "read", **how)
            )
            for one in spark_tables.values():
                rows = pl.LazyFrame(schema=one.schema)
                yield Table(source=one.source, rows=rows, totals=one.totals, months=one.months, aside=one.aside)

        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        work = engagement.open_audit(name, read_all=read_all, **audit_options)
        yield SparkAudit(work=work, session=sessions[0], spark_tables=spark_tables, folder=folder)
