"""What a suite refers to: columns and tables that its checks name."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from typing import Any

from audit.tables.checks.suites import Check, Suite

_NO_ARGUMENTS = ("type", "severity", "meta")


def find_names_in_suite(names: Collection[str], suite: Suite) -> set[str]:
    """Those of the names, of columns or of tables, that stand in an argument of a check.

    A column may stand there alone, in a list, or in a text such as `day of opened`, `office in offices.code` or a
    condition. A name that stands in a pattern by chance is listed too: it is safe to read a column too many.
    """
    texts = [text for check in suite.expectations for text in _list_argument_texts(check)]
    return {name for name in names if any(_is_named(name, text) for text in texts)}


def _list_argument_texts(check: Check) -> Iterator[str]:
    for one in fields(check):
        if one.name not in _NO_ARGUMENTS:
            yield from _list_texts(getattr(check, one.name))


def _list_texts(value: Any) -> Iterator[str]:
    """Every text in a value as a YAML file can hold it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _list_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _list_texts(inner)


def _is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
