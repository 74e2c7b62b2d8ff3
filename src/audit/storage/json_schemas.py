"""JSON Schema of every declaration, for an editor to complete and check: made from the types that read the files."""

import inspect
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from audit.policy.rules import (
    OUTCOMES_BY_ATTRIBUTE,
    SEVERITIES,
    UNDECIDED_OUTCOMES,
    Document,
    Reading,
    Rule,
    Term,
)
from audit.programs.audit_report import AuditReportDeclaration
from audit.programs.declaration import REQUIRED_WITH_CENSUS, Program
from audit.programs.findings import Finding
from audit.programs.full_report import FullReportDeclaration
from audit.tables.checks.gx_catalog import list_shipped_expectations
from audit.tables.checks.polars_expectations import EXPECTATIONS
from audit.tables.checks.suites import Suite

DECLARATION_TYPES: Mapping[str, Any] = {
    "program": Program,
    "rule": Rule,
    "documents": list[Document],
    "terms": list[Term],
    "readings": list[Reading],
    "suite": Suite,
    "findings": list[Finding],
    "audit_report": AuditReportDeclaration,
    "full_report": FullReportDeclaration,
}
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What the reader sets, and no file holds.
_READER_FIELDS = {
    "Program": {"sha256"},
    "Source": {"name"},
    "Rule": {"file", "lines"},
    "Reading": {"file"},
    "Term": {"file"},
    "Suite": {"lines"},
}
# Words of which only these are accepted, though the type says no more than text.
_VERDICTS = sorted({outcome for outcomes in OUTCOMES_BY_ATTRIBUTE.values() for outcome in outcomes})
_ALLOWED_VALUES = {
    ("Rule", "severity"): list(SEVERITIES),
    ("Rule", "attribute"): list(OUTCOMES_BY_ATTRIBUTE),
    ("Rule", "verdict"): _VERDICTS,
    ("Rule", "otherwise"): _VERDICTS,
    ("Example", "expect"): sorted({*_VERDICTS, *UNDECIDED_OUTCOMES}),
    ("SamplePlan", "attribute"): list(OUTCOMES_BY_ATTRIBUTE),
    ("CellWords", "outcome"): sorted({*_VERDICTS, *UNDECIDED_OUTCOMES}),
    ("Check", "type"): sorted({*EXPECTATIONS, *list_shipped_expectations()}),
}
# What holds between fields.
_FIELD_RULES: Mapping[str, Mapping[str, Any]] = {
    "Check": {"oneOf": [{"required": ["type"]}, {"required": ["expression"]}]},
    "Program": {"dependentRequired": {"census": list(REQUIRED_WITH_CENSUS)}},
}
_FIELD_COMMENT = re.compile(r"\s+(?P<name>\w+): [^#]*#\s*(?P<said>.+)")


def make_schemas() -> dict[str, str]:
    """The schema of every kind of declaration, as the text of a file, by the file's name."""
    return {f"{name}.schema.json": _make_schema(name, kind) for name, kind in DECLARATION_TYPES.items()}


def _make_schema(name: str, kind: Any) -> str:
    made = TypeAdapter(kind).json_schema()
    types = {declared.__name__: declared for declared in _find_dataclasses(kind)}
    root = {kind.__name__: made} if isinstance(kind, type) else {}
    for own, declared in {**made.get("$defs", {}), **root}.items():
        _complete_schema(declared, types[own])
    return (
        json.dumps({"$schema": SCHEMA_DIALECT, "$id": f"{name}.schema.json", **made}, indent=2, ensure_ascii=False)
        + "\n"
    )


def _complete_schema(declared: dict[str, Any], kind: Any) -> None:
    """Say of a dataclass's schema what its source says: each field's comment; and what the reader refuses."""
    for name in _READER_FIELDS.get(kind.__name__, ()):
        del declared["properties"][name]
    required = [name for name in declared.get("required", ()) if name in declared["properties"]]
    for own in ("title", "additionalProperties", "required"):  # as pydantic has them they differ once a file was read
        declared.pop(own, None)
    declared["description"] = inspect.cleandoc(kind.__doc__)
    declared |= {"required": required, "additionalProperties": False, **_FIELD_RULES.get(kind.__name__, {})}
    comments = {
        match["name"]: match["said"]
        for match in map(_FIELD_COMMENT.match, inspect.getsource(kind).splitlines())
        if match
    }
    for name, value in declared["properties"].items():
        value.pop("title", None)
        if name in comments:
            value["description"] = comments[name]
        if words := _ALLOWED_VALUES.get((kind.__name__, name)):
            value["enum"] = words


def _find_dataclasses(kind: Any) -> set[Any]:
    """The dataclasses that a type is made of."""
    parts = get_type_hints(kind).values() if is_dataclass(kind) else get_args(kind)
    own = {kind} if is_dataclass(kind) else set()
    return own.union(*map(_find_dataclasses, parts))


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in make_schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "schema"))
