"""The whole population at work, on a Spark cluster: counted, framed, drawn from, assessed; the last here as well."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from audit.assessment import population
from audit.assessment.population import Assessed
from audit.compliance import office_rates
from audit.compliance.office_rates import MeasureResult
from audit.errors import AuditError, ExitCode, Problem
from audit.files import as_json, digest_of
from audit.formatting import count
from audit.programs.declaration import Program
from audit.reporting.report import Audience
from audit.sampling.draw import Sample
from audit.sampling.frame import Frame
from audit.spark import assess, draw, partitions
from audit.spark import counts as counting
from audit.spark import frame as framing
from audit.spark import session as spark
from audit.spark.engine import Afar, afar
from audit.storage.ledgers import Decisions
from audit.storage.lock import alone
from audit.storage.output_folder import MANIFEST, aside, put_in_place
from audit.storage.report_versions import Shelf
from audit.storage.sample_audit_folder import FRAME_CASES, Steps
from audit.workflow import audit as engagement
from audit.workflow import monthly_report
from audit.workflow.audit import Engagement
from audit.workflow.monthly_ledger import Books, Documented
from audit.workflow.monthly_report import Common

COUNTS = "counts.json"
AT_ONCE = 800_000  # determinations that are in memory


def rated(
    name: str, month: str | None, as_of: date | None, *, engine: str, reports: Path, **given: Any
) -> tuple[Engagement, str, tuple[MeasureResult, ...]]:
    """The rates of every office in a period, counted on the cluster at `engine`: what `monthly_report.rated` gives.

    `given` is what `engagement.begin` takes. AuditError as that, `monthly_report.period_of` and the cluster raise it.
    """
    home = reports.resolve() / engagement.declared(name).name
    with alone(home), afar(name, engine, home, **given) as there:
        work, rules = there.work, there.work.program.census
        period, looked, months = _period(there, month, as_of)
        work.tell("linking and counting the records")
        laid = there.lay(partitions.links(work.program))
        found = counting.tallied(there.session, laid, work.program, period=period, as_of=looked)
    if found.is_empty():
        raise office_rates.empty(rules, period, there=months)
    return work, period, office_rates.finish(found, rules, offices=work.offices.names())


def published(
    name: str,
    taken: Steps | None,
    month: str | None,
    as_of: date | None,
    *,
    engine: str,
    reports: Path,
    overwrite: bool,
    packets: bool = False,
    audience: Audience = "office",
    decisions: Decisions | None = None,
    correct: str = "",
    **given: Any,
) -> tuple[Engagement, tuple[Path, bool]]:
    """Write a period's report from the cluster at `engine`, as `monthly_report.published` does.

    `given` is what `engagement.begin` takes. AuditError as both and the cluster raise it.
    """
    home = reports.resolve() / engagement.declared(name).name
    with alone(home), afar(name, engine, home, **given) as there:
        shelf = Shelf(folder=home)
        shelf.tidy()
        period, looked, _ = _period(there, month, as_of)
        return there.work, monthly_report.written(
            there.work,
            taken,
            period,
            looked,
            reports=shelf,
            overwrite=overwrite,
            packets=packets,
            audience=audience,
            decisions=decisions or Decisions(),
            correct=correct,
            **ways(there, taken),
        )


def ways(there: Afar, taken: Steps | None) -> dict[str, Any]:
    """How `monthly_report.written` checks, samples, counts and digests there: for several months
    once, but the counts.
    """
    laid = cache(lambda: there.lay(partitions.links(there.work.program)))
    return {
        "common": cache(lambda: _in_common(there, taken)),
        "count": lambda _, **asked: _counted(there, laid, **asked),
        "rows": cache(there.held),
    }


def _in_common(there: Afar, taken: Steps | None) -> Common:
    """As `monthly_report.in_common`: the tables are checked and the sample is drawn on the cluster,
    its files brought.
    """
    return monthly_report.in_common(
        there.work,
        taken,
        check=lambda _: there.checked(),
        perform=lambda _: _performed(there),
        by_office=there.by_office,
    )


def _performed(there: Afar) -> monthly_report.Performed:
    """As `monthly_report.performed`; the drawn cases are few, and assessed on this machine from their files alone."""
    work, framed = there.work, there.framed()
    _, record = engagement.drawn_as_promised(work, framed.frame, pick=draw.picks(framed.cases))
    keys = pl.Series([case["key"] for case in record["cases"]], dtype=pl.String)
    findings = engagement.assessed(there.with_files(keys), keys)
    return framed.frame, record, engagement.settled(work.program, findings)


def _counted(
    there: Afar, laid: Callable[[], partitions.Laid], *, period: str, as_of: date | None, books: Books | None
) -> monthly_report.Counted:
    """As `monthly_report.returned`."""
    work, session, into = there.work, there.session, there.folder / "counted"
    work.tell("linking and counting the records")
    listed, until = (books.listed, period) if books else (None, None)
    asked: dict[str, Any] = {"period": period, "as_of": as_of, "listed": listed, "until": until, "into": into}
    found = counting.returned(session, laid(), work.program, **asked)
    if books is None:
        return found, None
    before = books.opening.remembered
    lost = counting.undone(session, work.program, there.units, found.named, before, into=into)
    return found, Documented(lost=lost, now=counting.remembered(session, into=into))


def _period(there: Afar, month: str | None, as_of: date | None) -> tuple[str, date | None, list[str]]:
    """What `monthly_report.period_of` gives, and the months in which there are units."""
    months = there.months()
    if month is None and months:
        month = f"{months[0]}/{months[-1]}"
    return *monthly_report.period_of(there.work, month, as_of), months


def scoped(
    name: str, steps: Steps, *, stratum: str | None, engine: str, reports: Path, **given: Any
) -> tuple[Engagement, Frame]:
    """Fix the frame on the cluster at `engine`, and write it as `audit scope` does; its cases stay there.

    `given` is what `engagement.begin` takes. AuditError as that, `audit.sampling.frame.scope` and the cluster raise it.
    """
    program = engagement.declared(name)
    engagement.promised(program)
    home = reports.resolve() / program.name
    with alone(home), afar(name, engine, home, only=[program.census.table], **given) as there:
        there.months()
        frame, _, lines = there.framed(stratum=stratum)
        steps.write_frame(frame, fixed=datetime.now(UTC), published=lines)
        return there.work, frame


def drawn(program: Program, steps: Steps, *, engine: str, **asked: Any) -> tuple[Sample, dict[str, Any]]:
    """Draw from the frame on disk, which the workers see, as `engagement.drawn_from` draws `asked`; no table is read.

    The drawn cases alone come here. AuditError as that and the cluster raise it, and where the frame's file is another.
    """
    (frame, fixed), design = steps.read_fixed(), steps.read_design()
    if frame.cluster or frame.measure:
        what = "from a frame with clusters or amounts a sample is drawn on one machine"
        raise AuditError(Problem(what=what, mend="Leave out --engine."), code=ExitCode.USAGE)
    draw.refuse_other(design)
    with spark.session(engine) as session:
        pick = draw.picks(framing.published(session, frame, steps.folder.resolve() / FRAME_CASES))
        return engagement.drawn_from(frame, design, engagement.promised(program), fixed=fixed, pick=pick, **asked)


def sample_assessed(
    name: str, keys: pl.Series, *, engine: str, reports: Path, **given: Any
) -> tuple[Engagement, pl.DataFrame]:
    """Assess the cases with these keys on this machine, from their files, which alone come from the cluster.

    `given` is what `engagement.begin` takes. AuditError as that, `engagement.assessed` and the cluster raise it.
    """
    home = reports.resolve() / engagement.declared(name).name
    with alone(home), afar(name, engine, home, **given) as there:
        return there.work, engagement.assessed(there.with_files(keys), keys)


def assessed(name: str, *, engine: str | None = None, reports: Path, **given: Any) -> tuple[Engagement, Path, Assessed]:
    """Assess every case of the sample's period that is not excluded; write the determinations as a folder of Parquet.

    The folder `population` is written whole or not at all. Its digest is the same on every engine.
    """
    home = reports.resolve() / engagement.declared(name).name
    folder = home / "population"
    with alone(home):
        if folder.exists() and not (folder / MANIFEST).exists():
            what, mend = "is there already, and this program did not write it", "Move it elsewhere."
            raise AuditError(Problem(what=what, mend=mend, file=str(folder)), code=ExitCode.CONFLICT)
        new = aside(folder)
        try:
            if engine:
                work, found = _assessed_afar(name, engine, home, new, **given)
            else:
                work, found = _assessed_here(name, new, **given)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        counts = {"digest": found.digest, "outcomes": found.counts.to_dicts()}
        (new / COUNTS).write_bytes(as_json(counts))
        program = work.program
        inputs = {
            "software": f"audit {version('audit')}",
            "program": f"{program.name} {program.sha256}",
            "files": [asdict(total) for total in work.totals],
        }
        put_in_place(folder, inputs=inputs, outputs={**found.files, COUNTS: digest_of(new / COUNTS) or ""})
    return work, folder, found


def _assessed_here(name: str, into: Path, **given: Any) -> tuple[Engagement, Assessed]:
    work = engagement.begin(name, named_only=True, **given)
    engagement.refuse_undated(work, work.rows[work.program.census.table])
    policy, table = engagement.ruled(work), work.program.census.table
    units, parts = work.rows[table], []
    every = units.select(pl.len()).collect().item()
    at_once = AT_ONCE // len(policy.attributes())
    for number, first in enumerate(range(0, every, at_once)):
        work.tell(f"assessing every case: {count(first)} of {count(every)}")
        rows, path = {**work.rows, table: units.slice(first, at_once)}, into / f"determinations-{number:05}.parquet"
        parts.append(population.recorded(work.program, rows, policy, path=path))
    return work, population.together(parts)


def _assessed_afar(name: str, engine: str, home: Path, into: Path, **given: Any) -> tuple[Engagement, Assessed]:
    with afar(name, engine, home, **given) as there:
        work = there.work
        policy = engagement.ruled(work)
        there.months()
        work.tell("assessing every case")
        laid = there.lay([*partitions.links(work.program), *partitions.belongings(work.program)])
        return work, assess.assessed(there.session, laid, work.program, policy, into=into)
