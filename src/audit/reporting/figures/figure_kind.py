"""A kind of figure: of which record it can be drawn, how, and with which words."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from matplotlib.figure import Figure

from audit.display import Display, Displayable, display_svg
from audit.errors import make_usage_error
from audit.files import write_atomically
from audit.reporting.figures.canvas import Caption, render_png, render_svg

Record = TypeVar("Record")
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Drawing(Displayable):
    """One figure: the name of its file, its words, and the figure itself. It shows itself in a notebook.

    `narrow` is the same drawn anew, without words, for a page on a narrow screen.
    """

    name: str
    caption: Caption
    figure: Figure
    narrow: Figure | None = None

    def display(self) -> Display:
        """The figure as SVG, with its alternative text."""
        return display_svg(render_svg(self.figure), alt=self.caption.alt)

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file whose name ends in .svg or .png. AuditError (USAGE) for another ending."""
        path = Path(path)
        render = {".svg": render_svg, ".png": render_png}.get(path.suffix)
        if render is None:
            raise make_usage_error(f"a figure is not written as {path.name}", "End its name in .svg or .png.")
        with write_atomically(path) as file:
            file.write_bytes(render(self.figure))
        return path


def _apply_always(_record: object, _subject: object) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FigureKind(Generic[Record, Subject]):
    """One kind of figure that a record's subject can fill; a `bare` one leaves its words to the page that shows it."""

    name: str
    draw: Callable[[Record, Subject, bool], Figure]
    caption: Callable[[Record, Subject], Caption]
    applies: Callable[[Record, Subject], bool] = _apply_always
    draw_narrow: Callable[[Record, Subject], Figure] | None = None

    def make_drawings(self, record: Record, subject: Subject, *, bare: bool, of: str = "") -> Iterator[Drawing]:
        """The figure, if it applies: its file is named after the kind, and after what it is `of`, if one of several."""
        if self.applies(record, subject):
            yield Drawing(
                name=name_figure_file(self.name, of) if of else self.name,
                caption=self.caption(record, subject),
                figure=self.draw(record, subject, bare),
                narrow=self.draw_narrow(record, subject) if self.draw_narrow else None,
            )


def name_figure_file(*parts: str) -> str:
    """The name of a figure's file: its kind and what it shows, in letters, digits and hyphens."""
    return "-".join(re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
