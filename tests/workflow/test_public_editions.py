"""A correction of a public audit report tells no small change of a count."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.files import encode_json
from audit.reporting.sample_report import SampleReport
from audit.storage.output_folder import publish_folder
from audit.storage.report_versions import ReportVersions
from audit.workflow.public_editions import refuse_small_changes
from tests.made_up_sample import sample_report


def publish(reports: Path, report: SampleReport) -> None:
    inputs = {"period": "all", "as_of": "None", "tables": [], "audience": "public"}
    publish_folder(reports / "audit-public", {"report.json": encode_json(asdict(report))}, inputs=inputs)


@pytest.mark.parametrize(("by", "refused"), [(0, False), (1, True), (10, True), (11, False), (-3, True)])
def test_a_public_audit_report_is_not_corrected_by_few_cases(tmp_path: Path, by: int, refused: bool) -> None:
    report = sample_report(audience="public")
    publish(tmp_path, report)
    overall = replace(report.result.overall, conforming=report.result.overall.conforming + by)
    corrected = replace(report, version=2, result=replace(report.result, overall=overall))
    reports = ReportVersions(folder=tmp_path)
    if refused:
        with pytest.raises(AuditError, match="tells counts from which those of a correction would differ by fewer"):
            refuse_small_changes(corrected, reports, "audit-public")
    else:
        refuse_small_changes(corrected, reports, "audit-public")
    refuse_small_changes(replace(corrected, audience="office"), reports, "audit-public")
