"""Persons who stand more than once: their number, the rate with each counted once, and why the limits hold."""

from collections import Counter
from itertools import combinations

import polars as pl

from audit.estimation.rates import estimate_rate
from audit.estimation.repeated_persons import RepeatedPersons, RepetitionCounts, measure_repeated_persons

SIZES = pl.DataFrame(  # two persons of one case, one sampled; one of three, two sampled; two cases of nobody known
    [(True, 1, 1, 1), (True, 1, 0, 1), (True, 3, 2, 1), (False, 2, 1, 1)],
    schema={"known": pl.Boolean, "cases": pl.Int64, "sampled": pl.Int64, "persons": pl.Int64},
    orient="row",
)


def measured(outcomes: dict[str, list[str]], unknown: tuple[str, ...] = (), **given: bool) -> RepeatedPersons:
    rows = [(person, outcome) for person, own in outcomes.items() for outcome in own]
    rows += [(None, outcome) for outcome in unknown]
    judged = pl.DataFrame(rows, schema={"person": pl.String, "outcome": pl.String}, orient="row")
    return measure_repeated_persons(judged, SIZES, **{"is_simple": True, **given})


def test_persons_are_counted_in_the_frame_and_in_the_sample() -> None:
    found = measured({"A": ["consistent"], "B": ["consistent", "inconsistent"]}, unknown=("consistent",))
    assert found.in_frame == RepetitionCounts(cases=7, unknown=2, persons=3, repeated=1, of_repeated=3)
    assert found.in_sample == RepetitionCounts(cases=4, unknown=1, persons=2, repeated=1, of_repeated=2)
    assert found.with_others == 2


def test_each_person_counts_once_by_the_gravest_outcome() -> None:
    found = measured(
        {
            "A": ["consistent", "inconsistent"],
            "B": ["undeterminable", "consistent"],
            "C": ["consistent", "consistent", "no_rule"],
            "D": ["inconsistent", "undeterminable"],
        },
        unknown=("consistent", "consistent"),
    )
    assert found.once is not None
    assert (found.once.conforming, found.once.deviating, found.once.undeterminable) == (3, 2, 1)


def test_where_cases_stand_for_unlike_numbers_no_rate_of_persons_is_told() -> None:
    assert measured({"A": ["consistent"]}, is_simple=False).once is None


def test_exact_limits_hold_whatever_the_cases_of_one_person_have_in_common() -> None:
    """Every sample of 4 of 12 cases: of six persons with two cases each that share their fate, and of twelve persons.

    The number of conforming cases is distributed alike, so the limits cover alike, and at least as often as they say.
    """
    shared = [person < 4 for person in range(6) for _ in range(2)]
    apart = [case < 8 for case in range(12)]
    counts = [Counter(sum(drawn) for drawn in combinations(cases, 4)) for cases in (shared, apart)]
    assert counts[0] == counts[1]
    covering = 0
    for conforming, samples in counts[0].items():
        limits = estimate_rate(conforming=conforming, deviating=4 - conforming, population=12)
        assert limits.lower is not None and limits.upper is not None
        covering += samples * (limits.lower <= 8 / 12 <= limits.upper)
    assert covering >= 0.95 * counts[0].total()
