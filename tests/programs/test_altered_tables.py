"""The shipped tables with one row more: what the audit says of the case, from the files to the explanation."""

import shutil
from pathlib import Path

import pytest

from audit.assessment.explain import Explanation, explain_case
from audit.assessment.explanation_text import describe_explanation
from audit.workflow.program_data import read_program_data

SHIPPED = Path(__file__).parents[2] / "data" / "secure_communities"
CITIZEN, PRIORITY = "M11-005088", "M11-007395"  # nothing was done on either


def explain_with(folder: Path, case: str, *actions: str) -> Explanation:
    """The explanation of a case, with so many rows more in the table of actions."""
    shutil.copytree(SHIPPED, folder)
    with (folder / "actions.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"A999999{n},{case},{action},\n" for n, action in enumerate(actions))
    work = read_program_data("secure_communities", data=folder, tell=lambda _: None)
    assert work.policy
    return explain_case(case, program=work.program, policy=work.policy, tables=work.rows)


@pytest.mark.parametrize("action", ["removed", "nta", "custody", "detainer"])
def test_a_citizen_who_was_removed_is_found_and_is_critical(tmp_path: Path, action: str) -> None:
    found = explain_with(tmp_path / "tables", CITIZEN, f"{action},2010-10-07T09:00:00")
    assert (found.outcome, found.severity) == ("inconsistent", "critical")
    words = describe_explanation(found)
    assert "inconsistent (US citizen, critical)" in words
    assert "8 U.S.C. 1226(a)" in words


def test_an_action_after_the_as_of_day_cures_nothing(tmp_path: Path) -> None:
    found = explain_with(tmp_path / "tables", PRIORITY, "detainer,2012-03-01T09:00:00")
    assert found.outcome == "inconsistent"
    assert all(row.row != "A9999990" for row in found.seen.rows)


def test_an_action_after_its_window_is_shown_and_cures_nothing(tmp_path: Path) -> None:
    found = explain_with(tmp_path / "tables", PRIORITY, "detainer,2011-03-01T09:00:00")
    [late] = [row for row in found.seen.rows if row.row == "A9999990"]
    assert (found.outcome, late.why_not.split(":")[0]) == ("inconsistent", "acted on later")
