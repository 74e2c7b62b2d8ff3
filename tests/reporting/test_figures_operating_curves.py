"""Figures of plans: what they claim follows from the numbers they draw, and the same numbers give the same bytes."""

import pytest

from audit.cli import console
from audit.reporting.figures import operating_curves, stopping_curves
from audit.reporting.figures.canvas import render_svg
from audit.sampling.sample_size import compute_tradeoffs

CHOICES = compute_tradeoffs(348_958, tolerable="0.05")


def test_the_title_says_what_allowing_deviations_costs_and_gains() -> None:
    words = operating_curves.make_caption(CHOICES, tolerable="0.05", confidence="0.95")
    assert words.title == (
        "Allowing 5 deviations takes 208 cases instead of 59, "
        "and passes 95% of audits instead of 48% where 1.3% deviate"
    )
    assert words.note.startswith("Each plan misleads in at most 5.0% of audits")
    assert "59 cases with 0 allowed; 93 cases with 1 allowed" in words.alt


def test_the_same_plans_give_the_same_bytes() -> None:
    given = {"population": 348_958, "tolerable": "0.05", "confidence": "0.95"}
    assert render_svg(operating_curves.draw_figure(CHOICES, **given)) == render_svg(
        operating_curves.draw_figure(CHOICES, **given)
    )


def test_a_review_that_may_stop_is_worst_near_the_standard_and_best_far_from_it() -> None:
    found = stopping_curves.compute_stopping_points(1000, tolerable="0.05", level="0.90", prior=(1, 30))
    assert (found[0].rate, found[-1].rate) == (0, 0.3)
    assert found[0].mean == pytest.approx(66)
    assert found[-1].mean == pytest.approx(23.2, abs=0.1)
    worst = max(found, key=lambda stop: stop.mean)
    assert worst.rate == pytest.approx(0.05, abs=0.01)
    assert all(stop.most >= stop.mean * 0.9 for stop in found)


def test_its_title_says_the_price_and_the_gain() -> None:
    found = stopping_curves.compute_stopping_points(1000, tolerable="0.05", level="0.90", prior=(1, 30))
    words = stopping_curves.make_caption(found, fixed=57, tolerable="0.05")
    assert (
        words.title
        == "An office that fails in 30% of its cases is found out after 23; a clean one takes 66 instead of 57"
    )
    given = {"tolerable": "0.05", "level": "0.90", "prior": (1, 30)}
    assert render_svg(stopping_curves.draw_figure(200, **given)) == render_svg(
        stopping_curves.draw_figure(200, **given)
    )


def test_a_prompt_shows_the_same_choices_as_a_table() -> None:
    lines = console.format_tradeoffs(CHOICES).splitlines()
    assert lines[0] == "Chance to pass, by true rate:"
    rates = ("0.00%", "0.63%", "1.25%", "2.50%", "5.00%")
    assert lines[1].split() == ["allowed", "cases", *(word for rate in rates for word in ("at", rate))]
    assert lines[3].split()[:3] == ["1", "93", "100.0%"]
