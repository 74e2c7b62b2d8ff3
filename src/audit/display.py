"""How tables, sentences and pictures show themselves in a notebook: as HTML, and as the same in plain text."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from audit.formatting import format_percent

SHOWN_ROWS = 10  # of a longer table; how many there are is said below it

_BLUE, _MUTED, _RULE, _PALE = "#12436D", "#565C65", "#A9AEB1", "#DCE4EC"  # as the figures have them
_LEFT, _RIGHT = "text-align:left", "text-align:right;font-variant-numeric:tabular-nums"
_HEAD = f"color:{_MUTED};font-weight:400;border-bottom:1px solid {_RULE};padding:3px 16px 3px 0"
_CELL = f"border-bottom:1px solid {_PALE};padding:3px 16px 3px 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What a notebook cell displays: HTML, and the same as plain text for everything else."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


class Displayable:
    """A record that shows itself: in a notebook as HTML, elsewhere as text."""

    __slots__ = ()

    def display(self) -> Display:
        """The record as tables, sentences and pictures."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self.display().html

    def __repr__(self) -> str:
        return self.display().text


def display_table(
    table: pl.DataFrame | pl.LazyFrame, *, title: str = "", rows: int = SHOWN_ROWS, shares: Sequence[str] = ()
) -> Display:
    """A table under its column names: numbers to the right, text to the left, the first `rows` of a longer one.

    Columns that are `shares` are shown as percentages.
    """
    first = table.lazy().head(rows).collect()
    height = table.height if isinstance(table, pl.DataFrame) else table.select(pl.len()).collect().item()
    more = f"{height:,} rows; the first {first.height} are shown." if height > first.height else ""
    names = [name.replace("_", " ") for name in first.columns]
    numeric = [dtype.is_numeric() for dtype in first.dtypes]
    percentages = [pl.col(name).map_elements(format_percent, pl.String, skip_nulls=False) for name in shares]
    first = first.with_columns(percentages)
    return _arrange_table(title, names, first.iter_rows(), numeric, more)


def display_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> Display:
    """Rows under column names; a column that holds numbers alone is set to the right."""
    lines = [tuple(row) for row in rows]
    columns = zip(*lines, strict=True) if lines else ((),) * len(names)
    numeric = [any(map(_is_number, column)) and all(map(_is_number_or_none, column)) for column in columns]
    return _arrange_table(title, names, lines, numeric, "")


def display_facts(facts: Iterable[tuple[str, Any]], *, title: str = "") -> Display:
    """Facts, each beside its name."""
    return _arrange_table(title, ("Fact", "Value"), facts, (False, False), "")


def display_card(kind: str, headline: str, *parts: Display, foot: str = "") -> Display:
    """A record: what kind of thing it is, its message in a sentence, its tables, and how to go on."""
    html = (
        f'<div style="border-left:4px solid {_BLUE};padding:2px 0 2px 14px;margin:4px 0">'
        f'<div style="color:{_MUTED}">{escape(kind)}</div>'
        f'<div style="font-size:1.15em;margin:2px 0 8px;max-width:46em">{escape(headline)}</div>'
        + "".join(part.html for part in parts)
        + (f'<div style="color:{_MUTED};margin-top:6px">{escape(foot)}</div>' if foot else "")
        + "</div>"
    )
    head = "\n".join(filter(None, (kind, headline)))
    return Display(html=html, text="\n\n".join(filter(None, (head, *(part.text for part in parts), foot))))


def display_sentences(*sentences: str, title: str = "") -> Display:
    """Sentences, a paragraph each."""
    heading = f"<p><strong>{escape(title)}</strong></p>" if title else ""
    html = heading + "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return Display(html=html, text="\n".join(filter(None, (title, *sentences))))


def display_svg(picture: bytes, *, alt: str) -> Display:
    """An SVG picture; `alt` says in words what it shows."""
    source = b64encode(picture).decode()
    html = f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{source}" style="max-width:100%">'
    return Display(html=html, text=alt)


def join_displays(*parts: Display) -> Display:
    """Several, one below the other."""
    return Display(html="".join(part.html for part in parts), text="\n\n".join(part.text for part in parts))


def _arrange_table(
    title: str, names: Sequence[str], rows: Iterable[Sequence[Any]], numeric: Sequence[bool], more: str
) -> Display:
    lines = [[_format_value(value) for value in row] for row in rows]
    sides = [_RIGHT if number else _LEFT for number in numeric]
    heads = zip(names, sides, strict=True)
    head = "".join(f'<th scope="col" style="{side};{_HEAD}">{escape(name)}</th>' for name, side in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{side};{_CELL}">{escape(cell)}</td>' for cell, side in zip(line, sides, strict=True))
        + "</tr>"
        for line in lines
    )
    caption = f'<caption style="{_LEFT};font-weight:600;padding:6px 0 2px">{escape(title)}</caption>' if title else ""
    foot = f'<p style="color:{_MUTED}">{escape(more)}</p>' if more else ""
    table = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    html = f'<table style="border-collapse:collapse">{table}</table>{foot}'
    widths = [max(map(len, column)) for column in zip(names, *lines, strict=True)]
    text = (
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in (list(names), *lines)
    )
    return Display(html=html, text="\n".join(filter(None, (title, *text, more))))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


def _format_value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"
    if isinstance(value, tuple | list | pl.Series):
        return "; ".join(_format_value(part) for part in value) or "–"
    return str(value)
