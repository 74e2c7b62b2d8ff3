"""A text as sentences with the lines on which they stand; a cell of a table with its headings."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST = 4_000  # characters of a sentence
LEAST_GAPS = 2  # wide ones in a line, which make it a row of a table
BULLETS = "•▪◦–—-*●"
_ABBREVIATIONS = ("U.S", "U.S.C", "No", "St", "Mr", "Ms", "Dr", "vs", "e.g", "i.e", "Sec", "approx")
_NO_ABBREVIATION = "".join(rf"(?<!\b{re.escape(one)})" for one in _ABBREVIATIONS)
SENTENCE_END = re.compile(rf"{_NO_ABBREVIATION}[.!?][”\"')\]]*\s+(?:\d{{1,2}} )?(?=[“\"'(]?[A-Z0-9])")
_SMALL_WORDS = "a an the of in and or to for with by on at from is are was were be been that this these those it"
STOP_WORDS = frozenset(re.findall(r"\w+", _SMALL_WORDS))
WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*|\d[\d,.]*")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text, by its number in the file."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that belong together: a paragraph, or a cell of a table with its headings."""

    lines: tuple[TextLine, ...]
    headings: tuple[str, ...] = ()  # of a cell: of its row, its column, its table
    is_total: bool = False  # a cell of the foot of a table, or of a row that does not fill its columns


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in one line, and where each of its characters stands in the text."""

    text: str
    offsets: tuple[int, ...]  # where in `text` each of the lines begins
    numbers: tuple[int, ...]  # of these lines
    headings: tuple[str, ...] = ()
    passage: int = 0  # which passage of the text it is of
    is_total: bool = False
    words: tuple[tuple[int, str], ...] = field(default=(), repr=False)  # the stems, each with where it begins

    def find_line(self, place: int) -> int:
        """The number of the line on which a character stands."""
        return self.numbers[max(0, bisect_right(self.offsets, place) - 1)]


def split_paragraphs(lines: Iterable[str]) -> Iterator[Passage]:
    """The paragraphs of plain text: what stands between blank lines; a bullet and a page break begin another."""
    paragraph: list[TextLine] = []
    after_row = False
    for number, line in enumerate(lines, 1):
        text = re.sub("[\u200b\u00ad]", "", line.replace("\f", " ")).strip()
        is_row = text[:1] == "|" or len(re.findall(r"\S {3,}(?=\S)", text)) >= LEAST_GAPS  # of a table
        if (not text or text[0] in BULLETS or is_row or after_row) and paragraph:
            yield Passage(tuple(paragraph))
            paragraph = []
        after_row = is_row
        if text.strip(BULLETS):
            words = " ".join((text.lstrip(f"{BULLETS} ") if text[0] in BULLETS else text).split())
            paragraph.append(TextLine(number, words))
    if paragraph:
        yield Passage(tuple(paragraph))


def split_sentences(passages: Iterable[Passage]) -> Iterator[Sentence]:
    """The sentences of passages, in order."""
    for index, passage in enumerate(passages):
        text, starts = "", []
        for line in passage.lines:
            starts.append(len(text))
            joined = line.text[:-1] if _is_word_break(line.text) else f"{line.text} "
            text += joined
        text = text.rstrip()
        begin = 0
        ends = [*(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
        for end in _split_long(ends):
            piece = text[begin:end]
            if piece.strip():
                yield _make_sentence(piece, begin, starts, passage, index)
            begin = end


def _split_long(ends: Iterable[int]) -> Iterator[int]:
    """The ends of sentences, with further ones in what is too long to be one."""
    begin = 0
    for end in ends:
        yield from range(begin + LONGEST, end, LONGEST)
        yield end
        begin = end


def _is_word_break(line: str) -> bool:
    return bool(re.search(r"[a-z]-$", line))


def _make_sentence(text: str, begin: int, starts: list[int], passage: Passage, index: int) -> Sentence:
    places = [max(0, start - begin) for start in starts if start < begin + len(text)]
    numbers = [line.number for line, _ in zip(passage.lines, places, strict=False)]
    words = tuple((match.start(), stem_word(match[0])) for match in WORD.finditer(text))
    return Sentence(text, tuple(places), tuple(numbers), passage.headings, index, passage.is_total, words)


def stem_word(word: str) -> str:
    """A word without case, possessive and plural: "Jurisdictions" and "jurisdiction's" are "jurisdiction"."""
    word = re.sub(r"[’']s?$", "", word.lower().rstrip(".,;:"))
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if re.search(r"(?:s|x|z|ch|sh)es$", word):
        return word[:-2] if not re.search(r"(?:as|us|is|os|ns|rs)es$", word) else word[:-1]
    return word[:-1] if re.search(r"[^su]s$", word) and len(word) > 3 else word


def list_stems(phrase: str) -> tuple[str, ...]:
    """The words of a phrase that say something, as stems."""
    words = re.findall(r"[A-Za-z][A-Za-z’'-]*|\d+", phrase)
    return tuple(stem for stem in map(stem_word, words) if stem not in STOP_WORDS)
