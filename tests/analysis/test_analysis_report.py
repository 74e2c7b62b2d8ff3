"""The report of the analyses of shipped programs: written whole, the same twice, and no program named in the code."""

import json
import re
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.programs.analyses import Analyses
from audit.workflow.analysis import ANALYSIS_KINDS, select_analyses
from tests.conftest import RunAudit
from tests.tracing import trace_page


def test_a_program_is_analyzed_by_one_command_and_the_second_run_changes_nothing(
    audit: RunAudit, tmp_path: Path
) -> None:
    answer = audit("analyze", "records_requests", "--only", "stages", "--json", "--quiet")
    assert (answer.code, answer.json["written"]) == (0, True)
    folder = tmp_path / "reports" / "records_requests" / "analysis-stages"
    record = json.loads((folder / "report.json").read_text())
    [process] = record["results"]["stages"]
    assert process["cases"] == 1200
    assert process["stages"][0]["reached"] == 1200
    page = (folder / "report.html").read_text()
    trace_page(page, json.dumps(record))
    assert "Made up.</strong> Every request and every day is made up." in page
    assert "Determination sent" in page and "{{" not in page
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    header, *rows = (folder / "tables" / "stages.csv").read_text().splitlines()
    assert header.startswith("process,value,words,reached,skipped,left,still_open")
    assert len(rows) == len(process["stages"])
    assert audit("analyze", "records_requests", "--only", "stages", "--json", "--quiet").json["written"] is False


def test_what_is_not_declared_is_refused_with_what_to_do(audit: RunAudit) -> None:
    answer = audit("analyze", "segregation_reports")
    assert answer.code == 2
    assert "declares no analysis. Add [analyses] to its program.toml" in answer.err
    answer = audit("analyze", "records_requests", "--only", "funnels")
    assert answer.code == 2
    assert f"Name one of {next(iter(ANALYSIS_KINDS))}" in answer.err
    with pytest.raises(AuditError, match="declares no analysis"):
        select_analyses(Analyses(), (), program="none")


def test_a_faulty_declaration_says_everything_that_is_wrong(audit: RunAudit, tmp_path: Path) -> None:
    from audit import programs

    shipped = programs.find_program_folder("records_requests")
    folder = tmp_path / "faulty"
    folder.mkdir()
    for path in shipped.glob("*.*"):
        text = path.read_text()
        text = re.sub(r'^stage = "stage"$', 'stage = "step"', text, flags=re.M)
        text = re.sub(r'^day = "day"$', 'day = "office"', text, flags=re.M)
        text = text.replace('{ value = "acknowledged"', '{ value = "received"')
        (folder / path.name).write_text(text)
    answer = audit("analyze", folder)
    assert answer.code == 2
    assert "names `step`, and table stage_events has no such column" in answer.err
    assert "takes `office` of type office, and needs one of type date or datetime" in answer.err
    assert "names a stage or exit twice" in answer.err
