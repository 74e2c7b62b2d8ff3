"""The steps of an audit on a table of one's own, whatever library holds it."""

import logging
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

import audit

CASES = pl.DataFrame(
    {
        "case": [f"C{n:03}" for n in range(300)],
        "office": ["North", "South", "West"] * 100,
        "opened": [date(2024, 1, 1) + timedelta(days=n // 4) for n in range(300)],
        "closed": [None if n % 10 == 0 else date(2024, 2, 1) + timedelta(days=n // 4) for n in range(300)],
        "days": [n % 40 for n in range(300)],
    }
)
LIBRARIES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda table: table,
    "polars, lazy": pl.DataFrame.lazy,
    "pandas": pl.DataFrame.to_pandas,
    "pyarrow": pl.DataFrame.to_arrow,
    "duckdb": lambda rows: duckdb.sql("select * from rows"),
}
SEED = "dice 4 1 6"
SUITE = [
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "case"}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "closed"}, "severity": "warning"},
]


@pytest.fixture(params=LIBRARIES)
def cases(request: pytest.FixtureRequest) -> Any:
    return LIBRARIES[request.param](CASES)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    (folder / "documents.yaml").write_text(
        "- {id: RULES, title: The rules of the house, issuer: The house, in_force: [{since: 2024-01-01}], source: none}"
    )
    (folder / "thirty.yaml").write_text("""
id: thirty
title: A case is closed within 30 days
attribute: timeliness
order: 10
case_class: any
when: closed is not null
expects: days <= 30
verdict: timely
otherwise: untimely
versions: [{under: RULES, citation: {section: "1", quote: "Within thirty days."}}]
examples:
  - {it: On the last day, case: {closed: 2024-02-01, days: 30, opened: 2024-01-02}, expect: timely}
  - {it: A day late, case: {closed: 2024-02-01, days: 31, opened: 2024-01-01}, expect: untimely}
""")
    return folder


def test_a_sample_holds_the_rows_and_can_be_drawn_again(cases: Any) -> None:
    sample = audit.draw(cases, key="case", size=12, seed=SEED)
    assert sample.cases.columns == ["order", *CASES.columns, "ticket"]
    assert sample.cases["case"].to_list()[:3] == ["C023", "C245", "C082"]  # whatever library holds the table
    rows = sample.cases.select("case").join(CASES, on="case", maintain_order="left")
    assert sample.cases["days"].to_list() == rows["days"].to_list()
    assert audit.redraw(sample.manifest, cases) == []
    forged = {**sample.manifest, "cases": [{**sample.manifest["cases"][0], "key": "C001"}]}
    assert audit.redraw(forged, cases)


def test_a_plan_is_drawn_and_strata_share_it(cases: Any) -> None:
    plan = audit.plan(cases, key="case", margin="0.10", strata="office")
    sample = audit.draw(cases, key="case", plan=plan, seed=SEED, strata="office")
    assert sample.cases.height == plan.size
    assert set(sample.cases["office"].value_counts()["count"]) <= {plan.size // 3, plan.size // 3 + 1}
    assert audit.redraw(sample.manifest, cases) == []
    alike = audit.plan(cases, key="case", size=9, strata="office", equal_strata=True)
    assert dict(alike.takes) == {"North": 3, "South": 3, "West": 3}


def test_checks_run_on_one_table_or_on_several_by_name(cases: Any, tmp_path: Path) -> None:
    checks = audit.check(cases, SUITE, key="case")
    assert checks.passed
    assert checks.table["result"].to_list() == ["passed", "warning"]
    assert checks.failing["key"].to_list()[:2] == ["C000", "C010"]
    (tmp_path / "cases.yaml").write_text("""
name: cases
expectations:
  - {type: expect_column_values_to_be_unique, kwargs: {column: case}}
""")
    assert audit.check({"cases": cases}, tmp_path).passed
    assert audit.check(cases, tmp_path / "cases.yaml").passed


def test_every_case_is_put_to_the_policy_of_its_day(cases: Any, policy: Path) -> None:
    determinations = audit.assess(cases, policy, key="case", dated_by="opened")
    counts = dict(determinations.count_outcomes().select("outcome", "cases").iter_rows())
    late = CASES.filter(pl.col("closed").is_not_null(), pl.col("days") > 30).height
    assert counts["untimely"] == late
    assert counts["not_applicable"] == CASES["closed"].null_count()
    assert determinations.table["rule"].drop_nulls().unique().to_list() == ["thirty"]


def test_offices_are_rated_by_month(cases: Any) -> None:
    rates = audit.office_rates(cases, office="office", needs="closed", month="opened")
    assert rates.table.group_by("office").agg(pl.col("due").sum())["due"].to_list() == [100, 100, 100]
    assert rates.table["missing"].sum() == 30
    whole = audit.office_rates(cases, office="office", needs="closed")
    assert whole.table.select("office", "due", "compliant").rows() == [
        ("North", 100, 90),
        ("South", 100, 90),
        ("West", 100, 90),
    ]
    assert "3 offices" in audit.plot_funnel(whole).caption.alt
    assert audit.plot_offices(rates, month="2024-02").display().html.startswith("<img alt=")


def test_figures_are_saved_by_the_ending_of_their_name(tmp_path: Path) -> None:
    drawing = audit.plot_sample_sizes(5_000, tolerable="0.05")
    assert drawing.save(tmp_path / "sizes.svg").read_bytes().startswith(b"<?xml")
    assert drawing.save(tmp_path / "sizes.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(audit.AuditError, match=r"End its name in \.svg or \.png"):
        drawing.save(tmp_path / "sizes.gif")


def test_limits_and_estimates_need_no_table() -> None:
    assert audit.limits(25, 723, population=348_958) == audit.Limits(
        share=25 / 723, lower=7_856 / 348_958, upper=17_659 / 348_958, level=0.95
    )
    assert audit.limits(0, 20).upper == pytest.approx(0.16843347098308536)  # Clopper and Pearson 1934: 1 - 0.025^(1/20)
    estimate = audit.estimate(conforming=698, deviating=25, undeterminable=43, population=348_958)
    assert "94.9% to 97.7%" in repr(estimate)
    assert "96.5% of the assessed cases conform (698 of 723; 95% confidence limits 94.9%" in estimate._repr_html_()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: audit.draw(pl.DataFrame({"n": [1, 2]}), key="n", size=1, seed=SEED), "Declare it as text"),
        (lambda: audit.draw(CASES, key="case", seed=SEED), "a draw needs a size or a plan"),
        (lambda: audit.plan(CASES, key="case"), "a plan needs one of size, margin and tolerable, and got none"),
        (lambda: audit.plan(CASES, key="case", size=3, margin="0.1"), "got size and margin"),
        (lambda: audit.plan(CASES, key="case", size=301), "the frame has 300"),
        (lambda: audit.draw(object(), key="case", size=1, seed=SEED), "a object is not a table"),
        (lambda: audit.draw(CASES, key="cases", size=1, seed=SEED), "The key column is not in the table"),
    ],
)
def test_what_cannot_be_done_is_one_message(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(audit.AuditError, match=said):
        call()


def test_records_show_themselves_with_heads_and_numbers_to_the_right() -> None:
    sample = audit.draw(CASES, key="case", size=12, seed=SEED)
    assert "12 rows; the first 10 are shown." in repr(sample)
    html = sample._repr_html_()
    assert re.search(r'<th scope="col" style="text-align:left;[^"]*">case</th>', html)
    assert re.search(r'<th scope="col" style="text-align:right;[^"]*">days</th>', html)
    assert repr(audit.show(CASES.to_pandas(), title="All")).splitlines()[0] == "All"
    assert "300 rows; the first 10 are shown." in repr(audit.show(CASES.to_pandas()))


def test_the_log_is_silent_unless_somebody_listens(caplog: pytest.LogCaptureFixture) -> None:
    from audit.workflow.progress import LOGGER

    with caplog.at_level(logging.INFO, logger="audit"):
        LOGGER.info("reading the tables")
    assert [(one.name, one.message) for one in caplog.records] == [("audit", "reading the tables")]
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("audit").handlers)
