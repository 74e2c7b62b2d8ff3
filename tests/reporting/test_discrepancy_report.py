"""The record of a data-quality report: counts that add up, what people settled, the lag, the public edition."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from audit.compliance.discrepancies.counts import (
    DECISION_SCHEMA,
    DiscrepancyKindCounts,
    OfficeDiscrepancies,
    settle_discrepancies,
)
from audit.compliance.discrepancies.find import EVIDENCE_SCHEMA, DiscrepancyResult, find_discrepancies
from audit.compliance.discrepancies.period import build_report_period
from audit.compliance.discrepancies.recording_lag import estimate_recording_lag
from audit.errors import AuditError, ExitCode
from audit.reporting.discrepancy_disclosure import (
    DiscrepancyCounts,
    list_discrepancy_costs,
    suppress_small_discrepancies,
)
from audit.reporting.discrepancy_report import QualityReport, assemble_quality_report
from audit.reporting.withholding_costs import describe_costs
from audit.workflow.program_data import ProgramData, read_program_data
from tests import made_up_inspections

MARCH, AS_OF = build_report_period("month", "2021-03"), date(2021, 4, 10)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> ProgramData:
    folder = tmp_path_factory.mktemp("sites")
    program, data = folder / "sites", folder / "data"
    return read_program_data(str(made_up_inspections.program(program)), data=made_up_inspections.tables(data))


@pytest.fixture(scope="module")
def found(work: ProgramData) -> DiscrepancyResult:
    return find_discrepancies(work.rows, work.program.discrepancies[0], MARCH, as_of=AS_OF)


def decided(*rows: tuple[str, str, date, str]) -> pl.DataFrame:
    numbered = [(*row, number) for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema={**DECISION_SCHEMA, "row": pl.Int64}, orient="row")


def settled(found: DiscrepancyResult, *rows: tuple[str, str, date, str]) -> pl.DataFrame:
    return settle_discrepancies(
        found.cases, decided(*rows), all_cases=pl.concat([found.cases["case"], pl.Series(["SB"])]), file="s.csv"
    )


def assembled(work: ProgramData, found: DiscrepancyResult, *rows: tuple[str, str, date, str]) -> QualityReport:
    return assemble_quality_report(
        work.program,
        work.program.discrepancies[0],
        found,
        settled(found, *rows),
        period=MARCH,
        as_of=AS_OF,
        offices=work.offices.list_names(),
        checks=(),
        inputs=work.totals,
    )


def test_every_case_is_accounted_for_and_the_nation_is_the_sum(work: ProgramData, found: DiscrepancyResult) -> None:
    report = assembled(work, found)
    for row in (*report.offices, report.national):
        assert row.received == row.neither + row.not_looked_up + row.contradicted.of + row.unsupported.of
        for tally in (row.contradicted, row.unsupported):
            assert tally.cases == tally.changed + tally.confirmed + tally.unsettled
    nation = report.national
    for name in ("received", "neither", "not_looked_up"):
        assert getattr(nation, name) == sum(getattr(row, name) for row in report.offices)
    for kind in ("contradicted", "unsupported"):
        for name in ("cases", "of", "unsettled"):
            whole = getattr(getattr(nation, kind), name)
            assert whole == sum(getattr(getattr(row, kind), name) for row in report.offices)
    assert (nation.contradicted.cases, nation.contradicted.of) == (4, 5)
    assert (nation.unsupported.cases, nation.unsupported.of) == (2, 3)
    assert Fraction(nation.contradicted.share).limit_denominator(100) == Fraction(4, 5)
    assert [(row.office, row.name) for row in report.offices] == [
        ("A", "Alpha"),
        ("B", "Beta"),
        ("", "office not recorded"),
    ]


def test_a_person_in_two_offices_counts_in_each_and_once_in_all(work: ProgramData, found: DiscrepancyResult) -> None:
    report = assembled(work, found)
    assert [row.contradicted.persons for row in report.offices] == [2, 2, 0]
    assert report.national.contradicted.persons == 3
    assert {item.person for item in report.items if item.case in ("S1", "SA")} == {report.items[0].person}


def test_the_last_word_on_a_case_counts_and_what_is_no_discrepancy_is_not_settled(
    work: ProgramData, found: DiscrepancyResult
) -> None:
    report = assembled(
        work,
        found,
        ("S1", "changed", date(2021, 4, 2), "read again"),
        ("S1", "confirmed", date(2021, 4, 1), "read"),
        ("S4", "confirmed", date(2021, 4, 1), "report found on paper"),
        ("S3", "changed", date(2021, 4, 1), "not in question"),
        ("SB", "changed", date(2021, 4, 1), "of another period"),
    )
    a, b = report.national.contradicted, report.national.unsupported
    assert (a.changed, a.confirmed, a.unsettled) == (1, 0, 3)
    assert (b.changed, b.confirmed, b.unsettled) == (0, 1, 1)
    assert [(one.case, one.state, one.reason) for one in report.items if one.state != "open"] == [
        ("S1", "changed", "read again"),
        ("S4", "confirmed", "report found on paper"),
    ]


def test_a_decision_on_nothing_or_of_no_outcome_is_refused_with_its_row(found: DiscrepancyResult) -> None:
    with pytest.raises(AuditError) as refused:
        settled(found, ("S1", "changed", AS_OF, "x"), ("XX", "confirmed", AS_OF, "x"), ("S4", "maybe", AS_OF, "x"))
    assert refused.value.code is ExitCode.DATA
    assert [str(one) for one in refused.value.problems] == [
        "s.csv, row 2, column case: is not in the table. Name one that is.",
        "s.csv, row 3, column outcome: is no outcome. Write changed or confirmed.",
    ]


def test_both_directions_are_told_in_one_breath(work: ProgramData, found: DiscrepancyResult) -> None:
    report = assembled(work, found)
    assert report.headline == (
        "Of 5 sites recorded as not inspected in March 2021, 4 (80.0%) have a report on file from before. "
        "Of 3 recorded as inspected, 2 (66.7%) have none. The strongest evidence of the 4: own inspector 2, contractor "
        "1, source in no tier 1."
    )
    assert sum(one.contradicted for one in report.strengths) == report.national.contradicted.cases
    assert [key.label for key in report.key_figures[:2]] == [
        "Recorded as not inspected, report on file",
        "Recorded as inspected, no report on file",
    ]


def test_evidence_by_tier_and_source(work: ProgramData, found: DiscrepancyResult) -> None:
    report = assembled(work, found)
    assert [(one.words, one.contradicted, one.supported) for one in report.strengths] == [
        ("own inspector", 2, 0),
        ("contractor", 1, 1),
        ("source in no tier", 1, 0),
    ]
    assert [(one.source, one.contradicted, one.supported) for one in report.sources] == [
        ("staff", 2, 0),
        ("agent", 1, 0),
        ("firm", 0, 1),
        ("nobody knows", 1, 0),
    ]


def pieces(*rows: tuple[str, str, date, date, date | None]) -> pl.DataFrame:
    whole = [(piece, case, day, dated, recorded, "s", 0, True) for piece, case, day, dated, recorded in rows]
    return pl.DataFrame(whole, schema=EVIDENCE_SCHEMA, orient="row")


def test_the_lag_by_hand() -> None:
    """Days 2 and 4 recorded, one watched 3 days, one recorded after the as-of day: 1/4, then of two left 1/2."""
    day = date(2021, 1, 10)
    found = estimate_recording_lag(
        pieces(
            ("a", "1", day, date(2021, 1, 1), date(2021, 1, 3)),
            ("b", "1", date(2021, 1, 20), date(2021, 1, 9), date(2021, 1, 13)),
            ("b", "2", day, date(2021, 1, 9), date(2021, 1, 13)),  # the same piece: against the earlier case
            ("c", "3", day, date(2021, 1, 7), None),
            ("d", "4", day, date(2021, 1, 2), date(2021, 6, 1)),
            ("e", "5", day, date(2021, 1, 5), date(2021, 1, 4)),  # before itself
        ),
        date(2021, 1, 13),
    )
    assert (found.pieces, found.after, found.not_yet, found.before_itself) == (5, 1, 2, 1)
    assert found.waiting == ((6, 1), (11, 1))
    assert [(day, round(share, 6)) for day, share in found.curve] == [(2, 0.25), (4, 0.5)]
    assert found.median == 4
    assert dict(found.by)[30] == pytest.approx(0.5)


def test_no_evidence_at_all_has_no_lag() -> None:
    found = estimate_recording_lag(pieces(), AS_OF)
    assert (found.pieces, found.median, found.curve, found.by) == (0, None, (), ())


def tally(cases: int, of: int) -> DiscrepancyKindCounts:
    return DiscrepancyKindCounts(
        cases=cases, persons=cases, of=of, share=cases / of if of else None, changed=0, confirmed=0, unsettled=cases
    )


def office(code: str, a: tuple[int, int], b: tuple[int, int]) -> OfficeDiscrepancies:
    received = a[1] + b[1]
    return OfficeDiscrepancies(
        office=code,
        name=code,
        received=received,
        neither=0,
        not_looked_up=0,
        contradicted=tally(*a),
        unsupported=tally(*b),
    )


def told(*offices: OfficeDiscrepancies) -> DiscrepancyCounts:
    a, b = (
        tuple(sum(getattr(getattr(row, kind), name) for row in offices) for name in ("cases", "of"))
        for kind in ("contradicted", "unsupported")
    )
    late = estimate_recording_lag(pieces(), AS_OF)
    return DiscrepancyCounts(national=office("all", a, b), offices=offices, strengths=(), sources=(), lag=late)  # type: ignore[arg-type]


def test_a_small_office_stands_with_others_and_sums_stay_true() -> None:
    given = told(office("A", (20, 50), (30, 400)), office("B", (3, 40), (15, 300)), office("C", (12, 60), (11, 100)))
    kept = suppress_small_discrepancies(given, office="district")
    assert [row.name for row in kept.offices] == ["A", "2 districts together"]
    joined = kept.offices[1]
    assert (joined.contradicted.cases, joined.contradicted.of, joined.contradicted.share) == (15, 100, None)
    assert kept.national.contradicted.persons is None
    assert kept.offices[0].unsupported.unsettled is None


def test_what_withholding_costs_is_counted_by_table() -> None:
    given = told(office("A", (20, 50), (30, 400)), office("B", (3, 40), (15, 300)), office("C", (12, 60), (11, 100)))
    kept = suppress_small_discrepancies(given, office="district")
    costs = {cost.table: cost for cost in list_discrepancy_costs(given, kept, 11)}
    by_office = costs["counts by office"]
    assert (by_office.rows, by_office.rows_of) == (2, 3), "two stand in one row"
    row = kept.offices[0]
    told_of_it = [value for kind in (row.contradicted, row.unsupported) for value in (kind.cases, kind.of)]
    assert by_office.counts_of - by_office.counts == len(told_of_it)
    assert describe_costs([by_office])[0][1].startswith("Counts by office (under 11): 2 of 3 rows, ")


def test_where_all_together_are_few_there_is_no_public_edition() -> None:
    with pytest.raises(AuditError, match="a count over all offices is under 11, so there is no public edition"):
        suppress_small_discrepancies(told(office("A", (3, 50), (30, 400))), office="district")


def test_the_public_edition_names_no_case(work: ProgramData, tmp_path: Path) -> None:
    asked = work.program.discrepancies[0]
    many = pl.DataFrame(
        {
            "site_id": [f"S{n}" for n in range(200)],
            "owner": [f"P{n}" for n in range(200)],
            "office": ["A"] * 200,
            "day": [date(2021, 3, 1)] * 200,
            "recorded": ["yes", "no"] * 100,
        }
    )
    shown = (
        many.gather_every(4, offset=1)
        .vstack(many.gather_every(4, offset=2))
        .select("owner", seen="day", filed="day", by=pl.lit("staff"), kind=pl.lit("full"))
    )
    rows = {"sites": many.lazy(), "reports": shown.lazy()}
    found = find_discrepancies(rows, asked, MARCH, as_of=AS_OF)
    report = assemble_quality_report(
        work.program,
        asked,
        found,
        settled(found),
        period=MARCH,
        as_of=AS_OF,
        offices={"A": "Alpha"},
        checks=(),
        inputs=work.totals,
        audience="public",
    )
    assert (report.national.contradicted.cases, report.national.unsupported.cases) == (50, 50)
    assert report.items == () and report.lag is not None and report.lag.curve == ()
    assert "persons" not in report.key_figures[0].detail
    assert [heading for heading, _ in report.method[-2:]] == ["What is withheld", "What withholding costs"]
