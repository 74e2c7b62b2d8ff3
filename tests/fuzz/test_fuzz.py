"""A short run of the damaged files, in this process; `make fuzz` is the long one."""

from pathlib import Path

import pytest

from audit.errors import ExitCode
from tests.fuzz import targets
from tests.fuzz.targets import TARGETS, LostRowsError, list_seeds, make_input, put_to_reader

INPUTS = 25  # of each kind, beside its seeds


@pytest.mark.parametrize("kind", TARGETS)
def test_damaged_files_are_read_or_refused_and_no_row_is_lost(kind: str, tmp_path: Path) -> None:
    ended = {put_to_reader(kind, number, tmp_path) for number in range(len(list_seeds(kind)) + INPUTS)}
    assert {ExitCode.OK} < ended  # some are read, and some are refused


def test_the_same_number_is_the_same_file() -> None:
    made = make_input("csv", 100)
    targets.list_seeds.cache_clear()
    assert make_input("csv", 100) == made
    assert len({make_input("xlsx", number) for number in range(20)}) > 15


def test_a_lost_row_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "COLUMNS", {"id": targets.COLUMNS["id"]})
    text = b"id\nA\nB\n"
    targets._read_table(text, tmp_path, "t.csv", lambda data: 2)
    with pytest.raises(LostRowsError, match="2 used and 0 set aside of 3"):
        targets._read_table(text, tmp_path, "t.csv", lambda data: 3)
    assert targets._count_csv_rows(b'banner\nid\n"A\nb"\nC\n') == 2
    with pytest.raises(LostRowsError):
        targets._count_csv_rows(b'id\n"A"x\n')
