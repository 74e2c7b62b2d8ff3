"""The text of an HTML page as passages: paragraphs, and cells of tables with their headings."""

from collections.abc import Iterable
from html.parser import HTMLParser

from audit.analysis.claims.passages import Passage, TextLine

BLOCKS = {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "figcaption", "dt", "dd", "summary", "td", "th"}
BLOCKS |= {"div", "section", "article", "tr", "table", "ul", "ol", "dl", "body", "header", "footer", "figure", "main"}
NO_TEXT = {"style", "script", "svg", "head", "template", "noscript"}
NEW_LINES = {"br"}


class _PageReader(HTMLParser):
    """Collects the passages of a page; it closes by itself what the page leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.passages: list[Passage] = []
        self.text, self.line = "", 0
        self.silent: list[str] = []
        self.caption = self.term = ""
        self.in_foot = False
        self.columns: list[str] = []
        self.row: list[tuple[str, int, int, bool]] | None = None  # text, line, width, heading

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NO_TEXT or self.silent:
            self.silent += [tag] if tag in NO_TEXT else []
            return
        if tag in BLOCKS:
            self.flush()
        if tag == "table":
            self.caption, self.columns = "", []
        elif tag in ("tfoot", "tbody"):
            self.in_foot = tag == "tfoot"
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th") and self.row is not None:
            span = dict(attrs).get("colspan") or "1"
            self.row.append(("", self.getpos()[0], int(span) if span.isdigit() else 1, tag == "th"))
        elif tag in NEW_LINES:
            self.text += " "

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag == self.silent[-1]:
                self.silent.pop()
            return
        if tag == "caption":
            self.caption = " ".join(self.text.split())
        elif tag == "dt":
            self.term = " ".join(self.text.split())
        if tag in ("td", "th") and self.row:
            _, line, width, heading = self.row[-1]
            self.row[-1] = (" ".join(self.text.split()), line, width, heading)
            self.text = ""
        elif tag == "tr" and self.row is not None:
            self.take_row()
        elif tag == "dd":
            self.flush(self.term)
        elif tag in BLOCKS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if not self.text.strip():
            blank = data[: len(data) - len(data.lstrip())]
            self.line = self.getpos()[0] + blank.count("\n")
        self.text += data

    def flush(self, *headings: str) -> None:
        """The text so far as a passage; in a cell it goes on."""
        if self.row:
            self.text += " "
            return
        text = " ".join(self.text.split())
        if text:
            self.passages.append(Passage((TextLine(self.line, text),), tuple(filter(None, headings))))
        self.text = ""

    def take_row(self) -> None:
        """The cells of a row as passages, each under its row and its column."""
        cells, self.row = self.row or [], None
        names = [text for text, _, width, _ in cells for _ in range(width)]
        if cells and all(heading for *_, heading in cells):
            self.columns = names
            return
        place, filled = 0, sum(bool(text) for text, *_ in cells)
        is_total = self.in_foot or 2 * filled < len(names)
        for number, (text, line, width, _) in enumerate(cells):
            column = self.columns[place] if place < len(self.columns) else ""
            row = " ".join(text for text, *_ in cells[: 2 if cells[0][0].isdigit() else 1]) if number else ""
            if text:
                self.passages.append(Passage((TextLine(line, text),), (row, column, self.caption), is_total))
            place += width


def split_page(page: str) -> tuple[Passage, ...]:
    """The passages of a page of HTML, in order, each with the line of the file at which it begins."""
    reader = _PageReader()
    reader.feed(page)
    reader.close()
    reader.row = None
    reader.flush()
    return tuple(reader.passages)


def join_passages(passages: Iterable[Passage]) -> str:
    """The passages as plain text, a paragraph each."""
    return "\n\n".join(" ".join(line.text for line in passage.lines) for passage in passages)
