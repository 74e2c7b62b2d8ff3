"""The classes of offices on the map: by which limits an office lies where, how its class is filled, and the key."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from audit import formatting
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.reporting.figures.canvas import MARGIN, MUTED, ORANGE, RULE, WIDTH, format_rate, measure_text

# Dark ink is set on all of them: its contrast is 5.7 on orange, 7 on the darker blue, above 10 on the others.
PALE, STEEL, SKY, LINES = "#FBD0B7", "#BCD6EE", "#6BACE6", "#C9CDD1"
# A map keeps its fills in dark mode, so what is written on them keeps its ink: none of these is a page colour.
TILE_INK, TILE_PAPER, TILE_BAND = "#1A1A1A", "#FEFEFE", "#DCE4ED"


class PatchStyle(TypedDict):
    """How matplotlib draws a filled shape."""

    facecolor: str
    hatch: str | None
    edgecolor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeClass:
    """A class of offices: what it is called, and how it is filled."""

    words: str
    fill: str
    hatch: str | None = None

    @property
    def patch_style(self) -> PatchStyle:
        """As matplotlib draws it; hatching is told from every plain fill."""
        return {"facecolor": self.fill, "hatch": self.hatch, "edgecolor": LINES if self.hatch else "white"}


OFFICE_CLASSES = {
    "below": OfficeClass(words="below the 99.8% limits", fill=ORANGE),
    "below 95%": OfficeClass(words="below the 95% limits", fill=PALE),
    "": OfficeClass(words="within both", fill=TILE_BAND),
    "above 95%": OfficeClass(words="above the 95% limits", fill=STEEL),
    "above": OfficeClass(words="above the 99.8% limits", fill=SKY),
    "too few": OfficeClass(words=f"fewer than {MINIMUM_CASES_FOR_RATE} due", fill=TILE_PAPER, hatch="/////"),
    "no cases": OfficeClass(words="none due", fill=TILE_PAPER),
    "withheld": OfficeClass(words="told together with others", fill=TILE_PAPER, hatch="\\\\\\\\\\"),
}


def classify_office(office: OfficeRate | None) -> str:
    """The class of an office; one that has no row of its own is withheld."""
    if office is None:
        return "withheld"
    if office.flag:
        return office.flag
    if office.timely is None:
        return "no cases"
    if office.lower_95 is not None and office.timely < office.lower_95:
        return "below 95%"
    return "above 95%" if office.upper_95 is not None and office.timely > office.upper_95 else ""


def format_office_rate(office: OfficeRate | None) -> str:
    """What stands on the office's place: its rate, or why there is none."""
    if office is None:
        return "withheld"
    if office.timely is not None:
        return format_rate(office.compliant, office.due)
    return (
        f"{formatting.format_count(office.compliant)} of {formatting.format_count(office.due)}"
        if office.due
        else "none due"
    )


def find_office_rows(result: MeasureResult, codes: Iterable[str]) -> dict[str, OfficeRate | None]:
    """The row of each office on the map, None where it is told together with others."""
    rows = {office.office: office for office in result.offices if office.office}
    return {code: rows.get(code) for code in codes}


def draw_class_key(body: Axes, result: MeasureResult, codes: Iterable[str], *, top: float) -> None:
    """The key: every class that is on the map."""
    x, y = MARGIN, top - 0.1
    for one in _list_classes(find_office_rows(result, codes).values()):
        needed = 0.22 + measure_text(one.words, 8.5)
        if x + needed > WIDTH - MARGIN:
            x, y = MARGIN, y - 0.19
        body.add_patch(
            Rectangle((x, y - 0.055), 0.17, 0.11, facecolor=one.fill, hatch=one.hatch, edgecolor=RULE, linewidth=0.6)
        )
        body.text(x + 0.22, y + 0.01, one.words, fontsize=8.5, color=MUTED, va="center_baseline")
        x += needed + 0.2


def measure_class_key(result: MeasureResult, codes: Iterable[str]) -> float:
    """How high the key is, in inches."""
    room, lines = WIDTH - 2 * MARGIN, 1
    x = 0.0
    for one in _list_classes(find_office_rows(result, codes).values()):
        needed = 0.22 + measure_text(one.words, 8.5)
        if x + needed > room:
            x, lines = 0.0, lines + 1
        x += needed + 0.2
    return 0.12 + 0.19 * lines


def _list_classes(places: Iterable[OfficeRate | None]) -> list[OfficeClass]:
    present = set(map(classify_office, places))
    return [one for name, one in OFFICE_CLASSES.items() if name in present]
