"""Figures of results, each in one call: they show themselves in a notebook and are saved as SVG or PNG."""

from typing import TYPE_CHECKING, Protocol

from audit.compliance.office_rates import MeasureResult
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult
from audit.reporting.figures import Caption, Drawing, classes, funnel, offices, operating_curves, stopping_curves
from audit.sampling.sample_size import compute_tradeoffs
from audit.statistics.parameters import Prior, Rate, parse_rate
from audit.statistics.sizes.attribute import attribute_size
from audit.workflow.one_table import OfficeRates

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class _OfficeFigure(Protocol):
    """A module that draws the rates of the offices in one period."""

    def make_caption(self, result: MeasureResult, *, office: str, units: str, period: str) -> Caption: ...

    def draw_figure(self, result: MeasureResult, *, office: str, units: str, period: str) -> "Figure": ...


def plot_offices(rates: OfficeRates, *, month: str = "", office: str = "office", units: str = "cases") -> Drawing:
    """The rate of every office beside the limits of chance; of the last month where none is named."""
    return _draw_office_rates("offices", offices, rates, month=month, office=office, units=units)


def plot_funnel(rates: OfficeRates, *, month: str = "", office: str = "office", units: str = "cases") -> Drawing:
    """The rate of every office by its number of cases, with the 95% and 99.8% limits of chance."""
    return _draw_office_rates("funnel", funnel, rates, month=month, office=office, units=units)


def _draw_office_rates(
    name: str, figure: _OfficeFigure, rates: OfficeRates, *, month: str, office: str, units: str
) -> Drawing:
    period = _choose_month(rates, month)
    result = rates.results[period]
    return Drawing(
        name=name,
        caption=figure.make_caption(result, office=office, units=units, period=period),
        figure=figure.draw_figure(result, office=office, units=units, period=period),
    )


def plot_classes(result: SampleResult) -> Drawing:
    """The rate of the whole sample and of each class of case, with limits and bounds."""
    return Drawing(name="classes", caption=classes.make_caption(result), figure=classes.draw_figure(result))


def plot_sample_sizes(population: int | None, *, tolerable: Rate, level: Rate = "0.95") -> Drawing:
    """What allowing 0 to 5 deviations costs in cases, and the chance to pass at each true rate."""
    tradeoffs = compute_tradeoffs(population, tolerable=tolerable, confidence=level)
    return Drawing(
        name="sample-sizes",
        caption=operating_curves.make_caption(tradeoffs, tolerable=tolerable, confidence=level),
        figure=operating_curves.draw_figure(tradeoffs, population=population, tolerable=tolerable, confidence=level),
    )


def plot_stopping_times(population: int, *, tolerable: Rate, level: Rate = "0.95", prior: Prior) -> Drawing:
    """How many cases a review takes that may stop after any of them, by the true rate."""
    points = stopping_curves.compute_stopping_points(population, tolerable=tolerable, level=level, prior=prior)
    fixed = attribute_size(population, tolerable, 0, (1 + parse_rate(level)) / 2)
    return Drawing(
        name="stopping",
        caption=stopping_curves.make_caption(points, fixed=fixed, tolerable=tolerable),
        figure=stopping_curves.draw_figure(population, tolerable=tolerable, level=level, prior=prior),
    )


def _choose_month(rates: OfficeRates, month: str) -> str:
    period = month or max(rates.results)
    if period not in rates.results:
        what, mend = f"there is no month {month}", f"Name one of {', '.join(sorted(rates.results))}."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    return period
