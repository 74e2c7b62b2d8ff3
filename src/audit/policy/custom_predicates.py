"""Conditions in Python, for what the language cannot say: named in the program, dated and cited by the rules."""

import inspect
from dataclasses import dataclass
from importlib import import_module

from audit.errors import AuditError, ExitCode, Problem
from audit.policy.vocabulary import Predicate

FACT_KINDS = ("text", "number", "date", "truth")


@dataclass(frozen=True, slots=True, kw_only=True)
class PredicateDeclaration:
    """Where a predicate is, and what it takes."""

    function: str  # module:function, of polars expressions to one that is true, false or null for unknown
    takes: tuple[str, ...]  # what each argument is: text, number, date or truth


def import_predicate(name: str, declared: PredicateDeclaration) -> Predicate:
    """The predicate, ready to be used. Raises AuditError (USAGE) where it is not there or takes what is no kind."""
    module, _, function = declared.function.partition(":")
    place = f"program.toml, predicates.{name}"
    if strange := [kind for kind in declared.takes if kind not in FACT_KINDS]:
        mend = f"Name any of {', '.join(FACT_KINDS)}."
        raise _make_usage_error(f"takes {', '.join(strange)}, which are no kinds of fact", mend, place)
    try:
        predicate_function = getattr(import_module(module), function)
        file = inspect.getsourcefile(predicate_function)
    except (ImportError, AttributeError, TypeError, ValueError):
        file = None
    if file is None:
        mend = "Write module:function, and install the module where the audit runs."
        raise _make_usage_error(f"there is no Python function `{declared.function}`", mend, place)
    return Predicate(function=predicate_function, takes=declared.takes, file=file)


def _make_usage_error(what: str, mend: str, place: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=place), code=ExitCode.USAGE)
