"""Months one after the other: the ledger carried on, caught up, issued, corrected, and killed at any point."""

import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.storage.up_to_date_reports import find_alterations
from tests import made_up_program
from tests.conftest import OTHER_PSEUDONYM_KEY, PROJECT, RunAudit, tool

pytestmark = pytest.mark.usefixtures("formless")

MOVES = ("new", "reopened", "resolved", "reclassified")
BY = ("--by", "Assistant Inspector General for Audits", "--on", "2021-04-01")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The made-up program and its tables."""
    folder = tmp_path_factory.mktemp("made")
    return made_up_program.program(folder / "answers"), made_up_program.tables(folder / "data")


@pytest.fixture
def run(audit: RunAudit, made: tuple[Path, Path]) -> Any:
    """A verb on the made-up program, answered as JSON where it succeeds."""
    program, data = made

    def run(verb: str, *words: str | Path, data: Path = data, code: int = 0) -> Any:
        place = () if verb == "issue" else ("--data", data)
        answer = audit(verb, program, *place, *words, "--json")
        assert answer.code == code, answer.err
        return answer.json if code == 0 else answer.err

    return run


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and ".read" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def record(month: str) -> Any:
    return json.loads(Path("reports", "answers", month, "report.json").read_bytes())


def ledger(month: str) -> dict[tuple[str, str], dict[str, str]]:
    with Path("reports", "answers", month, "tables", "ledger.csv").open(encoding="utf-8") as file:
        return {(row["month"], row["units"]): row for row in csv.DictReader(file)}


def everything(run: Any) -> None:
    run("run", "--since", "2020-11", "--month", "2021-02")


def test_what_earlier_runs_read_changes_no_byte(run: Any) -> None:
    everything(run)
    first, kept = digests(Path("reports")), Path("reports/answers/.read")
    assert [*kept.iterdir()]
    for damaged in (False, True):
        for month in made_up_program.MONTHS:
            shutil.rmtree(f"reports/answers/{month}")
        for path in kept.iterdir() if damaged else ():
            path.write_bytes(path.read_bytes()[:-1])
        everything(run)
        assert digests(Path("reports")) == first
    shutil.rmtree("reports")
    run("run", "--since", "2020-11", "--month", "2021-02", "--no-reuse")
    assert digests(Path("reports")) == first
    assert not kept.exists()


def test_every_month_carries_on_the_last_and_the_identity_holds(run: Any) -> None:
    done = run("run", "--since", "2020-11", "--month", "2021-02")["reports"]
    assert [(one["month"], one["written"]) for one in done] == [(month, True) for month in made_up_program.MONTHS]
    before = 0
    for month in made_up_program.MONTHS:
        found = record(month)["follow_up"]
        rows = list(ledger(month).values())
        moved = {move: sum(row["movement"] == move for row in rows) for move in (*MOVES, "still open")}
        assert {move: found[move] for move in MOVES} == {move: moved[move] for move in MOVES}
        assert found["open_start"] == before == moved["still open"] + moved["resolved"] + moved["reclassified"]
        before = found["open_start"] + found["new"] + found["reopened"] - found["resolved"] - found["reclassified"]
        assert found["open_end"] == before == sum(row["state"] == "open" for row in rows)
        assert sum(n for _, n in found["ages"]) == before
    assert record("2021-02")["follow_up"]["resolved"] > 0
    assert record("2021-02")["follow_up"]["since"] == "2021-01"


def test_the_last_ledger_is_open_where_one_that_begins_there_is(run: Any, tmp_path: Path) -> None:
    everything(run)
    run("run", "--month", "2021-02", "--reports", tmp_path / "alone")
    alone = json.loads((tmp_path / "alone/answers/2021-02/report.json").read_bytes())["follow_up"]
    chained = record("2021-02")["follow_up"]
    assert (alone["since"], alone["open_start"], alone["new"]) == ("", 0, chained["open_end"])
    assert (alone["open_end"], alone["ages"]) == (chained["open_end"], chained["ages"])


@pytest.mark.usefixtures("formed")
def test_one_by_one_all_at_once_and_again_are_the_same_bytes(run: Any, tmp_path: Path) -> None:
    everything(run)
    for month in made_up_program.MONTHS:
        run("run", "--month", month, "--reports", tmp_path / "single")
    assert digests(tmp_path / "single") == digests(Path("reports"))
    times = {path: path.stat().st_mtime_ns for path in Path("reports/answers").glob("2*/**/*")}
    assert {one["written"] for one in run("run", "--since", "2020-11", "--month", "2021-02")["reports"]} == {False}
    assert {path: path.stat().st_mtime_ns for path in Path("reports/answers").glob("2*/**/*")} == times


def test_catching_up_goes_on_from_the_last_report_to_the_last_month_that_is_complete(run: Any) -> None:
    def caught_up(on: str) -> list[str]:
        return [one["month"] for one in run("run", "--catch-up", "--as-of", on)["reports"]]

    assert caught_up("2021-01-14") == ["2020-11"]  # December is complete fifteen days after its end
    assert caught_up("2021-01-14") == []
    assert caught_up("2021-02-15") == ["2020-12", "2021-01"]
    assert caught_up("2030-01-01") == ["2021-02"]  # the tables end there
    assert caught_up("2030-01-01") == []


def test_catching_up_does_not_write_again_what_older_tables_made(run: Any, tmp_path: Path) -> None:
    run("run", "--catch-up", "--as-of", "2021-02-15")
    stood = digests(Path("reports"))
    newer = made_up_program.tables(tmp_path / "newer", answered=made_up_program.answers()[:-2])
    assert [one["month"] for one in run("run", "--catch-up", data=newer)["reports"]] == ["2021-02"]
    now = digests(Path("reports"))
    assert {name: now[name] for name in stood} == stood


def test_decisions_are_taken_up_in_the_month_of_their_day(run: Any, tmp_path: Path) -> None:
    everything(run)
    first = next(row for row in ledger("2021-02").values() if row["state"] == "open" and row["month"] == "2020-11")
    key = ",".join(first[name] for name in ("office", "month", "person", "measure"))
    struck, sent = tmp_path / "reclassified.csv", tmp_path / "guidance.csv"
    struck.write_text(f"office,month,person,measure,decided,reason\n{key},2021-01-20,sent in error\n", encoding="utf-8")
    sent.write_text(f"office,month,person,measure,sent\n{key},2021-01-02\n", encoding="utf-8")
    words = ("--since", "2020-11", "--month", "2021-02", "--reclassified", struck, "--guidance", sent)
    told = run("run", *words, code=4)
    assert "2020-12: was made from other inputs: ledger" in told and "2020-11" not in told
    run("run", *words, "--overwrite")
    place = (first["month"], first["units"])
    assert [ledger(month)[place]["state"] for month in made_up_program.MONTHS] == [*2 * ["open"], *2 * ["reclassified"]]
    assert ledger("2020-12")[place]["guidance_sent"] == "2021-01-02"
    assert (
        ledger("2021-01")[place] | {"movement": "reclassified", "reason": "sent in error"} == ledger("2021-01")[place]
    )
    assert record("2021-01")["follow_up"]["reasons"] == [["sent in error", 1]]
    assert record("2020-12")["follow_up"]["guidance_sent"] == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("office,month,person,measure,decided\n", 1, "column reason: is missing. Add it."),
        ("{header}A,2020-11,x,answered,2021-01-20,\n", 1, "row 2, column reason: is blank. Fill it in."),
        ("{header}A,2020-11,x,answered,20 January,why\n", 1, "row 2, column decided: is not a day."),
        ("{header}A,2020-11,x,answered,2020-12-01,why\n", 1, "row 2: names an item that is not in the ledger."),
        (None, 3, "there is no such file. Name the file, with its folder."),
    ],
)
def test_decisions_that_cannot_be_taken_are_refused(
    run: Any, tmp_path: Path, text: str | None, code: int, words: str
) -> None:
    file = tmp_path / "reclassified.csv"
    if text is not None:
        header = "office,month,person,measure,decided,reason\n"
        file.write_text(text.replace("{header}", header), encoding="utf-8")
    assert words in run("run", "--month", "2020-11", "--reclassified", file, code=code)
    assert not Path("reports", "answers", "2020-11").exists()


def test_records_that_disappear_are_alarmed(run: Any, tmp_path: Path) -> None:
    run("run", "--since", "2020-11", "--month", "2021-01")
    kept = [row for row in made_up_program.answers() if row[1] != "R2020-11-00"]  # its answer was there
    asked = [row for row in made_up_program.requests() if row[0] not in ("R2020-11-02", "R2020-11-03")]
    thinner = made_up_program.tables(tmp_path / "thinner", asked=asked, answered=kept)
    run("run", "--month", "2021-02", data=thinner)
    found = record("2021-02")["follow_up"]
    assert (found["undone"], found["gone"], found["vanished"]) == (1, 1, 1)
    alarms = Path("reports/answers/2021-02/tables/alarms.csv").read_text(encoding="utf-8")
    assert "R2020-11-00,documented in an earlier ledger and not now" in alarms
    assert "R2020-11-03,no longer in the tables" in alarms
    rows = ledger("2021-02")
    assert rows["2020-11", "R2020-11-02"]["remark"] == "no longer in the tables"
    assert rows["2020-11", "R2020-11-02"]["state"] == "open"
    # the answer of R2020-11-00 is missing now, beside that of the same person's other request
    [undone] = [row for row in rows.values() if "R2020-11-00" in row["units"]]
    assert (undone["movement"], undone["remark"]) == ("new", "documented in an earlier ledger and not now")


def test_a_ledger_that_was_altered_is_not_carried_on(run: Any) -> None:
    run("run", "--month", "2020-11")
    path = Path("reports/answers/2020-11/tables/ledger.csv")
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    told = run("run", "--month", "2020-12", code=4)
    assert "ledger.csv: was changed or removed since the report was written, and is carried on from. Restore it" in told
    assert not Path("reports/answers/2020-12").exists()


def test_a_ledger_whose_identity_fails_stops_the_run_with_one_message(run: Any) -> None:
    """An item that stands twice, under a manifest that was forged with it."""
    run("run", "--month", "2020-11")
    folder = Path("reports/answers/2020-11")
    path, manifest = folder / "tables/ledger.csv", folder / "manifest.json"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    facts = json.loads(manifest.read_bytes())
    facts["outputs"]["tables/ledger.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    told = run("run", "--month", "2020-12", code=1)
    assert told.count("audit:") == 1 and "rows name an item that another row names too" in told
    assert not Path("reports/answers/2020-12").exists()


def test_another_pseudonym_key_is_noticed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run("run", "--month", "2020-11")
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", OTHER_PSEUDONYM_KEY)
    assert "was made with another pseudonym key" in run("run", "--month", "2020-12", code=4)


def test_under_a_new_key_all_months_are_written_again_with_the_same_counts(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How a key is changed: in a new folder, where only pseudonyms differ."""
    everything(run)
    monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", OTHER_PSEUDONYM_KEY)
    run("run", "--since", "2020-11", "--month", "2021-02", "--reports", "rotated")
    old, new = (Path(root, "answers/2021-02/tables") for root in ("reports", "rotated"))
    same = {path.name for path in old.iterdir() if path.read_bytes() == (new / path.name).read_bytes()}
    assert same >= {"offices.csv", "months.csv", "control_totals.csv", "follow_up.csv", "missing.csv"}
    assert {"ledger.csv", "open_items.csv"}.isdisjoint(same)
    before, after = ((folder / "ledger.csv").read_text(encoding="utf-8") for folder in (old, new))
    assert not set(re.findall("P-[0-9a-f]{32}", before)) & set(re.findall("P-[0-9a-f]{32}", after))


def test_a_month_is_not_looked_at_before_the_ledger_it_carries_on(run: Any) -> None:
    run("run", "--month", "2020-11", "--as-of", "2021-03-01")
    told = run("run", "--month", "2020-12", code=2)
    assert "looked at the records on 2021-03-01, later than 2021-01-15: its ledger cannot be carried back" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2020-11"), "--since names the first month, and none is the last"),
        (("--catch-up", "--month", "2020-11"), "--catch-up finds the months itself"),
        (("--since", "2020-11", "--month", "2020-12", "--as-of", "2021-03-01"), "looked at on a day of its own"),
        (("--since", "2020-12", "--month", "2020-11"), "is not a period"),
        (("--catch-up", "--correct", "why"), "a correction is of issued months"),
        (("--catch-up", "--audience", "public"), "--catch-up goes by the reports for the offices"),
        (("--since", "2020-11", "--month", "2020-12", "--packets", "--audience", "public"), "packets concern persons"),
        (("--month", "2020-11", "--correct", "why"), "was not issued, so there is nothing to correct"),
    ],
)
def test_what_contradicts_itself_is_refused(run: Any, words: tuple[str, ...], said: str) -> None:
    assert said in run("run", *words, code=2)


@pytest.mark.usefixtures("formed")
def test_months_are_issued_in_order_and_stay_as_they_are(run: Any, audit: RunAudit, tmp_path: Path) -> None:
    everything(run)
    told = run("issue", "--month", "2020-12", *BY, code=2)
    assert "carries on the ledger of 2020-11, which is not issued. Issue that month first." in told
    draft = digests(Path("reports/answers/2020-11"))
    assert run("issue", "--month", "2020-11", *BY)["written"] is True
    issued = digests(Path("reports/answers/2020-11"))
    made_again = {"report.json", "report.html", "report.pdf", "report.xlsx", "manifest.json"}
    assert {name for name in draft if draft[name] != issued[name]} == made_again
    assert record("2020-11")["status"] == "issued"
    assert record("2020-11")["sign_off"] == {"by": BY[1], "on": "2021-04-01", "key": ""}
    page = Path("reports/answers/2020-11/report.html").read_text(encoding="utf-8")
    assert "Issued by Assistant Inspector General for Audits on 1 April 2021. Unsigned: no key shows who" in page
    assert run("issue", "--month", "2020-11", *BY)["written"] is False
    other = ("--by", "Deputy", "--on", "2021-04-02")
    assert "was issued on 1 April 2021, by another role" in run("issue", "--month", "2020-11", *other, code=4)
    assert run("run", "--month", "2020-11")["written"] is False
    assert {one["written"] for one in run("run", "--since", "2020-11", "--month", "2021-02")["reports"]} == {False}
    assert digests(Path("reports/answers/2020-11")) == issued
    keygen = tool("ssh-keygen", package="openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", "key"], check=True)
    assert run("issue", "--month", "2020-12", *BY, "--key", "key")["written"] is True
    page = Path("reports/answers/2020-12/report.html").read_text(encoding="utf-8")
    assert "Signed by Assistant Inspector General for Audits on 1 April 2021, with the key SHA256:" in page
    assert "was issued unsigned" in run("issue", "--month", "2020-11", *BY, "--key", "key", code=4)
    answer = audit("verify", "reports/answers", "--json")
    assert answer.code == 0
    assert answer.json["2020-11"].startswith(
        "signature issued by Assistant Inspector General for Audits on 2021-04-01, u"
    )
    assert answer.json["2020-12"].startswith(
        "signature good: Assistant Inspector General for Audits, 2021-04-01, by the"
    )
    altered = Path("reports/answers/2020-12/tables/offices.csv")
    content = altered.read_bytes()
    altered.write_bytes(content + b" ")
    answer = audit("verify", "reports/answers/2020-12", "--json")
    assert answer.code == 1 and answer.json["files"].startswith("tables/offices.csv: was changed or removed")
    altered.write_bytes(content)

    other_tables = made_up_program.tables(tmp_path / "later", answered=made_up_program.answers()[1:])
    for words in ((), ("--overwrite",)):
        told = run("run", "--month", "2020-11", *words, data=other_tables, code=4)
        assert "was made from other inputs: tables. It was issued, and stays as it is." in told
    assert digests(Path("reports/answers/2020-11")) == issued


def test_a_correction_is_a_version_of_its_own_that_names_what_changed(run: Any, tmp_path: Path) -> None:
    everything(run)
    for month in ("2020-11", "2020-12"):
        run("issue", "--month", month, *BY)
    issued = digests(Path("reports/answers/2020-11"))
    later = made_up_program.tables(tmp_path / "later", answered=made_up_program.answers()[1:])
    why = "One answer was to another request"
    words = ("run", "--month", "2020-11", "--correct", why)
    assert run(*words, data=later)["report"] == "reports/answers/2020-11-v2/report.html"
    assert digests(Path("reports/answers/2020-11")) == issued
    made = record("2020-11-v2")
    assert (made["version"], made["status"], made["correction"]["reason"]) == (2, "draft", why)
    assert (made["correction"]["of_version"], made["correction"]["issued_on"]) == (1, "2021-04-01")
    changed = {one["figure"]: (one["before"], one["after"]) for one in made["correction"]["changes"]}
    before, after = record("2020-11")["measures"][0]["national"], made["measures"][0]["national"]
    assert before["compliant"] == after["compliant"] + 1
    assert changed["Answered, by unit, 5 days allowed: All offices, in time"] == (
        before["compliant"],
        after["compliant"],
    )
    assert "Answered, by unit, 5 days allowed: Beta, in time" not in changed
    assert run(*words, data=later)["written"] is False
    assert run("run", "--month", "2020-11", data=later)["written"] is False  # the draft of the second version

    # until it is issued, the first holds; then the month after is made anew from it
    assert (
        run("run", "--month", "2020-12", data=later, code=4).count("other inputs: tables, late changes and backlogs")
        == 1
    )
    run("issue", "--month", "2020-11", *BY)
    assert record("2020-11-v2")["status"] == "issued"
    refused = run("run", "--month", "2020-12", data=later, code=4)
    assert refused.count("was made from other inputs: tables, ledger and backlogs. It was issued") == 1
    run("run", "--month", "2020-12", "--correct", "As November", data=later)
    assert record("2020-12-v2")["follow_up"]["open_start"] == made["follow_up"]["open_end"]
    run("issue", "--month", "2020-12", *BY)
    assert run(*words, data=later)["written"] is False
    assert run("run", "--month", "2020-11", "--correct", "Again", data=later)["report"].startswith(
        "reports/answers/2020-11-v3"
    )


def test_several_months_come_with_packets_or_for_the_public_too(run: Any) -> None:
    words = ("run", "--since", "2020-11", "--month", "2020-12")
    run(*words, "--packets")
    assert (Path("reports/answers/2020-12/packets")).is_dir()
    public = run(*words, "--audience", "public")["reports"]
    assert [Path(one["folder"]).name for one in public] == ["2020-11-public", "2020-12-public"]
    for one in public:  # no ledger, list of persons or key of a unit leaves with it
        names = set(digests(Path(one["folder"])))
        assert not names & {"tables/ledger.csv", "tables/alarms.csv", "documented.parquet", "tables/open_items.csv"}
    assert record("2020-12-public")["follow_up"] is None
    assert run("issue", "--month", "2020-11", "--audience", "public", *BY)["written"] is True
    assert (record("2020-11-public")["status"], record("2020-11")["status"]) == ("issued", "draft")
    told = run("issue", "--month", "2020-12", "--audience", "public", *BY, code=4)
    assert "was made before 2020-11-public was issued to the public. Run the month again with --overwrite." in told
    run("run", "--month", "2020-12", "--audience", "public", "--overwrite")
    assert run("issue", "--month", "2020-12", "--audience", "public", *BY)["written"] is True
    assert {one["written"] for one in run(*words, "--audience", "public")["reports"]} == {False}


def test_the_packets_lists_are_what_is_open_of_all_months(run: Any) -> None:
    """An office works its list until it is empty: every open item of the ledger is in one packet, once."""
    run("run", "--since", "2020-11", "--month", "2020-12", "--packets")
    folder = Path("reports/answers/2020-12")
    still = [row for row in ledger("2020-12").values() if row["state"] == "open"]
    assert {row["month"] for row in still} == {"2020-11", "2020-12"}
    found = []
    for path in folder.glob("packets/*/worklist.csv"):
        with path.open(encoding="utf-8") as file:
            found += [(path.parent.name, row["month"], row["unit_keys"]) for row in csv.DictReader(file)]
    wanted = [(row["office"], row["month"], row["units"].replace("|", "; ")) for row in still]
    assert sorted(found) == sorted(wanted)
    kept = {path: path.read_bytes() for path in folder.glob("packets/*/worklist.csv")}
    run("issue", "--month", "2020-11", *BY)
    run("issue", "--month", "2020-12", *BY)
    assert kept == {path: path.read_bytes() for path in folder.glob("packets/*/worklist.csv")}


def test_what_is_not_there_altered_or_of_another_version_is_not_issued(run: Any) -> None:
    assert "there is no report to issue. Make it first: audit run" in run("issue", "--month", "2020-11", *BY, code=2)
    assert "nobody issues it" in run("issue", "--month", "2020-11", "--by", " ", code=2)
    run("run", "--month", "2020-11")
    manifest = Path("reports/answers/2020-11/manifest.json")
    kept = manifest.read_bytes()
    facts = json.loads(kept)
    facts["inputs"]["code"] = "another"
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    assert "was made by another version of this program" in run("issue", "--month", "2020-11", *BY, code=4)
    manifest.write_bytes(kept)
    Path("reports/answers/2020-11/tables/offices.csv").write_text("better", encoding="utf-8")
    assert "offices.csv: was changed or removed" in run("issue", "--month", "2020-11", *BY, code=4)


@pytest.fixture(scope="module")
def begin() -> Iterator[Callable[..., tuple[int, Callable[[], int]]]]:
    """Start the program in a process of its own: gives its number, and a way to wait for its exit code."""
    runner = subprocess.Popen(
        [sys.executable, "-m", "tests.runner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )

    def begin(*words: str | Path, end: tuple[int, float] | None = None) -> tuple[int, Callable[[], int]]:
        assert runner.stdin and runner.stdout
        runner.stdin.write(json.dumps([[*map(str, words)], end]) + "\n")
        runner.stdin.flush()
        answers = runner.stdout
        return int(answers.readline()), lambda: int(answers.readline())

    yield begin
    runner.communicate()


NO_FORK = pytest.mark.skipif(sys.platform == "win32", reason="forks and kills processes")


@NO_FORK
def test_one_run_at_a_time_and_the_lock_of_a_dead_one_is_taken_over(run: Any, begin: Any) -> None:
    holder, ended = begin("hold", Path("reports/answers").absolute())
    while not Path("reports/answers/held").exists():
        time.sleep(0.01)
    told = run("run", "--month", "2020-11", code=4)
    assert f"another run is at work here: process {holder} on " in told and "Wait until it has ended" in told
    assert "another run is at work here" in run("issue", "--month", "2020-11", *BY, code=4)
    os.kill(holder, signal.SIGKILL)
    assert ended() == -signal.SIGKILL
    assert Path("reports/answers/.lock").exists()  # it had no time to remove it
    assert run("run", "--month", "2020-11")["written"] is True
    assert sorted(path.name for path in Path("reports/answers").iterdir()) == [".read", "2020-11", "held"]


@NO_FORK
def test_killed_twenty_times_and_run_again_is_as_if_never_killed(
    run: Any, begin: Any, made: tuple[Path, Path], tmp_path: Path
) -> None:
    everything(run)
    whole = digests(Path("reports"))
    words = ("run", made[0], "--data", made[1], "--since", "2020-11", "--month", "2021-02", "--reports")
    chance, kills, rounds, halves = random.Random(12_64), 0, 0, 0
    while kills < 20:  # each round goes on, killed again and again, until it comes to its end
        reports, rounds, code = tmp_path / f"killed-{rounds}", rounds + 1, -signal.SIGALRM
        while code:
            moment = (chance.randint(1, len(whole)), chance.uniform(1e-6, 2e-3)) if kills < 20 else None
            _, ended = begin(*words, reports, end=moment)
            code = ended()
            assert code in (0, -signal.SIGALRM)
            kills += code != 0
            standing = [*(reports / "answers").glob("2*")]
            assert [find_alterations(folder, mend="") for folder in standing] == [[]] * len(standing)
            halves += 0 < len(standing) < 4
        assert digests(reports) == whole
    assert kills == 20 and halves > 0


def test_what_a_replaced_report_had_and_the_new_one_has_not_is_named(
    run: Any, audit: RunAudit, made: tuple[Path, Path]
) -> None:
    words = ("--month", "2020-11", "--overwrite")
    run("run", *words, "--packets")
    assert audit("run", made[0], "--data", made[1], *words).err == (
        "audit: reports/answers/2020-11: replaced; the report before had also packets/ and worklist.parquet. With "
        "--packets they are written again.\n"
    )
    assert not Path("reports/answers/2020-11/packets").exists()
    run("run", *words, "--packets")
    assert run("run", *words)["dropped"] == ["packets/", "worklist.parquet"]
    assert "dropped" not in run("run", *words)
