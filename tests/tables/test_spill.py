"""Rows that several steps read: kept in memory or, where they are many, in a file that goes with the process."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.readers import spill
from audit.tables.readers.spill import materialize_plan

ROWS = pl.DataFrame(
    {"unit": ["b", "a", None], "state": ["late", None, "late"], "lacks": [[1], None, []], "n": [1, None, 2**63]},
    schema={"unit": pl.String, "state": pl.Enum(["late"]), "lacks": pl.List(pl.Int64), "n": pl.UInt64},
)


@pytest.mark.parametrize("rows", [0, spill.ROWS_TO_SPILL])
def test_what_is_kept_is_what_the_plan_gives_whatever_becomes_of_its_source(tmp_path: Path, rows: int) -> None:
    ROWS.write_parquet(tmp_path / "source.parquet")
    kept = materialize_plan(
        pl.scan_parquet(tmp_path / "source.parquet").filter(pl.col("unit").ne_missing("a")), rows=rows
    )
    (tmp_path / "source.parquet").unlink()
    for _ in range(2):
        assert kept.collect().equals(ROWS.filter(pl.col("unit").ne_missing("a")))


def test_many_rows_lie_in_a_file_that_goes_with_the_process(tmp_path: Path) -> None:
    code = (
        "import polars as pl; from pathlib import Path; from audit.tables.readers import spill\n"
        "spill.materialize_plan(pl.LazyFrame({'a': [1]}), rows=spill.ROWS_TO_SPILL)\n"
        f"[folder] = Path({str(tmp_path)!r}).iterdir()\n"
        "[file] = folder.glob('*.parquet'); print(oct(folder.stat().st_mode)[-3:], file.suffix)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "700 .parquet\n"
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("No space left on device (os error 28)")

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    with pytest.raises(
        AuditError, match=r"has no room for 1,000,000 rows\. Name a folder on a larger disk in TMPDIR\."
    ) as e:
        materialize_plan(ROWS.lazy(), rows=spill.ROWS_TO_SPILL)
    assert e.value.code == ExitCode.UNREADABLE


@pytest.mark.parametrize("narrow", [spill.NARROW_ROWS_IN_MEMORY, 7])
def test_many_rows_are_put_in_order_so_many_at_a_time(narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "NARROW_ROWS_IN_MEMORY", narrow)
    monkeypatch.setattr(spill, "_ROWS_PER_PROBE", 2)
    rows = pl.DataFrame({"measure": ["b", "a"] * 25, "unit": [f"U{n * 37 % 50}" for n in range(50)], "n": range(50)})
    found = spill.sort_plan(rows.lazy(), ["measure", "unit"], rows=50).collect()
    assert found.equals(rows.sort("measure", "unit"))
    assert spill.sort_plan(rows.lazy().clear(), ["unit"], rows=50).collect().is_empty()
