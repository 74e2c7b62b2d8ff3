"""Rows as lines: sorted by their bytes, in however many parts. `tables/test_databases.py` has what a line is."""

import hashlib

import polars as pl
import pytest

from audit.tables.readers import row_digest, spill

KEYS = ["a", "a b", "a\tb", "ab", "a!", "", None, "\\N", "\\", "é", "z", "𝄞", "～", "a\x01", "a\nb"]
ROWS = pl.DataFrame({"key": KEYS, "n": range(len(KEYS))}).reverse()


@pytest.mark.parametrize("columns", [["key", "n"], ["n", "key"], ["key"]])
@pytest.mark.parametrize("most", [1, 4, 100])
def test_parts_come_to_all_lines_in_the_order_of_their_bytes(
    columns: list[str], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_digest, "LINES_IN_MEMORY", most)
    monkeypatch.setattr(spill, "_ROWS_PER_PROBE", 1)
    rows = ROWS.select(columns)
    parts = [*row_digest.sort_lines_in_parts(rows.lazy(), many=rows.height)]
    assert len(parts) == rows.height // most + 1
    every = sorted(row_digest.format_row_lines(rows).to_list(), key=str.encode)
    assert [line for part in parts for line in part] == every
    whole = "".join(f"{line}\n" for line in every).encode()
    assert row_digest.count_and_digest_lines(parts) == (rows.height, hashlib.sha256(whole).hexdigest())
