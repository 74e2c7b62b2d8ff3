"""The figure of ages: the ledger's bands as bars, and a title that counts the last."""

from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from audit.reporting.figures import canvas, draw_report_figures, item_ages, render_svg
from tests import made_up

FOUND = made_up.follow_up()


def test_each_band_is_a_bar_as_long_as_its_number() -> None:
    figure = item_ages.draw_figure(FOUND, unit="match", period="September 2011")
    [plot] = figure.axes[0].child_axes
    [bars] = plot.containers
    assert [round(bar.get_width()) for bar in bars] == [n for _, n in FOUND.ages] == [9, 11, 9, 12]
    assert plot.get_xlim()[0] == 0
    assert [to_hex(bar.get_facecolor()).upper() for bar in bars] == [*[canvas.BLUE] * 3, canvas.ORANGE]
    said = [text.get_text() for text in figure.findobj(Text)]
    for words in ("9  (22.0%)", "11  (26.8%)", "12  (29.3%)", "over 90 days"):
        assert words in said


@pytest.mark.parametrize(
    ("last", "title"),
    [
        (12, "12 of 41 open items (29.3%) are over 90 days old"),
        (1, "1 of 41 open items (2.4%) is over 90 days old"),
        (0, "No open item is over 90 days old"),
    ],
)
def test_the_title_counts_the_last_band(last: int, title: str) -> None:
    found = replace(FOUND, ages=(*FOUND.ages[:-1], (FOUND.ages[-1][0], last)))
    assert item_ages.make_caption(found, unit="match", period="September 2011").title == title


def test_the_alternative_has_every_band_and_the_note_the_oldest() -> None:
    caption = item_ages.make_caption(FOUND, unit="match", period="September 2011")
    assert "0 to 30 days 9 (22.0%), 31 to 60 days 11 (26.8%), 61 to 90 days 9 (22.0%) and over 90 days" in caption.alt
    assert caption.note == "From the ledger: 41 items open on the day of this report, the oldest for 334 days."


def test_it_stands_in_a_report_with_a_ledger_that_has_something_open() -> None:
    report = made_up.report(offices=1)
    names = [drawing.name for drawing in draw_report_figures(replace(report, follow_up=FOUND))]
    assert names == ["rate-match-documentation", "ages"]
    closed = replace(FOUND, open_end=0, ages=tuple((age, 0) for age, _ in FOUND.ages))
    assert "ages" not in [drawing.name for drawing in draw_report_figures(replace(report, follow_up=closed))]


def test_the_same_record_gives_the_same_bytes() -> None:
    one, other = (render_svg(item_ages.draw_figure(FOUND, unit="match", period="September 2011")) for _ in range(2))
    assert one == other
