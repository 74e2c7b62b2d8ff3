"""Columns whose text no output may show: what is read of them, and that nothing depends on it."""

from dataclasses import replace
from pathlib import Path

import pytest

from audit.programs.withheld_columns import find_withheld_problems
from audit.storage.declarations import read_program
from audit.tables.readers.read import read_declared_table
from audit.tables.schema import Column, Source
from tests import made_up_program


def test_only_whether_it_is_filled_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,note\n1,"John said, no"\n2,\n3,N/A\n4,(b)(6)\n', encoding="utf-8")
    columns = {"id": Column(), "note": Column(withheld=True, uninformative=("N/A",))}
    source = Source(name="t", file="t.csv", key=("id",), columns=columns, redacted=("(b)(6)",))
    table = read_declared_table(source, tmp_path, offices=None, pseudonym_key=None).rows.collect()
    assert table["note"].to_list() == ["(withheld)", None, "(withheld)", None]
    assert table["note.state"].to_list() == ["filled", "blank", "uninformative", "redacted"]


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        ("requests", "request_id", {"is part of the table's `key`", "census.links.0 needs what it says"}),
        ("requests", "person_id", {"is `personal`, and so a pseudonym", "census.person needs what it says"}),
        ("requests", "office", {"is no text but `office`", "census.office needs what it says"}),
        ("requests", "kind", {"has declared `values`, which are no text about a person"}),
        ("answers", "request_id", {"census.links.0 needs what it says"}),
        ("answers", "entered", {"is no text but `date`"}),
    ],
)
def test_what_the_program_needs_cannot_be_withheld(tmp_path: Path, table: str, column: str, told: set[str]) -> None:
    program = read_program(made_up_program.program(tmp_path / "answers"))
    assert list(find_withheld_problems(program)) == []
    source = program.tables[table]
    columns = {**source.columns, column: replace(source.columns[column], withheld=True)}
    changed = replace(program, tables={**program.tables, table: replace(source, columns=columns)})
    found = {one.what.partition("is withheld, and ")[2] for one in find_withheld_problems(changed)}
    assert told <= found
