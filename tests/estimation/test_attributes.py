"""Every attribute of a sample: outcomes that add up, deviations by rule, and the facts that would settle most cases."""

from datetime import date

import polars as pl

from audit.estimation.attributes import count_outcomes, is_of_group, list_deviating_cases
from audit.programs.audit_report import CaseGroup

SETTLED = pl.DataFrame(
    {
        "case": ["C1", "C2", "C3", "C4"],
        "attribute": ["consistency", "consistency", "timeliness", "consistency"],
        "outcome": ["inconsistent", "consistent", "untimely", "consistent"],
        "class": ["priority 1", "priority 1", "detainer", "citizen"],
        "rule": ["one", "one", "late", "citizen"],
        "version": ["P", "P", "R", "R"],
        "section": ["A", "A", "(d)", "(a)"],
        "severity": ["ordinary", "ordinary", "ordinary", "critical"],
        "evidence": ["status: unlawful; acted: no", "", "taken: 2011-07-06", "acted: yes"],
        "office": ["ATL", "ATL", None, "BOS"],
        "decided_on": ["2011-05-02", "2011-05-03", "2011-05-04", "2011-05-05"],
        "settled": ["inconsistent", "consistent", "untimely", "inconsistent"],
        "settled_by": ["rule", "rule", "rule", "review"],
        "reason": [None, None, None, "the file shows a detainer"],
    }
)


def test_the_outcomes_of_an_attribute_add_up_and_show_those_without_a_case() -> None:
    judged = pl.DataFrame({"outcome": ["timely", "untimely", "timely", "no_rule", "not_applicable"]})
    outcomes = count_outcomes(judged, "timeliness")
    assert outcomes == (("timely", 2), ("untimely", 1), ("undeterminable", 0), ("not_applicable", 1), ("no_rule", 1))
    assert sum(cases for _, cases in outcomes) == judged.height


def test_deviating_cases_are_listed_with_the_critical_ones_first() -> None:
    cases = list_deviating_cases(SETTLED)
    assert [(one.case, one.is_critical) for one in cases] == [("C4", True), ("C1", False), ("C3", False)]
    assert cases[0].decided_on == date(2011, 5, 5)
    assert (cases[0].settled_by, cases[0].reason) == ("review", "the file shows a detainer")
    assert cases[1].evidence == (("status", "unlawful"), ("acted", "no"))
    assert cases[2].office == ""


def test_a_case_that_several_rules_decide_alike_is_of_the_group_that_holds_them_all() -> None:
    group = CaseGroup(name="Action called for", rules=("priority-*",))
    judged = pl.DataFrame(
        {
            "rule": ["priority-1", None, None, "us-citizen", None],
            "candidates": ["priority-1", "priority-1; priority-2", "priority-1; us-citizen", "us-citizen", None],
        }
    )
    assert is_of_group(judged, group) == [True, True, False, False, False]
