"""How often offices documented their cases and followed the policy in force: the verbs of an audit."""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import Any as _Any

# Each verb is imported when it is first used, so that `import audit` costs nothing.
_VERBS = {
    "open_audit": "workflow.audit:open_audit",
    "check": "tables.checks.suites:run_suites",
    "scope": "sampling.frame:build_sampling_frame",
    "plan": "sampling.plan:plan_sample",
    "draw": "sampling.draw:draw_designed_sample",
    "redraw": "sampling.redraw:find_redraw_differences",
    "assess": "policy.evaluate:apply_policy",
    "settle": "review.settle:settle_determinations",
    "link": "tables.linkage:link_records",
    "rates": "compliance.office_rates:rate_offices",
    "assemble": "reporting.report:assemble_report",
    "show": "workflow.notebook:show_result",
}

__all__ = list(_VERBS)


def __getattr__(name: str) -> _Any:
    if name == "__version__":
        return _version("audit")
    if name not in _VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, function = _VERBS[name].partition(":")
    return getattr(_import_module(f"{__name__}.{module}"), function)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
