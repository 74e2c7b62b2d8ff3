"""Tracing: each direction has its size, limits and conclusion; none without a random draw; and what was not tested."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import hypergeom

from audit.analysis.tracing import TracedSample, TracingTest, measure_tracing
from audit.errors import AuditError
from audit.programs import find_program_folder
from audit.programs.analyses import Tracing, TracingSample
from audit.programs.secure_communities.synthetic.tracing import select_traceable_convictions
from audit.reporting.tracing_text import (
    conclude_tracing,
    describe_traced_sample,
    describe_untested,
    format_tracing_headline,
    make_tracing_figure,
)
from audit.storage.declarations import read_program

SAMPLE = TracingSample(
    table="traced",
    item="permit",
    result="result",
    agrees="agrees",
    not_obtained="no file",
    unit=("permit", "permits"),
    words="The day was compared with the file.",
    population=1_000,
    tolerable=0.05,
    expected=0.01,
    selection="at random",
    selection_words="Drawn from the register.",
)
TRACING = Tracing(
    name="permits", title="Reliability of the register", from_records=SAMPLE, from_source=replace(SAMPLE, table="found")
)


def make_rows(agree: int, differ: int = 0, missing: int = 0, left: int = 0) -> pl.LazyFrame:
    results = ["agrees"] * agree + ["day differs"] * differ + ["no file"] * missing + [None] * left
    return pl.LazyFrame({"permit": range(len(results)), "result": pl.Series(results, dtype=pl.String)})


def make_tables() -> dict[str, pl.LazyFrame]:
    return {"traced": make_rows(93, 1, 1), "found": make_rows(60, 10, left=25)}


def measure(rows: pl.LazyFrame, **changes: object) -> TracedSample:
    tracing = replace(TRACING, from_records=replace(SAMPLE, **changes), from_source=None)  # type: ignore[arg-type]
    [sample] = measure_tracing({"traced": rows}, tracing).samples
    return sample


@pytest.fixture(scope="module")
def traced() -> TracingTest:
    return measure_tracing(make_tables(), TRACING)


@pytest.mark.parametrize(("size", "allowed"), [(45, 0), (78, 1), (105, 2), (132, 3), (158, 4)])
def test_the_sizes_of_the_financial_audit_manual_lead_to_its_conclusions(size: int, allowed: int) -> None:
    """GAO/CIGIE 2018, Financial Audit Manual, figure 450.1, tolerable 5% at 90% confidence, of a large population."""
    large = {"population": 1_000_000, "confidence": 0.9}
    assert measure(make_rows(size - allowed, allowed), **large).conclusion == "meets"
    assert measure(make_rows(size - allowed - 1, allowed + 1), **large).conclusion == "not shown"
    assert measure(make_rows(size - allowed - 2, allowed), **large).conclusion == "not shown"  # two fewer


@pytest.mark.parametrize("deviations", range(16))
def test_the_conclusion_is_the_one_that_the_limits_leave_open(deviations: int) -> None:
    one = measure(make_rows(95 - deviations, deviations))
    assert one.upper is not None and one.lower is not None
    by_scipy = max(k for k in range(1_001) if hypergeom.cdf(deviations, 1_000, k, 95) > 0.05)
    assert one.upper == by_scipy
    verdict = "meets" if one.upper < 50 else "fails" if one.lower > 50 else "not shown"
    assert one.conclusion == verdict


def test_each_direction_is_told_with_its_size_limits_and_conclusion(traced: TracingTest) -> None:
    records, found = traced.samples
    text = " ".join(describe_traced_sample(records))
    assert (
        "the plan asks for 90 permits at least: with 1 deviating or fewer among them" in text
    )  # attribute_size(1000, 5%, 1%): 90
    assert "95 were drawn and traced. 2 of 95 permits traced deviate (2.1%); of these 1 because the other side" in text
    assert (
        f"at most {records.upper} of 1,000" in text and "Conclusion: not shown to be below the tolerable 5.0%" in text
    )
    assert text.endswith("It would be another one had every item that could not be obtained agreed.")
    later = " ".join(describe_traced_sample(found))
    assert "95 were drawn, and 25 of them are still to be traced." in later
    assert "Conclusion: the rate of deviations is shown to be above the tolerable 5.0%." in later
    assert format_tracing_headline(traced).startswith("Reliability of the register: records to source, not shown")
    assert make_tracing_figure(traced).value == "10 of 70"


def test_a_plan_stands_there_before_anything_is_traced() -> None:
    one = measure(make_rows(0, left=40))
    assert conclude_tracing(one) == "nothing was traced yet"
    assert [*describe_traced_sample(one)][-1].endswith("40 were drawn, fewer than that.")


def test_items_not_drawn_at_random_bring_no_limits_and_no_conclusion() -> None:
    one = measure(make_rows(90, 5), selection="not at random")
    assert (one.lower, one.upper, one.conclusion) == (None, None, None)
    assert [*describe_traced_sample(one)][-1] == (
        "Conclusion: no conclusion beyond the items traced, which were not drawn at random. No limits are given."
    )


def test_a_direction_that_was_not_traced_is_told(traced: TracingTest) -> None:
    alone = replace(traced, samples=traced.samples[:1])
    assert describe_untested(alone) == "Not traced: source to records, so nothing is known of completeness."
    assert describe_untested(traced) == ""


def test_an_item_that_stands_twice_and_too_many_items_are_refused() -> None:
    with pytest.raises(AuditError) as refused:
        measure(pl.concat([make_rows(9), make_rows(2)]), population=10)
    assert [str(one.what) for one in refused.value.problems] == [
        "2 rows for an item that has one",
        "has 11 rows, more than the 10 that could be drawn",
    ]


def test_the_made_up_samples_are_of_the_records_there_are(year: Path) -> None:
    [tracing] = read_program(find_program_folder("secure_communities")).analyses.tracings
    tables = {name: pl.scan_parquet(year / f"{name}.parquet") for name in ("traced_convictions", "traced_judgments")}
    keys = select_traceable_convictions(pl.read_parquet(year / "convictions.parquet"))
    assert tracing.from_records and tracing.from_records.population == keys.len()
    assert tables["traced_convictions"].collect()["conviction_id"].is_in(keys.implode()).all()
    assert [one.conclusion for one in measure_tracing(tables, tracing).samples] == ["meets", "not shown"]
