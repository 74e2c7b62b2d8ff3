"""An audit that was opened: a program with its declarations, and the tables that were read for it."""

import hmac
import importlib
import logging
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from audit import programs
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.rules import Policy
from audit.programs.declaration import Program, build_vocabulary, collect_identifiers
from audit.programs.findings import Finding
from audit.programs.office_maps import OfficeMaps
from audit.storage.declarations import (
    find_suites_folder,
    read_findings,
    read_layout,
    read_offices,
    read_policy,
    read_program,
    read_suites,
)
from audit.storage.output_folder import find_alterations, prepare_staging_folder, replace_folder
from audit.tables.cache import CACHE_FOLDER, TableCache
from audit.tables.checks.suites import Suite
from audit.tables.offices import Offices
from audit.tables.readers import read as tables
from audit.tables.readers.spill import ROWS_TO_SPILL
from audit.tables.table import ControlTotals, Table

PSEUDONYM_KEY_VARIABLE = "AUDIT_PSEUDONYM_KEY"
ProgressCallback = Callable[[str], None]
LOGGER = logging.getLogger("audit")  # every step is one of its records
LOGGER.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit:
    """A program with its declarations and the tables that were read for it."""

    program: Program
    policy: Policy | None
    findings: tuple[Finding, ...]
    suites: Mapping[str, Suite]
    offices: Offices
    tables: Mapping[str, Table]
    layout: OfficeMaps
    key_mark: str  # by which another pseudonym key is noticed, and from which none can be made
    tell: ProgressCallback
    readings: TableCache | None = None  # of earlier runs

    @property
    def rows(self) -> dict[str, pl.LazyFrame]:
        """Every table's rows by its name."""
        return {name: table.rows for name, table in self.tables.items()}

    @property
    def rows_of_used_columns(self) -> dict[str, pl.LazyFrame]:
        """The same of the columns alone that the program, a rule or a check names, whatever else was read."""
        words = collect_identifiers(self.program, self.policy, self.suites)
        return {name: table.select_columns(words) for name, table in self.tables.items()}

    @property
    def totals(self) -> tuple[ControlTotals, ...]:
        """The control totals of every file that was read."""
        return tuple(total for table in self.tables.values() for total in table.totals)


def read_program_by_name(name: str) -> Program:
    """A program by its name, or by the folder that holds it."""
    return read_program(programs.find_program_folder(name))


def open_audit(
    name: str,
    *,
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    named_only: bool = False,
    tell: ProgressCallback = LOGGER.info,
    read_all: Callable[..., Iterable[Table]] = tables.read_declared_tables,
    reuse: Path | None = None,
) -> Audit:
    """Read a program, its policy, its suites and its tables.

    The suites are those in the program's own folder `expectations`, or else in the folder of `expectations` named after
    the program. `data` is the folder of the tables, or the URL of the database that holds them; where the program makes
    synthetic ones, they are made if it is absent. `only` names the tables to read, where a step does not need all; with
    `named_only`, of each table only the columns that the program, a rule or a check names are kept. They are read by
    `read_all`, which may be another's than `audit.tables.readers.read`. What earlier runs read and found is used again,
    and this one's kept, in the program's folder below `reuse`.
    """
    program, folder = read_program_by_name(name), programs.find_program_folder(name)
    if data is None and program.generator:
        data = Path("data/generated") / program.name
        if not data.exists():
            tell("making the synthetic tables")
            generate_tables(program, data)
    if data is None:
        raise make_usage_error(
            f"the tables of {program.name} do not ship with it", "Name their folder or database with --data."
        )
    offices = read_offices(folder / program.offices)
    layout = read_layout(folder, offices)
    suites = read_suites(find_suites_folder(folder, program, expectations=expectations))
    policy = read_policy(folder / "policy", build_vocabulary(program)) if program.cases else None
    tell("reading the tables")
    key = (os.environ.get(PSEUDONYM_KEY_VARIABLE) or ("synthetic" if program.synthetic else "")).encode()
    wanted = [source for source in program.tables.values() if only is None or source.name in only]
    mark = hmac.digest(key, b"which key", "sha256").hex()[:8]
    words = collect_identifiers(program, policy, suites) if named_only else None
    readings = TableCache(folder=reuse / program.name / CACHE_FOLDER, key_mark=mark) if reuse else None
    reading_options: dict[str, Any] = {
        "offices": offices,
        "pseudonym_key": key or None,
        "set_aside": set_aside,
        "words": words,
    }
    tables_read = read_all(wanted, data, **reading_options, **({"cache": readings} if readings else {}))
    tables_by_name = {table.source.name: _collect_small_table(table) for table in tables_read}
    return Audit(
        program=program,
        policy=policy,
        findings=read_findings(folder),
        suites=suites,
        offices=offices,
        layout=layout,
        tables=tables_by_name,
        key_mark=mark,
        tell=tell,
        readings=readings,
    )


def _collect_small_table(table: Table) -> Table:
    """The table with its rows in memory, unless they are many."""
    many = table.rows_used >= ROWS_TO_SPILL
    return table if many else replace(table, rows=table.rows.collect(engine="streaming").lazy())


def generate_tables(program: Program, folder: Path | None = None) -> Path:
    """Make the program's synthetic tables, whole or not at all, and return their folder.

    A folder that is there is replaced only if it holds what this made, untouched: AuditError (CONFLICT).
    """
    if not program.generator:
        raise make_usage_error(
            f"the program {program.name} has no synthetic tables", "Name the folder of its tables with --data."
        )
    folder = folder or Path("data/generated") / program.name
    mend = "Move it elsewhere, or name another folder with --output."
    if folder.exists() and (problems := find_alterations(folder, mend=mend)):
        raise AuditError(problems, code=ExitCode.CONFLICT)
    importlib.import_module(program.generator).write_year(prepare_staging_folder(folder))
    replace_folder(folder, inputs={"software": f"audit {version('audit-toolkit')}", "generator": program.generator})
    return folder


def make_usage_error(what: str, mend: str) -> AuditError:
    """An error of what was asked or declared: what is wrong, and what to do."""
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
