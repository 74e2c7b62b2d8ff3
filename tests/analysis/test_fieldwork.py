"""Fieldwork: offices visited of all, what was said, what corroborates it, which documents were read, no projection."""

from dataclasses import replace

import polars as pl
import pytest

from audit.analysis.fieldwork import FieldworkResult, summarize_fieldwork
from audit.errors import AuditError
from audit.programs import find_program_folder
from audit.programs.secure_communities.synthetic.fieldwork import build_fieldwork_tables
from audit.reporting.fieldwork_text import (
    describe_corroboration,
    describe_documents,
    describe_visited_offices,
    describe_visits,
    make_fieldwork_figure,
)
from audit.storage.declarations import read_findings, read_offices, read_program

FOLDER = find_program_folder("secure_communities")
TABLES = {name: table.lazy() for name, table in build_fieldwork_tables().items()}
[FIELDWORK] = read_program(FOLDER).analyses.fieldwork
OFFICES = read_offices(FOLDER / "offices.csv").list_names()
ALL_FINDINGS = read_findings(FOLDER)
FINDINGS = [one.id for one in ALL_FINDINGS]


@pytest.fixture(scope="module")
def result() -> FieldworkResult:
    return summarize_fieldwork(TABLES, FIELDWORK, OFFICES, FINDINGS)


def test_the_nine_published_sites_are_nine_of_twenty_four_offices(result: FieldworkResult) -> None:
    """DHS OIG-12-64, Appendix A: the cities where officers were interviewed."""
    cities = ("Boston", "Denver", "Miami", "Houston", "Phoenix", "Los Angeles", "San Diego", "San Francisco", "Chicago")
    assert [one.site.split(",")[0] for one in result.interviews if one.office] == list(cities)
    assert result.offices_visited == tuple(sorted(cities))
    assert describe_visits(result, office="field office") == (
        "9 of 24 field offices were visited, and how they were chosen is not stated: what was said there is not "
        "projected to others."
    )


def test_what_was_not_published_is_said_to_be_so(result: FieldworkResult) -> None:
    assert result.undated == len(result.interviews)
    assert describe_visited_offices(result).endswith(
        "Not published: the days of 12 of 12 interviews and the topics of 11."
    )


def test_every_statement_is_corroborated_or_not_and_its_finding_is_one(result: FieldworkResult) -> None:
    by_hand = TABLES["statements"].collect()["corroborated_by"]
    assert result.corroborated == by_hand.len() - by_hand.null_count() > 0
    assert {one.finding for one in result.statements if one.finding} <= {*FINDINGS}
    assert describe_corroboration(result) == (
        "Of 13 statements on which the report rests, 4 are corroborated at least in part, and 9 by nothing that was "
        "published; 4 belong to a finding."
    )
    assert describe_corroboration(replace(result, statements=())) == ""


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ("at random", "chosen at random."),
        ("not at random", "not chosen at random: what was said there is not projected"),
    ],
)
def test_how_sites_were_chosen_decides_what_they_stand_for(result: FieldworkResult, selection: str, words: str) -> None:
    other = replace(result, selection=selection)
    assert words in describe_visits(other, office="office")
    assert ("nothing is projected" in make_fieldwork_figure(other, office="office").detail) is (
        selection != "at random"
    )


def test_documents_stand_in_a_register_with_what_was_not_published(result: FieldworkResult) -> None:
    """DHS OIG-12-64, Appendix A: contract documentation and prior audit reports were reviewed, and none is named."""
    by_hand = TABLES["documents"].collect()
    assert [one.document for one in result.documents] == by_hand["document"].to_list()
    undated, silent = by_hand["dated"].null_count(), by_hand["shows"].null_count()
    assert describe_documents(result) == (
        f"The register has 20 entries, 2 of them on earlier audits. Not published: the day of {undated}, and what "
        f"{silent} show."
    )
    [contract] = [one for one in result.documents if one.kind == "contract"]
    assert (contract.cited, contract.dated, contract.finding) == ("300-313, 554", "", "duplicate-research")
    assert not any(one.shows or one.dated for one in result.documents if one.kind == "prior audit")
    assert describe_documents(replace(result, documents=())) == ""


def test_a_statement_or_document_that_names_no_finding_is_refused() -> None:
    wrong = {name: TABLES[name].with_columns(finding=pl.lit("costs")) for name in ("statements", "documents")}
    with pytest.raises(AuditError, match="names the findings costs, and there are none of these ids") as refused:
        summarize_fieldwork({**TABLES, **wrong}, FIELDWORK, OFFICES, FINDINGS)
    assert [one.file for one in refused.value.problems] == ["statements", "documents"]
