"""The made-up tables of the reference program's analyses: they agree with the facts, and hold what was put there."""

from pathlib import Path

import polars as pl
import pytest

from audit.analysis.coverage import measure_coverage
from audit.analysis.repeated_queries import measure_repeated_queries
from audit.analysis.stages import StageResult, count_stages
from audit.programs import find_program_folder
from audit.programs.secure_communities.synthetic.queries import LOG_DAY
from audit.programs.secure_communities.synthetic.stage_events import ORDER_ERROR_COUNT
from audit.storage.declarations import read_program


@pytest.fixture(scope="module")
def stages(year: Path) -> StageResult:
    [log] = read_program(find_program_folder("secure_communities")).analyses.stage_logs
    return count_stages(pl.scan_parquet(year / "stage_events.parquet"), log, {})


def test_the_log_has_every_published_match_and_the_errors_that_were_put_there(stages: StageResult) -> None:
    assert stages.cases == 348_958  # DHS OIG-12-64, figure 3
    assert len(stages.errors) == ORDER_ERROR_COUNT
    assert f"{ORDER_ERROR_COUNT} errors of order" in stages.synthetic


def test_actions_are_those_of_the_table_of_actions(year: Path) -> None:
    log = pl.read_parquet(year / "stage_events.parquet")
    matches = pl.read_parquet(year / "matches.parquet").filter(
        pl.col("match_kind") == "identity", pl.col("match_id").str.starts_with("M11-")
    )
    actions = pl.read_parquet(year / "actions.parquet").join(matches, on="match_id", how="semi")
    first = actions.group_by("match_id", "action").agg(pl.col("action_time").min())
    for kind in ("detainer", "custody"):
        theirs = first.filter(action=kind).select("match_id", "action_time").sort("match_id")
        ours = log.filter(stage=kind).select("match_id", action_time="event_time").sort("match_id")
        assert ours.equals(theirs), kind
    matched = log.filter(stage="match").select("match_id", match_time="event_time").sort("match_id")
    assert matched.equals(matches.select("match_id", "match_time").sort("match_id"))


def test_the_queries_are_of_one_days_matches_and_as_many_systems_as_published(year: Path) -> None:
    [log] = read_program(find_program_folder("secure_communities")).analyses.query_logs
    tables = {name: pl.scan_parquet(year / f"{name}.parquet") for name in ("queries", "determinations")}
    research = measure_repeated_queries(tables, log)
    assert research.systems_most == research.most_systems_stated == 16  # OIG-12-64, Duplicative Research
    matches = pl.read_parquet(year / "matches.parquet").filter(
        pl.col("match_kind") == "identity", pl.col("match_time").dt.date() == LOG_DAY
    )
    assert research.cases == matches.height
    look = research.second_look
    assert look is not None and look.more > 0 and look.less > 0


def test_the_jurisdictions_have_the_published_totals_and_no_other_claim(year: Path) -> None:
    program = read_program(find_program_folder("secure_communities"))
    [declared] = program.analyses.coverages
    tables = {name: pl.scan_parquet(year / f"{name}.parquet") for name in ("jurisdictions", "areas")}
    [matches] = [one for one in program.series if one.id == declared.series]
    coverage = measure_coverage(tables, declared, dict(matches.values))
    [published] = coverage.published
    assert published.agrees and (published.activated, published.total, published.areas) == (2_027, 3_181, 44)
    rows = pl.read_parquet(year / "jurisdictions.parquet")
    first = rows.sort("activated_on", nulls_last=True).row(0, named=True)
    assert (first["jurisdiction"], first["state"], f"{first['activated_on']:%Y-%m}") == (
        "Harris County",
        "TX",
        "2008-10",
    )
    assert rows.filter(jurisdiction="Cook County")["activated_on"].to_list() == [None]
    assert [one.count for one in coverage.periods] == [95_664, 248_166, 348_958]
