"""Undecided cases: every rule that could decide each, and the kinds of records that would settle the most."""

from datetime import date
from itertools import combinations

import polars as pl
import pytest

from audit.estimation.undecided_cases import find_decisive_records, list_undecided_cases, name_records

TABLES = {
    "status": "persons",
    "disposition_code": "dispositions",
    "encounter_date": "encounters",
    "person_id": "matches",
}
SETTLED = pl.DataFrame(
    {
        "case": ["C1", "C2", "C3", "C4"],
        "attribute": ["consistency"] * 3 + ["timeliness"],
        "severity": ["ordinary", "critical", None, "ordinary"],
        "candidates": ["priority-1; outside", "citizen; resident; priority-1", "resident", "late; timely"],
        "needed": ["convictions.max_days; disposition_code", "status", None, "release_time"],
        "office": ["ATL", "BOS", None, "ATL"],
        "decided_on": ["2011-05-02", "2011-06-03", "2011-05-04", "2011-05-05"],
        "settled": ["undeterminable", "undeterminable", "judgement_required", "undeterminable"],
    }
)


def test_an_open_case_names_every_rule_that_could_decide_it_and_the_records_that_would() -> None:
    critical, ordinary, judged, late = list_undecided_cases(SETTLED, TABLES)
    assert (critical.case, critical.rules) == ("C2", ("citizen", "resident", "priority-1"))
    assert critical.records == ("persons",) and critical.decided_on == date(2011, 6, 3)
    assert (judged.case, judged.outcome, judged.records) == ("C3", "judgement_required", ())
    assert (ordinary.case, ordinary.records) == ("C1", ("convictions", "dispositions"))
    assert late.attribute == "timeliness" and late.rules == ("late", "timely")


def test_a_decided_case_is_not_listed() -> None:
    decided = SETTLED.with_columns(settled=pl.lit("consistent"))
    assert list_undecided_cases(decided, TABLES) == ()


@pytest.mark.parametrize(
    ("needed", "records"),
    [
        (["status", "disposition_code"], ("persons", "dispositions")),
        (["convictions.max_days", "convictions.outcome"], ("convictions",)),
        (["what the memorandum means by recent"], ("what the memorandum means by recent",)),
        ([], ()),
    ],
)
def test_a_field_is_named_by_the_record_that_holds_it(needed: list[str], records: tuple[str, ...]) -> None:
    assert name_records(needed, TABLES) == records


@pytest.mark.parametrize(
    ("needed", "best"),
    [
        ([], []),
        ([["a"], ["a"], ["b"]], [(("a",), 2, 2), (("a", "b"), 3, 3)]),
        ([["a", "b"], ["a", "b"], ["c"]], [(("c",), 1, 1), (("a", "b"), 2, 4), (("a", "b", "c"), 3, 5)]),
        ([["b"], ["a"]], [(("a",), 1, 1), (("a", "b"), 2, 2)]),
        ([[], ["a"]], [(("a",), 1, 1)]),
    ],
)
def test_the_kinds_of_records_that_settle_the_most(
    needed: list[list[str]], best: list[tuple[tuple[str, ...], int, int]]
) -> None:
    assert [(one.kinds, one.cases, one.records) for one in find_decisive_records(needed)] == best


def test_no_other_set_of_as_few_kinds_settles_more() -> None:
    """By trying every set there is."""
    needed = [["a"], ["a", "b"], ["b", "c"], ["b", "c"], ["c", "d"], ["d"], ["a", "d", "e"], ["e"], ["e", "b"], ["c"]]
    for one in find_decisive_records(needed):
        tried = [sum(set(need) <= set(kinds) for need in needed) for kinds in combinations("abcde", len(one.kinds))]
        assert one.cases == max(tried)
    assert one.cases == len(needed)
