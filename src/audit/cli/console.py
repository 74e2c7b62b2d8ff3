"""What a command answers at a prompt: facts line by line, tables in columns, or one JSON object."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.cli.streams import is_unicode_output
from audit.formatting import format_percent

if TYPE_CHECKING:
    from audit.sampling.sample_size import Tradeoff


def format_json(facts: Mapping[str, Any]) -> str:
    """One JSON object; with escapes for what standard output has no sign for."""
    return json.dumps(facts, indent=2, ensure_ascii=not is_unicode_output(), default=str) + "\n"


def format_facts(values: Mapping[str, Any]) -> str:
    """A line for each fact: its name, and its value in words."""
    width = max(map(len, values))
    return "".join(f"{name:<{width}}  {_format_value(value)}".rstrip() + "\n" for name, value in values.items())


def format_text_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows under a header; a column of numbers stands to the right."""
    lines = [list(header), *([_format_value(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [all(isinstance(row[i], int) or str(row[i]).endswith("%") for row in rows) for i in range(len(header))]
    return "".join(
        "  ".join(
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def format_tradeoffs(tradeoffs: "Sequence[Tradeoff]") -> str:
    """What allowing more deviations costs in cases, and how likely it then is to pass, by true rate."""
    rates = [f"at {format_percent(rate, places=2)}" for rate, _ in tradeoffs[0].passing]
    rows = [(one.allowed, one.cases, *(format_percent(chance) for _, chance in one.passing)) for one in tradeoffs]
    return "Chance to pass, by true rate:\n" + format_text_table(("allowed", "cases", *rates), rows)


def format_inline(facts: Mapping[str, Any]) -> str:
    """Facts in one line: `cases 766, fixed 2012-01-05`."""
    return ", ".join(f"{name} {_format_value(value)}" for name, value in facts.items())


def wrap_paragraph(text: str) -> str:
    """Prose, at a width that reads well."""
    return textwrap.fill(text, width=100) + "\n"


def _format_value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_format_value(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return "; ".join(map(_format_value, value)) or "none"
    return str(value)
