"""How results show themselves in Jupyter: a table, a sentence, a picture; never a wall of repr."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookDisplay:
    """What a cell displays: HTML for the notebook, text for everything else."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def show_table(title: str, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> NotebookDisplay:
    """A table under its heads, each cell in words."""
    lines = [[_format_value(value) for value in row] for row in rows]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    html = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return NotebookDisplay(html=html, text="\n".join(filter(None, [title, *map("  ".join, lines)])))


def _format_value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple | list):
        return "; ".join(_format_value(part) for part in value) or "–"
    return str(value)
