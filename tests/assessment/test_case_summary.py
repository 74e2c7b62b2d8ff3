"""What a reviewer is shown of a file: every fact but persons' identifiers, a line a row, dated facts in order."""

import polars as pl
import pytest

from audit.assessment.case_file import CaseFiles, extract_case_file, gather_case_files
from audit.assessment.case_summary import build_timeline, list_facts, summarize_cases
from audit.workflow.program_data import ProgramData


@pytest.fixture
def work(tenth_work: ProgramData) -> ProgramData:
    return tenth_work


def file(work: ProgramData, *cases: str) -> CaseFiles:
    return gather_case_files(work.program, work.rows, pl.Series(cases))


def offence(work: ProgramData, case: str) -> str:
    """One offence that the person of a case was convicted of, from the tables."""
    persons = work.rows["matches"].filter(match_id=case).select("person_id")
    return str(work.rows["convictions"].join(persons, on="person_id", how="semi").collect()["offence"][0])


def test_a_line_for_each_row_and_nobody_in_it(work: ProgramData) -> None:
    found = summarize_cases(file(work, "M11-140080", "M11-009675"), work.program)
    text = dict(zip(found["match_id"], found["facts"], strict=True))["M11-140080"]
    assert [line.split(": ")[0] for line in text.splitlines()] == [
        *("matches", "encounters", "dispositions", "persons", "actions", "charges", "convictions")
    ]
    assert f"offence = {offence(work, 'M11-140080')}" in text
    assert "P-" not in text and "person_id" not in text
    assert dict(zip(found["match_id"], found["dated"], strict=True))["M11-140080"] == "2011-03-14"


def test_what_is_blank_is_left_out_of_the_lines_and_not_of_the_facts(work: ProgramData) -> None:
    files = file(work, "M11-140080")
    assert "gang_age" not in summarize_cases(files, work.program)["facts"].item()
    assert ("persons: gang_age", "blank") in list_facts(extract_case_file(files), files, work.program)


def test_dated_facts_stand_in_order_of_time(work: ProgramData) -> None:
    files = file(work, "M11-140080")
    found = build_timeline(extract_case_file(files), files, work.program)
    assert [one.on for one in found] == sorted(one.on for one in found)
    assert found[0].table == "persons" and found[0].what == "admission_date"
    convicted = f"offence = {offence(work, 'M11-140080')}"
    assert any(one.table == "convictions" and convicted in one.what for one in found)
