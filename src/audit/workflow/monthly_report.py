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
from audit.compliance.mergeable_counts import Returns, returns
from audit.compliance.office_rates import MeasureResult
from audit.compliance.trends import months as monthly_rates
from audit.compliance.trends import trends
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleAudit
from audit.files import as_json, digest_of
from audit.formatting import day as day_in_words
from audit.formatting import listed
from audit.months import between as months
from audit.programs import measures
from audit.reporting import figures
from audit.reporting.formats import csv_tables as publish_tables
from audit.reporting.formats import html as page
from audit.reporting.formats import office_packet, pdf, xlsx
from audit.reporting.report import Audience, Report, assemble
from audit.review.readiness import Clearance
from audit.sampling.frame import Frame
from audit.storage import row_history as held
from audit.storage.ledgers import Decisions
from audit.storage.lock import alone
from audit.storage.output_folder import publish
from audit.storage.report_record import read_report
from audit.storage.report_versions import Shelf, is_month
from audit.storage.sample_audit_folder import Steps, in_file_name
from audit.tables.checks.suites import CheckResult, Reliability
from audit.tables.readers.spill import keep
from audit.workflow import monthly_ledger
from audit.workflow import review as fieldwork
from audit.workflow.audit import Engagement, assessed, checked, concluded, drawn, evaluated, frame_by_office, settled
from audit.workflow.monthly_ledger import Books, Documented, closed, opened
from audit.workflow.provenance import inputs
from audit.workflow.report_version import in_place, revised, touched, version_of

RECORD = "report.json"
Performed = tuple[Frame, dict[str, Any], pl.DataFrame]  # the frame, the manifest of the draw, the settled cases
Counted = tuple[Returns, Documented | None]  # the second where there is a ledger


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Common:
    """What the reports of several months have in common."""

    checks: Reliability
    audit: SampleAudit | None
    review: Clearance | None
    files: dict[str, bytes | Path]  # of the sample audit


def period_of(work: Engagement, month: str | None, as_of: date | None = None) -> tuple[str, date | None]:
    """The period that a month, or its absence, asks for; and the day on which its records are looked at."""
    rules = work.program.census
    if month is None:
        if rules.date is None:
            return "all", as_of
        day = pl.col(rules.date).dt.strftime("%Y-%m")
        first, last = work.rows[rules.table].select(first=day.min(), last=day.max()).collect().row(0)
        month = f"{first}/{last}"
    first, last = measures.span(rules, month)
    _refuse_absent(work, months(first, last))
    following = date.fromisoformat(f"{last}-28") + timedelta(days=4)
    end = following - timedelta(days=following.day)
    if as_of and as_of < end:
        what = f"on {day_in_words(as_of)} the period was not over: it ends on {day_in_words(end)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return month, as_of or end + timedelta(days=rules.as_of_days)


def _refuse_absent(work: Engagement, period: list[str]) -> None:
    """Refuse a period in which a table that comes by months lacks one: its records would count as missing."""
    problems = []
    for table in work.tables.values():
        if table.months and (
            absent := [month for month in period if month not in (*table.months, *table.source.absent)]
        ):
            mend = "Add it, or list the months that had no rows in `absent`."
            what = f"no file for {listed(absent, most=12)}, in the period of the report"
            problems.append(Problem(what=what, mend=mend, file=table.source.file))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def counted(work: Engagement, *, period: str, as_of: date | None) -> pl.LazyFrame:
    """The state of every unit up to the end of a period, under every measure, as the records stood on `as_of`."""
    rules = work.program.census
    measures.span(rules, period)  # a period that the table cannot tell apart is refused before the work
    work.tell("linking the records")
    several = sum(len(measure.grace_days) for measure in rules.measures)
    rows = several * work.tables[rules.table].rows_used
    return record_states.states(work.rows, rules, as_of=as_of, keep=lambda plan: keep(plan, rows=rows))


def returned(work: Engagement, *, period: str, as_of: date | None, books: Books | None = None) -> Counted:
    """What the report of a period takes from the states of all units, counted on this machine."""
    states = counted(work, period=period, as_of=as_of)
    found = returns(states, work.program.census, period=period, listed=books.listed if books else None)
    return found, monthly_ledger.remembered(work, books, states, month=period) if books else None


def rated(work: Engagement, states: pl.LazyFrame, *, period: str) -> tuple[MeasureResult, ...]:
    """The rates of every office in a period."""
    return office_rates.rates(states, work.program.census, period=period, offices=work.offices.names())


def published(
    work: Engagement,
    taken: Steps | None,
    month: str | None,
    as_of: date | None,
    *,
    root: Path,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: Decisions | None = None,
    correct: str = "",
) -> tuple[Path, bool]:
    """Write a period's report as a folder under `root`, whole or not at all; say where, and whether it was written.

    The sample audit comes from the steps on disk (`taken`), or is done here as the program declares it. A folder that
    these inputs made already is left as it is; one that anything else made is replaced only with `overwrite`, and one
    that was issued never: with a reason to `correct` it, its next version is written beside it. The report of a month
    carries on the ledger of the last month before it that has one, and what people decided about its items since. With
    `packets` it holds a folder for every office too, with what concerns that office alone. What is for the public
    stands in a folder of its own, and holds no list of cases or persons, and no ledger.

    AuditError (CONFLICT) where another run is at work there.
    """
    period, as_of = period_of(work, month, as_of)
    reports = Shelf(folder=root / work.program.name)
    with alone(reports.folder):
        reports.tidy()
        return written(
            work,
            taken,
            period,
            as_of,
            reports=reports,
            overwrite=overwrite,
            packets=packets,
            audience=audience,
            decisions=decisions or Decisions(),
            correct=correct,
            common=lambda: in_common(work, taken),
            rows=lambda: held.held(work.program, work.named),
        )


def written(
    work: Engagement,
    taken: Steps | None,
    period: str,
    as_of: date | None,
    *,
    reports: Shelf,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: Decisions,
    correct: str = "",
    if_changed: bool = False,
    common: Callable[[], Common],
    count: Callable[..., Counted] = returned,
    rows: Callable[[], pl.DataFrame],
) -> tuple[Path, bool]:
    """As `published`, by a run that is alone with the reports.

    Where the report is not there yet, what is `common` is done, and the units are counted: as by `returned`. With
    `if_changed` a correction that would change no figure, and nothing of the ledger, is not written. `rows` is what
    `storage.row_history` makes of the tables.
    """
    public = audience == "public"
    if packets and public:
        problem = Problem(what="packets concern persons and are not for the public", mend="Leave out --packets.")
        raise AuditError(problem, code=ExitCode.USAGE)
    name = name_of(period, audience)
    version, reason = version_of(reports, name, correct)
    folder, corrected = reports.place(name, version), reports.place(name, version - 1) / RECORD
    monthly = as_of if is_month(period) and not public else None
    books = (
        opened(work, reports, period, version=version, as_of=monthly, decisions=decisions, rows=rows())
        if monthly
        else None
    )
    made_from = inputs(
        work,
        period=period,
        as_of=str(as_of),
        steps=taken.digests() if taken else {},
        packets=packets,
        audience=audience,
        ledger=books.digests if books else {},
        version={"number": version, "reason": reason, "corrects": digest_of(corrected) if version > 1 else ""},
        **{"late changes": [asdict(one) for one in books.late] if books else []},
    )
    if in_place(folder, made_from, overwrite=overwrite):
        return folder, False
    shared, (found, having) = common(), count(work, period=period, as_of=as_of, books=books)
    kept = (
        closed(work, books, found.named, having, month=period, as_of=monthly) if books and having and monthly else None
    )
    report = reported(
        work,
        period=period,
        as_of=as_of,
        found=shared.checks,
        audit=shared.audit,
        review=shared.review,
        audience=audience,
        counts=found,
        follow_up=kept.follow_up if kept else None,
        items=kept.items if kept else None,
    )
    report = replace(report, late_changes=books.late if books else ())
    if version > 1:
        report = revised(report, corrected, version=version, reason=reason)
        if if_changed and not touched(report, kept.files if kept else {}, corrected.parent):
            return corrected.parent, False
    files: dict[str, bytes | Path] = {} if public else shared.files | (kept.files if kept else {})
    if packets:
        made = office_packet.packets(report) | (office_packet.earlier(kept.items, period) if kept else {})
        files |= {f"packets/{path}": held for path, held in made.items()}
    publish(folder, files | _files(work, report), inputs=made_from)
    return folder, True


def name_of(period: str, audience: Audience) -> str:
    """What the folder of a period's report is named after."""
    return in_file_name(period) + ("-public" if audience == "public" else "")


def performed(work: Engagement) -> Performed:
    """The sample audit as the program declares it: drawn, assessed, and settled by the rules alone."""
    frame, _, record = drawn(work)
    return frame, record, settled(work.program, assessed(work, pl.Series([case["key"] for case in record["cases"]])))


def in_common(
    work: Engagement,
    taken: Steps | None,
    *,
    check: Callable[[Engagement], Reliability] = checked,
    perform: Callable[[Engagement], Performed] = performed,
    by_office: Callable[[Engagement, Frame], pl.DataFrame] = frame_by_office,
) -> Common:
    """What does not change from month to month: the checks, and the sample audit. AuditError (DATA) by what failed."""
    found = fit(work, check=check)
    files: dict[str, bytes | Path] = {}
    audit, review = None, None
    if work.program.sample and taken is None:
        frame, record, findings = perform(work)
        audit = evaluated(work, frame, record, findings, by_office=by_office)
        review = fieldwork.unreviewed(work.program, findings)
        files |= {"sample.json": as_json(record), "determinations.csv": findings.write_csv().encode()}
    elif taken is not None and taken.begun():
        audit = concluded(work, taken, by_office=by_office)
        review = fieldwork.of(work.program, taken).clearance() if work.program.review else None
        files |= {
            "sample.json": as_json(taken.read_sample()),
            "determinations.csv": taken.read_settled().write_csv().encode(),
        }
    return Common(checks=found, audit=audit, review=review, files=files)


def fit(work: Engagement, *, check: Callable[[Engagement], Reliability] = checked) -> Reliability:
    """The checks of tables that are fit to audit. AuditError (DATA) names every critical check that failed."""
    found = check(work)
    if failures := [result for result in found.results if result.severity == "critical" and not result.passed]:
        raise AuditError([_failure(result) for result in failures], code=ExitCode.DATA)
    return found


def reported(
    work: Engagement,
    *,
    period: str,
    as_of: date | None,
    found: Reliability,
    audit: SampleAudit | None,
    audience: Audience = "office",
    counts: Returns | None = None,
    follow_up: FollowUp | None = None,
    review: Clearance | None = None,
    items: pl.DataFrame | None = None,
) -> Report:
    """The record of a period's report; `counts` where the units were counted already, `items` those of its ledger.

    AuditError (DATA) where no unit lies in the period.
    """
    rules, policy, names = work.program.census, work.policy, work.offices.names()
    counts = counts or returned(work, period=period, as_of=as_of)[0]
    if counts.tally.is_empty():
        raise office_rates.empty(rules, period, there=counts.monthly["month"].drop_nulls().unique().sort().to_list())
    still_open = ledger.counted_missing(counts.named, rules) if items is None else ledger.counted(items)
    work.tell("assembling the report")
    return assemble(
        work.program,
        period=period,
        as_of=as_of,
        measures=office_rates.finish(counts.tally, rules, offices=names),
        months=monthly_rates(counts.monthly, rules, period=period),
        open_items=ledger.open_items(counts.named, rules, period=period, as_of=as_of),
        ambiguous_links=counts.ambiguous,
        audit=audit,
        checks=found.results,
        unverified=policy.unverified() if policy else (),
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
        follow_up=follow_up,
        review=review,
        findings=work.findings,
        trends=trends(counts.monthly, rules, period=period, offices=names, still_open=still_open),
        layout=work.layout,
    )


def _files(work: Engagement, report: Report) -> dict[str, bytes]:
    """The report in every form, and the rows that were set aside, which are not for the public."""
    work.tell("drawing the figures")
    if report.audience == "public":
        return formatted(report)
    aside = pl.concat([table.aside for table in work.tables.values()])
    return {**formatted(report), "tables/set_aside.csv": aside.write_csv().encode()}


def formatted(report: Report) -> dict[str, bytes]:
    """The report in every form that follows from its record: the record, page, PDF, workbook, tables, figures."""
    drawn = {drawing.name: drawing.figure for drawing in figures.drawings(report)}
    html = page.page(report)
    return {
        RECORD: as_json(asdict(report)),
        "report.html": html,
        "report.pdf": pdf.pdf(html, day=report.as_of),
        "report.xlsx": xlsx.workbook(report),
        **{f"tables/{name}": text.encode() for name, text in publish_tables.tables(report).items()},
        **{f"figures/{name}.svg": figures.svg(figure) for name, figure in drawn.items()},
        **{f"figures/{name}.png": figures.png(figure) for name, figure in drawn.items()},
    }


def late_changes(folder: Path) -> tuple[LateChange, ...]:
    """What a report says has changed of the tables since the reports before it."""
    return read_report(folder / RECORD).late_changes


def issued(reports: Path, months: Sequence[str]) -> list[str]:
    """Which of these months' reports were issued, of those in a program's folder."""
    found = {month: Shelf(folder=reports).valid(month) for month in months}
    return [month for month, valid in found.items() if valid and valid.issued]


def _failure(result: CheckResult) -> Problem:
    what = f"failed the critical check that {result.check}, in {result.failed:,} of {result.units:,}"
    return Problem(
        what=what, mend="See the rows with audit check, and correct them at their source.", file=result.table
    )
