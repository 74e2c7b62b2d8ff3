"""The claims checker: the published report with its golden output, texts that are right, and planted errors."""

import csv
import os
import time
from pathlib import Path

import pytest

from audit.analysis.claims.check import CheckedClaims, check_claims
from audit.analysis.claims.facts import parse_facts
from audit.analysis.claims.passages import split_paragraphs
from audit.storage.claim_files import read_claim_facts, read_claim_text
from tests.conftest import PROJECT, RunAudit


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


TEXTS = Path(__file__).parent / "texts"
OIG = PROJECT / "docs" / "oig-12-64"
GOLDEN = read_rows(Path(__file__).parent / "oig_12_64_claims.csv")
RIGHT = ("inspections", "requests")


@pytest.fixture(scope="module", params=["excerpt", "whole"])
def published(request: pytest.FixtureRequest) -> CheckedClaims:
    """OIG-12-64 against its facts: the excerpt that is here, and the whole text where somebody has it."""
    text = OIG / "excerpt.txt"
    if request.param == "whole":
        folder = Path(os.environ.get("AUDIT_REFERENCE", PROJECT.parent / "shared" / "reference"))
        text = folder / "oig-12-64.txt"
        if not text.is_file():
            pytest.skip(f"no text of the report in {folder}; name its folder in AUDIT_REFERENCE")
    return check_claims(read_claim_text(text), read_claim_facts(OIG / "facts.csv"))


@pytest.mark.parametrize("row", GOLDEN, ids=[row["statement"] for row in GOLDEN])
def test_every_statement_of_the_published_report_has_its_verdict(published: CheckedClaims, row: dict[str, str]) -> None:
    facts, lines = set(row["facts"].split()), [int(line) for line in row["lines"].split()] or [None]
    claims = [one for one in published.claims if facts <= set(one.facts) and one.verdict == row["verdict"]]
    assert [one.line for one in claims] == lines
    assert all(row["recomputed"] in one.recomputed for one in claims)


def test_nothing_else_of_the_published_report_is_disputed(published: CheckedClaims) -> None:
    assert [(one.line, one.number, str(one.verdict)) for one in published.disputed] == [
        (27, "$750 million", "conflicting wordings"),
        (28, "692,000", "same number under another noun"),
        (124, "$750 million", "conflicting wordings"),
        (127, "$750 million", "conflicting wordings"),
        (128, "692,000", "same number under another noun"),
        (212, "as of December 28, 2011", "as-of after fieldwork"),
        (303, "$12 million", "sources differ"),
        (455, "$15 million", "truncated"),
        (769, "As of December 28, 2011", "as-of after fieldwork"),
    ]


def test_the_reply_of_the_agency_agrees(published: CheckedClaims) -> None:
    reply = {(one.line, one.number): str(one.verdict) for one in published.claims if 575 < (one.line or 0) < 734}
    assert reply[(607, "two")] == "agrees"
    assert reply[(733, "March 31, 2012")] == "agrees"
    assert set(reply.values()) <= {"agrees", "cannot be checked"}


@pytest.mark.parametrize("name", RIGHT)
def test_a_text_that_is_right_is_left_in_peace(name: str) -> None:
    text = (TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    checked = check_claims(read_claim_text(TEXTS / f"{name}.txt"), read_claim_facts(TEXTS / f"{name}.csv"))
    assert checked.disputed == ()
    assert len(text.split()) >= 1_000
    agreeing = [one for one in checked.claims if one.verdict in ("agrees", "rounds")]
    assert len(agreeing) >= 50
    assert len({name for one in agreeing for name in one.facts}) >= 40


@pytest.mark.parametrize(
    "page", ["docs/validation.md", "docs/policy.md", "docs/program.md", "docs/schedule.md", "CHANGELOG.md"]
)
def test_texts_on_other_things_are_left_in_peace_too(page: str) -> None:
    checked = check_claims(read_claim_text(PROJECT / page), read_claim_facts(OIG / "facts.csv"))
    assert checked.disputed == ()


# What is altered in a text that is right, and how the checker must call it.
PLANTED = {
    "inspections": [
        ("5,776 inspections of 2022", "5,767 inspections of 2022", "does not add up"),
        ("7.4% more", "8.4% more", "does not add up"),
        ("612 restaurants were left out", "621 restaurants were left out", "does not add up"),
        ("In 371 of the 400 inspections (92.8%)", "In 371 of the 400 inspections (93.8%)", "does not add up"),
        ("about $500 for each", "about $600 for each", "does not add up"),
        ("Harbor office made 1,806 inspections", "Harbor office made 1,860 inspections", "does not add up"),
        ("29% of all inspections", "28% of all inspections", "does not add up"),
        ("15,118 violations", "15,181 violations", "does not add up"),
        ("of which 2,870 (19%)", "of which 2,870 (18%)", "truncated"),
        (
            "1,722 of the 2,870 critical violations (60%)",
            "1,722 of the 2,870 critical violations (66%)",
            "does not add up",
        ),
        ("fell by 11% from 3,225", "fell by 13% from 3,225", "does not add up"),
        ("After 1,190 inspections the", "After 1,910 inspections the", "does not add up"),
        ("$310,000 on vehicles", "$130,000 on vehicles", "does not add up"),
        ("$495 a year", "$945 a year", "does not add up"),
        ("all 6,204 inspections, by", "all 6,204 restaurants, by", "same number under another noun"),
        ("As of March 31, 2024", "As of May 31, 2024", "as-of after fieldwork"),
        ("records (36%)", "records (35%)", "truncated"),
    ],
    "requests": [
        ("more than doubled between", "more than tripled between", "does not add up"),
        ("75% of the 9,315", "76% of the 9,315", "does not add up"),
        ("answered 6,986 requests", "answered 6,896 requests", "does not add up"),
        ("4,118 requests, or 44%", "4,118 requests, or 45%", "does not add up"),
        ("The City Clerk answered 1,294", "The City Clerk answered 1,249", "does not add up"),
        ("5,510 were granted", "5,150 were granted", "does not add up"),
        ("upheld 127 of", "upheld 172 of", "does not add up"),
        ("spent $4.6 million on answering", "spent $6.4 million on answering", "does not add up"),
        ("fees of $81,400", "fees of $84,100", "does not add up"),
        ("of August 15, 2024", "of August 16, 2024", "another as-of day"),
        ("by December 31,\n2024", "by December 13,\n2024", "does not add up"),
    ],
}


@pytest.mark.parametrize(
    ("name", "right", "wrong", "verdict"),
    [(name, *one) for name, planted in PLANTED.items() for one in planted],
)
def test_a_planted_error_is_found(name: str, right: str, wrong: str, verdict: str) -> None:
    text = (TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    assert text.count(right) == 1
    altered = text.replace(right, wrong)
    checked = check_claims(split_paragraphs(altered.split("\n")), read_claim_facts(TEXTS / f"{name}.csv"))
    line = text[: text.index(right)].count("\n") + 1
    assert verdict in [str(one.verdict) for one in checked.disputed if abs((one.line or 0) - line) <= 1]


def test_conflicting_wordings_need_the_same_verb() -> None:
    facts = parse_facts([(2, {"id": "none", "value": "1"})], file="facts.csv")
    text = "The city appropriated $5 million. It spent most of the $5 million. It received $7 million in grants."
    assert check_claims(split_paragraphs([text]), facts).disputed == ()
    text += " The council says that the city spent about $5 million."
    assert [one.number for one in check_claims(split_paragraphs([text]), facts).disputed] == ["$5 million"] * 3


def test_the_verb_prints_writes_and_ends_by_what_it_found(audit: RunAudit, tmp_path: Path) -> None:
    facts = OIG / "facts.csv"
    answer = audit("claims", OIG / "excerpt.txt", facts)
    assert answer.code == 1
    assert "line 455: “incurred about $43,000 per day" in answer.out and "43,000 * 365 = 15,695,000" in answer.out
    assert "line 391" not in answer.out
    answer = audit("claims", OIG / "excerpt.txt", facts, "--json")
    assert answer.code == 1
    assert answer.json["counts"]["truncated"] == 1
    assert {"line", "quote", "number", "recomputed", "verdict", "facts", "source", "disputed"} == {
        *answer.json["claims"][0]
    }
    answer = audit("claims", TEXTS / "requests.txt", TEXTS / "requests.csv", "--format", "csv", "--output", "table.csv")
    assert answer.code == 0
    rows = read_rows(tmp_path / "table.csv")
    assert len(rows) > 100 and rows[0]["line"] == "7"


def test_the_verb_refuses_what_it_cannot_read(audit: RunAudit, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("naïve 5".encode("latin-1"))
    (tmp_path / "facts.csv").write_text("id,value,unit,noun,as_of,source\na,x,,,,\nb,= c,,,,\n", encoding="utf-8")
    (tmp_path / "record.json").write_text(
        '{"schema": "audit-report/1", "result": {"overall": {}, "later": [1]}}', "utf-8"
    )
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    right = TEXTS / "requests.txt"
    assert "holds no text" in audit("claims", "empty.txt", OIG / "facts.csv").err
    assert "is not in UTF-8" in audit("claims", "latin.txt", OIG / "facts.csv").err
    answer = audit("claims", right, "facts.csv")
    assert answer.code == 3
    assert "facts.csv, row 2, column value: is no number" in answer.err
    assert "facts.csv, row 3, column value: there is no fact c" in answer.err
    assert "is none that this program reads" in audit("claims", right, "record.json").err
    assert "is no record of a report" in audit("claims", right, "list.json").err
    Path("deep.json").write_text("[" * 100_000, encoding="utf-8")
    assert "deep.json: is no JSON" in audit("claims", right, "deep.json").err
    assert audit("claims", right, "nothing.csv").code == 3


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "1" * 50_000, "1," * 20_000, "1-" * 20_000, "a." * 20_000, "(" * 50_000]
)
def test_a_text_that_is_none_takes_no_time(text: str) -> None:
    started = time.monotonic()
    check_claims(split_paragraphs([text]), read_claim_facts(OIG / "facts.csv"))
    assert time.monotonic() - started < 10
