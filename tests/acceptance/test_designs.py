"""A sample of every design, from the frame to the report: one estimate and one method, wherever they are told."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.files import encode_json
from audit.formatting import format_percent, format_range
from audit.reporting.figures.classes import make_caption
from audit.reporting.formats.csv_tables import format_csv
from audit.reporting.formats.sample_report import build_sample_tables, render_sample_page
from audit.reporting.sample_report import SampleReport
from tests import made_up_permits, made_up_program
from tests.adding_up import check_tables
from tests.conftest import Answer, RunAudit
from tests.reporting.test_formats_month_page import Reader
from tests.tracing import trace_page

Verb = Callable[..., Answer]
STRATA, CLUSTERS, MEASURE = ("--stratum", "office"), ("--cluster", "folder"), ("--measure", "fee")
# Of each design: how its frame is scoped, how it is planned, and the words in which the method tells it.
DESIGNS = {
    "simple": ((), ("--size", "40"), "A simple random sample of 40 cases of 96, without replacement."),
    "stratified": (STRATA, ("--size", "40", "--equal-strata"), "40 cases of 96 in 4 strata by office, without"),
    "systematic": ((), ("--size", "40", "--by", "systematic"), "A systematic sample of 40 cases of 96: one case in"),
    "systematic by strata": (
        STRATA,
        ("--size", "40", "--equal-strata", "--by", "systematic"),
        "A systematic sample of 40 cases of 96 in 4 strata by office",
    ),
    "clusters": (CLUSTERS, ("--size", "9", "--by", "clusters"), "A sample of 9 clusters by folder, with every case"),
    "two stages": (
        CLUSTERS,
        ("--size", "9", "--by", "two-stage", "--per-cluster", "3"),
        "A sample in two stages: 9 clusters by folder, and of each up to 3 cases",
    ),
    "by size": (
        MEASURE,
        ("--size", "40", "--by", "sequential-poisson"),
        "A sample of 40 cases of 96 with chances in proportion to fee (sequential Poisson sampling; Ohlsson 1998).",
    ),
}


@pytest.fixture
def verb(tmp_path: Path, audit: RunAudit, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """One verb on the made-up permits; reports have a record, a page and tables."""
    from audit.workflow import monthly_report, sample_report

    def render(report: SampleReport) -> dict[str, bytes]:
        tables = {f"tables/{name}.csv": format_csv(one).encode() for name, one in build_sample_tables(report).items()}
        reports.append(report)
        return {"report.json": encode_json_of(report), "report.html": render_sample_page(report), **tables}

    reports: list[SampleReport] = []
    monkeypatch.setattr(sample_report, "render_sample_report", render)
    monkeypatch.setattr(monthly_report, "render_report_files", made_up_program.formatted)
    (tmp_path / "expectations").unlink()
    made_up_permits.write(tmp_path)

    def take(name: str, *more: str) -> Answer:
        data = ("--data", "data") if name in ("scope", "assess", "estimate", "report", "run", "workpapers") else ()
        return audit(name, "permits", *data, *more)

    take.reports = reports  # type: ignore[attr-defined]
    return take


def encode_json_of(report: SampleReport) -> bytes:
    from dataclasses import asdict

    return encode_json(asdict(report))


def drawn(verb: Verb, scoped: tuple[str, ...], planned: tuple[str, ...]) -> None:
    """The steps up to the outcomes."""
    for name, more in (
        ("scope", scoped),
        ("plan", planned),
        ("draw", ("--seed", "dice 4 1 6", "--seed-source", "dice, two witnesses")),
        ("assess", ()),
        ("settle", ()),
    ):
        answer = verb(name, *more)
        assert answer.code == 0, answer.err


@pytest.mark.parametrize("design", DESIGNS)
def test_a_design_is_told_by_its_one_estimate_and_its_one_method(verb: Verb, design: str, tmp_path: Path) -> None:
    scoped, planned, told = DESIGNS[design]
    drawn(verb, scoped, planned)
    estimated = verb("estimate", "--json").json
    words = verb("estimate").out
    assert verb("report").code == 0
    folder = tmp_path / "reports" / "permits" / "audit"
    record = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    page = Reader((folder / "report.html").read_text(encoding="utf-8"))
    [report] = verb.reports  # type: ignore[attr-defined]
    assert "Rules that decided sampled cases" in check_tables(page.html)
    trace_page(page.html, json.dumps(record))
    overall: dict[str, Any] = record["result"]["overall"]
    assert estimated == record["result"]
    rate, limits = format_percent(overall["rate"]), format_range(overall["lower"], overall["upper"])
    assert overall["undeterminable"] and overall["outside"], "the sample shows every kind of case"

    assert f"All cases {rate} ({overall['conforming']} of" in make_caption(report.result).alt
    assessed = overall["conforming"] + overall["deviating"]
    section, method, words_of_method = page.words(), dict(record["method"]), report.result.overall.method_words
    told_rates = {
        "headline": record["headline"],
        "table": section[section.index(f"Could be assessed {assessed} {overall['conforming']}") :][:80],
        "estimate": " ".join(words.split()),
    }
    for place, text in told_rates.items():
        assert rate in text, place
    assert limits in told_rates["table"]
    raw = format_percent(overall["conforming"], assessed)
    if raw != rate:
        assert not [place for place, text in told_rates.items() if raw in text]
        assert "each case weighted by those it stands for" in told_rates["headline"]
        assert "weighs as much as the cases" in method["How rates and limits were computed"]

    assert told in method["Sample"]
    assert ("no amount of fee is estimated" in method["How rates and limits were computed"]) == (design == "by size")
    assert f"Of all cases: {words_of_method}." in method["How rates and limits were computed"]
    assert words_of_method in told_rates["estimate"] and f"All cases: {words_of_method}." in section
    rates = list(csv.DictReader(io.StringIO((folder / "tables" / "rates.csv").read_text(encoding="utf-8"))))
    assert (rates[0]["rate"], rates[0]["method"]) == (str(overall["rate"]), words_of_method)
    assert ("exact hypergeometric" in words_of_method) == (design in ("simple", "stratified"))


def test_the_samples_of_unlike_strata_show_that_a_rate_is_no_quotient_of_counts(verb: Verb) -> None:
    # By hand: North has 48 of 96 requests and 10 of the 40 drawn, so each of its cases stands for 4.8 and each of the
    # others for 1.6; its rate is lower, and so is that of all.
    drawn(verb, STRATA, ("--size", "40", "--equal-strata"))
    overall = verb("estimate", "--json").json["overall"]
    assert overall["rate"] < overall["conforming"] / (overall["conforming"] + overall["deviating"]) - 0.02


@pytest.mark.parametrize(
    ("scoped", "planned", "of"),
    [
        (STRATA, ("--size", "20", "--minimum", "1"), "1"),
        ((), ("--size", "1", "--by", "systematic"), "the frame"),
        (CLUSTERS, ("--size", "1", "--by", "clusters"), "the frame"),
        (CLUSTERS, ("--size", "1", "--by", "two-stage", "--per-cluster", "3"), "the frame"),
        (MEASURE, ("--size", "1", "--by", "sequential-poisson"), "the frame"),
    ],
)
def test_a_plan_that_no_estimate_accepts_is_refused_when_planned(
    verb: Verb, scoped: tuple[str, ...], planned: tuple[str, ...], of: str
) -> None:
    if of == "1":
        rows = [*made_up_permits.requests(), *(f"Q{n},X,2020-03-02,permit,X1,100,10" for n in range(4))]
        Path("data/requests.csv").write_text(
            "\n".join(["request,office,filed,kind,folder,fee,days", *rows]) + "\n", encoding="utf-8"
        )
        with Path("permits/offices.csv").open("a", encoding="utf-8") as offices:
            offices.write("X,Far,X\n")
        of = "X"
    verb("scope", *scoped)
    answer = verb("plan", *planned)
    assert answer.code == 2
    assert f"is to be drawn of {of}, and one shows no variance" in answer.err
    assert "--minimum 2" in answer.err
    assert not Path("reports/permits/sample/design.json").exists()
    if of == "X":
        assert verb("plan", *planned[:2]).code == 0, "two of each stratum are what a plan gives unless told otherwise"


@pytest.mark.parametrize("by", ["fixed-interval", "cell"])
def test_a_draw_of_monetary_units_is_refused_since_no_command_estimates_an_amount(verb: Verb, by: str) -> None:
    verb("scope", *MEASURE)
    answer = verb("plan", "--size", "10", "--by", by)
    assert answer.code == 2 and "no command estimates an amount" in answer.err
    assert "audit.statistics.monetary" in answer.err


def test_every_verb_speaks_of_the_plan_that_was_drawn_where_the_program_declares_another(
    verb: Verb, tmp_path: Path
) -> None:
    told = "The program declares 30 cases. The plan is of 40 cases: every number is of that plan."
    verb("scope")
    assert told in " ".join(verb("plan", "--size", "40").out.split())
    verb("draw", "--seed", "dice 4 1 6", "--seed-source", "dice, two witnesses")
    early = verb("run", "--month", "2020-03")
    assert early.code == 2 and "planned of 40 (random), and [sample] declares 30 at random" in early.err
    verb("assess")
    verb("settle")
    assert told in " ".join(verb("estimate").out.split())
    assert verb("run", "--month", "2020-03").code == 0
    record = json.loads((tmp_path / "reports" / "permits" / "audit" / "report.json").read_text(encoding="utf-8"))
    assert record["result"]["drawn"] == 40, "audit run takes the sample that was drawn, not the declared size"
    assert told in dict(record["method"])["Sample"]


def test_working_papers_say_what_happened_and_no_more(verb: Verb, audit: RunAudit) -> None:
    drawn(verb, (), ("--size", "40"))
    papers = verb("workpapers", "--slips", "none", "--json").json["working papers"]
    index = Path(papers).read_text(encoding="utf-8")
    assert "| assessed by rule | 40 |" in index and "| reviewed by people | 0 |" in index
    assert "| 8.136 departures | not stated |" in index
    again = audit("reperform", Path(papers).parent, "--json").json
    assert again.pop("what people concluded, put to them") == "nothing to perform"
    assert set(again.values()) == {"agrees"}


def test_sampled_cases_without_an_office_are_estimated_and_are_no_office(verb: Verb) -> None:
    program = Path("permits/program.toml")
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace('{ type = "office", required = true }', '{ type = "office" }'), encoding="utf-8")
    rows = [row.replace(",W,", ",,") for row in made_up_permits.requests()]
    Path("data/requests.csv").write_text(
        "\n".join(["request,office,filed,kind,folder,fee,days", *rows]) + "\n", encoding="utf-8"
    )
    drawn(verb, (), ("--size", "60"))
    found = verb("estimate", "--json").json
    assert [one["label"] for one in found["offices"]] == ["office not recorded", "East", "North", "South"]
    assert found["office_precision"]["offices"] == 3
