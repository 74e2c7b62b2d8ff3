"""The frame that every figure shares: its fonts, its title and source, text fitted by measured width, and its bytes."""

import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MultipleLocator

from audit import formatting

Weight = Literal["regular", "bold"]

WIDTH = 6.5  # inches: the text of a Letter page
MARGIN = 0.1

# Contrast on white (WCAG 2.2): ink 17.2, muted 6.7, blue 10.3, orange 3.0 (marks only, never text), flag text 6.4.
# Blue and orange stay apart under every kind of colour blindness; severity is told by fill and shape.
INK, MUTED, RULE = "#1B1B1B", "#565C65", "#A9AEB1"
BLUE, ORANGE, FLAG_TEXT = "#12436D", "#F46A25", "#A3400E"
LIGHT, BAND, WIDE_BAND = "#7590AB", "#DCE4EC", "#EDF1F5"
PAPER, GRID, TINT = "#FFFFFF", "#DFE1E2", "#F1F4F7"

# The page's colour variables: name → in light and in dark mode. A figure is drawn light, and its dark form is the same
# drawing with each colour replaced. Contrast on dark paper: ink 14.8, muted 9.0, blue 7.1, orange 7.7, flag 9.1.
PAGE_COLORS = {
    "ink": (INK, "#E8EAEC"),
    "muted": (MUTED, "#B3B9C1"),
    "paper": (PAPER, "#14181C"),
    "tint": (TINT, "#1F252B"),
    "hair": (GRID, "#343B42"),
    "rule": (RULE, "#6B747D"),
    "blue": (BLUE, "#6FA8DC"),
    "orange": (ORANGE, "#FF8A57"),
    "flag": (FLAG_TEXT, "#FFA273"),
    "light": (LIGHT, "#5F7F9F"),
    "band": (BAND, "#2B4258"),
    "wide-band": (WIDE_BAND, "#202B36"),
}

_TITLE, _SUBTITLE, _NOTE = 13.0, 9.5, 8.0  # points
_LEADING = 1.35
_BARE_MARGIN = 0.02  # inches below a figure without words
_BARE_SIDE = MARGIN - 0.02  # what such a figure lacks on either side: set among text, it lines up with the text
_WORDS = "title, subtitle or note"  # by which these texts of a figure are known
_FONTS = Path(__file__).parent.parent / "fonts"
_STYLE = Path(__file__).parent / "audit.mplstyle"
_SETTINGS_LOCK = RLock()  # of matplotlib's settings and of the filter of warnings, which threads share


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The words of one figure. `alt` serves a reader who cannot see it, so it says what the title does not."""

    title: str
    subtitle: str
    note: str
    alt: str


@contextmanager
def apply_style() -> Iterator[None]:
    """The project's style and fonts, for as long as a figure is drawn or saved; one thread at a time.

    matplotlib's settings are one for the whole process. They are as before when the last thread is done.
    """
    with _SETTINGS_LOCK, matplotlib.rc_context(fname=_STYLE):
        _add_fonts()
        yield


@cache
def _add_fonts() -> None:
    for file in sorted(_FONTS.glob("*.ttf")):
        fontManager.addfont(file)


def start_figure(height: float, caption: Caption, *, bare: bool = False, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Start a figure whose body is `height` inches high, and return it with a body to draw on, measured in inches.

    Title and subtitle stand above the body, the note below it. A `bare` figure has none of them: a page sets them as
    text of its own. Only a bare figure has another `width` than a page, in inches: that of a narrow screen. Call it,
    and whatever draws on the body, inside `apply_style()`.
    """
    head: list[tuple[str, float, Weight, str]] = []
    foot: list[tuple[str, float, Weight, str]] = []
    if not bare:
        head += [(line, _TITLE, "bold", INK) for line in _balance_lines(caption.title, _TITLE, "bold")]
        head += [(line, _SUBTITLE, "regular", MUTED) for line in _balance_lines(caption.subtitle, _SUBTITLE, "regular")]
        foot += [(line, _NOTE, "regular", MUTED) for line in wrap_text(caption.note, _NOTE)]
    above = sum(map(_measure_line, head)) + 0.28 if head else 0.0
    below = sum(map(_measure_line, foot)) + 0.25 if foot else _BARE_MARGIN
    figure = Figure()
    body = figure.add_axes((0, 0, 1, 1))
    body.axis("off")
    _place_body(figure, body, height, above=above, below=below, side=_BARE_SIDE if bare else 0.0, width=width)
    _stack_lines(body, head, top=height + above - 0.06)
    _stack_lines(body, foot, top=-0.12)
    return figure, body


def remove_words(figure: Figure) -> None:
    """Make a figure that was drawn with its words a bare one, as a page wants it: the same as if it were drawn so."""
    [body] = figure.axes
    for text in [one for one in body.texts if one.get_label() == _WORDS]:
        text.remove()
    _place_body(figure, body, body.get_ylim()[1], above=0.0, below=_BARE_MARGIN, side=_BARE_SIDE)


def _place_body(
    figure: Figure, body: Axes, height: float, *, above: float, below: float, side: float, width: float = WIDTH
) -> None:
    """Set the size of a figure, and its body's place in it, in inches."""
    whole = above + height + below
    figure.set_size_inches(width - 2 * side, whole)
    body.set_position((0, below / whole, 1, height / whole))
    body.set(xlim=(side, width - side), ylim=(0, height))


def _measure_line(line: tuple[str, float, Weight, str]) -> float:
    return line[1] * _LEADING / 72 + (0.04 if line[1] == _TITLE else 0)  # a title stands a little off what follows


def _stack_lines(body: Axes, lines: list[tuple[str, float, Weight, str]], *, top: float) -> None:
    for line in lines:
        text, size, weight, color = line
        body.text(MARGIN, top, text, fontsize=size, fontweight=weight, color=color, va="top", label=_WORDS)
        top -= _measure_line(line)


def _balance_lines(text: str, size: float, weight: Weight) -> list[str]:
    """The text in as few lines as it needs, of about one length: no word is left alone on the last."""
    lines, width = wrap_text(text, size, weight), WIDTH - 2 * MARGIN
    while len(lines) > 1 and len(narrower := wrap_text(text, size, weight, width=(width := width - 0.1))) == len(lines):
        lines = narrower
    return lines


def add_plot_area(body: Axes, left: float, bottom: float, width: float, height: float) -> Axes:
    """A plotting area on a body, all four in inches."""
    return body.inset_axes((left, bottom, width, height), transform=body.transData)


def set_percent_axis(axis: Axis, span: float) -> float:
    """Mark an axis of shares in round percentages, at most six intervals to its `span`; return one interval."""
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    step = next((step for step in steps if span <= 6.01 * step), 0.2)
    axis.set_major_locator(MultipleLocator(step))
    places = 0 if step >= 0.01 else 1
    axis.set_major_formatter(FuncFormatter(lambda share, _: formatting.format_percent(round(share, 4), places=places)))
    return step


def format_rate(part: float | None, whole: int = 1) -> str:
    """A share as a figure has room for it: '96.5%', or '>99.9%' where the text says 'over 99.9%'."""
    return formatting.format_percent(part, whole).replace("over ", ">").replace("under ", "<")


def set_number(body: Axes, right: float, y: float, text: str, *, size: float, color: str, weight: Weight) -> None:
    """Set a number in figures of one width, so that columns line up, with its right edge at `right` inches."""
    number = body.text(right - measure_number(text, size), y, text, va="center_baseline", fontsize=size, color=color)
    number.set(fontweight=weight, fontfeatures=["tnum"])


def set_share(body: Axes, right: float, y: float, part: int, whole: int, *, size: float, room: float) -> None:
    """Set `part` of `whole`, the `of` in line down a column whose widest whole takes `room` inches."""
    set_number(body, right, y, formatting.format_count(whole), size=size, color=MUTED, weight="regular")
    body.text(right - room - 0.05, y, "of", fontsize=size, color=MUTED, ha="right", va="center_baseline")
    set_number(body, right - room - 0.22, y, formatting.format_count(part), size=size, color=MUTED, weight="regular")


def measure_share_column(shares: Iterable[tuple[int, int]], size: float) -> tuple[float, float]:
    """How wide a column of shares is, and of that its wholes, in inches."""
    parts, wholes = zip(
        *((measure_number(formatting.format_count(n), size) for n in share) for share in shares), strict=True
    )
    return max(parts) + 0.22 + max(wholes), max(wholes)


def measure_number(text: str, size: float) -> float:
    """How wide `set_number` sets a number, in inches: matplotlib (3.11) aligns text as if it had no font features."""
    return sum({",": 0.3, ".": 0.3, "%": 0.92}.get(character, 0.7) for character in text) * size / 72


@lru_cache(maxsize=4096)
def measure_text(text: str, size: float, weight: Weight = "regular") -> float:
    """How wide a line of text is set, in inches."""
    font = FontProperties(family=["Public Sans", "DejaVu Sans"], size=size, weight=weight)
    with _ignore_missing_glyphs():
        _add_fonts()
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def wrap_text(text: str, size: float, weight: Weight = "regular", *, width: float = WIDTH - 2 * MARGIN) -> list[str]:
    """The text in lines no wider than `width` inches."""
    lines: list[list[str]] = []
    space, room = measure_text("n n", size, weight) - measure_text("nn", size, weight), 0.0
    for word in formatting.make_plain_text(text).split():
        word = shorten_text(word, size, weight, width=width)
        needed = measure_text(word, size, weight) + space
        if not lines or needed > room:
            lines.append([])
            room = width + space
        lines[-1].append(word)
        room -= needed
    return [" ".join(line) for line in lines]


def shorten_text(text: str, size: float, weight: Weight = "regular", *, width: float) -> str:
    """The text, or as much of it as fits in `width` inches with an ellipsis."""
    text = formatting.make_plain_text(text)
    if measure_text(text, size, weight) <= width:
        return text
    fits = bisect_left(range(len(text)), width, key=lambda n: measure_text(text[: n + 1] + "…", size, weight))
    return text[:fits].rstrip() + "…"


def render_svg(figure: Figure) -> bytes:
    """The figure as SVG with outlined text: the same bytes for the same figure, on every machine."""
    return _save_figure(figure, "svg", {"Date": None, "Creator": None})


def render_png(figure: Figure) -> bytes:
    """The figure as PNG at 200 dots an inch: the same bytes for the same figure."""
    return _save_figure(figure, "png", {"Software": None})


def _save_figure(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    out = BytesIO()
    with apply_style(), _ignore_missing_glyphs():
        figure.savefig(out, format=kind, metadata=metadata)
    return out.getvalue()


@contextmanager
def _ignore_missing_glyphs() -> Iterator[None]:
    """A character that no font holds is drawn as a box; that is no reason to warn the reader of a report."""
    with _SETTINGS_LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
