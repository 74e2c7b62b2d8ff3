"""Why one case, what two documents change, what a policy leaves open, and the policy to read: at a prompt."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from audit.assessment.explain import explain_case
from audit.workflow import program_data, sample_audit
from tests.conftest import PROJECT, RunAudit
from tests.tenth import Tenth

SAMPLE = PROJECT / "data" / "secure_communities"
NAME = "secure_communities"
MATCHES = 1_002  # of the audited persons; 766 are the audited cases
CONSISTENT, INCONSISTENT, UNDETERMINABLE, NOT_DRAWN = "M11-000097", "M11-021861", "M11-004112", "M11-000001"


@pytest.fixture(scope="module")
def sample() -> program_data.ProgramData:
    """The audited cases as they ship: 766 matches and the other 236 of their persons, with everything on record."""
    return program_data.read_program_data(NAME, data=SAMPLE, expectations=PROJECT / "expectations")


@pytest.fixture
def read_once(sample: program_data.ProgramData, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command has these cases as they were read once."""
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: sample)


def test_a_case_is_explained_by_its_rule_version_citation_and_rows(audit: RunAudit) -> None:
    answer = audit("explain", NAME, INCONSISTENT, "--data", SAMPLE)
    assert answer.code == 0
    text = " ".join(answer.out.split())
    for said in (
        "Consistency of match M11-021861: inconsistent (priority 1).",
        "It expects acted, and that is not so.",
        "in force from 30 June 2010 to 1 March 2011; the case is dated 30 October 2010.",
        "“aliens convicted of crimes punishable by less than one year”",
        "Rules, in the order asked",
        "convictions C0095269 outcome: convicted; offence: driving under the influence; max_days: 180;",
        "status usc, lpr, lawful consistent",
        "a further row of actions: action detainer, custody, removed, nta consistent",
    ):
        assert said in text


@pytest.mark.usefixtures("read_once")
def test_an_undeterminable_case_says_what_is_missing_and_what_that_would_give(audit: RunAudit) -> None:
    found = audit("explain", NAME, UNDETERMINABLE, "--data", SAMPLE, "--json").json
    assert (found["outcome"], set(found["needed"])) == ("undeterminable", {"encounter_date", "disposition_code"})
    filled = [["encounter_date", "filled"], ["disposition_code", "filled"]]
    assert {change["outcome"] for change in found["changes"] if change["facts"] == filled} == {"consistent"}
    assert found["explanation"].startswith("Consistency of match M11-004112: undeterminable.")
    lookups = {lookup["table"]: lookup["complete"] for lookup in found["seen"]["lookups"]}
    assert (lookups["convictions"], lookups["actions"]) == (True, False)


def test_any_case_of_the_tables_can_be_explained_drawn_or_not(
    audit: RunAudit, tenth: Tenth, tenth_work: program_data.ProgramData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_data, "read_program_data", lambda *_, **__: tenth_work)
    answer = audit("explain", NAME, NOT_DRAWN, "--data", tenth.data, "--attribute", "documentation")
    assert answer.code == 0
    assert answer.out.startswith(f"Documentation of match {NOT_DRAWN}:")


@pytest.mark.usefixtures("read_once")
def test_no_identifier_of_a_person_is_shown(audit: RunAudit) -> None:
    out = audit("explain", NAME, CONSISTENT, "--data", SAMPLE).out
    assert not re.search(r"\bP\d{7}\b", out)
    assert re.search(r"\bP-[0-9a-f]{32}\b", out)


def test_what_is_explained_is_what_was_assessed(sample: program_data.ProgramData) -> None:
    """An explanation assesses the case anew; it may not come to another outcome than the assessment of all."""
    keys = sample.rows["matches"].select("match_id").collect()["match_id"]
    found = sample_audit.assess_cases(sample, keys).filter(attribute="consistency")
    policy = sample.policy
    assert policy is not None
    for outcome in ("permitted", "undeterminable"):
        row = found.filter(outcome=outcome).row(-1, named=True)
        one = explain_case(row["match_id"], program=sample.program, policy=policy, tables=sample.rows)
        assert (one.outcome, one.case_class, one.attribute) == (row["outcome"], row["class"], "consistency")
        assert "; ".join(one.needed) == (row["needed"] or "")
        assert (one.deciding_rule.rule if one.deciding_rule else None) == (row["rule"] if row["class"] else None)


def test_the_crime_levels_are_counted_as_sourced_and_not_filled_in(audit: RunAudit) -> None:
    """DHS OIG-12-64, page 9: 17 up to level 1, of which 11 and 6; 8 to level 2; 13 added to level 3."""
    found = audit("policy", "diff", NAME, "level_before", "level_after", "--json").json["moves"]
    counts = {(move["before"], move["after"], move["number"], len(move["named"])) for move in found}
    assert counts == {("2 or 3", "1", 11, 3), ("2 or 3", "1", 6, 2), ("3", "2", 8, 4), ("", "3", 13, 3)}
    text = audit("policy", "diff", NAME, "level_before", "level_after").out
    assert re.search(r"2 or 3 +1 +17 +5 +of which", text)
    assert "Partial: the source does not name 26 of 38 crimes." in text
    assert "DHS OIG-12-64, page 9" in text


@pytest.mark.usefixtures("read_once")
def test_the_reissued_memorandum_changed_words_and_no_case(audit: RunAudit) -> None:
    found = audit("policy", "diff", NAME, "PRI-2010", "PRI-2011", "--data", SAMPLE, "--json").json
    changed = {rule["rule"]: {change["what"] for change in rule["changed"]} for rule in found["rules"]}
    assert changed["priority-1-level-2"] == {"section", "quote"}
    [crossing] = [one for one in found["crossings"] if one["attribute"] == "consistency"]
    assert crossing["cases"] == MATCHES
    assert all(before == after for before, after, _ in crossing["outcomes"])


@pytest.mark.usefixtures("read_once")
def test_another_policy_changes_what_becomes_of_the_same_cases(audit: RunAudit) -> None:
    answer = audit("policy", "diff", NAME, "PRI-2011", "PRI-2014", "--data", SAMPLE)
    assert answer.code == 0
    assert "Stated in PRI-2014 alone: " in answer.out
    assert re.search(
        r"Consistency of 1,002 cases, each document as if always in force: [1-9]\d* change their", answer.out
    )


@pytest.mark.usefixtures("read_once")
def test_the_shipped_policy_needs_no_mending(audit: RunAudit) -> None:
    found = audit("policy", "lint", NAME, "--data", SAMPLE, "--json")
    assert [one for one in found.json["findings"] if one["must"]] == []
    assert (found.code, found.json["cases"], found.json["made_up"]) == (0, MATCHES, False)
    of_consistency = [one for one in found.json["findings"] if one["kind"] == "gaps" and one["about"] == "consistency"]
    assert of_consistency == [], "every case is one that some rule speaks to, or may"
    branches = {(b["rule"], b["version"], b["verdict"]): b["cases"] for b in found.json["coverage"]}
    assert branches["us-citizen", "INA", "consistent"] >= 88  # the audited cases, and other matches of citizens
    assert branches["us-citizen", "INA", "inconsistent"] == 0


def test_without_data_the_rules_are_put_to_made_up_cases(audit: RunAudit) -> None:
    answer = audit("policy", "lint", NAME)
    assert answer.code == 0
    assert "To know" in answer.out
    assert re.search(r"Verdicts that none of 2,000 made-up cases reached: \d+ of \d+", answer.out)


def test_a_policy_that_must_be_mended_ends_with_one(audit: RunAudit, tmp_path: Path) -> None:
    """A rule whose examples all lie on one side of its document's days."""
    source = PROJECT / "src" / "audit" / "programs" / NAME
    folder = tmp_path / "mine"
    kept = ("document", "terms")  # the rules of one attribute, and what any rule may refer to
    paths = (path for path in source.rglob("*") if path.suffix in (".toml", ".yaml", ".csv"))
    for path in (path for path in paths if path.parent.name != "policy" or path.name.startswith(kept)):
        copy = folder / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    rule = folder / "policy" / "documentation-none.yaml"
    text = rule.read_text(encoding="utf-8")
    one = "examples:\n  - it: No encounter\n    case: {decision_date: 2011-05-02}\n    expect: none\n"
    rule.write_text(text[: text.index("examples:")] + one, encoding="utf-8")
    answer = audit("policy", "lint", folder)
    assert answer.code == 1
    assert answer.out.startswith(
        "Must be mended\n  days without an example\n    documentation-none: has no example dated "
    )


def test_the_policy_of_a_day_as_text_json_and_page(audit: RunAudit, tmp_path: Path) -> None:
    text = audit("policy", "show", NAME, "--on", "2011-05-02")
    assert text.code == 0
    assert "in force on 2 May 2011." in text.out
    assert (
        "Aliens convicted of aggravated felonies, two or more crimes each punishable by more than 1 year"
        in " ".join(text.out.split())
    )
    rules = audit("policy", "show", NAME, "--on", "2011-03-01", "--json").json["rules"]
    of_priorities = [rule for rule in rules if rule["id"] == "priority-1-level-1"]
    assert [version["under"] for version in of_priorities[0]["versions"]] == ["PRI-2010"]
    page = tmp_path / "policy.html"
    assert audit("policy", "show", NAME, "--on", "2011-05-02", "--format", "html", "--output", page).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explain", NAME, "M99", "--data", SAMPLE), "audit: no case has this key."),
        (("explain", NAME, CONSISTENT, "--attribute", "mood", "--data", SAMPLE), "audit: the policy decides no such"),
        (("policy", "diff", NAME, "PRI-2010", "PRI-1999"), "audit: the policy has no document PRI-1999."),
        (("policy", "show", "cap_encounters"), "audit: the program cap_encounters declares no policy."),
    ],
)
def test_what_is_not_there_is_refused(audit: RunAudit, words: tuple[str | Path, ...], message: str) -> None:
    answer = audit(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(message)


@pytest.mark.parametrize("verb", ["explain", "policy show", "policy diff", "policy lint"])
def test_every_verb_has_help_with_an_example(audit: RunAudit, verb: str) -> None:
    answer = audit(*verb.split(), "--help")
    assert answer.code == 0
    assert f"audit {verb} secure_communities" in " ".join(answer.out.split())


@pytest.mark.usefixtures("read_once")
def test_json_of_an_explanation_holds_text_numbers_and_lists_alone(audit: RunAudit) -> None:
    found = audit("explain", NAME, CONSISTENT, "--data", SAMPLE, "--json")
    assert json.loads(found.out)["asked"][0]["on"] == "2010-10-02"
    assert pl.DataFrame(found.json["seen"]["facts"]).height > 3
