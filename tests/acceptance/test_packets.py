"""An office's packet worked through with the packet's files alone, the list returned, and the ledger that follows."""

import csv
import hashlib
import io
import json
import os
import stat
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from tests import made_up_program
from tests.conftest import PSEUDONYM_KEY, RunAudit, tool

pytestmark = pytest.mark.usefixtures("formless")

BY = ("--by", "Assistant Inspector General for Audits", "--on", "2021-04-01")
RETURNS = Path("reports/answers/returns")
Fill = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = made_up_program.program(tmp_path / "answers")
    text = (folder / "program.toml").read_text(encoding="utf-8")
    plan = 'as_of_days = 15\nfollow_up = { days = 30, source = "A directive" }'
    text = text.replace("as_of_days = 15", plan).replace('label = "answer",', 'label = "answer", system = "Register",')
    (folder / "program.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(audit: RunAudit, program: Path, tmp_path: Path) -> Any:
    """A verb on the made-up program, answered as JSON; its tables are in the folder `data`."""
    made_up_program.tables(tmp_path / "data")

    def run(verb: str, *words: str | Path, code: int = 0) -> Any:
        place = ("--data", "data") if verb in ("run", "identify") else ()
        answer = audit(verb, program, *words, *place, "--json")
        assert answer.code == code, answer.err
        return answer

    return run


def packet(month: str, office: str, file: str = "worklist.xlsx") -> Path:
    return Path("reports/answers", month, "packets", office, file)


def read_list(month: str, office: str) -> list[dict[str, str]]:
    with packet(month, office, "worklist.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def fill(path: Path, to: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
    """Fill the return columns of a workbook as a person does, row by row, and save it."""
    book = load_workbook(path)
    sheet = book["Worklist"]
    headings = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(headings, row, strict=True))
        for heading, value in answer({name: cell.value for name, cell in cells.items()}).items():
            cells[heading].value = value
    book.save(to)
    return to


def ledger(month: str) -> dict[str, dict[str, str]]:
    with Path("reports/answers", month, "tables/ledger.csv").open(encoding="utf-8") as file:
        return {row["units"]: row for row in csv.DictReader(file)}


def test_an_office_works_its_list_and_the_ledger_follows(run: Any, tmp_path: Path) -> None:
    """Records are found in the tables by the keys of the list, three are completed, one is only said to be done."""
    run("run", "--since", "2020-11", "--month", "2021-01", "--packets")
    listed = read_list("2021-01", "A")
    still_open = [units for units, row in ledger("2021-01").items() if (row["state"], row["office"]) == ("open", "A")]
    assert sorted(row["unit_keys"] for row in listed) == sorted(still_open)
    assert {row["needed"] for row in listed} == {"Answer"} and {row["where"] for row in listed} == {"Register"}
    days = [(row["due"], row["unit_day"]) for row in listed]
    assert days == sorted(days)
    first = {row["unit_keys"]: date.fromisoformat(ledger("2021-01")[row["unit_keys"]]["listed"]) for row in listed}
    assert all(row["due"] == str(first[row["unit_keys"]] + timedelta(days=30)) for row in listed)

    worked = [row["unit_keys"] for row in listed[:3]]
    with Path("data/requests.csv").open(encoding="utf-8") as file:
        requests = {row["request_id"]: row for row in csv.DictReader(file)}
    assert all(requests[key]["office"] == "A" and requests[key]["received"] == row["unit_day"]
               for key, row in zip(worked, listed, strict=False))  # fmt: skip
    with Path("data/answers.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"W{key},{key},2021-02-26,2021-02-26\n" for key in worked)

    claimed = listed[3]["unit_keys"]  # said to be done, and it is not

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        return {"Done on": date(2021, 2, 26)} if row["Request key"] in (*worked, claimed) else {}

    back = fill(packet("2021-01", "A"), tmp_path / "A.xlsx", answer)
    told = run("returns", back, "--on", "2021-03-01").json
    assert told[str(back)] == {"rows": len(listed), "taken": 4, "unanswered": len(listed) - 4, "refused": 0}
    before = (RETURNS / "journal.jsonl").read_bytes()
    assert run("returns", back, "--on", "2021-03-02").json[str(back)]["taken"] == 4  # again: nothing is added
    assert (RETURNS / "journal.jsonl").read_bytes() == before

    run("run", "--month", "2021-02", "--packets")
    after = ledger("2021-02")
    assert [after[key]["state"] for key in worked] == ["resolved"] * 3
    assert after[claimed]["state"] == "open"  # only the records resolve an item
    [remark] = [row["remark"] for row in read_list("2021-02", "A") if row["unit_keys"] == claimed]
    assert remark == "Reported as done on 26 February 2021; no record shows it."
    [said] = json.loads(Path("reports/answers/2021-02/report.json").read_bytes())["returns"]
    assert (said["office"], said["done"], said["shown"]) == ("A", 4, 3)
    assert "no record shows it" not in packet("2021-02", "B", "worklist.csv").read_text(encoding="utf-8")


def test_claims_wait_for_headquarters_and_then_move(run: Any, tmp_path: Path) -> None:
    run("run", "--since", "2020-11", "--month", "2021-01", "--packets")
    elsewhere, withdrawn, kept = (row["unit_keys"] for row in read_list("2021-01", "A")[:3])

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        column = {elsewhere: "Not ours", withdrawn: "Not required", kept: "Not required"}.get(row["Request key"])
        return {column: "yes", "Reason": "Beta, or withdrawn"} if column else {}

    back = fill(packet("2021-01", "A"), tmp_path / "A.xlsx", answer)
    assert run("returns", back, "--on", "2021-03-01").json["claims without an answer"] == 3
    run("run", "--month", "2021-02", "--packets")
    waiting = {row["unit_keys"]: row["remark"] for row in read_list("2021-02", "A")}
    assert waiting[elsewhere] == "“Not ours” of 1 March 2021: no answer yet."

    with (RETURNS / "claims.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    answers = {
        elsewhere: {"answer": "referred", "to_office": "B"},
        withdrawn: {"answer": "accepted"},
        kept: {"answer": "refused", "answer_reason": "it was not withdrawn"},
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(row | answers[row["unit_keys"]] for row in rows)
    (tmp_path / "answers.csv").write_text(text.getvalue(), encoding="utf-8")
    words = ("--answers", tmp_path / "answers.csv", "--on", "2021-03-10")
    assert "nobody answers" in run("returns", *words, code=2).err
    told = run("returns", *words, "--by", "Compliance Unit").json
    assert told[str(tmp_path / "answers.csv")] == {"rows": 3, "taken": 3, "unanswered": 0, "refused": 0}
    assert told["claims without an answer"] == 0

    assert "was made from other inputs" in run("run", "--month", "2021-02", "--packets", code=4).err
    run("run", "--month", "2021-02", "--packets", "--overwrite")
    after = ledger("2021-02")
    assert (after[withdrawn]["state"], after[withdrawn]["decided"]) == ("reclassified", "2021-03-10")
    assert after[withdrawn]["reason"] == "not required: Beta, or withdrawn"
    assert after[kept]["state"] == after[elsewhere]["state"] == "open"  # the tables still have it under A
    mine, others = ({row["unit_keys"]: row["remark"] for row in read_list("2021-02", office)} for office in "AB")
    assert mine[kept] == "“Not required” of 1 March 2021: refused on 10 March 2021: it was not withdrawn."
    assert elsewhere not in mine and withdrawn not in mine
    assert others[elsewhere] == "Referred by A on 10 March 2021."


def test_every_row_that_cannot_be_taken_is_named_and_the_others_are_taken(run: Any, tmp_path: Path) -> None:
    run("run", "--since", "2020-11", "--month", "2021-01", "--packets")
    rows = read_list("2021-01", "A")
    assert len(rows) == 9
    rows[0] |= {"done_on": "2021-02-20"}
    rows[1] |= {"not_required": "yes"}
    rows[2] |= {"done_on": "soon"}
    rows[3] |= {"item": "000000000000", "done_on": "2021-02-20"}
    rows[4] |= {"unit_keys": "R", "done_on": "2021-02-20"}
    rows[5] |= {"not_ours": "yes", "not_required": "yes", "reason": "x"}
    rows.append(dict(rows[0]))
    path = tmp_path / "A.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    answer = run("returns", path, "--on", "2021-03-01", code=1)
    assert answer.json[str(path)] == {"rows": 10, "taken": 1, "unanswered": 3, "refused": 6}
    lines = [line.removeprefix(f"audit: {path}, ") for line in answer.err.splitlines()]
    assert lines == [
        "row 3, column Reason: is blank, and this answer needs a reason. Give the reason.",
        "row 4, column Done on: is not a day. Write it as 2012-04-05.",
        "row 5, column Item: names an item that is in no ledger and no list of this program. Leave the column as it "
        "was in the packet.",
        "row 6, column Request key: is not the key of this item. Leave it as it was in the packet.",
        "row 7: has more than one answer. Fill in one of Done on, Not ours and Not required.",
        "row 11, column Item: names an item that another row answers. Keep one row.",
    ]


def test_returns_are_for_their_owner_alone_and_a_journal_that_was_altered_is_refused(run: Any, tmp_path: Path) -> None:
    run("run", "--month", "2020-11", "--packets")
    back = fill(packet("2020-11", "A"), tmp_path / "A.xlsx", lambda _: {"Done on": date(2020, 12, 20)})
    run("returns", back, "--on", "2021-01-20")
    for path in (RETURNS, *RETURNS.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    [kept] = (RETURNS / "received").iterdir()
    assert kept.name == f"{hashlib.sha256(back.read_bytes()).hexdigest()}.xlsx"
    journal = RETURNS / "journal.jsonl"
    journal.write_text(journal.read_text(encoding="utf-8").replace("2020-12-20", "2020-12-21", 1), encoding="utf-8")
    assert (
        "journal.jsonl, row 1: does not follow from the lines before it" in run("run", "--month", "2020-12", code=1).err
    )


@pytest.mark.parametrize(
    ("name", "code", "what"),
    [
        ("none.xlsx", 3, "there is no such file"),
        ("bare.xlsx", 3, "there is no sheet Worklist"),
        ("other.csv", 3, "column Item: is missing or stands twice"),
    ],
)
def test_a_file_that_is_no_list_is_refused(run: Any, tmp_path: Path, name: str, code: int, what: str) -> None:
    run("run", "--month", "2020-11", "--packets")
    Workbook().save(tmp_path / "bare.xlsx")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert what in run("returns", tmp_path / name, code=code).err
    assert not RETURNS.exists()


def test_a_list_is_taken_only_after_a_report_and_only_of_its_program_and_office(run: Any, tmp_path: Path) -> None:
    assert "no file is named" in run("returns", code=2).err
    run("run", "--month", "2020-11", "--packets")
    book = load_workbook(packet("2020-11", "A"))
    about = {row[0].value: row[1] for row in book["About"].iter_rows()}
    assert about["Program"].value == "answers" and about["Code"].value == "A"
    about["Code"].value = "B"
    book["Worklist"].cell(2, 1 + [c.value for c in book["Worklist"][1]].index("Done on")).value = date(2020, 12, 20)
    book.save(tmp_path / "B.xlsx")
    assert "is an item of another office's list" in run("returns", tmp_path / "B.xlsx", code=1).err
    about["Program"].value = "others"
    book.save(tmp_path / "C.xlsx")
    assert "is a list of another program" in run("returns", tmp_path / "C.xlsx", code=2).err
    alone = ("--reports", tmp_path / "nowhere")
    assert "there is no report with a list yet" in run("returns", tmp_path / "B.xlsx", *alone, code=2).err


def test_cells_that_are_not_to_be_written_are_locked_and_the_others_are_validated(run: Any) -> None:
    run("run", "--month", "2020-11", "--packets")
    sheet = load_workbook(packet("2020-11", "A"))["Worklist"]
    headings = [cell.value for cell in sheet[1]]
    assert sheet.protection.sheet
    written = {headings[cell.column - 1] for cell in sheet[2] if not cell.protection.locked}
    assert written == {"Done on", "Not ours", "Not required", "Reason"}
    kinds = sorted(one.type for one in sheet.data_validations.dataValidation)
    assert kinds == ["date", "list", "list", "textLength"]


def test_what_libreoffice_saves_comes_back(run: Any, tmp_path: Path) -> None:
    soffice = tool("soffice", package="libreoffice-calc-nogui")
    run("run", "--since", "2020-11", "--month", "2021-01", "--packets")
    keys = [row["unit_keys"] for row in read_list("2021-01", "A")]

    def answer(row: dict[str, Any]) -> dict[str, Any]:
        if row["Request key"] == keys[0]:
            return {"Done on": date(2021, 2, 20)}
        return {"Not ours": "yes", "Reason": "1+1 = 2 is Beta’s; “é”"} if row["Request key"] == keys[1] else {}

    fill(packet("2021-01", "A"), tmp_path / "A.xlsx", answer)
    (tmp_path / "saved").mkdir()
    command = [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    command += ["xlsx:Calc MS Excel 2007 XML", "--outdir", "saved", "A.xlsx"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=True)
    back = tmp_path / "saved" / "A.xlsx"
    assert run("returns", back, "--on", "2021-03-01").json[str(back)] == {
        "rows": 9, "taken": 2, "unanswered": 7, "refused": 0
    }  # fmt: skip
    events = [json.loads(line) for line in (RETURNS / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["done_on"] for event in events] == ["2021-02-20", None]


def test_an_issued_month_has_a_list_of_what_goes_to_whom_and_status_knows_it(run: Any, tmp_path: Path) -> None:
    run("run", "--month", "2020-11", "--packets")
    assert not Path("reports/answers/2020-11/transmittal.csv").exists()
    steps = {step["name"]: step for step in run("status", "--as-of", "2021-01-01").json["steps"]}
    assert steps["packets"]["facts"] == {"of": "2020-11", "offices": 2, "transmittal": "once it is issued"}
    before = packet("2020-11", "A", "worklist.csv").read_bytes()
    run("issue", "--month", "2020-11", *BY)
    assert packet("2020-11", "A", "worklist.csv").read_bytes() == before
    page = packet("2020-11", "A", "index.html").read_text(encoding="utf-8")
    assert "Issued" in page and "Draft" not in page
    assert load_workbook(packet("2020-11", "A"))["About"]["B3"].value == "Issued, unsigned"
    rows = pl.read_csv("reports/answers/2020-11/transmittal.csv", infer_schema=False).to_dicts()
    assert [(row["office"], row["name"], row["packet"]) for row in rows] == [
        ("A", "Alpha", "packets/A/"), ("B", "Beta", "packets/B/")
    ]  # fmt: skip
    assert rows[0]["items"] == str(len(read_list("2020-11", "A"))) and rows[0]["return_by"] == "2021-01-14"
    files = sorted(packet("2020-11", "A", "index.html").parent.iterdir())
    lines = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    assert rows[0]["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    steps = {step["name"]: step for step in run("status", "--as-of", "2021-01-01").json["steps"]}
    assert steps["packets"]["facts"]["transmittal"] == "yes"
    assert (steps["returns"]["state"], steps["returns"]["command"].split()[:2]) == ("next", ["audit", "returns"])


class TestIdentify:
    """Identifiers are put back by the holder of the key, for its owner alone, until a day."""

    @pytest.fixture
    def listed(self, run: Any, tmp_path: Path) -> Path:
        run("run", "--since", "2020-11", "--month", "2020-12", "--packets")
        (tmp_path / "key").write_text(f"{PSEUDONYM_KEY}\n", encoding="utf-8")
        return packet("2020-12", "B")

    def test_each_row_has_the_identifier_that_the_tables_have(self, run: Any, listed: Path, tmp_path: Path) -> None:
        os.umask(0)
        copy = tmp_path / "copy.csv"
        words = ("--key-file", "key", "--by", "Records Officer", "--days", "10", "--output", copy)
        told = run("identify", listed, *words).json
        expires = date.today() + timedelta(days=10)
        first, *rest = copy.read_text(encoding="utf-8").splitlines()
        assert first == (
            f"Identifiers of persons. Destroy this copy by {expires.day} {expires:%B %Y}. For the office only."
        )
        rows = list(csv.DictReader(rest))
        with Path("data/requests.csv").open(encoding="utf-8") as file:
            persons = {row["request_id"]: row["person_id"] for row in csv.DictReader(file)}
        assert [row["identifier"] for row in rows] == [persons[row["unit_keys"]] for row in rows]
        nobody = sum(not row["identifier"] for row in rows)
        assert nobody > 0  # the seventh request of a month is of nobody known
        assert (told["rows"], told["identified"], told["without an identifier"], told["not found"]) == (
            len(rows), len(rows) - nobody, nobody, 0
        )  # fmt: skip
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        journal = RETURNS / "identified.jsonl"
        [entry] = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        assert (entry["by"], entry["expires"], entry["rows"]) == ("Records Officer", str(expires), len(rows))
        assert entry["copy_sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
        assert not any(person in journal.read_text(encoding="utf-8") for person in persons.values() if person)
        assert run("identify", listed, *words, code=4).err.endswith(
            "Name another file or folder, or make room there.\n"
        )

    @pytest.mark.parametrize(
        ("words", "code", "what"),
        [
            (("--by", "x"), 2, "key-file"),
            (("--by", "x", "--key-file", "none"), 3, "there is no such key file"),
            (("--by", "x", "--key-file", "blank"), 2, "holds no key"),
            (("--by", "x", "--key-file", "wrong"), 2, "the key gives none of the pseudonyms of the list"),
            (("--by", " ", "--key-file", "key"), 2, "needs a role and a number of days"),
        ],
    )
    def test_without_the_key_or_with_another_nothing_is_written(
        self, run: Any, listed: Path, tmp_path: Path, words: tuple[str, ...], code: int, what: str
    ) -> None:
        (tmp_path / "blank").write_text("\n", encoding="utf-8")
        (tmp_path / "wrong").write_text("another", encoding="utf-8")
        answer = run("identify", listed, *words, "--output", tmp_path / "copy.csv", code=code)
        assert what in answer.err + answer.out
        assert not (tmp_path / "copy.csv").exists() and not RETURNS.exists()
