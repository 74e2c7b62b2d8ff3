"""Verbs of a month: link, compliance, assemble, run, which does it all for one month or several, and issue."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    AsOfOption,
    AudienceOption,
    ConfirmOption,
    EngineOption,
    MonthOption,
    Options,
    OverwriteOption,
    PacketsOption,
    WriteOptions,
    app,
    list_rows_set_aside,
    locate_sample_folder,
    open_with_options,
    print_facts,
    print_report,
    show_progress,
)
from audit.cli.engines import open_engine
from audit.cli.month_answers import answer_month, answer_months
from audit.cli.month_notes import refuse_unfit_month, report_dropped_files
from audit.cli.rerun import Rerun, leave_unchanged
from audit.errors import ExitCode, make_usage_error

if TYPE_CHECKING:
    from audit.workflow.engine import Engine
    from audit.workflow.month_request import MonthRequest
    from audit.workflow.publication import PublishedReport

ReclassifiedOption = Annotated[
    Path | None,
    Parameter(help="CSV of items that are no deficiency: office, month, person, measure, decided, reason."),
]
GuidanceOption = Annotated[
    Path | None, Parameter(help="CSV of guidance given on items: office, month, person, measure, sent.")
]
NoReuseOption = Annotated[
    bool, Parameter(help="Read and check every file anew, and keep nothing of it for the next run.")
]
CorrectOption = Annotated[
    str, Parameter(help="Reason for correcting issued reports: writes a new version of each report that changes.")
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOptions:
    """Which months to report: one, several in turn, or those that are due."""

    month: MonthOption = None
    since: Annotated[str | None, Parameter(help="First of several months, each in turn up to --month.")] = None
    catch_up: Annotated[
        bool, Parameter(help="Every month after the last report, up to the last that is complete at --as-of or today.")
    ] = False
    as_of: AsOfOption = None


_DEFAULT_MONTH_OPTIONS = MonthOptions()


@app.command(sort_key=9)
def link(
    program: str,
    /,
    *,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Find the required records of every unit, and write whether each is there, late or missing.

    audit link secure_communities --month 2011-09
    """
    from audit.compliance.record_states import describe_missing_records
    from audit.workflow.engine import LocalEngine
    from audit.workflow.monthly_report import resolve_report_period

    refuse_unfit_month(program, month, as_of)
    work = open_with_options(program, options, named_only=True)
    engine = LocalEngine(audit=work)
    period, looked = resolve_report_period(engine, month, as_of)
    states = engine.link_unit_records(period, looked).collect()
    where = locate_sample_folder(work.program, options).write_states(
        period, describe_missing_records(states, work.program.census)
    )
    counts = states.group_by("measure", "grace_days", "state").len().sort("measure", "grace_days", "state").rows()
    count_facts = {f"{measure}, {grace} days allowed, {state or 'excluded'}": n for measure, grace, state, n in counts}
    return print_facts({"as of": str(looked or "the whole table"), **count_facts, "written": str(where)}, options)


@app.command(sort_key=10)
def compliance(
    program: str,
    /,
    *,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    master: EngineOption = None,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Show the rates of every office, in a month or in the whole table.

    audit compliance secure_communities --month 2011-09

    audit compliance segregation_reports --data FOLDER

    audit compliance secure_communities --month 2011-09 --engine spark://host:7077
    """
    from audit.cli import console
    from audit.formatting import format_percent, format_plural
    from audit.workflow import monthly_report

    refuse_unfit_month(program, month, as_of)
    with open_engine(program, master, options, named_only=True) as engine:
        period, looked = monthly_report.resolve_report_period(engine, month, as_of)
        measures = monthly_report.rate_offices_in_period(engine, period=period, as_of=looked)
        office_column = engine.audit.program.office
    if options.json:
        return print_facts({"period": period, "measures": [asdict(measure) for measure in measures]}, options)
    header = (office_column, "due", "in time", "rate", "late", "missing", "unmet", "pending")
    show_progress("")
    for measure in measures:
        rates = [(row, format_percent(row.compliant, row.due)) for row in (*measure.offices, measure.national)]
        rows = [(r.name, r.due, r.compliant, rate, r.late, r.missing, r.unmet, r.pending) for r, rate in rates]
        title = f"{measure.title}: by {measure.counted}, {format_plural(measure.grace_days, 'day')} allowed"
        sys.stdout.write(f"{title}\n{console.format_text_table(header, rows)}\n")
    return ExitCode.OK


@app.command(sort_key=11)
def assemble(
    program: str,
    /,
    *,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    packets: PacketsOption = False,
    audience: AudienceOption = "office",
    overwrite: OverwriteOption = False,
    master: EngineOption = None,
    confirm: ConfirmOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Assemble the report of a period: record, page, PDF, workbook, tables, figures.

    audit assemble secure_communities --month 2011-09

    audit assemble secure_communities --month 2011-09 --engine spark://host:7077
    """
    from audit.workflow.month_request import MonthRequest
    from audit.workflow.monthly_report import publish_report
    from audit.workflow.validation import refuse_unfit_declarations

    refuse_unfit_month(program, month, as_of)
    request = MonthRequest(
        reports=options.reports,
        month=month,
        as_of=as_of,
        audience=audience,
        packets=packets,
        overwrite=overwrite,
    )
    with open_engine(
        program, master, options, named_only=True, confirm=confirm, before_reading=refuse_unfit_declarations
    ) as engine:
        report = publish_report(engine, request)
    report_dropped_files([report])
    return print_report((report.folder, report.changed), options)


@app.command(sort_key=12)
def run(
    program: str,
    /,
    *,
    months: MonthOptions = _DEFAULT_MONTH_OPTIONS,
    packets: PacketsOption = False,
    audience: AudienceOption = "office",
    reclassified: ReclassifiedOption = None,
    guidance: GuidanceOption = None,
    correct: CorrectOption = "",
    overwrite: OverwriteOption = False,
    master: EngineOption = None,
    no_reuse: NoReuseOption = False,
    confirm: ConfirmOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write what is due: run the checks, count every case of the month, update the ledger, make the audit report.

    The audit report has a folder of its own, as audit report writes it. A month neither holds it nor waits for it. A
    draft of it that was made from other tables is left as it is.

    Each folder is written completely or not at all. A second run on the same inputs changes nothing.

    audit run secure_communities --month 2011-09 --packets

    audit run secure_communities --month 2011-09 --audience public

    audit run secure_communities --since 2010-10 --month 2011-09

    audit run secure_communities --catch-up

    audit run segregation_reports --data FOLDER

    audit run secure_communities --month 2011-09 --engine spark://host:7077
    """
    _refuse_contradictions(months, correct=correct, audience=audience)
    asked = {**asdict(months), "today": date.today() if months.catch_up else None}
    asked |= {"packets": packets, "audience": audience, "reclassified": reclassified, "guidance": guidance}
    rerun = Rerun(program=program, options=options, asked=asked)
    remembers = not (correct or master or no_reuse)
    if remembers and not overwrite and (code := rerun.repeat_answer()) is not None:
        return code

    from audit.storage.ledgers import DecisionFiles
    from audit.workflow.month_request import MonthRequest

    refuse_unfit_month(program, f"{months.since}/{months.month}" if months.since else months.month, months.as_of)
    request = MonthRequest(
        reports=options.reports,
        month=months.month,
        as_of=months.as_of,
        audience=audience,
        packets=packets,
        overwrite=overwrite,
        correct=correct,
        decisions=DecisionFiles(reclassified=reclassified, guidance=guidance),
    )
    settings = _EngineSettings(master=master, reuse=not no_reuse, confirm=confirm)
    return _publish_and_answer(request, months, settings, rerun, remembers=remembers)


@dataclass(frozen=True)
class _EngineSettings:
    master: str | None
    reuse: bool
    confirm: bool


def _publish_and_answer(
    request: "MonthRequest", months: MonthOptions, settings: _EngineSettings, rerun: Rerun, *, remembers: bool
) -> int:
    """Write the reports that a request asks for, say what was done, and keep the answer for a second run."""
    from audit.workflow import program_data, validation

    program, options, master = rerun.program, rerun.options, settings.master
    declared = program_data.read_program_by_name(program)
    request.decisions.refuse_missing_files()
    with (
        _clean_up_on_error(options.reports / declared.name),
        open_engine(
            program,
            master,
            options,
            named_only=True,
            reuse=settings.reuse,
            confirm=settings.confirm,
            before_reading=validation.refuse_unfit_declarations,
        ) as engine,
    ):
        reports, audit_report = _publish_reports(engine, request, months)
    report_dropped_files(reports)
    several = bool(months.since or months.catch_up)
    make_answer = partial(answer_months if several else answer_month, audit_report=audit_report)
    if remembers and not (months.catch_up and reports):  # the next catch-up has other months
        unchanged = make_answer(program, leave_unchanged(reports), options, correct=request.correct, master=master)
        aside = list_rows_set_aside(engine.audit)
        published = [*reports, *([audit_report] if audit_report else [])]
        rerun.keep_answer(engine.audit, request, published, replace(unchanged, remarks=[*aside, *unchanged.remarks]))
    return make_answer(program, reports, options, correct=request.correct, master=master).print(options)


def _publish_reports(
    engine: "Engine", request: "MonthRequest", months: MonthOptions
) -> "tuple[list[PublishedReport], PublishedReport | None]":
    """Publish the reports that are asked for, of one month, of several, or of those that are due; and the audit report.

    A month that is corrected asks for no audit report.
    """
    show_progress("preparing the report")  # what draws and sets it is imported now
    from audit.workflow import monthly_report, report_basis, sample_report, schedule

    basis = report_basis.ReportBasis(engine=engine)
    if months.since and months.month:
        names = schedule.list_scheduled_months(engine.audit.program, months.since, months.month)
        reports = schedule.publish_months(engine, request, names, basis)
    elif months.catch_up:
        names = schedule.find_due_months(engine, request.reports, on=months.as_of or date.today())
        reports = schedule.publish_months(engine, request, names, basis)
    else:
        reports = [monthly_report.publish_report(engine, request, basis)]
    audit_report = None
    if not request.correct:
        audit_report = sample_report.publish_due_sample_report(
            basis, root=request.reports, audience=request.audience, overwrite=request.overwrite
        )
    if engine.audit.readings and any(report.changed for report in reports):
        engine.audit.readings.delete_unused_files()
    return reports, audit_report


@contextmanager
def _clean_up_on_error(folder: Path) -> Iterator[None]:
    """Where a run ends in an error, and a program's folder held nothing read before, let it hold nothing after."""
    from audit.files import CACHE_FOLDER
    from audit.storage.lock import LOCK_FILE

    made = [path for path in (folder / CACHE_FOLDER, folder, folder.parent) if not path.exists()]
    try:
        yield
    except BaseException:
        if folder / CACHE_FOLDER in made and not (folder / LOCK_FILE).exists():  # another run may be using it
            shutil.rmtree(folder / CACHE_FOLDER, ignore_errors=True)
            for path in made[1:]:
                with suppress(OSError):  # it holds something else
                    path.rmdir()
        raise


def _refuse_contradictions(months: MonthOptions, *, correct: str, audience: str) -> None:
    """Refuse options that contradict each other."""
    if months.since and not months.month:
        raise make_usage_error("--since names the first month, and none is the last", "Name it with --month.")
    if months.catch_up and (months.month or months.since):
        raise make_usage_error("--catch-up finds the months itself", "Leave out --month and --since.")
    if months.since and months.as_of:
        raise make_usage_error("each month of several is looked at on a day of its own", "Leave out --as-of.")
    if correct and months.catch_up:
        raise make_usage_error(
            "a correction is of issued months", "Name the last with --month, and the first with --since."
        )
    if months.catch_up and audience == "public":
        raise make_usage_error(
            "--catch-up goes by the reports for the offices", "Name the months with --since and --month."
        )
