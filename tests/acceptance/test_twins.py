"""The 766 cases again, each with one fact taken away: a verdict that needed the fact is not given without it."""

from dataclasses import replace

import polars as pl
import pytest

from audit.assessment.case_file import CaseFiles, determine_outcomes, gather_case_files
from audit.assessment.file_stack import split_by_label, stack_case_files
from audit.workflow import sample_audit
from audit.workflow.program_data import ProgramData

TAKEN = (
    "status",
    "immigration_record",
    "criminal_history_checked",
    "gang_member",
    "national_security",
    "warrant",
    "encounter_date",
    "disposition_code",
    "convictions.outcome",
    "convictions.recorded_date",
    "actions.action",
)
Twins = dict[str, pl.DataFrame]  # the fact taken → each case as it was and as its twin


def without(files: CaseFiles, name: str) -> CaseFiles:
    """The files, that fact blank in each."""
    child, _, column = name.rpartition(".")
    if not child:
        return replace(files, cases=blanked(files.cases, column))
    return replace(files, children={**files.children, child: blanked(files.children[child], column)})


def blanked(table: pl.LazyFrame, column: str) -> pl.LazyFrame:
    states = [pl.lit("blank").alias(f"{column}.state")] if f"{column}.state" in table.collect_schema() else []
    return table.with_columns(pl.lit(None, table.collect_schema()[column]).alias(column), *states)


@pytest.fixture(scope="module")
def twins(tenth_work: ProgramData) -> Twins:
    work = tenth_work
    _, sample, _ = sample_audit.draw_sample(work)
    assert work.policy
    files = gather_case_files(work.program, work.rows, sample.cases["key"])
    each = stack_case_files({"whole": files, **{name: without(files, name) for name in TAKEN}})
    found = split_by_label(determine_outcomes(each, work.policy).filter(attribute="consistency").collect(), files.key)
    return {name: found["whole"].join(found[name], on=files.key, suffix=" of twin", validate="1:1") for name in TAKEN}


@pytest.mark.parametrize("name", TAKEN)
def test_what_a_fact_decided_is_undeterminable_without_it_and_names_it(twins: Twins, name: str) -> None:
    assert twins[name].height == 766
    changed = twins[name].filter(pl.col("outcome") != pl.col("outcome of twin"))
    assert changed.height, "no case was decided by this fact"
    assert set(changed["outcome of twin"]) == {"undeterminable"}
    assert all(name in needed.split("; ") for needed in changed["needed of twin"])


def test_every_decided_case_has_a_fact_that_decided_it(twins: Twins) -> None:
    (whole, *_) = twins.values()
    decided = set(whole.filter(pl.col("outcome") != "undeterminable")["match_id"])
    assert len(decided) == 723
    for twin in twins.values():
        decided -= set(twin.filter(pl.col("outcome of twin") == "undeterminable")["match_id"])
    assert not decided
