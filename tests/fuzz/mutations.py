"""Small damage of many kinds to the bytes of a file, the same for the same number."""

import io
import re
import zipfile
from collections.abc import Sequence
from random import Random

#: What stands in files where it should not, or where it means something else.
TOKENS = {
    "csv": (b'"', b'""', b",", b"\n", b"\r", b"\r\n", b";", b"\t", b"\0", b"\x1a", b"\x0b", b"\xef\xbb\xbf",
            b"\xff", b"\xe9", b"\xc3\xa9", b'5" pipe', b"#N/A", b"=1+1", b"2020-02-30", b"9999-12-31", b"1e400",
            b'"\n"', b" ", b",,"),
    "toml": (b"[", b"]", b"[[", b"{", b"}", b'"', b"'", b"=", b"\n", b"-1", b"1e400", b"nan", b"9" * 40, b"''",
             b"[" * 400, b"2020-02-30", b"9999-12-31", b'";;"', b"true", b'"<row>"', b'"utf-17"', b"\0", b"\xff", b"#"),
    "yaml": (b"[", b"]", b"{", b"}", b":", b"- ", b"\n", b"'", b'"', b"&a ", b"*a", b"!!set", b"!!binary", b"? ", b"| ",
             b"[" * 400, b"- " * 200, b"2021-01-01T00:00:00+99:00", b"~", b".nan", b"9" * 5000,
             b"0x", b"%", b"\t", b"\0", b"\xff"),
    "xml": (b"<c", b"</c>", b"<v>", b"</v>", b"<f>", b'r="XFD1048576"', b'r="A1"', b't="e"', b't="s"', b't="str"',
            b'"', b"<row>", b"9" * 20, b"-1", b"&a;", b"<!DOCTYPE a>", b"#N/A", b"\0", b"]]>", b's="99"', b"1048577",
            b"<is>"),
}  # fmt: skip


def mutate_text(data: bytes, random: Random, *, tokens: Sequence[bytes]) -> bytes:
    """One to four changes: a token put in, a part taken out, doubled or moved, a byte or a bit changed, the end cut."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = _change_once(data, random, tokens)
    return data


_WORD = re.compile(rb'"[^"\n]*"|[\w.-]+')
_WORDS = (
    b'""',
    b"''",
    b"0",
    b"-1",
    b"1e400",
    b"99999",
    b"true",
    b"[]",
    b"{}",
    b"2020-01-01",
    b"9999-12-31",
    b"name",
    b"null",
)


def mutate_words(data: bytes, random: Random) -> bytes:
    """One to three words or quoted texts changed for others, of the same file or made up: most of it still parses."""
    for _ in range(random.choice((1, 1, 2, 3))):
        spans = [match.span() for match in _WORD.finditer(data)]
        if spans:
            (start, end), (other, other_end) = random.choice(spans), random.choice(spans)
            new = data[other:other_end] if random.random() < 0.5 else random.choice(_WORDS)
            data = data[:start] + new + data[end:]
    return data


def _change_once(data: bytes, random: Random, tokens: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    end = min(len(data), at + random.choice((1, 2, 5, 20, 200)))
    match random.randrange(8):
        case 0 | 1 | 2:
            return data[:at] + random.choice(tokens) + data[at:]
        case 3:
            return data[:at] + data[end:]
        case 4:
            other = random.randrange(len(data) + 1)
            return data[:other] + data[at:end] + data[other:]
        case 5:
            return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
        case 6:
            bit = bytes([data[at] ^ 1 << random.randrange(8)]) if at < len(data) else b""
            return data[:at] + bit + data[at + 1 :]
        case _:
            return data[:at] if random.random() < 0.3 else data[:at] + random.choice(tokens) + data[end:]


def mutate_binary(data: bytes, random: Random) -> bytes:
    """Bits and bytes changed anywhere, the ends of the file most of all, where binary files say what they hold."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 6))):
        near_end = random.random() < 0.5
        at = random.randrange(max(0, len(changed) - 600), len(changed)) if near_end else random.randrange(len(changed))
        match random.randrange(5):
            case 0 | 1:
                changed[at] ^= 1 << random.randrange(8)
            case 2:
                changed[at] = random.choice((0, 255, 127, 128, random.randrange(256)))
            case 3:
                del changed[at : at + random.choice((1, 4, 50))]
            case _:
                changed[at:at] = random.randbytes(random.choice((1, 4, 50)))
        changed = changed or bytearray(b"\0")
    return bytes(changed)


_SPANS = (
    re.compile(rb'(?<==")[^"]*(?=")'),  # the value of an attribute
    re.compile(rb"(?<=>)[^<>]+(?=<)"),  # the text of an element
    re.compile(rb"<c [^>]*>.*?</c>|<row [^>]*>.*?</row>|<(\w+) [^>]*/>", re.DOTALL),  # an element
)
_VALUES = (
    b"",
    b"0",
    b"-1",
    b"1",
    b"99",
    b"e",
    b"s",
    b"str",
    b"b",
    b"inlineStr",
    b"A1",
    b"XFD1048576",
    b"ZZZ9",
    b"1048577",
)
_VALUES += (
    b"#N/A",
    b"#SPILL!",
    b"1E+300",
    b"123456789012345678",
    b"4294967295",
    b"rId1",
    b"x",
    b"&#x1;",
    b"worksheets/a.xml",
)


def _mutate_xml(data: bytes, random: Random) -> bytes:
    """A value or an element changed, doubled or taken out, so that it most often stays well formed."""
    for _ in range(random.choice((1, 1, 2, 4))):
        spans = [match.span() for match in random.choice(_SPANS).finditer(data)]
        if not spans:
            continue
        (start, end), (other, other_end) = random.choice(spans), random.choice(spans)
        new = random.choice((b"", 2 * data[start:end], data[other:other_end], random.choice(_VALUES)))
        data = data[:start] + new + data[end:]
    return data


def mutate_workbook(data: bytes, random: Random) -> bytes:
    """A part of the archive changed as XML, or the archive as bytes."""
    if random.random() < 0.2:
        return mutate_binary(data, random)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as damaged:
        names = book.namelist()
        sheets = [name for name in names if "worksheets/" in name]
        chosen = random.choice(sheets if random.random() < 0.6 else names)
        for name in names:
            part = book.read(name)
            if name == chosen:
                if random.random() < 0.05:
                    continue
                as_text = random.random() < 0.2
                part = mutate_text(part, random, tokens=TOKENS["xml"]) if as_text else _mutate_xml(part, random)
            damaged.writestr(name, part)
    return out.getvalue()
