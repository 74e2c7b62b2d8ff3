"""How often offices documented their cases and followed the policy in force: the verbs of an audit."""

from importlib import import_module
from typing import Any

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


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_VERBS[name]}"), name)
