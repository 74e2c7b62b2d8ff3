"""One period's report: counted, assembled, and published as a folder, whole or not at all."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from audit.compliance import ledger, office_rates
from audit.compliance.follow_up_summary import FollowUp
from audit.compliance.mergeable_counts import MergeableCounts
from audit.compliance.office_rates import MeasureResult
from audit.compliance.period_results import summarize_period
from audit.compliance.returns import count_office_returns
from audit.compliance.revisions import compare_with_first_counts
from audit.compliance.trends import build_trends
from audit.compliance.trends import rate_months as monthly_rates
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_day, format_list
from audit.months import expand_period, find_last_day, list_months
from audit.programs import measures
from audit.programs.declaration import Program
from audit.reporting.formats.csv_tables import encode_rows
from audit.reporting.formats.month_files import render_report_files as render_report_files
from audit.reporting.month_report import IssuedAudit, Report, assemble_report
from audit.reporting.published_editions import PublishedEdition
from audit.reporting.record import Audience
from audit.tables.checks.results import Checks
from audit.workflow.engine import Engine, PeriodCounts
from audit.workflow.last_audit import find_last_audit
from audit.workflow.month_request import MonthRequest
from audit.workflow.monthly_ledger import ClosedLedger, LedgerInputs, close_ledger, open_ledger
from audit.workflow.office_packets import hash_return_status, make_packet_files, read_returns
from audit.workflow.program_data import ProgramData
from audit.workflow.public_editions import (
    EarlierEditions,
    find_earlier_editions,
    refuse_overlapping_edition,
    refuse_silent_correction,
)
from audit.workflow.publication import PublishedReport, ReportFiles, open_reports, publish_unless_current
from audit.workflow.report_basis import ReportBasis
from audit.workflow.report_inputs import describe_inputs
from audit.workflow.report_version import (
    ChosenVersion,
    add_correction,
    choose_version,
    has_changes,
)


def resolve_report_period(engine: Engine, month: str | None, as_of: date | None = None) -> tuple[str, date | None]:
    """The period that a month, or its absence, asks for; and the day on which its records are looked at."""
    rules = engine.audit.program.census
    if month is None:
        if rules.date is None:
            return "all", as_of
        known_months = list_known_months(engine.audit, engine.list_months())
        if not known_months:
            raise office_rates.make_empty_period_error(rules, "all", there=[])
        month = f"{known_months[0]}/{known_months[-1]}"
    month = expand_period(month)
    first, last = refuse_unfit_period(engine.audit.program, month, as_of)
    _refuse_absent_files(engine.audit, list_months(first, last))
    return month, as_of or measures.find_as_of_day(rules, last)


def refuse_unfit_period(program: Program, period: str, as_of: date | None) -> tuple[str, str]:
    """First and last month of a period. AuditError (USAGE) where it is none, or was not over on the day `as_of`."""
    first, last = measures.parse_period(program.census, period)
    if as_of and as_of < (end := find_last_day(last)):
        what = f"on {format_day(as_of)} the period was not over: it ends on {format_day(end)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return first, last


def list_known_months(work: ProgramData, unit_months: Sequence[str]) -> list[str]:
    """The months of the census, in order: those with a unit, with a file, or declared to have no rows."""
    table = work.tables[work.program.census.table]
    return sorted({*unit_months, *table.months, *(table.source.absent if table.months else ())})


def _refuse_absent_files(work: ProgramData, period: list[str]) -> None:
    """Refuse a period in which a table that comes by months lacks one: its records would count as missing."""
    problems = []
    for table in work.tables.values():
        if table.months and (
            absent := [month for month in period if month not in (*table.months, *table.source.absent)]
        ):
            mend = "Add it, or list the months that had no rows in `absent`."
            what = f"no file for {format_list(absent, most=12)}, in the period of the report"
            problems.append(Problem(what=what, mend=mend, file=table.source.file))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def rate_offices_in_period(engine: Engine, *, period: str, as_of: date | None) -> tuple[MeasureResult, ...]:
    """The rates of every office in a period. AuditError (DATA) where no unit lies in it, nor before and after it."""
    work, rules = engine.audit, engine.audit.program.census
    case_counts = engine.count_cases(period, as_of)
    if case_counts.is_empty():
        office_rates.refuse_period_beyond_units(rules, period, there=list_known_months(work, engine.list_months()))
    return office_rates.rate_case_counts(case_counts, rules, offices=work.offices.list_names())


def publish_report(engine: Engine, request: MonthRequest, basis: ReportBasis | None = None) -> PublishedReport:
    """Write the report that is asked for as a folder, whole or not at all; `basis` has work that was done already.

    AuditError (CONFLICT) where another run is at work there.
    """
    reports = request.locate_reports(engine.audit.program)
    with open_reports(reports, engine.lock_reports(reports.folder)):
        return publish_period(engine, request, basis or ReportBasis(engine=engine))


def publish_period(engine: Engine, request: MonthRequest, basis: ReportBasis) -> PublishedReport:
    """As `publish_report`, by a run that is alone with the reports; the work of `basis` is done where it is needed."""
    work, reports = engine.audit, request.locate_reports(engine.audit.program)
    period, as_of = resolve_report_period(engine, request.month, request.as_of)
    request = replace(request, month=period, as_of=as_of)
    refuse_overlapping_edition(reports, request)
    version = choose_version(reports, request.folder_name, request.correct)
    opening = _open_ledger(work, request, version, basis)
    last_audit = find_last_audit(reports, request.audience, as_of, month=version.folder)
    earlier = find_earlier_editions(reports, request, version.folder)
    made_from = _describe_report_inputs(work, request, version, opening, last_audit, earlier)
    return publish_unless_current(
        period,
        version.folder,
        partial(_make_report_files, engine, request, basis, version, opening, last_audit, earlier),
        inputs=made_from,
        overwrite=request.overwrite,
        corrected=version.corrected.parent if version.corrected else None,
    )


def _make_report_files(
    engine: Engine,
    request: MonthRequest,
    basis: ReportBasis,
    version: ChosenVersion,
    opening: LedgerInputs | None,
    last_audit: IssuedAudit | None,
    earlier: EarlierEditions,
) -> ReportFiles | None:
    """The files of a report; None of a correction that changes nothing, where only changes are asked for."""
    work, period = engine.audit, request.period
    checks, counts = basis.checks, engine.count_period(period, request.as_of, opening)
    closing = _close_ledger(work, request, opening, counts)
    report = assemble_period_report(
        work,
        period=period,
        as_of=request.as_of,
        checks=checks,
        audience=request.audience,
        counts=counts.counts,
        follow_up=closing.follow_up if closing else None,
        items=closing.items if closing else None,
        last_audit=last_audit,
        earlier=earlier.decode_editions(),
    )
    if opening:
        revisions = compare_with_first_counts(opening.first_counts, report.months)
        report = replace(report, late_changes=opening.late, revisions=revisions)
    if closing:
        report = replace(report, returns=count_office_returns(read_returns(work, request), closing.items))
    ledger_files = closing.files if closing else {}
    if version.corrected:
        report = add_correction(report, version)
        if request.only_changes and not has_changes(report, ledger_files, version.corrected.parent):
            return None
        refuse_silent_correction(report, request, version.corrected.parent)
    files = {} if request.audience == "public" else dict(ledger_files)
    if request.packets:
        files |= make_packet_files(engine, request, report, counts, closing.items if closing else None)
    return files | _render_files(work, report)


def _open_ledger(
    work: ProgramData, request: MonthRequest, version: ChosenVersion, basis: ReportBasis
) -> LedgerInputs | None:
    """What the ledger of the month is made from; None of a report that has no ledger."""
    if not request.has_ledger or request.as_of is None:
        return None
    return open_ledger(
        work,
        request.locate_reports(work.program),
        request.period,
        version=version.number,
        as_of=request.as_of,
        decisions=request.decisions,
        rows=basis.row_history,
    )


def _close_ledger(
    work: ProgramData, request: MonthRequest, opening: LedgerInputs | None, counts: PeriodCounts
) -> ClosedLedger | None:
    """The ledger rolled on to the month; None of a report that has none."""
    if opening is None or counts.documented_units is None or request.as_of is None:
        return None
    return close_ledger(
        work,
        opening,
        counts.counts,
        counts.documented_units,
        month=request.period,
        as_of=request.as_of,
    )


def _describe_report_inputs(
    work: ProgramData,
    request: MonthRequest,
    version: ChosenVersion,
    opening: LedgerInputs | None,
    last_audit: IssuedAudit | None,
    earlier: EarlierEditions,
) -> dict[str, Any]:
    """What the report is made from, by which a second run knows that it would make the same."""
    inputs = describe_inputs(
        work,
        period=request.period,
        as_of=str(request.as_of),
        packets=request.packets,
        **_describe_returns(work, request),
        audience=request.audience,
        ledger=opening.digests if opening else {},
        version=version.describe(),
    )
    return {
        **inputs,
        "late changes": [asdict(one) for one in opening.late] if opening else [],
        "first counts": [asdict(one) for one in opening.first_counts] if opening else [],
        "backlogs": [asdict(one) for one in opening.backlogs] if opening else [],
        "last audit": asdict(last_audit) if last_audit else {},
        "public editions": earlier.describe(),
    }


def _describe_returns(work: ProgramData, request: MonthRequest) -> dict[str, str]:
    """The digest of what was returned up to the day, of a report for the offices; nothing where nothing was."""
    returned = None if request.audience == "public" else read_returns(work, request)
    return {} if returned is None or returned.is_empty() else {"returns": hash_return_status(returned)}


def assemble_period_report(
    work: ProgramData,
    *,
    period: str,
    as_of: date | None,
    checks: Checks,
    counts: MergeableCounts,
    audience: Audience = "office",
    follow_up: FollowUp | None = None,
    items: pl.DataFrame | None = None,
    last_audit: IssuedAudit | None = None,
    earlier: Sequence[PublishedEdition] = (),
) -> Report:
    """The record of a period's report; `counts` is what its units come to, `items` those of its ledger.

    `earlier` are the public editions that were issued before.

    AuditError (DATA) where no unit lies in the period, nor before and after it.
    """
    rules, policy, names = work.program.census, work.policy, work.offices.list_names()
    if counts.case_counts.is_empty():
        unit_months = counts.month_counts["month"].drop_nulls().unique().sort().to_list()
        office_rates.refuse_period_beyond_units(rules, period, there=list_known_months(work, unit_months))
    still_open = (
        ledger.count_missing_items(counts.listed_units, rules) if items is None else ledger.count_open_items(items)
    )
    work.tell("assembling the report")
    rated = office_rates.rate_case_counts(counts.case_counts, rules, offices=names)
    return assemble_report(
        work.program,
        period=period,
        as_of=as_of,
        measures=rated,
        months=monthly_rates(counts.month_counts, rules, period=period),
        open_items=ledger.list_open_items(counts.listed_units, rules, period=period, as_of=as_of),
        ambiguous_links=counts.ambiguous,
        checks=checks.results,
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
        follow_up=follow_up,
        trends=build_trends(counts.month_counts, rules, period=period, offices=names, still_open=still_open),
        tiles=work.tiles,
        last_audit=last_audit,
        earlier=earlier,
        delivery=checks.delivery,
        results=summarize_period(rules, rated, counts, period=period, as_of=as_of, offices=names),
    )


def _render_files(work: ProgramData, report: Report) -> dict[str, bytes]:
    """The report in every form, and the rows that were set aside, which are not for the public."""
    if report.audience == "public":
        return render_report_files(report)
    aside = pl.concat([table.aside for table in work.tables.values()])
    return {**render_report_files(report), "tables/set_aside.csv": encode_rows(aside)}
