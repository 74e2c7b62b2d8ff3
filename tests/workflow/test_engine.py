"""The seam between the steps of an audit and what works on whole tables."""

import inspect
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from audit.errors import AuditError, ExitCode
from audit.spark.engine import SparkEngine
from audit.workflow.engine import Engine, LocalEngine
from audit.workflow.month_request import MonthRequest
from audit.workflow.monthly_report import rate_offices_in_period, resolve_report_period
from audit.workflow.program_data import ProgramData, read_program_data
from tests import made_up_program

METHODS = [name for name, member in vars(Engine).items() if inspect.isfunction(member) and not name.startswith("_")]


@pytest.fixture
def audit(tmp_path: Path) -> ProgramData:
    program = made_up_program.program(tmp_path / "answers")
    return read_program_data(str(program), data=made_up_program.tables(tmp_path / "data"), expectations=tmp_path)


@pytest.mark.parametrize("engine", [LocalEngine, SparkEngine])
@pytest.mark.parametrize("method", METHODS)
def test_every_engine_takes_and_gives_the_same(engine: type, method: str) -> None:
    assert inspect.signature(getattr(engine, method)) == inspect.signature(getattr(Engine, method))


def test_a_period_that_nobody_names_is_that_of_all_units(audit: ProgramData) -> None:
    engine = LocalEngine(audit=audit)
    months = engine.list_months()
    assert months == sorted(set(months)) and len(months) > 1
    assert resolve_report_period(engine, None)[0] == f"{months[0]}/{months[-1]}"


def test_a_month_without_a_unit_is_refused_with_the_months_that_have_one(audit: ProgramData) -> None:
    engine = LocalEngine(audit=audit)
    with pytest.raises(AuditError) as refused:
        rate_offices_in_period(engine, period="1999-01", as_of=date(1999, 3, 1))
    assert refused.value.code == ExitCode.DATA
    assert "has no unit in 1999-01" in str(refused.value)
    assert engine.list_months()[0] in str(refused.value)


def test_a_table_without_a_unit_has_no_period(audit: ProgramData) -> None:
    table = audit.program.census.table
    empty = replace(audit.tables[table], rows=audit.tables[table].rows.clear())
    engine = LocalEngine(audit=replace(audit, tables={**audit.tables, table: empty}))
    with pytest.raises(AuditError, match="has no unit"):
        resolve_report_period(engine, None)


@pytest.mark.parametrize(
    ("month", "as_of", "audience", "expected"),
    [
        ("2020-11", date(2021, 1, 1), "office", True),
        ("2020-11", date(2021, 1, 1), "public", False),
        ("2020-11/2020-12", date(2021, 1, 1), "office", False),
        ("all", None, "office", False),
    ],
)
def test_only_a_month_for_the_offices_has_a_ledger(
    month: str, as_of: date | None, audience: str, expected: bool, tmp_path: Path
) -> None:
    request = MonthRequest(reports=tmp_path, month=month, as_of=as_of, audience=audience)
    assert request.has_ledger is expected
    assert request.folder_name.endswith("-public") is (audience == "public")


def test_packets_are_not_for_the_public(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="packets concern persons") as refused:
        MonthRequest(reports=tmp_path, audience="public", packets=True)
    assert refused.value.code == ExitCode.USAGE
