"""Verbs of a month: link, compliance, assemble, and run, which does it all."""

import sys
from dataclasses import asdict

from audit.cli.app import (
    DEFAULT,
    AsOf,
    Audience,
    Month,
    Options,
    Overwrite,
    Packets,
    answer,
    app,
    begin,
    published,
    steps_of,
    tell,
)
from audit.error import ExitCode


@app.command(sort_key=9)
def link(program: str, /, *, month: Month = None, as_of: AsOf = None, options: Options = DEFAULT) -> int:
    """Link every unit to its required records, and write the state of each.

    audit link secure_communities --month 2011-09
    """
    from audit import publication

    work = begin(program, options)
    period, looked = publication.period_of(work, month, as_of)
    states = publication.counted(work, period=period, as_of=looked)
    where = steps_of(work.program, options).write_states(period, states)
    counts = states.group_by("measure", "grace_days", "state").len().sort("measure", "grace_days", "state").rows()
    found = {f"{measure}, {grace} days allowed, {state or 'excluded'}": n for measure, grace, state, n in counts}
    return answer({"as of": str(looked or "the whole table"), **found, "written": str(where)}, options)


@app.command(sort_key=10)
def compliance(program: str, /, *, month: Month = None, as_of: AsOf = None, options: Options = DEFAULT) -> int:
    """Show the rates of every office, in a month or in the whole table.

    audit compliance secure_communities --month 2011-09

    audit compliance segregation_reports --data FOLDER
    """
    from audit import publication
    from audit.publish import prompt
    from audit.wording import percent, plural

    work = begin(program, options)
    period, looked = publication.period_of(work, month, as_of)
    found = publication.rated(work, publication.counted(work, period=period, as_of=looked), period=period)
    if options.json:
        return answer({"period": period, "measures": [asdict(measure) for measure in found]}, options)
    header = (work.program.office, "due", "in time", "rate", "late", "missing", "unmet", "pending")
    tell("")
    for measure in found:
        rates = [(row, percent(row.compliant, row.due)) for row in (*measure.offices, measure.national)]
        rows = [(r.name, r.due, r.compliant, rate, r.late, r.missing, r.unmet, r.pending) for r, rate in rates]
        title = f"{measure.title}: by {measure.counted}, {plural(measure.grace_days, 'day')} allowed"
        sys.stdout.write(f"{title}\n{prompt.table(header, rows)}\n")
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
    options: Options = DEFAULT,
) -> int:
    """Assemble the report of a period from the steps taken so far: record, page, PDF, workbook, tables, figures.

    audit assemble secure_communities --month 2011-09
    """
    from audit import publication

    work = begin(program, options)
    taken = steps_of(work.program, options)
    return published(
        publication.published(
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
    as_of: AsOf = None,
    packets: Packets = False,
    audience: Audience = "office",
    overwrite: Overwrite = False,
    options: Options = DEFAULT,
) -> int:
    """Do it all: check the tables, audit the declared sample, take the census, write the report.

    The folder is written whole or not at all, and a second run on the same inputs changes nothing.

    audit run secure_communities --month 2011-09 --packets

    audit run secure_communities --month 2011-09 --audience public

    audit run segregation_reports --data FOLDER
    """
    from audit import publication

    work = begin(program, options)
    return published(
        publication.published(
            work, None, month, as_of, root=options.reports, overwrite=overwrite, packets=packets, audience=audience
        ),
        options,
    )
