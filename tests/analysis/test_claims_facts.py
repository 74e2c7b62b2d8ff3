"""Facts: values and formulas, and every problem with them by row."""

from fractions import Fraction

import pytest

from audit.analysis.claims.facts import parse_facts
from audit.analysis.claims.numbers import find_quantities
from audit.analysis.claims.verdicts import compare_quantity
from audit.errors import AuditError, ExitCode

A_SUM = [
    (2, {"id": "conform", "value": "698", "noun": "cases"}),
    (3, {"id": "deviate", "value": "25"}),
    (4, {"id": "assessed", "value": "= conform + deviate", "noun": "cases assessed | cases"}),
    (5, {"id": "rate", "value": "= conform / assessed", "unit": "percent"}),
    (6, {"id": "range", "value": "300,000 to 450,000"}),
    (7, {"id": "never", "noun": "criminal aliens"}),
]


def test_a_formula_is_computed_and_written_with_its_values() -> None:
    facts = {fact.id: fact for fact in parse_facts(A_SUM, file="facts.csv")}
    assert facts["assessed"].value == 723
    assert facts["assessed"].describe_value() == "698 + 25 = 723"
    assert facts["assessed"].stems == (("case", "assessed"), ("case",))
    assert facts["rate"].value == Fraction(69800, 723)
    assert facts["rate"].describe_value() == "698 / 723 = 96.54%"
    assert (facts["range.low"].value, facts["range.high"].value) == (300_000, 450_000)
    assert facts["never"].describe_value() == "not published"


def test_everything_wrong_is_told_at_once_by_row() -> None:
    rows = [
        (2, {"id": "A B", "value": "1"}),
        (3, {"id": "one", "value": "x"}),
        (4, {"id": "one", "value": "2"}),
        (5, {"id": "two", "value": "3", "unit": "miles", "as_of": "2011"}),
        (6, {"id": "three", "value": "= four + 1", "as_of": "31 May"}),
        (7, {"id": "five", "value": "= six"}),
        (8, {"id": "six", "value": "= five"}),
        (9, {"id": "seven", "value": "= open('x')"}),
        (10, {"id": "eight", "value": "= 1 / 0", "rounding": "sideways"}),
        (11, {"id": "nine", "value": "soon", "unit": "date", "tolerance": "little"}),
    ]
    with pytest.raises(AuditError) as refused:
        parse_facts(rows, file="facts.csv")
    assert refused.value.code == ExitCode.UNREADABLE
    assert {(one.row, one.column) for one in refused.value.problems} == {
        (2, "id"),
        (3, "value"),
        (4, "id"),
        (5, "unit"),
        (6, "value"),
        (6, "as_of"),
        (7, "value"),
        (9, "value"),
        (10, "value"),
        (10, "rounding"),
        (11, "value"),
        (11, "tolerance"),
    }


@pytest.mark.parametrize(
    ("text", "value", "settings", "verdict"),
    [
        ("698 cases", "698", {}, "agrees"),
        ("97%", "= 698 / 723", {"unit": "percent"}, "rounds"),
        ("96%", "= 698 / 723", {"unit": "percent"}, "truncated"),
        ("96%", "= 698 / 723", {"unit": "percent", "rounding": "down"}, "rounds"),
        ("95%", "= 698 / 723", {"unit": "percent"}, None),
        ("$15 million", "= 43000 * 365", {"unit": "dollars"}, "truncated"),
        ("$16 million", "= 43000 * 365", {"unit": "dollars"}, "rounds"),
        ("more than 692,000 matches", "692788", {}, "agrees"),
        ("more than 693,000 matches", "692788", {}, None),
        ("more than 300,000 matches", "692788", {}, None),
        ("fewer than 700,000 matches", "692788", {}, "agrees"),
        ("tripled", "3.648", {"unit": "times"}, "truncated"),
        ("more than tripled", "3.648", {"unit": "times"}, "agrees"),
        ("doubled", "1.97", {"unit": "times"}, "rounds"),
        ("quadrupled", "3.648", {"unit": "times"}, None),
        ("more than quadrupled", "3.648", {"unit": "times"}, None),
        ("172 cases", "172.33", {}, "rounds"),
        ("170 cases", "172.33", {"tolerance": "3"}, "rounds"),
        ("698 days", "698", {}, None),
    ],
)
def test_a_number_is_compared_as_it_is_worded(
    text: str, value: str, settings: dict[str, str], verdict: str | None
) -> None:
    [fact] = parse_facts([(2, {"id": "fact", "value": value, **settings})], file="facts.csv")
    [quantity] = find_quantities(text)
    assert compare_quantity(quantity, fact, named=True) == verdict
