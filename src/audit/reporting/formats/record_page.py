"""The page of a report, whatever it counts: its record, its figures as images, and its items office by office."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, Protocol, TypeVar

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.reporting.figures import Drawing, render_svg
from audit.reporting.formats.inline_figure import Picture, make_picture
from audit.reporting.formats.templates import render_page
from audit.reporting.record import ReportRecord


class OfficeItem(Protocol):
    """What one office has to look at."""

    @property
    def office(self) -> str:
        """The code of the office."""


Item = TypeVar("Item", bound=OfficeItem)


def render_record_page(template: str, report: ReportRecord, drawings: Iterable[Drawing], **content: Any) -> bytes:
    """The page of a report as UTF-8 HTML, with its bare `drawings` under their names: the same bytes for the same."""
    pictures = {drawing.name: _make_drawing_picture(drawing) for drawing in drawings}
    return render_page(
        template,
        report=report,
        figures=pictures,
        small=MINIMUM_CASES_FOR_RATE,
        **content,
    )


def _make_drawing_picture(drawing: Drawing) -> Picture:
    narrow = render_svg(drawing.narrow) if drawing.narrow else b""
    return make_picture(drawing.caption, render_svg(drawing.figure), narrow=narrow)


def group_by_office(
    items: Iterable[Item], names: Mapping[str, str], *, order: Callable[[Item], Any]
) -> list[tuple[str, list[Item]]]:
    """The items of each office in their order, the offices by name; one that has no name goes by its code."""
    ordered = sorted(items, key=lambda item: (names.get(item.office, item.office), item.office, order(item)))
    return [(names.get(code, code), list(group)) for code, group in groupby(ordered, key=lambda item: item.office)]
