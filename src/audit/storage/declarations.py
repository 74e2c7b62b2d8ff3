"""Declarations on disk: program.toml and the YAML of policy and suites, read into the types that hold them."""

import csv
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_files
from audit.policy.rules import Document, Policy, Rule, Term, build_policy
from audit.policy.vocabulary import Vocabulary
from audit.programs import findings
from audit.programs.audit_report import AUDIT_REPORT_FILE, AuditReportDeclaration
from audit.programs.declaration import Program, find_program_problems
from audit.programs.findings import Finding
from audit.programs.office_tiles import TILES_FILE, Tile, find_tile_problems
from audit.tables.checks.suites import Suite
from audit.tables.offices import Alias, Offices

FINDINGS_FILE = "findings.yaml"
WORKING_EXPECTATIONS = Path("expectations")
PACKAGE = Path(__file__).parents[1]
T = TypeVar("T")
KeyLocator = Callable[[Sequence[Any]], str]  # where in a file the value at a path of keys stands

_DATE_AS_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_program(folder: Path) -> Program:
    """The program in `folder/program.toml`. Raises AuditError with every fault of the file at once."""
    path = folder / "program.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _make_unreadable_error(
            path, "there is no such file", "Name a folder that holds a program.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _make_unreadable_error(path, f"cannot be read as TOML: {error}", "Correct it there.") from None
    for name, table in data.get("tables", {}).items():
        table["name"] = name
    data.setdefault("name", folder.resolve().name)
    digest = hash_files(list_declaration_files(folder))
    program = _validate(data | {"sha256": digest}, Program, lambda keys: f"{path.name}, {'.'.join(map(str, keys))}")
    problems = [*find_program_problems(program)]
    if not re.fullmatch(r"\w[\w-]*", program.name):
        mend = "Use letters, digits, `_` and `-`: folders are named after it."
        problems.append(Problem(what="is not a plain word", mend=mend, file=f"{path.name}, name"))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)
    return program


def read_policy(folder: Path, vocabulary: Vocabulary) -> Policy:
    """The policy in `folder`: documents.yaml, terms.yaml and one file a rule. Every fault of every file at once."""
    paths = sorted(folder.glob("*.yaml"))
    with _ProblemCollector() as faults:
        documents = faults.read_or_none(_read_yaml, folder / "documents.yaml", list[Document]) or []
        has_terms = (folder / "terms.yaml").exists()
        terms = faults.read_or_none(_read_yaml, folder / "terms.yaml", list[Term]) if has_terms else None
        read = [
            faults.read_or_none(_read_yaml, path, Rule) for path in paths if path.stem not in ("documents", "terms")
        ]
    digest = hash_files([*paths, *(Path(predicate.file) for predicate in vocabulary.predicates.values())])
    return build_policy(documents, terms or [], [rule for rule in read if rule], vocabulary=vocabulary, sha256=digest)


def read_findings(folder: Path) -> tuple[Finding, ...]:
    """The findings in `folder/findings.yaml`; none where there is no such file. Every fault at once."""
    path = folder / FINDINGS_FILE
    if not path.exists():
        return ()
    entries = _read_yaml(path, list[Finding])
    if problems := [*findings.find_finding_problems(entries, file=path.name)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(entries)


def read_audit_report(folder: Path) -> AuditReportDeclaration:
    """What the auditors state in the audit report; nothing where there is no such file. Every fault at once."""
    path = folder / AUDIT_REPORT_FILE
    return _read_yaml(path, AuditReportDeclaration) if path.exists() else AuditReportDeclaration()


def find_suites_folder(folder: Path, program: Program, *, expectations: Path = WORKING_EXPECTATIONS) -> Path:
    """Where a program's suites are: in its own folder, in that of `expectations` named after it, or in the checkout.

    A folder of expectations other than the working folder's was asked for, and goes before the program's own.
    """
    own, named = folder / "expectations", expectations / program.name
    places = [named, own]
    if expectations == WORKING_EXPECTATIONS:
        checkout = [PACKAGE.parents[1] / named] if PACKAGE.parent.name == "src" else []
        places = [own, named, *checkout]
    return next((place for place in places if place.is_dir()), named)


def read_suite(path: Path) -> Suite:
    """The suite in one YAML file. Every fault at once."""
    return _read_yaml(path, Suite)


def read_suites(folder: Path) -> dict[str, Suite]:
    """The suites in `folder`, one YAML file a table, by the table's name."""
    with _ProblemCollector() as faults:
        suites = {path.stem: faults.read_or_none(_read_yaml, path, Suite) for path in sorted(folder.glob("*.yaml"))}
    return {table: suite for table, suite in suites.items() if suite}


def read_offices(path: Path) -> Offices:
    """The offices of a program: a CSV file with a row for each way an office has been written."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{key: text.strip() for key, text in row.items() if text} for row in csv.DictReader(file)]
    except (FileNotFoundError, UnicodeDecodeError, AttributeError):
        what = "is missing, or is not a CSV file of code, name, alias, since, until"
        raise _make_unreadable_error(path, what, "Write one row for each way an office has been written.") from None

    def place(keys: Sequence[Any]) -> str:
        return f"{path.name}, line {keys[0] + 2}" if keys else path.name

    return Offices(aliases=tuple(_validate(rows, list[Alias], place)))


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
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{key: text.strip() for key, text in row.items()} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, AttributeError):
        what = f"is not a CSV file of {', '.join(_list_field_names(kind))}"
        raise _make_unreadable_error(path, what, "Give every row these columns.") from None
    return _validate(rows, list[kind], lambda keys: f"{path.name}, line {keys[0] + 2}" if keys else path.name)  # type: ignore[valid-type]


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


def _read_yaml(path: Path, kind: type[T]) -> T:
    """One YAML 1.2 file (so `on:` and `no` are words, and a key twice is refused) as a value of `kind`."""
    data: Any
    try:
        data = _parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _make_unreadable_error(path, "there is no such file", "Write it, or name the right folder.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = "holds a key twice" if "duplicate key" in str(error.problem) else f"cannot be read: {error.problem}"
        raise _make_unreadable_error(path, what, "Correct it there.", row=line) from None
    except (YAMLError, UnicodeDecodeError):
        raise _make_unreadable_error(path, "cannot be read as YAML", "Save it as UTF-8 text.") from None

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


@lru_cache(maxsize=256)
def _parse_yaml(text: str) -> Any:
    """The nodes of a YAML text, with their lines; parsed once a process, so nobody may alter them."""
    return YAML().load(text)


def _add_locations(read: Any, data: Any, file: str) -> Any:
    """What was read, with where it stands, if it is one that says so when it is refused later."""
    lines = dict(_find_lines(data))
    if isinstance(read, Rule):
        return replace(read, file=file, lines=lines)
    if isinstance(read, Suite):
        return replace(read, lines=tuple(lines[f"expectations.{n}"] for n in range(len(read.expectations))))
    if isinstance(read, list) and read and isinstance(read[0], Term):
        return [replace(term, file=f"{file}, line {lines[f'{n}']}") for n, term in enumerate(read)]
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
        faults = [_make_problem(detail, kind, place) for detail in error.errors(include_url=False, include_input=False)]
        raise AuditError(faults, code=ExitCode.USAGE) from None


def _make_problem(detail: Any, kind: Any, place: KeyLocator) -> Problem:
    keys, name = detail["loc"], str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "unexpected_keyword_argument":
        near = get_close_matches(name, _list_field_names(kind), n=1)
        mend = f"Did you mean `{near[0]}`?" if near else "Remove it."
        return Problem(what=f"has the unknown key `{name}`", mend=mend, file=place(keys))
    if detail["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return Problem(what=f"lacks `{name}`", mend="Add it.", file=place(keys[:-1]))
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


def _make_unreadable_error(path: Path, what: str, mend: str, row: int | None = None) -> AuditError:
    place = path.name if row is None else f"{path.name}, line {row}"
    return AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE)


def list_declaration_files(folder: Path) -> list[Path]:
    """The files of a program: its own, and those of its policy and suites. Tables and reports may lie in others."""
    places = (folder, folder / "policy", folder / "expectations")
    return [path for place in places for path in sorted(place.glob("[!.]*")) if path.is_file()]
