"""Run charts: what is drawn is what the record has, and their words say no more than the flags."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from audit.compliance.trends import OfficeMonth, Trend, build_office_trend, pool_sparse_months
from audit.months import list_months
from audit.reporting.figures import canvas, months, render_svg, run_chart
from tests import made_up

WORDS: dict[str, Any] = {"office": "field office", "units": "matches", "in_time": "in time"}


@pytest.fixture(scope="module")
def trend() -> Trend:
    return made_up.report().trends[0]


@pytest.fixture(scope="module")
def drawn(trend: Trend) -> Figure:
    return months.draw_figure(trend, **WORDS)


def flagged(trend: Trend, **flags: str) -> Trend:
    """The same with these flags in the last month, and none else."""
    return replace(
        trend,
        offices=tuple(
            replace(
                one,
                months=(
                    *(replace(month, flag="") for month in one.months[:-1]),
                    replace(one.months[-1], flag=flags.get(one.office, "")),
                ),
            )
            for one in trend.offices
        ),
    )


def lines(figure: Figure) -> list[list[float]]:
    """The line of every panel: the only one over all months."""
    return [
        [float(y) for y in np.asarray(line.get_ydata())]
        for axes in figure.axes[0].child_axes
        for line in axes.get_lines()
        if len(np.asarray(line.get_xdata())) == 12
    ]


def test_each_panel_draws_the_rates_of_the_record(trend: Trend, drawn: Figure) -> None:
    shares = [[month.compliant / month.due for month in one.months] for one in trend.offices]
    assert lines(drawn) == sorted(shares, key=lambda one: one[-1]), "the lowest rate of the last month first"


def test_a_month_without_a_rate_is_a_gap(trend: Trend) -> None:
    first = trend.offices[0]
    gap = replace(first, months=(*first.months[:4], replace(first.months[4], due=10, compliant=3), *first.months[5:]))
    shown = lines(months.draw_figure(replace(trend, offices=(gap, *trend.offices[1:])), **WORDS))
    gaps = [[bool(np.isnan(share)) for share in line] for line in shown]
    assert [line for line in gaps if any(line)] == [[False] * 4 + [True] + [False] * 7]


def test_each_flag_of_the_record_has_its_mark(trend: Trend) -> None:
    figure = months.draw_figure(flagged(trend, HOU="below", ELP="below", SNA="above"), **WORDS)
    marks = [
        to_hex(line.get_markerfacecolor()).upper()
        for axes in figure.axes[0].child_axes
        for line in axes.get_lines()
        if line.get_marker() == "D"
    ]
    assert sorted(marks) == sorted([canvas.ORANGE, canvas.ORANGE, canvas.BLUE])


@pytest.mark.parametrize(
    ("flags", "title"),
    [
        ({}, "No field office lies outside the limits of its first months in September 2011"),
        ({"HOU": "below"}, "Houston lies below the limits of its first months in September 2011"),
        (
            {"HOU": "below", "ELP": "below", "SNA": "above"},
            "El Paso and Houston lie below the limits of their first months in September 2011, 1 above",
        ),
        (
            {"SNA": "above"},
            "1 of 24 field offices lies above the limits of its first months in September 2011, none below",
        ),
    ],
)
def test_the_title_says_what_the_flags_of_the_last_month_show(trend: Trend, flags: dict[str, str], title: str) -> None:
    assert months.make_caption(flagged(trend, **flags), **WORDS).title == title


def test_what_was_flagged_before_is_said_as_before(trend: Trend) -> None:
    first = flagged(trend).offices[0]
    before = replace(first, months=(replace(first.months[0], flag="below"), *first.months[1:]))
    caption = months.make_caption(replace(trend, offices=(before, *flagged(trend).offices[1:])), **WORDS)
    assert caption.title.endswith("in September 2011; 1 did before")
    assert "Below their limits: Atlanta (2010-10)." in caption.alt


def test_too_few_months_say_so(trend: Trend) -> None:
    early = replace(
        trend,
        months=trend.months[:3],
        offices=tuple(
            replace(one, centre=None, months=tuple(replace(m, lower=None, upper=None, flag="") for m in one.months[:3]))
            for one in trend.offices
        ),
    )
    caption = months.make_caption(early, **WORDS)
    assert caption.title == "Too few months yet to hold any field office against its own"
    assert "Limits are drawn once a field office has 8 months with a rate." in caption.note
    assert not [one for axes in months.draw_figure(early, **WORDS).axes[0].child_axes for one in axes.collections]


def test_offices_without_a_panel_are_named_with_the_reason(trend: Trend) -> None:
    few = replace(trend.offices[0], centre=None, months=tuple(replace(m, due=10) for m in trend.offices[0].months))
    none = replace(trend.offices[1], centre=None, months=())
    sparse = replace(trend, offices=(few, none, *trend.offices[2:]))
    figure = months.draw_figure(sparse, **WORDS)
    said = " ".join(text.get_text() for text in figure.findobj(Text))
    for words in (
        "No panel, with fewer than 11 due in every month or all but one: Atlanta",
        "No panel, with none due in any month: Baltimore",
    ):
        assert words in said and words in months.make_caption(sparse, **WORDS).alt
    assert len(lines(figure)) == 22


def test_the_same_record_gives_the_same_bytes(trend: Trend, drawn: Figure) -> None:
    assert render_svg(drawn) == render_svg(months.draw_figure(trend, **WORDS))


def test_one_office_alone_is_drawn_from_its_own_months(trend: Trend) -> None:
    one = trend.offices[0]
    words = {"title": trend.title, "units": "matches", "in_time": "in time"}
    assert lines(run_chart.draw_figure(one, trend.months, **words)) == [
        [month.compliant / month.due for month in one.months]
    ]
    title = run_chart.make_caption(one, trend.months, **words).title
    assert title == "87.1% in September 2011: above the limits of the first 8 months"
    calm = flagged(trend).offices[0]
    assert run_chart.make_caption(calm, trend.months, **words).title.endswith(
        ": within the limits of the first 8 months"
    )
    early = replace(one, centre=None, months=(replace(one.months[-1], lower=None, flag=""),))
    assert run_chart.make_caption(early, trend.months, **words).title.endswith("; too few months yet for limits")
    gone = replace(one, months=one.months[:-1])
    assert (
        run_chart.make_caption(gone, trend.months, **words).title == "Fewer than 11 due in September 2011, so no rate"
    )


def test_offices_withheld_from_the_public_are_counted(trend: Trend) -> None:
    public = replace(trend, offices=trend.offices[2:], withheld=2)
    said = "Withheld, because of a small count or to hide one: 2 field offices"
    assert said in months.make_caption(public, **WORDS).alt
    assert any(said in text.get_text() for text in months.draw_figure(public, **WORDS).findobj(Text))


def shift_months(trend: Trend, months: tuple[str, ...], due: int) -> Trend:
    """The trend with other months, in each of which every office has so many due and as many met."""
    return replace(
        trend,
        months=months,
        offices=tuple(
            build_office_trend(
                one.office,
                one.name,
                [OfficeMonth(month=month, due=due, compliant=due - 1, late=0, open_items=0) for month in months],
            )
            for one in trend.offices
        ),
    )


def test_a_stray_date_leaves_the_axis_to_the_other_months(trend: Trend) -> None:
    stray = OfficeMonth(month="1924-04", due=2, compliant=1, late=0, open_items=0)
    first = replace(trend.offices[0], months=(stray, *trend.offices[0].months))
    every = tuple(list_months("1924-04", trend.months[-1]))
    strayed = replace(trend, months=every, offices=(first, *trend.offices[1:]))
    assert lines(months.draw_figure(strayed, **WORDS)) == lines(months.draw_figure(trend, **WORDS))
    caption = months.make_caption(strayed, **WORDS)
    assert caption.subtitle.endswith("month by month, October 2010 to September 2011")
    assert "Not shown: 2 due before October 2010, never enough for a rate." in caption.note
    assert "12 months" in caption.alt
    later = replace(stray, month="2099-01")
    last = replace(trend.offices[0], months=(*trend.offices[0].months, later))
    future = replace(trend, months=tuple(list_months(trend.months[0], "2099-01")), offices=(last, *trend.offices[1:]))
    assert lines(months.draw_figure(future, **WORDS)) == lines(months.draw_figure(trend, **WORDS))
    caption = months.make_caption(future, **WORDS)
    assert caption.subtitle.endswith("October 2010 to September 2011")
    assert "Not shown: 2 due after September 2011, never enough for a rate." in caption.note


def test_months_with_few_cases_are_pooled_to_quarters(trend: Trend) -> None:
    """Seven due a month, of which six meet it: no month has a rate, and a quarter has 21 due, 18 met."""
    every = tuple(list_months("2009-01", "2011-02"))
    sparse = shift_months(replace(trend, offices=trend.offices[:3]), every, due=7)
    assert not sparse.offices_with_trend
    pooled = pool_sparse_months(sparse)
    assert pooled.months[:2] == ("2009-01/2009-03", "2009-04/2009-06") and pooled.months[-1] == "2011-01/2011-02"
    assert [(month.due, month.compliant) for month in pooled.offices[0].months] == [(21, 18)] * 8 + [(14, 12)]
    assert pooled.offices[0].centre == pytest.approx(18 / 21)
    caption = months.make_caption(sparse, **WORDS)
    assert caption.title == (
        "No field office lies outside the limits of its first quarters in January 2011 to February 2011"
    )
    assert "quarter by quarter, January 2009 to February 2011" in caption.subtitle
    assert "By quarter, because most months have fewer than 11 due." in caption.note
    assert "9 quarters" in caption.alt
    axes = months.draw_figure(sparse, **WORDS).axes[0].child_axes
    assert len(axes) == 3
    assert pool_sparse_months(trend) is trend


def test_quarters_that_are_sparse_too_stay_quarters(trend: Trend) -> None:
    """Of three offices one has four due a month, so 12 a quarter; the others have one a month, so 3 a quarter."""
    every = tuple(list_months("2010-01", "2010-12"))
    large = shift_months(replace(trend, offices=trend.offices[:2]), every, due=4)
    small = shift_months(replace(trend, offices=trend.offices[2:8]), every, due=1)
    sparse = replace(large, offices=(*large.offices, *small.offices))
    pooled = pool_sparse_months(sparse)
    assert pool_sparse_months(pooled) is pooled
    assert len(pooled.offices_with_trend) == 2
    assert len(months.draw_figure(sparse, **WORDS).axes[0].child_axes) == 2


def test_what_has_no_office_is_no_panel(trend: Trend) -> None:
    plain = [replace(month, lower=None, upper=None, flag="") for month in trend.offices[0].months]
    nowhere = build_office_trend("", "office not recorded", plain)
    assert (nowhere.centre, {month.flag for month in nowhere.months}) == (None, {""})
    with_it = replace(trend, offices=(*trend.offices, nowhere))
    assert len(lines(months.draw_figure(with_it, **WORDS))) == len(trend.offices)
    caption = months.make_caption(with_it, **WORDS)
    assert caption.title == months.make_caption(trend, **WORDS).title
    due = sum(month.due for month in nowhere.months)
    assert f"Office not recorded, so in no panel: {due:,} due." in caption.alt
