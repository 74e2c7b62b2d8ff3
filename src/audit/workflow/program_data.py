"""An audit that was opened: a program with its declarations, and the tables that were read for it."""

import hmac
import importlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import polars as pl

from audit import programs
from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.files import CACHE_FOLDER
from audit.formatting import format_list
from audit.policy.rules import Policy
from audit.programs.audit_report import AuditReportDeclaration, find_audit_report_problems
from audit.programs.declaration import REQUIRED_WITH_CENSUS, Program, build_vocabulary
from audit.programs.findings import Finding, list_unknown_counts
from audit.programs.office_tiles import Tile
from audit.programs.used_columns import collect_used_columns
from audit.storage.declarations import (
    FINDINGS_FILE,
    find_suites_folder,
    read_audit_report,
    read_findings,
    read_offices,
    read_policy,
    read_program,
    read_suites,
    read_tiles,
)
from audit.storage.delivery_notes import read_delivery_note
from audit.storage.output_folder import MANIFEST_FILE, prepare_staging_folder, replace_folder
from audit.storage.up_to_date_reports import find_alterations, read_manifest
from audit.tables.cache import TableCache
from audit.tables.checks.gx_validator import start_import
from audit.tables.checks.suites import Suite
from audit.tables.delivery import DeliveryNote
from audit.tables.offices import Offices
from audit.tables.pseudonyms import HOW_TO_MAKE_A_KEY, describe_weak_key
from audit.tables.readers import read as tables
from audit.tables.readers.spill import ROWS_TO_SPILL
from audit.tables.schema import Source
from audit.tables.table import ControlTotals, Table
from audit.workflow.progress import LOGGER

PSEUDONYM_KEY_VARIABLE = "AUDIT_PSEUDONYM_KEY"
_SYNTHETIC_KEY = b"synthetic"
ProgressCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProgramData:
    """A program with its declarations and the tables that were read for it."""

    program: Program
    folder: Path  # that the program was read from
    suites_folder: Path  # and its suites
    policy: Policy | None
    findings: tuple[Finding, ...]
    audit_report: AuditReportDeclaration  # what the auditors state in the audit report
    suites: Mapping[str, Suite]
    offices: Offices
    tables: Mapping[str, Table]
    tiles: tuple[Tile, ...]
    key_mark: str  # by which another pseudonym key is noticed, and from which none can be made
    tell: ProgressCallback
    delivery_note: DeliveryNote  # of the supplier of the tables; an empty one where there is none
    readings: TableCache | None = None  # of earlier runs
    confirm: bool = False  # whether Great Expectations reads every check as well

    @property
    def rows(self) -> dict[str, pl.LazyFrame]:
        """Every table's rows by its name."""
        return {name: table.rows for name, table in self.tables.items()}

    @property
    def rows_to_check(self) -> dict[str, pl.LazyFrame]:
        """The same; those of a table without a key with their place in the file, by which a check names them."""
        return {
            name: table.rows if table.source.key or table.numbered_rows is None else table.numbered_rows
            for name, table in self.tables.items()
        }

    @property
    def rows_of_used_columns(self) -> dict[str, pl.LazyFrame]:
        """The same of the columns alone that the program, a rule or a check names, whatever else was read."""
        used = collect_used_columns(self.program, self.policy, self.suites)
        return {name: table.select_columns(used) for name, table in self.tables.items()}

    @property
    def totals(self) -> tuple[ControlTotals, ...]:
        """The control totals of every file that was read."""
        return tuple(total for table in self.tables.values() for total in table.totals)


DeclarationCheck = Callable[[ProgramData], None]  # given the audit without its tables


def read_program_by_name(name: str, *, tables_alone: bool = False) -> Program:
    """A program by its name, or by the folder that holds it.

    AuditError (USAGE) where it declares tables alone, unless `tables_alone` says that they are enough.
    """
    program = read_program(programs.find_program_folder(name))
    if program.has_tables_alone and not tables_alone:
        mend = (
            f"Add {format_list([*(f'`{one}`' for one in REQUIRED_WITH_CENSUS), '[census] with its measures'], most=9)} "
            f"to its program.toml, and the file {program.offices}."
        )
        raise make_usage_error(f"the program {program.name} declares tables alone, enough for audit check only", mend)
    return program


def _read_program_offices(folder: Path, program: Program) -> Offices:
    """The offices of a program; none where it needs none and has no file of them."""
    path = folder / program.offices
    is_office = (column.type == "office" for table in program.tables.values() for column in table.columns.values())
    if program.has_tables_alone and not path.exists() and not any(is_office):
        return Offices(aliases=())
    return read_offices(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRequest:
    """Which tables of a program to read, from where, and how."""

    sources: Sequence[Source]
    data: Path | str  # the folder of the tables, or the URL of the database that holds them
    offices: Offices
    pseudonym_key: bytes | None
    set_aside: bool  # rows that are not as declared are left out, each listed
    words: Collection[str] | None  # the columns to keep; all where None


def read_program_data(
    name: str,
    *,
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    named_only: bool = False,
    tell: ProgressCallback = LOGGER.info,
    reuse: Path | None = None,
    confirm: bool = False,
    tables_alone: bool = False,
    before_reading: DeclarationCheck | None = None,
    judge: bool = False,
) -> ProgramData:
    """Read a program, its policy, its suites and its tables.

    The suites are those in the program's own folder `expectations`, or else in the folder of `expectations` named after
    the program. `data` is the folder of the tables, or the URL of the database that holds them; where the program makes
    synthetic ones, they are made if it is absent. `only` names the tables to read, where a step does not need all; with
    `named_only`, of each table only the columns that the program, a rule or a check names are kept. What earlier runs
    read and found is used again, and this one's kept, in the program's folder below `reuse`. With `confirm`, Great
    Expectations will read every check as well; it is imported while the tables are read, and of them every column is
    kept, for its checks may be of all. With `tables_alone`, a program that declares nothing else will do, which is
    enough for the checks. `before_reading` refuses what the declarations alone show, before any table is read.
    With `judge`, rows that are not as declared stop nothing: the tables say what is wrong with them, for the checks.
    """
    audit, request = prepare_program_data(
        name,
        data=data,
        expectations=expectations,
        set_aside=set_aside,
        only=only,
        named_only=named_only,
        confirm=confirm,
        tables_alone=tables_alone,
        tell=tell,
        before_reading=before_reading,
    )
    readings = TableCache(folder=reuse / audit.program.name / CACHE_FOLDER, key_mark=audit.key_mark) if reuse else None
    tables_read = tables.read_declared_tables(
        request.sources,
        request.data,
        offices=request.offices,
        pseudonym_key=request.pseudonym_key,
        set_aside=request.set_aside,
        judge=judge,
        cache=readings,
        words=request.words,
    )
    tables_by_name = {table.source.name: _collect_small_table(table) for table in tables_read}
    return replace(audit, tables=tables_by_name, readings=readings)


def prepare_program_data(
    name: str,
    *,
    data: Path | str | None = None,
    expectations: Path = Path("expectations"),
    set_aside: bool = False,
    only: Collection[str] | None = None,
    named_only: bool = False,
    confirm: bool = False,
    tables_alone: bool = False,
    tell: ProgressCallback = LOGGER.info,
    before_reading: DeclarationCheck | None = None,
) -> tuple[ProgramData, TableRequest]:
    """The audit without its tables, and which of them an engine is to read, as `open_audit` takes it."""
    program, folder = read_program_by_name(name, tables_alone=tables_alone), programs.find_program_folder(name)
    data = _find_tables(program, tell) if data is None else data
    tell("reading the declarations")
    offices = _read_program_offices(folder, program)
    tiles = read_tiles(folder, offices)
    suites_folder = find_suites_folder(folder, program, expectations=expectations)
    suites = read_suites(suites_folder)
    policy = read_policy(folder / "policy", build_vocabulary(program)) if program.cases else None
    key = _choose_pseudonym_key(program, data)
    wanted = [source for source in program.tables.values() if only is None or source.name in only]
    note = read_delivery_note(data, program.tables)
    mark = hmac.digest(key, b"which key", "sha256").hex()[:8]
    request = TableRequest(
        sources=wanted,
        data=data,
        offices=offices,
        pseudonym_key=key or None,
        set_aside=set_aside,
        words=collect_used_columns(program, policy, suites, note) if named_only and not confirm else None,
    )
    audit = ProgramData(
        program=program,
        folder=folder,
        suites_folder=suites_folder,
        policy=policy,
        findings=_read_findings(folder, policy),
        audit_report=_read_audit_report(folder, program, policy),
        suites=suites,
        offices=offices,
        tiles=tiles,
        tables={},
        key_mark=mark,
        delivery_note=note,
        tell=tell,
        confirm=confirm,
    )
    if before_reading:
        before_reading(audit)
    if confirm:
        start_import()
    tell("reading the tables")
    return audit, request


def _choose_pseudonym_key(program: Program, data: Path | str) -> bytes:
    """The key of the pseudonyms, empty where none is set; of tables that a generator made, a word that anyone knows.

    AuditError (USAGE) where the key that is set could be guessed.
    """
    if _is_generated_folder(program, data):
        return _SYNTHETIC_KEY
    key = os.environ.get(PSEUDONYM_KEY_VARIABLE, "")
    if key and (weakness := describe_weak_key(key)):
        raise make_usage_error(f"the key in {PSEUDONYM_KEY_VARIABLE} {weakness}", HOW_TO_MAKE_A_KEY)
    return key.encode()


def _is_generated_folder(program: Program, data: Path | str) -> bool:
    """Whether a folder holds what the program's generator made, untouched, and nothing else: then nobody is in it."""
    folder = Path(data)
    if not program.generator or "://" in str(data) or not (folder / MANIFEST_FILE).is_file():
        return False
    manifest = read_manifest(folder)
    made_by = manifest["inputs"].get("generator") if manifest else None
    return made_by == program.generator and not find_alterations(folder, mend="")


def _find_tables(program: Program, tell: ProgressCallback) -> Path:
    """The synthetic tables of a program, made where they are absent. AuditError (USAGE) where it makes none."""
    if not program.generator:
        raise make_usage_error(
            f"the tables of {program.name} do not ship with it", "Name their folder or database with --data."
        )
    folder = find_generated_folder(program.name)
    if not folder.exists():
        tell("making the synthetic tables")
        generate_tables(program, folder)
    return folder


def _read_findings(folder: Path, policy: Policy | None) -> tuple[Finding, ...]:
    """The findings. AuditError (USAGE) where one names a count that no sample has."""
    entries = read_findings(folder)
    mend = "Write {drawn}, {assessed}, or an attribute and one of its outcomes, as {consistency.undeterminable}."
    problems = [
        Problem(what=f"finding {one.id} names the count {{{name}}}, and there is none", mend=mend, file=FINDINGS_FILE)
        for one in entries
        for name in list_unknown_counts(one, policy.list_attributes() if policy else ())
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return entries


def _read_audit_report(folder: Path, program: Program, policy: Policy | None) -> AuditReportDeclaration:
    """What the auditors state. AuditError (USAGE) where it names what the policy does not know."""
    declared = read_audit_report(folder)
    if policy and (problems := [*find_audit_report_problems(declared, program, policy)]):
        raise AuditError(problems, code=ExitCode.USAGE)
    return declared


def _collect_small_table(table: Table) -> Table:
    """The table with its rows in memory, unless they are many."""
    many = table.rows_used >= ROWS_TO_SPILL
    return table if many else replace(table, rows=table.rows.collect(engine="streaming").lazy())


def find_generated_folder(name: str) -> Path:
    """Where a program's synthetic tables are, or will be made: below the working folder, or else below the checkout.

    So a notebook finds them from its own folder as well as from the root of the repository.
    """
    here, own = Path(), Path("data/generated") / name
    checkout = Path(__file__).parents[3]
    inside = (checkout / "pyproject.toml").is_file() and here.resolve().is_relative_to(checkout)
    return checkout / own if inside and not own.exists() and here.resolve() != checkout else own


def generate_tables(program: Program, folder: Path | None = None) -> Path:
    """Make the program's synthetic tables, whole or not at all, and return their folder.

    A folder that is there is replaced only if it holds what this made, untouched: AuditError (CONFLICT).
    """
    if not program.generator:
        raise make_usage_error(
            f"the program {program.name} has no synthetic tables", "Name the folder of its tables with --data."
        )
    folder = folder or find_generated_folder(program.name)
    mend = "Move it elsewhere, or name another folder with --output."
    if folder.exists() and (problems := find_alterations(folder, mend=mend)):
        raise AuditError(problems, code=ExitCode.CONFLICT)
    importlib.import_module(program.generator).write_year(prepare_staging_folder(folder))
    replace_folder(folder, inputs={"software": f"audit {version('audit-toolkit')}", "generator": program.generator})
    return folder
