"""Made-up cases that were decided from the texts alone, by someone who had not seen a rule, as tables of the program.

Each line of `independent_cases.jsonl` holds a case's rows, the outcome that the texts demand (`must`), outcomes that a
careful auditor could defend as well (`acceptable`), and the reason with its citation.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from audit import programs
from audit.assessment.case_file import assess_case_files, compile_exclusions, gather_case_files
from audit.policy.rules import Policy
from audit.programs.declaration import Program, build_vocabulary
from audit.storage.declarations import read_policy, read_program
from audit.tables.schema import POLARS_TYPES, CellState, Source

CASES = Path(__file__).with_name("independent_cases.jsonl")
Case = dict[str, Any]
# What the texts say of an attribute, in the outcomes of the policy.
WORDS = {
    "recording": {
        "before_rule": {"no_rule"},
        "rule_day_unknown": {"undeterminable"},
        "missed": {"inconsistent"},
        "late": {"inconsistent"},
        "met": {"consistent"},
        "not_covered": {"not_applicable", "no_rule"},
    },
    "timeliness": {"timely": {"timely"}, "late": {"untimely"}, "unknown": {"undeterminable"}},
    "lifting": {"with_reason": {"consistent"}, "without_reason": {"inconsistent"}},
}


@cache
def read_cases() -> tuple[Case, ...]:
    return tuple(json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines())


@cache
def program() -> Program:
    return read_program(programs.find_program_folder("secure_communities"))


@cache
def policy() -> Policy:
    return read_policy(programs.find_program_folder("secure_communities") / "policy", build_vocabulary(program()))


def build_tables(cases: tuple[Case, ...]) -> dict[str, pl.LazyFrame]:
    """The tables that hold the rows of these cases."""
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in program().tables}
    for case in cases:
        for table, row in _list_rows(case):
            rows[table].append(row)
    return {name: _build_table(program().tables[name], rows[name]) for name in rows}


def assess(as_of: date, cases: tuple[Case, ...]) -> dict[tuple[str, str], dict[str, Any]]:
    """The determination of each case under each attribute, as the tables stood on a day; excluded cases have none."""
    planned = program().sample
    assert planned
    dated = replace(program(), sample=replace(planned, as_of=as_of))
    tables = build_tables(cases)
    wanted = tables["matches"].filter(pl.col("match_id").is_in([case["match"]["match_id"] for case in cases]))
    for _, excluded in compile_exclusions(dated):
        wanted = wanted.filter(~excluded)
    found = assess_case_files(gather_case_files(dated, tables, wanted=wanted), policy(), office="office")
    return {(row["match_id"], row["attribute"]): row for row in found.iter_rows(named=True)}


@cache
def find_outcomes() -> dict[str, dict[str, Any]]:
    """Of each case by its id: attribute → determination.

    A case none of whose rows lies after its own day is the same on a later one, so these are assessed together.
    """
    last = max(case["as_of"] for case in read_cases())
    days = {case["id"]: case["as_of"] if _has_later_row(case) else last for case in read_cases()}
    found: dict[str, dict[str, Any]] = {}
    for day in sorted(set(days.values())):
        cases = tuple(case for case in read_cases() if days[case["id"]] == day)
        rows = assess(date.fromisoformat(day), cases)
        for case in cases:
            own = {name: row for (key, name), row in rows.items() if key == case["match"]["match_id"]}
            found[case["id"]] = own
    return found


def _has_later_row(case: Case) -> bool:
    rows = json.dumps({name: value for name, value in case.items() if name not in ("as_of", "reason", "title")})
    return any(day > case["as_of"] for day in re.findall(r"\d{4}-\d{2}-\d{2}", rows))


def list_expectations(case: Case) -> list[dict[str, Any]]:
    """What must come out, and then what may."""
    return [case["must"], *({**case["must"], **change} for change in case["acceptable"])]


def find_disagreements(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Where what was determined is not what is expected."""
    if not found:  # excluded from the frame
        return [] if expected["consistency"] == "not_applicable" else ["excluded"]
    wrong = []
    for name in ("consistency", "documentation"):
        if found[name]["outcome"] != expected[name]:
            wrong.append(f"{name}: {found[name]['outcome']}, not {expected[name]}")
    outcome, severity = found["consistency"]["outcome"], found["consistency"]["severity"]
    if outcome == "inconsistent" and severity != expected["severity"]:
        wrong.append(f"severity: {severity}, not {expected['severity']}")
    for name, words in WORDS.items():
        if name in expected and found[name]["outcome"] not in words[expected[name]]:
            wrong.append(f"{name}: {found[name]['outcome']}, not {expected[name]}")
    rule = found["consistency"]["rule"] or ""
    if expected.get("level") and rule.startswith("priority-1-level") and rule[-1] != str(expected["level"]):
        wrong.append(f"level: {rule[-1]}, not {expected['level']}")
    return wrong


def _list_rows(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    person = {**case["person"], "status_recorded": case["person"].get("status_recorded_date")}
    yield "persons", person
    asked = {request["item"] for request in case.get("evidence_requests", ()) if request["provided"] == "No"}
    for match in (case["match"], *case.get("other_matches", ())):
        yield "matches", {**match, "match_kind": MATCH_KINDS.get(match["match_kind"], match["match_kind"])}
        for action in match.get("actions", ()):
            yield "actions", action
    for encounter in (case["encounter"], *case.get("other_encounters", ())):
        if encounter:
            yield "encounters", {**encounter, "encounter_entered": encounter["entered_date"]}
    for disposition in (case["disposition"], *case.get("other_dispositions", ())):
        if disposition:
            yield "dispositions", {**disposition, "disposition_entered": disposition["entered_date"]}
    for conviction in case["convictions"]:
        withheld = "removable conviction" in asked and conviction["removable_lpr"] is None
        yield "convictions", {**conviction, "removable_lpr": NOT_PROVIDED if withheld else conviction["removable_lpr"]}
    for table in ("actions", "charges", "immigration_history"):
        for row in case[table]:
            yield table, row


NOT_PROVIDED = "requested, not provided"
MATCH_KINDS = {"test": "test record"}  # a reader's word → the table's


def _build_table(source: Source, rows: list[Mapping[str, Any]]) -> pl.LazyFrame:
    read = [{name: _read_cell(row.get(name), column.type) for name, column in source.columns.items()} for row in rows]
    schema: dict[str, Any] = {name: POLARS_TYPES[column.type] for name, column in source.columns.items()}
    for name in source.list_used_columns(None):
        if name.endswith(".state"):
            plain = name.removesuffix(".state")
            schema[name] = pl.String
            for one, row in zip(read, rows, strict=True):
                one[name] = _find_state(row.get(plain), source, plain)
    return pl.LazyFrame(read, schema=schema, orient="row")


def _read_cell(value: Any, kind: str) -> Any:
    if value is None or value == NOT_PROVIDED or value == "(b)(3)":
        return None
    if kind == "yes_no":
        return value == "Yes"
    if kind in ("date", "datetime"):
        return date.fromisoformat(value) if kind == "date" else datetime.fromisoformat(value)
    return value


def _find_state(value: Any, source: Source, name: str) -> str:
    if value is None:
        return CellState.BLANK.value
    if value in source.redacted:
        return CellState.REDACTED.value
    column = source.columns[name]
    if value in column.not_provided:
        return CellState.NOT_PROVIDED.value
    return (CellState.UNINFORMATIVE if value in column.uninformative else CellState.FILLED).value
