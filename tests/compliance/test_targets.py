"""Targets: the gap in records by hand, and the standing by the printed table of the binomial distribution."""

from dataclasses import replace
from fractions import Fraction

import pytest

from audit.compliance.office_rates import rate_offices
from audit.compliance.targets import TargetResult, compare_with_targets, count_gap, find_standing
from tests.made_up_census import CENSUS, DOCUMENTED, OFFICES, disposition, encounter, match, states

WITH_TARGET = replace(CENSUS, measures=(replace(DOCUMENTED, target=0.95, target_source="Made up"),))


# Binomial table, n = 20, p = 0.05 (failures): P(X <= 4) = 0.9974 and P(X <= 5) = 0.9997, so five failures or more have
# probability 0.0026 and six or more 0.0003, of which only the second is under 0.001.
@pytest.mark.parametrize(
    ("compliant", "standing", "gap"),
    [(20, "meets", 0), (19, "meets", 0), (18, "close", 1), (15, "close", 4), (14, "short", 5), (0, "short", 19)],
)
def test_twenty_units_against_95_percent(compliant: int, standing: str, gap: int) -> None:
    assert (find_standing(compliant, 20, 0.95), count_gap(compliant, 20, 0.95)) == (standing, gap)


def test_the_gap_is_rounded_up_and_is_exact() -> None:
    assert count_gap(19, 21, 0.95) == 1  # 19.95 units
    assert count_gap(0, 100, 0.07) == 7  # 0.07 * 100 is 7.000000000000001 as a binary number
    assert Fraction("0.07") * 100 == 7


def test_a_target_of_all_is_missed_by_more_than_chance_with_one_failure() -> None:
    assert (find_standing(19, 20, 1.0), find_standing(20, 20, 1.0)) == ("short", "meets")


def compare(**due: tuple[int, int]) -> TargetResult:
    """The target result of offices by their due and compliant units; each unit is another person's."""
    rows, met, disposed = [], [], []
    for office, (n, compliant) in due.items():
        for i in range(n):
            key = f"{office}{i}"
            rows.append(match(f"M{key}", person=key, office=None if office == "none" else office))
            if i < compliant:
                met.append(encounter(f"E{key}", person=key))
                disposed.append(disposition(f"D{key}", f"E{key}"))
    results = rate_offices(states(rows, met, disposed), WITH_TARGET, period="2011-09", offices=OFFICES)
    [result] = compare_with_targets(results, WITH_TARGET)
    return result


def test_offices_are_counted_by_how_they_stand_and_their_gaps_add_up() -> None:
    found = compare(A=(20, 14), B=(20, 18), C=(10, 9))
    assert [(one.office, one.standing, one.gap) for one in found.offices] == [
        ("A", "short", 5),
        ("B", "close", 1),
        ("C", "too few", 1),  # 9.5 units; too few for a rate, and a record is lacking all the same
    ]
    assert (found.meets, found.short, found.close, found.too_few, found.gap) == (0, 1, 1, 1, 7)
    assert (found.target, found.source) == (0.95, "Made up")


def test_units_without_an_office_and_offices_without_units_stand_nowhere() -> None:
    found = compare(A=(20, 20), none=(20, 0))
    assert [one.office for one in found.offices] == ["A"]
    assert (found.meets, found.gap) == (1, 0)


def test_there_is_no_result_without_a_target() -> None:
    results = rate_offices(states([match("M1")]), CENSUS, period="2011-09", offices=OFFICES)
    assert compare_with_targets(results, CENSUS) == ()
