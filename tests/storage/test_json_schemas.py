"""The schemas that editors complete and check declarations with: as the types say, and true of every shipped file."""

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from ruamel.yaml import YAML

from audit import programs
from audit.storage.declarations import read_program, read_suites
from audit.storage.json_schemas import make_schemas, write_schemas

PROJECT = Path(__file__).parents[2]
POLICY = {"documents": "documents", "terms": "terms", "readings": "readings"}
SHIPPED = [
    *(("program", programs.find_program_folder(name) / "program.toml") for name in programs.list_programs()),
    *(
        (POLICY.get(path.stem, "rule"), path)
        for name in programs.list_programs()
        for path in sorted((programs.find_program_folder(name) / "policy").glob("*.yaml"))
    ),
    *(("suite", path) for path in sorted((PROJECT / "expectations").glob("*/*.yaml"))),
]


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = json.loads(make_schemas()[f"{kind}.schema.json"])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))


def as_json(value: Any) -> Any:
    """The value with its days as text, which is what they are to a schema."""
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def declared(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return as_json(tomllib.loads(text) if path.suffix == ".toml" else YAML(typ="safe", pure=True).load(text))


def test_the_committed_schemas_are_what_the_types_say(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    committed = {path.name: path.read_text(encoding="utf-8") for path in (PROJECT / "schema").iterdir()}
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert committed == made, "write them anew: python -m audit.storage.json_schemas"


@pytest.mark.parametrize("text", make_schemas().values(), ids=make_schemas())
def test_every_type_and_key_has_a_description(text: str) -> None:
    schema = json.loads(text)
    types = {**schema.get("$defs", {}), **({"": schema} if "properties" in schema else {})}
    silent = [name for name, declared in types.items() if not declared.get("description")]
    silent += [
        f"{name}.{key}"
        for name, declared in types.items()
        for key, value in declared["properties"].items()
        if not value.get("description")
    ]
    assert silent == [], "write a comment beside the field"


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda value: str(value).removeprefix(str(PROJECT)))
def test_a_shipped_file_is_as_its_schema_says(kind: str, path: Path) -> None:
    assert [error.message for error in validator(kind).iter_errors(declared(path))] == []


@pytest.mark.parametrize(
    ("kind", "keys", "value", "message"),
    [
        ("rule", ("ordre",), 10, "'ordre' was unexpected"),
        ("rule", ("order",), "ten", "'ten' is not of type 'integer'"),
        ("rule", ("attribute",), "fairness", "'fairness' is not one of"),
        ("rule", ("verdict",), "fine", "'fine' is not one of"),
        ("rule", ("file",), "a.yaml", "'file' was unexpected"),
        ("rule", ("versions", 0, "in_force"), [{"since": "soon"}], "'soon' is not a 'date'"),
        ("documents", (0, "isuer"), "x", "'isuer' was unexpected"),
        ("terms", (0, "means"), 3, "3 is not of type 'string'"),
        ("suite", ("expectations", 0, "type"), "expect_the_best", "'expect_the_best' is not one of"),
        ("suite", ("expectations", 0, "expression"), "a = 1", "is valid under each of"),
        ("suite", ("expectations", 0), {"severity": "warning"}, "is not valid under any of the given schemas"),
        ("suite", ("expectations", 0), {"expression": "a = 1", "unknown": "maybe"}, "'maybe' is not one of"),
        ("suite", ("lines",), [1], "'lines' was unexpected"),
        ("program", ("census",), {}, "'table' is a required property"),
        ("program", ("sha256",), "0", "'sha256' was unexpected"),
        ("program", ("tables", "requests", "columns", "received", "type"), "day", "'day' is not one of"),
    ],
)
def test_a_mistake_is_seen_as_it_is_typed(kind: str, keys: tuple[Any, ...], value: Any, message: str) -> None:
    folder = programs.find_program_folder("records_requests")
    files = {
        "program": folder / "program.toml",
        "suite": PROJECT / "expectations" / "records_requests" / "requests.yaml",
        "rule": folder / "policy" / "extended.yaml",
    }
    whole = declared(files.get(kind, folder / "policy" / f"{kind}.yaml"))
    assert not [*validator(kind).iter_errors(whole)]
    node = whole
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    errors = [*validator(kind).iter_errors(whole)]
    told = [sub.message for error in errors for sub in (error, *(error.context or ()))]
    assert any(message in one for one in told), told


def test_a_field_is_explained_by_the_comment_beside_it() -> None:
    rule = json.loads(make_schemas()["rule.schema.json"])
    said = "rules of an attribute are tried in this order, `critical` ones first; the first that applies decides"
    assert rule["properties"]["order"]["description"] == said
    assert rule["$defs"]["Version"]["description"].startswith("A rule as one document states it.")


def test_reading_a_file_does_not_change_what_is_written() -> None:
    before = make_schemas()
    read_program(programs.find_program_folder("records_requests"))
    read_suites(PROJECT / "expectations" / "records_requests")
    assert make_schemas() == before
