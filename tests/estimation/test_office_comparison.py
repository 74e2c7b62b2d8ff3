"""Many offices against one standard: flags, limits, rates drawn in, places."""

import pytest
from scipy.stats import hypergeom

from audit.estimation.office_comparison import compare_offices
from audit.estimation.rates import Estimate, estimate_rate
from audit.reporting.sample_text import describe_office_comparison

OFFICES = [
    estimate_rate(conforming=conforming, deviating=deviating, population=500, label=label)
    for label, conforming, deviating in [("A", 40, 0), ("B", 38, 2), ("C", 25, 15), ("D", 39, 1), ("E", 0, 0)]
]


def test_one_office_far_off_is_flagged_and_named() -> None:
    found = compare_offices(OFFICES, tolerable="0.05")
    assert [(one.label, one.flagged) for one in found] == [
        ("A", False),
        ("B", False),
        ("C", True),
        ("D", False),
        ("E", False),
    ]
    c = found[2]
    assert c.p is not None
    assert c.adjusted is not None
    assert c.p < c.adjusted < 0.001
    assert describe_office_comparison(found, tolerable="0.05", noun="field office") == (
        "Of 4 field offices, C shows more deviations than a rate of 5.0% explains; of those named, no more than 10.0% "
        "are expected to be named falsely."
    )


def test_a_flagged_office_has_wider_limits_for_being_picked_out() -> None:
    c, alone = compare_offices(OFFICES, tolerable="0.05")[2], OFFICES[2]
    assert None not in (c.lower, c.upper, alone.lower, alone.upper)
    assert c.lower < alone.lower < alone.upper < c.upper  # type: ignore[operator]


def test_rates_are_drawn_towards_all_and_places_are_no_surer_than_they_are() -> None:
    found = {one.label: one for one in compare_offices(OFFICES, tolerable="0.05")}
    assert found["A"].drawn_in is not None
    assert found["C"].drawn_in is not None
    assert 25 / 40 < found["C"].drawn_in < found["A"].drawn_in < 1
    assert (found["A"].best_place, found["A"].worst_place) == (1, 3)
    assert (found["C"].best_place, found["C"].worst_place) == (4, 4)
    assert found["E"].p is None
    assert found["E"].best_place is None


def test_nobody_is_named_where_chance_explains_all() -> None:
    alike: list[Estimate] = [estimate_rate(conforming=39, deviating=1, population=500, label=f"{n}") for n in range(20)]
    found = compare_offices(alike, tolerable="0.05")
    assert (
        describe_office_comparison(found, tolerable="0.05")
        == "Of 20 offices, none shows more deviations than a rate of 5.0% explains."
    )
    assert {(one.best_place, one.worst_place) for one in found} == {(1, 20)}
    assert compare_offices([], tolerable="0.05") == ()


def test_offices_are_compared_over_every_population_that_can_be_assessed() -> None:
    """8 of 55 assessed deviate, 5 are undeterminable: with 80 assessable cases a tolerable 5% makes 4 deviations."""
    found = compare_offices(
        [estimate_rate(conforming=47, deviating=8, undeterminable=5, population=1000, label="A")], tolerable="0.05"
    )
    assert found[0].p == pytest.approx(
        max(hypergeom.sf(7, cases, cases // 20, 55) for cases in range(55, 996)), rel=1e-12
    )
    plain = estimate_rate(conforming=47, deviating=8, undeterminable=5, population=1000)
    assert (found[0].lower, found[0].upper) == (plain.lower, plain.upper), "one office of one: nothing was picked out"
