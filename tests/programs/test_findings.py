"""Findings and recommendations: the shipped ones are as published, and what does not hold is refused."""

from datetime import date
from pathlib import Path

import pytest

from audit import programs
from audit.errors import AuditError
from audit.programs.findings import Finding
from audit.programs.recommendations import parse_due_date
from audit.storage.declarations import read_findings

FINDING = """
- id: one
  title: A finding
  condition: Of 10 cases 3 lacked a record.
  recommendations:
    - {number: 1, text: Complete them., to: Director, evidence_required: A report, state: open,
       milestones: [{due: FY2012 Q2, what: A step}], history: [{on: 2012-02-23, by: Management, what: Concurred.}]}
"""


def test_the_shipped_recommendations_are_as_published() -> None:
    """DHS OIG-12-64: both resolved and open; what closes each; the report due on 31 March 2012."""
    first, second = (
        one for f in read_findings(programs.find_program_folder("secure_communities")) for one in f.recommendations
    )
    assert (first.status, second.status) == ("resolved and open", "resolved and open")
    assert first.evidence_required == "Complete deployment of the modernized ACRIMe system"
    assert second.evidence_required == "An example of the recurring report of compliance rates by field office"
    assert parse_due_date(second.milestones[0].due) == date(2012, 3, 31)
    assert [one.due for one in first.find_overdue_milestones(date(2012, 7, 1))] == ["FY2012 Q2", "FY2012 Q3"]


@pytest.mark.parametrize(
    ("due", "day"),
    [("FY2012 Q1", "2011-12-31"), ("FY2012 Q3", "2012-06-30"), ("FY2012 Q4", "2012-09-30"), ("FY2013", "2013-09-30")],
)
def test_the_federal_fiscal_year_begins_in_october(due: str, day: str) -> None:
    assert parse_due_date(due) == date.fromisoformat(day)


def test_an_element_that_is_blank_is_not_developed(tmp_path: Path) -> None:
    (tmp_path / "findings.yaml").write_text(FINDING)
    found = read_findings(tmp_path)[0]
    assert found.elements[0] == ("criteria", "not stated by the source")
    assert found.elements[1] == ("condition", "Of 10 cases 3 lacked a record.")
    assert read_findings(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("FY2012 Q2", "spring 2012", "due or done in no fiscal year or quarter"),
        ("state: open", "state: shut", "`state` is not as it should be"),
        ("on: 2012-02-23", "on: February", "neither day nor month"),
        ("state: open", "state: closed", None),
        ("{on: 2012-02-23, by: Management, what: Concurred.}", "", "lacks `evidence_required`"),
        ("evidence_required", "evidence", "has the unknown key `evidence`"),
    ],
)
def test_what_does_not_hold_is_refused(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    text = FINDING.replace(old, new, 1)
    if new == "":
        text = text.replace("state: open", "state: closed")
        said = "its history does not say on what evidence"
    (tmp_path / "findings.yaml").write_text(text)
    if said is None:
        assert isinstance(read_findings(tmp_path)[0], Finding)
        return
    with pytest.raises(AuditError, match=said):
        read_findings(tmp_path)


def test_each_recommendation_has_a_number_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "findings.yaml").write_text(FINDING + FINDING.replace("id: one", "id: two"))
    with pytest.raises(AuditError, match="numbers a recommendation twice"):
        read_findings(tmp_path)
