"""Scoping: what is left out and why, the digest, and keys that cannot be drawn on."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which
from time import perf_counter

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.sampling.frame import Frame, build_sampling_frame, format_frame_lines, is_intact

CASES = pl.DataFrame(
    {
        "match_id": ["M3", "M1", "M2", "M5", "M4", "M6"],
        "office": ["SNA", "BUF", "BUF", "SNA", "BUF", "SNA"],
        "kind": ["identity", "identity", "test", "duplicate", None, "test"],
        "abroad": [False, False, True, True, None, None],
    }
)
TEST, DUPLICATE = ("test record", pl.col("kind") == "test"), ("duplicate", pl.col("kind") == "duplicate")


def frame(**given: object) -> Frame:
    return build_sampling_frame(CASES.lazy(), key="match_id", **given)  # type: ignore[arg-type]


def test_a_case_is_left_out_for_the_first_reason_that_applies() -> None:
    abroad = ("abroad", pl.col("abroad"))
    assert frame(exclusions=[TEST, DUPLICATE, abroad]).exclusions == (
        ("test record", 2),
        ("duplicate", 1),
        ("abroad", 0),
    )
    assert frame(exclusions=[abroad, TEST, DUPLICATE]).exclusions == (
        ("abroad", 2),
        ("test record", 1),
        ("duplicate", 0),
    )


def test_every_case_is_in_the_frame_or_left_out() -> None:
    scoped = frame(exclusions=[TEST, DUPLICATE])
    assert (scoped.universe, scoped.size) == (6, 3)
    assert scoped.universe == scoped.size + sum(cases for _, cases in scoped.exclusions)
    assert scoped.cases.collect()["match_id"].to_list() == ["M1", "M3", "M4"]


def test_a_case_that_cannot_be_told_stays_and_is_reported() -> None:
    scoped = frame(exclusions=[TEST, ("abroad", pl.col("abroad"))])
    assert scoped.cases.collect()["match_id"].to_list() == ["M1", "M3", "M4"]
    assert scoped.untold == (("test record", 1), ("abroad", 1))


def test_strata_are_counted_and_kept_beside_the_key() -> None:
    scoped = frame(stratum="office", exclusions=[TEST])
    assert scoped.sizes == (("BUF", 2), ("SNA", 2))
    assert scoped.cases.collect().columns == ["match_id", "office"]
    assert frame().sizes == ()


def test_the_digest_is_that_of_the_sorted_lines() -> None:
    assert frame().digest == hashlib.sha256(b"M1\nM2\nM3\nM4\nM5\nM6\n").hexdigest()
    stratified = b"M1|BUF\nM2|BUF\nM3|SNA\nM4|BUF\nM5|SNA\nM6|SNA\n"
    assert frame(stratum="office").digest == hashlib.sha256(stratified).hexdigest()


def test_lines_are_sorted_by_their_bytes_and_not_by_their_keys() -> None:
    """The bar sorts after the digits, and small letters after capital ones, whatever the language of the machine."""
    cases = pl.DataFrame({"key": ["A", "A0", "a", "B", "É"], "stratum": ["x", "x", "x", "x", "x"]})
    assert format_frame_lines(cases).to_list() == ["A0|x", "A|x", "B|x", "a|x", "É|x"]
    assert format_frame_lines(cases.select("key")).to_list() == ["A", "A0", "B", "a", "É"]


def test_a_frame_whose_cases_or_counts_were_altered_is_not_intact() -> None:
    scoped = frame(stratum="office", exclusions=[TEST])
    assert is_intact(scoped)
    assert not is_intact(replace(scoped, cases=scoped.cases.head(3)))
    for name, value in (("digest", "0" * 64), ("size", 3), ("sizes", (("BUF", 1), ("SNA", 3))), ("universe", 7)):
        assert not is_intact(replace(scoped, **{name: value})), name  # type: ignore[arg-type]


@pytest.mark.skipif(not which("sha256sum"), reason="needs sha256sum")
def test_the_digest_is_what_sha256sum_prints(tmp_path: Path) -> None:
    cases = pl.DataFrame({"key": ["A", "A0", "a", "B", "É", "with space "], "office": ["x", "y", "x", "Y", "É", "x"]})
    path = tmp_path / "frame.txt"
    path.write_text("".join(f"{key}|{office}\n" for key, office in cases.rows()), encoding="utf-8", newline="\n")
    command = f"LC_ALL=C sort '{path}' | sha256sum"
    printed = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    assert build_sampling_frame(cases.lazy(), key="key", stratum="office").digest == printed[:64]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_row_order_and_file_format_change_nothing(suffix: str, tmp_path: Path) -> None:
    path, shuffled = tmp_path / f"cases.{suffix}", CASES.sample(fraction=1, shuffle=True, seed=7)
    getattr(shuffled, f"write_{suffix}")(path)
    read = getattr(pl, f"scan_{suffix}")(path)
    scoped = build_sampling_frame(read, key="match_id", stratum="office", exclusions=[TEST])
    assert scoped.digest == frame(stratum="office", exclusions=[TEST]).digest


def test_categories_are_text() -> None:
    cases = CASES.with_columns(pl.col("office").cast(pl.Categorical))
    assert build_sampling_frame(cases.lazy(), key="match_id", stratum="office").digest == frame(stratum="office").digest


def test_every_problem_with_keys_and_strata_comes_at_once_with_its_row_and_no_value() -> None:
    cases = pl.DataFrame(
        {
            "id": ["secret", "secret", " ", None, "secret|x", "secre\u0301t", "secret\ny", "left out"],
            "office": ["1", None, "x", "x", "x", "x", "x", "|"],
            "out": [False, False, False, False, False, False, False, True],
        }
    )
    with pytest.raises(AuditError) as refused:
        build_sampling_frame(cases.lazy(), key="id", stratum="office", exclusions=[("out", pl.col("out"))])
    assert refused.value.code is ExitCode.DATA
    assert str(refused.value).split("\n") == [
        "row 3, column id: The key is blank in 2 cases, first in this one. Give every case one.",
        "row 7, column id: The key holds a line break in 1 case, first in this one. Write it on one line.",
        'row 5, column id: The key holds "|" in 1 case, first in this one. '
        "Use another separator: this one stands between key and stratum.",
        "row 6, column id: The key is not composed Unicode (NFC) in 1 case, first in this one. "
        "Normalise the text where it is made.",
        "row 1, column id: The key is not unique in 2 cases, first in this one. "
        "Give every case its own, or exclude duplicates.",
        "row 2, column office: The stratum is blank in 1 case, first in this one. Give every case one.",
    ]


def test_a_duplicate_that_is_excluded_is_no_problem() -> None:
    cases = pl.DataFrame({"id": ["a", "a"], "copy": [False, True]}).lazy()
    assert build_sampling_frame(cases, key="id", exclusions=[("copy", pl.col("copy"))]).size == 1


def test_a_number_is_no_key_and_a_column_must_be_there() -> None:
    with pytest.raises(AuditError) as refused:
        build_sampling_frame(pl.DataFrame({"id": [7, 8]}).lazy(), key="id", stratum="office")
    assert refused.value.code is ExitCode.USAGE
    assert [str(problem) for problem in refused.value.problems] == [
        "column id: The key is not text. "
        "Declare it as text: a number can be written in several ways, and a ticket hangs on every byte.",
        "column office: The stratum column is not in the table. Name one of its columns: id.",
    ]


def test_the_key_is_no_stratum() -> None:
    with pytest.raises(AuditError, match=r"The key is also the stratum\. Take another column as the stratum\."):
        frame(stratum="match_id")


def test_a_frame_without_cases_is_refused() -> None:
    with pytest.raises(AuditError, match=r"No case is left in the frame\. Check the period and the exclusions\."):
        frame(exclusions=[("all", pl.lit(True))])


def test_a_year_is_scoped_in_a_moment() -> None:
    cases = pl.select(
        id=pl.format("M11-{}", pl.int_range(348_958)), office=pl.format("O{}", pl.int_range(348_958) % 24)
    )
    started = perf_counter()
    assert build_sampling_frame(cases.lazy(), key="id", stratum="office").size == 348_958
    assert perf_counter() - started < 10, "a fifth of a second on an idle machine"


AMOUNTS = pl.LazyFrame(
    {
        "id": ["a", "b", "c"],
        "office": ["N", "N", "S"],
        "folder": ["1", "1", "1"],
        "cents": [5, 0, None],
        "half": [0.5] * 3,
    }
)


def test_clusters_and_measures_stand_behind_the_key_in_their_order() -> None:
    cases = AMOUNTS.with_columns(cents=pl.Series([5, 70, 12], dtype=pl.Int32), folder=pl.Series(["1", "2", "3"]))
    scoped = build_sampling_frame(cases, key="id", stratum="office", cluster="folder", measure="cents")
    assert scoped.digest == hashlib.sha256(b"a|N|1|5\nb|N|2|70\nc|S|3|12\n").hexdigest()
    assert scoped.cases.collect().columns == ["id", "office", "folder", "cents"]
    assert is_intact(scoped)
    assert not is_intact(replace(scoped, cases=scoped.cases.with_columns(cents=pl.lit(5))))
    assert (
        build_sampling_frame(cases, key="id", measure="cents").digest
        == hashlib.sha256(b"a|5\nb|70\nc|12\n").hexdigest()
    )


def test_what_cannot_be_drawn_by_size_or_cluster_is_refused() -> None:
    with pytest.raises(AuditError) as refused:
        build_sampling_frame(AMOUNTS, key="id", stratum="office", cluster="folder", measure="cents")
    assert str(refused.value).split("\n") == [
        "row 1, column folder: The cluster is that of several strata in 3 cases, first in this one. "
        "Let each cluster lie in one stratum, or name it after both.",
        "row 2, column cents: The measure is absent, zero or below in 2 cases, first in this one. "
        "Exclude such cases with a reason, and audit them apart.",
    ]
    with pytest.raises(AuditError, match="column half: The measure is not of whole numbers"):
        build_sampling_frame(AMOUNTS, key="id", measure="half")
    with pytest.raises(AuditError, match="The stratum is also the cluster"):
        build_sampling_frame(AMOUNTS, key="id", stratum="office", cluster="office")
    vast = AMOUNTS.with_columns(cents=pl.lit(2**62, pl.Int64))
    with pytest.raises(AuditError, match=r"The measure adds up to 2\^63 or more"):
        build_sampling_frame(vast, key="id", measure="cents")
