"""A sample audit performed again from its working papers alone, and what is found where they were altered."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from audit.files import encode_json, hash_file
from tests.conftest import PROJECT, RunAudit, run, tool

PROGRAM = "records_requests"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working papers taken out of the folder that they were written in, of which nothing is left."""
    place, papers = tmp_path_factory.mktemp("audit"), tmp_path_factory.mktemp("written") / "papers"
    (place / "expectations").symlink_to(PROJECT / "expectations")
    for verb in ("data", "scope", "plan", "draw", "assess"):
        assert run(place, verb, PROGRAM).code == 0
    key, attribute = (
        pl.read_csv(place / f"reports/{PROGRAM}/sample/determinations.csv")[0, "request_id"],
        "timeliness",
    )
    reviews = place / "reviews.csv"
    reviews.write_text(f"request_id,attribute,outcome,reason\n{key},{attribute},untimely,the letter came late\n")
    assert run(place, "settle", PROGRAM, "--reviews", reviews).code == 0
    answer = run(place, "workpapers", PROGRAM, "--slips", "none", "--json").json
    assert answer["written"]
    assert not run(place, "workpapers", PROGRAM, "--slips", "none", "--json").json["written"]
    sign_and_refuse_another(place)
    shutil.copytree(place / Path(answer["working papers"]).parent, papers)
    shutil.rmtree(place)
    return papers


def sign_and_refuse_another(place: Path) -> None:
    """The working papers are signed, say so, are verified, and stay as they are."""
    keygen = tool("ssh-keygen", package="openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", place / "key"], check=True)
    signed = ("workpapers", PROGRAM, "--slips", "none", "--by", "Audit director", "--key", "key", "--json")
    assert [run(place, *signed).json["written"] for _ in range(2)] == [True, False]
    folder = place / "reports" / PROGRAM
    assert "Signed by Audit director on " in (folder / "workpapers/INDEX.md").read_text(encoding="utf-8")
    refused = run(place, "workpapers", PROGRAM, "--slips", "some", "--overwrite")
    assert refused.code == 4 and "Move the folder elsewhere" in refused.err
    answer = run(place, "verify", folder, "--json")
    assert answer.code == 0, answer.out
    assert answer.json["workpapers"].startswith("signature good: Audit director")
    assert answer.json["sample"].startswith("frame as fixed")
    assert run(place, "verify", folder / "sample").code == 0


@pytest.fixture
def papers(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "papers")


def resealed(folder: Path) -> None:
    """The manifest written again, as one would who altered a file and its digest."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["outputs"] = {name: hash_file(folder / name) for name in manifest["outputs"]}
    path.write_bytes(encode_json(manifest))


def without_a_fact(folder: Path) -> None:
    cases = pl.read_parquet(folder / "facts" / "cases.parquet")
    cases.with_columns(received=pl.col("received").dt.offset_by("-90d")).write_parquet(
        folder / "facts" / "cases.parquet"
    )


def an_outcome_changed(folder: Path) -> None:
    path = folder / "settled.csv"
    rows = pl.read_csv(path, infer_schema=False)
    late = rows.with_row_index().filter(settled="untimely", settled_by="rule")["index"][0]
    timely = pl.when(pl.int_range(pl.len()) == late).then(pl.lit("timely")).otherwise("settled")
    rows.with_columns(settled=timely).write_csv(path)


def a_rate_improved(folder: Path) -> None:
    result = json.loads((folder / "result.json").read_bytes())
    result["overall"]["conforming"] += 1
    (folder / "result.json").write_bytes(encode_json(result))


def a_case_exchanged(folder: Path) -> None:
    sample = json.loads((folder / "sample.json").read_bytes())
    sample["cases"][3]["key"] = "R999"
    (folder / "sample.json").write_bytes(encode_json(sample))


def test_a_stranger_performs_it_again_and_agrees_on_everything(audit: RunAudit, papers: Path) -> None:
    answer = audit("reperform", papers, "--json")
    assert answer.code == 0
    assert set(answer.json.values()) == {"agrees"}
    assert len(answer.json) == 6
    index = (papers / "INDEX.md").read_text(encoding="utf-8")
    assert "| sample | 120 |" in index
    assert "| assessed by rule | 120 |" in index
    assert "| reviewed by people | 1 |" in index, "papers say what happened"
    assert "| 8.136 departures | not stated |" in index
    assert "not stated" in (papers / "departures.md").read_text(encoding="utf-8"), "what nobody said is not none"
    assert "0 cases replaced; none" in index


@pytest.mark.parametrize(
    ("alter", "what", "differs"),
    [
        (without_a_fact, "the determinations, from the facts", "rows of either table not in the other"),
        (an_outcome_changed, "what people concluded, put to them", "2 rows of either table not in the other"),
        (a_rate_improved, "the result, estimated", "overall.conforming is another"),
        (a_case_exchanged, "the sample, drawn again", "extra: listed and not drawn, order 4, and 2 more"),
    ],
)
def test_what_was_altered_is_found_even_under_a_new_manifest(
    audit: RunAudit, papers: Path, alter: Callable[[Path], None], what: str, differs: str
) -> None:
    alter(papers)
    answer = audit("reperform", papers, "--json")
    assert answer.code == 1
    assert "was changed or removed" in answer.json["the files"]
    resealed(papers)
    answer = audit("reperform", papers, "--json")
    assert (answer.code, answer.json["the files"]) == (1, "agrees")
    assert differs in answer.json[what]


def test_a_folder_without_papers_is_refused(audit: RunAudit, tmp_path: Path) -> None:
    refused = audit("reperform", tmp_path)
    assert refused.code == 3
    assert "holds no working papers. Name the folder that audit workpapers wrote." in refused.err


@pytest.mark.parametrize(("by", "differs"), [(1e-13, False), (1e-6, True)])
def test_the_last_digits_of_a_number_may_be_those_of_another_processor(
    audit: RunAudit, papers: Path, by: float, differs: bool
) -> None:
    result = json.loads((papers / "result.json").read_bytes())
    result["overall"]["rate"] += by
    (papers / "result.json").write_bytes(encode_json(result))
    resealed(papers)
    answer = audit("reperform", papers, "--json")
    assert (answer.code, "overall.rate is another" in answer.json["the result, estimated"]) == (int(differs), differs)
