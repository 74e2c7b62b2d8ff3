"""One period's report: counted, assembled, and published as a folder, whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from audit.compliance import ledger, office_rates, record_states
from audit.compliance.follow_up import FollowUp
from audit.compliance.late_changes import LateChange
from audit.compliance.mergeable_counts import MergeableCounts, build_mergeable_counts
from audit.compliance.office_rates import MeasureResult
from audit.compliance.trends import build_trends
from audit.compliance.trends import rate_months as monthly_rates
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult
from audit.files import encode_json, hash_file
from audit.formatting import format_day as day_in_words
from audit.formatting import format_list
from audit.months import list_months as months
from audit.programs import measures
from audit.reporting.formats import office_packet, report_files
from audit.reporting.formats.report_files import render_report_files as render_report_files
from audit.reporting.record import Audience
from audit.reporting.report import Report, assemble_report
from audit.review.readiness import ReviewReadiness
from audit.sampling.frame import Frame
from audit.storage import row_history as row_history
from audit.storage.ledgers import DecisionFiles
from audit.storage.lock import lock_folder
from audit.storage.output_folder import publish_folder
from audit.storage.report_record import read_report
from audit.storage.report_versions import ReportVersions, is_month
from audit.storage.sample_audit_folder import SampleAuditFolder, name_period_folder
from audit.tables.checks.results import Reliability, make_failure_problem
from audit.workflow import monthly_ledger
from audit.workflow import review as review_workflow
from audit.workflow.audit import Audit
from audit.workflow.monthly_ledger import DocumentedUnits, LedgerInputs, close_ledger, open_ledger
from audit.workflow.provenance import describe_inputs
from audit.workflow.report_version import add_correction, choose_version, has_changes, is_report_current
from audit.workflow.sample_audit import (
    assess_cases,
    count_frame_by_office,
    draw_sample,
    estimate_from_folder,
    estimate_rates,
    settle_outcomes,
)
from audit.workflow.validation import check_tables

REPORT_RECORD_FILE = report_files.RECORD_FILE
SettledSample = tuple[Frame, dict[str, Any], pl.DataFrame]  # the frame, the manifest of the draw, the settled cases
PeriodCounts = tuple[MergeableCounts, DocumentedUnits | None]  # the second where there is a ledger


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedResults:
    """What the reports of several months have in common."""

    checks: Reliability
    audit: SampleResult | None
    review: ReviewReadiness | None
    files: dict[str, bytes | Path]  # of the sample audit


def resolve_report_period(work: Audit, month: str | None, as_of: date | None = None) -> tuple[str, date | None]:
    """The period that a month, or its absence, asks for; and the day on which its records are looked at."""
    rules = work.program.census
    if month is None:
        if rules.date is None:
            return "all", as_of
        day = pl.col(rules.date).dt.strftime("%Y-%m")
        first, last = work.rows[rules.table].select(first=day.min(), last=day.max()).collect().row(0)
        month = f"{first}/{last}"
    first, last = measures.parse_period(rules, month)
    _refuse_absent_files(work, months(first, last))
    following = date.fromisoformat(f"{last}-28") + timedelta(days=4)
    end = following - timedelta(days=following.day)
    if as_of and as_of < end:
        what = f"on {day_in_words(as_of)} the period was not over: it ends on {day_in_words(end)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return month, as_of or end + timedelta(days=rules.as_of_days)


def _refuse_absent_files(work: Audit, period: list[str]) -> None:
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


def link_unit_records(work: Audit, *, period: str, as_of: date | None) -> pl.LazyFrame:
    """The state of every unit up to the end of a period, under every measure, as the records stood on `as_of`."""
    rules = work.program.census
    measures.parse_period(rules, period)  # a period that the table cannot tell apart is refused before the work
    work.tell("linking the records")
    several = sum(len(measure.grace_days) for measure in rules.measures)
    rows = several * work.tables[rules.table].rows_used
    return record_states.link_and_find_states(work.rows, rules, as_of=as_of, rows=rows)


def count_period(work: Audit, *, period: str, as_of: date | None, books: LedgerInputs | None = None) -> PeriodCounts:
    """What the report of a period takes from the states of all units, counted on this machine."""
    states = link_unit_records(work, period=period, as_of=as_of)
    period_counts = build_mergeable_counts(
        states, work.program.census, period=period, listed=books.listed_units if books else None
    )
    return period_counts, monthly_ledger.collect_documented_units(work, books, states, month=period) if books else None


def rate_offices_in_period(work: Audit, states: pl.LazyFrame, *, period: str) -> tuple[MeasureResult, ...]:
    """The rates of every office in a period."""
    return office_rates.rate_offices(states, work.program.census, period=period, offices=work.offices.list_names())


def publish_report(
    work: Audit,
    steps: SampleAuditFolder | None,
    month: str | None,
    as_of: date | None,
    *,
    root: Path,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: DecisionFiles | None = None,
    correct: str = "",
) -> tuple[Path, bool]:
    """Write a period's report as a folder under `root`, whole or not at all; say where, and whether it was written.

    The sample audit comes from the steps on disk (`steps`), or is done here as the program declares it. A folder that
    these inputs made already is left as it is; one that anything else made is replaced only with `overwrite`, and one
    that was issued never: with a reason to `correct` it, its next version is written beside it. The report of a month
    carries on the ledger of the last month before it that has one, and what people decided about its items since. With
    `packets` it holds a folder for every office too, with what concerns that office alone. What is for the public
    stands in a folder of its own, and holds no list of cases or persons, and no ledger.

    AuditError (CONFLICT) where another run is at work there.
    """
    period, as_of = resolve_report_period(work, month, as_of)
    reports = ReportVersions(folder=root / work.program.name)
    with lock_folder(reports.folder):
        reports.recover_folders()
        return write_report(
            work,
            steps,
            period,
            as_of,
            reports=reports,
            overwrite=overwrite,
            packets=packets,
            audience=audience,
            decisions=decisions or DecisionFiles(),
            correct=correct,
            common=lambda: prepare_shared_results(work, steps),
            rows=lambda: row_history.make_row_history(work.program, work.rows_of_used_columns),
        )


def write_report(
    work: Audit,
    steps: SampleAuditFolder | None,
    period: str,
    as_of: date | None,
    *,
    reports: ReportVersions,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: DecisionFiles,
    correct: str = "",
    if_changed: bool = False,
    common: Callable[[], SharedResults],
    count: Callable[..., PeriodCounts] = count_period,
    rows: Callable[[], pl.DataFrame],
) -> tuple[Path, bool]:
    """As `publish_report`, by a run that is alone with the reports.

    Where the report is not there yet, what is `common` is done, and the units are counted: as by `count_period`. With
    `if_changed` a correction that would change no figure, and nothing of the ledger, is not written. `rows` is what
    `storage.row_history` makes of the tables.
    """
    public = audience == "public"
    if packets and public:
        problem = Problem(what="packets concern persons and are not for the public", mend="Leave out --packets.")
        raise AuditError(problem, code=ExitCode.USAGE)
    name = name_report_folder(period, audience)
    version, reason = choose_version(reports, name, correct)
    folder, corrected = (
        reports.locate_version(name, version),
        reports.locate_version(name, version - 1) / REPORT_RECORD_FILE,
    )
    monthly = as_of if is_month(period) and not public else None
    books = (
        open_ledger(work, reports, period, version=version, as_of=monthly, decisions=decisions, rows=rows())
        if monthly
        else None
    )
    made_from = describe_inputs(
        work,
        period=period,
        as_of=str(as_of),
        steps=steps.hash_steps() if steps else {},
        packets=packets,
        audience=audience,
        ledger=books.digests if books else {},
        version={"number": version, "reason": reason, "corrects": hash_file(corrected) if version > 1 else ""},
        **{"late changes": [asdict(one) for one in books.late] if books else []},
    )
    if is_report_current(folder, made_from, overwrite=overwrite):
        return folder, False
    shared, (period_counts, documented_units) = common(), count(work, period=period, as_of=as_of, books=books)
    closed_ledger = (
        close_ledger(work, books, period_counts.listed_units, documented_units, month=period, as_of=monthly)
        if books and documented_units and monthly
        else None
    )
    report = assemble_period_report(
        work,
        period=period,
        as_of=as_of,
        checks=shared.checks,
        audit=shared.audit,
        review=shared.review,
        audience=audience,
        counts=period_counts,
        follow_up=closed_ledger.follow_up if closed_ledger else None,
        items=closed_ledger.items if closed_ledger else None,
    )
    report = replace(report, late_changes=books.late if books else ())
    if version > 1:
        report = add_correction(report, corrected, version=version, reason=reason)
        if if_changed and not has_changes(report, closed_ledger.files if closed_ledger else {}, corrected.parent):
            return corrected.parent, False
    files: dict[str, bytes | Path] = {} if public else shared.files | (closed_ledger.files if closed_ledger else {})
    if packets:
        made = office_packet.build_packets(report) | (
            office_packet.build_earlier_lists(closed_ledger.items, period) if closed_ledger else {}
        )
        files |= {f"packets/{path}": content for path, content in made.items()}
    publish_folder(folder, files | _render_files(work, report), inputs=made_from)
    return folder, True


def name_report_folder(period: str, audience: Audience) -> str:
    """What the folder of a period's report is named after."""
    return name_period_folder(period) + ("-public" if audience == "public" else "")


def perform_sample_audit(work: Audit) -> SettledSample:
    """The sample audit as the program declares it: drawn, assessed, and settled by the rules alone."""
    frame, _, record = draw_sample(work)
    return (
        frame,
        record,
        settle_outcomes(work.program, assess_cases(work, pl.Series([case["key"] for case in record["cases"]]))),
    )


def prepare_shared_results(
    work: Audit,
    steps: SampleAuditFolder | None,
    *,
    check: Callable[[Audit], Reliability] = check_tables,
    perform: Callable[[Audit], SettledSample] = perform_sample_audit,
    by_office: Callable[[Audit, Frame], pl.DataFrame] = count_frame_by_office,
) -> SharedResults:
    """What does not change from month to month: the checks, and the sample audit. AuditError (DATA) by what failed."""
    checks = require_fit_tables(work, check=check)
    files: dict[str, bytes | Path] = {}
    audit, review = None, None
    if work.program.sample and steps is None:
        frame, record, findings = perform(work)
        audit = estimate_rates(work, frame, record, findings, by_office=by_office)
        review = review_workflow.check_unbegun_review(work.program, findings)
        files |= {"sample.json": encode_json(record), "determinations.csv": findings.write_csv().encode()}
    elif steps is not None and steps.has_sample():
        audit = estimate_from_folder(work, steps, by_office=by_office)
        review = review_workflow.open_review(work.program, steps).check_readiness() if work.program.review else None
        files |= {
            "sample.json": encode_json(steps.read_sample()),
            "determinations.csv": steps.read_settled_outcomes().write_csv().encode(),
        }
    return SharedResults(checks=checks, audit=audit, review=review, files=files)


def require_fit_tables(work: Audit, *, check: Callable[[Audit], Reliability] = check_tables) -> Reliability:
    """The checks of tables that are fit to audit. AuditError (DATA) names critical ones that failed or were not run."""
    reliability = check(work)
    if failures := [result for result in reliability.results if result.severity == "critical" and not result.passed]:
        raise AuditError([make_failure_problem(result) for result in failures], code=ExitCode.DATA)
    return reliability


def assemble_period_report(
    work: Audit,
    *,
    period: str,
    as_of: date | None,
    checks: Reliability,
    audit: SampleResult | None,
    audience: Audience = "office",
    counts: MergeableCounts | None = None,
    follow_up: FollowUp | None = None,
    review: ReviewReadiness | None = None,
    items: pl.DataFrame | None = None,
) -> Report:
    """The record of a period's report; `counts` where the units were counted already, `items` those of its ledger.

    AuditError (DATA) where no unit lies in the period.
    """
    rules, policy, names = work.program.census, work.policy, work.offices.list_names()
    counts = counts or count_period(work, period=period, as_of=as_of)[0]
    if counts.case_counts.is_empty():
        raise office_rates.make_empty_period_error(
            rules, period, there=counts.month_counts["month"].drop_nulls().unique().sort().to_list()
        )
    still_open = (
        ledger.count_missing_items(counts.listed_units, rules) if items is None else ledger.count_open_items(items)
    )
    work.tell("assembling the report")
    return assemble_report(
        work.program,
        period=period,
        as_of=as_of,
        measures=office_rates.rate_case_counts(counts.case_counts, rules, offices=names),
        months=monthly_rates(counts.month_counts, rules, period=period),
        open_items=ledger.list_open_items(counts.listed_units, rules, period=period, as_of=as_of),
        ambiguous_links=counts.ambiguous,
        audit=audit,
        checks=checks.results,
        unverified=policy.list_unverified() if policy else (),
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
        follow_up=follow_up,
        review=review,
        findings=work.findings,
        trends=build_trends(counts.month_counts, rules, period=period, offices=names, still_open=still_open),
        tiles=work.tiles,
    )


def _render_files(work: Audit, report: Report) -> dict[str, bytes]:
    """The report in every form, and the rows that were set aside, which are not for the public."""
    work.tell("drawing the figures")
    if report.audience == "public":
        return render_report_files(report)
    aside = pl.concat([table.aside for table in work.tables.values()])
    return {**render_report_files(report), "tables/set_aside.csv": aside.write_csv().encode()}


def read_late_changes(folder: Path) -> tuple[LateChange, ...]:
    """What a report says has changed of the tables since the reports before it."""
    return read_report(folder / REPORT_RECORD_FILE).late_changes


def list_issued_months(reports: Path, months: Sequence[str]) -> list[str]:
    """Which of these months' reports were issued, of those in a program's folder."""
    versions = {month: ReportVersions(folder=reports).find_valid(month) for month in months}
    return [month for month, valid in versions.items() if valid and valid.is_issued]
