"""Audits of how often offices documented their cases and followed the policy in force.

On a table of your own (polars, pandas, pyarrow, DuckDB): `plan`, `draw`, `redraw`, `check`, `assess`, `estimate`,
`limits`, `office_rates`; what their results show: `conclude`, `compare_samples`, `flag_offices`, and `plot_…`. A whole
audit: `open_audit`, whose verbs are those of the command line. `show` displays anything well in a notebook;
`audit.statistics` is the library of methods.
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from audit import statistics as statistics
    from audit.assessment.determinations import Determinations as Determinations
    from audit.assessment.explain import Explanation as Explanation
    from audit.errors import AuditError as AuditError
    from audit.estimation.rates import Estimate as Estimate
    from audit.estimation.rates import estimate_rate as _estimate_rate
    from audit.estimation.results import SampleResult as SampleResult
    from audit.sampling.frame import Frame as Frame
    from audit.sampling.plan import Plan as Plan
    from audit.tables.checks.results import Checks as Checks
    from audit.workflow.audit import Audit as Audit
    from audit.workflow.audit import open_audit as open_audit
    from audit.workflow.audit_reports import AuditReport as AuditReport
    from audit.workflow.audit_reports import MonthlyReport as MonthlyReport
    from audit.workflow.audit_review import AuditReview as AuditReview
    from audit.workflow.conclusions import FlaggedOffices as FlaggedOffices
    from audit.workflow.conclusions import SampleComparison as SampleComparison
    from audit.workflow.conclusions import StandardConclusion as StandardConclusion
    from audit.workflow.conclusions import compare_samples as compare_samples
    from audit.workflow.conclusions import conclude as conclude
    from audit.workflow.conclusions import flag_offices as flag_offices
    from audit.workflow.notebook import show_result as _show_result
    from audit.workflow.one_table import Limits as Limits
    from audit.workflow.one_table import OfficeRates as OfficeRates
    from audit.workflow.one_table import Sample as Sample
    from audit.workflow.one_table import assess as assess
    from audit.workflow.one_table import check as check
    from audit.workflow.one_table import draw as draw
    from audit.workflow.one_table import limits as limits
    from audit.workflow.one_table import office_rates as office_rates
    from audit.workflow.one_table import plan as plan
    from audit.workflow.one_table import redraw as redraw
    from audit.workflow.plots import plot_classes as plot_classes
    from audit.workflow.plots import plot_funnel as plot_funnel
    from audit.workflow.plots import plot_offices as plot_offices
    from audit.workflow.plots import plot_sample_sizes as plot_sample_sizes
    from audit.workflow.plots import plot_stopping_times as plot_stopping_times

    __version__: str
    estimate = _estimate_rate
    show = _show_result

# Where each name is; it is imported when it is first used, so that `import audit` costs nothing.
_ORIGINS = {
    "Audit": "workflow.audit",
    "AuditError": "errors",
    "AuditReport": "workflow.audit_reports",
    "AuditReview": "workflow.audit_review",
    "Checks": "tables.checks.results",
    "Determinations": "assessment.determinations",
    "Estimate": "estimation.rates",
    "Explanation": "assessment.explain",
    "FlaggedOffices": "workflow.conclusions",
    "Frame": "sampling.frame",
    "Limits": "workflow.one_table",
    "MonthlyReport": "workflow.audit_reports",
    "OfficeRates": "workflow.one_table",
    "Plan": "sampling.plan",
    "Sample": "workflow.one_table",
    "SampleComparison": "workflow.conclusions",
    "SampleResult": "estimation.results",
    "StandardConclusion": "workflow.conclusions",
    "assess": "workflow.one_table",
    "check": "workflow.one_table",
    "compare_samples": "workflow.conclusions",
    "conclude": "workflow.conclusions",
    "draw": "workflow.one_table",
    "estimate": "estimation.rates:estimate_rate",
    "flag_offices": "workflow.conclusions",
    "limits": "workflow.one_table",
    "office_rates": "workflow.one_table",
    "open_audit": "workflow.audit",
    "plan": "workflow.one_table",
    "plot_classes": "workflow.plots",
    "plot_funnel": "workflow.plots",
    "plot_offices": "workflow.plots",
    "plot_sample_sizes": "workflow.plots",
    "plot_stopping_times": "workflow.plots",
    "redraw": "workflow.one_table",
    "show": "workflow.notebook:show_result",
}

__all__ = [*_ORIGINS, "statistics"]


def __getattr__(name: str) -> _Any:
    if name == "__version__":
        return _version("audit-toolkit")
    if name == "statistics":
        return _import_module(f"{__name__}.statistics")
    if name not in _ORIGINS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, origin = _ORIGINS[name].partition(":")
    return getattr(_import_module(f"{__name__}.{module}"), origin or name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
