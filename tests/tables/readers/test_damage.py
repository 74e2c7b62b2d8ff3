"""Damaged Parquet files, and libraries that panic."""

import io
from pathlib import Path
from random import Random

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.readers import read as tables
from audit.tables.readers.damage import refuse_damaged_file
from audit.tables.schema import Column, Source

SOURCE = Source(name="t", file="t.parquet", columns={"id": Column(), "x": Column(type="integer")}, key=("id",))


def content() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"id": [f"R{n}" for n in range(50)], "x": range(50)}).write_parquet(out)
    return out.getvalue()


def test_parquet_whose_pages_are_damaged_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The header of a page is changed a bit at a time: the file opens, and its pages do not."""
    whole, refused = content(), list[tuple[str, ExitCode]]()
    for bit in range(4 * 8, 24 * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        (tmp_path / "t.parquet").write_bytes(changed)
        try:
            table = tables.read_declared_table(SOURCE, tmp_path, offices=None, pseudonym_key=None)
            assert table.rows_used == 50
        except AuditError as error:
            refused.append((str(error), error.code))
    assert len(refused) > 50
    assert set(refused) == {("t.parquet: not a Parquet file that can be read. Write it again.", ExitCode.UNREADABLE)}
    assert capfd.readouterr().err == ""


def test_parquet_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole, random = content(), Random(1)
    for end in random.sample(range(1, len(whole)), 20):
        (tmp_path / "t.parquet").write_bytes(whole[:end])
        with pytest.raises(AuditError, match="not a Parquet file that can be read"):
            tables.read_declared_table(SOURCE, tmp_path, offices=None, pseudonym_key=None)


class PanicException(BaseException):
    """What a library in Rust raises when it gives up: each has a class of its own of this name."""


@pytest.mark.parametrize(
    "error", [PanicException("index out of bounds"), pl.exceptions.ComputeError("thrift"), ValueError()]
)
def test_a_panic_of_a_library_is_about_the_file(error: BaseException) -> None:
    with pytest.raises(AuditError) as refused, refuse_damaged_file("damaged", "Get it again.", file="t.csv"):
        raise error
    assert (str(refused.value), refused.value.code) == ("t.csv: damaged. Get it again.", ExitCode.UNREADABLE)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_what_is_not_a_librarys_failure_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)), refuse_damaged_file("damaged", "Get it again.", file="t.csv"):
        raise error
