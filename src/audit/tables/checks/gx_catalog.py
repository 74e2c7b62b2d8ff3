"""The expectations that Great Expectations ships, by name, and the words for one that polars does not read."""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.abc import SourceLoader
from importlib.util import find_spec
from typing import Any

COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
_CORE_IMPORT = re.compile(r"^from (?:\.|great_expectations\.expectations\.core\.)(\w+) import", re.MULTILINE)


@cache
def list_shipped_expectations() -> tuple[str, ...]:
    """The names of the expectations in the installed version, sorted.

    They are read from its source: to import it takes seconds, and a suite is read by verbs that do without it.
    """
    spec = find_spec("great_expectations")
    if spec is None or not isinstance(spec.loader, SourceLoader) or not spec.submodule_search_locations:
        return ()
    core = spec.loader.get_data(f"{spec.submodule_search_locations[0]}/expectations/core/__init__.py")
    return tuple(sorted(set(_CORE_IMPORT.findall(core.decode()))))


def list_named_columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that the arguments of an expectation name."""
    names = [kwargs[argument] for argument in COLUMN_ARGUMENTS if argument in kwargs]
    several = kwargs.get("column_list", ())
    names += several if isinstance(several, list | tuple) else []
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def describe_expectation(name: str, kwargs: Mapping[str, Any]) -> str:
    """An expectation in words made of its name and arguments: `amount meets expect_column_max_to_be_between (…)`."""
    columns = list_named_columns(kwargs)
    others = {key: value for key, value in kwargs.items() if key not in (*COLUMN_ARGUMENTS, "column_list")}
    arguments = f" ({', '.join(f'{key} {value}' for key, value in others.items())})" if others else ""
    return f"{' and '.join(columns) or 'the table'} meets {name}{arguments}"


def suggest_name(name: str, names: Collection[str]) -> str:
    """`Did you mean …?`, where one of the names is near; else nothing."""
    near = get_close_matches(name, list(names), n=1)
    return f"Did you mean `{near[0]}`?" if near else ""
