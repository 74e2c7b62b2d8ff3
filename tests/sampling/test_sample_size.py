"""Plans: what a promise takes, for the whole and for each stratum, and the check that goes with it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from audit.errors import AuditError
from audit.reporting.plan_text import describe_design, describe_size_check, list_design_facts, list_plan_inputs
from audit.sampling.draw import draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import build_manifest, parse_manifest
from audit.sampling.plan import (
    allocate_equally,
    allocate_proportionally,
)
from audit.sampling.sample_size import compute_tradeoffs, plan_attribute, plan_precision, plan_two_stage
from audit.storage.sample_audit_folder import SampleAuditFolder


def frame(sizes: dict[str, int] | None = None, *, size: int = 1000) -> Frame:
    offices = [name for name, cases in sizes.items() for _ in range(cases)] if sizes else [""] * size
    cases = pl.DataFrame({"id": [f"{number}" for number in range(len(offices))], "office": offices})
    return build_sampling_frame(cases.lazy(), key="id", stratum="office" if sizes else None)


def test_a_tolerable_rate_takes_the_size_of_the_published_tables() -> None:
    """AICPA 2017, Audit Sampling, table A-1 (5% risk): 5% tolerable and 1% expected, 93 (1); none expected, 59."""
    planned = plan_attribute(frame(size=100_000), tolerable="0.05", expected="0.01")
    assert (planned.size, planned.allowed) == (93, 1)
    assert describe_design(planned) == (
        "If no more than 1 deviation is found among 93 assessed cases, the rate is shown to be below 5.0% with 95% "
        "confidence."
    )
    assert describe_size_check(planned) == (
        "Were 5,000 of 100,000 to deviate, 1 or fewer would be seen in 4.99% of all samples of 93 and in 5.21% of all "
        "samples of 92."
    )
    assert plan_attribute(frame(size=100_000), tolerable="0.05").size == 59


def test_cases_that_cannot_be_assessed_are_allowed_for() -> None:
    planned = plan_precision(frame(size=5000), margin="0.05", unassessable="0.06")
    assert planned.size == 380, "357 / 0.94, rounded up"
    assert ("cases that cannot be assessed", "6.0%") in [*list_plan_inputs(planned)]
    assert plan_attribute(frame(size=50), tolerable="0.05", unassessable="0.5").size == 50, "never more than there are"


def test_a_promise_for_each_stratum_sizes_each_by_itself() -> None:
    planned = plan_precision(frame({"A": 20, "B": 200, "C": 2000}), margin="0.1", each=True)
    assert dict(planned.takes) == {"A": 17, "B": 66, "C": 92}
    assert describe_design(planned) == "The rate is told to within 10.0% on either side, in each stratum."
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
    assert describe_design(planned) == (
        "If none of 61 cases deviates, the rate is shown to be below 5.0%. If one does, draw as many more: if none of "
        "those does, the rate is shown to be below 5.0%. Both hold with 95% confidence."
    )
    assert describe_size_check(planned) == ""
    with pytest.raises(AuditError, match="without strata"):
        plan_two_stage(frame({"A": 20, "B": 200}), tolerable="0.05")


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


def test_a_plan_to_show_a_rate_in_each_stratum_says_so() -> None:
    planned = plan_attribute(frame({"A": 300, "B": 2000}), tolerable="0.05", each=True)
    assert describe_design(planned) == (
        "In each stratum the rate is shown to be below 5.0% with 95% confidence, if no more deviate than expected."
    )
    assert (planned.allowed, describe_size_check(planned)) == (None, "")


def test_a_design_is_read_back_as_values_and_one_of_an_earlier_version_without_them(tmp_path: Path) -> None:
    """Earlier versions wrote what a design shows, its inputs and the check of its size as sentences."""
    steps = SampleAuditFolder(folder=tmp_path, key="id")
    planned = plan_attribute(frame({"A": 300, "B": 2000}), tolerable="0.05", expected="0.01", unassessable="0.1")
    steps.write_design(planned)
    assert steps.read_design() == planned
    path = tmp_path / "design.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    assert stated["inputs"]["tolerable"] == 0.05
    words = {"promise": "If no more …", "check": "Were 15 …", "inputs": [["tolerable rate", "5.0%"]]}
    path.write_text(json.dumps(stated | words), encoding="utf-8")
    earlier = steps.read_design()
    assert earlier == replace(planned, inputs=None)
    assert (describe_design(earlier), [*list_plan_inputs(earlier)], describe_size_check(earlier)) == ("", [], "")
    assert list_design_facts(earlier)["size"] == planned.size


def test_a_manifest_states_the_inputs_as_values_and_one_of_an_earlier_version_is_read() -> None:
    scoped = frame(size=5000)
    planned = plan_precision(scoped, margin="0.1")
    fixed = datetime(2012, 1, 1, tzinfo=UTC)
    sample = draw_designed_sample(scoped, planned, seed="dice 1 2 3 4 5 6")
    record = build_manifest(sample, scoped, seed_source="dice", frame_fixed=fixed, seed_chosen=fixed)
    assert record["design"]["inputs"]["margin"] == 0.1
    assert parse_manifest(record).design == planned
    words = {"promise": "The rate …", "check": "n0 = …", "inputs": {"margin": "10.0%"}}
    earlier = {**record, "design": {**record["design"], **words}}
    assert parse_manifest(earlier).design == replace(planned, inputs=None)
