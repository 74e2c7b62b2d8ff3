"""The words of the monthly report follow from its numbers."""

from dataclasses import replace

import pytest

from audit import formatting
from audit.reporting import month_remarks, month_text
from audit.reporting.figures import PAGE_COLORS, backlog, office_strip, rate_line, render_svg
from audit.reporting.formats.inline_figure import darken_figure
from audit.reporting.office_order import order_offices
from tests import made_up, made_up_month

REPORT = made_up_month.report()


def test_three_figures_lead_and_each_has_its_whole() -> None:
    rate, target, still = month_text.make_month_figures(REPORT)
    n = REPORT.measures[0].national
    assert rate.value == formatting.format_percent(n.compliant, n.due) and f"of {n.due:,} matches" in rate.detail
    assert (target.value, target.label) == ("3 of 24", "offices fall short of 86%")
    assert target.detail == "by more than chance; 1 below it but too close to say, 20 meet it."
    assert (still.value, still.label) == ("67", "items still open, all months")
    assert still.detail == "50 (75%) for more than 90 days. Since the last report: 10 new, 3 resolved."


def test_without_a_target_the_gap_to_all_leads() -> None:
    report = made_up_month.report(target=False)
    n = report.measures[0].national
    _, gap, _ = month_text.make_month_figures(report)
    assert gap.value == f"{n.due - n.compliant:,}" and gap.detail.startswith("Target: none declared.")


def test_what_lacks_before_issue_is_listed_and_nothing_once_issued() -> None:
    assert len(month_text.list_issue_gaps(REPORT)) == 3
    assert month_text.list_issue_gaps(replace(REPORT, status="issued")) == ()


def test_the_escalated_are_counted_on_page_one() -> None:
    steps = month_remarks.list_next_steps(REPORT)
    assert steps[0] == "One office is escalated by the declared rule (see Follow-up)."
    assert "due in 60 days" in steps[1]


def test_the_order_is_by_rate_then_size() -> None:
    made = made_up.report(offices=3)
    names = [one.name for one in order_offices(made.measures[0])]
    assert names == ["St. Paul", "Seattle", "Washington"]  # 67.2%, 87.4%, 88.4%


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ((70, 60, 67), "The backlog has grown since last month; 75% of it is older than 90 days"),
        ((90, 80, 67), "The backlog has fallen for two months; 75% of it is older than 90 days"),
        ((60, 67, 67), "The backlog is as large as a month ago; 75% of it is older than 90 days"),
    ],
)
def test_the_title_of_the_backlog_counts_the_months(counts: tuple[int, ...], title: str) -> None:
    assert REPORT.follow_up
    months = [replace(one, open_end=n) for one, n in zip(REPORT.follow_up.backlog, counts, strict=True)]
    assert backlog.make_caption(months, unit="match").title == title


@pytest.mark.parametrize(("target", "where"), [(0.5, "meets the target"), (0.99, "is below the target")])
def test_the_line_says_where_the_rate_is_to_the_target(target: float, where: str) -> None:
    line = rate_line.make_rate_line(REPORT.months, duties=made_up_month.DUTIES, target=target, units="matches")
    caption = rate_line.make_caption(line)
    assert caption.title.endswith(f"; it {where}") and f"Target {target:.0%}" in caption.alt
    assert [duty.words for duty in line.shown_duties] == ["an instruction", "its reminder"]


def test_a_dark_figure_is_the_same_drawing_in_the_colours_of_the_page() -> None:
    line = rate_line.make_rate_line(REPORT.months, duties=made_up_month.DUTIES, target=0.9, units="matches")
    light = render_svg(rate_line.draw_figure(line, bare=True))
    dark = darken_figure(light)
    assert len(dark) == len(light) and dark != light
    assert not any(color.lower().encode() in dark for color, _ in PAGE_COLORS.values())


def test_a_strip_holds_the_target_and_marks_only_what_stands_out() -> None:
    result, target = REPORT.measures[0], REPORT.targets[0]
    scale = office_strip.make_strip_scale(result, target)
    assert scale.low <= min(one.timely or 1.0 for one in result.rated) and scale.low <= 0.86 <= scale.high
    marks = dict(office_strip.list_marks(result, target))
    assert sorted(mark for mark in marks.values() if mark != "plain") == ["close", "low", "low", "low"]
    low = office_strip.render_strip(result.rated[0], scale, "low")
    assert PAGE_COLORS["orange"][0].encode() in low
    assert PAGE_COLORS["orange"][0].encode() not in office_strip.render_strip(result.rated[0], scale, "plain")


@pytest.mark.parametrize(("change", "words"), [(0.012, "+1.2"), (-0.0004, "0.0"), (-0.013, "−1.3"), (None, "–")])
def test_a_change_is_signed_and_in_points(change: float | None, words: str) -> None:
    assert formatting.format_points(change) == words
