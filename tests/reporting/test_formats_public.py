"""The public edition in every form: no list, no person, no office with a small count, and figures of what is told."""

import json
from dataclasses import asdict, replace
from io import BytesIO
from zipfile import ZipFile

import pikepdf
import pytest

from audit import programs
from audit.compliance.office_rates import MeasureResult, add_funnel_limits
from audit.compliance.targets import compare_offices_with_target
from audit.programs.withholding import WithholdingPlan
from audit.reporting import figures
from audit.reporting.formats import record_page
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.month_page import render_month_page
from audit.reporting.formats.month_workbook import build_month_workbook
from audit.reporting.formats.pdf import render_pdf
from audit.reporting.month_report import Report, assemble_report
from audit.reporting.month_text import format_month_headline
from audit.storage.declarations import read_program
from tests import made_up

JOINED = ("Buffalo", "St. Paul")  # each has fewer than 11 late


@pytest.fixture(scope="module")
def public() -> Report:
    return make_public(made_up.report())


def make_public(made: Report) -> Report:
    return assemble_report(
        read_program(programs.find_program_folder("secure_communities")),
        period=made.period,
        as_of=made.as_of,
        measures=made.measures,
        months=made.months,
        open_items=made.open_items,
        ambiguous_links=made.ambiguous_links,
        checks=made.checks,
        policy_sha256="",
        inputs=made.provenance.inputs,
        audience="public",
        trends=made.trends,
    )


def share_otherwise(result: MeasureResult) -> MeasureResult:
    """The measure as it would be if the offices that are told together divided what they have in another way."""
    first, other = (row for row in result.offices if row.name in JOINED)
    moved = []
    for row, by in ((first, 9), (other, -9)):
        due, compliant, late = row.due + by, row.compliant + by - by // 9, row.late + by // 9
        moved.append(replace(row, due=due, compliant=compliant, late=late, timely=compliant / due, flag="below"))
    rows = [next((one for one in moved if one.office == row.office), row) for row in result.offices]
    offices, dispersion, outside = add_funnel_limits(result.national, rows)
    return replace(result, offices=offices, dispersion=dispersion.ratio, spread=dispersion.variance, outside=outside)


@pytest.fixture(scope="module")
def drawn(public: Report) -> list[figures.Drawing]:
    return [*figures.draw_report_figures(public)]


@pytest.fixture(scope="module")
def texts(public: Report, drawn: list[figures.Drawing]) -> dict[str, str]:
    """What each output says."""
    page = render_month_page(public)
    shown = parse_page(page.decode())
    with ZipFile(BytesIO(build_month_workbook(public))) as book:
        sheets = b"".join(map(book.read, book.namelist())).decode()
    with pikepdf.open(BytesIO(render_pdf(page, day=public.as_of))) as file:
        alts = [str(one.Alt) for one in file.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one]
    return {
        "html": shown.find_elements("body")[0].get_text()
        + " ".join(image.attributes["alt"] for image in shown.find_elements("img")),
        "alts of the PDF": " ".join(alts),
        "xlsx": sheets,
        "csv": "".join(made_up.csv_files(public).values()),
        "json": json.dumps(asdict(public), default=str, ensure_ascii=False),
        "captions": " ".join(str(drawing.caption) for drawing in drawn),
    }


def test_no_person_and_no_list_is_in_any_output(texts: dict[str, str]) -> None:
    for kind, text in texts.items():
        assert not any(item.person in text for item in made_up.report().open_items), kind
    assert "Records to complete" not in texts["html"] and "Open items" not in texts["xlsx"]


def test_offices_with_a_small_count_are_in_no_output_but_together(texts: dict[str, str]) -> None:
    for kind, text in texts.items():
        assert not any(name in text for name in JOINED), kind
    for kind in ("html", "xlsx", "csv", "json"):
        assert "2 field offices together" in texts[kind]
    assert "whose counts are told together" in texts["captions"]


def test_everything_in_it_follows_from_what_is_told(public: Report) -> None:
    """Text, figures and tables are made from the record alone, and that is the same however joined offices differ."""
    made = made_up.report()
    other = replace(made, measures=tuple(map(share_otherwise, made.measures)))
    assert [row for row in other.measures[0].offices if row.name in JOINED] != [
        row for row in made.measures[0].offices if row.name in JOINED
    ]
    assert make_public(other) == public


def test_words_on_how_offices_stand_are_of_those_that_are_shown(public: Report, texts: dict[str, str]) -> None:
    [result] = public.measures
    rated = len(result.rated)
    assert f"of {rated} field offices shown " in texts["html"]
    assert "gap: fewer than 11 due, or a month that is not told of it" not in texts["captions"], (
        "no office has two months"
    )
    program = read_program(programs.find_program_folder("secure_communities"))
    headlines = [
        format_month_headline(replace(public, targets=(compare_offices_with_target(result, target, "x"),)), program)
        for target in (0.1, 0.99)
    ]
    assert "Every field office shown meets it." in headlines[0]
    assert f" of {rated} field offices shown are below it" in headlines[1]


def test_it_says_that_it_is_the_public_edition_and_what_it_leaves_out(public: Report, texts: dict[str, str]) -> None:
    assert public.audience == "public"
    assert "as known on 31 October 2011 · public edition" in texts["html"]
    assert "no count from 1 to 10 is in it" in texts["html"]
    assert "The table of data checks, of which 1 of 3 passed." in texts["html"]


def test_the_method_speaks_of_the_one_view_that_is_shown(public: Report) -> None:
    assert [(m.counted, m.grace_days) for m in public.measures] == [("unit", 0)]
    assert "(0 days)" in dict(public.method)["In time, late, pending"]


def test_an_edition_of_which_nothing_may_be_told_is_still_a_report() -> None:
    made = made_up.report(offices=1)
    few = assemble_report(
        read_program(programs.find_program_folder("secure_communities")),
        period=made.period,
        as_of=made.as_of,
        measures=made.measures,
        months=made.months,
        open_items=(),
        ambiguous_links=0,
        checks=(),
        policy_sha256="",
        inputs=(),
        audience="public",
    )
    assert few.measures or "a count over all offices is under 11" in dict(few.method)["What is withheld"]
    assert render_month_page(few) and build_month_workbook(few) and render_pdf(render_month_page(few), day=few.as_of)


def test_the_page_words_each_rule_by_its_own_number(public: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_page, "MINIMUM_CASES_FOR_RATE", 35)
    page = render_month_page(replace(public, withholding=WithholdingPlan(offices=16))).decode()
    assert "each has a count from 1 to 15" in page
