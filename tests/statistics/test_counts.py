"""Every function of the library refuses what is no count, wherever it asks for one: found by its signature."""

import ast
import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from audit.errors import AuditError
from tests.statistics.test_library import FUNCTIONS

# Counts, though the type says any array: the names of these arguments.
COUNT_ARRAYS = {"x", "n", "x1", "n1", "x2", "n2", "counts", "table", "cases"}
OTHER_ARRAYS = {"agreement.expand_ratings.table"}
BAD_COUNTS = [1.5, float("nan"), float("inf"), -1, 2**60, True, "3"]


def evaluate_example(function: Callable[..., Any]) -> inspect.BoundArguments:
    """The arguments with which a function's example calls it."""
    namespace: dict[str, Any] = {**vars(inspect.getmodule(function)), "np": np}  # type: ignore[arg-type]
    for example in doctest.DocTestParser().get_examples(inspect.cleandoc(function.__doc__ or "")):
        for node in ast.walk(ast.parse(example.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.__name__:
                values = [eval(ast.unparse(value), namespace) for value in node.args]
                named = {str(key.arg): eval(ast.unparse(key.value), namespace) for key in node.keywords}
                return inspect.signature(function).bind(*values, **named)
        exec(example.source, namespace)
    raise AssertionError(f"{function.__name__} shows no call of itself")


def is_count(name: str, parameter: inspect.Parameter) -> bool:
    annotation = inspect.formatannotation(parameter.annotation).replace("typing.", "")
    if any(word in annotation for word in ("str | int", "bool", "float")) and "Sequence[int]" not in annotation:
        return False
    if re.search(r"\bint(64)?\b|~Count", annotation):
        return True
    return parameter.name in COUNT_ARRAYS and f"{name}.{parameter.name}" not in OTHER_ARRAYS


def spoil(value: Any, bad: Any) -> Any:
    """The value with a count in it that is none: itself, or its first element; truth values instead of them all."""
    if value is None or np.ndim(value) == 0:
        return bad
    if bad is True:
        return np.ones(np.shape(value), dtype=bool).tolist()
    spoilt = np.array(value, dtype=object)
    spoilt.flat[0] = bad
    return tuple(spoilt.tolist()) if isinstance(value, tuple) else spoilt.tolist()


def count_arguments() -> Iterator[tuple[str, str]]:
    for name, function in FUNCTIONS.items():
        for parameter in inspect.signature(function).parameters.values():
            if is_count(name, parameter):
                yield name, parameter.name


@pytest.mark.parametrize(("name", "argument"), list(count_arguments()))
def test_what_is_no_count_is_refused_wherever_one_is_asked_for(name: str, argument: str) -> None:
    bound = evaluate_example(FUNCTIONS[name])
    bound.apply_defaults()
    accepted = []
    for bad in BAD_COUNTS:
        bound = evaluate_example(FUNCTIONS[name])
        bound.apply_defaults()
        bound.arguments[argument] = spoil(bound.arguments[argument], bad)
        try:
            found = FUNCTIONS[name](*bound.args, **bound.kwargs)
            accepted.append(f"{bad!r} gives {found!r}")
        except AuditError:
            pass
        except Exception as error:
            accepted.append(f"{bad!r} raises {type(error).__name__}: {error}")
    assert not accepted
