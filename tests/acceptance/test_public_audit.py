"""A whole audit by the verbs of the public API, on a tenth of the reference program's year."""

from pathlib import Path

import pytest

import audit
from audit.workflow import audit as audit_module
from audit.workflow import program_data
from tests.tenth import FRAME_SIZE


@pytest.fixture(scope="module")
def job(tenth_work: program_data.ProgramData) -> audit.Audit:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program_data, "read_program_data", lambda *_, **__: tenth_work)
        return audit.open_audit("secure_communities")


def test_the_verbs_go_on_from_each_other(job: audit.Audit) -> None:
    assert job.scope().size == FRAME_SIZE
    assert job.plan(margin="0.05").size == 381
    assert job.plan().size == 766
    sample = job.draw()
    assert sample.cases.height == 766
    assert sample.cases.columns[:2] == ["order", "match_id"]
    determinations = job.assess()
    assert determinations.table.height == 766 * 5
    settled = job.settle()
    assert settled.table["settled_by"].unique().to_list() == ["rule"]
    result = job.estimate()
    overall = result.overall
    assert overall.conforming + overall.deviating + overall.undeterminable == 766 - overall.outside
    case = determinations.table.filter(attribute="consistency", outcome="inconsistent")["match_id"].sort()[0]
    assert f"of match {case}" in repr(job.explain(case))


def test_the_reports_show_themselves_and_can_be_written(job: audit.Audit, tmp_path: Path) -> None:
    report = job.report()
    assert report.cells["cases"].sum() == 766
    assert report.attributes["attribute"].to_list() == [
        "consistency",
        "documentation",
        "lifting",
        "recording",
        "timeliness",
    ]
    assert report.missing and "groups" in report.figures
    assert "Every attribute" in repr(report)
    assert (report.save(tmp_path / "audit") / "report.pdf").exists()
    month = job.month("2011-09")
    assert month.offices["measure"].n_unique() == 1
    assert month.offices["due"][:-1].sum() == month.offices["due"][-1]  # the last row is that of all offices
    assert set(month.figures) >= {"offices-documentation", "funnel-documentation"}
    assert month.open_items.height == len(month.record.open_items)
    assert "Key figures" in repr(month)
    folder = month.save(tmp_path / "september")
    assert {"report.html", "report.pdf", "report.xlsx", "report.json"} <= {path.name for path in folder.iterdir()}
    with pytest.raises(audit.AuditError, match=r"exists\. Name another folder"):
        month.save(folder)


def test_a_person_overrules(job: audit.Audit) -> None:
    determinations = job.assess().table.filter(attribute="consistency", outcome="inconsistent")
    case = determinations["match_id"].sort()[0]
    row = {
        "match_id": [case],
        "attribute": ["consistency"],
        "outcome": ["consistent"],
        "reason": ["a paper in the file"],
    }
    before = job.estimate().overall.conforming
    job.settle(row)
    assert job.estimate().overall.conforming == before + 1
    job.settle()


def test_it_says_what_was_read(job: audit.Audit) -> None:
    assert "Control totals" in repr(job)
    assert "secure_communities" in job._repr_html_()


def test_every_name_that_is_offered_is_documented() -> None:
    for name in audit.__all__:
        assert (getattr(audit, name).__doc__ or "").strip(), name
    for name in ("check", "scope", "plan", "draw", "assess", "explain", "settle", "estimate", "report", "month"):
        assert getattr(audit_module.Audit, name).__doc__


def test_a_step_taken_again_forgets_what_followed_from_it(job: audit.Audit) -> None:
    assert job.estimate().drawn == 766
    job.plan(size=20)
    assert job.estimate().drawn == 20
    assert job.plan().size == 766
