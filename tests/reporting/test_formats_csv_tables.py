"""The report's tables as CSV: complete, unrounded, reconciling, and the same for the same record."""

import csv
from dataclasses import replace
from io import StringIO

import polars as pl
import pytest

from audit.formatting import unmark_formula
from audit.reporting.formats import csv_tables
from tests import made_up


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_every_table_of_the_record_is_there() -> None:
    assert sorted(made_up.csv_files(made_up.report())) == [
        "checks.csv",
        "control_totals.csv",
        "missing.csv",
        "months.csv",
        "office_months.csv",
        "offices.csv",
        "open_items.csv",
    ]


def test_offices_hold_every_measure_and_add_up_to_all_offices() -> None:
    report = made_up.report()
    rows = read(made_up.csv_files(report)["offices.csv"])
    assert len(rows) == 25 * len(report.measures)
    first = [row for row in rows if row["counted"] == "unit" and row["grace_days"] == "0"]
    for column in ("received", "excluded", "due", "compliant", "late", "missing", "pending", "redacted"):
        assert sum(int(row[column]) for row in first[:-1]) == int(first[-1][column])


def test_shares_are_not_rounded_and_what_is_not_known_is_blank() -> None:
    row = read(made_up.csv_files(made_up.report(offices=3, without_cases=1))["offices.csv"])[0]
    assert (row["name"], row["due"], row["timely"], row["flag"]) == ("Seattle", "0", "", "no cases")
    row = read(made_up.csv_files(made_up.report())["offices.csv"])[24]
    assert float(row["timely"]) == int(row["compliant"]) / int(row["due"])


def test_text_comes_back_as_it_was_written() -> None:
    report = made_up.report(offices=7, hostile=True)
    text = made_up.csv_files(report)["open_items.csv"]
    assert [unmark_formula(row["person"]) for row in read(text)] == [item.person for item in report.open_items]


def test_lines_end_in_one_way_and_the_same_record_gives_the_same_text() -> None:
    first, second = made_up.csv_files(made_up.report()), made_up.csv_files(made_up.report())
    assert first == second
    assert all("\r" not in text and text.endswith("\n") for text in first.values())


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x.invalid","a")', '\'=HYPERLINK("http://x.invalid","a")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-5", "-5"),
        ("+3.25", "+3.25"),
        ("a=b", "a=b"),
        ("–", "–"),
        ("", ""),
    ],
)
def test_text_that_begins_as_a_formula_is_marked(text: str, marked: str) -> None:
    """By record and by rows of data alike; and what is marked can be read back."""
    table = csv_tables.ReportTable(header=("name", "due"), rows=((text, -5),))
    assert list(csv.DictReader(StringIO(csv_tables.format_csv(table), newline=""))) == [{"name": marked, "due": "-5"}]
    rows = pl.DataFrame({"name": [text], "due": [-5]})
    assert list(csv.reader(StringIO(csv_tables.encode_rows(rows).decode(), newline="")))[1:] == [[marked, "-5"]]
    assert unmark_formula(marked) == text


def test_no_table_of_a_report_holds_a_formula() -> None:
    report = made_up.report()
    measures = tuple(
        replace(result, offices=tuple(replace(one, name="=1+1", office="@X") for one in result.offices))
        for result in report.measures
    )
    tables = made_up.csv_files(replace(report, measures=measures))
    cells = [cell for text in tables.values() for row in csv.reader(StringIO(text)) for cell in row]
    assert "'=1+1" in cells
    assert [cell for cell in cells if cell.startswith(("=", "@"))] == []
