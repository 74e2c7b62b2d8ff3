"""Planning: sizes, allotments, and what they promise."""

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.reporting.plan_text import describe_design, describe_size_check, list_plan_inputs
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.plan import Plan, PlanInputs, allocate_equally, allocate_proportionally
from audit.sampling.sample_size import plan_precision, plan_sample

STRATA = {"A": 120, "B": 300, "C": 80, "D": 500}


def frame(sizes: dict[str, int] | None = None, *, size: int = 1000) -> Frame:
    offices = [name for name, cases in sizes.items() for _ in range(cases)] if sizes else [""] * size
    cases = pl.DataFrame({"id": [f"{number}" for number in range(len(offices))], "office": offices})
    return build_sampling_frame(cases.lazy(), key="id", stratum="office" if sizes else None)


def test_a_size_given_says_what_it_promises() -> None:
    planned = plan_sample(frame(size=5000), size=357)
    assert planned == Plan(
        frame_digest=frame(size=5000).digest,
        size=357,
        takes=(),
        confidence=0.95,
        margin=planned.margin,
        formula="n as given; its margin is z sqrt(p (1 - p) / n * (N - n) / (N - 1)), strata weighted by size",
        inputs=PlanInputs(kind="size", population=5000, expected=0.5, size=357),
        citation="Cochran 1977, Sampling Techniques, sections 4.4 and 5.10: Wald with finite population correction",
    )
    assert planned.margin == pytest.approx(0.05, abs=2e-5)
    assert describe_design(planned) == "A rate near 50.0% is told to within 5.0% on either side."
    assert [*list_plan_inputs(planned)] == [
        ("cases to draw", "357"),
        ("population", "5,000"),
        ("confidence", "95.0%"),
        ("expected rate", "50.0%"),
    ]


def test_a_margin_asked_for_gives_the_size_and_its_formula() -> None:
    planned = plan_precision(frame(size=5000), margin="0.05")
    assert planned.size == 357
    assert planned.margin is not None
    assert planned.margin <= 0.05
    assert planned.formula == "n = n0 N / (n0 + N - 1), n0 = z^2 p (1 - p) / margin^2, rounded up"
    assert next(list_plan_inputs(planned)) == ("margin", "5.0%")
    assert describe_size_check(planned) == "n0 = 384.1; 384.1 * 5,000 / (384.1 + 4,999) = 356.8, rounded up."
    assert plan_precision(frame(size=5000), margin="0.05", expected="0.1", confidence="0.9").size == 96


def test_takes_are_proportional_and_add_up() -> None:
    assert allocate_proportionally(STRATA, 100) == {"A": 12, "B": 30, "C": 8, "D": 50}
    assert sum(allocate_proportionally(STRATA, 101).values()) == 101
    assert allocate_proportionally({"A": 1, "B": 1, "C": 1}, 2, 0) == {"A": 1, "B": 1, "C": 0}, (
        "ties go to the first name"
    )


def test_the_largest_remainder_is_rounded_up() -> None:
    assert allocate_proportionally({"A": 16, "B": 15, "C": 69}, 10, 0) == {"A": 2, "B": 1, "C": 7}


def test_every_stratum_gives_the_minimum_or_all_it_has() -> None:
    assert allocate_proportionally({"A": 2, "B": 40, "C": 958}, 100, 10) == {"A": 2, "B": 10, "C": 88}
    assert allocate_proportionally({"A": 1, "B": 999}, 2) == {"A": 1, "B": 1}


def test_equal_takes_count_small_strata_whole_and_share_the_rest() -> None:
    assert allocate_equally({"A": 5, "B": 300, "C": 400}, 90) == {"A": 5, "B": 43, "C": 42}
    assert allocate_equally(STRATA, 100) == {"A": 25, "B": 25, "C": 25, "D": 25}
    assert allocate_equally({"A": 3, "B": 4}, 7) == {"A": 3, "B": 4}


def test_a_stratified_plan_names_its_allotment() -> None:
    planned = plan_sample(frame(STRATA), size=100, allocate=allocate_equally)
    assert planned.takes == (("A", 25), ("B", 25), ("C", 25), ("D", 25))
    assert plan_sample(frame(STRATA), size=100).takes == (("A", 12), ("B", 30), ("C", 8), ("D", 50))


def test_a_stratum_that_gives_nothing_leaves_no_margin() -> None:
    assert plan_sample(frame({"A": 1, "B": 999}), size=10, minimum=0).margin is None


def test_the_whole_frame_can_be_drawn() -> None:
    assert plan_sample(frame(size=7), size=7).margin == 0
    assert dict(plan_sample(frame(STRATA), size=1000).takes) == STRATA


@pytest.mark.parametrize("size", [0, 1001, -5])
def test_more_cases_than_there_are_or_none_are_refused(size: int) -> None:
    with pytest.raises(AuditError, match="cases are to be drawn, and the frame has 1,000") as refused:
        plan_sample(frame(), size=size)
    assert refused.value.code is ExitCode.USAGE


def test_a_minimum_that_the_size_cannot_give_is_refused() -> None:
    for allocate in (allocate_proportionally, allocate_equally):
        with pytest.raises(AuditError, match="7 cases cannot be drawn from 4 strata that give 8 to 1,000"):
            plan_sample(frame(STRATA), size=7, allocate=allocate, minimum=2)
