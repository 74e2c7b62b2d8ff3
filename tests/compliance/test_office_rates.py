"""The rates of the census: the seven vectors of its definition, the bounds, the flags, and the periods."""

from dataclasses import asdict, replace
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from audit.compliance import office_rates
from audit.compliance.office_rates import (
    MINIMUM_CASES_FOR_RATE,
    MeasureResult,
    MonthRate,
    OfficeRate,
    rate_offices,
    require_period_units,
)
from audit.compliance.trends import count_months, rate_months
from audit.compliance.unit_states import find_unit_states
from audit.errors import AuditError, ExitCode
from audit.programs.measures import Census, Measure, RequiredRecord, parse_period
from audit.programs.withholding import WithholdingPlan
from audit.reporting.month_disclosure import suppress_small_counts
from audit.statistics.intervals.exact import binomial_tails
from audit.statistics.offices.funnel import binomial_funnel
from audit.statistics.offices.overdispersion import estimate_dispersion
from tests.made_up_census import CENSUS, OFFICES, disposition, encounter, match, states

MONTH = "2011-09"
UNIT, STRICT, LENIENT = "unit", "person, all units", "person, any unit"
COUNTED = ("compliant", "late", "missing", "unmet", "redacted", "pending", "excluded", "not_applicable")


def result(found: pl.DataFrame, counted: str = UNIT, grace: int = 0, period: str = MONTH) -> MeasureResult:
    every = rate_offices(found, CENSUS, period=period, offices=OFFICES)
    [one] = [one for one in every if (one.counted, one.grace_days) == (counted, grace)]
    return one


def counts(row: OfficeRate) -> dict[str, int]:
    """The counts of a row that are not zero."""
    return {name: n for name in COUNTED if (n := asdict(row)[name])}


def documented(key: str, entered: str = "2011-09-10", person: str = "P1") -> tuple[list[tuple[object, ...]], ...]:
    """An encounter and its disposition, both entered on that day."""
    return [encounter(f"E{key}", person=person, entered=entered)], [disposition(f"D{key}", f"E{key}", entered=entered)]


def test_vector_1_one_person_with_two_matches_of_which_one_is_documented():
    found = states([match("M1"), match("M2", "2011-09-20")], *documented("1"))
    by_unit, strict, lenient = (result(found, counted).national for counted in (UNIT, STRICT, LENIENT))
    assert (by_unit.received, by_unit.timely) == (2, 0.5)
    assert (strict.received, strict.timely) == (1, 0.0)
    assert (lenient.received, lenient.timely) == (1, 1.0)


def test_vector_2_a_match_on_the_31st_with_an_entry_on_the_2nd():
    found = states(
        [match("M1", "2011-08-31")],
        [encounter("E1", "2011-08-31", entered="2011-09-02")],
        [disposition("D1", "E1", entered="2011-09-02")],
    )
    assert counts(result(found, grace=0, period="2011-08").national) == {"late": 1}
    assert counts(result(found, grace=5, period="2011-08").national) == {"compliant": 1}
    assert counts(result(found, grace=30, period="2011-08").national) == {"compliant": 1}


def test_vector_3_blank_redacted_and_other_are_three_things():
    people = {"P1": None, "P2": "(b)(3)", "P3": "OTHER"}
    found = states(
        [match(f"M{person}", person=person) for person in people],
        [encounter(f"E{person}", person=person) for person in people],
        [disposition(f"D{person}", f"E{person}", code) for person, code in people.items()],
    )
    row = result(found).national
    assert counts(row) == {"missing": 1, "redacted": 1, "compliant": 1}
    assert (row.uninformative, row.due, row.timely) == (1, 2, 0.5)


def test_vector_4_a_person_met_by_two_offices_is_two_cases():
    found = states([match("M1", office="A"), match("M2", office="B")], *documented("1"))
    for counted in (STRICT, LENIENT):
        rows = result(found, counted)
        assert [row.received for row in rows.offices] == [1, 1, 0]
        assert rows.national.received == 2


def test_vector_5_an_office_without_a_match_has_no_rate():
    row = result(states([match("M1")], *documented("1"))).offices[2]
    assert (row.office, row.name, row.received, row.flag) == ("C", "Gamma", 0, "no cases")
    shares = ("timely", "eventual", "worst", "best", "lower_95", "upper_95", "lower_998", "upper_998")
    assert {asdict(row)[name] for name in shares} == {None}


def test_vector_6_offices_add_up_to_all_in_every_column():
    rows = [
        match(f"M{n}", person=[None, "P1", "P2"][n % 3], office="ABC"[n % 2], kind=["test", "identity"][n % 5 > 0])
        for n in range(40)
    ]
    for one in rate_offices(states(rows, *documented("1")), CENSUS, period=MONTH, offices=OFFICES):
        for name in (*COUNTED, "received", "due", "uninformative", "no_identifier"):
            assert sum(asdict(row)[name] for row in one.offices) == asdict(one.national)[name]


def test_vector_7_a_later_look_never_lowers_what_is_documented():
    rows, entries = [match("M1")], documented("1", entered="2011-09-20")
    seen = [result(states(rows, *entries, as_of=date(2011, 9, day)), grace=5).national for day in (12, 15, 19, 20, 30)]
    assert [counts(row) for row in seen] == [{"pending": 1}, {"missing": 1}, {"missing": 1}, {"late": 1}, {"late": 1}]
    assert [row.eventual for row in seen] == [None, 0.0, 0.0, 1.0, 1.0]


def test_a_unit_without_identifier_is_a_case_of_its_own_and_counted():
    found = states([match("M1", person=None), match("M2", person=None), match("M3"), match("M4")])
    for counted, received in ((UNIT, 4), (STRICT, 3), (LENIENT, 3)):
        row = result(found, counted).national
        assert (row.received, row.no_identifier) == (received, 2)


def test_words_that_say_nothing_are_counted_where_the_person_is_documented():
    rows = [match("M1"), match("M2", "2011-09-20")]
    found = states(rows, [encounter("E1")], [disposition("D1", "E1", "OTHER")])
    assert [result(found, counted).national.uninformative for counted in (UNIT, STRICT, LENIENT)] == [1, 0, 1]


def test_a_person_counts_once_a_month():
    found = states([match("M1", "2011-08-31"), match("M2", "2011-09-01"), match("M3", "2011-09-30")])
    assert result(found, STRICT, period="2011-08/2011-09").national.received == 2
    assert result(found, UNIT, period="all").national.received == 3


def person(*of: str | None, counted: str, excluded: str | None = "test") -> dict[str, int]:
    """Counts of one person whose units have these states; a unit without one is excluded."""
    found = states([match(f"M{n}", kind="identity" if one else excluded) for n, one in enumerate(of)])
    made = pl.Series("state", [one for _ in (0, 5, 30) for one in of], dtype=found.schema["state"])
    return counts(result(found.with_columns(made, missing=pl.lit(1, pl.UInt64)), counted).national)


@pytest.mark.parametrize(
    ("of", "strict", "lenient"),
    [
        (("compliant", "compliant"), "compliant", "compliant"),
        (("compliant", "late"), "late", "compliant"),
        (("late", "missing"), "missing", "late"),
        (("missing", "unmet"), "unmet", "missing"),
        (("pending", "missing"), "missing", "pending"),
        (("pending", "late"), "pending", "pending"),  # it may still come in time, or not at all
        (("redacted", "compliant"), "redacted", "compliant"),
        (("redacted", "late"), "redacted", "redacted"),
        (("not_applicable", "late"), "late", "late"),
        (("not_applicable", None), "not_applicable", "not_applicable"),
        ((None, "compliant"), "compliant", "compliant"),
        ((None, None), "excluded", "excluded"),
    ],
)
def test_a_person_has_the_worst_or_the_best_of_its_units_and_none_that_is_not_settled(of, strict, lenient):
    for order in (of, of[::-1]):
        assert person(*order, counted=STRICT) == {strict: 1}
        assert person(*order, counted=LENIENT) == {lenient: 1}


def test_what_is_received_is_all_accounted_for():
    found = states([match("M1"), match("M2", kind="test"), match("M3", kind="both"), match("M4", kind="duplicate")])
    one = result(found)
    assert (one.national.received, one.national.excluded, one.national.due) == (4, 3, 1)
    assert one.exclusions == (("duplicate", 2), ("test", 1))


def test_counts_that_do_not_add_up_are_a_defect():
    stateless = states([match("M1")]).with_columns(state=pl.lit(None, pl.String))
    with pytest.raises(AuditError, match="1 cases of office A were received and 0 are accounted for") as refused:
        result(stateless)
    assert refused.value.code == ExitCode.CRASH


def test_bounds_put_back_what_is_pending_and_redacted():
    of = ["compliant"] * 4 + ["late"] * 2 + ["missing", "unmet", "pending", "redacted"]
    found = states([match(f"M{n}", person=f"P{n}") for n in range(10)])
    made = pl.Series("state", of * 3, dtype=found.schema["state"])
    row = result(found.with_columns(made)).national
    assert (row.due, row.timely, row.eventual, row.worst, row.best) == (8, 0.5, 0.75, 0.4, 0.6)


def test_which_records_are_missing_is_counted_and_adds_up():
    people = [f"P{n}" for n in range(5)]
    found = states([match(f"M{one}", person=one) for one in people], [encounter("E1", person="P0")])
    assert result(found).missing == (("encounter and disposition", 4), ("disposition", 1))
    mixed = states([match("M1"), match("M2", "2011-09-20")], [encounter("E1")])
    assert result(mixed).missing == (("disposition", 1), ("encounter and disposition", 1))
    assert result(mixed, STRICT).missing == (("encounter and disposition", 1),)


def many(n: int, compliant: int, office: str) -> tuple[list[tuple[object, ...]], ...]:
    """Matches of an office, each of another person, of which so many are documented in time."""
    keys = [f"{office}{number:04}" for number in range(n)]
    return (
        [match(f"M{key}", person=key, office=office) for key in keys],
        [encounter(f"E{key}", person=key) for key in keys[:compliant]],
        [disposition(f"D{key}", f"E{key}") for key in keys[:compliant]],
    )


def of_offices(*made: tuple[str, int, int]) -> MeasureResult:
    """Offices given as code, matches and documented ones."""
    rows, entries, codes = zip(*(many(n, x, office) for office, n, x in made), strict=True)
    return result(states(*([row for part in parts for row in part] for parts in (rows, entries, codes))))


def test_offices_are_flagged_by_exact_tails_around_the_national_rate():
    one = of_offices(("A", 400, 390), ("B", 50, 30), ("C", 20, 16))  # C: chance, 5%
    assert one.national.timely == 436 / 470
    assert [row.flag for row in one.offices] == ["above", "below", ""]
    assert one.outside == ("Alpha", "Beta")
    assert one.spread == 0.0  # three are too few to tell their ordinary spread
    for row in one.offices:
        at_most, at_least = binomial_tails(row.compliant, row.due, 436 / 470)
        assert (row.flag == "below", row.flag == "above") == (at_most < 0.001, at_least < 0.001)
        assert (row.lower_95, row.upper_95) == pytest.approx(binomial_funnel(row.due, 436 / 470, "0.95"))
        assert (row.lower_998, row.upper_998) == pytest.approx(binomial_funnel(row.due, 436 / 470, "0.998"))
    assert (one.national.flag, one.national.lower_95) == ("", None)


def test_where_offices_differ_by_more_than_chance_only_one_beyond_their_spread_is_flagged():
    rates_of = (62, 66, 70, 74, 78, 80, 82, 84, 86, 88, 92)
    one = of_offices(*((f"O{n:02}", 100, x) for n, x in enumerate(rates_of)), ("LOW", 100, 8))
    assert one.dispersion is not None and one.dispersion > 5
    due, compliant = np.full(12, 100), np.array([8, *rates_of])
    found = estimate_dispersion(compliant, due, Fraction(one.national.compliant, one.national.due))
    assert (one.dispersion, one.spread) == pytest.approx(found)
    assert {row.office: row.flag for row in one.offices if row.flag not in ("", "no cases")} == {"LOW": "below"}
    assert set(one.outside) > {"LOW"}
    [low] = [row for row in one.offices if row.office == "LOW"]
    plain = binomial_funnel(100, one.national.timely, "0.998")
    assert low.lower_998 < plain[0] < plain[1] < low.upper_998
    assert "widened" in one.limits and "chance" in of_offices(("A", 20, 16)).limits


@pytest.mark.parametrize(
    ("due", "flag", "rate"), [(MINIMUM_CASES_FOR_RATE - 1, "too few", None), (MINIMUM_CASES_FOR_RATE, "below", 0.0)]
)
def test_an_office_with_too_few_due_has_counts_and_no_rate(due, flag, rate):
    one = of_offices(("A", 400, 390), ("B", due, 0))
    row = one.offices[1]
    assert (row.flag, row.timely, row.eventual, row.worst, row.best) == (flag, rate, rate, rate, rate)
    assert (row.lower_998 is None) == (rate is None)
    assert counts(row) == {"missing": due}
    assert one.national.due == 400 + due
    assert [office.office for office in one.rated] == (["A"] if rate is None else ["B", "A"])


def rate_and_publish(plan: WithholdingPlan | None = None) -> tuple[list[str], list[str]]:
    """The offices with a rate, of 400, 40 and 15 due; and the rows of the public edition."""
    one = of_offices(("A", 400, 200), ("B", 40, 20), ("C", 30, 15))
    found = suppress_small_counts([one], (), (), (), 0, office="office", period="2011-09", plan=plan)
    return [office.office for office in one.rated], [row.office for row in found.measures[0].offices]


def test_too_few_for_a_rate_and_too_few_to_publish_are_two_rules(monkeypatch):
    assert rate_and_publish() == (["A", "B", "C"], ["A", "B", "C"])
    with monkeypatch.context() as patch:
        patch.setattr(office_rates, "MINIMUM_CASES_FOR_RATE", 35)
        assert rate_and_publish() == (["A", "B"], ["A", "B", "C"])
    assert rate_and_publish(WithholdingPlan(offices=16)) == (["A", "B", "C"], ["A", ""])


def test_the_rate_without_those_that_have_no_identifier():
    rows = [match("M1"), match("M2", person=None), match("M3", person="P3"), match("M4", person=None, kind="test")]
    for counted in (UNIT, STRICT, LENIENT):
        one = result(states(rows, *documented("1")), counted)
        assert (one.national.compliant, one.national.due) == (1, 3)
        assert one.identified == (1, 2)


def test_an_office_with_none_due_yet_has_cases_and_no_rate():
    found = states([match("M1"), match("M2", office="B", kind="test")])
    row = result(found).offices[1]
    assert (row.received, row.due, row.timely, row.lower_95, row.flag) == (1, 0, None, None, "")
    nothing_due = result(states([match("M1", kind="test")]))
    assert nothing_due.national.timely is None
    assert [row.flag for row in nothing_due.offices] == ["", "no cases", "no cases"]


def test_a_unit_of_no_listed_office_is_not_dropped():
    one = result(states([match("M1", office=None), match("M2", office="Z")]))
    assert [(row.office, row.name, row.received) for row in one.offices[3:]] == [
        ("", "office not recorded", 1),
        ("Z", "Z", 1),
    ]
    assert one.national.received == 2


def test_cases_without_an_office_are_of_no_office_in_counts_and_limits():
    """Hand count: twenty cases at A, twenty at no office, none documented."""
    rows = [match(f"M{n}", office="A" if n < 20 else None) for n in range(40)]
    one = result(states(rows))
    assert [(row.name, row.timely, row.flag) for row in one.offices if not row.office] == [
        ("office not recorded", 0.0, "no office")
    ]
    assert [row.office for row in one.rated] == ["A"]
    assert [row.office for row in one.offices if row.lower_95 is not None] == ["A"]
    assert one.national.received == 40, "they are counted, all the same"


def test_results_come_by_measure_grace_and_way_of_counting():
    every = rate_offices(states([match("M1")]), CENSUS, period=MONTH, offices=OFFICES)
    assert [(one.grace_days, one.counted) for one in every] == [
        (grace, counted) for grace in (0, 5, 30) for counted in (UNIT, STRICT, LENIENT)
    ]
    by_unit = replace(CENSUS, person=None)
    found = states([match("M1")], census=by_unit)
    every = rate_offices(found, by_unit, period=MONTH, offices=OFFICES)
    assert [one.counted for one in every] == [UNIT] * 3
    assert every[0].national.no_identifier == 0


def test_months_up_to_the_end_of_the_period():
    rows = [match("M1", "2011-06-10"), match("M2"), match("M3", "2011-09-30"), match("M4", "2011-10-01")]
    found = count_months(states(rows, *documented("1")), CENSUS)
    expected = (
        MonthRate(measure=CENSUS.measures[0].id, month="2011-06", due=1, compliant=0, late=0),
        MonthRate(
            measure=CENSUS.measures[0].id, month="2011-07", due=0, compliant=0, late=0
        ),  # months without a match are months of none
        MonthRate(measure=CENSUS.measures[0].id, month="2011-08", due=0, compliant=0, late=0),
        MonthRate(measure=CENSUS.measures[0].id, month="2011-09", due=2, compliant=1, late=0),
        MonthRate(measure=CENSUS.measures[0].id, month="2011-10", due=1, compliant=0, late=0),
    )
    assert rate_months(found, CENSUS, period=MONTH) == expected[:4]
    assert rate_months(found, CENSUS, period="all") == expected


FORMS = Census(
    table="forms",
    unit="form",
    office="office",
    measures=(Measure(id="m", title="M", authority="A", needs=(RequiredRecord(field="kind", label="kind"),)),),
)


def undated() -> pl.DataFrame:
    rows = pl.LazyFrame({"form": [1, 2, 3], "office": ["A", "A", "B"], "kind": ["x", None, "x"]})
    return find_unit_states(rows.with_columns(ambiguous=pl.lit(False)), FORMS, as_of=None).collect()


def test_a_table_without_a_date_is_counted_whole():
    [one] = rate_offices(undated(), FORMS, period="all", offices=OFFICES)
    assert counts(one.national) == {"compliant": 2, "missing": 1}
    assert rate_months(count_months(undated(), FORMS), FORMS, period="all") == ()


def test_a_table_without_a_date_cannot_be_asked_for_a_month():
    with pytest.raises(AuditError) as refused:
        rate_offices(undated(), FORMS, period=MONTH, offices=OFFICES)
    assert refused.value.code == ExitCode.USAGE
    assert str(refused.value) == (
        "table forms has no date column, so a month cannot be told apart. Leave out --month to ask for the whole table."
    )


def test_a_month_without_a_unit_between_two_is_a_month_of_none():
    found = states([match("M1", "2011-08-10"), match("M2", "2011-10-01")])
    results = rate_offices(found, CENSUS, period=MONTH, offices=OFFICES)
    assert len(results) == 9
    for one in results:
        assert counts(one.national) == {}
        assert [(office.received, office.flag) for office in one.offices] == [(0, "no cases")] * 3


@pytest.mark.parametrize("period", ["2011-07", "2011-11", "2011-05/2011-07", "2011-11/2012-01"])
def test_a_period_before_or_after_every_unit_names_the_months_there_are(period):
    found = states([match("M1", "2011-08-10"), match("M2", "2011-10-01")])
    with pytest.raises(AuditError) as refused:
        rate_offices(found, CENSUS, period=period, offices=OFFICES)
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == f"table matches has no unit in {period}. It has 2011-08 and 2011-10."


def test_what_has_no_office_is_counted_and_held_against_no_limits():
    rows = [match(f"{office}{n}", office=office) for office, count in (("A", 40), ("B", 40)) for n in range(count)]
    rows += [match(f"N{n}", office=None) for n in range(40)]
    full = [f"{office}{n}" for office in "AB" for n in range(40)]
    person = {f"{key}": f"P{key}" for key, *_ in rows}
    rows = [(key, person[key], *rest) for key, _, *rest in rows]
    found = states(
        rows,
        [encounter(f"E{key}", person=person[key]) for key in full],
        [disposition(f"D{key}", f"E{key}") for key in full],
    )
    result = rate_offices(found, CENSUS, period=MONTH, offices=OFFICES)[0]
    nowhere = result.offices[-1]
    assert (nowhere.office, nowhere.name, nowhere.due, nowhere.timely) == ("", "office not recorded", 40, 0.0)
    assert (nowhere.flag, nowhere.lower_998, nowhere.upper_998) == ("no office", None, None)
    assert [one.office for one in result.rated] == ["A", "B"]
    assert result.national.due == 120


def test_no_unit_at_all_is_refused():
    with pytest.raises(AuditError, match="table matches has no unit in all"):
        require_period_units(states([]), CENSUS, period="all")


@pytest.mark.parametrize(
    "period",
    [
        "11",
        "2011-Q5",
        "2011-q1",
        "2011-Q2/2011-Q1",
        "2011-13",
        "2011-9",
        "201109",
        "2011-09/",
        "2011-09/2011-08",
        "2011-09/2011-09/2011-09",
        "",
    ],
)
def test_what_is_no_period_is_refused(period):
    with pytest.raises(AuditError) as refused:
        parse_period(CENSUS, period)
    assert refused.value.code == ExitCode.USAGE
    assert str(refused.value) == (
        f"`{period}` is not a period. Write a month as 2011-09, a quarter as 2011-Q3, a year as 2011, and a range as "
        "2015-12/2018-06."
    )


def test_periods():
    found = states([match(f"M{month}", f"2011-{month:02}-15") for month in range(1, 13)], as_of=date(2011, 12, 31))
    for period, n in (
        ("2011-09", 1),
        ("2011-03/2011-05", 3),
        ("2011-Q3", 3),
        ("2011-Q2/2011-Q4", 9),
        ("2011", 12),
        ("2010-01/2012-12", 12),
        ("all", 12),
    ):
        assert require_period_units(found, CENSUS, period=period)["unit"].n_unique() == n


def test_the_units_without_an_identifier_are_told_among_those_that_lack_a_record():
    """No record can be linked to M2 and M3; M1 has none either, though one could be."""
    found = result(states([match("M1"), match("M2", person=None), match("M3", person=None)]))
    assert (found.national.missing, found.missing_identifier) == (3, 2)


def test_where_nothing_is_linked_by_the_person_no_record_lacks_the_identifier():
    kind = replace(CENSUS.measures[0], needs=(RequiredRecord(field="kind", label="kind"),))
    census = replace(CENSUS, links=(), measures=(kind,))
    found = states([match("M1", person=None)], census=census)
    [first, *_] = rate_offices(found, census, period=MONTH, offices=OFFICES)
    assert first.missing_identifier is None
