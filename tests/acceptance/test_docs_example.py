"""The example of docs/program.md: every command of the page works on a copy of it, and gives what the page says."""

import json
import re
import shlex
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import polars as pl
import pytest

from audit.reporting.formats.sample_report import render_sample_report
from audit.storage.declarations import read_offices
from audit.workflow import monthly_report, sample_report
from tests.conftest import PROJECT, PSEUDONYM_KEY, RunAudit

DOCS = PROJECT / "docs"
PAGE = (DOCS / "program.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ *\$ audit (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a copy of the example."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DOCS / "example", tmp_path / "inspections")
    return tmp_path


def put_canaries(program: Path) -> set[str]:
    """A made-up text in every personal cell of a program, and in two columns that are withheld; return them."""
    declared, canaries = program / "program.toml", set[str]()
    for name in ("inspections", "letters"):
        path = program / "data" / f"{name}.csv"
        rows = pl.read_csv(path, infer_schema=False)
        texts = [f"CNRY {name} said no. {n:04} CNRY" for n in range(rows.height)]
        rows = rows.with_columns(remarks=pl.Series(texts))
        canaries |= {*texts}
        if name == "inspections":
            rows = rows.with_columns(owner_id="CNRYW" + pl.col("owner_id"))
            canaries |= {*rows["owner_id"].drop_nulls()}
        rows.write_csv(path)
        replace_text(
            declared, f"[tables.{name}.columns]\n", f"[tables.{name}.columns]\nremarks = {{ withheld = true }}\n"
        )
    return canaries


def list_contents(path: Path) -> Iterator[bytes]:
    """What a file holds: its bytes, and whatever is packed in it."""
    content = path.read_bytes()
    yield path.name.encode() + content
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if content.startswith(b"PAR1"):
        yield pl.read_parquet(path).write_json().encode()
    if content.startswith(b"%PDF"):
        with pikepdf.open(path) as document:
            yield from (one.read_bytes() for one in document.objects if isinstance(one, pikepdf.Stream))
            yield str(document.docinfo).encode()


def test_every_command_of_the_page_works_in_its_order(
    audit: RunAudit, folder: Path, formless: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing that they write or say holds a person, a withheld text or the key."""
    canaries = put_canaries(folder / "inspections")
    assert len(canaries) > 50
    answers = {command: audit(*command.split()) for command in COMMANDS}
    assert {command: answer.err for command, answer in answers.items() if answer.code} == {}
    assert {command.split()[0] for command in COMMANDS} >= {"check", "compliance", "run", "scope", "plan", "draw"}
    for printed in re.findall(r"^ *```text\n((?:.(?!```))*?digest .*?)```", PAGE, re.MULTILINE | re.DOTALL):
        assert printed.strip() in answers["scope inspections --data inspections/data"].out
    report = json.loads((folder / "reports/inspections/audit/report.json").read_text(encoding="utf-8"))
    overall = report["result"]["overall"]
    assert (overall["conforming"], overall["deviating"], overall["undeterminable"]) == (17, 4, 2)
    monkeypatch.setattr(monthly_report, "render_report_files", formless)  # from here on in every form
    monkeypatch.setattr(sample_report, "render_sample_report", render_sample_report)
    with (folder / "inspections/program.toml").open("a", encoding="utf-8") as declared:
        declared.write('\n[review]\nattributes = ["timeliness"]\n')
    for words in (
        ("run", "--month", "2024-02", "--packets", "--overwrite"),
        ("assemble", "--month", "2024-02", "--audience", "public"),
        ("workpapers", "--slips", "none"),
        ("review", "export", "--by", "Auditor"),
    ):
        verb = words[:2] if words[0] == "review" else words[:1]
        said = audit(*verb, "inspections", *words[len(verb) :], "--data", "inspections/data", "--verbose")
        assert said.code == 0, said.err
        answers[" ".join(words)] = said
    written = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] == "reports"]
    kinds = {path.suffix for path in written}
    assert kinds >= {".csv", ".html", ".json", ".parquet", ".pdf", ".svg", ".txt", ".xlsx"}, kinds
    said = "".join(one.out + one.err for one in answers.values()).encode()
    leaks = {path.name for path in written for content in list_contents(path) if b"CNRY" in content}
    assert leaks == set() and b"CNRY" not in said
    assert b"(withheld)" in (folder / "reports/inspections/workpapers/facts/cases.parquet").read_bytes()
    assert PSEUDONYM_KEY.encode() not in b"".join(path.read_bytes() for path in written)
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in written} == {0}
    public = json.loads((folder / "reports/inspections/2024-02-public/manifest.json").read_bytes())
    assert public["inputs"]["pseudonym key"] == ""


def test_a_copy_of_a_program_needs_a_key_of_its_own(
    audit: RunAudit, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word for synthetic data works for what a generator wrote alone, and a key that can be guessed is refused."""
    check = ("check", "inspections", "--data", "inspections/data")
    monkeypatch.delenv("AUDIT_PSEUDONYM_KEY")
    told = audit(*check)
    assert told.code == 2 and "owner_id: identifies persons, and there is no key to make their pseudonyms" in told.err
    for key, weakness in (("synthetic", "fewer than 32 characters"), ("a1" * 20, "fewer than 8 different characters")):
        monkeypatch.setenv("AUDIT_PSEUDONYM_KEY", key)
        told = audit(*check)
        assert told.code == 2 and f"the key in AUDIT_PSEUDONYM_KEY has {weakness}" in told.err
        assert key not in told.err


def test_whether_a_no_counts_as_done_is_declared(audit: RunAudit, folder: Path) -> None:
    """What the page warns of: of 30 routine inspections 25 have a posted score, 2 say No, 3 say nothing."""
    asked = ("compliance", "inspections", "--data", "inspections/data", "--month", "2024-02", "--json")
    program = folder / "inspections" / "program.toml"
    text = program.read_text(encoding="utf-8")
    assert count_scores(audit(*asked).json) == (30, 25)
    program.write_text(text.replace(', satisfied = "score_posted"', ""), encoding="utf-8")
    refused = audit(*asked)
    assert (refused.code, "score_posted" in refused.err) == (2, True)
    program.write_text(text.replace('satisfied = "score_posted"', 'satisfied = "true"'), encoding="utf-8")
    assert count_scores(audit(*asked).json) == (30, 27)


def count_scores(answer: dict[str, list[dict[str, Any]]]) -> tuple[int, int]:
    """Units due and in time of all offices, of the posted scores counted by unit."""
    [score] = [one for one in answer["measures"] if (one["measure"], one["counted"]) == ("score", "unit")]
    return score["national"]["due"], score["national"]["compliant"]


def test_the_parts_of_the_page_are_those_of_the_example() -> None:
    """A block of TOML that shows a part of the example is that part, and not a variant of it."""
    program = (DOCS / "example" / "program.toml").read_text(encoding="utf-8")
    lines = {line.strip() for line in program.splitlines()}
    shown = [block.splitlines() for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    unlike = [line.strip() for block in shown for line in block if line.strip() not in lines and "…" not in line]
    assert unlike == []


def test_the_rule_on_the_page_of_rules_is_that_of_the_example() -> None:
    page = (DOCS / "policy.md").read_text(encoding="utf-8")
    rule = (DOCS / "example" / "policy" / "reinspection.yaml").read_text(encoding="utf-8")
    assert f"```yaml\n# reinspection.yaml\n{rule.partition(chr(10))[2]}```" in page


def test_working_papers_hold_the_program_that_was_used(audit: RunAudit, folder: Path) -> None:
    """Its folder has another name than the program has, which is that of a program that ships."""
    (folder / "inspections").rename(folder / "mine")
    declared = folder / "mine" / "program.toml"
    text = re.sub(
        r'^name = "inspections"$', 'name = "records_requests"', declared.read_text(encoding="utf-8"), flags=re.M
    )
    declared.write_text(re.sub(r"^(frame_|seed).*\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    (folder / "mine" / "expectations").rename(folder / "suites")
    data = ("--data", "mine/data")
    for words in (
        ("scope", "mine", *data),
        ("plan", "mine", "--size", "20"),
        ("draw", "mine", "--seed", "dice 4 1 6", "--seed-source", "dice"),
        ("assess", "mine", *data),
        ("settle", "mine"),
    ):
        assert audit(*words).code == 0, words
    (folder / "given").mkdir()
    (folder / "suites").rename(folder / "given" / "records_requests")
    written = audit("workpapers", "mine", *data, "--slips", "none", "--expectations", "given")
    assert written.code == 0, written.err
    papers = folder / "reports/records_requests/workpapers"
    assert (papers / "program/program.toml").read_bytes() == declared.read_bytes()
    suites = {path.name for path in (papers / "program/expectations").iterdir()}
    assert suites == {path.name for path in (folder / "given/records_requests").iterdir()}
    assert audit("reperform", papers).code == 0
    (folder / "given/records_requests/letters.yaml").unlink()
    again = audit("workpapers", "mine", *data, "--slips", "none", "--expectations", "given", "--overwrite")
    assert again.err.endswith("workpapers: replaced; what was there had also program/expectations/letters.yaml\n")


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_key_that_lacks_is_named_at_once(audit: RunAudit, folder: Path) -> None:
    """Those of the head and those of the census, each place in one message."""
    declared = folder / "inspections" / "program.toml"
    for key in ("title", "about", "unit"):
        text = declared.read_text(encoding="utf-8")
        declared.write_text(re.sub(rf"^{key} = .*\n", "", text, count=1, flags=re.MULTILINE), encoding="utf-8")
    text = declared.read_text(encoding="utf-8")
    census = text.index("[census]")
    declared.write_text(
        text[:census] + re.sub(r"^(unit|office) = .*\n", "", text[census:], count=2, flags=re.MULTILINE)
    )
    answer = audit("compliance", "inspections", "--data", "inspections/data")
    assert (answer.code, answer.err.splitlines()) == (
        2,
        [
            "audit: program.toml: lacks `title`, `about` and `unit`. Add them.",
            "audit: program.toml, census: lacks `unit` and `office`. Add them.",
        ],
    )


def test_an_alias_is_optional(audit: RunAudit, folder: Path) -> None:
    """A row without one, or a list without the column, says that an office is written as its name."""
    asked = ("compliance", "inspections", "--data", "inspections/data", "--month", "2024-02", "--json")
    before, offices = audit(*asked).json, folder / "inspections" / "offices.csv"
    replace_text(offices, "S,South,South,", "S,South,,")
    assert audit(*asked).json == before
    offices.write_text("code,name\nN,North\nE,East\n", encoding="utf-8")
    assert [(one.code, one.alias) for one in read_offices(offices).aliases] == [("N", "North"), ("E", "East")]


@pytest.mark.parametrize("text", [None, "", "# none yet\n", "[]\n"])
def test_no_terms_need_no_file(audit: RunAudit, folder: Path, text: str | None) -> None:
    terms = folder / "inspections" / "policy" / "terms.yaml"
    defined = re.search(r"means: (.*)", terms.read_text(encoding="utf-8"))
    assert defined
    replace_text(terms.with_name("reinspection.yaml"), "when: serious_violations >= 1", f"when: {defined[1]} >= 1")
    terms.unlink()
    if text is not None:
        terms.write_text(text, encoding="utf-8")
    assert audit("policy", "lint", "inspections").code == 0


def test_a_missing_file_is_named_with_its_folder(audit: RunAudit, folder: Path) -> None:
    (folder / "inspections" / "policy" / "documents.yaml").unlink()
    answer = audit("policy", "lint", "inspections")
    assert "audit: inspections/policy/documents.yaml: there is no such file." in answer.err


def test_an_example_without_its_day_is_told_so(audit: RunAudit, folder: Path) -> None:
    rule = folder / "inspections" / "policy" / "reinspection.yaml"
    text = re.sub(r"inspected: [\d-]+, ", "", rule.read_text(encoding="utf-8"), count=1)
    rule.write_text(text, encoding="utf-8")
    answer = audit("check", "inspections", "--data", "inspections/data")
    assert answer.code == 2
    assert (
        "Give the example `inspected`, the day of the case: without it no version of a rule is in force." in answer.err
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compliance", "--month", "2024-2"), "`2024-2` is not a period"),
        (("run", "--month", "2024-02", "--as-of", "2024-02-03"), "the period was not over"),
        (("run", "--since", "2024-03", "--month", "2024-02"), "is not a period"),
        (("run", "--month", "2024-02", "--reclassified", "none.csv"), "none.csv: there is no such file"),
        (("estimate",), "frame.json: is not there yet"),
        (("workpapers", "--slips", "none"), "frame.json: is not there yet"),
        (("review export", "--by", "Auditor"), "declares no review"),
        (("check",), "names a column that is not there: inspection. Did you mean `inspection_id`?"),
        (("run", "--month", "2024-02"), "names a column that is not there: inspection. Did you mean `inspection_id`?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_it_is_refused_before_the_tables_are_read(
    audit: RunAudit, folder: Path, words: tuple[str, ...], said: str
) -> None:
    """There are no tables: had they been looked for, that would be said."""
    if "names a column" in said:
        replace_text(folder / "inspections/expectations/inspections.yaml", "inspection_id}", "inspection}")
    verb, *options = words
    answer = audit(*verb.split(), "inspections", *options, "--data", "nowhere")
    assert said in answer.err
    assert "nowhere" not in answer.err


def test_unknown_offices_are_listed_by_spelling(audit: RunAudit, folder: Path) -> None:
    """28 inspections of the district North are written otherwise, two of them in another way than the rest."""
    data = folder / "inspections" / "data" / "inspections.csv"
    lines = data.read_text(encoding="utf-8").split("\n")
    norths = [number for number, line in enumerate(lines) if ",North," in line]
    for number in norths:
        lines[number] = lines[number].replace(",North,", ",Nord," if number in norths[:2] else ",Norden,")
    data.write_text("\n".join(lines), encoding="utf-8")
    answer = audit("compliance", "inspections", "--data", "inspections/data")
    assert f'written "Norden" ({len(norths) - 2}) and "Nord" (2). Add the way it is written' in answer.err


STAND_INS = {"PROGRAM": "inspections", "my_audit": "inspections", "FOLDER": "inspections/data", "CASE": "I0064"}
STAND_INS |= {
    "2010-10": "2023-11",
    "2011-09": "2024-02",
    "2011-Q3": "2023-11/2024-02",
    "2011-05-02": "2024-02-02",
    "secure_communities": "inspections",
}
FILES = {
    "reclassified.csv": "office,month,person,measure,decided,reason\n",
    "guidance.csv": "office,month,person,measure,sent\n",
}


@pytest.mark.usefixtures("formless")
@pytest.mark.parametrize("name", ["checks.md", "policy.md", "schedule.md"])
def test_the_commands_of_a_page_work_in_their_order(audit: RunAudit, folder: Path, name: str) -> None:
    """On the example in place of another program, and of its months."""
    for file, text in FILES.items():
        (folder / file).write_text(text, encoding="utf-8")
    page = (DOCS / name).read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    commands = [shlex.split(line, comments=True)[2:] for line in lines if line.startswith("$ audit ")]
    assert len(commands) >= 3
    for command in commands:
        words = [STAND_INS.get(word, word) for word in command]
        answer = audit(*words, *(() if "--data" in words else ("--data", "inspections/data")))
        assert answer.code == 0, (words, answer.err)
