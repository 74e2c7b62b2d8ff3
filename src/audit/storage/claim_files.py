"""A text whose claims are checked, and the facts to check them against, read from their files."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from audit.analysis.claims.facts import REQUIRED_COLUMNS, ReferenceFact, parse_facts
from audit.analysis.claims.page_text import split_page
from audit.analysis.claims.passages import Passage, split_paragraphs
from audit.errors import AuditError, ExitCode, Problem
from audit.files import parse_json
from audit.storage.declaration_text import read_csv_rows

PAGE_NUMBER = re.compile(rb"(?m)(?:^| )\d+ of \d+[ ]*$")  # at the foot of a page
TEXT_OF_PDF = "pdftotext"  # of poppler


def read_claim_text(path: Path) -> tuple[Passage, ...]:
    """The passages of a text: plain text in UTF-8, a page of HTML, or a PDF whose text poppler reads.

    Raises AuditError (UNREADABLE) where it is none of these, or holds no text.
    """
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        content = _read_pdf(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _make_error(path, "is not in UTF-8", "Save it as text in UTF-8, as HTML or as PDF.") from None
    is_page = path.suffix.lower() in (".html", ".htm") or text.lstrip()[:15].lower().startswith(
        ("<!doctype html", "<html")
    )
    passages = split_page(text) if is_page else tuple(split_paragraphs(text.split("\n")))
    if not passages:
        raise _make_error(path, "holds no text", "Name the file with the text to be checked.")
    return passages


def read_claim_facts(path: Path) -> tuple[ReferenceFact, ...]:
    """The facts of a CSV file, every problem with it told at once."""
    return parse_facts(read_csv_rows(path, columns=REQUIRED_COLUMNS), file=path.name)


def read_record(path: Path) -> dict[str, Any] | None:
    """The record of a report, where the file is JSON; None where it is another kind of file."""
    if path.suffix.lower() != ".json":
        return None
    try:
        record = parse_json(path.read_bytes())
    except ValueError:
        raise _make_error(path, "is no JSON", "Name the report.json of a report, or a CSV of facts.") from None
    if not isinstance(record, dict) or "schema" not in record:
        raise _make_error(path, "is no record of a report", "Name the report.json of a report, or a CSV of facts.")
    return record


def _read_pdf(path: Path) -> bytes:
    if shutil.which(TEXT_OF_PDF) is None:
        mend = "Install poppler (Debian: poppler-utils), or save the document as text."
        raise _make_error(path, f"is a PDF, and {TEXT_OF_PDF} is not installed", mend)
    run = subprocess.run([TEXT_OF_PDF, "-layout", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=False)
    if run.returncode:
        raise _make_error(path, "is a PDF whose text cannot be read", "Save the document as text.")
    return PAGE_NUMBER.sub(b"", run.stdout)


def _make_error(path: Path, what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend, file=str(path)), code=ExitCode.UNREADABLE)
