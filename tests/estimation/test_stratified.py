"""Rates from strata: weights, limits, offices across strata, and parts nobody has counted."""

from math import comb

import polars as pl
import pytest

from audit.estimation.rates import estimate_rate
from audit.estimation.stratified import estimate_part, estimate_strata
from audit.statistics.intervals.stratified import melded_limits

CASES = pl.DataFrame(
    [
        *[("A", "consistent", "felony")] * 18,
        *[("A", "inconsistent", "felony")] * 2,
        *[("B", "consistent", "other")] * 5,
        *[("B", "permitted", "other")] * 2,
        *[("B", "inconsistent", "felony")] * 2,
        ("B", "undeterminable", None),
    ],
    schema=["stratum", "outcome", "class"],
    orient="row",
)
SIZES = {"A": 1000, "B": 50}
CASES = CASES.with_columns(
    weight=pl.col("stratum").replace_strict({"A": 50.0, "B": 5.0}), cluster=pl.lit(None, pl.String)
)


def test_strata_weigh_by_the_cases_they_stand_for() -> None:
    found = estimate_strata(CASES, SIZES)
    assert (found.reviewed, found.conforming, found.permitted, found.deviating, found.undeterminable) == (
        30,
        25,
        2,
        4,
        1,
    )
    assert found.rate == pytest.approx((1000 * 18 / 20 + 50 * 7 / 10) / (1000 + 50 * 9 / 10))
    # A quarter of each side's risk for the conforming cases, three quarters for the deviating ones.
    conforming, deviating = (
        melded_limits([18, 7], [20, 10], [1000, 50], "0.9875"),
        melded_limits([2, 2], [20, 10], [1000, 50], "0.9625"),
    )
    assert found.lower == conforming[0] / (conforming[0] + deviating[1])
    assert found.upper == conforming[1] / (conforming[1] + deviating[0])
    assert found.worst == pytest.approx((1000 * 18 / 20 + 50 * 7 / 10) / 1050)
    assert found.best == pytest.approx((1000 * 18 / 20 + 50 * 8 / 10) / 1050)
    assert found.worst_lower is not None
    assert found.best_upper is not None
    assert found.lower is not None
    assert found.worst_lower <= found.lower < found.rate < found.upper <= found.best_upper


def test_one_stratum_gives_what_a_simple_random_sample_gives() -> None:
    found = estimate_strata(CASES.filter(stratum="A"), {"A": 1000})
    simple = estimate_rate(conforming=18, deviating=2, population=1000)
    for name in ("rate", "lower", "upper", "worst", "best", "worst_lower", "best_upper"):
        assert getattr(found, name) == getattr(simple, name), name


def test_a_stratum_of_which_nothing_is_known_leaves_limits_and_no_rate() -> None:
    found = estimate_strata(CASES, {**SIZES, "C": 10})
    assert found.rate is None
    assert (found.method, found.unrated) == ("melded hypergeometric", ("C",))
    assert found.method_words.startswith("no rate, since no case of C could be assessed; melded")
    without = estimate_strata(CASES, SIZES)
    assert found.lower is not None
    assert without.lower is not None
    assert found.lower < without.lower, "all ten of C may deviate"


def test_a_part_is_a_ratio_by_the_design_of_the_whole() -> None:
    felony = pl.col("class") == "felony"
    found = estimate_part(CASES, felony, SIZES, label="felony")
    weights = {"A": 1000 / 20, "B": 50 / 10}
    assert found.rate == pytest.approx(18 * weights["A"] / (20 * weights["A"] + 2 * weights["B"]))
    assert (found.reviewed, found.conforming, found.deviating, found.population) == (22, 18, 4, None)
    assert found.lower is not None
    assert found.upper is not None
    assert 0 < found.lower < found.rate < found.upper < 1
    assert found.method == "linearised"
    maybe = estimate_part(CASES, felony | (pl.col("outcome") == "undeterminable"), SIZES)
    assert (maybe.reviewed, maybe.undeterminable, maybe.rate) == (23, 1, found.rate)
    assert maybe.worst is not None
    assert maybe.best is not None
    assert maybe.worst < found.rate < maybe.best


def test_a_part_of_one_kind_is_not_said_to_be_sure() -> None:
    found = estimate_part(CASES, pl.col("class") == "other", SIZES)
    assert (found.rate, found.upper) == (1.0, 1.0)
    assert found.lower is not None
    assert found.lower == pytest.approx(0.025 ** (1 / 7)), "seven cases of one weight are worth seven"
    nothing = estimate_part(CASES, pl.col("class") == "nobody's", SIZES)
    assert (nothing.rate, nothing.lower, nothing.upper, nothing.method) == (None, 0.0, 1.0, "none")


def test_strata_weigh_by_the_cases_that_could_be_assessed() -> None:
    """Half of A cannot be assessed: of A and B, 1,000 cases each, 500 and 1,000 could be."""
    rows = [("A", "consistent")] * 50 + [("A", "undeterminable")] * 50
    rows += [("B", "consistent")] * 50 + [("B", "inconsistent")] * 50
    found = estimate_strata(pl.DataFrame(rows, ["stratum", "outcome"], orient="row"), {"A": 1000, "B": 1000})
    assert found.rate == pytest.approx((500 + 500) / 1500)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < 2 / 3 < found.upper


def test_cases_of_no_rule_are_left_out_of_the_weights_too() -> None:
    rows = [("A", "consistent")] * 50 + [("A", "not_applicable")] * 50
    rows += [("B", "consistent")] * 50 + [("B", "inconsistent")] * 50
    found = estimate_strata(pl.DataFrame(rows, ["stratum", "outcome"], orient="row"), {"A": 1000, "B": 1000})
    assert (found.rate, found.outside, found.population) == (pytest.approx(2 / 3), 50, 1950)
    assert found.worst == found.rate


def test_a_stratum_seen_whole_of_which_nothing_can_be_assessed_is_no_error() -> None:
    rows = [("A", "undeterminable")] * 3 + [("B", "consistent")] * 20
    found = estimate_strata(pl.DataFrame(rows, ["stratum", "outcome"], orient="row"), {"A": 3, "B": 100})
    assert found.rate is None
    assert found.lower is not None
    assert 0.8 < found.lower < 0.9


@pytest.mark.parametrize(("bad", "clusters", "drawn"), [(5, 50, 5), (3, 50, 8), (2, 60, 10)])
def test_clusters_without_a_failure_are_no_independent_cases(bad: int, clusters: int, drawn: int) -> None:
    """Whole clusters deviate: enumerated, 95% limits hold in 95% of draws; cases counted one by one gave 31% to 42%."""
    held = 0.0
    for failing in range(min(bad, drawn) + 1):
        rows = [(f"C{n}", "inconsistent" if n < failing else "consistent") for n in range(drawn) for _ in range(40)]
        cases = pl.DataFrame(rows, ["cluster", "outcome"], orient="row").with_columns(weight=9.0, stratum=pl.lit(""))
        found = estimate_part(cases, pl.lit(True), None)
        assert found.lower is not None
        assert found.upper is not None
        chance = comb(bad, failing) * comb(clusters - bad, drawn - failing) / comb(clusters, drawn)
        held += chance * (found.lower <= 1 - bad / clusters <= found.upper)
    assert held >= 0.95


def test_clusters_that_are_all_alike_are_the_sample_size() -> None:
    rows = [(f"C{n}", "consistent", 9.0, "") for n in range(5) for _ in range(40)]
    cases = pl.DataFrame(rows, ["cluster", "outcome", "weight", "stratum"], orient="row")
    found = estimate_part(cases, pl.lit(True), None)
    assert (found.lower, found.upper) == (pytest.approx(0.025 ** (1 / 5)), 1.0)
    assert found.method == "effective clusters"
    assert found.method_words == "Clopper-Pearson limits with the clusters as the effective sample size (Kish 1965)"
    one = estimate_part(cases, pl.col("cluster") == "C1", None)
    assert one.lower == pytest.approx(0.025)
    mixed = cases.with_columns(outcome=pl.Series(["consistent", "inconsistent"] * 100))
    assert estimate_part(mixed, pl.lit(True), None).rate == 0.5
    single = estimate_part(mixed, pl.col("cluster") == "C1", None)
    assert (single.rate, single.lower, single.upper) == (0.5, 0.0, 1.0), "one cluster tells nothing of the others"


def test_clusters_are_worth_less_than_their_cases() -> None:
    """Ten clusters of five alike cases each are ten observations, not fifty."""
    rows = [(f"C{n}", "consistent" if n else "inconsistent", 4.0, "") for n in range(10) for _ in range(5)]
    cases = pl.DataFrame(rows, ["cluster", "outcome", "weight", "stratum"], orient="row")
    clustered = estimate_part(cases, pl.lit(True), None)
    alone = estimate_part(cases.with_columns(cluster=pl.lit(None, pl.String)), pl.lit(True), None)
    assert clustered.rate == alone.rate == 0.9
    assert clustered.lower is not None
    assert alone.lower is not None
    assert clustered.lower < 0.6 < 0.75 < alone.lower
