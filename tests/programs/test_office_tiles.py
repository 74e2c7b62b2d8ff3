"""The map of a program as a file: read as declared, and refused with the place of the fault."""

from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.programs.office_tiles import Tile
from audit.storage.declarations import read_tiles
from audit.tables.offices import Alias, Offices

OFFICES = Offices(aliases=(Alias(code="A", name="Alpha", alias="A"), Alias(code="B", name="Beta", alias="B")))


def test_without_a_file_there_is_no_map(tmp_path: Path) -> None:
    assert read_tiles(tmp_path, OFFICES) == ()


def test_a_row_is_the_place_of_an_office(tmp_path: Path) -> None:
    (tmp_path / "tiles.csv").write_text("code,row,column\nB,2,1\nA,1,3\n", encoding="utf-8")
    assert read_tiles(tmp_path, OFFICES) == (Tile(code="B", row=2, column=1), Tile(code="A", row=1, column=3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,row,column\nX,1,1\n", "tiles.csv: names the office X, which the list has not."),
        ("code,row,column\nA,1,1\nA,1,2\n", "tiles.csv: names the office A 2 times."),
        ("code,row,column\nA,1,1\nB,1,1\n", "tiles.csv: puts 2 offices in row 1, column 1."),
        ("code,row,column\nA,0,1\n", "tiles.csv: has row 0, column 1."),
        ("code,row,column\nA,one,1\n", "tiles.csv, line 2: `row` is not as it should be"),
        ("code,row\nA,1\n", "tiles.csv, line 1: needs the columns code, column and row."),
        ("code,row,column\nA,1,1,4\n", "tiles.csv, line 2: has 4 fields, where the header has 3."),
    ],
)
def test_faults_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tiles.csv").write_text(text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_tiles(tmp_path, OFFICES)
    assert said in str(refused.value)
