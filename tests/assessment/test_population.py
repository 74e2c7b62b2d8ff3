"""What the engines share: a digest that no order changes, and files that are there whole or not at all."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from audit.assessment.population import PopulationAssessment, merge_assessments, sum_row_hashes
from audit.files import write_atomically

ROWS = pl.DataFrame({"key": ["a", "b", None, "a"], "sure": [True, None, False, True]})


def test_a_digest_is_the_sum_of_the_rows_own() -> None:
    lines = ["a\x1ftrue", "b\x1f\x00", "\x00\x1ffalse", "a\x1ftrue"]
    total = sum(int(hashlib.sha256(line.encode()).hexdigest(), 16) for line in lines) % 2**256
    assert sum_row_hashes(ROWS) == sum_row_hashes(ROWS.reverse()) == f"{total:064x}"
    assert sum_row_hashes(ROWS[:3]) != sum_row_hashes(ROWS)


def test_parts_in_any_order_are_the_whole() -> None:
    counts = pl.DataFrame({"attribute": ["x"], "outcome": ["consistent"], "cases": [2]})
    parts = [
        PopulationAssessment(counts, sum_row_hashes(ROWS[:2]), {"0.parquet": "ab"}),
        PopulationAssessment(counts, sum_row_hashes(ROWS[2:]), {"1.parquet": "cd"}),
    ]
    for several in (parts, parts[::-1]):
        found = merge_assessments(several)
        assert found.digest == sum_row_hashes(ROWS)
        assert found.counts["cases"].to_list() == [4]
        assert found.files == {"0.parquet": "ab", "1.parquet": "cd"}


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "made" / "rows.txt"

    def broken() -> None:
        with write_atomically(path) as aside:
            aside.write_text("half", encoding="utf-8")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert not list(path.parent.iterdir())
    with write_atomically(path) as aside:
        aside.write_text("whole", encoding="utf-8")
    assert [one.name for one in path.parent.iterdir()] == ["rows.txt"]
