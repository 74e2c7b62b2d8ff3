"""Every respondent of a survey as a dot, in a row for each answer: no share is drawn that would look projected."""

from matplotlib.figure import Figure

from audit import formatting
from audit.analysis.surveys import SurveyResult
from audit.reporting.figures.canvas import (
    BLUE,
    INK,
    MARGIN,
    MUTED,
    WIDTH,
    Caption,
    apply_style,
    measure_text,
    start_figure,
    wrap_text,
)
from audit.reporting.survey_text import describe_answer, describe_selection

_STEP, _SIZE, _NAME = 0.145, 9.0, 1.7  # inches between dots; points; inches of an answer's words
MAXIMUM_DOTS = 400


def make_caption(result: SurveyResult) -> Caption:
    """The words of the figure."""
    counts = " ".join(describe_answer(one, result) for one in result.answers)
    most = max(result.answers, key=lambda one: one.respondents)
    answered = formatting.format_plural(result.answered, *result.unit)
    return Caption(
        title=f"{formatting.format_count(most.respondents)} of {answered} {most.words}",
        subtitle=f"{result.title}: one dot a {result.unit[0]}, by its answer",
        note=f"{describe_selection(result)} {result.synthetic}".strip(),
        alt=f"Dots by answer. {counts}",
    )


def draw_figure(result: SurveyResult, *, bare: bool = False) -> Figure:
    """A block of dots for each answer, with their number and share."""
    left = MARGIN + _NAME + 0.15
    across = int((WIDTH - MARGIN - left - 1.2) / _STEP)
    heights = [max(0.36, (-(-one.respondents // across)) * _STEP + 0.2) for one in result.answers]
    with apply_style():
        figure, body = start_figure(sum(heights) + 0.05, make_caption(result), bare=bare)
        top = sum(heights)
        for one, tall in zip(result.answers, heights, strict=True):
            lines = wrap_text(formatting.capitalize(one.words), _SIZE, width=_NAME)
            for number, line in enumerate(lines[:2]):
                at = left - 0.15 - measure_text(line, _SIZE)
                body.text(at, top - 0.14 - 0.15 * number, line, fontsize=_SIZE, va="center_baseline")
            places = [divmod(number, across) for number in range(one.respondents)]
            xs = [left + (column + 0.5) * _STEP for _, column in places]
            ys = [top - 0.14 - row * _STEP for row, _ in places]
            body.plot(xs, ys, linestyle="none", marker="o", markersize=6.2, color=BLUE, markeredgecolor="white")
            share = formatting.format_percent(one.respondents, result.answered)
            right, text = WIDTH - MARGIN, formatting.format_count(one.respondents)
            body.text(right - 0.62, top - 0.14, text, fontweight="bold", color=INK, ha="right", va="center_baseline")
            body.text(right, top - 0.14, share, fontsize=_SIZE, color=MUTED, ha="right", va="center_baseline")
            top -= tall
    return figure


def has_dots(result: SurveyResult) -> bool:
    """Whether there are respondents, and not too many to be told apart."""
    return 0 < result.answered <= MAXIMUM_DOTS
