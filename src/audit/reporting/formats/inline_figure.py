"""A figure as a page shows it: its words as text, and the drawing alone as images inside the page."""

import re
from base64 import b64encode
from dataclasses import dataclass

from audit.reporting.figures import PAGE_COLORS, Caption

_DARK = {light.lower(): dark.lower() for light, dark in PAGE_COLORS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One figure of a page: light and dark, and drawn anew for a narrow screen where it is drawn so."""

    caption: Caption
    image: str  # data URI
    dark: str
    width: int  # CSS pixels
    height: int
    narrow: str = ""
    narrow_dark: str = ""


def make_picture(caption: Caption, svg: bytes, *, narrow: bytes = b"") -> Picture:
    """The figure with its size, which its SVG gives in points."""
    width, height = (float(svg.split(f' {side}="'.encode(), 1)[1].split(b"pt", 1)[0]) for side in ("width", "height"))
    return Picture(
        caption=caption,
        image=encode_image(svg),
        dark=encode_image(darken_figure(svg)),
        width=round(width * 4 / 3),
        height=round(height * 4 / 3),
        narrow=encode_image(narrow) if narrow else "",
        narrow_dark=encode_image(darken_figure(narrow)) if narrow else "",
    )


def darken_figure(svg: bytes) -> bytes:
    """The same drawing in the colours that the page has in dark mode."""
    return re.sub("#[0-9A-Fa-f]{6}", lambda color: _DARK.get(color[0].lower(), color[0]), svg.decode()).encode()


def encode_image(svg: bytes) -> str:
    """A drawing as an address that a page can show."""
    return "data:image/svg+xml;base64," + b64encode(svg).decode()
