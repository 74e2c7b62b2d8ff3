"""What a program must be able to say, each with the smallest tables: from the files to the counts."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, RunAudit

HEAD = """
name = "small"
title = "Forms"
about = "Whether forms were filled."
authority = "A directive"
unit = ["case", "cases"]
office = "office"
synthetic = "Everything here is made up."
"""
FORMS = """
[tables.forms]
about = "Forms"
file = "forms.csv"
row = "row"
dated_by = "opened"
[tables.forms.columns]
office = { type = "office" }
opened = { type = "date", required = true }
placed = { type = "date" }
closed = { type = "datetime" }
form = {}
letter = {}

[census]
table = "forms"
unit = "row"
office = "office"
date = "opened"
"""
FILLED = """
[[census.measures]]
id = "form"
title = "Form filled"
authority = "A directive, section 1"
needs = [{ field = "form", label = "form" }]
"""
CASES = """
[cases]
table = "forms"
dated_by = "opened"
office = "office"
[sample]
period = "2024-01"
size = 5
as_of = 2024-03-31
attribute = "timeliness"
"""
RULES = {
    "documents.yaml": "- {id: D, title: A directive, issuer: x, in_force: [{since: 2000-01-01}], source: x}\n",
    "terms.yaml": "[]\n",
    "dates-in-error.yaml": """
id: dates-in-error
title: The case was closed before it was opened
attribute: timeliness
order: 1
case_class: dates in error
when: closed is not null and closed < opened
verdict: undeterminable
needs: the day on which the case was closed
versions: [{under: D, citation: {section: one, quote: one}}]
examples:
  - {it: Closed the day before, case: {opened: 2024-01-02, closed: 2024-01-01 10:00:00}, expect: undeterminable}
""",
    "closed-in-time.yaml": """
id: closed-in-time
title: Closed by the thirtieth day
attribute: timeliness
order: 2
case_class: all
when: form = 'yes'
expects: calendar_days(opened, closed) <= 30
verdict: timely
otherwise: untimely
versions: [{under: D, citation: {section: two, quote: two}}]
examples:
  - {it: Day 30, case: {opened: 2024-01-01, closed: 2024-01-31 23:59:00, form: 'yes'}, expect: timely}
  - {it: Day 31, case: {opened: 2024-01-01, closed: 2024-02-01 00:00:00, form: 'yes'}, expect: untimely}
""",
}
SUITE = """name: forms
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: opened}
    severity: critical
    meta: {why: "Without a day no month is known."}
"""
HEADER = "office,opened,placed,closed,form,letter\n"

Run = Callable[..., Answer]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    """Write the program and its one table."""

    def write(rows: str, *, declared: str = FORMS + FILLED, rules: dict[str, str] | None = None) -> None:
        files = {
            "small/program.toml": HEAD + declared,
            "small/offices.csv": "code,name,alias\nA,Alpha,A\nB,Beta,B\n",
            "small/expectations/forms.yaml": SUITE,
            "data/forms.csv": HEADER + rows,
            **{f"small/policy/{name}": text for name, text in (rules or {}).items()},
        }
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def run(audit: RunAudit) -> Run:
    return lambda verb, *words: audit(verb, "small", "--data", "data", *words)


@pytest.fixture
def take_steps(audit: RunAudit) -> Callable[..., None]:
    """Take some steps of the sample audit, one after the other."""

    def take_steps(*verbs: str) -> None:
        for verb in verbs:
            data = () if verb in ("plan", "draw", "settle") else ("--data", "data")
            seed = ("--seed", "one", "--seed-source", "a die") if verb == "draw" else ()
            answer = audit(verb, "small", *data, *seed)
            assert answer.code == 0, answer.err

    return take_steps


def count(run: Run, measure: str, *, month: str = "2024-01") -> dict[str, int]:
    """The counts of all offices, those that are not zero."""
    answer = run("compliance", "--month", month, "--json")
    assert answer.code == 0, answer.err
    [one] = [one for one in answer.json["measures"] if (one["measure"], one["counted"]) == (measure, "unit")]
    states = ("compliant", "late", "missing", "unmet", "pending", "redacted", "not_applicable")
    return {name: one["national"][name] for name in states if one["national"][name]}


def test_a_month_without_cases_is_a_month_of_zero(write: Callable[..., None], run: Run, formless: Any) -> None:
    write("A,2024-01-01,,,yes,\nA,2024-03-02,,,,\n")
    answer = run("run", "--since", "2024-01", "--month", "2024-03")
    assert answer.code == 0, answer.err
    reports = Path("reports/small")
    assert sorted(path.name for path in reports.glob("2024-*")) == ["2024-01", "2024-02", "2024-03"]
    assert run("run", "--catch-up", "--as-of", "2024-04-15").code == 0
    february = json.loads((reports / "2024-02/report.json").read_text(encoding="utf-8"))
    assert [(one["month"], one["due"]) for one in february["months"]] == [("2024-01", 1), ("2024-02", 0)]
    march = json.loads((reports / "2024-03/report.json").read_text(encoding="utf-8"))
    assert [(one["month"], one["due"]) for one in march["months"]] == [("2024-01", 1), ("2024-02", 0), ("2024-03", 1)]
    assert march["trends"][0]["months"] == ["2024-01", "2024-02", "2024-03"]
    assert count(run, "form", month="2024-02") == {}
    refused = run("compliance", "--month", "2024-04")
    assert refused.code == 1 and "has no unit in 2024-04. It has 2024-01 and 2024-03." in refused.err


def test_catching_up_goes_through_a_month_without_cases(write: Callable[..., None], run: Run, formless: Any) -> None:
    write("A,2024-01-01,,,yes,\nA,2024-03-02,,,,\n")
    answer = run("run", "--catch-up", "--as-of", "2024-04-15", "--json")
    assert [one["month"] for one in answer.json["reports"]] == ["2024-01", "2024-02", "2024-03"]


def test_a_case_without_an_office_is_estimated_as_such(
    write: Callable[..., None], run: Run, take_steps: Callable[..., None]
) -> None:
    """Two cases of Alpha, one of Beta, two of nobody known; one of the latter has a date in error."""
    write(
        "A,2024-01-01,,2024-01-31 12:00:00,yes,\n"
        "A,2024-01-02,,2024-03-01 12:00:00,yes,\n"
        "B,2024-01-03,,2024-01-03 08:00:00,yes,\n"
        ",2024-01-04,,2024-01-20 08:00:00,yes,\n"
        ",2024-01-05,,2024-01-04 08:00:00,yes,\n",
        declared=FORMS + FILLED + CASES,
        rules=RULES,
    )
    take_steps("scope", "plan", "draw", "assess", "settle")
    answer = run("estimate", "--json")
    assert answer.code == 0, answer.err
    result = answer.json
    names = ("conforming", "deviating", "undeterminable")
    offices = {one["label"]: tuple(one[name] for name in names) for one in result["offices"]}
    assert offices == {"office not recorded": (1, 0, 1), "Alpha": (1, 1, 0), "Beta": (1, 0, 0)}
    assert result["overall"]["undeterminable"] == 1


def test_dates_in_error_are_told_apart_from_cases_outside_the_duty(
    write: Callable[..., None], take_steps: Callable[..., None]
) -> None:
    """Of four cases one is in time, one has dates in error, one lacks its end, and one is under no duty."""
    write(
        "A,2024-01-01,,2024-01-31 12:00:00,yes,\n"
        "A,2024-01-02,,2024-01-01 12:00:00,yes,\n"
        "A,2024-01-03,,,yes,\n"
        "A,2024-01-04,,2024-01-20 08:00:00,no,\n",
        declared=FORMS + FILLED + CASES.replace("size = 5", "size = 4"),
        rules=RULES,
    )
    take_steps("scope", "plan", "draw", "assess")
    with Path("reports/small/sample/determinations.csv").open(encoding="utf-8") as file:
        found = {row["row"]: (row["outcome"], row["rule"]) for row in csv.DictReader(file)}
    assert found == {
        "row 2": ("timely", "closed-in-time"),
        "row 3": ("undeterminable", "dates-in-error"),
        "row 4": ("undeterminable", "closed-in-time"),
        "row 5": ("not_applicable", ""),
    }


def test_a_deadline_between_two_columns_is_a_duty(write: Callable[..., None], run: Run) -> None:
    """Due on the fifteenth day after `placed`, whatever the month of `opened`; looked at on the 31st."""
    due = """
[[census.measures]]
id = "closed"
title = "Closed in fifteen days"
authority = "A directive, section 2"
due = "placed + interval '15' day"
needs = [{ field = "closed", label = "end", entered = "closed" }]
"""
    write(
        "A,2024-01-01,2024-01-10,2024-01-25 23:00:00,,\n"  # in time, on the last day
        "A,2024-01-01,2024-01-10,2024-01-26 00:00:00,,\n"  # a day late
        "A,2024-01-01,2024-01-10,,,\n"  # not there
        "A,2024-01-01,2024-01-20,,,\n"  # not due yet
        "A,2024-01-01,2024-01-20,2024-02-02 08:00:00,,\n"  # not known yet on the as-of day
        "A,2024-01-01,,2024-01-20 08:00:00,,\n"  # not shown to be in time: nobody knows when it was due
        "A,2024-01-01,,,,\n",
        declared=FORMS + FILLED + due,
    )
    assert count(run, "closed") == {"compliant": 1, "late": 2, "missing": 2, "pending": 2}
    assert count(run, "form") == {"missing": 7}


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("placd", "names `placd`, which is neither a column nor a term. Did you mean `placed`?"),
        ("form", "program.toml, census.measures.0.due: `form` is no day. Write a date column, or a day such as"),
    ],
)
def test_what_is_no_day_is_no_deadline(write: Callable[..., None], run: Run, due: str, said: str) -> None:
    write("A,2024-01-01,,,,\n", declared=FORMS + FILLED.replace("needs", f'due = "{due}"\nneeds'))
    refused = run("compliance", "--month", "2024-01")
    assert refused.code == 2 and said in refused.err


def test_either_of_two_columns_is_enough(write: Callable[..., None], run: Run) -> None:
    write(
        "A,2024-01-01,,,yes,\nA,2024-01-02,,,,yes\nA,2024-01-03,,,yes,yes\nA,2024-01-04,,,,\n",
        declared=FORMS + FILLED.replace('label = "form"', 'label = "form or letter", alternatives = ["letter"]'),
    )
    assert count(run, "form") == {"compliant": 3, "missing": 1}


def test_an_alternative_that_is_no_column_is_refused(write: Callable[..., None], run: Run) -> None:
    write("A,2024-01-01,,,,\n", declared=FORMS + FILLED.replace("label", 'alternatives = ["leter"], label'))
    refused = run("compliance", "--month", "2024-01")
    assert refused.code == 2 and "names the alternative `leter`, and no such column is declared" in refused.err


@pytest.mark.parametrize("option", ["--month", "--period"])
@pytest.mark.parametrize(
    ("period", "counts", "folder"),
    [
        ("2024-Q1", {"compliant": 1, "missing": 1}, "2024-01_2024-03"),
        ("2024-Q2", {"compliant": 1}, "2024-04_2024-06"),
        ("2024", {"compliant": 2, "missing": 1}, "2024-01_2024-12"),
    ],
)
def test_a_quarter_and_a_year_have_reports(
    write: Callable[..., None], run: Run, formless: Any, option: str, period: str, counts: dict[str, int], folder: str
) -> None:
    write("A,2024-01-01,,,yes,\nA,2024-03-31,,,,\nA,2024-04-01,,,yes,\n")
    assert count(run, "form", month=period) == counts
    answer = run("run", option, period)
    assert answer.code == 0, answer.err
    report = json.loads(Path("reports/small", folder, "report.json").read_text(encoding="utf-8"))
    assert report["period"] == folder.replace("_", "/")
    assert report["measures"][0]["national"]["received"] == sum(counts.values())


def test_public_reports_of_periods_that_overlap_are_refused(
    write: Callable[..., None], run: Run, formless: Any
) -> None:
    write("A,2024-01-01,,,yes,\nA,2024-02-03,,,,\nA,2024-04-01,,,yes,\n")
    public = ("--audience", "public")
    for month in ("2024-01", "2024-02", "2024-02"):
        assert run("run", "--month", month, *public).code == 0
    assert run("run", "--month", "2024-Q1").code == 0  # the offices may have both
    assert run("run", "--month", "2024-Q2", *public).code == 0
    refused = run("run", "--month", "2024-Q1", *public)
    assert refused.code == 4
    for month in ("2024-01", "2024-02"):
        said = f"{month}-public: is public already, has months of 2024-01/2024-03 too, and one less the other tells"
        assert said in refused.err
    assert not Path("reports/small/2024-01_2024-03-public").exists()
    refused = run("run", "--month", "2024-04", *public)
    assert refused.code == 4 and "2024-04_2024-06-public: is public already" in refused.err


MONTHLY = """
[tables.forms]
about = "Forms"
file = "forms-{month}.csv"
row = "row"
absent = ["2024-02", "2024-04"]
[tables.forms.columns]
office = { type = "office" }
opened = { type = "date", required = true }
form = {}

[census]
table = "forms"
unit = "row"
office = "office"
date = "opened"
"""


def test_a_month_that_is_declared_to_have_no_rows_is_a_month_of_zero(
    write: Callable[..., None], run: Run, tmp_path: Path, formless: Any
) -> None:
    """Of four months two have a file; the last has none, and would not be known from the rows."""
    write("", declared=MONTHLY + FILLED)
    for month in ("2024-01", "2024-03"):
        text = f"office,opened,form\nA,{month}-05,yes\n"
        (tmp_path / "data" / f"forms-{month}.csv").write_text(text, encoding="utf-8")
    assert count(run, "form", month="2024-02") == {} == count(run, "form", month="2024-04")
    answer = run("run", "--catch-up", "--as-of", "2024-05-15", "--json")
    assert [one["month"] for one in answer.json["reports"]] == ["2024-01", "2024-02", "2024-03", "2024-04"]


VIOLATIONS = """
[tables.inspections]
file = "violations.csv"
key = ["inspection"]
distinct = true
unread = ["violation", "serious"]
[tables.inspections.columns]
inspection = { required = true }
office = { type = "office" }
inspected = { type = "date", required = true }
report_sent = { type = "date" }

[tables.violations]
file = "violations.csv"
row = "line"
unread = ["office", "inspected", "report_sent"]
[tables.violations.columns]
inspection = { required = true }
violation = {}
serious = { type = "yes_no" }

[census]
table = "inspections"
unit = "inspection"
office = "office"
date = "inspected"
[[census.measures]]
id = "report"
title = "Report sent"
authority = "A directive, section 3"
needs = [{ field = "report_sent", label = "report" }]
"""


def test_rows_of_violations_have_a_duty_of_their_inspection(
    write: Callable[..., None], run: Run, tmp_path: Path
) -> None:
    """Five violations of three inspections, of which two have a report."""
    write("", declared=VIOLATIONS)
    (tmp_path / "data" / "violations.csv").write_text(
        "inspection,office,inspected,report_sent,violation,serious\n"
        "I1,A,2024-01-02,2024-01-09,rats,Yes\n"
        "I1,A,2024-01-02,2024-01-09,mould,No\n"
        "I2,A,2024-01-03,,rats,Yes\n"
        "I3,B,2024-01-04,2024-01-05,dirt,No\n"
        "I3,B,2024-01-04,2024-01-05,dirt,No\n",
        encoding="utf-8",
    )
    assert count(run, "report") == {"compliant": 2, "missing": 1}
