"""The reference audit from tables to report: DHS OIG-12-64's published cells, from facts, by one command."""

import hashlib
import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from audit.estimation.rates import OfficePrecision
from audit.reporting.formats import office_packet
from audit.reporting.sample_text import describe_precision
from audit.tables.readers import read as tables
from audit.workflow import monthly_report, program_data, sample_report
from audit.workflow.engine import LocalEngine
from audit.workflow.month_request import MonthRequest
from audit.workflow.program_data import ProgramData
from tests import made_up_program
from tests.adding_up import check_tables
from tests.conftest import PROJECT, Answer, RunAudit, run
from tests.tenth import Tenth
from tests.tracing import trace_page

NAME = "secure_communities"
MONTH = ("--month", "2011-09")
REPORT = ("run", NAME, *MONTH, "--packets")
CELLS = {  # DHS OIG-12-64, pages 9 and 10
    ("consistent", "priority 1"): 267,
    ("consistent", "priority 2 or 3"): 48,
    ("consistent", "permanent resident"): 11,
    ("consistent", "US citizen"): 88,
    ("consistent", "legal status"): 218,
    ("consistent", "no prior record"): 21,
    ("permitted", "outside the priorities"): 45,
    ("inconsistent", "priority 1"): 16,
    ("inconsistent", "priority 2 or 3"): 8,
    ("inconsistent", "permanent resident"): 1,
    ("undeterminable", ""): 43,
}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def first(year: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """The folder of reports in which the command wrote that of September 2011 and the audit report that was due.

    And its answer. It had read nothing before, and the tests only read what it wrote.
    """
    place = tmp_path_factory.mktemp("first")
    answer = run(place, "run", NAME, *MONTH, "--data", year, "--expectations", PROJECT / "expectations", "--json")
    return place / "reports" / NAME, answer


@pytest.fixture(scope="module")
def folder(first: tuple[Path, Answer]) -> Path:
    return first[0] / "2011-09"


@pytest.fixture(scope="module")
def report(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_bytes())


@pytest.fixture(scope="module")
def audit_report(first: tuple[Path, Answer]) -> Path:
    return first[0] / "audit"


@pytest.fixture(scope="module")
def begun(tenth: Tenth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of reports in which the command wrote that month of a tenth of the persons, with packets."""
    place = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        tenth.stand_in(patch)
        patch.setattr(office_packet, "render_packet_forms", made_up_program.render_no_forms)  # of each of 24 offices
        answer = run(place, *REPORT, "--data", tenth.data, "--expectations", PROJECT / "expectations", "--json")
    assert (answer.code, answer.json["written"]) == (0, True)
    return place / "reports" / NAME


@pytest.fixture
def short(tenth: Tenth, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program is that of a tenth of the persons, whose tables these are."""
    tenth.stand_in(monkeypatch)
    return tenth.data


@pytest.fixture
def read(begun: Path, tmp_path: Path) -> None:
    """What that command read and found, for another to use again."""
    shutil.copytree(begun / ".read", tmp_path / "reports" / NAME / ".read")


@pytest.fixture(scope="module")
def steps(tenth: Tenth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder in which the sample was drawn and assessed, step by step, and what each step answered."""
    place = tmp_path_factory.mktemp("steps")
    (place / "expectations").symlink_to(PROJECT / "expectations")
    data, answers = ("--data", tenth.data), {}
    with pytest.MonkeyPatch.context() as patch:
        tenth.stand_in(patch)
        for verb, *words in (("scope", *data), ("plan",), ("plan", "--size", "766"), ("draw",), ("assess", *data)):
            answer = run(place, verb, NAME, *words, "--json")
            assert answer.code == 0
            answers[verb] = answer.json
    return place, answers


@pytest.fixture
def own(steps: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of that folder, to take further steps in."""
    return shutil.copytree(steps[0], tmp_path / "own", symlinks=True)


@pytest.fixture(scope="module")
def result(audit_report: Path) -> Any:
    return json.loads((audit_report / "report.json").read_bytes())["result"]


def test_the_eleven_cells_come_from_facts(result: Any) -> None:
    cells = {(cell["outcome"], cell["case_class"]): cell["cases"] for cell in result["cells"]}
    assert {cell: cases for cell, cases in cells.items() if cases} == CELLS
    groups = {one["estimate"]["label"]: one["estimate"] for one in result["groups"]}
    shares = {name: (one["conforming"], one["conforming"] + one["deviating"]) for name, one in groups.items()}
    assert shares == {
        "No detention called for": (327, 328),
        "Action called for": (315, 339),
        "Neither; what was done was permitted": (56, 56),
    }


def test_rate_limits_and_bounds_are_those_of_the_published_counts(result: Any) -> None:
    overall = result["overall"]
    assert (overall["conforming"], overall["deviating"], overall["undeterminable"]) == (698, 25, 43)
    shown = {name: round(100 * overall[name], 1) for name in ("rate", "worst", "best", "worst_lower", "best_upper")}
    assert shown == {"rate": 96.5, "worst": 91.1, "best": 96.7, "worst_lower": 88.9, "best_upper": 97.9}
    without = result["without_permitted"]
    assert (without["conforming"], without["conforming"] + without["deviating"]) == (653, 678)
    classes = {c["label"]: (c["conforming"], c["conforming"] + c["deviating"]) for c in result["classes"]}
    assert classes == {"priority 1": (267, 283), "priority 2 or 3": (48, 56), "permanent resident": (11, 12)}


def test_the_frame_reconciles_with_the_universe(result: Any) -> None:
    assert result["frame"] == 348_958
    assert result["universe"] == result["frame"] + sum(cases for _, cases in result["exclusions"])
    assert result["drawn"] == sum(CELLS.values()) == 766


def test_the_sample_cannot_speak_for_offices_and_says_so(result: Any) -> None:
    assert len(result["offices"]) == 24
    precision = OfficePrecision(**result["office_precision"])
    assert 0 < precision.wide <= precision.offices == 24
    assert describe_precision(precision).startswith("The sample cannot carry a statement on a single office")


def test_the_month_counts_every_office_and_adds_up(report: Any) -> None:
    for measure in report["measures"]:
        assert len(measure["offices"]) == 24
        for column in ("received", "excluded", "compliant", "late", "missing", "pending", "due", "no_identifier"):
            assert sum(office[column] for office in measure["offices"]) == measure["national"][column]


def test_open_items_are_the_missing_records_by_person(report: Any) -> None:
    strict = next(m for m in report["measures"] if m["counted"] == "person, all units" and m["grace_days"] == 0)
    listed = report["open_items"]
    assert len(listed) > strict["national"]["missing"] > 0, "rates are of alien matches, and the list of all"
    [every] = [one for one in report["populations"] if one["title"] == "all matches"]
    assert sum(item["units"] for item in listed) == every["due"] - every["compliant"] - every["late"]
    assert all(item["person"].startswith(("P-", "M11-")) for item in listed)


def test_every_table_of_cases_adds_up_to_its_heading(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    trace_page(page, (folder / "report.json").read_text(encoding="utf-8"))
    names = check_tables(page)
    assert names and not {"Rules that decided sampled cases", "What the cases showed"} & {*names}


def test_the_page_shows_the_cells_the_bounds_and_how(audit_report: Path) -> None:
    text = re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", (audit_report / "report.html").read_text(encoding="utf-8")))
    )
    for shown in (
        "267",
        "218",
        "348,958",
        "96.5%",
        "91.1%",
        "96.7%",
        "94.9%",
        "synthetic",
        "hypergeometric",
        "SHA-256",
    ):
        assert shown in text
    for office in ("Atlanta", "St. Paul", "Washington"):
        assert office in text


def test_the_page_shows_the_offices_and_how(folder: Path) -> None:
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text(encoding="utf-8"))))
    for shown in (
        "Synthetic data",
        "exact binomial",
        "SHA-256",
        "Last issued audit report: none.",
    ):
        assert shown in text
    for office in ("Atlanta", "St. Paul", "Washington"):
        assert office in text


def test_each_folder_holds_its_record_tables_figures_and_page(folder: Path, audit_report: Path) -> None:
    month, sample = set(digests(folder)), set(digests(audit_report))
    both = {"report.json", "report.html", "report.pdf", "report.xlsx", "manifest.json"}
    kinds = ("svg", "png")
    assert both | {f"figures/offices-documentation.{kind}" for kind in kinds} <= month
    assert {"tables/offices.csv", "tables/open_items.csv", "tables/control_totals.csv"} <= month
    assert both | {f"figures/series-matches.{kind}" for kind in kinds} <= sample
    assert {"sample.json", "determinations.csv", "tables/cells.csv", "tables/rates.csv"} <= sample
    assert not {"sample.json", "determinations.csv", "tables/cells.csv"} & month, "a month holds no sample"


def test_no_person_identifier_leaves_the_door(folder: Path, audit_report: Path, begun: Path) -> None:
    for path in (*folder.rglob("*"), *audit_report.rglob("*"), *(begun / "2011-09" / "packets").rglob("*")):
        if path.suffix in (".json", ".html", ".csv", ".svg"):
            assert not re.search(rb"\bP\d{7}\b", path.read_bytes()), path.name


@pytest.mark.usefixtures("formless_packets")
def test_the_same_inputs_give_the_same_bytes_and_a_rerun_changes_nothing(
    audit: RunAudit, short: Path, tenth_work: ProgramData, begun: Path, tmp_path: Path
) -> None:
    request = MonthRequest(reports=tmp_path / "other", month="2011-09", packets=True)
    other = monthly_report.publish_report(LocalEngine(audit=tenth_work), request)
    shutil.copytree(begun, tmp_path / "reports" / NAME)
    words, written = (*REPORT, "--data", short, "--json"), tmp_path / "reports" / NAME / "2011-09"
    assert other.changed and digests(written) == digests(other.folder)
    times = {path: path.stat().st_mtime_ns for path in written.rglob("*")}
    again = audit(*words)
    assert (again.code, again.json["written"]) == (0, False)
    assert {path: path.stat().st_mtime_ns for path in written.rglob("*")} == times
    without = audit(*(word for word in words if word != "--packets"))
    assert "was made from other inputs: packets." in without.err

    (written / "report.json").write_text("altered", encoding="utf-8")
    altered = audit(*words)
    assert altered.code == 4
    assert "report.json: was changed or removed since the report was written" in altered.err
    other_day = audit(*words, "--as-of", "2011-11-30")
    assert other_day.code == 4
    assert "was made from other inputs: as_of" in other_day.err
    assert [path.name for path in written.parent.iterdir() if path.name.startswith(".")] == [".read"]


@pytest.mark.usefixtures("read", "formless")
def test_twelve_months_in_one_command_read_the_tables_once_and_every_ledger_adds_up(
    audit: RunAudit, short: Path, begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, drawn = [], []
    read, prepare = tables.read_declared_table, sample_report.prepare_sample_audit
    monkeypatch.setattr(
        tables, "read_declared_table", lambda source, *a, **k: reads.append(source.name) or read(source, *a, **k)
    )
    monkeypatch.setattr(sample_report, "prepare_sample_audit", lambda *a: drawn.append(a) or prepare(*a))
    answer = audit("run", NAME, "--since", "2010-10", "--month", "2011-09", "--data", short, "--json")
    months = [f"2010-{n}" for n in (10, 11, 12)] + [f"2011-{n:02}" for n in range(1, 10)]
    assert [(one["month"], one["written"]) for one in answer.json["reports"]] == [(month, True) for month in months]
    assert sorted(reads) == sorted(program_data.read_program_by_name(NAME).tables) and len(drawn) == 1

    open_before, since = 0, ""
    for month in months:
        record = json.loads((tmp_path / "reports" / NAME / month / "report.json").read_bytes())
        moved = record["follow_up"]
        assert (moved["since"], moved["open_start"]) == (since, open_before)
        offices = moved.pop("offices")
        for name in ("open_start", "new", "reopened", "resolved", "reclassified", "open_end"):
            assert sum(office[name] for office in offices) == moved[name]
        expected = open_before + moved["new"] + moved["reopened"] - moved["resolved"] - moved["reclassified"]
        assert moved["open_end"] == expected == sum(n for _, n in moved["ages"])
        assert (moved["gone"], moved["vanished"], moved["entry_back_dated"]) == (0, 0, 0)
        assert moved["undone"] <= 1  # a late record that is nearer in time takes the place of another
        assert moved["new"] >= len(record["open_items"]) > 0
        open_before, since = moved["open_end"], month
    # the last of twelve has open what a ledger that begins there finds open, and the same rates
    alone = json.loads((begun / "2011-09" / "report.json").read_bytes())
    assert alone["follow_up"]["open_end"] == alone["follow_up"]["new"] == open_before
    assert alone["follow_up"]["ages"] == record["follow_up"]["ages"]
    assert [one["month"] for one in record["revisions"]] and not alone["revisions"]
    for one in (alone, record):  # the last of the key figures is what moved in the ledger
        one["follow_up"] = one["revisions"] = one["key_figures"][-1]["detail"] = None
    assert alone == record


def test_step_by_step_gives_the_same_audit(
    steps: tuple[Path, dict[str, Any]],
    own: Path,
    short: Path,
    begun: Path,
    tenth_work: ProgramData,
    result: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audit_report = begun / "audit"
    shorter = json.loads((audit_report / "report.json").read_bytes())["result"]
    assert shorter["cells"] == result["cells"], "the same cases are drawn from a tenth of the persons"
    answers, data = steps[1], ("--data", short)
    assert answers["scope"]["digest"] == shorter["frame_digest"]
    assert answers["plan"]["size"] == 766
    drawn = own / "reports" / NAME / "sample" / "sample.json"
    assert drawn.read_bytes() == (audit_report / "sample.json").read_bytes()
    assert run(own, "redraw", NAME, "--json").json == {"proven": True, "disagreements": []}
    assert run(own, "redraw", NAME, "--manifest", audit_report / "sample.json").code == 0
    assessed = answers["assess"]
    assert (assessed["consistency, undeterminable"], assessed["consistency, permitted"]) == (43, 45)
    assert run(own, "settle", NAME, "--json").json == {"settled by rule": 3830}
    monkeypatch.setattr(
        program_data, "read_program_data", lambda *_, **__: tenth_work
    )  # the tables as they were read and checked once
    assert run(own, "estimate", NAME, *data, "--json").json["overall"] == shorter["overall"]
    assert run(own, "report", NAME, *data).code == 0
    again = json.loads((own / "reports" / NAME / "audit" / "report.json").read_bytes())
    assert again["result"]["overall"] == shorter["overall"]


def test_a_tampered_manifest_is_not_proven(own: Path, short: Path, audit_report: Path, tmp_path: Path) -> None:
    record = json.loads((audit_report / "sample.json").read_bytes())
    record["cases"][3]["key"] = "M11-000001"
    (tmp_path / "tampered.json").write_text(json.dumps(record), encoding="utf-8")
    answer = run(own, "redraw", NAME, "--manifest", tmp_path / "tampered.json", "--json")
    assert answer.code == 1
    assert answer.json["proven"] is False
    assert any(found.startswith("absent: drawn and not listed") for found in answer.json["disagreements"])


def test_a_review_overrules_and_moves_the_rate(own: Path, short: Path, audit_report: Path, tmp_path: Path) -> None:
    case = next(
        line.split(",")[0]
        for line in (audit_report / "determinations.csv").read_text(encoding="utf-8").splitlines()
        if ",consistency,undeterminable," in line
    )
    reviews = tmp_path / "reviews.csv"
    reviews.write_text(
        f"match_id,attribute,outcome,reason\n{case},consistency,consistent,found on paper\n", encoding="utf-8"
    )
    assert run(own, "settle", NAME, "--reviews", reviews, "--json").json["settled by review"] == 1
    found = run(own, "estimate", NAME, "--data", short, "--json").json["overall"]
    assert (found["conforming"], found["undeterminable"]) == (699, 42)
    reviews.write_text(f"match_id,attribute,outcome,reason\n{case},consistency,fine,\n", encoding="utf-8")
    refused = run(own, "settle", NAME, "--reviews", reviews)
    assert refused.code == 1
    assert "row 2, column outcome: this is not an outcome." in refused.err
    assert "row 2, column reason: there is no reason." in refused.err


@pytest.mark.usefixtures("read")
def test_the_public_edition_has_a_folder_of_its_own_without_cases(audit: RunAudit, short: Path, tmp_path: Path) -> None:
    words = ("run", NAME, "--month", "2011-09", "--data", short, "--audience", "public")
    refused = audit(*words, "--packets")
    assert refused.code == 2 and "packets concern persons" in refused.err
    assert audit(*words).code == 0
    written = tmp_path / "reports" / NAME / "2011-09-public"
    names = set(digests(written))
    assert {"report.html", "report.pdf", "report.xlsx", "report.json", "tables/offices.csv"} <= names
    assert not {"sample.json", "determinations.csv", "tables/open_items.csv", "tables/set_aside.csv"} & names
    said = (written / "report.json").read_text(encoding="utf-8")
    assert not re.search(r"\bP-[0-9a-f]{32}\b|\bM\d\d-\d{6}\b", said)


def test_packets_stand_in_the_report_one_folder_an_office(begun: Path) -> None:
    packets = begun / "2011-09" / "packets"
    assert len(list(packets.iterdir())) == 24
    held = {"index.html", "packet.pdf", "worklist.csv", "worklist.xlsx"}
    assert {path.name for path in (packets / "ATL").iterdir()} == held
