"""Every output of one record says the same: each number in each of its places, and hostile text as text in all."""

import csv
import json
import re
import subprocess
from collections import Counter
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

import fastexcel
import pytest

from audit.estimation.rates import Estimate
from audit.files import encode_json
from audit.formatting import format_count, format_month, format_percent, make_plain_text, mark_formula
from audit.reporting.formats.html_tree import Element, parse_page
from audit.reporting.formats.month_page import render_month_page
from audit.reporting.formats.month_workbook import build_month_workbook
from audit.reporting.formats.pdf import _list_letters, render_pdf
from audit.reporting.month_report import Report
from tests import made_up
from tests.conftest import tool

Rows = list[tuple[str, ...]]


class Outputs:
    """One record in each of its forms, as somebody would read it back."""

    def __init__(self, report: Report, folder: Path) -> None:
        self.report = report
        html = render_month_page(report)
        self.html = parse_page(html.decode())
        self.json = json.loads(encode_json(asdict(report)))
        self.csv = {name: list(csv.DictReader(StringIO(text))) for name, text in made_up.csv_files(report).items()}
        self.book = fastexcel.read_excel(build_month_workbook(report))
        self.file = folder / "report.pdf"
        self.file.write_bytes(render_pdf(html, day=report.as_of))

    def sheet(self, name: str) -> list[dict[str, Any]]:
        rows = self.book.load_sheet(name, header_row=None, dtypes="string").to_polars().rows()
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    def table(self, caption: str) -> Element:
        return next(
            t for t in self.html.find_elements("table") if t.find_elements("caption")[0].get_text().startswith(caption)
        )

    def rows(self, caption: str) -> Rows:
        return [
            tuple(c.get_text() for c in r.find_elements("th", "td"))
            for r in self.table(caption).find_elements("tr")
            if r.find_elements("td")
        ]

    def printed(self, *words: str) -> str:
        command = [tool("pdftotext", package="poppler-utils"), *words, self.file, "-"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.replace("\u200b", "")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    return Outputs(made_up.report(), tmp_path_factory.mktemp("outputs"))


def office(name: str, due: Any, compliant: Any, timely: Any, eventual: Any, pending: Any) -> tuple[str, ...]:
    """An office's row, from numbers."""
    shares = [format_percent(float(share)) for share in (timely, eventual)]
    return name, format_count(int(due)), format_count(int(compliant)), *shares, format_count(int(pending))


NAMES = ("name", "due", "compliant", "timely", "eventual", "pending")
HEADS = ("Office", "Due", "In time", "Rate in time", "Rate in time or late", "Pending")


def test_offices_have_the_same_numbers_in_every_output(outputs: Outputs) -> None:
    for days in ("0", "30"):
        mine = [m for m in outputs.json["measures"] if (m["counted"], str(m["grace_days"])) == ("unit", days)]
        told = [office(*(o[name] for name in NAMES)) for m in mine for o in (*m["offices"], m["national"])]
        assert len(told) == 25
        listed = [r for r in outputs.csv["offices.csv"] if (r["counted"], r["grace_days"]) == ("unit", days)]
        assert [office(*(row[name] for name in NAMES)) for row in listed] == told
        sheets = [{"Office": "All offices"} | row for name in ("Offices", "National") for row in outputs.sheet(name)]
        kept = [row for row in sheets if (row["Counted by"], row["Days allowed"]) == ("unit", days)]
        assert {office(*(row[name] for name in HEADS)) for row in kept} == {*told} and len(kept) == len(told)
        if days == "0":
            shown = [(row[0], *row[1:3], row[5]) for row in outputs.rows("Every field office")]
            ranked = sorted((row[:4] for row in told[:-1]), key=lambda row: float(row[3][:-1]))
            assert shown == [*ranked, told[-1][:4]]
            text = re.sub(r" +", " ", outputs.printed("-layout"))
            assert all(re.search(rf"{re.escape(' '.join(row[:3]))} [\d, ]*{re.escape(row[3])}", text) for row in shown)


def test_months_have_the_same_numbers_in_every_output(outputs: Outputs) -> None:
    def row(_: str, name: str, due: Any, compliant: Any, late: Any) -> tuple[str, ...]:
        due, compliant, late = int(due), int(compliant), int(late)
        shares = format_percent(compliant, due), format_percent(compliant + late, due)
        return format_month(name), format_count(due), format_count(compliant), *shares

    told = [row(*one.values()) for one in outputs.json["months"]]
    assert len(told) == 12
    assert [row(*one.values()) for one in outputs.csv["months.csv"]] == told
    assert [row(*one.values()) for one in outputs.sheet("Months")] == told
    assert outputs.rows("Every month") == told


def test_open_items_are_the_same_in_every_output_that_lists_them(outputs: Outputs) -> None:
    def row(person: Any, missing: Any, units: Any, days_open: Any) -> tuple[str, ...]:
        return str(person), str(missing), str(units), str(days_open)

    names = ("person", "missing", "units", "days_open")
    told = [row(*(item[name] for name in names)) for item in outputs.json["open_items"]]
    assert [row(*(item[name] for name in names)) for item in outputs.csv["open_items.csv"]] == told
    heads = ("Person", "Record missing", "Number", "Days open")
    assert [row(*(item[name] for name in heads)) for item in outputs.sheet("Open items")] == told
    *_, total = outputs.rows("Records to complete")
    assert total[1] == format_count(len(told)), "the page counts them; the packets list them"


def numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?%?(?![\w/-])", text))


def test_the_pdf_has_every_number_of_the_page_and_no_other(outputs: Outputs) -> None:
    held = Element("held", children=list(outputs.html.find_elements("header", "main", "footer")))
    left = [one.get_text() for one in held.find_elements("section", "p") if {"screen", "foot"} & {*one.classes}]
    said = numbers(held.get_text()) - sum(map(numbers, left), Counter())
    pages = re.sub(r"(?m)^.*\d+ of \d+\n+\f", "", outputs.printed("-layout"))
    assert len(said) > 150
    assert said - numbers(pages) == Counter()
    assert set(numbers(pages)) <= set(said)


def test_figures_say_in_words_what_the_tables_say(outputs: Outputs) -> None:
    alts = [image.attributes["alt"] for image in outputs.html.find_elements("img")]
    [alt] = [alt for alt in alts if alt.startswith("Line chart. ")]
    words = outputs.html.find_elements("main")[0].get_text()
    assert len(numbers(alt)) > 12 and all(number.rstrip(".") in words for number in numbers(alt))


ATTACKS = (
    *made_up.HOSTILE,
    '#import "@preview/cetz:0.3.0": * *bold* _low_ `code` $x^2$ #panic() // gone',
    "= Heading",
    "+1-555",
    "l" + "o" * 10_000 + "ng",
    "",
)


def attacked(report: Report, attack: str) -> Report:
    """The report with one attack in every field of text that the outputs show."""

    def struck(value: Any) -> Any:
        if isinstance(value, str):
            return attack
        if isinstance(value, tuple):
            return tuple(map(struck, value))
        if hasattr(value, "__dataclass_fields__"):
            kept = {
                "audience",
                "counted",
                "measure",
                "flag",
                "schema",
                "period",
                "outcome",
                "month",
                "months",
                "severity",
                "id",
                "office",
            }
            if isinstance(value, Estimate):
                kept |= {"method", "treatment"}
            return replace(value, **{n: struck(getattr(value, n)) for n in value.__dataclass_fields__ if n not in kept})
        return value

    changed: Report = struck(report)
    return replace(changed, months=report.months)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: repr(text[:24]))
def test_hostile_text_is_text_in_every_field_of_every_output(attack: str, tmp_path: Path) -> None:
    outputs = Outputs(attacked(made_up.report(offices=3), attack), tmp_path)
    assert outputs.json["caveats"] == [attack] * 2
    assert {row["person"] for row in outputs.csv["open_items.csv"]} == {mark_formula(attack)}
    assert {row["Person"] or "" for row in outputs.sheet("Open items")} == {make_plain_text(attack)}
    items = [item.get_text() for item in outputs.html.find_elements("li")]
    assert items.count(make_plain_text(attack)) >= 2  # the caveats
    assert len(outputs.html.find_elements("script")) == len(outputs.html.find_elements("style")) == 1
    held = "".join(letter if ord(letter) in _list_letters() else "�" for letter in make_plain_text(attack))
    if not any("\u0590" <= letter <= "\u08ff" for letter in held):  # what runs to the left is laid out the other way
        printed, wanted = (re.sub(r"\s", "", text) for text in (outputs.printed(), held))
        # In the headline, the key figures, the title and more; a page's foot may stand between two letters.
        assert printed.count(wanted[:400]) > 8
