"""What earlier runs read and found: on what each piece depends. `acceptance/test_reuse.py` has what becomes of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.tables.cache import TableCache
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.checks.suites import Suite
from audit.tables.offices import Alias, Offices
from audit.tables.readers import read as tables
from audit.tables.schema import Column, Source
from audit.tables.table import ControlTotals, Table

OFFICES = Offices(aliases=(Alias(code="BUF", name="Buffalo", alias="Buffalo"),))
SOURCE = Source(
    name="answers",
    file="answers/{month}.csv",
    columns={"id": Column(), "office": Column(type="office"), "day": Column(type="date"), "note": Column()},
    key=("id",),
    redacted=("withheld",),
)
TEXTS = {
    "2020-11": "id,office,day,note\nA1,Buffalo,2020-11-03,x\n,,,\nA2,nowhere,2020-11-04,withheld\n",
    "2020-12": "id,office,day,note\nA3,BUF,2020-12-03,\nA4,BUF,,z\n",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "answers").mkdir()
    for month, text in TEXTS.items():
        (tmp_path / "answers" / f"{month}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are judged from here on."""
    found: list[str] = []
    real = tables._check_table_file

    def part(part: Any, *rest: Any, **settings: Any) -> Any:
        found.append(part.file)
        return real(part, *rest, **settings)

    monkeypatch.setattr(tables, "_check_table_file", part)
    return found


def at(data: Path, **asked: Any) -> TableCache:
    return TableCache(folder=data / "reports" / ".read", **{"key_mark": "k", "code": "c", **asked})


def read(
    data: Path, kept: TableCache | None, source: Source = SOURCE, offices: Offices = OFFICES, **asked: Any
) -> Table:
    return tables.read_declared_table(
        source, data, offices=offices, pseudonym_key=b"k", set_aside=True, cache=kept, **asked
    )


def told(table: Table) -> Any:
    return table.rows.collect().to_dicts(), table.totals, table.aside.to_dicts(), table.months


def test_a_file_is_judged_once_and_comes_out_the_same(data: Path, judged: list[str]) -> None:
    plain, first, second = (told(read(data, kept)) for kept in (None, at(data), at(data)))
    assert plain == first == second
    assert judged == ["answers/2020-11.csv", "answers/2020-12.csv"] * 2
    assert [one["id"] for one in plain[0]] == ["A1", "A3", "A4"]
    assert len(plain[2]) == 2  # the blank row, and that of no office


@pytest.mark.parametrize(
    ("run", "asked"),
    [({"key_mark": "other"}, {}), ({"code": "other"}, {}), ({}, {"words": {"id", "office"}})],
)
def test_another_run_judges_for_itself(
    data: Path, judged: list[str], run: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    read(data, at(data))
    judged.clear()
    read(data, at(data, **run), **asked)
    assert len(judged) == 2


def test_another_declaration_and_another_office_list_judge_anew(data: Path, judged: list[str]) -> None:
    read(data, at(data))
    other = replace(SOURCE, columns=SOURCE.columns | {"note": Column(values=("x",))})
    assert told(read(data, at(data), other)) == told(read(data, None, other))
    more = Offices(aliases=(*OFFICES.aliases, Alias(code="N", name="Nowhere", alias="nowhere")))
    found = read(data, at(data), offices=more)
    assert told(found) == told(read(data, None, offices=more))
    assert "A2" in found.rows.collect()["id"]
    assert len(judged) == 10


def test_only_columns_that_are_used_are_kept(data: Path) -> None:
    read(data, at(data), words={"id", "office"})
    for path in (data / "reports" / ".read").iterdir():
        assert "note" not in pl.read_parquet_schema(path)


def test_where_nothing_can_be_kept_all_is_as_without(data: Path) -> None:
    (data / "reports").write_text("a file where a folder should be", encoding="utf-8")
    assert told(read(data, at(data))) == told(read(data, None))


def test_a_file_that_changes_while_it_is_judged_is_not_kept(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tables._check_table_file

    def meddled(part: Any, *rest: Any, **settings: Any) -> Any:
        if part.file == "answers/2020-12.csv":
            part.path.write_text(TEXTS["2020-12"] + "A5,BUF,,late\n", encoding="utf-8")
        return real(part, *rest, **settings)

    monkeypatch.setattr(tables, "_check_table_file", meddled)
    read(data, at(data))
    assert len([*at(data).folder.iterdir()]) == 1


def test_checks_are_made_again_only_of_other_files_or_by_other_suites(tmp_path: Path) -> None:
    kept = TableCache(folder=tmp_path / ".read", key_mark="k", code="c")
    suites = {name: Suite(name=name, expectations=()) for name in ("one", "two")}
    totals = [_total("one", "1"), _total("two", "2")]
    asked: list[list[str]] = []

    def check(new: Mapping[str, Suite]) -> Checks:
        asked.append([*new])
        failing = pl.DataFrame(
            [{**dict.fromkeys(FAILING_UNITS_SCHEMA, "x"), "table": name} for name in new], schema=FAILING_UNITS_SCHEMA
        )
        return Checks(results=tuple(_result(name) for name in new), failing=failing)

    first = kept.reuse_or_run_checks(suites, totals, {}, check)
    assert kept.reuse_or_run_checks(suites, totals, {}, check).results == first.results
    assert asked == [["one", "two"]]
    again = kept.reuse_or_run_checks(suites, [_total("one", "1"), _total("two", "other")], {}, check)
    assert (again.results, again.failing.to_dicts()) == (first.results, first.failing.to_dicts())
    kept.reuse_or_run_checks(suites, totals, {"parameters": 1}, check)
    assert asked == [["one", "two"], ["two"], ["one", "two"]]


def _total(table: str, sha256: str) -> ControlTotals:
    return ControlTotals(table=table, file=f"{table}.csv", sha256=sha256, rows_in=1, rows_used=1, rows_set_aside=0)


def _result(table: str) -> CheckResult:
    return CheckResult(
        table=table,
        check="is there",
        expectation="expect",
        column=None,
        severity="warning",
        units=1,
        failed=1,
        passed=False,
    )
