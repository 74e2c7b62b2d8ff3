"""What is recorded against what the evidence shows: both kinds, at every edge, and the periods they are told of."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from audit.compliance.discrepancies.find import DiscrepancyResult, find_discrepancies
from audit.compliance.discrepancies.period import build_report_period
from audit.errors import AuditError, ExitCode
from audit.programs.discrepancies import Discrepancy
from audit.storage.declarations import read_program
from audit.workflow.program_data import read_program_data
from tests import made_up_inspections

MARCH = build_report_period("month", "2021-03")
AS_OF = date(2021, 4, 10)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Discrepancy, dict[str, pl.LazyFrame]]:
    folder = tmp_path_factory.mktemp("sites")
    read = read_program_data(
        str(made_up_inspections.program(folder / "sites")), data=made_up_inspections.tables(folder / "data")
    )
    return read.program.discrepancies[0], read.rows


@pytest.fixture(scope="module")
def found(work: tuple[Discrepancy, dict[str, pl.LazyFrame]]) -> DiscrepancyResult:
    asked, rows = work
    return find_discrepancies(rows, asked, MARCH, as_of=AS_OF)


def test_evidence_of_the_day_or_before_contradicts_and_later_evidence_does_not(found: DiscrepancyResult) -> None:
    kinds = dict(found.cases.select("case", "kind").iter_rows())
    assert {case for case, kind in kinds.items() if kind == "contradicted"} == {"S1", "S6", "S9", "SA"}
    assert kinds["S2"] is None  # seen a day later


def test_without_evidence_on_file_a_class_is_unsupported(found: DiscrepancyResult) -> None:
    kinds = dict(found.cases.select("case", "kind").iter_rows())
    assert {case for case, kind in kinds.items() if kind == "unsupported"} == {"S4", "S5"}
    assert kinds["S3"] is None


def test_what_was_recorded_after_the_day_was_not_on_file_and_what_never_was_is(
    work: tuple[Discrepancy, dict[str, pl.LazyFrame]],
) -> None:
    asked, rows = work
    later = find_discrepancies(rows, asked, MARCH, as_of=date(2021, 5, 1)).cases
    assert dict(later.select("case", "kind").iter_rows())["S5"] is None
    earlier = find_discrepancies(rows, asked, MARCH, as_of=date(2021, 3, 11)).cases
    assert dict(earlier.select("case", "kind").iter_rows())["S1"] is None  # filed on the twelfth


def test_what_cannot_be_looked_up_or_is_of_neither_class_is_no_discrepancy_and_is_there(
    found: DiscrepancyResult,
) -> None:
    rows = {row["case"]: row for row in found.cases.iter_rows(named=True)}
    assert len(rows) == 10 and "SB" not in rows
    assert (rows["S7"]["looked_up"], rows["S7"]["kind"]) == (False, None)
    assert (rows["S8"]["side"], rows["S8"]["office"], rows["S8"]["kind"]) == (None, "", None)


def test_the_strongest_evidence_stands_for_a_case_and_a_source_in_no_tier_is_weakest(found: DiscrepancyResult) -> None:
    rows = {row["case"]: (row["tier"], row["sources"], row["pieces"]) for row in found.cases.iter_rows(named=True)}
    assert rows["S1"] == (0, "staff", 1)
    assert rows["S6"] == (1, "agent", 1)
    assert rows["S9"] == (2, "nobody knows", 1)  # the sketch is no evidence
    assert rows["S4"] == (None, None, 0)
    assert found.undated == 1


def test_a_row_without_a_day_and_a_period_without_cases_are_refused(
    work: tuple[Discrepancy, dict[str, pl.LazyFrame]],
) -> None:
    asked, rows = work
    undated = rows | {"sites": rows["sites"].with_columns(day=pl.when(pl.col("site_id") != "S1").then("day"))}
    with pytest.raises(AuditError, match="sites, column day: 1 site without a date, so their period cannot be told"):
        find_discrepancies(undated, asked, MARCH, as_of=AS_OF)
    with pytest.raises(AuditError, match="sites: no site lies in June 2021") as refused:
        find_discrepancies(rows, asked, build_report_period("month", "2021-06"), as_of=AS_OF)
    assert refused.value.code is ExitCode.DATA


@pytest.mark.parametrize(
    ("every", "half", "first", "last", "name", "words"),
    [
        ("two months", None, "2021-02-01", "2021-03-31", "2021-02/2021-03", "February and March 2021"),
        ("month", None, "2021-03-01", "2021-03-31", "2021-03", "March 2021"),
        ("half month", None, "2021-03-16", "2021-03-31", "2021-03-16/2021-03-31", "16 to 31 March 2021"),
        ("half month", "second", "2021-03-16", "2021-03-31", "2021-03-16/2021-03-31", "16 to 31 March 2021"),
        ("half month", "first", "2021-03-01", "2021-03-15", "2021-03-01/2021-03-15", "1 to 15 March 2021"),
    ],
)
def test_periods(every: str, half: str | None, first: str, last: str, name: str, words: str) -> None:
    found = build_report_period(every, "2021-03", half)  # type: ignore[arg-type]
    assert (str(found.first), str(found.last), found.name, found.words) == (first, last, name, words)


def test_two_months_may_cross_a_year_and_end_in_a_leap_february() -> None:
    assert build_report_period("two months", "2021-01").words == "December 2020 and January 2021"
    assert build_report_period("two months", "2020-02").last == date(2020, 2, 29)


def test_what_is_no_period_is_refused() -> None:
    with pytest.raises(AuditError, match="`2021-13` is not a month"):
        build_report_period("month", "2021-13")
    with pytest.raises(AuditError, match="the period is two months, so no half of a month has a report"):
        build_report_period("two months", "2021-03", "first")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('table = "reports"\non', 'table = "report"\non', "evidence.0: names `report`, and no such table is declared"),
        ('\non = "owner"', '\non = "site_id"', "evidence.0: names `site_id`, and table reports has no such column"),
        ('recorded = "filed"', 'recorded = "files"', "evidence.0: names `files`, and table reports has no such column"),
        ("kind = 'full'", "kin = 'full'", "discrepancies.0.evidence.0"),
        ('values = ["no", "waived"]', 'values = ["no", "yes"]', "denying: has 1 of the values of `needing`"),
        ('["firm", "agent"]', '["firm", "staff"]', "tiers: name a source twice. Put each source in one tier."),
        ("as_of_days = 10", "as_of_days = 9999", "as_of_days: is out of range. Give 0 to 3650."),
        ('case = "site_id"', 'case = "owner"', "`owner` need not tell one case from another"),
        ('name = "inspected"', 'name = "in spected"', "is no name of its own. Use letters, digits and `-`"),
        ('every = "month"', 'every = "week"', "`every` is not as it should be"),
        ('words = "not inspected"', 'word = "not inspected"', "has the unknown key `word`. Did you mean `words`?"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = made_up_inspections.program(tmp_path / "sites")
    text = (folder / "program.toml").read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    (folder / "program.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_program(folder)
    assert said in str(refused.value)


def test_a_piece_counts_once_where_two_cases_have_it(found: DiscrepancyResult) -> None:
    assert found.pieces.filter(piece="reports 0")["case"].to_list() == ["S1", "SA"]


def test_a_source_column_may_be_absent(work: tuple[Discrepancy, dict[str, pl.LazyFrame]]) -> None:
    asked, rows = work
    bare = replace(asked, evidence=tuple(replace(one, source=None, recorded=None) for one in asked.evidence), tiers=())
    found = find_discrepancies(rows, bare, MARCH, as_of=AS_OF).cases.filter(case="S1").row(0, named=True)
    assert (found["sources"], found["tier"]) == ("reports", 0)


def test_a_period_without_a_case_between_others_is_one_of_none(
    work: tuple[Discrepancy, dict[str, pl.LazyFrame]],
) -> None:
    """The sites are of 25 February and of 10 to 25 March."""
    asked, rows = work
    between = build_report_period("half month", "2021-03", "first")
    without = {**rows, "sites": rows["sites"].filter(pl.col("day").is_between(between.first, between.last).not_())}
    found = find_discrepancies(without, asked, between, as_of=date(2021, 4, 10))
    assert found.cases.is_empty() and found.pieces.is_empty()
    for month in ("2021-01", "2021-05"):
        with pytest.raises(AuditError, match="no site lies in"):
            find_discrepancies(rows, asked, build_report_period("month", month), as_of=date(2021, 6, 10))
