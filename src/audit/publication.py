"""One period's report: counted, assembled, and published as a folder, whole or not at all."""

from dataclasses import asdict
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from audit import census, compliance, figures, ledger
from audit.compliance import MeasureResult
from audit.engagement import Engagement, assessed, checked, concluded, drawn, evaluated, settled
from audit.error import AuditError, ExitCode, Problem
from audit.evaluation import SampleAudit
from audit.linkage import link
from audit.publish import packet, page, pdf, workbook
from audit.publish import tables as publish_tables
from audit.reliability import CheckResult, Reliability
from audit.report import Audience, Report, assemble
from audit.store.folder import as_json, digest_together, publish, stands
from audit.store.steps import Steps, in_file_name
from audit.wording import day as day_in_words


def period_of(work: Engagement, month: str | None, as_of: date | None = None) -> tuple[str, date | None]:
    """The period that a month, or its absence, asks for; and the day on which its records are looked at."""
    rules = work.program.census
    if month is None:
        if rules.date is None:
            return "all", as_of
        day = pl.col(rules.date).dt.strftime("%Y-%m")
        first, last = work.rows[rules.table].select(first=day.min(), last=day.max()).collect().row(0)
        month = f"{first}/{last}"
    _, last = compliance.span(rules, month)
    following = date.fromisoformat(f"{last}-28") + timedelta(days=4)
    end = following - timedelta(days=following.day)
    if as_of and as_of < end:
        what = f"on {day_in_words(as_of)} the period was not over: it ends on {day_in_words(end)}"
        raise AuditError(Problem(what=what, mend="Give a later day with --as-of."), code=ExitCode.USAGE)
    return month, as_of or end + timedelta(days=rules.as_of_days)


def counted(work: Engagement, *, period: str, as_of: date | None) -> pl.DataFrame:
    """The state of every unit up to the end of a period, under every measure, as the records stood on `as_of`."""
    rules = work.program.census
    compliance.span(rules, period)  # a period that the table cannot tell apart is refused before the work
    work.tell("linking the records")
    linked = link(work.rows[rules.table], work.rows, rules.links, unit=rules.unit, date=rules.date, as_of=as_of)
    return census.units(linked, rules, as_of=as_of)


def rated(work: Engagement, states: pl.DataFrame, *, period: str) -> tuple[MeasureResult, ...]:
    """The rates of every office in a period."""
    return compliance.rates(states, work.program.census, period=period, offices=work.offices.names())


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
) -> tuple[Path, bool]:
    """Write a period's report as a folder under `root`, whole or not at all; say where, and whether it was written.

    The sample audit comes from the steps on disk (`taken`), or is done here as the program declares it. A folder that
    these inputs made already is left as it is; one that anything else made is replaced only with `overwrite`. With
    `packets` it holds a folder for every office too, with what concerns that office alone. What is for the public
    stands in a folder of its own, and holds no list of cases or persons.
    """
    period, as_of = period_of(work, month, as_of)
    if packets and audience == "public":
        problem = Problem(what="packets concern persons and are not for the public", mend="Leave out --packets.")
        raise AuditError(problem, code=ExitCode.USAGE)
    folder = root / work.program.name / (in_file_name(period) + ("-public" if audience == "public" else ""))
    steps = {} if taken is None else taken.digests()
    made_from = _inputs(work, period=period, as_of=str(as_of), steps=steps, packets=packets, audience=audience)
    if not overwrite and stands(folder, inputs=made_from):
        return folder, False
    found = checked(work)
    if failures := [result for result in found.results if result.severity == "critical" and not result.passed]:
        raise AuditError([_failure(result) for result in failures], code=ExitCode.DATA)
    files: dict[str, bytes] = {}
    audit = None
    if work.program.sample and taken is None:
        frame, _, record = drawn(work)
        findings = settled(work.program, assessed(work, pl.Series([case["key"] for case in record["cases"]])))
        audit = evaluated(work, frame, record, findings)
        files |= {"sample.json": as_json(record), "determinations.csv": findings.write_csv().encode()}
    elif taken is not None and taken.begun():
        audit = concluded(work, taken)
        files |= {
            "sample.json": as_json(taken.read_sample()),
            "determinations.csv": taken.read_settled().write_csv().encode(),
        }
    report = reported(work, period=period, as_of=as_of, found=found, audit=audit, audience=audience)
    if audience == "public":
        files = {}
    if packets:
        files |= {f"packets/{path}": held for path, held in packet.packets(report).items()}
    publish(folder, files | _files(work, report), inputs=made_from)
    return folder, True


def reported(
    work: Engagement,
    *,
    period: str,
    as_of: date | None,
    found: Reliability,
    audit: SampleAudit | None,
    audience: Audience = "office",
) -> Report:
    """The record of a period's report."""
    rules, policy = work.program.census, work.policy
    states = counted(work, period=period, as_of=as_of)
    inside = compliance.in_period(states, rules, period=period)
    work.tell("assembling the report")
    return assemble(
        work.program,
        period=period,
        as_of=as_of,
        measures=rated(work, states, period=period),
        months=compliance.months(states, rules, period=period) if rules.date else (),
        open_items=ledger.open_items(states, rules, period=period, as_of=as_of),
        ambiguous_links=inside.filter(pl.col("ambiguous"))["unit"].n_unique(),
        audit=audit,
        checks=found.results,
        unverified=policy.unverified() if policy else (),
        policy_sha256=policy.sha256 if policy else "",
        inputs=work.totals,
        audience=audience,
    )


def _files(work: Engagement, report: Report) -> dict[str, bytes]:
    """The report in every form: record, page, PDF, workbook, tables, figures, and the rows that were set aside."""
    work.tell("drawing the figures")
    aside = pl.concat([table.aside for table in work.tables.values()])
    listed = {"tables/set_aside.csv": aside.write_csv().encode()} if report.audience == "office" else {}
    drawn = {drawing.name: drawing.figure for drawing in figures.drawings(report)}
    html = page.page(report)
    return {
        "report.json": as_json(asdict(report)),
        "report.html": html,
        "report.pdf": pdf.pdf(html, day=report.as_of),
        "report.xlsx": workbook.workbook(report),
        **{f"tables/{name}": text.encode() for name, text in publish_tables.tables(report).items()},
        **listed,
        **{f"figures/{name}.svg": figures.svg(figure) for name, figure in drawn.items()},
        **{f"figures/{name}.png": figures.png(figure) for name, figure in drawn.items()},
    }


def _failure(result: CheckResult) -> Problem:
    what = f"failed the critical check that {result.check}, in {result.failed:,} of {result.units:,}"
    return Problem(
        what=what, mend="See the rows with audit check, and correct them at their source.", file=result.table
    )


def _inputs(work: Engagement, **asked: Any) -> dict[str, Any]:
    """Everything that what is published depends on, for its manifest."""
    return {
        "software": f"audit {version('audit')}",
        "code": digest_together(_code()),
        "program": work.program.sha256,
        "policy": work.policy.sha256 if work.policy else "",
        "suites": {name: asdict(suite) for name, suite in work.suites.items()},
        "pseudonym key": work.key_mark,
        "tables": [asdict(total) for total in work.totals],
        **asked,
    }


def _code() -> list[Path]:
    """The files of this program, templates and fonts included."""
    found = sorted(Path(__file__).parent.rglob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]
