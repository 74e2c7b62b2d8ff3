"""Verbs of a month: link, compliance, assemble, run, which does it all for one month or several, and issue."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT,
    AsOf,
    Audience,
    Engine,
    Month,
    Options,
    Overwrite,
    Packets,
    answer,
    app,
    begin,
    published,
    reported,
    steps_of,
    tell,
    tell_aside,
    whole,
)
from audit.errors import AuditError, ExitCode, Problem

Since = Annotated[str | None, Parameter(help="First of several months, each in turn up to --month.")]
CatchUp = Annotated[
    bool, Parameter(help="Every month after the last report, up to the last that is complete at --as-of or today.")
]
Reclassified = Annotated[
    Path | None,
    Parameter(help="CSV of items that are no deficiency: office, month, person, measure, decided, reason."),
]
Guidance = Annotated[
    Path | None, Parameter(help="CSV of guidance given on items: office, month, person, measure, sent.")
]
NoReuse = Annotated[bool, Parameter(help="Read and check every file anew, and keep nothing of it for the next run.")]
Correct = Annotated[
    str, Parameter(help="Why issued reports are corrected: writes the next version of each that comes out otherwise.")
]


@app.command(sort_key=9)
def link(program: str, /, *, month: Month = None, as_of: AsOf = None, options: Options = DEFAULT) -> int:
    """Link every unit to its required records, and write the state of each.

    audit link secure_communities --month 2011-09
    """
    from audit.compliance.record_states import in_words
    from audit.workflow import monthly_report

    work = begin(program, options, named_only=True)
    period, looked = monthly_report.period_of(work, month, as_of)
    states = monthly_report.counted(work, period=period, as_of=looked).collect()
    where = steps_of(work.program, options).write_states(period, in_words(states, work.program.census))
    counts = states.group_by("measure", "grace_days", "state").len().sort("measure", "grace_days", "state").rows()
    found = {f"{measure}, {grace} days allowed, {state or 'excluded'}": n for measure, grace, state, n in counts}
    return answer({"as of": str(looked or "the whole table"), **found, "written": str(where)}, options)


@app.command(sort_key=10)
def compliance(
    program: str,
    /,
    *,
    month: Month = None,
    as_of: AsOf = None,
    engine: Engine = None,
    options: Options = DEFAULT,
) -> int:
    """Show the rates of every office, in a month or in the whole table.

    audit compliance secure_communities --month 2011-09

    audit compliance segregation_reports --data FOLDER

    audit compliance secure_communities --month 2011-09 --engine spark://host:7077
    """
    from audit.cli import console
    from audit.formatting import percent, plural
    from audit.spark import verbs
    from audit.workflow import monthly_report

    if engine:
        work, period, found = verbs.rated(program, month, as_of, **whole(engine, options))
        tell_aside(work)
    else:
        work = begin(program, options, named_only=True)
        period, looked = monthly_report.period_of(work, month, as_of)
        found = monthly_report.rated(work, monthly_report.counted(work, period=period, as_of=looked), period=period)
    if options.json:
        return answer({"period": period, "measures": [asdict(measure) for measure in found]}, options)
    header = (work.program.office, "due", "in time", "rate", "late", "missing", "unmet", "pending")
    tell("")
    for measure in found:
        rates = [(row, percent(row.compliant, row.due)) for row in (*measure.offices, measure.national)]
        rows = [(r.name, r.due, r.compliant, rate, r.late, r.missing, r.unmet, r.pending) for r, rate in rates]
        title = f"{measure.title}: by {measure.counted}, {plural(measure.grace_days, 'day')} allowed"
        sys.stdout.write(f"{title}\n{console.table(header, rows)}\n")
    return ExitCode.OK


@app.command(sort_key=11)
def assemble(
    program: str,
    /,
    *,
    month: Month = None,
    as_of: AsOf = None,
    packets: Packets = False,
    audience: Audience = "office",
    overwrite: Overwrite = False,
    engine: Engine = None,
    options: Options = DEFAULT,
) -> int:
    """Assemble the report of a period from the steps taken so far: record, page, PDF, workbook, tables, figures.

    audit assemble secure_communities --month 2011-09

    audit assemble secure_communities --month 2011-09 --engine spark://host:7077
    """
    from audit.spark import verbs
    from audit.workflow import audit as engagement
    from audit.workflow import monthly_report

    if engine:
        taken = steps_of(engagement.declared(program), options)
        asked: dict[str, Any] = {"overwrite": overwrite, "packets": packets, "audience": audience}
        work, done = verbs.published(program, taken, month, as_of, **asked, **whole(engine, options))
        tell_aside(work)
        return published(done, options)
    work = begin(program, options, named_only=True)
    taken = steps_of(work.program, options)
    return published(
        monthly_report.published(
            work, taken, month, as_of, root=options.reports, overwrite=overwrite, packets=packets, audience=audience
        ),
        options,
    )


@app.command(sort_key=12)
def run(
    program: str,
    /,
    *,
    month: Month = None,
    since: Since = None,
    catch_up: CatchUp = False,
    as_of: AsOf = None,
    packets: Packets = False,
    audience: Audience = "office",
    reclassified: Reclassified = None,
    guidance: Guidance = None,
    correct: Correct = "",
    overwrite: Overwrite = False,
    engine: Engine = None,
    no_reuse: NoReuse = False,
    options: Options = DEFAULT,
) -> int:
    """Do it all: check the tables, audit the declared sample, take the census, roll the ledger, write the report.

    Where people have begun to review the sample, its audit is theirs.

    The folder is written whole or not at all, and a second run on the same inputs changes nothing.

    audit run secure_communities --month 2011-09 --packets

    audit run secure_communities --month 2011-09 --audience public

    audit run secure_communities --since 2010-10 --month 2011-09

    audit run secure_communities --catch-up

    audit run segregation_reports --data FOLDER

    audit run secure_communities --month 2011-09 --engine spark://host:7077
    """
    from audit.spark import monthly_reports, verbs
    from audit.storage.ledgers import Decisions
    from audit.workflow import audit as engagement
    from audit.workflow import monthly_report, schedule

    _refuse_together(month=month, since=since, catch_up=catch_up, as_of=as_of, correct=correct)
    if catch_up and audience == "public":
        raise _usage("--catch-up goes by the reports for the offices", "Name the months with --since and --month.")
    decisions = Decisions(reclassified=reclassified, guidance=guidance)
    declared = engagement.declared(program)
    taken = steps_of(declared, options)
    reviewed = taken if declared.review and taken.journal.exists() else None
    asked: dict[str, Any] = {
        "overwrite": overwrite,
        "packets": packets,
        "audience": audience,
        "decisions": decisions,
        "correct": correct,
    }
    on = as_of or date.today()
    if engine:
        there = whole(engine, options)
        if since or catch_up:
            work, several = monthly_reports.reported_afar(program, reviewed, since, month, on=on, asked=asked, **there)
        else:
            work, done = verbs.published(program, reviewed, month, as_of, **asked, **there)
            several = [schedule.Done(month=month or "all", folder=done[0], written=done[1])]
        tell_aside(work)
    else:
        asked["root"] = options.reports
        with _nothing_left_if_refused(options.reports / declared.name):
            work = begin(program, options, named_only=True, reuse=not no_reuse)
            if since and month:
                several = schedule.reported(work, schedule.between(work, since, month), reviewed, **asked)
            elif catch_up:
                several = schedule.reported(work, schedule.missing(work, options.reports, on=on), reviewed, **asked)
            else:
                done = monthly_report.published(work, reviewed, month, as_of, **asked)
                several = [schedule.Done(month=month or "all", folder=done[0], written=done[1])]
    written = [one.folder for one in several if one.written]
    if work.readings and written:
        work.readings.prune()
    if not since and not catch_up:
        late = _late(program, done[0], options, correct, engine)
        return answer({**reported(done), **({"late_changes": late} if options.json else {})}, options)
    late = _late(program, written[-1], options, correct, engine) if written else []
    if options.json:
        return answer({"reports": [asdict(one) for one in several], "late_changes": late}, options)
    said = {one.month: f"{one.folder / 'report.html'}{'' if one.written else ', as it stood'}" for one in several}
    return answer(said or {"reports": "no month has become complete since the last one"}, options)


@app.command(sort_key=13)
def issue(
    program: str,
    /,
    *,
    month: Month = None,
    by: Annotated[str, Parameter(help="Role of who signs, as “Assistant Inspector General for Audits”.")],
    on: Annotated[date | None, Parameter(help="Day of the signature; today where absent.")] = None,
    audience: Audience = "office",
    options: Options = DEFAULT,
) -> int:
    """Issue a draft, signed by a role: from then on it stays as it is, and a correction is a version of its own.

    audit issue secure_communities --month 2011-09 --by "Assistant Inspector General for Audits"
    """
    from audit.workflow import audit as engagement
    from audit.workflow import issue as issuance

    if not by.strip():
        raise _usage("nobody signs", "Name the role of who does with --by.")
    done = issuance.issued(
        engagement.declared(program),
        month or "all",
        by=by.strip(),
        on=on or date.today(),
        root=options.reports,
        audience=audience,
    )
    return published(done, options)


def _late(program: str, folder: Path, options: Options, correct: str, engine: str | None) -> list[dict[str, Any]]:
    """Say what of the tables is not as earlier reports had it, by table; and how the issued ones are corrected."""
    from audit.compliance import late_changes
    from audit.workflow import monthly_report

    changes = monthly_report.late_changes(folder)
    tell("")
    for table, words in late_changes.told(changes):
        sys.stderr.write(f"audit: {table}: {words}\n")
    concerned = sorted({month for change in changes for month in change.reports})
    issued = monthly_report.issued(folder.parent, concerned)
    if issued and not correct:
        since = ["--since", issued[0]] if len(issued) > 1 else []
        where = [*(["--data", options.data] if options.data else []), "--reports", str(options.reports)]
        where += [*(["--set-aside"] if options.set_aside else []), *(["--engine", engine] if engine else [])]
        command = shlex.join(["audit", "run", program, *since, "--month", issued[-1], *where, "--correct"])
        each = "corrections of those that come out otherwise" if since else "its correction"
        told = late_changes.spoken(issued)
        sys.stderr.write(f'audit: issued, and as they were: {told}. To write {each}: {command} "why"\n')
    return [asdict(change) for change in changes]


@contextmanager
def _nothing_left_if_refused(folder: Path) -> Iterator[None]:
    """Where a run ends in an error, and a program's folder held nothing read before, let it hold nothing after."""
    from audit.storage.lock import LOCK
    from audit.tables.cache import FOLDER

    made = [path for path in (folder / FOLDER, folder, folder.parent) if not path.exists()]
    try:
        yield
    except BaseException:
        if folder / FOLDER in made and not (folder / LOCK).exists():  # another run may be using it
            shutil.rmtree(folder / FOLDER, ignore_errors=True)
            for path in made[1:]:
                with suppress(OSError):  # it holds something else
                    path.rmdir()
        raise


def _refuse_together(*, month: str | None, since: str | None, catch_up: bool, as_of: date | None, correct: str) -> None:
    """Refuse options that contradict each other."""
    if since and not month:
        raise _usage("--since names the first month, and none is the last", "Name it with --month.")
    if catch_up and (month or since):
        raise _usage("--catch-up finds the months itself", "Leave out --month and --since.")
    if since and as_of:
        raise _usage("each month of several is looked at on a day of its own", "Leave out --as-of.")
    if correct and catch_up:
        raise _usage("a correction is of issued months", "Name the last with --month, and the first with --since.")


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
