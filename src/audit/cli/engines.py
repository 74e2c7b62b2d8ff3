"""The engine that a command works on: this machine, or the cluster that --engine names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.cli.app import Options, open_with_options, show_progress, show_set_aside_rows

if TYPE_CHECKING:
    from audit.workflow.engine import Engine
    from audit.workflow.program_data import DeclarationCheck


@contextmanager
def open_engine(
    program: str,
    master: str | None,
    options: Options,
    *,
    only_cases: bool = False,
    named_only: bool = False,
    reuse: bool = False,
    confirm: bool = False,
    before_reading: "DeclarationCheck | None" = None,
) -> "Iterator[Engine]":
    """The program with its tables on the engine, until the block ends; the other parameters as `open_with_options`.

    A cluster reads every column, and uses nothing of earlier runs.
    """
    from audit.workflow.engine import LocalEngine
    from audit.workflow.program_data import read_program_by_name

    if master is None:
        yield LocalEngine(
            audit=open_with_options(
                program,
                options,
                only_cases=only_cases,
                named_only=named_only,
                reuse=reuse,
                confirm=confirm,
                before_reading=before_reading,
            )
        )
        return
    from audit.spark.engine import open_spark_engine

    with open_spark_engine(
        program,
        master,
        reports=options.reports,
        data=options.data,
        expectations=options.expectations,
        set_aside=options.set_aside,
        confirm=confirm,
        only=[read_program_by_name(program).census.table] if only_cases else None,
        tell=show_progress,
        before_reading=before_reading,
    ) as engine:
        show_set_aside_rows(engine.audit)
        yield engine
