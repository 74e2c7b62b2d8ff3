"""Declarations on disk: program.toml and the YAML of policy and suites, read into the types that hold them."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_files
from audit.formatting import format_list
from audit.policy.rules import Document, Policy, Reading, Rule, Term, build_policy
from audit.policy.vocabulary import Vocabulary
from audit.programs import findings
from audit.programs.audit_report import AUDIT_REPORT_FILE, AuditReportDeclaration
from audit.programs.census_problems import find_plan_problems
from audit.programs.declaration import Program
from audit.programs.duties import find_duty_problems
from audit.programs.findings import Finding
from audit.programs.full_report import FULL_REPORT_FILE, FullReportDeclaration
from audit.programs.joins import find_join_problems
from audit.programs.office_tiles import TILES_FILE, Tile, find_tile_problems
from audit.programs.program_problems import find_analyses_problems, find_lacking_keys, find_program_problems
from audit.programs.withheld_columns import find_withheld_problems
from audit.storage.declaration_text import parse_yaml, read_csv_rows, read_declaration
from audit.tables.checks.suites import Suite
from audit.tables.offices import Alias, Offices
from audit.tables.source_problems import find_source_problems, leaves_folder

FINDINGS_FILE = "findings.yaml"
WORKING_EXPECTATIONS = Path("expectations")
PACKAGE = Path(__file__).parents[1]
MISSING_KEY = ("missing", "missing_argument", "missing_keyword_only_argument")  # how pydantic names such an error
T = TypeVar("T")
KeyLocator = Callable[[Sequence[Any]], str]  # where in a file the value at a path of keys stands

_DATE_AS_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_program(folder: Path) -> Program:
    """The program in `folder/program.toml`. Raises AuditError with every fault of the file at once."""
    path = folder / "program.toml"
    try:
        data = tomllib.loads(read_declaration(path))
    except FileNotFoundError:
        raise _make_missing_file_error(path, "Name a folder that holds a program.toml.") from None
    except RecursionError:
        raise _make_unreadable_error(path, "is nested too deeply", "Correct it there.") from None
    except ValueError as error:  # TOML's own errors, and what is no UTF-8
        raise _make_unreadable_error(path, f"cannot be read as TOML: {error}", "Correct it there.") from None
    analyses = data.get("analyses")
    for tables in (data.get("tables"), analyses.get("tables") if isinstance(analyses, dict) else None):
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict):
                table["name"] = name
    data.setdefault("name", folder.resolve().name)
    digest = hash_files(list_declaration_files(folder))
    try:
        program = _validate(data | {"sha256": digest}, Program, lambda keys: ", ".join([path.name, *_join_keys(keys)]))
    except AuditError as error:
        lacking = find_lacking_keys(data) if "census" in data else ()
        raise AuditError([*lacking, *error.problems], code=error.code) from None
    problems = [
        *find_program_problems(program),
        *find_join_problems(program),
        *find_duty_problems(program),
        *find_withheld_problems(program),
    ]
    problems += [*find_plan_problems(program), *find_analyses_problems(program)]
    sources = (*program.tables.values(), *program.analyses.tables.values())
    problems += [one for source in sources for one in find_source_problems(source, file=path.name)]
    if leaves_folder(program.offices):
        what, mend = f"`{program.offices}` leaves the folder of the program", "Put the file into that folder."
        problems.append(Problem(what=what, mend=mend, file=f"{path.name}, offices"))
    if not re.fullmatch(r"\w[\w-]*", program.name):
        mend = "Use letters, digits, `_` and `-`: folders are named after it."
        problems.append(Problem(what="is not a plain word", mend=mend, file=f"{path.name}, name"))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return program


def read_policy(folder: Path, vocabulary: Vocabulary) -> Policy:
    """The policy in `folder`: documents.yaml, terms.yaml, readings.yaml and one file a rule.

    Every fault of every file at once.
    """
    paths = sorted(folder.glob("*.yaml"))
    with _ProblemCollector() as faults:
        documents = faults.read_or_none(_read_yaml_list, folder / "documents.yaml", list[Document]) or []
        has_terms = (folder / "terms.yaml").exists()
        terms = faults.read_or_none(_read_yaml_list, folder / "terms.yaml", list[Term]) if has_terms else None
        has_readings = (folder / "readings.yaml").exists()
        readings = (
            faults.read_or_none(_read_yaml_list, folder / "readings.yaml", list[Reading]) if has_readings else None
        )
        others = ("documents", "terms", "readings")
        read = [faults.read_or_none(_read_yaml, path, Rule) for path in paths if path.stem not in others]
    digest = hash_files([*paths, *(Path(predicate.file) for predicate in vocabulary.predicates.values())])
    rules = [rule for rule in read if rule]
    return build_policy(documents, terms or [], rules, vocabulary=vocabulary, sha256=digest, readings=readings or [])


def read_findings(folder: Path) -> tuple[Finding, ...]:
    """The findings in `folder/findings.yaml`; none where there is no such file. Every fault at once."""
    path = folder / FINDINGS_FILE
    if not path.exists():
        return ()
    entries = _read_yaml_list(path, list[Finding])
    if problems := [*findings.find_finding_problems(entries, file=path.name)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(entries)


def read_audit_report(folder: Path) -> AuditReportDeclaration:
    """What the auditors state in the audit report; nothing where there is no such file. Every fault at once."""
    path = folder / AUDIT_REPORT_FILE
    return _read_yaml(path, AuditReportDeclaration) if path.exists() else AuditReportDeclaration()


def read_full_report(folder: Path) -> FullReportDeclaration | None:
    """The text of the full report; None where there is no such file. Every fault at once."""
    path = folder / FULL_REPORT_FILE
    return _read_yaml(path, FullReportDeclaration) if path.exists() else None


def find_suites_folder(folder: Path, program: Program, *, expectations: Path = WORKING_EXPECTATIONS) -> Path:
    """Where a program's suites are: in its own folder, in that of `expectations` named after it, or in the checkout.

    A folder of expectations other than the working folder's was asked for, and goes before the program's own.
    """
    places = list_suites_folders(folder, program, expectations=expectations)
    return next((place for place in places if place.is_dir()), expectations / program.name)


def list_suites_folders(folder: Path, program: Program, *, expectations: Path = WORKING_EXPECTATIONS) -> list[Path]:
    """Where a program's suites may be, in the order in which they are looked for; the first that is there holds."""
    own, named = folder / "expectations", expectations / program.name
    if expectations != WORKING_EXPECTATIONS:
        return [named, own]
    checkout = [PACKAGE.parents[1] / named] if PACKAGE.parent.name == "src" else []
    return [own, named, *checkout]


def read_suite(path: Path) -> Suite:
    """The suite in one YAML file. Every fault at once."""
    return _read_yaml(path, Suite)


def read_suites(folder: Path) -> dict[str, Suite]:
    """The suites in `folder`, one YAML file a table, by the table's name."""
    with _ProblemCollector() as faults:
        suites = {path.stem: faults.read_or_none(_read_yaml, path, Suite) for path in sorted(folder.glob("*.yaml"))}
    return {table: suite for table, suite in suites.items() if suite}


def read_offices(path: Path) -> Offices:
    """The offices of a program: a CSV file with a row for each way an office has been written.

    A row without an `alias` says that the office is written as its name.

    AuditError (UNREADABLE) where it is no such file; (USAGE) with every row that is not as it should be.
    """
    try:
        rows = read_csv_rows(path, columns=("code", "name"))
    except FileNotFoundError:
        mend = "Write one row for each way an office has been written: code, name, alias, since, until."
        raise _make_missing_file_error(path, mend) from None
    aliases = _validate_rows(path, [(line, {"alias": row.get("name", ""), **row}) for line, row in rows], Alias)
    problems = [
        Problem(what="`until` is before `since`", mend="Correct the two days.", file=f"{path.name}, line {line}")
        for (line, _), alias in zip(rows, aliases, strict=True)
        if alias.since and alias.until and alias.until < alias.since
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return Offices(aliases=tuple(aliases))


def read_tiles(folder: Path, offices: Offices) -> tuple[Tile, ...]:
    """Where a program's offices lie on a map: `tiles.csv`, where there is one."""
    tiles = tuple(_read_rows(folder / TILES_FILE, Tile))
    if problems := [*find_tile_problems(tiles, offices.list_names())]:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tiles


def _read_rows(path: Path, kind: type[T]) -> list[T]:
    """The rows of a small CSV file of declarations; none where there is no file."""
    if not path.is_file():
        return []
    return _validate_rows(path, read_csv_rows(path, columns=_list_field_names(kind)), kind)


def _validate_rows(path: Path, rows: Sequence[tuple[int, dict[str, str]]], kind: type[T]) -> list[T]:
    def place(keys: Sequence[Any]) -> str:
        return f"{path.name}, line {rows[keys[0]][0]}" if keys else path.name

    return _validate([cells for _, cells in rows], list[kind], place)  # type: ignore[valid-type]


class _ProblemCollector:
    """The faults of several files, gathered and raised together."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __enter__(self) -> Self:
        return self

    def read_or_none(self, read: Callable[[Path, type[T]], T], path: Path, kind: type[T]) -> T | None:
        try:
            return read(path, kind)
        except AuditError as error:
            self.problems += error.problems
            return None

    def __exit__(self, *raised: object) -> None:
        if self.problems:
            raise AuditError(self.problems, code=ExitCode.USAGE)


def _read_yaml_list(path: Path, kind: type[list[T]]) -> list[T]:
    """The same of a file that holds a list; one without an entry, comments or not, is an empty list."""
    try:
        is_empty = parse_yaml(read_declaration(path)) is None
    except (OSError, YAMLError, UnicodeDecodeError):
        is_empty = False  # what is wrong is said below
    return [] if is_empty else _read_yaml(path, kind)


def _read_yaml(path: Path, kind: type[T]) -> T:
    """One YAML 1.2 file (so `on:` and `no` are words, and a key twice is refused) as a value of `kind`."""
    data: Any
    try:
        data = parse_yaml(read_declaration(path))
    except FileNotFoundError:
        raise _make_missing_file_error(path, "Write it, or name the right folder.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = "holds a key twice" if "duplicate key" in str(error.problem) else f"cannot be read: {error.problem}"
        raise _make_unreadable_error(path, what, "Correct it there.", row=line) from None
    except (YAMLError, UnicodeDecodeError):
        mend = "Save it as UTF-8 text, with plain values and without too many within one another."
        raise _make_unreadable_error(path, "cannot be read as YAML", mend) from None

    def place(keys: Sequence[Any]) -> str:
        node: Any = data
        line = 0
        for key in keys:
            try:
                line = node.lc.data[key][0]
                node = node[key]
            except (AttributeError, KeyError, IndexError, TypeError):
                break
        return f"{path.name}, line {line + 1}"

    faults = [
        Problem(what="holds a date written as text", mend="Write it without quotes.", file=place(keys))
        for keys, value in _list_leaves(data)
        if isinstance(value, str) and _DATE_AS_TEXT.fullmatch(value)
    ]
    if faults:
        raise AuditError(faults, code=ExitCode.USAGE)
    read: T = _add_locations(_validate(data, kind, place), data, path.name)
    return read


def _add_locations(read: Any, data: Any, file: str) -> Any:
    """What was read, with where it stands, if it is one that says so when it is refused later."""
    lines = dict(_find_lines(data))
    if isinstance(read, Rule):
        return replace(read, file=file, lines=lines)
    if isinstance(read, Suite):
        return replace(read, lines=tuple(lines[f"expectations.{n}"] for n in range(len(read.expectations))))
    if isinstance(read, list) and read and isinstance(read[0], Term | Reading):
        return [replace(one, file=f"{file}, line {lines[f'{n}']}") for n, one in enumerate(read)]
    return read


def _find_lines(node: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[str, int]]:
    """The line of each key in a YAML file, by the way to it: `versions.0.when`."""
    for key, place in (getattr(getattr(node, "lc", None), "data", None) or {}).items():
        yield ".".join(map(str, (*keys, key))), place[0] + 1
        yield from _find_lines(node[key], (*keys, key))


def _list_leaves(node: Any, keys: tuple[Any, ...] = ()) -> Iterable[tuple[tuple[Any, ...], Any]]:
    if isinstance(node, Mapping):
        pairs: Iterable[tuple[Any, Any]] = node.items()
    elif isinstance(node, list):
        pairs = enumerate(node)
    else:
        return [(keys, node)]
    return [leaf for key, value in pairs for leaf in _list_leaves(value, (*keys, key))]


def _validate(data: Any, kind: type[T], place: KeyLocator) -> T:
    try:
        read: T = _make_adapter(kind).validate_python(data)  # type: ignore[arg-type]  # a type is hashable
        return read
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        faults = [_make_problem(detail, kind, place) for detail in details if detail["type"] not in MISSING_KEY]
        raise AuditError([*_find_missing_keys(details, place), *faults], code=ExitCode.USAGE) from None


def _find_missing_keys(details: Iterable[Any], place: KeyLocator) -> Iterator[Problem]:
    """The required keys that lack, all those of one place in one problem."""
    lacking: dict[tuple[Any, ...], list[str]] = {}
    for detail in details:
        if detail["type"] in MISSING_KEY:
            lacking.setdefault(tuple(detail["loc"][:-1]), []).append(f"`{detail['loc'][-1]}`")
    for keys, names in lacking.items():
        mend = "Add it." if len(names) == 1 else "Add them."
        yield Problem(what=f"lacks {format_list(names, most=len(names))}", mend=mend, file=place(keys))


def _join_keys(keys: Sequence[Any]) -> list[str]:
    return [".".join(map(str, keys))] if keys else []


def _make_problem(detail: Any, kind: Any, place: KeyLocator) -> Problem:
    keys, name = detail["loc"], str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "unexpected_keyword_argument":
        near = get_close_matches(name, [one for one in _list_field_names(kind) if one != name], n=1)
        mend = f"Did you mean `{near[0]}`?" if near else "Remove it."
        return Problem(what=f"has the unknown key `{name}`", mend=mend, file=place(keys))
    message = detail["msg"][0].lower() + detail["msg"][1:]
    return Problem(what=f"`{name}` is not as it should be: {message}", mend="Correct it.", file=place(keys))


@cache
def _make_adapter(kind: Any) -> TypeAdapter[Any]:
    for declared in _find_dataclasses(kind):
        declared.__pydantic_config__ = {"extra": "forbid"}  # an unknown key is a mistake, never ignored
    return TypeAdapter(kind)


def _find_dataclasses(kind: Any) -> set[Any]:
    if is_dataclass(kind):
        inner = get_type_hints(kind).values()
        return {kind}.union(*map(_find_dataclasses, inner))
    return set().union(*map(_find_dataclasses, get_args(kind)))


def _list_field_names(kind: Any) -> list[str]:
    return sorted({f.name for declared in _find_dataclasses(kind) for f in fields(declared)})


def _make_missing_file_error(path: Path, mend: str) -> AuditError:
    """That a file is not there, with the folder in which it was looked for."""
    return AuditError(Problem(what="there is no such file", mend=mend, file=str(path)), code=ExitCode.UNREADABLE)


def _make_unreadable_error(path: Path, what: str, mend: str, row: int | None = None) -> AuditError:
    place = path.name if row is None else f"{path.name}, line {row}"
    return AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE)


def list_declaration_files(folder: Path) -> list[Path]:
    """The files of a program: its own, and those of its policy and suites. Tables and reports may lie in others."""
    places = (folder, folder / "policy", folder / "expectations")
    return [path for place in places for path in sorted(place.glob("[!.]*")) if path.is_file()]
