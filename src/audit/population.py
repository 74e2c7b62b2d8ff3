"""The whole population at work: a month counted, every case assessed, on this machine or on a Spark cluster."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from audit import compliance, engagement, publication
from audit.census import without_date
from audit.compliance import MeasureResult
from audit.engagement import Engagement
from audit.engine import buckets, judging, reading, spark
from audit.engine.judging import Assessed
from audit.engine.reading import Readied
from audit.error import AuditError, ExitCode, Problem
from audit.source import Source, Table
from audit.store.folder import MANIFEST, as_json, aside, digest_of, put_in_place
from audit.store.lock import alone

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

COUNTS = "counts.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Afar:
    """A program at work on a cluster: its tables lie there, and its engagement has none of their rows."""

    work: Engagement
    session: "SparkSession"
    readied: dict[str, Readied]
    folder: Path  # that all workers see; it is removed in the end

    @property
    def units(self) -> "DataFrame":
        """The units of the census, on the cluster."""
        return self.readied[self.work.program.census.table].rows(self.session)


def rated(
    name: str, month: str | None, as_of: date | None, *, engine: str, reports: Path, **given: Any
) -> tuple[Engagement, str, tuple[MeasureResult, ...]]:
    """The rates of every office in a period, counted on the cluster at `engine`: what `publication.rated` gives.

    `given` is what `engagement.begin` takes. AuditError as that, `publication.period_of` and the cluster raise it.
    """
    home = reports.resolve() / engagement.declared(name).name
    with alone(home), _afar(name, engine, home, **given) as afar:
        work, rules = afar.work, afar.work.program.census
        months = _months(afar)
        if month is None and months:
            month = f"{months[0]}/{months[-1]}"
        period, looked = publication.period_of(work, month, as_of)
        work.tell("linking and counting the records")
        laid = _lay(afar, buckets.links(work.program))
        found = judging.tallied(afar.session, laid, work.program, period=period, as_of=looked)
    if found.is_empty():
        raise compliance.empty(rules, period, there=months)
    return work, period, compliance.finish(found, rules, offices=work.offices.names())


def assessed(name: str, *, engine: str | None = None, reports: Path, **given: Any) -> tuple[Engagement, Path, Assessed]:
    """Assess every case of the sample's period that is not excluded; write the determinations as a folder of Parquet.

    The folder `population` is written whole or not at all. Its digest is the same on every engine.
    """
    home = reports.resolve() / engagement.declared(name).name
    folder = home / "population"
    with alone(home):
        if folder.exists() and not (folder / MANIFEST).exists():
            what, mend = "is there already, and this program did not write it", "Move it elsewhere."
            raise AuditError(Problem(what=what, mend=mend, file=str(folder)), code=ExitCode.CONFLICT)
        new = aside(folder)
        try:
            if engine:
                work, found = _assessed_afar(name, engine, home, new, **given)
            else:
                work, found = _assessed_here(name, new, **given)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        counts = {"digest": found.digest, "outcomes": found.counts.to_dicts()}
        (new / COUNTS).write_bytes(as_json(counts))
        program = work.program
        inputs = {
            "software": f"audit {version('audit')}",
            "program": f"{program.name} {program.sha256}",
            "files": [asdict(total) for total in work.totals],
        }
        put_in_place(folder, inputs=inputs, outputs={**found.files, COUNTS: digest_of(new / COUNTS) or ""})
    return work, folder, found


def _assessed_here(name: str, into: Path, **given: Any) -> tuple[Engagement, Assessed]:
    work = engagement.begin(name, named_only=True, **given)
    engagement.refuse_undated(work, work.rows[work.program.census.table])
    work.tell("assessing every case")
    path = into / "determinations-00000.parquet"
    return work, judging.recorded(work.program, work.rows, engagement.ruled(work), path=path)


def _assessed_afar(name: str, engine: str, home: Path, into: Path, **given: Any) -> tuple[Engagement, Assessed]:
    with _afar(name, engine, home, **given) as afar:
        work = afar.work
        policy = engagement.ruled(work)
        _months(afar)
        work.tell("assessing every case")
        laid = _lay(afar, [*buckets.links(work.program), *buckets.belongings(work.program)])
        return work, judging.assessed(afar.session, laid, work.program, policy, into=into)


@contextmanager
def _afar(name: str, engine: str, home: Path, **given: Any) -> Iterator[Afar]:
    """The program with its tables read on the cluster, until the block ends; one at a time in `home`."""
    folder = home / ".cluster"
    readied: dict[str, Readied] = {}
    opened: list[SparkSession] = []
    with ExitStack() as stack:

        def read_all(sources: Sequence[Source], data: Path | str, **how: Any) -> Iterator[Table]:
            if "://" in str(data):
                what = "a cluster reads a folder of files that all its workers see"
                raise AuditError(Problem(what=what, mend="Name it with --data."), code=ExitCode.USAGE)
            opened.append(stack.enter_context(spark.session(engine)))
            readied.update(reading.read(opened[0], sources, Path(data).resolve(), into=folder / "read", **how))
            for one in readied.values():
                yield Table(
                    source=one.source, rows=pl.LazyFrame(schema=one.schema), totals=one.totals, months=one.months
                )

        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        work = engagement.begin(name, read_all=read_all, **given)
        yield Afar(work=work, session=opened[0], readied=readied, folder=folder)


def _lay(afar: Afar, joins: Sequence[buckets.Join]) -> buckets.Laid:
    program = afar.work.program
    return buckets.lay(
        afar.session, program, afar.readied, joins, units=program.census.table, into=afar.folder / "laid"
    )


def _months(afar: Afar) -> list[str]:
    """The months in which there are units; none in a census without a date. Units without a day are refused."""
    from pyspark.sql import functions as f

    rules = afar.work.program.census
    if rules.date is None:
        return []
    month = f.date_format(f.col(f"`{rules.date}`"), "yyyy-MM").alias("month")
    counts = spark.brought(afar.units.groupBy(month).agg(f.count("*").alias("units"))).to_pylist()
    found = {row["month"]: row["units"] for row in counts}
    if undated := found.pop(None, 0):
        raise without_date(rules, undated, of=undated + sum(found.values()))
    return sorted(found)
