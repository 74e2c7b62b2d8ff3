"""Suites on a Spark cluster: each check finds what it finds on one machine, by polars and by Great Expectations."""

from pathlib import Path

import polars as pl

from audit.demand import EXPECTATIONS
from audit.engine import spark
from audit.engine.checking import checked, looked_at
from audit.engine.reading import PLACE, Readied
from audit.expectations import of_both, validate_on_spark
from audit.reliability import Check, Suite, compile_suites, results_of
from audit.source import Source
from tests.cluster import Cluster
from tests.made_up_checks import CHECKS, PEOPLE, tables


def test_every_supported_check(cluster: Cluster, tmp_path: Path) -> None:
    """On a table that passes, fails, has blanks, odd values and rows at random.

    One check of each type is put to a table of blanks and to one without a row: all of them would take too long.
    """
    made = {name: rows.collect() for name, rows in tables().items()}
    every = pl.concat([made[name] for name in ("passing", "failing", "null", "odd", "random_1")])
    there = {"every": every, "blank": made["all_null"], "empty": made["empty"], "people": PEOPLE.collect()}
    asked = {"every": CHECKS, "blank": dict(CHECKS).items(), "empty": dict(CHECKS).items()}
    suites = {
        name: Suite(name=name, expectations=tuple(Check(type=type, kwargs=kwargs) for type, kwargs in checks))
        for name, checks in asked.items()
    }
    parameters = {name: {"rows_used": every.height} for name in suites}
    here = compile_suites({name: rows.lazy() for name, rows in there.items()}, suites, keys={}, parameters=parameters)
    compiled = compile_suites(
        {name: rows.clear().lazy() for name, rows in there.items()}, suites, keys={}, parameters=parameters
    )
    with spark.session(cluster.url) as session:
        frames = looked_at(session, {name: _readied(name, rows, tmp_path) for name, rows in there.items()}, compiled)
        by_polars, by_great_expectations = checked(frames, compiled), validate_on_spark(frames, of_both(compiled))
    found, of_pairs = results_of(here), results_of(of_both(here))
    for expectation in EXPECTATIONS:
        results = [result for result in found if result.expectation == expectation]
        assert {result.passed for result in results} == {True, False}, expectation
        assert any(result.failed for result in results), expectation
    assert found != of_pairs  # pairs of which one value is blank, which Great Expectations passes over on Spark
    assert [pair for pair in zip(by_polars, found, strict=True) if pair[0] != pair[1]] == []
    assert [pair for pair in zip(by_great_expectations, of_pairs, strict=True) if pair[0] != pair[1]] == []


def _readied(name: str, rows: pl.DataFrame, folder: Path) -> Readied:
    """A table as if it had been read on the cluster, from two files if it has rows for two."""
    (folder / name).mkdir()
    placed = rows.with_row_index(PLACE).cast({PLACE: pl.Int64})
    for number, part in enumerate((placed[:5], placed[5:])):
        part.write_parquet(folder / name / f"part-{number}.parquet")
    source = Source(name=name, columns={})
    return Readied(source=source, schema=rows.schema, totals=(), months=(), aside=pl.DataFrame(), folder=folder / name)
