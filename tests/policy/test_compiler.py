"""The language of conditions: what it says of known and unknown values, and what it refuses."""

import pickle
from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.policy.compiler import ConditionSet, compile_column_condition, compile_condition
from audit.policy.vocabulary import ChildSchema, Vocabulary

MIRRORED_SIGNS = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
COLUMNS = {"days": "integer", "status": "text", "day": "date", "time": "datetime", "known": "yes_no", "code": "text"}
CASES = pl.DataFrame(
    {
        "days": [1, None, 500],
        "status": ["usc", None, "lpr"],
        "day": [date(2011, 3, 1), None, date(2011, 3, 2)],
        "time": [datetime(2011, 3, 1, 9), None, datetime(2011, 3, 2, 9)],
        "known": [True, None, False],
        "code": ["NAR", None, "OTHER"],
        "code.state": ["filled", "redacted", "uninformative"],
    }
)


def truth(text: str, columns: dict[str, str] | None = None) -> list[bool | None]:
    frame = CASES.with_columns(truth=compile_column_condition(text, columns or COLUMNS, place="rule.yaml"))
    return frame["truth"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("days > 365", [False, None, True]),
        ("not days > 365", [True, None, False]),
        ("days >= 1 and days < 500", [True, None, False]),
        ("days = 1 or days != 1", [True, None, True]),
        ("status in ('usc', 'lawful')", [True, None, False]),
        ("days between 1 and 365", [True, None, False]),
        ("days is null", [False, True, False]),
        ("days is not null", [True, False, True]),
        ("known", [True, None, False]),
        ("known = false", [False, None, True]),
        ("known and days > 0", [True, None, False]),
        ("known or days > 365", [True, None, True]),
        ("known and days is null", [False, None, False]),
        ("day >= date '2011-03-02'", [False, None, True]),
        ("time + interval '48' hour > day + interval '2' day", [False, None, False]),  # the same day
        ("time + interval '72' hour > day + interval '2' day", [True, None, True]),
        ("days + 1 >= 2", [True, None, True]),
        ("days - 1 >= 1", [False, None, True]),
        ("days < 0 or -1 < days", [True, None, True]),
    ],
)
def test_three_values(text: str, expected: list[bool | None]) -> None:
    assert truth(text) == expected


DAY_BOUNDS = pl.DataFrame(
    {
        "day": [date(2023, 1, 14), date(2023, 1, 15), date(2023, 1, 16)],
        "time": [datetime(2023, 1, 14, 23, 59), datetime(2023, 1, 15, 18), datetime(2023, 1, 16)],
        "other": [date(2023, 1, 15)] * 3,
    }
)


@pytest.mark.parametrize("column", ["day", "time"])
@pytest.mark.parametrize(
    ("bound", "types"),
    [
        ("date '2023-01-15'", {"day": "date", "time": "datetime"}),
        ("other", {"day": "date", "time": "datetime", "other": "date"}),
        ("date '2023-01-15'", ["day", "time"]),  # without a declared type
    ],
)
@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("<=", [True, True, False]),
        ("<", [True, False, False]),
        ("=", [False, True, False]),
        ("<>", [True, False, True]),
        (">=", [False, True, True]),
        (">", [False, False, True]),
    ],
)
def test_a_day_is_the_whole_of_it_whatever_is_compared_with_it(
    column: str, bound: str, types: Mapping[str, str] | list[str], sign: str, expected: list[bool]
) -> None:
    for text in (f"{column} {sign} {bound}", f"{bound} {MIRRORED_SIGNS.get(sign, sign)} {column}"):
        frame = DAY_BOUNDS.with_columns(truth=compile_column_condition(text, types, place="rule.yaml"))
        assert frame["truth"].to_list() == expected


@pytest.mark.parametrize(
    "text",
    [
        "time between date '2023-01-15' and date '2023-01-15'",
        "time in (date '2023-01-15', date '2023-02-15')",
    ],
)
def test_between_and_in_take_the_whole_day(text: str) -> None:
    types = {"time": "datetime"}
    frame = DAY_BOUNDS.with_columns(truth=compile_column_condition(text, types, place="rule.yaml"))
    assert frame["truth"].to_list() == [False, True, False]


def test_a_state_is_known_where_the_value_is_not() -> None:
    columns = COLUMNS | {"code.state": "text"}
    assert truth("blank(code)", columns) == [False, False, False]
    assert truth("redacted(code)", columns) == [False, True, False]
    assert truth("uninformative(code)", columns) == [False, False, True]
    assert truth("blank(status)", columns) == [False, True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the condition `` is not one condition. Write exactly one."),
        ("days = 1; drop table x", "is not one condition. Write exactly one."),
        ("days =", "cannot be read. Check its brackets, quotes and operators."),
        ("day = 1", "compares date with number in `day = 1`. Compare like with like."),
        ("days", "is not a condition: it has a value, not a truth. Compare it with something."),
        ("days = 1 and status", "uses `status` as if it were true or false. Compare it with something."),
        ("dyas = 1", "names `dyas`, which is neither a column nor a term. Did you mean `days`?"),
        ("quux = 1", "names `quux`, which is neither a column nor a term. Name a declared column or a defined term."),
        ("day >= date '2011-02-30'", "has no day `2011-02-30`. Write a date as date '2011-03-02'."),
        ("days is true", "uses `days IS TRUE`. Write COLUMN is null, or COLUMN is not null."),
        ("count(days) > 1", "looks over `days`. Write count(TABLE where CONDITION) over one of: none."),
        ("status + 1 = 2", "adds text and number in `status + 1`. Add numbers, or an interval to a date."),
        (
            "time - day <= 30",
            "subtracts one day from another in `time - day`. Write calendar_days(day, time) for the days between them.",
        ),
        ("time = 'x'", "compares time with text in `time = 'x'`. Compare like with like."),
        ("calendar_days(day) = 1", "Write calendar_days(FROM, TO) with two dates or times."),
        ("months_between(day, days) = 1", "Write months_between(FROM, TO) with two dates or times."),
    ],
)
def test_what_is_refused_is_said(text: str, message: str) -> None:
    with pytest.raises(AuditError) as refused:
        compile_column_condition(text, COLUMNS, place="rule.yaml, line 3")
    assert str(refused.value).startswith("rule.yaml, line 3: the condition `")
    assert message in str(refused.value)
    assert refused.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    "text",
    [
        "(select count(*) from secret) > 0",
        "read_text('/etc/passwd') = 'x'",
        "status in (select 'usc')",
        "case when days = 1 then true else false end",
        "cast(days as text) = '1'",
        "other.days = 1",
        "status like 'u%'",
        "count(distinct days) = 1",
        "blank(days, status)",
        "days = @x",
    ],
)
def test_a_form_without_its_own_rule_cannot_pass(text: str) -> None:
    with pytest.raises(AuditError, match=r"rule\.yaml"):
        compile_column_condition(text, COLUMNS, place="rule.yaml")


def test_a_term_is_read_in_place_and_never_in_itself() -> None:
    vocabulary = Vocabulary(columns=COLUMNS, terms={"long": "days > 365", "loop": "loop and known"})
    read_term = compile_condition("known or long", vocabulary, place="rule.yaml")
    assert read_term.fields == ("known", "days")
    assert set(read_term.values_by_name) == {"known", "long", "days"}
    with pytest.raises(AuditError, match="defines the term `loop` by itself"):
        compile_condition("loop", vocabulary, place="rule.yaml")


def test_a_count_names_its_rows_and_columns() -> None:
    convictions = ChildSchema(on="person", columns={"person": "text", "max_days": "integer"})
    vocabulary = Vocabulary(columns=COLUMNS, children={"convictions": convictions})
    counted = compile_condition("count(convictions where max_days > 365) >= 2", vocabulary, place="rule.yaml")
    assert [count.name for count in counted.aggregates] == ["count(convictions where max_days > 365)"]
    assert counted.aggregates[0].fields == ("max_days",)
    assert list(counted.decisive_blanks) == ["count(convictions where max_days > 365)"]


def test_what_is_only_looked_at_is_not_asked_for() -> None:
    looked = compile_condition("days is null or known", Vocabulary(columns=COLUMNS), place="rule.yaml")
    assert looked.fields == ("days", "known")
    assert list(looked.decisive_blanks) == ["known"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("days in ()", "Name at least one value."),
        (
            "day + interval '5.5' day > day",
            "Add to a date an interval such as interval '5' day, '48' hour, '3' month or '1' year.",
        ),
        ("day + interval '1' week > day", "Add to a date an interval"),
        ("day + interval '1000' year > day", "Add to a date an interval"),
        ("day + interval '99999999999' day > day", "Add to a date an interval"),
        (f"{'(' * 3000}known{')' * 3000}", ""),
    ],
)
def test_what_would_break_is_refused(text: str, message: str) -> None:
    with pytest.raises(AuditError) as refused:
        compile_column_condition(text, COLUMNS, place="rule.yaml")
    assert message in str(refused.value)


def test_terms_that_double_each_other_are_refused_at_once() -> None:
    terms = {f"t{n}": f"t{n - 1} and t{n - 1}" for n in range(1, 30)} | {"t0": "known"}
    with pytest.raises(AuditError, match="names terms within terms too often"):
        compile_condition("t29", Vocabulary(columns=COLUMNS, terms=terms), place="rule.yaml")


def test_a_large_number_is_itself() -> None:
    frame = pl.DataFrame({"days": [9007199254740993, 9007199254740992]})
    found = frame.with_columns(truth=compile_column_condition("days = 9007199254740993", COLUMNS, place="r"))
    assert found["truth"].to_list() == [True, False]


def test_a_withheld_value_is_not_blank_and_no_state_is_blank() -> None:
    cases = pl.DataFrame(
        {"code": [None, None], "code.state": ["redacted", None]}, schema={"code": pl.String, "code.state": pl.String}
    )
    blank = compile_column_condition("blank(code)", COLUMNS | {"code.state": "text"}, place="r")
    assert cases.with_columns(truth=blank)["truth"].to_list() == [False, True]


def test_a_condition_says_which_constants_a_column_is_compared_with() -> None:
    convictions = ChildSchema(on="person", columns={"person": "text", "days": "integer", "grade": "text"})
    vocabulary = Vocabulary(
        columns=COLUMNS,
        children={"convictions": convictions},
        terms={"long": "count(convictions where 365 < days) > 2"},
    )
    text = "long and not status in ('usc', 'lpr') and days between -1 and (7) and day > date '2011-03-02'"
    constants = compile_condition(text, vocabulary, place="rule.yaml").constants
    assert constants == {
        ("convictions", "days"): (365,),
        ("", "status"): ("usc", "lpr"),
        ("", "days"): (-1, 7),
        ("", "day"): (date(2011, 3, 2),),
    }


def test_a_condition_says_what_each_of_its_terms_counts() -> None:
    convictions = ChildSchema(on="person", columns={"person": "text", "days": "integer"})
    terms = {"some": "count(convictions) > 0", "grave": "some and count(convictions where days > 365) > 0"}
    vocabulary = Vocabulary(columns=COLUMNS, children={"convictions": convictions}, terms=terms)
    condition = compile_condition("grave or known", vocabulary, place="rule.yaml")
    every, long = "count(convictions)", "count(convictions where days > 365)"
    assert condition.term_aggregates == {"some": (every,), "grave": (every, long)}
    assert condition.columns == {"known", "days"}


def test_numbers_of_columns_without_a_declared_type_are_added() -> None:
    truth = compile_column_condition("days + 1 > 2 and -days < 0", ["days"], place="r")
    assert pl.DataFrame({"days": [1, 2]}).select(truth).to_series().to_list() == [False, True]


def test_each_condition_is_compiled_once_and_anew_in_another_process() -> None:
    conditions = ConditionSet(Vocabulary(columns=COLUMNS))
    once = conditions.compile("days > 1")
    assert conditions.compile("days > 1") is once
    sent = pickle.loads(pickle.dumps(conditions))
    assert sent.compile("days > 1") is not once
    assert sent.compile("days > 1").truth.meta.eq(once.truth)
    with pytest.raises(AuditError, match=r"rule\.yaml: the condition `dyas > 1`"):
        conditions.compile("dyas > 1", place="rule.yaml")
