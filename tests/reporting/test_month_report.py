"""The report's own words: each follows from what is there."""

import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from audit import programs
from audit.programs.declaration import Program
from audit.reporting.month_report import IssuedAudit, Report, assemble_report, describe_dispersion, describe_last_audit
from audit.storage.declarations import read_program
from audit.tables.table import ControlTotals
from tests import made_up

MADE = made_up.report()


@pytest.fixture(scope="module")
def program() -> Program:
    return read_program(programs.find_program_folder("secure_communities"))


def report(program: Program, **given: Any) -> Report:
    """The report of the made-up results under a program."""
    asked: dict[str, Any] = {
        "period": MADE.period,
        "as_of": MADE.as_of,
        "measures": MADE.measures,
        "months": MADE.months,
        "open_items": MADE.open_items,
        "ambiguous_links": 0,
        "checks": (),
        "policy_sha256": "",
        "inputs": (),
    }
    return assemble_report(program, **asked | given)


def allowed(program: Program, *days: int) -> Program:
    """The program with other grace periods."""
    [measure] = program.census.measures
    return replace(program, census=replace(program.census, measures=(replace(measure, grace_days=days),)))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((5,), "(5 days)"),
        ((0, 30), "(0 days and 30 days; both are shown)"),
        ((0, 1, 30), "(0 days, 1 day and 30 days; all are shown)"),
    ],
)
def test_the_method_names_the_grace_periods_there_are(program: Program, days: tuple[int, ...], words: str) -> None:
    said = dict(report(allowed(program, *days)).method)["In time, late, pending"]
    assert f"within the days allowed {words}." in said


def test_open_items_are_of_the_period_by_person_with_their_units_and_records(program: Program) -> None:
    items = MADE.open_items
    records = sum(item.records for item in items)
    figure = report(program).key_figures[2]
    assert (figure.value, figure.label) == (str(len(items)), "open items of September 2011")
    assert figure.detail == f"They lack {records} records, in 24 field offices."
    [_, _, none] = report(program, open_items=()).key_figures
    assert (none.value, none.detail) == ("0", "nothing is left to complete")


def test_rows_set_aside_are_not_said_to_be_counted(program: Program) -> None:
    counted = dict(report(program).method)["What was counted"]
    assert counted.startswith("Every one of the matches of the period, by field office;")
    totals = {"file": "x.csv", "sha256": "", "rows_in": 9}
    inputs = [
        ControlTotals(table="matches", rows_used=8, rows_set_aside=1, **totals),
        ControlTotals(table="persons", rows_used=9, rows_set_aside=0, **totals),
        ControlTotals(table="charges", rows_used=7, rows_set_aside=2, **totals),
    ]
    counted = dict(report(program, inputs=inputs).method)["What was counted"]
    assert counted.startswith("Every one of the matches of the period that could be read, by field office;")
    assert "in no count: 1 row of matches and 2 rows of charges, of whatever period." in counted


def test_the_method_speaks_of_widened_limits_and_of_small_offices_only_where_there_are_any(program: Program) -> None:
    plain = dict(report(program).method)["Offices compared"]
    assert "widened" not in plain and "no rate" not in plain
    assert "is marked as below or above" in plain and "named" not in plain
    first = MADE.measures[0]
    few = replace(first.offices[0], flag="too few")
    wide = replace(first, spread=0.002, offices=(few, *first.offices[1:]))
    said = dict(report(program, measures=(wide,)).method)["Offices compared"]
    assert "these limits are widened for their ordinary spread" in said
    assert "A field office with fewer than 11 matches due has counts and no rate." in said


def test_how_offices_differ_is_said_with_its_numbers() -> None:
    found = replace(MADE.measures[0], dispersion=10.149, spread=0.002, outside=("Houston", "El Paso"))
    assert describe_dispersion(found, office="office") == (
        "2 of 24 offices lie outside the 99.8% limits that chance alone would set if all had one rate, where chance "
        "would put 1 in 500: El Paso and Houston. As a whole they differ by more than chance: the dispersion is 10.1, "
        "where chance alone gives 1 or less."
    )
    assert describe_dispersion(replace(found, dispersion=0.7, spread=0.0, outside=()), office="office") == (
        "None of 24 offices lie outside the 99.8% limits that chance alone would set if all had one rate, where chance "
        "would put 1 in 500. The dispersion is 0.7, where chance alone gives 1 or less."
    )
    assert describe_dispersion(replace(found, dispersion=None), office="office") == ""


def test_what_the_generator_placed_is_said(program: Program) -> None:
    assert "that draw is not random with respect to them; the draw of any other seed is." in program.synthetic_sample
    assert "sample" not in program.synthetic, "the month has none"


def test_cells_are_worded_by_what_their_rule_tests(program: Program) -> None:
    assert program.sample is not None
    words = {(cell.outcome, cell.case_class): cell.words for cell in program.sample.cells}
    acted = "Acted on (detainer, custody, removal, notice to appear, or found not removable with a reason)"
    assert words["consistent", "priority 1"] == f"{acted}: Priority 1"
    assert not any("etention" in text for text in words.values())


def test_so_few_that_there_is_no_rate_are_told_by_their_counts(program: Program) -> None:
    few = made_up.measure([("SPM", "St. Paul", 9, 0.45, 0.12)])
    made = report(program, measures=(few,), trends=())
    allowed = "encounter and processing disposition recorded by the end of the day of the match."
    assert made.headline == f"4 of 9 alien matches of September 2011: {allowed}"
    assert (made.key_figures[0].value, made.key_figures[0].detail) == (
        "4 of 9",
        "fewer than 11 alien matches due, so no rate",
    )
    none = report(program, measures=(made_up.measure([("SPM", "St. Paul", 0, 0, 0)]),))
    assert (none.key_figures[0].value, none.key_figures[0].detail) == ("–", "nothing was due")


def test_the_method_speaks_of_limits_of_months_only_where_there_are_any(program: Program) -> None:
    assert "Months compared" not in dict(report(program).method)
    said = dict(report(program, trends=made_up.report().trends).method)["Months compared"]
    assert "its own first 8 months with a rate" in said


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (1, "October 2010 to September 2011, as of 28 December 2011, issued on 30 April 2012."),
        (2, "October 2010 to September 2011, version 2, as of 28 December 2011, issued on 30 April 2012."),
    ],
)
def test_a_month_has_one_line_of_the_sample_audit(program: Program, version: int, words: str) -> None:
    issued = IssuedAudit(
        period="2010-10/2011-09", as_of=date(2011, 12, 28), version=version, issued_on=date(2012, 4, 30)
    )
    assert describe_last_audit(report(program, last_audit=issued)) == f"Last issued audit report: {words}"
    assert describe_last_audit(report(program)) == "Last issued audit report: none."
    assert describe_last_audit(report(replace(program, sample=None))) == ""
    text = json.dumps(asdict(report(program)), default=str)
    for word in ("sampled case", "Recommendation 1", "memorandum"):
        assert word not in text, "the sample, the findings and the citations are the audit report's"
