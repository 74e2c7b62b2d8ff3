"""Research that is done twice: what repeats, within which window, and what the second look changed, either way."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from audit.analysis.repeated_queries import QueryResult, measure_repeated_queries
from audit.errors import AuditError
from audit.programs.analyses import ConclusionTable, QueryLog, Researcher
from audit.reporting.query_text import (
    describe_agreement,
    describe_second_look,
    describe_systems,
    list_repetition_condition,
)

LOG = QueryLog(
    name="lookups",
    title="Lookups",
    table="lookups",
    case="case",
    person="person",
    actor="actor",
    system="system",
    time="day",
    minutes="minutes",
    first=Researcher(values=("intake",), words="the intake unit"),
    second=Researcher(values=("north", "south"), words="district offices"),
    window_days=7,
    window_reason="A week.",
    unit=("application", "applications"),
    as_of=dt.date(2023, 3, 31),
    extent="Every lookup of March.",
    determinations=ConclusionTable(
        table="conclusions",
        case="case",
        actor="actor",
        determination="conclusion",
        day="day",
        order=("refuse", "grant in part", "grant"),
    ),
)
# case, person, actor, system, day of March, minutes
QUERIES = [
    ("A", "P1", "intake", "tax", 1, 4.0),
    ("A", "P1", "intake", "courts", 1, 6.0),
    ("A", "P1", "north", "tax", 2, 5.0),  # repeats
    ("A", "P1", "north", "births", 2, 3.0),  # another system
    ("B", "P2", "intake", "tax", 10, 4.0),
    ("B", "P2", "south", "tax", 9, 4.0),  # came first
    ("B", "P2", "south", "tax", 18, 7.0),  # eight days after
    ("C", "P1", "south", "courts", 8, None),  # repeats that of the same person in another case, on the seventh day
    ("D", None, "intake", "tax", 3, 1.0),
    ("D", None, "south", "tax", 3, 2.0),  # no person: the case
    ("E", None, "south", "tax", 3, 2.0),  # no person, another case
    ("A", "P1", "audit", "tax", 4, 9.0),  # neither
    ("A", "P1", "north", "tax", 32, 9.0),  # after the as-of day
]
CONCLUSIONS = [("refuse", "refuse")] * 5 + [("grant", "grant")] * 2
CONCLUSIONS += [("grant", "refuse"), ("grant", "grant in part"), ("refuse", "grant")]


def make_tables(conclusions: list[tuple[str, str]] = CONCLUSIONS) -> dict[str, pl.LazyFrame]:
    start = dt.date(2023, 2, 28)
    queries = [(*row[:4], start + dt.timedelta(days=row[4]), row[5]) for row in QUERIES]
    pairs = [
        (f"K{n}", actor, conclusion, start + dt.timedelta(days=day))
        for n, both in enumerate(conclusions)
        for actor, conclusion, day in zip(("intake", "north"), both, (1, 2), strict=True)
    ]
    pairs += [("K0", "intake", "grant", start), ("only", "intake", "grant", start)]  # an earlier one does not count
    return {
        "lookups": pl.LazyFrame(
            queries,
            schema={
                **dict.fromkeys(("case", "person", "actor", "system"), pl.String),
                "day": pl.Date,
                "minutes": pl.Float64,
            },
            orient="row",
        ),
        "conclusions": pl.LazyFrame(pairs, schema=["case", "actor", "conclusion", "day"], orient="row"),
    }


@pytest.fixture(scope="module")
def result() -> QueryResult:
    return measure_repeated_queries(make_tables(), LOG)


def test_a_query_repeats_the_same_system_and_person_within_the_window(result: QueryResult) -> None:
    assert (result.repeated, result.repeated_minutes, result.repeated_without_minutes) == (3, 7.0, 1)
    assert result.repeated_share == 3 / 7
    assert {one.system: (one.first, one.second, one.repeated) for one in result.systems} == {
        "births": (0, 1, 0),
        "courts": (1, 1, 1),
        "tax": (3, 5, 2),
    }
    assert {one.days: one.queries for one in result.windows} == {0: 1, 1: 2, 7: 3, 30: 4, 365: 4}


def test_every_row_of_the_log_is_accounted_for(result: QueryResult) -> None:
    first, second = result.researchers
    assert first.queries + second.queries + result.after_as_of + result.other_actors == result.rows_in == len(QUERIES)
    assert (result.cases, result.cases_of_both) == (5, 3)
    assert sum(one.second for one in result.systems) == second.queries


def test_the_most_systems_of_a_case_are_compared_with_what_a_source_states(result: QueryResult) -> None:
    assert (result.systems_most, result.cases_with_most) == (3, 1)
    assert describe_systems(result).endswith("are 3, in 1 application of 5.")
    stated = replace(result, most_systems_stated=16, source="the source")
    assert describe_systems(stated).endswith("as many as 16 (the source): the log does not agree with it.")
    assert describe_systems(replace(stated, most_systems_stated=3)).endswith("the log agrees with it.")


def test_the_second_look_is_told_in_both_directions(result: QueryResult) -> None:
    look = result.second_look
    assert look is not None
    assert look.counts == ((5, 0, 1), (0, 0, 0), (1, 1, 2))
    assert (look.cases, look.agreed, look.more, look.less, look.first_only) == (10, 7, 1, 2, 1)
    assert describe_second_look(result) == (
        "In 3 of 10 applications that both concluded (30.0%) district offices concluded otherwise: 2 with less "
        "consequence for the person, 1 with more."
    )


def test_the_coefficient_is_gwets(result: QueryResult) -> None:
    """Gwet 2008, equation 6: chance is the mean of p(1 - p) over the categories, by the mean shares of both."""
    look = result.second_look
    assert look is not None and look.ac1 is not None and look.ac1_lower is not None and look.ac1_upper is not None
    shares = [(6 + 6) / 20, (0 + 1) / 20, (4 + 3) / 20]
    chance = sum(share * (1 - share) for share in shares) / 2
    assert look.ac1 == pytest.approx((0.7 - chance) / (1 - chance))
    assert look.ac1_lower < look.ac1 < look.ac1_upper
    assert "Gwet’s AC1, which allows for agreement by chance, is 0.60, 95% limits" in describe_agreement(look)


def test_the_condition_of_the_finding_has_both_sides_and_no_cost_without_a_source(result: QueryResult) -> None:
    words = " ".join(list_repetition_condition(result))
    assert "3 of 7 queries of district offices (42.9%) asked the same system" in words
    assert "2 with less consequence for the person" in words
    assert words.endswith("No cost is given: no source states what an hour of research costs.")
    priced = measure_repeated_queries(make_tables(), replace(LOG, hourly_cost=60.0, cost_source="Pay table"))
    assert priced.cost == pytest.approx(7.0)
    assert " ".join(list_repetition_condition(priced)).endswith(
        "At $60 an hour (Pay table) the repeated minutes cost $7."
    )


def test_a_coefficient_that_cannot_be_told_is_not_told() -> None:
    alike = measure_repeated_queries(make_tables([("grant", "grant")]), LOG).second_look
    assert alike is not None and alike.ac1_lower is None
    assert "95% limits" not in describe_agreement(alike)
    without = measure_repeated_queries(make_tables(), replace(LOG, determinations=None))
    assert describe_second_look(without) == "What the second look changed is not in the tables."


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(AuditError, match="has no query of nobody"):
        measure_repeated_queries(make_tables(), replace(LOG, second=Researcher(values=("x",), words="nobody")))
    with pytest.raises(AuditError, match="1 row with a conclusion that is not declared"):
        measure_repeated_queries(make_tables([("grant", "later")]), LOG)
