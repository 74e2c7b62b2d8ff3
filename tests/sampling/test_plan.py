"""Plans: what a promise takes, for the whole and for each stratum, and the check that goes with it."""

import polars as pl
import pytest

from audit.errors import AuditError
from audit.sampling.design import (
    allocate_equally,
    allocate_proportionally,
    build_certainty_allocation,
    build_cost_allocation,
    build_neyman_allocation,
)
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.plan import compute_tradeoffs, plan_attribute, plan_precision, plan_sample, plan_two_stage


def frame(sizes: dict[str, int] | None = None, *, size: int = 1000) -> Frame:
    offices = [name for name, cases in sizes.items() for _ in range(cases)] if sizes else [""] * size
    cases = pl.DataFrame({"id": [f"{number}" for number in range(len(offices))], "office": offices})
    return build_sampling_frame(cases.lazy(), key="id", stratum="office" if sizes else None)


def test_a_tolerable_rate_takes_the_size_of_the_published_tables() -> None:
    """AICPA 2017, Audit Sampling, table A-1 (5% risk): 5% tolerable and 1% expected, 93 (1); none expected, 59."""
    planned = plan_attribute(frame(size=100_000), tolerable="0.05", expected="0.01")
    assert (planned.size, planned.allowed) == (93, 1)
    assert planned.promise == (
        "If no more than 1 deviation is found among 93 assessed cases, the rate is shown to be below 5.0% with 95% "
        "confidence."
    )
    assert planned.check == (
        "Were 5,000 of 100,000 to deviate, 1 or fewer would be seen in 4.99% of all samples of 93 and in 5.21% of all "
        "samples of 92."
    )
    assert plan_attribute(frame(size=100_000), tolerable="0.05").size == 59


def test_cases_that_cannot_be_assessed_are_allowed_for() -> None:
    planned = plan_precision(frame(size=5000), margin="0.05", unassessable="0.06")
    assert planned.size == 380, "357 / 0.94, rounded up"
    assert ("cases that cannot be assessed", "6.0%") in planned.inputs
    assert plan_attribute(frame(size=50), tolerable="0.05", unassessable="0.5").size == 50, "never more than there are"


def test_a_promise_for_each_stratum_sizes_each_by_itself() -> None:
    planned = plan_precision(frame({"A": 20, "B": 200, "C": 2000}), margin="0.1", each=True)
    assert dict(planned.takes) == {"A": 17, "B": 66, "C": 92}
    assert planned.promise == "The rate is told to within 10.0% on either side, in each stratum."
    with pytest.raises(AuditError, match="no strata to keep a promise for each of"):
        plan_precision(frame(), margin="0.1", each=True)


def test_a_margin_holds_however_the_strata_share_it() -> None:
    sizes = {"A": 20, "B": 200, "C": 20_000}
    for allocate in (allocate_proportionally, allocate_equally):
        planned = plan_precision(frame(sizes), margin="0.1", allocate=allocate)
        assert planned.margin is not None
        assert planned.margin <= 0.1
    assert planned.size > 200, "equal takes are dear for the whole"


def test_stop_or_go_is_two_stages_of_one_size() -> None:
    """jfa 0.7.3: planning(materiality = 0.05, expected = c(1, 0), conf.level = 0.95, likelihood = "binomial"): 61."""
    planned = plan_two_stage(frame(size=400_000), tolerable="0.05")
    assert (planned.size, planned.allowed) == (61, 0)
    with pytest.raises(AuditError, match="without strata"):
        plan_two_stage(frame({"A": 20, "B": 200}), tolerable="0.05")


def test_what_is_known_of_strata_steers_the_draw() -> None:
    sizes = {"A": 400, "B": 400, "C": 10}
    by_spread = plan_sample(
        frame(sizes), size=90, allocate=build_neyman_allocation({"A": "0.1", "B": "0.3", "C": "0.1"})
    )
    assert dict(by_spread.takes) == {"A": 22, "B": 67, "C": 1}
    cheaper = plan_sample(
        frame(sizes), size=90, allocate=build_cost_allocation(dict.fromkeys(sizes, "0.5"), {"A": 1, "B": 4, "C": 1})
    )
    assert dict(cheaper.takes) == {"A": 59, "B": 30, "C": 1}
    whole = plan_sample(
        frame(sizes),
        size=90,
        allocate=build_certainty_allocation({"C"}, build_neyman_allocation({"A": "0.2", "B": "0.2"})),
    )
    assert dict(whole.takes) == {"A": 40, "B": 40, "C": 10}


def test_each_deviation_allowed_costs_cases_and_gains_a_chance() -> None:
    found = compute_tradeoffs(None, tolerable="0.05")
    assert [(one.allowed, one.cases) for one in found] == [(0, 59), (1, 93), (2, 124), (3, 153), (4, 181), (5, 208)]
    for one in found:
        chances = [chance for _, chance in one.passing]
        assert chances == sorted(chances, reverse=True)
        assert chances[0] == 1
        assert chances[-1] <= 0.05
    halves = [one.passing[3][1] for one in found]
    assert halves == sorted(halves)
