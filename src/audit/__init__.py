"""How often offices documented their cases and followed the policy in force: the verbs of an audit."""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import Any as _Any

# Each verb is imported when it is first used, so that `import audit` costs nothing.
_VERBS = {
    "begin": "workflow.audit",
    "check": "tables.checks.suites",
    "scope": "sampling.frame",
    "plan": "sampling.plan",
    "draw": "sampling.draw",
    "redraw": "sampling.redraw",
    "assess": "policy.evaluate",
    "settle": "review.settle",
    "link": "tables.linkage",
    "rates": "compliance.office_rates",
    "assemble": "reporting.report",
    "show": "workflow.notebook",
}

__all__ = list(_VERBS)


def __getattr__(name: str) -> _Any:
    if name == "__version__":
        return _version("audit")
    if name not in _VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"{__name__}.{_VERBS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
