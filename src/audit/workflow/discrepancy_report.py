"""The data-quality report as a folder: what the offices are told of discrepancies in their records, every period."""

from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from audit.compliance.discrepancies.counts import settle_discrepancies
from audit.compliance.discrepancies.find import find_discrepancies
from audit.compliance.discrepancies.period import ReportPeriod, build_report_period
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_day, format_list
from audit.months import add_days
from audit.programs.declaration import Program
from audit.programs.discrepancies import Discrepancy, MonthHalf
from audit.reporting.discrepancy_report import assemble_quality_report
from audit.reporting.formats import discrepancy_report
from audit.reporting.record import Audience
from audit.storage import ledgers
from audit.storage.lock import lock_folder
from audit.storage.report_versions import ReportVersions
from audit.storage.sample_audit_folder import name_period_folder
from audit.workflow import report_inputs
from audit.workflow.program_data import ProgramData
from audit.workflow.publication import PublishedReport, ReportFiles, open_reports, publish_unless_current
from audit.workflow.report_basis import require_fit_tables
from audit.workflow.validation import check_tables


def select_discrepancies(program: Program, name: str) -> tuple[Discrepancy, ...]:
    """The discrepancies that a program declares, or the one of this name. AuditError (USAGE) where there is none."""
    declared = {one.name: one for one in program.discrepancies}
    if not declared:
        what, mend = f"the program {program.name} declares no discrepancy", "Add [[discrepancies]] to its program.toml."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    if name and name not in declared:
        mend = f"It declares {format_list([*declared], most=12)}."
        problem = Problem(what=f"no discrepancy `{name}` is declared", mend=mend)
        raise AuditError(problem, code=ExitCode.USAGE)
    return (declared[name],) if name else tuple(declared.values())


def resolve_discrepancy_period(
    discrepancy: Discrepancy, month: str, half: MonthHalf | None, as_of: date | None
) -> tuple[ReportPeriod, date]:
    """The period that ends with a month, and the day on which its records are looked at.

    AuditError (USAGE) where the period was not over on that day.
    """
    period = build_report_period(discrepancy.every, month, half)
    if as_of and as_of < period.last:
        what = f"on {format_day(as_of)} the period was not over: it ends on {format_day(period.last)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return period, as_of or add_days(period.last, discrepancy.as_of_days)


def publish_discrepancy_report(
    work: ProgramData,
    discrepancy: Discrepancy,
    period: ReportPeriod,
    as_of: date,
    *,
    root: Path,
    settled: Path | None = None,
    audience: Audience = "office",
    overwrite: bool = False,
) -> PublishedReport:
    """Write the report of a period as `root`/program/period-name, whole or not at all.

    A folder that these inputs made already is left as it is; one that anything else made is replaced only with
    `overwrite`. `settled` names the CSV file of what people concluded: case, outcome, decided, reason.

    AuditError: CONFLICT where another run is at work there or the folder holds something else; DATA where a critical
    check failed or a decision names what is not there.
    """
    reports = ReportVersions(folder=root / work.program.name)
    name = f"{name_period_folder(period.name)}-{discrepancy.name}{'-public' if audience == 'public' else ''}"
    decisions = ledgers.read_discrepancy_decisions(settled, as_of=as_of)
    made_from = report_inputs.describe_inputs(
        work,
        period=period.name,
        discrepancy=discrepancy.name,
        as_of=str(as_of),
        settled=ledgers.hash_decisions(decisions),
        audience=audience,
    )
    with open_reports(reports, lock_folder(reports.folder)):
        return publish_unless_current(
            discrepancy.name,
            reports.folder / name,
            partial(
                _make_report_files, work, discrepancy, period, as_of, decisions, file=str(settled), audience=audience
            ),
            inputs=made_from,
            overwrite=overwrite,
        )


def _make_report_files(
    work: ProgramData,
    discrepancy: Discrepancy,
    period: ReportPeriod,
    as_of: date,
    decisions: pl.DataFrame,
    *,
    file: str,
    audience: Audience,
) -> ReportFiles:
    """The files of a report; `decisions` come from a `file`, which messages name."""
    checks = require_fit_tables(check_tables(work))
    work.tell("comparing records and evidence")
    discrepancies = find_discrepancies(work.rows, discrepancy, period, as_of=as_of)
    known_cases = work.rows[discrepancy.table].select(discrepancy.case).collect().to_series()
    cases = settle_discrepancies(discrepancies.cases, decisions, all_cases=known_cases, file=file)
    report = assemble_quality_report(
        work.program,
        discrepancy,
        discrepancies,
        cases,
        period=period,
        as_of=as_of,
        offices=work.offices.list_names(),
        checks=checks.results,
        inputs=work.totals,
        audience=audience,
    )
    return discrepancy_report.render_quality_report(report)
