"""How any result is shown in a notebook: records, tables of any kind, mappings and SVG pictures."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import polars as pl

from audit.display import (
    Display,
    Displayable,
    display_facts,
    display_rows,
    display_sentences,
    display_svg,
    display_table,
    join_displays,
)
from audit.errors import AuditError
from audit.workflow.one_table import read_table


def show_result(result: Any, *, title: str = "", rows: int = 10) -> Display:
    """Show anything well: a record, a table of polars, pandas, pyarrow or DuckDB (its first `rows`), facts, a picture.

    A list of records is shown one below the other; a list of other things as sentences.
    """
    if isinstance(result, Displayable):
        heading = [display_sentences(title=title)] if title else []
        return join_displays(*heading, result.display())
    if isinstance(result, bytes):
        return display_svg(result, alt=title)
    if isinstance(result, Mapping):
        return display_facts(result.items(), title=title)
    if hasattr(result, "_asdict"):  # a named tuple
        return display_facts(((name.replace("_", " "), value) for name, value in result._asdict().items()), title=title)
    if isinstance(result, list | tuple):
        return _show_list(result, title=title)
    if is_dataclass(result):
        facts = ((field.name.replace("_", " "), getattr(result, field.name)) for field in fields(result))
        return display_facts(
            (fact for fact in facts if not isinstance(fact[1], pl.LazyFrame | pl.DataFrame)), title=title
        )
    if isinstance(result, str):
        return display_sentences(result, title=title)
    try:
        table = read_table(result)
    except AuditError:
        return display_sentences(str(result), title=title)
    return display_table(table, title=title, rows=rows)


def _show_list(results: Iterable[Any], *, title: str) -> Display:
    parts = list(results)
    heading = [display_sentences(title=title)] if title else []
    if parts and all(isinstance(part, Displayable) for part in parts):
        return join_displays(*heading, *(part.display() for part in parts))
    if parts and all(is_dataclass(part) for part in parts):
        names = [field.name for field in fields(parts[0])]
        rows = [[getattr(part, name) for name in names] for part in parts]
        return display_rows([name.replace("_", " ") for name in names], rows, title=title)
    return display_sentences(*map(str, parts), title=title)
