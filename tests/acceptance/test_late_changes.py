"""What changes in old tables after a report: named, counted, corrected on request; what merely grows is no change."""

import hashlib
import json
import shlex
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests import made_up_program
from tests.conftest import RunAudit
from tests.made_up_program import MONTHS, answers, requests

pytestmark = pytest.mark.usefixtures("formless")

BY = ("--by", "Assistant Inspector General for Audits", "--on", "2021-04-01")
ENTERED = 3


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return made_up_program.program(tmp_path / "answers")


@pytest.fixture
def run(audit: RunAudit, program: Path, tmp_path: Path) -> Any:
    """A verb on tables of these rows as they are on a month's as-of day: its JSON, and what it says beside."""

    def run(verb: str, month: str, *words: str, answered: Sequence[Sequence[str]] = (), code: int = 0) -> Any:
        place = () if verb == "issue" else ("--data", grown(tmp_path / "data", month, answered or answers()))
        found = audit(verb, program, "--month", month, *place, *words, "--json")
        assert found.code == code, found.err
        return (found.json if code == 0 else None), found.err

    return run


def as_of(month: str) -> str:
    return str((date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=15))


def grown(folder: Path, month: str, answered: Sequence[Sequence[str]]) -> Path:
    """The tables as an agency would export them then: each a single file, with what is entered by that day."""
    day = as_of(month)
    asked = [row for row in requests() if row[3] <= day]
    return made_up_program.tables(folder, asked=asked, answered=[row for row in answered if row[ENTERED] <= day])


def parts(folder: Path) -> Path:
    """The same tables as a file a month, by the month of receipt."""
    for name, header, rows, key in (
        ("requests", "request_id,person_id,office,received,kind", requests(), 0),
        ("answers", "answer_id,request_id,answered,entered", answers(), 1),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for month in MONTHS:
            lines = [",".join(row) for row in rows if row[key][1:8] == month]
            (folder / name / f"{month}.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return folder


def record(name: str) -> Any:
    return json.loads(Path("reports", "answers", name, "report.json").read_bytes())


def altered(month: str, *, to: str) -> list[list[str]]:
    """The answers, of which the first entered in a month is entered on another day."""
    found = [[*row] for row in answers()]
    next(row for row in found if row[ENTERED].startswith(month))[ENTERED] = to
    return found


def issued(run: Any, months: Sequence[str]) -> None:
    for month in months:
        assert run("run", month)[0]["late_changes"] == []
        run("issue", month, *BY)


@pytest.mark.usefixtures("formed")
def test_tables_that_merely_grow_have_not_changed(run: Any) -> None:
    """New units, records entered late of old ones, rows in another order: no earlier report rested on any other."""
    for month in MONTHS:
        found, said = run("run", month, answered=answers()[:: -1 if month > MONTHS[1] else 1])
        assert (found["late_changes"], said) == ([], "")
        assert "late_changes" not in {path.stem for path in Path(found["report"]).parent.rglob("*.csv")}
    assert "Late changes" not in Path("reports/answers/2021-02/report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("formed")
def test_a_late_change_is_named_where_it_is_read(run: Any) -> None:
    issued(run, MONTHS[:3])
    later = [row for row in altered("2020-12", to="2021-02-03") if row != answers()[0]]  # one gone of November
    found, said = run("run", "2021-02", answered=later)
    assert found["late_changes"] == record("2021-02")["late_changes"]
    assert [tuple(one.values()) for one in found["late_changes"]] == [
        ("answers", "rows", "2020-11", 5, 4, ["2020-11", "2020-12", "2021-01"]),
        ("answers", "rows", "2020-12", 6, 5, ["2020-12", "2021-01"]),
    ]
    assert said.splitlines()[0] == (
        "audit: answers: rows not as the reports of 2020-11, 2020-12 and 2021-01 had them: "
        "2020-11 (5 rows then, 4 now) and 2020-12 (6 rows then, 5 now)"
    )
    page = Path("reports/answers/2021-02/report.html").read_text(encoding="utf-8")
    assert "Rows of November 2020" in page and "November 2020 to January 2021" in page
    book = openpyxl.load_workbook("reports/answers/2021-02/report.xlsx")
    assert [cell.value for cell in book["Late changes"][2]] == [
        *("answers", "rows", "2020-11", 5, 4, "2020-11 2020-12 2021-01")
    ]
    assert run("run", "2021-02", answered=later)[0]["written"] is False


def test_the_command_it_names_corrects_what_comes_out_otherwise_and_leaves_the_rest(run: Any, audit: RunAudit) -> None:
    issued(run, MONTHS[:3])
    before = {path: path.read_bytes() for path in Path("reports").glob("*/2*/**/*") if path.is_file()}
    later = altered("2020-12", to="2021-02-03")  # in December's report an answer is missing that it had
    _, said = run("run", "2021-02", answered=later)
    command = shlex.split(said.splitlines()[-1].partition("To write ")[2].partition(": ")[2])
    assert command[:3] == ["audit", "run", command[2]] and command[-2:] == ["--correct", "why"]
    assert command[3:7] == ["--since", "2020-12", "--month", "2021-01"]
    again = ["2020-11" if word == "2020-12" else word for word in command[1:]]  # from a month that has not changed

    def corrected() -> Any:
        found = audit(*again, "--json")
        assert found.code == 0, found.err
        return found.json

    written = {one["month"]: one["folder"] for one in corrected()["reports"] if one["written"]}
    assert written == {month: f"reports/answers/{month}-v2" for month in ("2020-12", "2021-01")}
    assert all(path.read_bytes() == held for path, held in before.items())
    changed = {one["figure"] for one in record("2020-12-v2")["correction"]["changes"]}
    assert "follow-up: All offices, open at the end" in changed
    assert record("2020-12-v2")["late_changes"][0]["reports"] == ["2020-12"]  # what it corrects, and why it had to
    # the second correction carries on the first, and waits for it
    assert record("2021-01-v2")["follow_up"]["open_start"] == record("2020-12-v2")["follow_up"]["open_end"]
    assert "carries on version 2 of 2020-12, which is not issued" in run("issue", "2021-01", *BY, code=2)[1]
    assert not any(one["written"] for one in corrected()["reports"])
    for month in ("2020-12", "2021-01"):
        run("issue", month, *BY)
    assert not any(one["written"] for one in corrected()["reports"])
    assert run("run", "2021-02", "--overwrite", answered=later)[0]["late_changes"] == []  # they hold now


def test_a_change_that_changes_no_figure_is_named_and_corrects_nothing(run: Any, audit: RunAudit) -> None:
    issued(run, MONTHS[:2])
    later = [[*row] for row in answers()]
    later[0][2] = "2020-11-02"  # answered a day later, and in time still
    found, said = run("run", "2021-01", answered=later)
    assert [(one["what"], one["before"], one["now"]) for one in found["late_changes"]] == [("2020-11", 5, 5)]
    assert "5 rows as then, with other contents" in said
    found, _ = run("run", "2020-12", "--since", "2020-11", "--correct", "why", answered=later)
    assert not any(one["written"] for one in found["reports"])


def test_files_of_a_month_are_named_and_what_became_of_them(audit: RunAudit, program: Path, tmp_path: Path) -> None:
    declared = program / "program.toml"
    text = declared.read_text(encoding="utf-8").replace('"requests.*"', '"requests/{month}.csv"')
    declared.write_text(text.replace('"answers.*"', '"answers/*.csv"'), encoding="utf-8")
    data = parts(tmp_path / "parts")

    def run(month: str) -> Any:
        found = audit("run", program, "--data", data, "--month", month, "--json")
        assert found.code == 0, found.err
        return [
            (c["table"], c["kind"], c["what"], c["before"], c["now"]) for c in found.json["late_changes"]
        ], found.err

    assert run("2020-11") == run("2020-12") == ([], "")
    first = data / "requests/2020-11.csv"
    lines = first.read_text(encoding="utf-8").splitlines()
    first.write_text("\n".join([lines[0], *lines[:0:-1], ""]), encoding="utf-8")  # in another order
    (data / "answers/2020-12.csv").rename(data / "answers/2020-12 again.csv")
    changes, said = run("2021-01")
    assert changes == [
        ("requests", "file", "requests/2020-11.csv", 12, 12),
        ("answers", "file", "answers/2020-12.csv", 8, None),
    ]
    assert "requests/2020-11.csv (12 rows as then, with other contents); the rows that are read of them are the" in said
    assert "answers/2020-12.csv (8 rows then, gone now)" in said
    assert "issued" not in said  # drafts are run again


def test_the_digest_is_what_sort_and_sha256sum_give(run: Any) -> None:
    run("run", "2020-11")
    lines = Path("reports/answers/2020-11/tables/rows.csv").read_text(encoding="utf-8").splitlines()
    held = {tuple(line.split(",")[:2]): line.split(",")[2:] for line in lines}
    rows = ["\t".join(row) for row in answers() if row[ENTERED].startswith("2020-11")]
    digest = hashlib.sha256("".join(f"{row}\n" for row in sorted(rows)).encode()).hexdigest()
    assert held["answers", "2020-11"] == [str(len(rows)), digest, "answer_id request_id answered entered"]


def test_nothing_of_it_is_public(run: Any) -> None:
    run("run", "2020-11")
    found, _ = run("run", "2020-12", "--audience", "public", answered=answers()[1:])
    assert found["late_changes"] == [] and not (Path(found["report"]).parent / "tables/rows.csv").exists()


@pytest.mark.parametrize("content", [None, b"", b"junk,1\n", b"\xff\xfe\x00"])
def test_what_says_which_rows_there_were_is_not_read_where_it_was_altered(run: Any, content: bytes | None) -> None:
    for month in MONTHS[:2]:
        run("run", month)
    path = Path("reports/answers/2020-11/tables/rows.csv")
    path.write_bytes(content) if content is not None else path.unlink()
    said = run("run", "2021-01", code=4)[1]
    assert said == (
        f"audit: {path}: was changed or removed since the report was written, and is compared with what the tables "
        "hold now. Restore it, or run that month again with --overwrite.\n"
    )


@pytest.mark.parametrize("alter", ['{"inputs": {}}', "", ("2020-12-15", "then"), ("rows_in", "rows")])
def test_a_month_whose_manifest_cannot_be_read_is_not_passed_over(run: Any, alter: str | tuple[str, str]) -> None:
    run("run", "2020-11")
    path = Path("reports/answers/2020-11/manifest.json")
    path.write_text(alter if isinstance(alter, str) else path.read_text(encoding="utf-8").replace(*alter))
    assert run("run", "2020-12", code=4)[1] == (
        f"audit: {path.parent}: holds no manifest.json of this program that can be read. "
        "Restore it; or move the folder away, and run that month again.\n"
    )
    assert run("run", "2020-11", "--overwrite")[0]["written"] is True


@pytest.mark.usefixtures("formed")
def test_earlier_months_are_told_as_their_first_report_had_them_and_as_known_now(run: Any) -> None:
    """Each month's own record says what was first told; the last one's list of months what is known now."""
    for month in MONTHS:
        run("run", month)
    last = record(MONTHS[-1])
    now = {month["month"]: month for month in last["months"]}
    assert [revision["month"] for revision in last["revisions"]] == [*MONTHS[:-1]]
    for revision in last["revisions"]:
        own = record(revision["month"])["measures"][0]["national"]
        today = now[revision["month"]]
        for name, first, later in (
            ("due", own["due"], today["due"]),
            ("compliant", own["compliant"], today["compliant"]),
            ("recorded", own["compliant"] + own["late"], today["compliant"] + today["late"]),
        ):
            assert (revision[f"{name}_first"], revision[f"{name}_now"]) == (first, later)
    assert record(MONTHS[0])["revisions"] == []
    assert any(one["recorded_first"] < one["recorded_now"] for one in last["revisions"])
    table = Path("reports/answers", MONTHS[0], "tables/months.csv")
    table.write_text(table.read_text(encoding="utf-8").replace("answered", "asked"), encoding="utf-8")
    assert (
        "tables/months.csv" in str(table)
        and "is compared with what is known now" in run("run", "2021-02", "--overwrite", code=4)[1]
    )
