"""What is refused in the declaration of a table before any file is read."""

import pytest

from audit.tables.schema import Column, Source
from audit.tables.source_problems import find_source_problems


def problems(**changes: object) -> list[str]:
    source = Source(**{"name": "t", "file": "t.csv", "columns": {"id": Column()}, **changes})  # type: ignore[arg-type]
    return [str(one) for one in find_source_problems(source, file="program.toml")]


def form(text: str, kind: str = "datetime") -> list[str]:
    return problems(columns={"x": Column(type=kind, formats=(text,))})  # type: ignore[arg-type]


def test_a_declaration_that_can_be_read_by_has_none() -> None:
    assert problems(encoding="cp1252", delimiter=";", row="line") == []
    assert problems(delimiter="\t", encoding="UTF-16") == []
    for text in ("%m/%d/%Y %H:%M", "%d-%b-%y %I:%M %p", "%Y-%m-%dT%H:%M:%S%.f", "%Y%m%d"):
        assert form(text) == []
    assert form("%m/%d/%Y", "date") == []


@pytest.mark.parametrize("encoding", ["ebcdic", "rot13", "base64", "", "utf\0", "idna", "unicode_escape"])
def test_an_unknown_encoding(encoding: str) -> None:
    assert problems(encoding=encoding) == [
        f'program.toml, tables.t.encoding: there is no encoding "{encoding}". '
        'Name one that Python knows, such as "utf-8" or "cp1252".'
    ]


@pytest.mark.parametrize("delimiter", [";;", "", '"', "\n", "§"])
def test_a_delimiter_that_parts_nothing(delimiter: str) -> None:
    assert problems(delimiter=delimiter) == [
        "program.toml, tables.t.delimiter: `delimiter` cannot part fields. "
        'Give one ASCII character that is no quotation mark and no line end, such as ";".'
    ]


@pytest.mark.parametrize("name", ["<row>", "", "id.state", "id.flaw"])
def test_a_name_that_no_column_can_have(name: str) -> None:
    [said] = problems(columns={"id": Column(), name: Column()})
    assert said.startswith(f"program.toml, tables.t.columns: `{name}` cannot be the name of a column.")
    assert problems(columns={"a.state": Column()}) == []


def test_a_number_of_rows_by_the_name_of_a_column() -> None:
    assert problems(row="id")[0].startswith("program.toml, tables.t.row: `row` has the name of the column id.")


@pytest.mark.parametrize(
    "text", ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M %:z", "%+", "%s", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ"]
)
@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_a_form_with_an_offset(text: str, kind: str) -> None:
    assert form(text, kind) == [
        f"program.toml, tables.t.columns.x.formats: `{text}` has an offset from UTC, and the audit goes by local time. "
        "Give the file local times, and take the offset out."
    ]


@pytest.mark.parametrize("text", ["%Y", "%q", "", "days", "%H:%M"])
def test_a_form_that_gives_no_day(text: str) -> None:
    assert form(text, "date")[0].startswith(f"program.toml, tables.t.columns.x.formats: `{text}` is no form of a date.")
