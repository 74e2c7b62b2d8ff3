"""The reports of several months, one after the other, by a cluster."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from audit.spark import verbs
from audit.spark.engine import open_spark_audit
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow import audit as engagement
from audit.workflow.audit import Audit
from audit.workflow.schedule import PublishedMonth, find_due_months, list_scheduled_months, publish_in_turn


def publish_months_on_spark(
    name: str,
    steps: SampleAuditFolder | None,
    first: str | None,
    last: str | None,
    *,
    on: date,
    engine: str,
    reports: Path,
    settings: Mapping[str, Any],
    **audit_options: Any,
) -> tuple[Audit, list[PublishedMonth]]:
    """That of the months from the `first` to the `last`, or of those `find_due_months`, by the cluster at `engine`.

    There too the tables are read, checked and sampled once. `settings` is what `monthly_report.published` takes, and
    `audit_options` what `engagement.open_audit` does. AuditError as both and the cluster raise it.
    """
    home = reports.resolve() / engagement.read_program_by_name(name).name
    with lock_folder(home), open_spark_audit(name, engine, home, **audit_options) as spark_audit:
        work, unit_months = spark_audit.work, spark_audit.list_months()
        months = (
            list_scheduled_months(work, first, last)
            if first and last
            else find_due_months(work, reports, on=on, unit_months=unit_months)
        )
        versions, ways = ReportVersions(folder=home), verbs.make_report_steps(spark_audit, steps)
        return work, publish_in_turn(work, months, steps, reports=versions, **ways, **settings)
