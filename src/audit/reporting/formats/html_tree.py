"""A page of this project taken apart: its elements, as a plain tree that another medium can set."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID_TAGS = ("meta", "img", "br", "source")  # of those that the templates write


@dataclass(slots=True)
class Element:
    """One element: its tag, its attributes, and the text and elements in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """What it wears."""
        return self.attributes.get("class", "").split()

    def find_elements(self, *tags: str) -> "list[Element]":
        """Every element of these kinds inside it, in the order of the page."""
        elements = []
        for child in self.children:
            if isinstance(child, Element):
                elements += [child] if child.tag in tags else []
                elements += child.find_elements(*tags)
        return elements

    def get_text(self) -> str:
        """What it says, on one line."""
        parts = (child if isinstance(child, str) else f" {child.get_text()} " for child in self.children)
        return " ".join("".join(parts).split())


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "wbr":  # where a line of the page may end
            return
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID_TAGS:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse_page(page: str) -> Element:
    """The page as a tree. It must close what it opens, in order, as every page of this project does."""
    builder = _TreeBuilder()
    builder.feed(page)
    builder.close()
    return builder.open[0]
