"""What each unit's records show: the states, their order, and what is unknown."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from audit.compliance.record_states import (
    UNIT_STATE_SCHEMA,
    RecordState,
    describe_missing_records,
    list_lack_columns,
    list_missing_records,
)
from audit.compliance.unit_states import find_unit_states
from audit.errors import AuditError, ExitCode
from audit.programs.measures import Census, Exclusion, Measure, RequiredRecord
from tests.made_up_census import CENSUS, disposition, encounter, match, states


def state(*records: tuple[object, ...], as_of: str = "2011-10-31", grace: int = 0) -> tuple[str, list[str] | None]:
    """State of a match of 10 September with these encounters (E…) and dispositions (D…), and what it lacks."""
    encounters = [record for record in records if str(record[0]).startswith("E")]
    dispositions = [record for record in records if str(record[0]).startswith("D")]
    found = states([match("M1")], encounters, dispositions, as_of=date.fromisoformat(as_of))
    row = found.row(by_predicate=pl.col("grace_days") == grace, named=True)
    lacks = [row[name] for name in list_lack_columns(CENSUS)]
    return row["state"], None if None in lacks else list_missing_records(CENSUS.measures[0], lacks)


def of(
    rows: pl.DataFrame, *needs: RequiredRecord, applies: str | None = None, as_of: date | None = None
) -> list[str | None]:
    """States of the rows of a table without a date, in the order of its key."""
    measure = Measure(id="m", title="M", authority="A", needs=needs, applies=applies)
    census = Census(table="forms", unit="form", office="office", measures=(measure,))
    frame = rows.lazy().with_columns(form=pl.int_range(pl.len()), office=pl.lit("A"), ambiguous=pl.lit(False))
    return find_unit_states(frame, census, as_of=as_of).collect()["state"].to_list()


def test_both_records_in_time_are_compliant():
    assert state(encounter("E1"), disposition("D1", "E1")) == ("compliant", None)


@pytest.mark.parametrize(("grace", "expected"), [(0, "late"), (5, "late"), (30, "compliant")])
def test_every_record_must_be_entered_within_the_grace_period(grace, expected):
    records = encounter("E1"), disposition("D1", "E1", entered="2011-09-16")
    assert state(*records, grace=grace) == (expected, None)


@pytest.mark.parametrize(("entered", "expected"), [("2011-09-15", "compliant"), ("2011-09-16", "late")])
def test_the_last_day_of_the_grace_period_is_in_time(entered, expected):
    assert state(encounter("E1", entered=entered), disposition("D1", "E1"), grace=5)[0] == expected


def test_what_is_missing_is_named():
    assert state() == ("missing", ["encounter", "disposition"])
    assert state(encounter("E1")) == ("missing", ["disposition"])
    assert state(encounter("E1"), disposition("D1", "E1", None)) == ("missing", ["disposition"])


@pytest.mark.parametrize(("as_of", "expected"), [("2011-09-14", "pending"), ("2011-09-15", "missing")])
def test_what_is_not_there_is_pending_until_the_grace_period_is_over(as_of, expected):
    assert state(encounter("E1"), as_of=as_of, grace=5)[0] == expected
    assert state(encounter("E1"), disposition("D1", "E1"), as_of=as_of, grace=5)[0] == "compliant"


def test_missing_goes_before_redacted():
    assert state(encounter("E1"), disposition("D1", "E1", "(b)(3)")) == ("redacted", None)
    withheld = pl.DataFrame({"a": [None, "x"], "b": [None, None], "b.state": ["redacted", "redacted"]})
    assert of(withheld, RequiredRecord(field="a", label="a"), RequiredRecord(field="b", label="b")) == [
        "missing",
        "redacted",
    ]


def test_a_record_without_a_day_of_entry_is_late_and_not_missing():
    assert state(encounter("E1", entered=None), disposition("D1", "E1"), grace=30) == ("late", None)


def test_without_a_column_of_entry_a_record_is_in_time():
    assert of(pl.DataFrame({"a": ["x", None]}), RequiredRecord(field="a", label="a")) == ["compliant", "missing"]


def test_a_record_of_the_unit_s_own_table_is_not_known_before_it_is_entered():
    rows = pl.DataFrame({"a": ["x", "x", "x"], "e": [date(2011, 9, 1), date(2011, 9, 2), None]})
    need = RequiredRecord(field="a", label="a", entered="e")
    assert of(rows, need, as_of=date(2011, 9, 1)) == ["compliant", "missing", "compliant"]
    assert of(rows, need) == ["compliant"] * 3


def test_a_word_that_says_nothing_is_there_and_counted():
    found = states([match("M1")], [encounter("E1")], [disposition("D1", "E1", "OTHER")])
    assert found.select("state", "uninformative").unique().rows() == [("compliant", True)]
    missing = pl.DataFrame({"a": [None, "x"], "b": ["OTHER", "OTHER"], "b.state": ["uninformative"] * 2})
    assert of(missing, RequiredRecord(field="a", label="a"), RequiredRecord(field="b", label="b")) == [
        "missing",
        "compliant",
    ]


def test_a_filled_record_that_says_no_is_unmet_and_a_blank_one_missing():
    rows = pl.DataFrame({"told": [True, False, None]})
    assert of(rows, RequiredRecord(field="told", label="t", satisfied="told = true")) == [
        "compliant",
        "unmet",
        "missing",
    ]


def test_a_certain_failure_goes_before_what_is_not_there_or_withheld():
    rows = pl.DataFrame({"told": [False, False], "b": [None, None], "b.state": ["blank", "redacted"]})
    needs = RequiredRecord(field="told", label="t", satisfied="told = true"), RequiredRecord(field="b", label="b")
    assert of(rows, *needs) == ["unmet", "unmet"]


def test_a_record_that_leaves_it_unknown_whether_it_was_done_is_not_there():
    rows = pl.DataFrame({"told": ["N/A", "yes"], "told.state": ["uninformative", "filled"], "how": [None, 1]})
    assert of(rows, RequiredRecord(field="told", label="t", satisfied="how = 1")) == ["missing", "compliant"]


def test_outside_what_a_measure_applies_to_is_not_applicable_and_unknown_counts():
    rows = pl.DataFrame({"lawyer": [True, False, None, None], "told": [None, None, None, "x"]})
    found = of(rows, RequiredRecord(field="told", label="t"), applies="lawyer = true")
    assert found == ["missing", "not_applicable", "missing", "compliant"]
    assert of(rows, RequiredRecord(field="told", label="t"), applies="lawyer is not null and lawyer = true")[2:] == [
        "not_applicable",
        "not_applicable",
    ]


def test_the_first_reason_excludes_and_unknown_excludes_nothing():
    kinds = ["identity", "duplicate", "test", "both", None]
    found = states([match(f"M{number}", kind=kind) for number, kind in enumerate(kinds)])
    first = found.filter(pl.col("grace_days") == 0)
    assert first["excluded"].to_list() == [None, "duplicate", "test", "duplicate", None]
    assert first["state"].to_list() == ["missing", None, None, None, "missing"]


def test_every_measure_and_grace_period_has_its_row_of_every_unit():
    second = Measure(id="second", title="S", authority="A", needs=(RequiredRecord(field="kind", label="kind"),))
    found = states([match("M2"), match("M1")], census=replace(CENSUS, measures=(*CENSUS.measures, second)))
    lacks, days = ({"lacks_1": pl.Boolean, "lacks_2": pl.Boolean}, {"days_taken": pl.Int32, "days_decided": pl.Int32})
    assert found.schema == pl.Schema({**UNIT_STATE_SCHEMA, **lacks, **days})
    assert found.select("measure", "grace_days", "unit").rows() == [
        (measure, grace, unit)
        for measure, grace in [("documentation", 0), ("documentation", 5), ("documentation", 30), ("second", 0)]
        for unit in ("M1", "M2")
    ]


def test_a_unit_without_a_person_or_office_keeps_its_own_place():
    row = states([match("M1", person=None, office=None)]).row(0, named=True)
    assert (row["person"], row["no_identifier"], row["office"]) == ("M1", True, "")
    row = states([match("M1")], census=replace(CENSUS, person=None)).row(0, named=True)
    assert (row["person"], row["no_identifier"]) == ("M1", False)


def test_what_was_linked_by_rule_alone_is_marked():
    found = states([match("M1"), match("M2", person="P2")], [encounter("E1"), encounter("E2")])
    assert found.unique("unit", maintain_order=True)["ambiguous"].to_list() == [True, False]


def test_columns_of_the_unit_may_have_any_name():
    rows = pl.DataFrame({"state": ["x"], "month": ["x"], "person": ["x"], "date": ["x"], "missing": [None]})
    assert of(rows, RequiredRecord(field="state", label="s"), RequiredRecord(field="missing", label="m")) == ["missing"]


def test_what_is_missing_is_a_column_for_each_need_and_one_in_words() -> None:
    second = Measure(id="second", title="S", authority="A", needs=(RequiredRecord(field="kind", label="kind"),))
    census = replace(CENSUS, measures=(replace(CENSUS.measures[0], grace_days=(0,)), second))
    rows = [match("M1", kind=None), match("M2", kind=None, person="P2")]
    found = states(rows, [encounter("E2", person="P2")], [disposition("D2", "E2", "(b)(3)")], census=census)
    assert found.select("unit", "measure", "state", "lacks_1", "lacks_2").rows() == [
        ("M1", "documentation", "missing", True, True),
        ("M2", "documentation", "redacted", None, None),
        ("M1", "second", "missing", True, None),
        ("M2", "second", "missing", True, None),
    ]
    described = describe_missing_records(found, census)
    assert described["missing"].to_list() == ["encounter; disposition", None, "kind", "kind"]
    assert not {"lacks_1", "lacks_2"} & {*described.columns}


def test_a_unit_without_a_date_is_refused_by_count_and_column():
    undated = pl.LazyFrame({"form": ["1", "2"], "office": ["A", "A"], "day": [None, date(2011, 9, 1)]})
    census = replace(CENSUS, table="forms", unit="form", date="day", person=None, links=(), exclusions=())
    census = replace(
        census, measures=(Measure(id="m", title="M", authority="A", needs=(RequiredRecord(field="day", label="d"),)),)
    )
    with pytest.raises(AuditError) as refused:
        find_unit_states(undated.with_columns(ambiguous=pl.lit(False)), census, as_of=None)
    assert refused.value.code == ExitCode.DATA
    assert str(refused.value) == (
        "forms, column day: 1 of 2 units have no date, so their month cannot be told. "
        "Declare the column as required: such rows are then set aside, each with its reason."
    )


def test_a_condition_that_names_no_column_is_refused_with_its_place():
    census = replace(CENSUS, exclusions=(Exclusion(reason="r", where="knd = 'test'"),))
    with pytest.raises(AuditError, match=r"exclusions of matches: .*Did you mean `kind`"):
        states([match("M1")], census=census)


def test_the_states_are_those_the_report_explains():
    assert [*RecordState] == ["compliant", "late", "pending", "missing", "unmet", "redacted", "not_applicable"]
