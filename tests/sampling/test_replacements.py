"""Replacing cases by spares in their order, with reasons; and carrying that into a longer draw."""

import pytest

from audit.errors import AuditError
from audit.sampling.draw import draw_designed_sample
from audit.sampling.manifest_history import list_extensions
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.replacements import carry_over_replacements, list_current_cases, replace_case
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.sequential_poisson import use_sequential_poisson
from audit.sampling.selection.simple_random import set_spares
from tests.drawn import CHOSEN, Record, drawn, frame, recorded, verified

AMOUNTS = [7 * number % 41 + 1 + 900 * (number % 11 == 0) for number in range(60)]
SCOPED = frame(AMOUNTS, stratum=True)
LOST = {"reason": "the file is lost", "when": CHOSEN}


def record(size: int = 12, spares: int = 3) -> Record:
    return drawn(SCOPED, set_spares(plan_sample(SCOPED, size=size), spares))


def test_the_next_spare_of_the_stratum_stands_in() -> None:
    made = record()
    case = made["cases"][4]
    spare = next(one for one in made["spares"] if one["stratum"] == case["stratum"])
    replaced = replace_case(made, 5, **LOST)
    assert replaced["replaced"] == [
        {
            "order": 5,
            "key": case["key"],
            "by": spare["key"],
            "spare": spare["order"],
            "because": "the file is lost",
            "when": "2012-01-10T09:30:00+00:00",
        }
    ]
    stands = list_current_cases(replaced)
    assert stands["order"].to_list() == list(range(1, 13))
    assert stands.row(4, named=True)["key"] == spare["key"]
    assert stands.row(4, named=True)["ticket"] == spare["ticket"]
    assert case["key"] not in stands["key"]
    assert list_current_cases(made)["key"].to_list() == [one["key"] for one in made["cases"]]
    assert replaced["cases"] == made["cases"], "what was drawn stays on record"


def test_a_spare_that_cannot_be_reviewed_is_replaced_by_the_one_after() -> None:
    once = replace_case(record(), 5, **LOST)
    twice = replace_case(once, 5, **LOST)
    assert [one["key"] for one in twice["replaced"]][1] == once["replaced"][0]["by"]
    assert len(set(list_current_cases(twice)["key"])) == 12
    assert find_redraw_differences(SCOPED, twice) == []


@pytest.mark.parametrize(
    ("order", "given", "refused"),
    [
        (1, {"reason": " "}, "A case is replaced without a reason"),
        (13, {}, r"No case stands at 13\. Give a place from 1 to 12\."),
        (0, {}, "No case stands at 0"),
        (1, {"spare": 6}, r"Spare 6 is out of order: the next for this case is [12]\. Take the spares in their order"),
    ],
)
def test_what_is_no_replacement_is_refused(order: int, given: dict[str, object], refused: str) -> None:
    with pytest.raises(AuditError, match=refused):
        replace_case(record(), order, **{**LOST, **given})  # type: ignore[arg-type]


def test_no_spare_is_left() -> None:
    made = record(spares=1)
    made = replace_case(made, 1, **LOST)
    with pytest.raises(AuditError, match="No spare is left for this case"):
        replace_case(made, 1, **LOST)


def test_none_stands_for_a_case_of_certainty() -> None:
    made = drawn(SCOPED, set_spares(use_sequential_poisson(SCOPED, plan_sample(SCOPED, size=12)), 2))
    certain = next(case["order"] for case in made["cases"] if case["probability"] == "1")
    with pytest.raises(AuditError, match="taken with certainty, so none can stand for it"):
        replace_case(made, certain, **LOST)


def test_replacements_go_on_in_a_longer_draw() -> None:
    """A spare of the shorter draw is a case of the longer: what it stood for goes to the next."""
    made = record(size=12)
    for order in (1, 5, 5):
        made = replace_case(made, order, **LOST)
    before = set(list_current_cases(made)["key"])
    longer = draw_designed_sample(SCOPED, set_spares(plan_sample(SCOPED, size=20), 3), seed="OIG-12-64")
    extended = list_extensions(made, longer, reason="the rate is near the limit", when=CHOSEN)
    again = recorded(SCOPED, longer, extended=extended, replaced=carry_over_replacements(made, longer))
    assert [one["key"] for one in again["replaced"]] == [one["key"] for one in made["replaced"]]
    stands = set(list_current_cases(again)["key"])
    assert len(stands) == 20
    assert before < stands
    assert find_redraw_differences(SCOPED, again) == []
    assert verified(SCOPED, again) == (0, "the same\n")
    assert carry_over_replacements(None, longer) == []
    other = draw_designed_sample(SCOPED, set_spares(plan_sample(SCOPED, size=20), 3), seed="another")
    assert carry_over_replacements(made, other) == []


def test_too_few_spares_for_what_was_replaced_is_refused() -> None:
    made = replace_case(record(), 1, **LOST)
    with pytest.raises(AuditError, match="There are too few spares for the cases that were replaced before"):
        carry_over_replacements(made, draw_designed_sample(SCOPED, plan_sample(SCOPED, size=12), seed="OIG-12-64"))
