"""The PDF: tagged, embedded and titled as PDF/UA-1 and PDF/A-2a ask, the page's own words, and the same bytes twice."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typst

from audit import formatting
from audit.reporting.figures import draw_report_figures
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.month_page import render_month_page
from audit.reporting.formats.pdf import _list_letters, render_pdf
from audit.reporting.month_report import Report
from tests import made_up, made_up_month
from tests.conftest import tool


def poppler(name: str, file: Path, *words: str) -> str:
    command = [tool(name, package="poppler-utils"), *words, file, "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def made(report: Report) -> bytes:
    return render_pdf(render_month_page(report), day=report.as_of)


def structure(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    def walk(node: Any) -> Iterator[pikepdf.Dictionary]:
        if isinstance(node, pikepdf.Array):
            for child in node:
                yield from walk(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node
            yield from walk(node.get("/K"))

    yield from walk(pdf.Root.StructTreeRoot.K)


@pytest.fixture(scope="module")
def html() -> bytes:
    return render_month_page(made_up.report())


@pytest.fixture(scope="module")
def file(html: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(render_pdf(html, day=made_up.report().as_of))
    return path


@pytest.fixture
def opened(file: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(file) as pdf:
        yield pdf


def test_it_says_which_standards_it_keeps(opened: pikepdf.Pdf) -> None:
    said = opened.Root.Metadata.read_bytes().decode()
    for name, value in (("pdfuaid:part", "1"), ("pdfaid:part", "2"), ("pdfaid:conformance", "A")):
        assert f"<{name}>{value}</{name}>" in said
    assert opened.Root.OutputIntents and opened.Root.MarkInfo.Marked


def test_it_has_a_title_a_language_and_bookmarks(opened: pikepdf.Pdf) -> None:
    report = made_up.report()
    assert str(opened.Root.Lang) == "en"
    assert opened.Root.ViewerPreferences.DisplayDocTitle
    assert str(opened.docinfo["/Title"]) == f"{report.title}, {report.period_words}"
    with opened.open_outline() as outline:
        [whole] = outline.root
        assert whole.title == "September 2011"
        assert [part.title for part in whole.children] == [
            *("Known limits", "What follows", "Offices", "Follow-up", "What counts"),
        ]


def test_its_day_is_that_of_the_record(opened: pikepdf.Pdf) -> None:
    assert str(opened.docinfo["/CreationDate"]).startswith("D:20111031")
    with pikepdf.open(BytesIO(made(replace(made_up.report(offices=2), as_of=None)))) as undated:
        assert str(undated.docinfo["/CreationDate"]).startswith("D:1980")


def test_tables_have_headers_and_figures_their_text(html: bytes, opened: pikepdf.Pdf) -> None:
    report, parts = made_up.report(), list(structure(opened))
    kinds = Counter(str(part.S) for part in parts)
    shown = parse_page(html.decode())
    [annex] = [one for one in shown.find_elements("section") if "annex" in one.classes]
    tables = len(shown.find_elements("table")) - len(annex.find_elements("table"))
    assert kinds["/Table"] == kinds["/Caption"] == kinds["/THead"] == tables
    alts = [str(part.Alt) for part in parts if part.S == "/Figure"]
    line, *_ = draw_report_figures(report)
    assert alts[0] == formatting.make_plain_text(line.caption.alt) and alts[1].startswith("The rate as a dot, from ")
    assert len(alts) == 2, "the strips of the offices are decoration: their numbers stand beside them"
    for part in parts:
        if part.S == "/TH":
            assert any(str(one.get("/Scope")) == "/Column" for one in part.A if one.get("/O") == "/Table")
        if part.S == "/TD":
            assert any(list(one.get("/Headers", [])) for one in part.A if one.get("/O") == "/Table")


def test_every_font_is_embedded(opened: pikepdf.Pdf) -> None:
    fonts = [one for one in opened.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
    inner = [one for one in fonts if "/FontDescriptor" in one]
    assert inner and all("/FontFile2" in one.FontDescriptor for one in inner)
    assert {str(one.BaseFont).split("+")[1] for one in inner} >= {"PublicSans-Regular", "PublicSans-Bold"}


def test_the_pages_are_numbered(file: Path) -> None:
    assert "1 of" in poppler("pdftotext", file, "-layout", "-l", "1")
    with pikepdf.open(file) as pdf:
        assert f"{len(pdf.pages)} of {len(pdf.pages)}" in poppler(
            "pdftotext", file, "-layout", "-f", str(len(pdf.pages))
        )


def test_a_month_of_twenty_four_offices_is_four_pages(tmp_path: Path) -> None:
    (tmp_path / "month.pdf").write_bytes(made(made_up_month.report()))
    with pikepdf.open(tmp_path / "month.pdf") as pdf:
        assert len(pdf.pages) == 4
    for page, words in enumerate(("Known limits", "Every field office", "Follow-up", "What counts"), start=1):
        text = poppler("pdftotext", tmp_path / "month.pdf", "-layout", "-f", str(page), "-l", str(page))
        assert words in text and "Draft · Synthetic data · September 2011, as known on 31 October 2011" in text


def test_two_duties_run_on_and_the_follow_up_stands_behind_them(tmp_path: Path) -> None:
    report = made_up_month.report()
    first, *others = report.measures
    small = replace(first, measure="small", title="A duty of few offices", offices=first.offices[:8])
    (tmp_path / "month.pdf").write_bytes(made(replace(report, measures=(small, first, *others))))
    with pikepdf.open(tmp_path / "month.pdf") as pdf:
        assert len(pdf.pages) == 4
    for page, words in ((2, "Offices: A duty of few offices"), (3, "Follow-up"), (4, "What counts")):
        assert words in poppler("pdftotext", tmp_path / "month.pdf", "-layout", "-f", str(page), "-l", str(page))


def test_it_holds_the_words_of_the_pages_and_not_the_annex(file: Path) -> None:
    report = made_up.report()
    words = re.sub(r"\s+", " ", poppler("pdftotext", file).replace("\u200b", ""))
    for said in (report.headline, report.synthetic, *(key.detail for key in report.key_figures)):
        assert said in words
    assert not any(item.person in words for item in report.open_items)
    assert not any(text in words for _, text in report.method) and "Annex" not in words
    assert "scrolls sideways" not in words and "Skip to" not in words


def test_nothing_runs_off_a_page(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    report = made_up.report(offices=7, hostile=True)
    path.write_bytes(made(replace(report, title="w" * 10_000, caveats=("y" * 10_000, ""))))
    boxes = poppler("pdftotext", path, "-bbox")
    for left, top, right, bottom in re.findall(
        r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', boxes
    ):
        assert float(left) > 40 and float(right) < 572 and float(top) > 20 and float(bottom) < 772


def test_without_a_text_alternative_there_is_no_pdf() -> None:
    html = render_month_page(made_up.report(offices=2)).decode()
    assert render_pdf(html.encode(), day=None)
    with pytest.raises(typst.TypstError, match="alt"):
        render_pdf(re.sub(r' alt="Line[^"]*"', ' alt=""', html).encode(), day=None)


def test_every_letter_of_the_fonts_can_be_set_and_every_other_is_replaced(tmp_path: Path) -> None:
    letters = "".join(
        chr(code) for code in sorted(_list_letters()) if chr(code) == formatting.make_plain_text(chr(code))
    )
    chunks = tuple(letters[i : i + 15] for i in range(0, len(letters), 15))
    path = tmp_path / "letters.pdf"
    path.write_bytes(made(replace(made_up.report(offices=1), synthetic=" ".join((*chunks, "\u4e2d\ue000\U0001f9ff.")))))
    assert "���." in poppler("pdftotext", path)


@pytest.mark.parametrize(
    "variant",
    [
        {"offices": 1},
        {"offices": 2, "without_cases": 2},
        {"complete": True},
        {"timed": False},
        {"offices": 7, "hostile": True},
    ],
    ids=str,
)
def test_every_kind_of_report_is_set_and_the_same_twice(variant: dict[str, Any]) -> None:
    assert made(made_up.report(**variant)) == made(made_up.report(**variant))


def test_the_day_is_given_and_not_read_from_the_clock() -> None:
    html = render_month_page(made_up.report(offices=1))
    assert render_pdf(html, day=date(2011, 1, 1)) != render_pdf(html, day=date(2011, 1, 2))
