"""The whole population at work, on a Spark cluster: counted, framed, drawn from, assessed; the last here as well."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment import population
from audit.assessment.population import PopulationAssessment
from audit.compliance import office_rates
from audit.compliance.office_rates import MeasureResult
from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file
from audit.formatting import format_count
from audit.programs.declaration import Program
from audit.reporting.report import Audience
from audit.sampling.draw import Sample
from audit.sampling.frame import Frame
from audit.spark import assess, draw, partitions
from audit.spark import counts as counting
from audit.spark import frame as framing
from audit.spark import session as spark
from audit.spark.engine import SparkAudit, open_spark_audit
from audit.storage.ledgers import DecisionFiles
from audit.storage.lock import lock_folder
from audit.storage.output_folder import MANIFEST_FILE, prepare_staging_folder, replace_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import FRAME_CASES_FILE, SampleAuditFolder
from audit.workflow import audit as engagement
from audit.workflow import monthly_report, sample_audit
from audit.workflow.audit import Audit
from audit.workflow.monthly_ledger import DocumentedUnits, LedgerInputs
from audit.workflow.monthly_report import SharedResults

COUNTS_FILE = "counts.json"
DETERMINATIONS_AT_ONCE = 800_000  # determinations that are in memory


def rate_offices_on_spark(
    name: str, month: str | None, as_of: date | None, *, engine: str, reports: Path, **audit_options: Any
) -> tuple[Audit, str, tuple[MeasureResult, ...]]:
    """The rates of every office in a period, counted on the cluster at `engine`: what
    `monthly_report.rate_offices_in_period` gives.

    `audit_options` is what `engagement.open_audit` takes. AuditError as that, `monthly_report.resolve_report_period`
    and the cluster raise it.
    """
    home = reports.resolve() / engagement.read_program_by_name(name).name
    with lock_folder(home), open_spark_audit(name, engine, home, **audit_options) as spark_audit:
        work, rules = spark_audit.work, spark_audit.work.program.census
        period, looked, months = _resolve_period(spark_audit, month, as_of)
        work.tell("linking and counting the records")
        laid = spark_audit.partition_tables(partitions.list_census_joins(work.program))
        tally = counting.tally_on_spark(spark_audit.session, laid, work.program, period=period, as_of=looked)
    if tally.is_empty():
        raise office_rates.make_empty_period_error(rules, period, there=months)
    return work, period, office_rates.rate_case_counts(tally, rules, offices=work.offices.list_names())


def publish_report_on_spark(
    name: str,
    steps: SampleAuditFolder | None,
    month: str | None,
    as_of: date | None,
    *,
    engine: str,
    reports: Path,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: DecisionFiles | None = None,
    correct: str = "",
    **audit_options: Any,
) -> tuple[Audit, tuple[Path, bool]]:
    """Write a period's report from the cluster at `engine`, as `monthly_report.publish_report` does.

    `audit_options` is what `engagement.open_audit` takes. AuditError as both and the cluster raise it.
    """
    home = reports.resolve() / engagement.read_program_by_name(name).name
    with lock_folder(home), open_spark_audit(name, engine, home, **audit_options) as spark_audit:
        versions = ReportVersions(folder=home)
        versions.recover_folders()
        period, looked, _ = _resolve_period(spark_audit, month, as_of)
        return spark_audit.work, monthly_report.write_report(
            spark_audit.work,
            steps,
            period,
            looked,
            reports=versions,
            overwrite=overwrite,
            packets=packets,
            audience=audience,
            decisions=decisions or DecisionFiles(),
            correct=correct,
            **make_report_steps(spark_audit, steps),
        )


def make_report_steps(spark_audit: SparkAudit, steps: SampleAuditFolder | None) -> dict[str, Any]:
    """How `monthly_report.write_report` checks, samples, counts and digests there: for several months
    once, but the counts.
    """
    laid = cache(lambda: spark_audit.partition_tables(partitions.list_census_joins(spark_audit.work.program)))
    return {
        "common": cache(lambda: _prepare_shared_results(spark_audit, steps)),
        "count": lambda _, **settings: _count_period(spark_audit, laid, **settings),
        "rows": cache(spark_audit.make_row_history),
    }


def _prepare_shared_results(spark_audit: SparkAudit, steps: SampleAuditFolder | None) -> SharedResults:
    """As `monthly_report.prepare_shared_results`: the tables are checked and the sample is drawn on the cluster,
    its files brought.
    """
    return monthly_report.prepare_shared_results(
        spark_audit.work,
        steps,
        check=lambda _: spark_audit.check_tables(),
        perform=lambda _: _perform_sample_audit(spark_audit),
        by_office=spark_audit.count_frame_by_office,
    )


def _perform_sample_audit(spark_audit: SparkAudit) -> monthly_report.SettledSample:
    """As `monthly_report.perform_sample_audit`; the drawn cases are few, and assessed on this machine from "
    "their files alone."""
    work, framed = spark_audit.work, spark_audit.fix_frame()
    _, record = sample_audit.draw_planned_sample(work, framed.frame, pick=draw.make_picker(framed.cases))
    keys = pl.Series([case["key"] for case in record["cases"]], dtype=pl.String)
    findings = sample_audit.assess_cases(spark_audit.restrict_to_cases(keys), keys)
    return framed.frame, record, sample_audit.settle_outcomes(work.program, findings)


def _count_period(
    spark_audit: SparkAudit,
    laid: Callable[[], partitions.PartitionedTables],
    *,
    period: str,
    as_of: date | None,
    books: LedgerInputs | None,
) -> monthly_report.PeriodCounts:
    """As `monthly_report.count_period`."""
    work, session, into = spark_audit.work, spark_audit.session, spark_audit.folder / "counted"
    work.tell("linking and counting the records")
    listed, until = (books.listed_units, period) if books else (None, None)
    settings: dict[str, Any] = {"period": period, "as_of": as_of, "listed": listed, "until": until, "into": into}
    period_counts = counting.count_on_spark(session, laid(), work.program, **settings)
    if books is None:
        return period_counts, None
    before = books.opening.documented_file
    lost = counting.find_undone_units(
        session, work.program, spark_audit.units, period_counts.listed_units, before, into=into
    )
    return period_counts, DocumentedUnits(lost=lost, now=counting.write_documented_file(session, into=into))


def _resolve_period(
    spark_audit: SparkAudit, month: str | None, as_of: date | None
) -> tuple[str, date | None, list[str]]:
    """What `monthly_report.resolve_report_period` gives, and the months in which there are units."""
    months = spark_audit.list_months()
    if month is None and months:
        month = f"{months[0]}/{months[-1]}"
    return *monthly_report.resolve_report_period(spark_audit.work, month, as_of), months


def scope_frame_on_spark(
    name: str, steps: SampleAuditFolder, *, stratum: str | None, engine: str, reports: Path, **audit_options: Any
) -> tuple[Audit, Frame]:
    """Fix the frame on the cluster at `engine`, and write it as `audit scope` does; its cases stay there.

    `audit_options` is what `engagement.open_audit` takes. AuditError as that,
    `audit.sampling.frame.build_sampling_frame` and the cluster raise it.
    """
    program = engagement.read_program_by_name(name)
    sample_audit.require_sample_plan(program)
    home = reports.resolve() / program.name
    with (
        lock_folder(home),
        open_spark_audit(name, engine, home, only=[program.census.table], **audit_options) as spark_audit,
    ):
        spark_audit.list_months()
        frame, _, lines = spark_audit.fix_frame(stratum=stratum)
        steps.write_frame(frame, fixed=datetime.now(UTC), published=lines)
        return spark_audit.work, frame


def draw_sample_on_spark(
    program: Program, steps: SampleAuditFolder, *, engine: str, **settings: Any
) -> tuple[Sample, dict[str, Any]]:
    """Draw from the frame on disk, which the workers see, as `sample_audit.draw_from_frame` draws `settings`; no table
    is read.

    The drawn cases alone come here. AuditError as that and the cluster raise it, and where the frame's file is another.
    """
    (frame, fixed), design = steps.read_frame_facts(), steps.read_design()
    if frame.cluster or frame.measure:
        what = "from a frame with clusters or amounts a sample is drawn on one machine"
        raise AuditError(Problem(what=what, mend="Leave out --engine."), code=ExitCode.USAGE)
    draw.refuse_other_methods(design)
    with spark.open_session(engine) as session:
        pick = draw.make_picker(framing.read_published_cases(session, frame, steps.folder.resolve() / FRAME_CASES_FILE))
        return sample_audit.draw_from_frame(
            frame, design, sample_audit.require_sample_plan(program), fixed=fixed, pick=pick, **settings
        )


def assess_sample_on_spark(
    name: str, keys: pl.Series, *, engine: str, reports: Path, **audit_options: Any
) -> tuple[Audit, pl.DataFrame]:
    """Assess the cases with these keys on this machine, from their files, which alone come from the cluster.

    `audit_options` is what `engagement.open_audit` takes. AuditError as that, `sample_audit.assess_cases` and the
    cluster raise it.
    """
    home = reports.resolve() / engagement.read_program_by_name(name).name
    with lock_folder(home), open_spark_audit(name, engine, home, **audit_options) as spark_audit:
        return spark_audit.work, sample_audit.assess_cases(spark_audit.restrict_to_cases(keys), keys)


def assess_population(
    name: str, *, engine: str | None = None, reports: Path, **audit_options: Any
) -> tuple[Audit, Path, PopulationAssessment]:
    """Assess every case of the sample's period that is not excluded; write the determinations as a folder of Parquet.

    The folder `population` is written whole or not at all. Its digest is the same on every engine.
    """
    home = reports.resolve() / engagement.read_program_by_name(name).name
    folder = home / "population"
    with lock_folder(home):
        if folder.exists() and not (folder / MANIFEST_FILE).exists():
            what, mend = "is there already, and this program did not write it", "Move it elsewhere."
            raise AuditError(Problem(what=what, mend=mend, file=str(folder)), code=ExitCode.CONFLICT)
        new = prepare_staging_folder(folder)
        try:
            if engine:
                work, determined = _assess_on_spark(name, engine, home, new, **audit_options)
            else:
                work, determined = _assess_locally(name, new, **audit_options)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        counts = {"digest": determined.digest, "outcomes": determined.counts.to_dicts()}
        (new / COUNTS_FILE).write_bytes(encode_json(counts))
        program = work.program
        inputs = {
            "software": f"audit {version('audit-toolkit')}",
            "program": f"{program.name} {program.sha256}",
            "files": [asdict(total) for total in work.totals],
        }
        replace_folder(
            folder, inputs=inputs, outputs={**determined.files, COUNTS_FILE: hash_file(new / COUNTS_FILE) or ""}
        )
    return work, folder, determined


def _assess_locally(name: str, into: Path, **audit_options: Any) -> tuple[Audit, PopulationAssessment]:
    work = engagement.open_audit(name, named_only=True, **audit_options)
    sample_audit.refuse_undated(work, work.rows[work.program.census.table])
    policy, table = sample_audit.require_policy(work), work.program.census.table
    units, parts = work.rows[table], []
    every = units.select(pl.len()).collect().item()
    at_once = DETERMINATIONS_AT_ONCE // len(policy.list_attributes())
    for number, first in enumerate(range(0, every, at_once)):
        work.tell(f"assessing every case: {format_count(first)} of {format_count(every)}")
        rows, path = {**work.rows, table: units.slice(first, at_once)}, into / f"determinations-{number:05}.parquet"
        parts.append(population.assess_whole_population(work.program, rows, policy, path=path))
    return work, population.merge_assessments(parts)


def _assess_on_spark(
    name: str, engine: str, home: Path, into: Path, **audit_options: Any
) -> tuple[Audit, PopulationAssessment]:
    with open_spark_audit(name, engine, home, **audit_options) as spark_audit:
        work = spark_audit.work
        policy = sample_audit.require_policy(work)
        spark_audit.list_months()
        work.tell("assessing every case")
        laid = spark_audit.partition_tables(
            [*partitions.list_census_joins(work.program), *partitions.list_file_joins(work.program)]
        )
        return work, assess.assess_buckets(spark_audit.session, laid, work.program, policy, into=into)
