"""The reports of several months, one after the other, by a cluster."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from audit.spark import verbs
from audit.spark.engine import afar
from audit.storage.lock import alone
from audit.storage.report_versions import Shelf
from audit.storage.sample_audit_folder import Steps
from audit.workflow import audit as engagement
from audit.workflow.audit import Engagement
from audit.workflow.schedule import Done, between, missing, report_in_turn


def reported_afar(
    name: str,
    taken: Steps | None,
    first: str | None,
    last: str | None,
    *,
    on: date,
    engine: str,
    reports: Path,
    asked: Mapping[str, Any],
    **given: Any,
) -> tuple[Engagement, list[Done]]:
    """That of the months from the `first` to the `last`, or of those `missing`, by the cluster at `engine`.

    There too the tables are read, checked and sampled once. `asked` is what `monthly_report.published` takes, and
    `given` what `engagement.begin` does. AuditError as both and the cluster raise it.
    """
    home = reports.resolve() / engagement.declared(name).name
    with alone(home), afar(name, engine, home, **given) as there:
        work, found = there.work, there.months()
        months = between(work, first, last) if first and last else missing(work, reports, on=on, there=found)
        shelf, ways = Shelf(folder=home), verbs.ways(there, taken)
        return work, report_in_turn(work, months, taken, reports=shelf, **ways, **asked)
