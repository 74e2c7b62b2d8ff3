"""The report as PDF, tagged for people who listen and embedded for archives: the page's elements, set in type."""

import json
import re
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import typst
from fontTools.ttLib import TTFont

from audit.reporting.formats.html_tree import Element, parsed

_TEMPLATE = Path(__file__).parent / "report.typ"
_FONTS = Path(__file__).parent.parent / "fonts"
_FALLBACK = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu, for the scripts that Public Sans has not

BLOCKS = {
    "body",
    "header",
    "main",
    "footer",
    "section",
    "article",
    "div",
    "figure",
    "details",
    "dl",
    "ul",
    "table",
    "p",
}
BLOCKS |= {"dt", "dd", "li", "blockquote", "figcaption", "summary", "thead", "tbody", "tfoot", "tr"}
HEADINGS = {"h1", "h2", "h3"}
UNSET = {"script", "style", "nav"}  # of a page that is used, not read
UNSET_CLASSES = {"skip", "screen"}
LONG = 20  # letters after which a word may be broken
LONG_CELL = 600  # letters from which a cell may be broken over pages
LONGEST_FOOT = 110  # letters of the title that the foot of each page has room for
LONGEST = 5000  # letters of a title, a heading or a text alternative: PDF/A allows a string 32,767 bytes
NO_DAY = date(1980, 1, 1)  # the day of a file whose report looks at no day


def pdf(page: bytes, *, day: date | None) -> bytes:
    """The page of a report, as `page` makes it, in one file of PDF/UA-1 and PDF/A-2a: the same bytes for the same page.

    Nothing is worded here: the text is the page's own. What is there to be used and not read is left out, and so are
    the lists that the page keeps closed. Text is handed over as JSON, so that no letter of it is markup. A letter that
    the fonts do not hold becomes �. `day` is the day of the file. TypstError where a figure has no text alternative.
    """
    document = parsed(page.decode())
    [html], [title], [body] = (document.find(tag) for tag in ("html", "title", "body"))
    name = title.text()
    content = {
        "title": _shown(_cut(name, LONGEST)),
        "foot": _shown(_cut(name, LONGEST_FOOT)),
        "lang": html.attributes["lang"],
        "body": _set(body),
    }
    made = typst.compile(
        _TEMPLATE,
        font_paths=[_FONTS, _FALLBACK],
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(content, ensure_ascii=False)},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=datetime.combine(day or NO_DAY, time(), UTC),
    )
    assert isinstance(made, bytes)
    return made


def _set(element: Element) -> dict[str, Any]:
    """An element as the template reads it."""
    if element.tag == "table":
        return _table(element)
    if element.tag == "img":
        image = b64decode(element.attributes["src"].split(",", 1)[1]).decode()
        return {"tag": "img", "svg": image, "alt": _shown(_cut(element.attributes["alt"], LONGEST))}
    kids = element.children
    if element.tag == "details":  # a list has its summary alone; what else was folded is laid open
        kids = [
            kid for kid in kids if isinstance(kid, Element) and (kid.tag == "summary") == ("list" in element.classes)
        ]
    if element.tag in HEADINGS:  # a bookmark too, so never empty
        kids = [_cut(element.text(), LONGEST) or "–"]
    return {"tag": element.tag, "classes": element.classes, "kids": _kids(kids)}


def _kids(children: Iterable[Element | str]) -> list[Any]:
    """What is in an element: between blocks there is no space, and within a line each run of spaces is one."""
    kept: list[Element | str] = []
    for child in children:
        if isinstance(child, str):
            kept.append(re.sub(r"\s+", " ", child))
        elif child.tag not in UNSET and not UNSET_CLASSES & set(child.classes):
            kept.append(child)
    last = len(kept) - 1
    kids: list[Any] = []
    for place, child in enumerate(kept):
        if isinstance(child, Element):
            kids.append(_set(child))
            continue
        text = child.lstrip() if place == 0 or _is_block(kept[place - 1]) else child
        text = text.rstrip() if place == last or _is_block(kept[place + 1]) else text
        kids += [_shown(text)] if text else []
    return kids


def _is_block(child: Element | str) -> bool:
    return isinstance(child, Element) and child.tag in BLOCKS | HEADINGS


def _table(table: Element) -> dict[str, Any]:
    """A table: its caption, how many columns it has, and its rows, those of the head first."""
    [caption] = table.find("caption")
    head = [_row(row) for part in table.find("thead") for row in part.find("tr")]
    body = [_row(row, total=part.tag == "tfoot") for part in table.find("tbody", "tfoot") for row in part.find("tr")]
    return {
        "tag": "table",
        "caption": _kids(caption.children),
        "columns": sum(cell["colspan"] for cell in head[0]["cells"]),
        "head": head,
        "body": body,
    }


def _row(row: Element, *, total: bool = False) -> dict[str, Any]:
    cells = [
        {
            "kids": _kids(cell.children),
            "classes": cell.classes,
            "number": "n" in cell.classes,
            "colspan": int(cell.attributes.get("colspan", 1)),
            "rowspan": int(cell.attributes.get("rowspan", 1)),
            "whole": len(cell.text()) < LONG_CELL,
        }
        for cell in row.find("th", "td")
    ]
    return {"cells": cells, "total": total or "sum" in row.classes}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"


def _shown(text: str) -> str:
    """The text in letters that the fonts hold, with a place to break in every long word."""
    held = text.translate({ord(letter): "�" for letter in set(text) if ord(letter) not in _letters()})
    return re.sub(rf"(\S{{{LONG}}})(?=\S)", "\\1\u200b", held)


@cache
def _letters() -> frozenset[int]:
    """Every letter that is held in both weights. Letters for private use have no meaning that an archive could keep."""
    public, *fallback = (
        set(TTFont(file)["cmap"].getBestCmap())
        for file in (_FONTS / "PublicSans-Regular.ttf", _FALLBACK / "DejaVuSans.ttf", _FALLBACK / "DejaVuSans-Bold.ttf")
    )
    return frozenset(code for code in public | set.intersection(*fallback) if not 0xE000 <= code <= 0xF8FF)
