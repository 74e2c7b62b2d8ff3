"""The steps of a sample audit of one's own program: in their order, of one piece, and with one seed."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from audit.sampling.frame import build_sampling_frame
from audit.storage.sample_audit_folder import SampleAuditFolder
from tests.acceptance.test_bad_input import OFFICES, PARTIES, PROGRAM, SUITE
from tests.conftest import Answer, RunAudit

pytestmark = pytest.mark.usefixtures("formless")

CASES = """
[cases]
table = "filings"
dated_by = "filed"
office = "office"

[sample]
period = "2020-03/2020-03"
size = 4
as_of = 2020-04-30
"""
DOCUMENTS = """
- {id: ACT, title: The Act, issuer: Made up, in_force: [{since: 2000-01-01}], source: Made up}
"""
RULE = """
id: notice
title: Notice is given
attribute: consistency
order: 10
case_class: notice
when: not blank(notice)
expects: notice = 'yes'
verdict: consistent
versions: [{under: ACT, citation: {section: section 1, quote: "notice shall be given"}}]
examples:
  - {it: Given, case: {filed: 2020-03-02, notice: "yes"}, expect: consistent}
  - {it: Not given, case: {filed: 2020-03-02, notice: "no"}, expect: inconsistent}
"""
ROWS = [f"F{n:02},{'North' if n % 2 else 'South'},2020-03-{n:02},{'yes' if n % 3 else 'no'},A\n" for n in range(1, 13)]
FILINGS = "filing,office,filed,notice,party\n" + "".join(ROWS)

Step = Callable[..., Answer]


@pytest.fixture
def step(tmp_path: Path, audit: RunAudit) -> Step:
    """One step of the audit of a small program, whose suites are in its own folder."""
    (tmp_path / "expectations").unlink()
    for name, content in {
        "own/program.toml": PROGRAM + CASES,
        "own/offices.csv": OFFICES,
        "own/expectations/filings.yaml": SUITE,
        "own/policy/documents.yaml": DOCUMENTS,
        "own/policy/terms.yaml": "[]\n",
        "own/policy/notice.yaml": RULE,
        "data/filings.csv": FILINGS,
        "data/parties.csv": PARTIES,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def take(verb: str, *more: str) -> Answer:
        data = (
            ("--data", "data") if verb in ("check", "scope", "assess", "estimate", "report", "assemble", "run") else ()
        )
        return audit(verb, "own", *data, *more)

    return take


@pytest.fixture
def assessed(step: Step) -> Step:
    """The same, with its sample drawn, assessed and settled."""
    taken = [step("scope"), step("plan"), step("draw", *dice(1)), step("assess"), step("settle")]
    assert [answer.err for answer in taken] == [""] * 5
    return step


def dice(n: int) -> tuple[str, ...]:
    return "--seed", f"dice {n}", "--seed-source", "thrown before two witnesses"


def sample(where: Path) -> Path:
    return where / "reports" / "filings" / "sample"


def test_a_program_of_ones_own_goes_from_frame_to_seed_to_sample(step: Step, tmp_path: Path) -> None:
    digest = step("scope", "--json").json["digest"]
    assert step("plan").code == 0
    refused = step("draw")
    assert refused.code == 2
    assert [line.split(": ")[1] for line in refused.err.splitlines()] == [
        f"program.toml, sample.{name}" for name in ("frame_digest", "frame_fixed", "seed", "seed_source", "seed_chosen")
    ]
    assert "Write down what audit scope prints, before there is a seed." in refused.err

    path = tmp_path / "own" / "program.toml"
    seed = 'seed = "dice 1"\nseed_source = "thrown"\nseed_chosen = 2020-05-02\nframe_fixed = 2020-05-01\n'
    path.write_text(path.read_text(encoding="utf-8") + f'{seed}frame_digest = "{digest}"\n', encoding="utf-8")
    assert step("draw").code == 0
    record = (sample(tmp_path) / "sample.json").read_bytes()
    assert json.loads(record)["seed"]["chosen"] == "2020-05-02T00:00:00"
    assert json.loads(record)["frame"]["fixed"] == "2020-05-01T00:00:00"
    assert step("run").code == 0
    assert (tmp_path / "reports" / "filings" / "audit" / "sample.json").read_bytes() == record


def test_a_declared_seed_draws_from_no_other_frame(step: Step, tmp_path: Path) -> None:
    path = tmp_path / "own" / "program.toml"
    seed = 'seed = "dice 1"\nseed_source = "thrown"\nseed_chosen = 2020-05-02\nframe_fixed = 2020-05-01\n'
    path.write_text(path.read_text(encoding="utf-8") + f'{seed}frame_digest = "{"0" * 64}"\n', encoding="utf-8")
    step("scope")
    step("plan")
    for words in ((), dice(1)):
        refused = step("draw", *words)
        assert refused.code == 1
        assert "not the one written down before the seed was chosen" in refused.err


def test_another_seed_needs_a_reason_and_the_manifest_lists_both(assessed: Step, tmp_path: Path) -> None:
    first = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    refused = assessed("draw", *dice(2))
    assert refused.code == 2
    assert "A sample was drawn already, with another seed." in refused.err
    assert assessed("draw", *dice(2), "--again", "a witness was missing").code == 0
    second = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    assert second["earlier seeds"] == [
        {**first["seed"], "frame": first["frame"]["digest"], "given up because": "a witness was missing"}
    ]
    assert assessed("draw", *dice(2)).code == 0
    again = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    assert (again["seed"], again["earlier seeds"]) == (second["seed"], second["earlier seeds"])


def test_the_same_seed_draws_from_one_frame(assessed: Step, tmp_path: Path) -> None:
    path = tmp_path / "data" / "filings.csv"
    path.write_text(FILINGS + "F99,North,2020-03-30,yes,A\n", encoding="utf-8")
    assessed("scope", "--overwrite")
    assessed("plan")
    refused = assessed("draw", *dice(1))
    assert refused.code == 2
    assert "This seed was drawn with already, from another frame." in refused.err


def test_determinations_of_another_sample_are_refused(assessed: Step, tmp_path: Path) -> None:
    assert assessed("estimate").code == 0
    assessed("draw", *dice(2), "--again", "to see")
    for verb in ("settle", "estimate", "report"):
        refused = assessed(verb)
        assert refused.code == 2, verb
        assert "determinations.csv: does not belong to sample.json" in refused.err
        assert "Take the step again: audit assess." in refused.err
    assessed("assess")
    refused = assessed("estimate")
    assert "settled.csv: does not belong to determinations.csv" in refused.err
    assert "Take the step again: audit settle." in refused.err
    assessed("settle")
    assert assessed("estimate").code == 0


def test_a_step_written_by_hand_is_refused(assessed: Step, tmp_path: Path) -> None:
    path = sample(tmp_path) / "settled.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("inconsistent", "consistent"), encoding="utf-8")
    assert "Take the step again: audit settle." in assessed("estimate").err
    record = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    record["cases"].pop()
    (sample(tmp_path) / "sample.json").write_text(json.dumps(record), encoding="utf-8")
    assert assessed("assess").code == 0
    assert assessed("settle").code == 0
    refused = assessed("estimate")
    assert refused.code == 1
    assert "sample.json: absent: drawn and not listed" in refused.err


def test_a_stratified_draw_is_estimated_by_its_strata(step: Step) -> None:
    taken = [step("scope", "--stratum", "office"), step("plan"), step("draw", *dice(1)), step("assess"), step("settle")]
    assert [answer.code for answer in taken] == [0] * 5
    found = step("estimate", "--json").json
    assert found["overall"]["method"] == "melded hypergeometric"
    sizes = {office["label"]: office["population"] for office in found["offices"]}
    rates = {office["label"]: office["rate"] for office in found["offices"]}
    assert found["overall"]["rate"] == sum(sizes[o] * rates[o] for o in sizes) / sum(sizes.values())
    assert {office["method"] for office in found["offices"]} <= {"hypergeometric", "census"}
    assert step("report").code == 0


def test_a_frame_that_was_altered_is_refused(step: Step, tmp_path: Path) -> None:
    step("scope")
    step("plan")
    step("draw", *dice(1))
    path = sample(tmp_path) / "frame.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("F01\n", ""), encoding="utf-8")
    for verb in ("redraw", "plan", "draw"):
        refused = step(verb)
        assert refused.code == 1
        assert "the cases in frame.txt are not those whose digest, size and strata it states." in refused.err


@pytest.mark.parametrize(
    ("file", "verb", "again"),
    [
        ("frame.json", "plan", "scope"),
        ("design.json", "draw", "plan"),
        ("sample.json", "assess", "draw"),
        ("determinations.json", "settle", "assess"),
    ],
)
@pytest.mark.parametrize("content", ["", "{", "[1]", '{"digest": 7}', "\udcff"])
def test_a_damaged_step_names_the_one_to_take_again(
    assessed: Step, tmp_path: Path, file: str, verb: str, again: str, content: str
) -> None:
    (sample(tmp_path) / file).write_bytes(content.encode(errors="surrogateescape"))
    refused = assessed(verb)
    assert refused.code in (1, 2, 3)
    assert again in refused.err


def test_a_drawn_case_whose_row_is_gone_is_missed(assessed: Step, tmp_path: Path) -> None:
    gone = json.loads((sample(tmp_path) / "sample.json").read_bytes())["cases"][0]["key"]
    path = tmp_path / "data" / "filings.csv"
    path.write_text(re.sub(rf"^{gone},.*\n", "", FILINGS, flags=re.MULTILINE), encoding="utf-8")
    refused = assessed("assess")
    assert refused.code == 1
    assert refused.err == (
        "audit: filings: 1 of 4 cases to assess have no row any more. "
        "Restore the tables from which the sample was drawn.\n"
    )


def test_another_frame_after_the_draw_is_refused(step: Step, tmp_path: Path) -> None:
    digest = step("scope", "--json").json["digest"]
    step("plan")
    step("draw", *dice(1))
    assert step("scope").code == 0, "the same frame changes nothing"
    frame = (sample(tmp_path) / "frame.json").read_bytes()
    refused = step("scope", "--stratum", "office")
    assert refused.code == 4
    assert f"frame.json: a sample was drawn from the frame {digest}, and this is another: " in refused.err
    assert refused.err.count("audit: ") == 1
    assert (sample(tmp_path) / "frame.json").read_bytes() == frame
    assert step("redraw").out.startswith("proven         yes")

    replaced = step("scope", "--stratum", "office", "--overwrite")
    assert replaced.code == 0
    assert "the sample that was drawn does not belong to this frame. Draw anew." in replaced.err
    assert "digest: the frame is not the one that was fixed" in step("redraw").out


def test_scope_refuses_rows_without_a_date(step: Step, tmp_path: Path) -> None:
    program = tmp_path / "own" / "program.toml"
    text = program.read_text(encoding="utf-8")
    program.write_text(text.replace('type = "date", required = true', 'type = "date"'), encoding="utf-8")
    (tmp_path / "data" / "filings.csv").write_text(FILINGS.replace("2020-03-05", ""), encoding="utf-8")
    refused = step("scope")
    assert refused.code == 1
    assert "filings, column filed: 1 of 12 units have no date, so their month cannot be told." in refused.err


def test_a_size_is_given_once_and_is_not_none(step: Step) -> None:
    step("scope")
    both = step("plan", "--size", "3", "--margin", "0.1")
    assert (both.code, both.err) == (
        2,
        "audit: --size and --margin each say how many cases to draw. Give one of them.\n",
    )
    none = step("plan", "--size", "0")
    assert none.code == 2
    assert "0 cases are to be drawn" in none.err


@pytest.mark.parametrize(("expected", "size"), [((), 9), (("--expected", "0.1"), 6)], ids=["half", "a tenth"])
def test_a_margin_holds_near_the_expected_rate(step: Step, expected: tuple[str, ...], size: int) -> None:
    # Cochran 1977: n0 = 1.96² p (1 - p) / 0.2², of 12 cases n0 12 / (n0 + 11): 8.23 and 5.28, rounded up
    step("scope")
    assert step("plan", "--margin", "0.2", *expected, "--json").json["size"] == size


def test_check_puts_rules_to_their_examples_and_names_what_it_did_not_check(step: Step, tmp_path: Path) -> None:
    shown = step("check")
    assert shown.code == 0
    assert shown.out.splitlines()[-1] == "not checked, for want of a suite: parties"
    path = tmp_path / "own" / "policy" / "notice.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('notice: "no"', 'notice: "yes"'), encoding="utf-8")
    refused = step("check")
    assert refused.code == 2
    assert refused.err == (
        'audit: notice.yaml: rule notice, example "Not given": expected inconsistent, found consistent. '
        "Correct the rule or the example.\n"
    )


def test_no_checks_are_not_checks_that_passed(step: Step, tmp_path: Path) -> None:
    (tmp_path / "own" / "expectations" / "filings.yaml").unlink()
    for verb in ("check", "run"):
        refused = step(verb)
        assert refused.code == 2
        assert refused.err.startswith(
            "audit: there are no checks for the program filings. Write a suite for each table"
        )


def test_a_frame_keeps_the_time_it_was_fixed(step: Step, tmp_path: Path) -> None:
    step("scope")
    path = sample(tmp_path) / "frame.json"
    path.write_text(re.sub(r'"fixed": ".{4}', '"fixed": "2020', path.read_text(encoding="utf-8")), encoding="utf-8")
    before = path.read_bytes()
    step("scope")
    assert path.read_bytes() == before


def test_only_a_line_feed_ends_a_key(tmp_path: Path) -> None:
    keys = ["a\u2028b", "c\x0bd", "e\x85f", "g\x1ch"]
    steps = SampleAuditFolder(folder=tmp_path, key="id")
    for stratum in (None, "office"):
        frame = build_sampling_frame(
            pl.LazyFrame({"id": keys, "office": ["N\u2029", "N\u2029", "S", "S"]}), key="id", stratum=stratum
        )
        steps.write_frame(frame, fixed=datetime(2020, 1, 1))
        read, fixed = steps.read_frame()
        assert fixed == datetime(2020, 1, 1)
        assert (read.digest, read.sizes, read.size) == (frame.digest, frame.sizes, 4)
        assert read.cases.collect().equals(frame.cases.collect())


def test_a_plan_is_extended_with_a_reason_only(assessed: Step, tmp_path: Path) -> None:
    first = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    assessed("plan", "--size", "6")
    refused = assessed("draw", *dice(1))
    assert refused.code == 2
    assert "This seed drew a plan of 4 already, and this one of 6 is another." in refused.err
    assert assessed("draw", *dice(1), "--extend", "too near the limit").code == 0
    second = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    assert [(one["size"], one["because"]) for one in second["extended from"]] == [(4, "too near the limit")]
    assert [case["key"] for case in second["cases"]][:4] == [case["key"] for case in first["cases"]]
    assert assessed("redraw").code == 0
    assert "does not belong to sample.json" in assessed("settle").err


def test_a_case_is_replaced_by_the_next_spare(step: Step, tmp_path: Path) -> None:
    for words in (("scope",), ("plan", "--spares", "2"), ("draw", *dice(1)), ("assess",)):
        assert step(*words).code == 0
    record = json.loads((sample(tmp_path) / "sample.json").read_bytes())
    refused = step("replace", "2", "--reason", "destroyed", "--spare", "2")
    assert refused.code == 2
    assert "Spare 2 is out of order: the next for this case is 1." in refused.err
    found = step("replace", "2", "--reason", "destroyed", "--json").json
    assert (found["key"], found["by"]) == (record["cases"][1]["key"], record["spares"][0]["key"])
    assert step("redraw", "--json").json == {"proven": True, "disagreements": []}
    assert "does not belong to sample.json" in step("settle").err
    assert step("assess").code == 0
    keys = pl.read_csv(sample(tmp_path) / "determinations.csv", infer_schema=False)["filing"]
    assert record["spares"][0]["key"] in keys
    assert record["cases"][1]["key"] not in keys
    assert step("draw", *dice(1)).code == 0
    assert json.loads((sample(tmp_path) / "sample.json").read_bytes())["replaced"][0]["by"] == found["by"]
    assert [step(verb).code for verb in ("settle", "estimate")] == [0, 0], "drawn again, byte for byte"


@pytest.mark.parametrize(
    ("scope", "plan"),
    [
        ((), ("--by", "systematic")),
        ((), ("--start", "0.4")),
        (("--cluster", "notice"), ("--size", "2", "--by", "clusters")),
        (("--cluster", "notice"), ("--size", "2", "--by", "two-stage", "--per-cluster", "3")),
        (("--stratum", "office"), ("--whole", "N")),
    ],
)
def test_every_way_of_drawing_goes_from_frame_to_proof(
    step: Step, tmp_path: Path, scope: tuple[str, ...], plan: tuple[str, ...]
) -> None:
    taken = [step("scope", *scope), step("plan", *plan), step("draw", *dice(1)), step("redraw"), step("assess")]
    assert [answer.err for answer in taken] == [""] * 5
    verifier = Path(__file__).parents[2] / "docs" / "verify_any.py"
    files = [str(sample(tmp_path) / name) for name in ("sample.json", "frame.txt")]
    said = subprocess.run([sys.executable, str(verifier), *files], capture_output=True, text=True, check=True)
    assert said.stdout == "the same\n"


@pytest.mark.parametrize(
    ("scope", "plan", "method"),
    [
        ((), ("--by", "systematic"), "effective size"),
        (("--cluster", "office"), ("--size", "2", "--by", "clusters"), "effective size"),
    ],
)
def test_other_draws_are_estimated_by_what_a_case_stands_for(
    step: Step, scope: tuple[str, ...], plan: tuple[str, ...], method: str
) -> None:
    for words in (("scope", *scope), ("plan", *plan), ("draw", *dice(1)), ("assess",), ("settle",)):
        assert step(*words).code == 0
    found = step("estimate", "--json").json["overall"]
    assert 0 <= found["lower"] <= found["rate"] <= found["upper"] <= 1
    assert found["method"] == method


def test_each_belongs_to_two_stages(step: Step) -> None:
    step("scope")
    for words in (("--per-cluster", "2"), ("--by", "two-stage")):
        refused = step("plan", *words)
        assert (refused.code, refused.err) == (
            2,
            "audit: --per-cluster and --by two-stage belong together. Give both, or neither.\n",
        )


def test_a_measure_that_is_no_whole_number_is_refused(step: Step) -> None:
    refused = step("scope", "--measure", "notice")
    assert refused.code == 2
    assert (
        "column notice: The measure is not of whole numbers. Give it in its smallest unit, such as cents."
        in refused.err
    )


def test_a_frame_of_clusters_and_amounts_is_read_as_it_was_written(tmp_path: Path) -> None:
    steps = SampleAuditFolder(folder=tmp_path, key="id")
    cases = pl.LazyFrame({"id": ["A0", "A"], "office": ["x", "x"], "folder": ["1", "2"], "cents": [70, 2**62]})
    frame = build_sampling_frame(cases, key="id", stratum="office", cluster="folder", measure="cents")
    steps.write_frame(frame, fixed=datetime(2020, 1, 1))
    read, _ = steps.read_frame()
    assert read.cases.collect().equals(frame.cases.collect())
    assert (read.digest, read.cluster, read.measure) == (frame.digest, "folder", "cents")


def test_a_frame_that_was_fixed_before_there_were_clusters_is_read(step: Step, tmp_path: Path) -> None:
    step("scope")
    path = sample(tmp_path) / "frame.json"
    facts = json.loads(path.read_bytes())
    del facts["cluster"], facts["measure"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert step("plan").code == 0
