"""The data-quality report as a folder: what the offices are told of discrepancies in their records, every period."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from audit.compliance.discrepancies.counts import settle
from audit.compliance.discrepancies.find import find
from audit.compliance.discrepancies.period import Span, span
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import day, listed
from audit.programs.declaration import Program
from audit.programs.discrepancies import Discrepancy, Half
from audit.reporting.discrepancy_report import QualityReport, assemble_quality
from audit.reporting.formats import discrepancy_report
from audit.reporting.report import Audience
from audit.storage import ledgers
from audit.storage.lock import alone
from audit.storage.output_folder import publish, stands
from audit.storage.report_versions import Shelf
from audit.storage.sample_audit_folder import in_file_name
from audit.workflow import monthly_report, provenance
from audit.workflow.audit import Engagement


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One report as it was written, or stood already."""

    name: str
    folder: Path
    written: bool


def chosen(program: Program, name: str) -> tuple[Discrepancy, ...]:
    """The discrepancies that a program declares, or the one of this name. AuditError (USAGE) where there is none."""
    declared = {one.name: one for one in program.discrepancies}
    if not declared:
        what, mend = f"the program {program.name} declares no discrepancy", "Add [[discrepancies]] to its program.toml."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    if name and name not in declared:
        mend = f"It declares {listed([*declared], most=12)}."
        problem = Problem(what=f"no discrepancy `{name}` is declared", mend=mend)
        raise AuditError(problem, code=ExitCode.USAGE)
    return (declared[name],) if name else tuple(declared.values())


def looked_at(asked: Discrepancy, month: str, half: Half | None, as_of: date | None) -> tuple[Span, date]:
    """The period that ends with a month, and the day on which its records are looked at.

    AuditError (USAGE) where the period was not over on that day.
    """
    period = span(asked.every, month, half)
    if as_of and as_of < period.last:
        what = f"on {day(as_of)} the period was not over: it ends on {day(period.last)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return period, as_of or period.last + timedelta(days=asked.as_of_days)


def told(
    work: Engagement,
    asked: Discrepancy,
    period: Span,
    as_of: date,
    *,
    root: Path,
    settled: Path | None = None,
    audience: Audience = "office",
    overwrite: bool = False,
) -> Told:
    """Write the report of a period as `root`/program/period-name, whole or not at all.

    A folder that these inputs made already is left as it is; one that anything else made is replaced only with
    `overwrite`. `settled` names the CSV file of what people concluded: case, outcome, decided, reason.

    AuditError: CONFLICT where another run is at work there or the folder holds something else; DATA where a critical
    check failed or a decision names what is not there.
    """
    reports = Shelf(folder=root / work.program.name)
    name = f"{in_file_name(period.name)}-{asked.name}{'-public' if audience == 'public' else ''}"
    folder = reports.folder / name
    decisions = ledgers.read_settled(settled, as_of=as_of)
    made_from = provenance.inputs(
        work,
        period=period.name,
        discrepancy=asked.name,
        as_of=str(as_of),
        settled=ledgers.digest(decisions),
        audience=audience,
    )
    with alone(reports.folder):
        reports.tidy()
        if not overwrite and stands(folder, inputs=made_from):
            return Told(name=asked.name, folder=folder, written=False)
        checks = monthly_report.fit(work)
        work.tell("comparing records and evidence")
        found = find(work.rows, asked, period, as_of=as_of)
        known = work.rows[asked.table].select(asked.case).collect().to_series()
        cases = settle(found.cases, decisions, known=known, file=str(settled))
        report: QualityReport = assemble_quality(
            work.program,
            asked,
            found,
            cases,
            period=period,
            as_of=as_of,
            offices=work.offices.names(),
            checks=checks.results,
            inputs=work.totals,
            audience=audience,
        )
        work.tell("drawing the figures")
        publish(folder, discrepancy_report.formatted(report), inputs=made_from)
    return Told(name=asked.name, folder=folder, written=True)
