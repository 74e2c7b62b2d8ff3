"""The report as PDF, tagged for people who listen and embedded for archives: the page's elements, set in type."""

import json
import logging
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

from audit.reporting.formats.html_tree import Element, parse_page

LOGGER = logging.getLogger(__name__)

_TEMPLATE = Path(__file__).parent / "report.typ"
_FONTS = Path(__file__).parent.parent / "fonts"
_FALLBACK_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu, for the scripts that Public Sans has not

BLOCK_TAGS = {
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
BLOCK_TAGS |= {"dt", "dd", "li", "blockquote", "figcaption", "summary", "thead", "tbody", "tfoot", "tr"}
HEADING_TAGS = {"h1", "h2", "h3"}
OMITTED_TAGS = {"script", "style", "nav", "source"}  # of a page that is used, not read
OMITTED_CLASSES = {"skip", "screen", "hint", "foot"}  # each page of the PDF has a foot of its own
UNBROKEN_WORD_LENGTH = 20  # letters after which a word may be broken
UNBROKEN_CELL_LENGTH = 600  # letters from which a cell may be broken over pages
MAXIMUM_FOOTER_LENGTH = 120  # letters of the description that the foot of each page has room for
MAXIMUM_TEXT_LENGTH = 5000  # letters of a title, a heading or a text alternative: PDF/A allows a string 32,767 bytes
DEFAULT_FILE_DATE = date(1980, 1, 1)  # the day of a file whose report looks at no day


def render_pdf(page: bytes, *, day: date | None) -> bytes:
    """The page of a report, as `page` makes it, in one file of PDF/UA-1 and PDF/A-2a: the same bytes for the same page.

    Nothing is worded here: the text is the page's own. What is there to be used and not read is left out, and so are
    the lists that the page keeps closed. Text is handed over as JSON, so that no letter of it is markup. A letter that
    the fonts do not hold becomes �. `day` is the day of the file. TypstError where a figure has no text alternative.
    """
    LOGGER.info("rendering the PDF")
    document = parse_page(page.decode())
    [html], [title], [body] = (document.find_elements(tag) for tag in ("html", "title", "body"))
    name = title.get_text()
    content = {
        "title": _fit_text_to_fonts(_truncate_text(name, MAXIMUM_TEXT_LENGTH)),
        "foot": _fit_text_to_fonts(_truncate_text(_find_description(document) or name, MAXIMUM_FOOTER_LENGTH)),
        "lang": html.attributes["lang"],
        "close": any("sheet" in section.classes for section in body.find_elements("section")),
        "body": _convert_element(body),
    }
    pdf_bytes = typst.compile(
        _TEMPLATE,
        font_paths=[_FONTS, _FALLBACK_FONTS],
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(content, ensure_ascii=False)},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=datetime.combine(day or DEFAULT_FILE_DATE, time(), UTC),
    )
    assert isinstance(pdf_bytes, bytes)
    return pdf_bytes


def _find_description(document: Element) -> str:
    """What the page says of itself in a line: it stands at the foot of each page."""
    notes = {meta.attributes.get("name"): meta.attributes.get("content") for meta in document.find_elements("meta")}
    return notes.get("description") or ""


def _convert_element(element: Element) -> dict[str, Any]:
    """An element as the template reads it."""
    if element.tag == "table":
        return _convert_table(element)
    if element.tag == "img":
        image = b64decode(element.attributes["src"].split(",", 1)[1]).decode()
        return {
            "tag": "img",
            "classes": element.classes,
            "width": int(element.attributes["width"]),
            "svg": image,
            "alt": _fit_text_to_fonts(_truncate_text(element.attributes["alt"], MAXIMUM_TEXT_LENGTH)),
        }
    kids = element.children
    if element.tag == "details":  # a list has its summary alone; what else was folded is laid open
        kids = [
            kid for kid in kids if isinstance(kid, Element) and (kid.tag == "summary") == ("list" in element.classes)
        ]
    if element.tag in HEADING_TAGS:  # a bookmark too, so never empty
        kids = [_truncate_text(element.get_text(), MAXIMUM_TEXT_LENGTH) or "–"]
    link = {}
    if element.tag == "a":  # inside the page alone: a number, and the row that says how it was computed
        link = {"to": element.attributes.get("href", ""), "id": element.attributes.get("id", "")}
    return {"tag": element.tag, "classes": element.classes, "kids": _convert_children(kids), **link}


def _convert_children(children: Iterable[Element | str]) -> list[Any]:
    """What is in an element: between blocks there is no space, and within a line each run of spaces is one."""
    parts: list[Element | str] = []
    for child in children:
        if isinstance(child, str):
            parts.append(re.sub(r"\s+", " ", child))
        elif child.tag not in OMITTED_TAGS and not OMITTED_CLASSES & set(child.classes):
            parts.append(child)
    last = len(parts) - 1
    kids: list[Any] = []
    for place, child in enumerate(parts):
        if isinstance(child, Element):
            kids.append(_convert_element(child))
            continue
        text = child.lstrip() if place == 0 or _is_block(parts[place - 1]) else child
        text = text.rstrip() if place == last or _is_block(parts[place + 1]) else text
        kids += [_fit_text_to_fonts(text)] if text else []
    return kids


def _is_block(child: Element | str) -> bool:
    return isinstance(child, Element) and child.tag in BLOCK_TAGS | HEADING_TAGS


def _convert_table(table: Element) -> dict[str, Any]:
    """A table: its caption, how many columns it has, and its rows, those of the head first."""
    [caption] = table.find_elements("caption")
    head = [_convert_row(row) for part in table.find_elements("thead") for row in part.find_elements("tr")]
    body = [
        _convert_row(row, total=part.tag == "tfoot")
        for part in table.find_elements("tbody", "tfoot")
        for row in part.find_elements("tr")
    ]
    return {
        "tag": "table",
        "classes": table.classes,
        "caption": _convert_children(caption.children),
        "columns": sum(cell["colspan"] for cell in head[0]["cells"]),
        "wide": ["wide" in cell["classes"] for cell in head[-1]["cells"]],
        "head": head,
        "body": body,
    }


def _convert_row(row: Element, *, total: bool = False) -> dict[str, Any]:
    cells = [
        {
            "kids": _convert_children(cell.children),
            "classes": cell.classes,
            "number": "n" in cell.classes,
            "colspan": int(cell.attributes.get("colspan", 1)),
            "rowspan": int(cell.attributes.get("rowspan", 1)),
            "whole": len(cell.get_text()) < UNBROKEN_CELL_LENGTH,
        }
        for cell in row.find_elements("th", "td")
    ]
    return {"cells": cells, "total": total or "sum" in row.classes}


def _truncate_text(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"


def _fit_text_to_fonts(text: str) -> str:
    """The text in letters that the fonts hold, with a place to break in every long word."""
    safe_text = text.translate({ord(letter): "�" for letter in set(text) if ord(letter) not in _list_letters()})
    return re.sub(rf"(\S{{{UNBROKEN_WORD_LENGTH}}})(?=\S)", "\\1\u200b", safe_text)


@cache
def _list_letters() -> frozenset[int]:
    """Every letter that is held in both weights. Letters for private use have no meaning that an archive could keep."""
    public, *fallback = (
        set(TTFont(file)["cmap"].getBestCmap())
        for file in (
            _FONTS / "PublicSans-Regular.ttf",
            _FALLBACK_FONTS / "DejaVuSans.ttf",
            _FALLBACK_FONTS / "DejaVuSans-Bold.ttf",
        )
    )
    return frozenset(code for code in public | set.intersection(*fallback) if not 0xE000 <= code <= 0xF8FF)
