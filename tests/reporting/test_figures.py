"""Figures: what their words claim, what they show, that nothing is cut off, and the same bytes twice."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from audit import formatting, programs
from audit.estimation.results import SampleResult
from audit.reporting.figures import (
    Drawing,
    canvas,
    classes,
    draw_analysis_figures,
    draw_report_figures,
    funnel,
    marks,
    name_figure_file,
    offices,
    remove_words,
    render_png,
    render_svg,
    series,
)
from audit.storage.declarations import read_program
from tests import made_up, made_up_month
from tests.made_up_analyses import analysis_report

WORDS: dict[str, Any] = {"office": "field office", "units": "matches", "period": "September 2011"}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "few": {"offices": 3, "without_cases": 1},
    "complete": {"complete": True, "without_cases": 2},
    "untimed": {"timed": False},
    "hostile": {"hostile": True},
}


@cache
def drawn(variant: str, *, bare: bool = False) -> list[Drawing]:
    return [*draw_report_figures(made_up.report(**VARIANTS[variant]), bare=bare)]


@pytest.fixture
def plain() -> list[Drawing]:
    return drawn("plain")


def marks_drawn(figure: Figure, color: str, marker: str) -> int:
    """Marks of a kind in the plotting areas; the key's single one is not there."""
    lines = [line for axes in figure.axes[0].child_axes for line in axes.get_lines() if line.get_marker() == marker]
    return sum(np.size(line.get_xdata()) for line in lines if to_hex(line.get_markerfacecolor()) == color.lower())


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (23_500_000, 690_000_000, "rose 29-fold"),  # 29.36
        (95_664, 348_958, "rose 3.6-fold"),  # 3.648
        (100, 300, "rose 3-fold"),
        (100, 299, "rose 3-fold"),  # 2.99
        (100, 200, "rose 2-fold"),
        (100, 199, "rose by 99%"),
        (100, 100, "stayed the same"),
        (100, 51, "fell by 49%"),
        (100, 0, "fell by 100%"),
        (0, 7, "rose"),
    ],
)
def test_the_change_of_a_series_is_worked_out(start: int, end: int, words: str) -> None:
    assert series.describe_change(start, end) == words


def test_the_title_of_a_series_gives_both_ends_and_a_size_made_from_them() -> None:
    caption = series.make_caption(made_up.matches())
    assert caption.title == "IDENT matches rose 3.6-fold, from 95,664 in FY 2009 to 348,958 in FY 2011"
    assert "FY 2009 95,664, FY 2010 248,166 and FY 2011 348,958" in caption.alt


def test_a_bar_stands_from_zero_for_each_value() -> None:
    (plot,) = series.draw_figure(made_up.matches()).axes[0].child_axes
    assert plot.get_ylim()[0] == 0
    assert [bar.get_height() for bar in plot.containers[0]] == [95_664, 248_166, 348_958]


def test_a_period_without_a_value_says_so_and_has_no_bar() -> None:
    some = replace(made_up.matches(), periods=("FY 2008", "FY 2009", "FY 2010", "FY 2011"))
    (plot,) = series.draw_figure(some).axes[0].child_axes
    assert [bar.get_height() for bar in plot.containers[0]] == [0, 95_664, 248_166, 348_958]
    assert [text.get_text() for text in plot.texts] == ["no data", "95,664", "248,166", "348,958"]
    caption = series.make_caption(some)
    assert caption.note.endswith("Of 4 periods 1 has no value here, and none is drawn.")
    assert "FY 2008 no data, FY 2009 95,664" in caption.alt


def test_a_series_of_one_value_or_of_none_claims_no_change() -> None:
    one = replace(made_up.matches(), points=(("FY 2010", 2_027),), periods=("FY 2009", "FY 2010"))
    assert series.make_caption(one).title == "IDENT matches: 2,027 (FY 2010)"
    none = replace(one, points=())
    assert series.make_caption(none).title == "IDENT matches: the source does not give the numbers"
    (plot,) = series.draw_figure(none).axes[0].child_axes
    assert [text.get_text() for text in plot.texts] == ["no data", "no data"]


def test_the_three_series_of_the_seed_report_are_as_its_text_has_them() -> None:
    """DHS OIG-12-64: Background; Expanded Identification Coverage; Figure 3. It gives no others of the first two."""
    program = read_program(programs.find_program_folder("secure_communities"))
    assert [(one.id, one.points) for one in program.series] == [
        ("funding", (("FY 2004", 23_500_000), ("FY 2011", 690_000_000))),
        ("jurisdictions", (("28 Dec 2011", 2_027),)),
        ("matches", made_up.matches().points),
    ]
    funding = series.make_caption(program.series[0])
    ends = "from $23.5 million in FY 2004 to $690 million in FY 2011"
    assert funding.title.endswith(f"criminal aliens rose 29-fold, {ends}")
    assert "FY 2004 $23.5 million" in funding.alt and "FY 2011 $690 million" in funding.alt


def test_up_to_three_offices_below_are_named_and_more_are_counted() -> None:
    result = made_up.report().measures[0]
    few = offices.make_caption(result, **WORDS).title
    assert few == "El Paso, Houston and St. Paul lie below the limits of chance"
    many = replace(
        result, offices=tuple(replace(o, flag="below" if i < 9 else "") for i, o in enumerate(result.offices))
    )
    assert marks.summarize_flags(many, office="field office") == "9 of 24 field offices lie below the limits of chance"


@pytest.mark.parametrize(
    ("variant", "title"),
    [
        ({"offices": 3, "complete": True}, "Every field office with a rate stands at 100%"),
        ({"offices": 3, "without_cases": 1}, "St. Paul lies below the limits of chance"),
    ],
)
def test_titles_follow_the_flags(variant: dict[str, Any], title: str) -> None:
    assert marks.summarize_flags(made_up.report(**variant).measures[0], office="field office") == title


def test_without_a_flag_the_titles_are_neutral() -> None:
    result = made_up.report().measures[0]
    calm = replace(result, offices=tuple(replace(o, flag="") for o in result.offices))
    assert offices.make_caption(calm, **WORDS).title == "No field office lies below the limits of chance"
    assert funnel.make_caption(calm, **WORDS).title == "Every field office shown lies within the limits of chance"
    assert "Against 99.8% limits of chance, none is outside them." in offices.make_caption(calm, **WORDS).alt


def test_words_and_bands_say_which_limits_they_are() -> None:
    result = made_up.report().measures[0]
    wide = replace(result, spread=0.002, dispersion=6.249)
    title = "El Paso, Houston and St. Paul lie below the widened limits"
    assert [offices.make_caption(r, **WORDS).title for r in (result, wide)] == [
        title.replace("widened limits", c) for c in ("limits of chance", "widened limits")
    ]
    for module in (offices, funnel):
        narrow, widened = (module.make_caption(r, **WORDS) for r in (result, wide))
        assert "where chance alone would put a field office of that size if all had one rate" in narrow.note
        assert (
            "widened for the ordinary spread between offices" in widened.note
            and "chance alone would put" not in widened.note
        )
        assert "Against 99.8% limits of chance, below them: " in narrow.alt
        assert "Against 99.8% limits widened for the ordinary spread between offices, below them: " in widened.alt
        shown = {text.get_text() for text in module.draw_figure(wide, **WORDS).findobj(Text)}
        assert ("widened limits" in shown) == (module is offices)
    assert "their dispersion" not in narrow.note and "the dispersion is 6.2" in widened.note
    assert (
        funnel.make_caption(wide, **WORDS).title == "Outside the widened limits: 3 of 24 field offices below, 3 above"
    )
    calm = replace(wide, offices=tuple(replace(o, flag="") for o in wide.offices))
    assert (
        offices.make_caption(calm, **WORDS).title
        == "Offices differ by more than chance; none lies below the widened limits"
    )


def test_the_funnel_draws_the_limits_that_the_record_has() -> None:
    result = made_up.report().measures[0]
    reach = []
    for spread in (0.0, 0.002):
        (plot,) = funnel.draw_figure(replace(result, spread=spread), **WORDS).axes[0].child_axes
        area = np.asarray(plot.collections[0].get_paths()[0].vertices)  # the 99.8% limits
        reach.append(area[area[:, 0] > 5_000, 1].min())
    assert reach[0] == pytest.approx(0.843, abs=0.002)  # 85.9%, give or take 3.1 standard errors of 0.5 points
    assert reach[1] == pytest.approx(0.749, abs=0.002)  # 3.1 times 0.045 lower on the arcsine scale


def test_an_office_with_too_few_due_has_no_mark_and_stands_at_the_foot_with_its_counts() -> None:
    result = made_up.report().measures[0]
    few = replace(result.offices[0], due=9, compliant=2, timely=None, flag="too few")
    result = replace(result, offices=(few, *result.offices[1:]))
    figure = offices.draw_figure(result, **WORDS)
    assert "Fewer than 11 due, so no rate: Atlanta (2 of 9)" in [text.get_text() for text in figure.findobj(Text)]
    assert "Fewer than 11 due, so no rate: Atlanta (2 of 9)." in offices.make_caption(result, **WORDS).alt
    assert (
        sum(
            marks_drawn(figure, color, shape)
            for color, shape in ((canvas.ORANGE, "D"), (canvas.BLUE, "D"), (canvas.BLUE, "o"))
        )
        == 23
    )
    assert "Not shown: field offices with fewer than 11 due." in funnel.make_caption(result, **WORDS).note


def test_the_funnel_counts_both_sides() -> None:
    title = funnel.make_caption(made_up.report().measures[0], **WORDS).title
    assert title == "Outside the limits of chance: 3 of 24 field offices below, 3 above"


def test_a_class_is_named_only_where_its_limits_lie_below_the_overall_rate() -> None:
    audit = made_up.sample_audit()
    assert classes.make_caption(audit).title == "Priority 2 or 3: below the overall rate of 96.5%"
    calm = replace(audit, classes=audit.classes[:1])  # 94.3%, limits up to 96.7%
    assert classes.make_caption(calm).title == "No class of case is clearly below the overall rate of 96.5%"


@pytest.mark.parametrize("draw", [offices.draw_figure, funnel.draw_figure])
def test_each_flag_has_its_mark(draw: Callable[..., Figure]) -> None:
    figure = draw(made_up.report().measures[0], **WORDS)
    assert marks_drawn(figure, canvas.ORANGE, "D") == 3
    assert marks_drawn(figure, canvas.BLUE, "D") == 3
    assert marks_drawn(figure, canvas.BLUE, "o") == 18


def test_an_office_at_all_of_its_cases_is_not_above_the_limits() -> None:
    figure = offices.draw_figure(made_up.report(complete=True).measures[0], **WORDS)
    assert marks_drawn(figure, canvas.BLUE, "o") == 24


def test_late_records_have_a_mark_of_their_own_only_where_there_are_any() -> None:
    timed, untimed = (made_up.report(timed=timed).measures[0] for timed in (True, False))
    assert marks_drawn(offices.draw_figure(timed, **WORDS), "#ffffff", "o") == 24
    assert marks_drawn(offices.draw_figure(untimed, **WORDS), "#ffffff", "o") == 0
    assert "in time" in offices.make_caption(timed, **WORDS).subtitle
    assert "in time" not in offices.make_caption(untimed, **WORDS).subtitle


def test_offices_without_cases_stand_at_the_foot() -> None:
    result = made_up.report(without_cases=2).measures[0]
    texts = [text.get_text() for text in offices.draw_figure(result, **WORDS).findobj(Text)]
    assert "None due: Atlanta and Baltimore" in texts
    assert len(result.rated) == 22


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_cut_off(variant: str, bare: bool) -> None:
    for drawing in drawn(variant, bare=bare):
        with canvas.apply_style():
            box = drawing.figure.get_tightbbox()
            width, height = drawing.figure.get_size_inches()
        room = (box.x0, box.y0, width - box.x1, height - box.y1)  # left at each side, in inches
        assert min(room) > -1e-6, drawing.name


def test_figures_are_drawn_for_a_page_and_bare_ones_without_their_words(plain: list[Drawing]) -> None:
    assert [drawing.name for drawing in plain] == [
        "rate-match-documentation",
        "offices-match-documentation",
        "funnel-match-documentation",
        "months-match-documentation",
    ]
    for one, other in zip(plain, drawn("plain", bare=True), strict=True):
        assert one.figure.get_figwidth() == 6.5
        assert other.figure.get_figheight() < one.figure.get_figheight()
        assert one.caption.title not in [text.get_text() for text in other.figure.findobj(Text)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_figure_whose_words_are_taken_out_is_the_one_that_is_drawn_without_them(variant: str) -> None:
    own = draw_report_figures(made_up.report(**VARIANTS[variant]))  # they are altered
    for one, other in zip(own, drawn(variant, bare=True), strict=True):
        render_png(one.figure)
        remove_words(one.figure)
        assert render_svg(one.figure) == render_svg(other.figure), one.name


def test_what_cannot_be_compared_is_not_drawn() -> None:
    assert [d.name for d in draw_report_figures(made_up.report(offices=1))] == ["rate-match-documentation"]
    single = replace(made_up.report(offices=1), months=made_up.report().months[-1:])
    assert [d.name for d in draw_report_figures(single)] == []
    assert "funnel-match-documentation" not in [d.name for d in draw_report_figures(made_up.report(offices=9))]
    assert "funnel-match-documentation" not in [d.name for d in drawn("complete")]


def test_the_alternative_says_more_than_the_title(plain: list[Drawing]) -> None:
    for words in (drawing.caption for drawing in plain):
        assert words.alt and words.alt not in (words.title, words.subtitle, words.note)


def test_the_alternative_holds_the_ends_of_the_list_and_the_whole() -> None:
    alt = offices.make_caption(made_up.report().measures[0], **WORDS).alt
    assert "St. Paul (67.2%, 41 of 61)" in alt
    assert "San Antonio (91.5%, 2,764 of 3,021)" in alt
    assert "85.9%, 25,630 of 29,830" in alt


def test_the_same_figure_gives_the_same_bytes_without_date_or_live_text(plain: list[Drawing]) -> None:
    first, second = ([render_svg(d.figure) for d in made] for made in (plain, draw_report_figures(made_up.report())))
    assert first == second
    assert not any(word in file for file in first for word in (b"<text", b"dc:date", b"Matplotlib"))
    bars, again = (render_png(series.draw_figure(made_up.matches())) for _ in range(2))
    assert bars == again and b"Matplotlib" not in bars


def test_text_is_set_on_one_line_without_marks_that_turn_it() -> None:
    assert formatting.make_plain_text("a\nb\t c\x00d \u202egnp.exe\u202c") == "a b c d gnp.exe"


def test_text_is_fitted_by_its_measured_width() -> None:
    lines = canvas.wrap_text("word " * 60, 9.5, width=3.0)
    assert len(lines) > 1 and max(canvas.measure_text(line, 9.5) for line in lines) <= 3.0
    short = canvas.shorten_text("Long name " * 30, 9.0, width=1.5)
    assert short.endswith("…") and 1.3 < canvas.measure_text(short, 9.0) <= 1.5
    assert canvas.shorten_text("Buffalo", 9.0, width=1.5) == "Buffalo"


def test_numbers_in_figures_are_short_and_never_round_to_all() -> None:
    assert [canvas.format_rate(11_711, 11_712), canvas.format_rate(1, 5_000), canvas.format_rate(698, 723)] == [
        ">99.9%",
        "<0.1%",
        "96.5%",
    ]


def test_file_names_are_safe() -> None:
    assert name_figure_file("offices", "../Match documentation") == "offices-match-documentation"


def test_the_bounds_lie_behind_the_overall_rate() -> None:
    audit: SampleResult = made_up.sample_audit()
    (plot,) = classes.draw_figure(audit).axes[0].child_axes
    extent = plot.patches[0].get_extents().transformed(plot.transData.inverted())
    assert (extent.x0, extent.x1) == pytest.approx((audit.overall.worst, audit.overall.best))
    limits = next(line for line in plot.get_lines() if to_hex(line.get_color()) == canvas.LIGHT.lower())
    assert np.asarray(limits.get_xdata()).tolist() == [audit.overall.lower, audit.overall.upper]


def test_no_word_of_a_figure_names_a_shade_which_dark_mode_turns_round() -> None:
    shades = re.compile(r"\b(?:dark|light|pale|black|white)(?:er|est)?\b", re.IGNORECASE)
    drawings = [*draw_report_figures(made_up_month.report()), *draw_analysis_figures(analysis_report())]
    for drawing in drawings:
        caption, figure = drawing.caption, drawing.figure
        words = [caption.title, caption.subtitle, caption.note, caption.alt]
        words += [one.get_text() for one in figure.findobj(Text) if isinstance(one, Text)]
        assert not [text for text in words if shades.search(text)], drawing.name
