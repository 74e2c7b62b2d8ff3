"""Joins as declared: a key of two types is refused, and a parent that could make one case two."""

from pathlib import Path

import pytest

from audit.errors import AuditError, ExitCode
from audit.storage.declarations import read_program
from audit.tables.readers.read import read_declared_table
from tests import made_up_inspections, made_up_program

CASES = """
[tables.persons]
about = "Persons"
file = "persons.csv"
key = ["person_id"]
[tables.persons.columns]
person_id = { personal = true, required = true }
born = { type = "integer" }

[tables.calls]
about = "Calls about a request"
file = "calls.csv"
key = ["call_id"]
[tables.calls.columns]
call_id = { required = true }
request_id = { }

[cases]
table = "requests"
dated_by = "received"
office = "office"
parents = { persons = "person_id" }
children.calls = { on = "request_id" }
"""


def write_program(folder: Path, old: str = "", new: str = "") -> Path:
    made_up_program.program(folder)
    text = made_up_program.PROGRAM + CASES
    assert text.count(old) == 1 or not old, old
    (folder / "program.toml").write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


def read_refused(folder: Path) -> AuditError:
    with pytest.raises(AuditError) as refused:
        read_program(folder)
    assert refused.value.code == ExitCode.USAGE
    return refused.value


def test_joins_of_one_type_on_the_key_of_a_parent_are_read(tmp_path: Path) -> None:
    assert read_program(write_program(tmp_path / "answers")).cases


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "answer_id = { required = true }\nrequest_id = { required = true }",
            'answer_id = { required = true }\nrequest_id = { type = "integer" }',
            "program.toml, census.links.0: joins on `request_id`, which is `text` in requests and `integer` in "
            "answers. Declare the column alike in both tables",
        ),
        (
            "request_id = { }",
            'request_id = { type = "date" }',
            "program.toml, cases.children.calls: joins on `request_id`, which is `text` in requests and `date` in "
            "calls",
        ),
        (
            "person_id = { personal = true, required = true }",
            "person_id = { required = true }",
            "program.toml, cases.parents.persons: joins on `person_id`, which is `personal`, and so a pseudonym, in "
            "requests and `text` in persons",
        ),
        (
            'file = "persons.csv"\nkey = ["person_id"]',
            'file = "persons.csv"',
            "program.toml, cases.parents.persons: persons may have two rows with one `person_id`, and each would make "
            'the case another case. Declare `key = ["person_id"]` of the table',
        ),
        (
            'file = "persons.csv"\nkey = ["person_id"]',
            'file = "persons.csv"\nkey = ["born"]',
            "persons may have two rows with one `person_id`",
        ),
        (
            '[cases]\ntable = "requests"',
            '[cases]\ntable = "request"',
            "program.toml, cases.table: names `request`, and no such table is declared. Did you mean `requests`?",
        ),
        (
            'dated_by = "received"\noffice = "office"',
            'dated_by = "received"\noffice = "offices"',
            "program.toml, cases.office: names `offices`, and no such column is declared. Did you mean `office`?",
        ),
    ],
)
def test_a_join_that_cannot_be_is_refused_when_the_program_is_read(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in str(read_refused(write_program(tmp_path / "answers", old, new)))


def test_evidence_joins_on_one_type(tmp_path: Path) -> None:
    folder = made_up_inspections.program(tmp_path / "sites")
    path = folder / "program.toml"
    text = path.read_text(encoding="utf-8").replace(
        "owner = { personal = true }\nseen", 'owner = { type = "integer" }\nseen'
    )
    path.write_text(text, encoding="utf-8")
    said = "discrepancies.0.evidence.0: joins on `owner`, which is `personal`, and so a pseudonym, in sites and"
    assert said in str(read_refused(folder))


def test_a_parent_that_stands_twice_is_refused_by_its_rows(tmp_path: Path) -> None:
    source = read_program(write_program(tmp_path / "answers")).tables["persons"]
    (tmp_path / "persons.csv").write_text("person_id,born\nQ110,1970\nQ111,1980\nQ110,1971\n", encoding="utf-8")
    with pytest.raises(AuditError, match=r"persons\.csv.*in 2 rows \(2 and 4\)") as refused:
        read_declared_table(source, tmp_path, offices=None, pseudonym_key=b"key")
    assert refused.value.code == ExitCode.DATA
