"""Pages of every key of program.toml and of a suite: meaning, default and example, made from their schemas."""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

from ruamel.yaml import YAML

from audit.storage.json_schemas import make_schemas

MAXIMUM_VALUES = 12  # of a key that takes one of several words, which a page lists
MAXIMUM_EXAMPLE = 60  # characters
COMMAND = "python -m audit.storage.key_pages"
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
# Examples of keys that no program has which ships, and no page shows.
EXAMPLES: Mapping[tuple[str, str], str] = {
    **{("WithholdingPlan", name): "5" for name in ("offices", "totals", "checks", "sample", "discrepancies")},
    ("Source", "delimiter"): '";"',
    ("Source", "encoding"): '"cp1252"',
    ("Source", "sheet"): '"Letters"',
    ("Source", "relation"): '"icm.letters"',
    ("Source", "query"): '"select * from letters where void = 0"',
    ("Source", "months"): '"2010-10/2011-09"',
    ("Source", "absent"): '["2011-02"]',
    ("Source", "unread"): '["Remarks"]',
    ("Source", "redacted"): '["(b)(6)"]',
    ("Source", "dated_by"): '"inspected"',
    ("Source", "row"): '"row"',
    ("Source", "may_be_empty"): "true",
    ("Measure", "due"): "\"opened + interval '30' day\"",
    ("RequiredRecord", "alternatives"): '["closing_letter"]',
    ("RequiredRecord", "system"): '"case management system"',
    ("Escalation", "months"): "3",
    ("Escalation", "share"): "0.3",
    ("Escalation", "words"): '"short of the target in three months, and under 30% of items resolved in time"',
    ("Escalation", "source"): '"declared by headquarters"',
    ("HeaderSpelling", "files"): '["2011_*.csv"]',
    ("HeaderSpelling", "since"): '"2011-03"',
    ("HeaderSpelling", "until"): '"2011-02"',
    ("HeaderSpelling", "header"): '"Date sent"',
    ("Column", "withheld"): "true",
    ("Source", "limits"): "{ seconds = 86400 }",
    ("ReadLimits", "bytes"): "2000000000000",
    ("ReadLimits", "unpacked_bytes"): "2000000000000",
    ("ReadLimits", "workbook_bytes"): "3000000000",
    ("ReadLimits", "times"): "1000",
    ("ReadLimits", "cells"): "100000000",
    ("ReadLimits", "columns"): "20000",
    ("ReadLimits", "footer_bytes"): "200000000",
    ("ReadLimits", "seconds"): "86400",
    ("Program", "retention_days"): "2190",
    ("Census", "unit_below"): '"suboffice"',
    ("Discrepancy", "every"): '"month"',
    ("Program", "offices"): '"districts.csv"',
    ("Program", "name"): '"inspections"',
    ("PredicateDeclaration", "takes"): '["decided", "released"]',
    ("Check", "unknown"): '"fails"',
    ("Check", "expression"): '"closed is null or closed >= opened"',
}


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one kind of table: how it is headed in the file, and its part of the schema."""

    kind: str  # name of the type
    heading: str  # such as [[census.links]]
    keys: tuple[str | None, ...]  # the way to it in the file; None for any name or number
    schema: Mapping[str, Any]


def make_key_pages(project: Path) -> dict[str, str]:
    """The pages by the file's name. `project` is the folder with docs/ and the programs whose values are shown."""
    programs = [project / "docs/example/program.toml", *sorted(project.glob("src/audit/programs/*/program.toml"))]
    shown = [tomllib.loads(path.read_text(encoding="utf-8")) for path in programs]
    shown += _read_page_blocks(project / "docs")
    suites = [*sorted(project.glob("docs/example/expectations/*.yaml")), *sorted(project.glob("expectations/*/*.yaml"))]
    checks = [YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) for path in suites]
    return {
        "program-keys.md": _make_page(
            "program",
            shown,
            "Every key of program.toml",
            "[program.md](program.md) shows how a program is written, step by step. This page lists every key.",
        ),
        "suite-keys.md": _make_page(
            "suite",
            checks,
            "Every key of a suite",
            "A suite is the file `expectations/TABLE.yaml` of a program. [checks.md](checks.md) says what each check "
            "does. This page lists every key.",
        ),
    }


def _read_page_blocks(docs: Path) -> Iterator[dict[str, Any]]:
    """The TOML that the pages show, as far as a block can be read by itself."""
    for page in sorted(docs.glob("*.md")):
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            try:
                yield tomllib.loads(block)
            except tomllib.TOMLDecodeError:
                continue


def _make_page(name: str, values: list[Any], title: str, about: str) -> str:
    schema = json.loads(make_schemas()[f"{name}.schema.json"])
    schema_file = f"[schema](../schema/{name}.schema.json)"
    made = f"The page is made from the {schema_file} by `{COMMAND}`: change the comments in the code."
    lines = [f"# {title}", "", fill(f"{about} {made}", 120, break_on_hyphens=False, break_long_words=False), ""]
    sections = list_sections(schema, "Program" if name == "program" else "Suite")
    headings = {section.kind: section.heading for section in sections}
    for section in sections:
        about = section.schema["description"].split("\n\n")[0] if section.keys else "The keys that stand in no table."
        lines += [f"## {section.heading}", "", fill(about, 120), ""]
        lines += ["| Key | Value | Meaning | If absent | Example |", "| --- | --- | --- | --- | --- |"]
        lines += [_format_row(section, key, values, headings) for key in section.schema["properties"]]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def list_sections(schema: Mapping[str, Any], root: str) -> list[Section]:
    """The kinds of table of a schema, each once, in the order in which the keys lead to them."""
    sections = [Section(root, "The head of the file", (), schema)]
    for section in sections:
        for key, value in section.schema["properties"].items():
            if (kind := _find_kind(value)) and kind not in {one.kind for one in sections}:
                keys = (*section.keys, key, *((None,) if _is_several(value) else ()))
                heading = _format_heading(section.heading, key, value) if root == "Program" else f"Each of `{key}`"
                sections.append(Section(kind, heading, keys, schema["$defs"][kind]))
    return sections


def _find_kind(value: Mapping[str, Any]) -> str | None:
    """The type that a key's value is made of; None of a plain value."""
    options = (value, *value.get("anyOf", ()), value.get("items", {}), value.get("additionalProperties") or {})
    refs = [one["$ref"] for one in options if isinstance(one, dict) and "$ref" in one]
    return refs[0].rpartition("/")[2] if refs else None


def _is_several(value: Mapping[str, Any]) -> bool:
    return "items" in value or "additionalProperties" in value


def _format_heading(within: str, key: str, value: Mapping[str, Any]) -> str:
    """How a table is headed in TOML: by the way to it, in double brackets where there may be several without a name."""
    outer = within.strip("`[]") if within.startswith("`") else ""
    way = ".".join(filter(None, (outer, key)))
    return f"`[[{way}]]`" if "items" in value else f"`[{way}.NAME]`" if _is_several(value) else f"`[{way}]`"


def _format_row(section: Section, key: str, values: Iterable[Any], headings: Mapping[str, str]) -> str:
    value = section.schema["properties"][key]
    cells = (
        f"`{key}`",
        _describe_type(value),
        value.get("description", ""),
        _describe_default(section, key, value),
        f"see {_link_heading(headings[kind])}" if (kind := _find_kind(value)) else find_example(section, key, values),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _describe_type(value: Mapping[str, Any]) -> str:
    """What is written there, in words."""
    options = [one for one in value.get("anyOf", (value,)) if one.get("type") != "null"]
    words = []
    for one in options:
        if _find_kind(one):
            words.append("tables" if _is_several(one) else "table")
        elif "enum" in one:
            listed = [f"`{word}`" for word in one["enum"]]
            words.append(", ".join(listed) if len(listed) <= MAXIMUM_VALUES else f"one of {len(listed)} names")
        elif one.get("format") == "date":
            words.append("day")
        elif one.get("type") == "array":
            words.append("list")
        elif one.get("type") == "object":
            words.append("table")
        else:
            words.append(TYPES.get(one.get("type", ""), "any value"))
    return " or ".join(words)


def _describe_default(section: Section, key: str, value: Mapping[str, Any]) -> str:
    if key in section.schema["required"]:
        return "**required**"
    if key in section.schema.get("dependentRequired", {}).get("census", ()):
        return "**required** with `[census]`"
    default = value.get("default")
    return f"`{_format_value(default)}`" if default not in (None, "", [], {}, ["", ""]) else "–"


def find_example(section: Section, key: str, values: Iterable[Any]) -> str:
    """A value that the key has in one of the files, or in EXAMPLES; empty where there is none."""
    for whole in values:
        for table in _walk(whole, section.keys):
            if isinstance(table, Mapping) and key in table:
                return f"`{_format_value(table[key])}`"
    example = EXAMPLES.get((section.kind, key))
    return f"`{example}`" if example else ""


def _link_heading(heading: str) -> str:
    anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    return f"[{heading}](#{anchor})"


def _walk(value: Any, keys: tuple[str | None, ...]) -> Iterator[Any]:
    """Every value that lies at the end of a way of keys."""
    if not keys:
        yield value
        return
    if keys[0] is None:
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    else:
        inner = [value[keys[0]]] if isinstance(value, Mapping) and keys[0] in value else []
    for one in inner:
        yield from _walk(one, keys[1:])


def _format_value(value: Any) -> str:
    """A value as TOML has it, shortened where it is long."""
    if isinstance(value, str):
        text = value if len(value) <= MAXIMUM_EXAMPLE else f"{value[:MAXIMUM_EXAMPLE]}…"
        return json.dumps(text, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_format_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        parts = [_format_value(one) for one in value]
        whole = f"[{', '.join(parts)}]"
        return whole if len(whole) <= 2 * MAXIMUM_EXAMPLE else f"[{parts[0]}, …]"
    return str(value)


def write_key_pages(project: Path) -> None:
    """Write the pages into docs/."""
    for name, text in make_key_pages(project).items():
        (project / "docs" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_key_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
