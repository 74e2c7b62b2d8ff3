"""The figures of the reports, each with its words: one kind a module, drawn from the record alone."""

from audit.reporting.figures.analysis_figures import draw_analysis_figures
from audit.reporting.figures.canvas import PAGE_COLORS, Caption, remove_words, render_png, render_svg
from audit.reporting.figures.figure_kind import Drawing, name_figure_file
from audit.reporting.figures.registry import draw_quality_figures, draw_report_figures, draw_sample_figures

__all__ = [
    "PAGE_COLORS",
    "Caption",
    "Drawing",
    "draw_analysis_figures",
    "draw_quality_figures",
    "draw_report_figures",
    "draw_sample_figures",
    "name_figure_file",
    "remove_words",
    "render_png",
    "render_svg",
]
