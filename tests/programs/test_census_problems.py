"""Duties, targets, populations and follow-up as declared: what is read, and what is refused by its key."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from audit.errors import AuditError, ExitCode
from audit.programs.declaration import Program
from audit.programs.measures import find_as_of_day, make_empty_census
from audit.storage.declarations import read_program
from tests import made_up_program

TARGET = 'target = 0.95\ntarget_source = "made up"\n'
DUTIES = """
[[census.measures.duties]]
words = "first"
since = 2020-11-01
since_by = 2020-11-30
[[census.measures.duties]]
words = "second"
since = 2021-01-15
"""
FOLLOW_UP = """
[census.follow_up]
days = 60
source = "made up"
verified = 30
verified_seed = "a seed"
escalation = { months = 3, share = 0.5, words = "three months short", source = "made up" }
"""


def read(tmp_path: Path, *, census: str = "", measure: str = TARGET, after: str = "") -> Program:
    """The made-up program with more in its census, in its measure, and after it."""
    folder = made_up_program.program(tmp_path / "answers")
    text = made_up_program.PROGRAM.replace("as_of_days = 15\n", f"as_of_days = 15\n{census}")
    (folder / "program.toml").write_text(text + measure + after, encoding="utf-8")
    return read_program(folder)


def test_everything_that_can_be_declared_is_read(tmp_path: Path) -> None:
    more = (
        'decided = "received"\nunit_below = "kind"\npopulations = [{ unit = ["answer", "answers"], where = "true" }]\n'
    )
    census = read(tmp_path, census=more, after=DUTIES + FOLLOW_UP).census
    [measure] = census.measures
    assert (measure.target, measure.target_source) == (0.95, "made up")
    assert [(duty.since, duty.since_by) for duty in measure.duties] == [
        (date(2020, 11, 1), date(2020, 11, 30)),
        (date(2021, 1, 15), None),
    ]
    assert census.follow_up and census.follow_up.escalation
    assert (census.follow_up.days, census.follow_up.verified, census.follow_up.escalation.months) == (60, 30, 3)
    assert (census.decided, census.unit_below, census.populations[0].title) == ("received", "kind", "all answers")


@pytest.mark.parametrize(
    ("months", "days", "month", "day"),
    [
        (1, 0, "2012-02", date(2012, 3, 31)),
        (1, 0, "2012-01", date(2012, 2, 29)),
        (0, 30, "2012-02", date(2012, 3, 30)),
        (2, 5, "2012-12", date(2013, 3, 5)),
        (0, 0, "2012-02", date(2012, 2, 29)),
    ],
)
def test_the_as_of_day_is_so_many_whole_months_and_days_after_the_month(
    months: int, days: int, month: str, day: date
) -> None:
    assert find_as_of_day(replace(make_empty_census(), as_of_months=months, as_of_days=days), month) == day


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("census.measures.0.target: `1.5` is no share above 0", {"measure": TARGET.replace("0.95", "1.5")}),
        ("census.measures.0.target_source: has a target that nobody declares", {"measure": "target = 0.95\n"}),
        (
            "census.measures.0.duties.0: `since_by` 2020-10-30 lies before `since` 2020-11-01",
            {"after": DUTIES.replace("2020-11-30", "2020-10-30")},
        ),
        (
            "census.measures.0.duties: lists its duties in no order of time",
            {"after": DUTIES.replace("2021-01-15", "2019-01-15")},
        ),
        ("census.measures.0.duties: has a duty without words", {"after": DUTIES.replace("second", "")}),
        ("census.decided: names `decision`, and no such column", {"census": 'decided = "decision"\n'}),
        ("census.decided: `kind` is no day", {"census": 'decided = "kind"\n'}),
        ("census.unit_below: names `team`, and no such column", {"census": 'unit_below = "team"\n'}),
        ("census.as_of_months: `as_of_months` is out of range", {"census": "as_of_months = 121\n"}),
        ("census.populations.0", {"census": 'populations = [{ unit = ["answer", "answers"], where = "kindd = 1" }]\n'}),
        (
            "census.populations.0.unit: has no name of its own",
            {"census": 'populations = [{ unit = ["", ""], where = "true" }]\n'},
        ),
        ("census.follow_up.days: `0` is too few", {"after": FOLLOW_UP.replace("60", "0")}),
        ("census.follow_up.verified_seed: is needed", {"after": FOLLOW_UP.replace("a seed", "")}),
        ("census.follow_up.escalation.share: `5.0` is no share", {"after": FOLLOW_UP.replace("0.5", "5.0")}),
        (
            "census.follow_up.escalation.months: `0` is too few",
            {"after": FOLLOW_UP.replace("months = 3", "months = 0")},
        ),
        ("census.follow_up.escalation: escalates offices short of a target", {"measure": "", "after": FOLLOW_UP}),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(tmp_path: Path, said: str, more: dict[str, str]) -> None:
    with pytest.raises(AuditError) as refused:
        read(tmp_path, **more)
    assert said in str(refused.value)
    assert refused.value.code == ExitCode.USAGE
