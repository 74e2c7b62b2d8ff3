"""The maps of a program as files: read as declared, and refused with the place of the fault."""

from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.programs.office_maps import Area, OfficeMaps
from audit.storage.declarations import read_layout
from audit.tables.offices import Alias, Offices

OFFICES = Offices(aliases=(Alias(code="A", name="Alpha", alias="A"), Alias(code="B", name="Beta", alias="B")))
HEAD = "code,middle_x,middle_y,label_x,label_y,outline\n"


def test_without_files_there_are_no_maps(tmp_path: Path) -> None:
    assert read_layout(tmp_path, OFFICES) == OfficeMaps()


def test_an_area_is_its_rings(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(f"{HEAD}A,1,1,9,9,0 0 2 0 2 2|5 5 6 5 6 6.5\n", encoding="utf-8")
    assert read_layout(tmp_path, OFFICES).areas == (
        Area(code="A", middle_x=1, middle_y=1, label_x=9, label_y=9, outline="0 0 2 0 2 2|5 5 6 5 6 6.5"),
    )
    [area] = read_layout(tmp_path, OFFICES).areas
    assert area.parse_rings() == [[(0, 0), (2, 0), (2, 2)], [(5, 5), (6, 5), (6, 6.5)]]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("tiles.csv", "code,row,column\nX,1,1\n", "tiles.csv: names the office X, which the list has not."),
        ("tiles.csv", "code,row,column\nA,1,1\nA,1,2\n", "tiles.csv: names the office A 2 times."),
        ("tiles.csv", "code,row,column\nA,1,1\nB,1,1\n", "tiles.csv: puts 2 offices in row 1, column 1."),
        ("tiles.csv", "code,row,column\nA,0,1\n", "tiles.csv: has row 0, column 1."),
        ("tiles.csv", "code,row,column\nA,one,1\n", "tiles.csv, line 2: `row` is not as it should be"),
        ("tiles.csv", "code,row\nA,1\n", "tiles.csv, line 2: lacks `column`."),
        ("tiles.csv", "code,row,column\nA,1,1,4\n", "tiles.csv: is not a CSV file of"),
        ("areas.csv", f"{HEAD}A,1,1,1,1,0 0 2 0\n", "areas.csv: has an outline of A that is none."),
        ("areas.csv", f"{HEAD}A,1,1,1,1,0 0 2 0 2\n", "areas.csv: has an outline of A that is none."),
        ("areas.csv", f"{HEAD}A,1,1,1,1,here\n", "areas.csv: has an outline of A that is none."),
    ],
)
def test_faults_are_refused_with_their_place(tmp_path: Path, file: str, text: str, said: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_layout(tmp_path, OFFICES)
    assert said in str(refused.value)
