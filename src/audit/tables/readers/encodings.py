"""Bytes to text: the declared encoding, and what shows that a file is in another, in several, or no text at all."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, lookup

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list, format_plural

#: How files begin that are no text, and what they are.
SIGNATURES = {
    b"PK\x03\x04": ("a workbook or another zip archive", "Name it .xlsx if it is a workbook, or unpack it."),
    b"\xd0\xcf\x11\xe0": ("a workbook of an old kind (.xls)", "Save it as .xlsx or as CSV."),
    b"\x1f\x8b": ("compressed by gzip", "Let its name end in .gz, or unpack it."),
    b"PAR1": ("a Parquet file", "Let its name end in .parquet."),
    b"%PDF": ("a PDF", "Get the table itself."),
    b"SQLite format 3": ("a SQLite database", "Name it as the database, or export the table."),
}

_NOTATIONS = ("unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "utf-7")  # in ASCII, no encoding

_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r"))  # those of Latin 1 begin with the byte C2


def can_split_as_bytes(encoding: str) -> bool:
    """Whether the bytes of a line end and a quotation mark are these in every text of an encoding."""
    try:
        return '"\n'.encode(encoding) == b'"\n'
    except (LookupError, UnicodeError, ValueError):
        return False


def is_text_encoding(encoding: str) -> bool:
    """Whether Python can decode text in an encoding of this name."""
    try:
        b" ".decode(encoding)
    except UnicodeDecodeError:  # half a character of UTF-16
        return True
    except (LookupError, ValueError):
        return False
    return lookup(encoding).name not in _NOTATIONS


def decode_text(data: bytes, *, encoding: str, file: str, lines_before: int = 0) -> bytes:
    """A text, or the part of one after so many lines, as UTF-8 with `\\n` or `\\r\\n` at line ends, without a mark.

    Raises `AuditError`: code UNREADABLE, naming byte and row where the bytes are not text in the declared encoding, the
    rows where lines are in another, or what the file is where it is no text; USAGE for an unknown encoding.
    """
    if not is_text_encoding(encoding):
        problem = Problem(what=f'there is no encoding "{encoding}"', mend="Declare a known `encoding`.", file=file)
        raise AuditError(problem, code=ExitCode.USAGE)
    for signature, (what, mend) in SIGNATURES.items():
        if data.startswith(signature):
            raise AuditError(Problem(what=f"{what}, and not text", mend=mend, file=file), code=ExitCode.UNREADABLE)
    if data.startswith(BOM_UTF8):
        data, encoding = data.removeprefix(BOM_UTF8), "utf-8"
    is_utf8 = lookup(encoding).name == "utf-8"
    if not data.isascii() and can_split_as_bytes(encoding):
        _refuse_mixed_lines(data, encoding, file, lines_before, is_utf8=is_utf8)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
        plain = data if is_utf8 else text.encode()
    except (UnicodeError, ValueError) as error:
        raise _make_encoding_error(data, encoding, file, lines_before, at=getattr(error, "start", 0)) from None
    if 4 * text[:200].count("\0") > len(text[:200]):  # of UTF-16 read as another, half; a few are damage
        raise _make_encoding_error(data, encoding, file, lines_before, at=data.index(b"\0"))
    if not is_utf8 and not data.isascii() and _guess_encoding(data) == "utf-8":
        # any bytes are text in latin-1: that they can be decoded proves nothing
        at = next(i for i, byte in enumerate(data) if byte > 127)
        raise _make_encoding_error(data, encoding, file, lines_before, at=at)
    return plain if b"\n" in plain else plain.replace(b"\r", b"\n")


def is_plain_text(text: bytes) -> bool:
    """Whether a text in UTF-8 has no control character and no `#`, which is looked at once and not cell by cell."""
    return b"#" not in text and b"\xc2" not in text and len(text.translate(None, delete=_CONTROLS)) == len(text)


def _refuse_mixed_lines(data: bytes, encoding: str, file: str, lines_before: int, *, is_utf8: bool) -> None:
    """Refuse a file of which some lines are UTF-8 and others are not: no one encoding reads all of it.

    In a file declared as another encoding, a line may happen to be UTF-8 as well (`CAFÉ»`): there it needs more of them
    than of the others.
    """
    if is_utf8 and _is_utf8(data):
        return
    line_end = b"\n" if b"\n" in data else b"\r"
    lines = [(row, line) for row, line in enumerate(data.split(line_end), start=lines_before + 1) if not line.isascii()]
    others = [row for row, line in lines if not _is_utf8(line)]
    as_utf8 = len(lines) - len(others)
    if others and as_utf8 > (0 if is_utf8 else len(others)):
        rows = ("first " if len(others) > 3 else "") + format_list([f"{row:,}" for row in others[:3]])
        what = f"{format_plural(len(others), 'line')} ({rows}) not in UTF-8, and {as_utf8:,} that are"
        if not is_utf8:
            what += f", where {encoding} is declared"
        mend = "Export the table again in one encoding, or correct these lines."
        raise AuditError(Problem(what=what, mend=mend, file=file, row=others[0]), code=ExitCode.UNREADABLE)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _make_encoding_error(data: bytes, encoding: str, file: str, lines_before: int, *, at: int) -> AuditError:
    problem = Problem(
        what=f"byte {at:,} shows that the text is not in the encoding {encoding}",
        mend=f'Declare `encoding = "{_guess_encoding(data)}"`.',
        file=file,
        row=lines_before + data.count(b"\n", 0, at) + 1,
    )
    return AuditError(problem, code=ExitCode.UNREADABLE)


def _guess_encoding(data: bytes) -> str:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data:
        return "utf-16-be" if data.index(b"\0") % 2 == 0 else "utf-16-le"
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"
