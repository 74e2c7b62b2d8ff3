"""Source: audits and papers that printed `x` of `n`, each named in `published_audits.jsonl` with what it printed.

Limits that no one printed were computed apart from this project, with scipy 1.17.1 (`recomputed`). Where a population
is given that the report does not state, `population_note` says so.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.formatting import format_percent
from audit.statistics.intervals import binomial
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits
from audit.statistics.intervals.stratified import stratified_proportion
from audit.statistics.parameters import z_value
from audit.statistics.sizes.precision import precision_margin

HERE = Path(__file__).parent
Audit = dict[str, Any]


def read(name: str) -> list[Audit]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


AUDITS = read("published_audits.jsonl")
PRINTED = [audit for audit in AUDITS if "method" in audit]
METHODS: dict[str, Callable[..., tuple[float, float]]] = {
    "wald": binomial.wald,
    "wilson": binomial.wilson,
    "clopper_pearson": clopper_pearson,
    "clopper-pearson": clopper_pearson,
    "midp": binomial.mid_p,
    "mid-p (sas proc freq)": binomial.mid_p,
    "agresti-coull": binomial.agresti_coull,
    "jeffreys": binomial.jeffreys,
    "blaker": binomial.blaker,
}


def places(number: float) -> int:
    return len(str(number).partition(".")[2])


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit["id"])
def test_the_rate(audit: Audit) -> None:
    assert audit["printed_rate"] in (None, format_percent(audit["x"], audit["n"], places=0))
    assert audit["x"] / audit["n"] == pytest.approx(audit["estimate"], abs=0.6 * 10 ** -places(audit["estimate"]))


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit["id"])
def test_limits_computed_apart(audit: Audit) -> None:
    x, n, population, level = (audit[name] for name in ("x", "n", "population", "level"))
    found = audit["recomputed"]
    for name in ("wald", "wilson", "clopper_pearson", "midp"):
        assert METHODS[name](x, n, level) == pytest.approx(found[name], abs=6e-7), name
    if population is not None:
        limits = hypergeometric_limits(x, n, population, level)
        assert limits == tuple(found["hypergeometric_count_limits"])
        assert [limit / population for limit in limits] == pytest.approx(found["hypergeometric_exact"], abs=6e-7)
        estimate, error, _ = stratified_proportion([x], [n], [population])
        margin = z_value(level) * error
        assert [estimate - margin, estimate + margin] == pytest.approx(found["wald_fpc_n-1"], abs=6e-7)


@pytest.mark.parametrize("audit", PRINTED, ids=lambda audit: audit["id"])
def test_limits_as_printed(audit: Audit) -> None:
    lower, upper = METHODS[audit["method"].lower()](audit["x"], audit["n"], audit["level"])
    for limit, printed in ((lower, audit["lower"]), (upper, audit["upper"])):
        # one in the last place: some were cut off and not rounded, and NIST's 0.401029 is one too high
        assert limit == pytest.approx(printed, abs=1.05 * 10 ** -max(places(printed), 3))


def test_the_published_cells_of_oig_12_64_add_up() -> None:
    consistent, inconsistent = [267, 48, 11, 88, 218, 21, 45], [16, 8, 1]
    assert (sum(consistent), sum(inconsistent), sum(consistent) + sum(inconsistent) + 43) == (698, 25, 766)


@pytest.mark.parametrize("state", read("published_margins.jsonl"), ids=lambda state: state["id"])
def test_margins_of_weekly_samples_are_those_of_a_simple_one_and_a_small_design_effect(state: Audit) -> None:
    """Source: US Department of Labor, UIPL 19-03, attachment 3: denied claims accuracy, 95% margins."""
    simple = precision_margin([state["n"]], [state["population"]], "0.95", str(state["estimate"]))
    assert simple == pytest.approx(state["srs_half_width"], rel=3e-3)
    assert (state["half_width"] / simple) ** 2 == pytest.approx(state["design_effect"], rel=6e-3)
    assert 0.9 < state["design_effect"] < 1.6
