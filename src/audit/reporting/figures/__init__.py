"""The figures of a report, each with the words that stand with it: one figure a module, drawn from the record alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from audit.compliance.office_rates import MeasureResult
from audit.display import Display, Displayable, display_svg
from audit.errors import AuditError, ExitCode, Problem
from audit.files import write_atomically
from audit.reporting.figures import classes, funnel, item_ages, map_areas, map_tiles, months, offices
from audit.reporting.figures import series as bars
from audit.reporting.figures.canvas import Caption, render_png, render_svg
from audit.reporting.report import Report, list_primary_results

__all__ = ["Caption", "Drawing", "draw_report_figures", "name_figure_file", "render_png", "render_svg"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Drawing(Displayable):
    """One figure: the name of its file, its words, and the figure itself. It shows itself in a notebook."""

    name: str
    caption: Caption
    figure: Figure

    def display(self) -> Display:
        """The figure as SVG, with its alternative text."""
        return display_svg(render_svg(self.figure), alt=self.caption.alt)

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file whose name ends in .svg or .png. AuditError (USAGE) for another ending."""
        path = Path(path)
        render = {".svg": render_svg, ".png": render_png}.get(path.suffix)
        if render is None:
            problem = Problem(what=f"a figure is not written as {path.name}", mend="End its name in .svg or .png.")
            raise AuditError(problem, code=ExitCode.USAGE)
        with write_atomically(path) as file:
            file.write_bytes(render(self.figure))
        return path


def draw_report_figures(report: Report, *, bare: bool = False) -> Iterator[Drawing]:
    """Every figure that the record can fill, in the order of the report: to compare takes two offices, a funnel ten.

    For each measure `offices-<measure>`, `map-<measure>` and `tiles-<measure>` where it is known where offices lie,
    `funnel-<measure>` and `months-<measure>`; `ages` of the open items, `classes` for a sample audit, `series-<id>`
    for each series. A `bare` figure leaves its title, subtitle and note to the page that shows it.
    """
    for result in list_primary_results(report.measures):
        if len(result.rated) >= 2:
            yield from _draw_comparisons(report, result, bare=bare)
        yield from _draw_run_charts(report, result, bare=bare)
    if report.follow_up and report.follow_up.open_end:
        words = {"unit": report.unit[0], "period": report.period_words}
        figure = item_ages.draw_figure(report.follow_up, **words, bare=bare)
        yield Drawing(name="ages", caption=item_ages.make_caption(report.follow_up, **words), figure=figure)
    if report.audit and report.audit.overall.rate is not None and (report.audit.classes or report.audience == "office"):
        figure = classes.draw_figure(report.audit, bare=bare)
        yield Drawing(name="classes", caption=classes.make_caption(report.audit), figure=figure)
    for series in report.series:
        figure = bars.draw_figure(series, bare=bare)
        yield Drawing(name=name_figure_file("series", series.id), caption=bars.make_caption(series), figure=figure)


def _draw_comparisons(report: Report, result: MeasureResult, *, bare: bool) -> Iterator[Drawing]:
    """The offices of a measure side by side."""
    words = {"office": report.office_noun, "units": report.unit[1], "period": report.period_words}
    varied = 0 < result.national.compliant < result.national.due
    kinds: list[tuple[str, Any, tuple[Any, ...]]] = [("offices", offices, (result,))]
    kinds += [("map", map_areas, (result, report.layout.areas))] if report.layout.areas else []
    kinds += [("tiles", map_tiles, (result, report.layout.tiles))] if report.layout.tiles else []
    kinds += [("funnel", funnel, (result,))] if len(result.rated) >= 10 and varied else []
    for kind, module, arguments in kinds:
        figure = module.draw_figure(*arguments, **words, bare=bare)
        yield Drawing(
            name=name_figure_file(kind, result.measure), caption=module.make_caption(*arguments, **words), figure=figure
        )


def _draw_run_charts(report: Report, result: MeasureResult, *, bare: bool) -> Iterator[Drawing]:
    """The run charts of a measure, where two offices or more have months to show."""
    for trend in report.trends:
        if trend.measure == result.measure and len(trend.offices_with_trend) >= 2:
            late = any(month.late for one in trend.offices for month in one.months)
            words = {
                "office": report.office_noun,
                "units": report.unit[1],
                "in_time": result.in_time if late or result.timed else "",
            }
            figure = months.draw_figure(trend, **words, bare=bare)
            name = name_figure_file("months", result.measure)
            yield Drawing(name=name, caption=months.make_caption(trend, **words), figure=figure)


def name_figure_file(*parts: str) -> str:
    """The name of a figure's file: its kind and what it shows, in letters, digits and hyphens."""
    return "-".join(re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
