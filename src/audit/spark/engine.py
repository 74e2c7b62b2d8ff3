"""A program at work on a cluster: its tables lie there, and its engagement has none of their rows."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from audit.compliance.record_states import without_date
from audit.errors import AuditError, ExitCode, Problem
from audit.sampling.frame import Frame
from audit.spark import case_files, checks, partitions, read, row_digests
from audit.spark import frame as framing
from audit.spark import session as spark
from audit.spark.frame import Framed
from audit.spark.read import Readied
from audit.tables.checks.great_expectations import agree, of_both, validate_on_spark
from audit.tables.checks.suites import FAILING, Reliability, compile_suites
from audit.tables.schema import Source
from audit.tables.table import Table
from audit.workflow import audit as engagement
from audit.workflow.audit import Engagement

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Afar:
    """A program at work on a cluster."""

    work: Engagement
    session: "SparkSession"
    readied: dict[str, Readied]
    folder: Path  # that all workers see; it is removed in the end

    @property
    def units(self) -> "DataFrame":
        """The units of the census, on the cluster."""
        return self.readied[self.work.program.census.table].rows

    def lay(self, joins: Sequence[partitions.Join]) -> partitions.Laid:
        """The units and what is joined to them, by bucket."""
        program = self.work.program
        return partitions.lay(
            self.session, program, self.readied, joins, units=program.census.table, into=self.folder / "laid"
        )

    def months(self) -> list[str]:
        """The months in which there are units; none in a census without a date. Units without a day are refused."""
        from pyspark.sql import functions as f

        rules = self.work.program.census
        if rules.date is None:
            return []
        month = f.date_format(f.col(f"`{rules.date}`"), "yyyy-MM").alias("month")
        counts = self.units.groupBy(month).agg(f.count("*").alias("units"))
        found = dict(spark.home(counts, {"month": pl.String, "units": pl.Int64}).iter_rows())
        if undated := found.pop(None, 0):
            raise without_date(rules, undated, of=undated + sum(found.values()))
        return sorted(found)

    def framed(self, *, stratum: str | None = None) -> Framed:
        """The frame of the program's sample, fixed on the cluster: as `engagement.scoped` has it."""
        engagement.promised(self.work.program)
        self.work.tell("fixing the frame")
        units = self.readied[self.work.program.census.table]
        return framing.framed(self.session, self.work.program, units, into=self.folder / "frame", stratum=stratum)

    def by_office(self, work: Engagement, frame: Frame) -> pl.DataFrame:
        """How many cases of a frame each office has: of the one fixed here, or of one that lies on disk."""
        kept = self.folder / "frame" / "kept"
        if frame.size and frame.cases.select(pl.len()).collect().item():
            kept.mkdir(parents=True, exist_ok=True)
            stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
            frame.cases.select(key=frame.key, stratum=stratum).collect().write_parquet(kept / "cases.parquet")
        cases = framing.with_stratum(self.session.read.parquet(spark.address(kept)))
        return framing.by_office(work.program, self.units, cases)

    def with_files(self, keys: pl.Series) -> Engagement:
        """The engagement with the files of these cases, and nothing else."""
        program = self.work.program
        joins = [*partitions.links(program), *partitions.belongings(program)]
        rows = case_files.files(self.session, program, self.readied, joins, keys, into=self.folder / "wanted")
        tables = {name: replace(table, rows=rows[name].lazy()) for name, table in self.work.tables.items()}
        return replace(self.work, tables=tables)

    def held(self) -> pl.DataFrame:
        """The rows of every table by month, as `storage.row_history` has them."""
        return row_digests.held(self.session, self.work.program, self.readied, self.work.named)

    def checked(self) -> Reliability:
        """The data checks, as `engagement.checked` has them; which rows fail is not told.

        AuditError as that.
        """
        engagement.refuse_unchecked(self.work)
        self.work.tell("checking the tables")
        suites = compile_suites(self.work.rows, self.work.suites, **engagement.checked_with(self.work))
        tables = checks.looked_at(self.readied, suites)
        results, pairs = checks.checked(tables, suites), of_both(suites)
        agree(results if pairs == suites else checks.checked(tables, pairs), validate_on_spark(tables, pairs))
        return Reliability(results=results, failing=pl.DataFrame(schema=FAILING))


@contextmanager
def afar(name: str, engine: str, home: Path, **given: Any) -> Iterator[Afar]:
    """The program with its tables read on the cluster at `engine`, until the block ends; one at a time in `home`.

    `given` is what `engagement.begin` takes. AuditError as that and the cluster raise it.
    """
    folder = home / ".cluster"
    readied: dict[str, Readied] = {}
    opened: list[SparkSession] = []
    with ExitStack() as stack:

        def read_all(sources: Sequence[Source], data: Path | str, *, words: Any, **how: Any) -> Iterator[Table]:
            if "://" in str(data):
                what = "a cluster reads a folder of files that all its workers see"
                raise AuditError(Problem(what=what, mend="Name it with --data."), code=ExitCode.USAGE)
            opened.append(stack.enter_context(spark.session(engine)))
            readied.update(read.read(opened[0], sources, Path(data).resolve(), into=folder / "read", **how))
            for one in readied.values():
                rows = pl.LazyFrame(schema=one.schema)
                yield Table(source=one.source, rows=rows, totals=one.totals, months=one.months, aside=one.aside)

        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        work = engagement.begin(name, read_all=read_all, **given)
        yield Afar(work=work, session=opened[0], readied=readied, folder=folder)
