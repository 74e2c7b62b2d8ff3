"""YAML and small CSV files as people save them, and as nobody should."""

from pathlib import Path

import pytest
from ruamel.yaml.error import YAMLError

from audit.errors import AuditError, ExitCode
from audit.storage.declaration_text import parse_yaml
from audit.storage.declarations import read_offices, read_program, read_suite

HEADER = "code,name,alias,since,until\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(10 * [f'*{before}'])}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "a: &a [*a]",
        "[" * 20_000,
        "a: " + "[" * 900 + "]" * 900,
        "type: 2021-01-01T00:00:00+99:00",
        "- " * 2_000 + "x",
        "a: !!timestamp x",
        "a: !!int x",
        "? [a]\n: {b: !!set {c}}\n",
    ],
    ids=["aliases of aliases", "itself", "open", "deep", "offset", "lists", "time", "int", "set"],
)
def test_yaml_that_swells_or_means_nothing_is_one_message(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_suite(tmp_path / "t.yaml")
    assert refused.value.code in (ExitCode.USAGE, ExitCode.UNREADABLE)
    assert all(str(one).startswith("t.yaml") for one in refused.value.problems)


def test_aliases_that_do_not_swell_are_read() -> None:
    assert parse_yaml("a: &a [1, 2]\nb: *a\n") == {"a": [1, 2], "b": [1, 2]}
    with pytest.raises(YAMLError):
        parse_yaml(LAUGHS)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 900, "a = " + "9" * 5_000, "a = 2021-13-01", "tables = 3", "tables.t = 3"]
)
def test_toml_that_cannot_be_is_one_message(tmp_path: Path, text: str) -> None:
    (tmp_path / "program.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_program(tmp_path)
    assert refused.value.code in (ExitCode.USAGE, ExitCode.UNREADABLE)


@pytest.mark.parametrize(
    ("content", "said", "code"),
    [
        (HEADER + "A,Metro,Metro,2024-01-01,2023-01-14\n", "line 2: `until` is before `since`.", ExitCode.USAGE),
        (HEADER + "\nA,Metro,Metro,x,\n", "line 3: `since` is not as it should be", ExitCode.USAGE),
        (HEADER + 'A,"Metro"x,Metro,,\n', "line 2: a quotation mark or a line break is out of", ExitCode.UNREADABLE),
        (HEADER + "A,B\nC,C,C,,,\n", "line 2: has 2 fields, where the header has 5.", ExitCode.UNREADABLE),
        (HEADER.replace(",", ";") + "A;B;C;;\n", "line 1: its fields are parted by `;`.", ExitCode.UNREADABLE),
        ("code,alias\nA,B\n", "line 1: needs the columns code and name.", ExitCode.UNREADABLE),
        ("", "line 1: needs the columns code and name.", ExitCode.UNREADABLE),
    ],
)
def test_an_office_list_that_is_not_one_is_said_by_line(
    tmp_path: Path, content: str, said: str, code: ExitCode
) -> None:
    (tmp_path / "offices.csv").write_text(content, encoding="utf-8")
    with pytest.raises(AuditError) as refused:
        read_offices(tmp_path / "offices.csv")
    assert str(refused.value).startswith(f"offices.csv, {said}")
    assert refused.value.code == code


def test_an_office_list_that_a_spreadsheet_saved_is_read_or_called_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "offices.csv"
    path.write_bytes((HEADER + "Q,Québec,Québec,,\n").replace("\n", "\r\n").encode("utf-8-sig"))
    assert [one.name for one in read_offices(path).aliases] == ["Québec"]
    path.write_bytes((HEADER + "A,A,A,,\nQ,Québec,Québec,,\n").encode("cp1252"))
    with pytest.raises(AuditError, match=r'offices\.csv, line 3: is not in UTF-8\. Save it as "CSV UTF-8"\.'):
        read_offices(path)
    path.write_text("code,name\nA,Alpha\n", encoding="utf-8")
    assert [one.alias for one in read_offices(path).aliases] == ["Alpha"]
