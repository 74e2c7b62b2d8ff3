"""How results show themselves in Jupyter: a table, a sentence, a picture; never a wall of repr."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from typing import Any

import polars as pl

from audit.estimate import Estimate, explain
from audit.explanation import Explanation
from audit.narrative import paragraph, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a cell displays: HTML for the notebook, text for everything else."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def show(result: Any, *, title: str = "") -> Shown:
    """Show a result of any step: a record as its facts, estimates as sentences, a table as rows, SVG as a picture."""
    if isinstance(result, bytes):
        image = b64encode(result).decode()
        html = f'<img alt="{escape(title)}" src="data:image/svg+xml;base64,{image}" style="max-width:100%">'
        return Shown(html=html, text=title)
    if isinstance(result, Estimate):
        return show([result], title=title)
    if isinstance(result, list | tuple) and all(isinstance(one, Estimate) for one in result):
        sentences = [explain(one) for one in result]
        return Shown(html="".join(f"<p>{escape(one)}</p>" for one in sentences), text="\n".join(sentences))
    if isinstance(result, Explanation):
        parts, words = [_table(name, header, rows) for name, header, rows in tables(result)], paragraph(result)
        html = f"<p>{escape(words)}</p>" + "".join(part.html for part in parts)
        return Shown(html=html, text="\n\n".join([words, *(part.text for part in parts)]))
    if isinstance(result, pl.DataFrame | pl.LazyFrame):
        rows = result.lazy().collect()
        return _table(title, rows.columns, rows.iter_rows())
    if isinstance(result, Mapping):
        return _table(title, ("", ""), result.items())
    if is_dataclass(result):
        facts = ((field.name.replace("_", " "), getattr(result, field.name)) for field in fields(result))
        return _table(title, ("", ""), (fact for fact in facts if not isinstance(fact[1], pl.LazyFrame | pl.DataFrame)))
    return _table(title, (), (one if isinstance(one, list | tuple) else [one] for one in result))


def _table(title: str, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Shown:
    lines = [[_worded(value) for value in row] for row in rows]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    html = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return Shown(html=html, text="\n".join(filter(None, [title, *map("  ".join, lines)])))


def _worded(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple | list):
        return "; ".join(_worded(part) for part in value) or "–"
    return str(value)
