"""A figure as a page shows it: its words as text, and the drawing alone as an image inside the page."""

from base64 import b64encode
from dataclasses import dataclass

from audit.reporting.figures import Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One figure of a page."""

    caption: Caption
    image: str  # data URI
    width: int  # CSS pixels
    height: int


def make_picture(caption: Caption, svg: bytes) -> Picture:
    """The figure with its size, which its SVG gives in points."""
    width, height = (float(svg.split(f' {side}="'.encode(), 1)[1].split(b"pt", 1)[0]) for side in ("width", "height"))
    return Picture(
        caption=caption,
        image="data:image/svg+xml;base64," + b64encode(svg).decode(),
        width=round(width * 4 / 3),
        height=round(height * 4 / 3),
    )
