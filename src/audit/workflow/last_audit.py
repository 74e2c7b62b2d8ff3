"""The last audit report that was issued, to which a month refers in one line."""

from datetime import date
from pathlib import Path

from audit.reporting.month_report import IssuedAudit
from audit.reporting.record import Audience
from audit.storage.report_versions import AUDIT_REPORT_NAME, ReportVersions


def name_audit_folder(audience: Audience) -> str:
    """What the folder of the audit report is named after."""
    return AUDIT_REPORT_NAME if audience == "office" else f"{AUDIT_REPORT_NAME}-public"


def find_last_audit(
    reports: ReportVersions, audience: Audience, as_of: date | None, *, month: Path
) -> IssuedAudit | None:
    """The last issued version of the audit report that looked at its records no later than `as_of`.

    A `month` that was issued keeps the one that it names: its folder stays as it is, whatever is issued later.
    """
    if (issued := _read_reference(reports, month)) is not None:
        return issued[0]
    for one in reversed(reports.list_versions(name_audit_folder(audience))):
        if one.is_issued and one.as_of is not None and (as_of is None or one.as_of <= as_of):
            signed = date.fromisoformat(one.inputs["sign_off"]["on"])
            return IssuedAudit(period=str(one.inputs["period"]), as_of=one.as_of, version=one.version, issued_on=signed)
    return None


def _read_reference(reports: ReportVersions, month: Path) -> tuple[IssuedAudit | None] | None:
    """What an issued month names; None where it was not issued."""
    version = reports.read_version(month)
    if version is None or not version.is_issued:
        return None
    named = version.inputs.get("last audit")
    if not named:
        return (None,)
    days = {name: date.fromisoformat(named[name]) for name in ("as_of", "issued_on")}
    return (IssuedAudit(period=named["period"], version=named["version"], **days),)
