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
from audit.files import digest_together
from audit.policy.rules import Document, Policy, Rule, Term, enact
from audit.policy.vocabulary import Vocabulary
from audit.programs import findings
from audit.programs.declaration import Program, faults
from audit.programs.findings import Finding
from audit.programs.office_maps import Area, Layout, Tile
from audit.programs.office_maps import faults as layout_faults
from audit.tables.checks.suites import Suite
from audit.tables.offices import Alias, Offices

FINDINGS = "findings.yaml"
T = TypeVar("T")
Place = Callable[[Sequence[Any]], str]  # where in a file the value at a path of keys stands

_DATE_AS_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_program(folder: Path) -> Program:
    """The program in `folder/program.toml`. Raises AuditError with every fault of the file at once."""
    path = folder / "program.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", "Name a folder that holds a program.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"cannot be read as TOML: {error}", "Correct it there.") from None
    for name, table in data.get("tables", {}).items():
        table["name"] = name
    digest = digest_together(declared_in(folder))
    program = _one(data | {"sha256": digest}, Program, lambda keys: f"{path.name}, {'.'.join(map(str, keys))}")
    found = [*faults(program)]
    if not re.fullmatch(r"\w[\w-]*", program.name):
        mend = "Use letters, digits, `_` and `-`: folders are named after it."
        found.append(Problem(what="is not a plain word", mend=mend, file=f"{path.name}, name"))
    if found:
        raise AuditError(found, code=ExitCode.USAGE)
    return program


def read_policy(folder: Path, vocabulary: Vocabulary) -> Policy:
    """The policy in `folder`: documents.yaml, terms.yaml and one file a rule. Every fault of every file at once."""
    paths = sorted(folder.glob("*.yaml"))
    with _Faults() as faults:
        documents = faults.or_none(_yaml, folder / "documents.yaml", list[Document]) or []
        terms = faults.or_none(_yaml, folder / "terms.yaml", list[Term]) or []
        read = [faults.or_none(_yaml, path, Rule) for path in paths if path.stem not in ("documents", "terms")]
    digest = digest_together([*paths, *(Path(predicate.file) for predicate in vocabulary.predicates.values())])
    return enact(documents, terms, [rule for rule in read if rule], vocabulary=vocabulary, sha256=digest)


def read_findings(folder: Path) -> tuple[Finding, ...]:
    """The findings in `folder/findings.yaml`; none where there is no such file. Every fault at once."""
    path = folder / FINDINGS
    if not path.exists():
        return ()
    found = _yaml(path, list[Finding])
    if problems := [*findings.faults(found, file=path.name)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    return tuple(found)


def suites_folder(folder: Path, program: Program, *, expectations: Path) -> Path:
    """Where a program's suites are: in its own folder, or in that of `expectations` named after it."""
    own = folder / "expectations"
    return own if own.is_dir() else expectations / program.name


def read_suites(folder: Path) -> dict[str, Suite]:
    """The suites in `folder`, one YAML file a table, by the table's name."""
    with _Faults() as faults:
        suites = {path.stem: faults.or_none(_yaml, path, Suite) for path in sorted(folder.glob("*.yaml"))}
    return {table: suite for table, suite in suites.items() if suite}


def read_offices(path: Path) -> Offices:
    """The offices of a program: a CSV file with a row for each way an office has been written."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{key: text.strip() for key, text in row.items() if text} for row in csv.DictReader(file)]
    except (FileNotFoundError, UnicodeDecodeError, AttributeError):
        what = "is missing, or is not a CSV file of code, name, alias, since, until"
        raise _unreadable(path, what, "Write one row for each way an office has been written.") from None

    def place(keys: Sequence[Any]) -> str:
        return f"{path.name}, line {keys[0] + 2}" if keys else path.name

    return Offices(aliases=tuple(_one(rows, list[Alias], place)))


def read_layout(folder: Path, offices: Offices) -> Layout:
    """Where a program's offices lie on maps: `tiles.csv` and `areas.csv`, where there are any."""
    layout = Layout(
        tiles=tuple(_rows(folder / "tiles.csv", Tile)),
        areas=tuple(_rows(folder / "areas.csv", Area)),
    )
    if found := [*layout_faults(layout, offices.names())]:
        raise AuditError(found, code=ExitCode.USAGE)
    return layout


def _rows(path: Path, kind: type[T]) -> list[T]:
    """The rows of a small CSV file of declarations; none where there is no file."""
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{key: text.strip() for key, text in row.items()} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, AttributeError):
        what = f"is not a CSV file of {', '.join(_field_names(kind))}"
        raise _unreadable(path, what, "Give every row these columns.") from None
    return _one(rows, list[kind], lambda keys: f"{path.name}, line {keys[0] + 2}" if keys else path.name)  # type: ignore[valid-type]


class _Faults:
    """The faults of several files, gathered and raised together."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __enter__(self) -> Self:
        return self

    def or_none(self, read: Callable[[Path, type[T]], T], path: Path, kind: type[T]) -> T | None:
        try:
            return read(path, kind)
        except AuditError as error:
            self.problems += error.problems
            return None

    def __exit__(self, *raised: object) -> None:
        if self.problems:
            raise AuditError(self.problems, code=ExitCode.USAGE)


def _yaml(path: Path, kind: type[T]) -> T:
    """One YAML 1.2 file (so `on:` and `no` are words, and a key twice is refused) as a value of `kind`."""
    data: Any
    try:
        data = _parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", "Write it, or name the right folder.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = "holds a key twice" if "duplicate key" in str(error.problem) else f"cannot be read: {error.problem}"
        raise _unreadable(path, what, "Correct it there.", row=line) from None
    except (YAMLError, UnicodeDecodeError):
        raise _unreadable(path, "cannot be read as YAML", "Save it as UTF-8 text.") from None

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
        for keys, value in _leaves(data)
        if isinstance(value, str) and _DATE_AS_TEXT.fullmatch(value)
    ]
    if faults:
        raise AuditError(faults, code=ExitCode.USAGE)
    read: T = _placed(_one(data, kind, place), data, path.name)
    return read


@lru_cache(maxsize=256)
def _parse_yaml(text: str) -> Any:
    """The nodes of a YAML text, with their lines; parsed once a process, so nobody may alter them."""
    return YAML().load(text)


def _placed(read: Any, data: Any, file: str) -> Any:
    """What was read, with where it stands, if it is one that says so when it is refused later."""
    lines = dict(_lines(data))
    if isinstance(read, Rule):
        return replace(read, file=file, lines=lines)
    if isinstance(read, list) and read and isinstance(read[0], Term):
        return [replace(term, file=f"{file}, line {lines[f'{n}']}") for n, term in enumerate(read)]
    return read


def _lines(node: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[str, int]]:
    """The line of each key in a YAML file, by the way to it: `versions.0.when`."""
    for key, place in (getattr(getattr(node, "lc", None), "data", None) or {}).items():
        yield ".".join(map(str, (*keys, key))), place[0] + 1
        yield from _lines(node[key], (*keys, key))


def _leaves(node: Any, keys: tuple[Any, ...] = ()) -> Iterable[tuple[tuple[Any, ...], Any]]:
    if isinstance(node, Mapping):
        pairs: Iterable[tuple[Any, Any]] = node.items()
    elif isinstance(node, list):
        pairs = enumerate(node)
    else:
        return [(keys, node)]
    return [leaf for key, value in pairs for leaf in _leaves(value, (*keys, key))]


def _one(data: Any, kind: type[T], place: Place) -> T:
    try:
        read: T = _adapter(kind).validate_python(data)  # type: ignore[arg-type]  # a type is hashable
        return read
    except ValidationError as error:
        faults = [_fault(found, kind, place) for found in error.errors(include_url=False, include_input=False)]
        raise AuditError(faults, code=ExitCode.USAGE) from None


def _fault(found: Any, kind: Any, place: Place) -> Problem:
    keys, name = found["loc"], str(found["loc"][-1]) if found["loc"] else ""
    if found["type"] == "unexpected_keyword_argument":
        near = get_close_matches(name, _field_names(kind), n=1)
        mend = f"Did you mean `{near[0]}`?" if near else "Remove it."
        return Problem(what=f"has the unknown key `{name}`", mend=mend, file=place(keys))
    if found["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return Problem(what=f"lacks `{name}`", mend="Add it.", file=place(keys[:-1]))
    message = found["msg"][0].lower() + found["msg"][1:]
    return Problem(what=f"`{name}` is not as it should be: {message}", mend="Correct it.", file=place(keys))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    for declared in _dataclasses(kind):
        declared.__pydantic_config__ = {"extra": "forbid"}  # an unknown key is a mistake, never ignored
    return TypeAdapter(kind)


def _dataclasses(kind: Any) -> set[Any]:
    if is_dataclass(kind):
        inner = get_type_hints(kind).values()
        return {kind}.union(*map(_dataclasses, inner))
    return set().union(*map(_dataclasses, get_args(kind)))


def _field_names(kind: Any) -> list[str]:
    return sorted({f.name for declared in _dataclasses(kind) for f in fields(declared)})


def _unreadable(path: Path, what: str, mend: str, row: int | None = None) -> AuditError:
    place = path.name if row is None else f"{path.name}, line {row}"
    return AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.UNREADABLE)


def declared_in(folder: Path) -> list[Path]:
    """The files of a program: its own, and those of its policy and suites. Tables and reports may lie in others."""
    places = (folder, folder / "policy", folder / "expectations")
    return [path for place in places for path in sorted(place.glob("[!.]*")) if path.is_file()]
