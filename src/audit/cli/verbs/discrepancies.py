"""The verb of data quality: where records and evidence disagree, in both directions, every period."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_WRITE_OPTIONS,
    AsOfOption,
    AudienceOption,
    ConfirmOption,
    OverwriteOption,
    WriteOptions,
    app,
    open_with_options,
    print_facts,
)

SettledOption = Annotated[
    Path | None,
    Parameter(help="CSV of what people concluded of cases: case, outcome (changed or confirmed), decided, reason."),
]


@app.command(sort_key=14)
def discrepancies(
    program: str,
    /,
    *,
    month: Annotated[str, Parameter(help="Last month of the period, as 2011-09.")],
    half: Annotated[
        Literal["first", "second"] | None, Parameter(help="Where periods are half months: which of the month.")
    ] = None,
    name: Annotated[str, Parameter(help="One of the declared discrepancies; each of them if absent.")] = "",
    as_of: AsOfOption = None,
    settled: SettledOption = None,
    audience: AudienceOption = "office",
    overwrite: OverwriteOption = False,
    confirm: ConfirmOption = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Report cases whose recorded class the evidence on file contradicts or does not support.

    The program declares how long a period is. The folder is written whole or not at all, and a second run on the same
    inputs changes nothing.

    audit discrepancies secure_communities --month 2011-09

    audit discrepancies secure_communities --month 2011-09 --settled settled.csv
    """
    from audit.workflow import discrepancy_report, program_data, validation

    chosen = discrepancy_report.select_discrepancies(program_data.read_program_by_name(program), name)
    periods = [discrepancy_report.resolve_discrepancy_period(one, month, half, as_of) for one in chosen]
    work = open_with_options(program, options, confirm=confirm, before_reading=validation.refuse_unfit_declarations)
    done = [
        discrepancy_report.publish_discrepancy_report(
            work,
            one,
            period,
            looked,
            root=options.reports,
            settled=settled,
            audience=audience,
            overwrite=overwrite,
        )
        for one, (period, looked) in zip(chosen, periods, strict=True)
    ]
    if options.json:
        rows = [{"name": one.name, "folder": one.folder, "written": one.changed} for one in done]
        return print_facts({"reports": rows}, options)
    lines = {one.name: f"{one.folder / 'report.html'}{'' if one.changed else ', as it stood'}" for one in done}
    return print_facts(lines, options)
