"""What figures leave alone: matplotlib's settings, and each other where several threads draw."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import matplotlib
import pytest

from audit.reporting.figures import draw_report_figures, render_png, render_svg
from audit.reporting.figures.canvas import measure_text
from tests import made_up

LATER_PARTS = {"trends": (), "open_items": ()}


def draw_all(offices: int) -> list[bytes]:
    report = replace(made_up.report(offices=offices), **LATER_PARTS)
    drawings = list(draw_report_figures(report))
    return [render(drawing.figure) for drawing in drawings for render in (render_svg, render_png)]


def test_two_threads_draw_what_one_draws_and_leave_the_settings_as_they_were() -> None:
    alone = [draw_all(3), draw_all(4)]
    before, barrier = dict(matplotlib.rcParams), Barrier(2)

    def draw_beside(offices: int) -> list[list[bytes]]:
        barrier.wait(timeout=60)
        return [draw_all(offices) for _ in range(2)]

    with ThreadPoolExecutor(2) as threads:
        beside = list(threads.map(draw_beside, (3, 4)))
    assert dict(matplotlib.rcParams) == before
    assert beside == [[files] * 2 for files in alone]


def test_the_settings_of_who_draws_beside_change_nothing() -> None:
    plain, width = draw_all(3), measure_text("Boston", 9.0)
    settings = {"font.size": 20, "font.style": "italic", "savefig.facecolor": "yellow", "svg.fonttype": "none"}
    with matplotlib.rc_context(settings):
        measure_text.cache_clear()
        assert measure_text("Boston", 9.0) == pytest.approx(width)
        assert draw_all(3) == plain
        assert {name: matplotlib.rcParams[name] for name in settings} == settings
    measure_text.cache_clear()
