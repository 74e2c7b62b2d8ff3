"""Made-up cases of the reference program, put to its whole policy or to one rule of it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from audit import programs
from audit.policy.evaluate import AsKnown, apply_policy
from audit.policy.examples import EXAMPLE_KEY, build_example_cases
from audit.policy.rules import Example, Policy
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import build_vocabulary
from audit.storage.declarations import read_policy, read_program

Facts: TypeAlias = Mapping[str, object]
Rows: TypeAlias = Mapping[str, tuple[Facts, ...]]
Found: TypeAlias = dict[str, dict[str, Any]]  # attribute → its determination

PROGRAM = "secure_communities"
DECIDED = "decision_date"


@cache
def words() -> Vocabulary:
    return build_vocabulary(read_program(programs.find_program_folder(PROGRAM)))


@cache
def policy() -> Policy:
    return read_policy(programs.find_program_folder(PROGRAM) / "policy", words())


def case(decided: object, rows: Rows | None = None, **facts: object) -> Example:
    """A case decided on that day: documented, everything searched, nothing found, unless its facts say otherwise."""
    known = {
        "status": "unlawful",
        "immigration_record": True,
        "criminal_history_checked": True,
        "national_security": False,
        "gang_member": False,
        "warrant": False,
        "encounter_date": decided,
        "disposition_code": "REL",
        "ambiguous": False,
        DECIDED: decided,
    }
    return Example(it="", case=known | facts, rows=rows, expect="")


def determined(
    cases: Sequence[Example], whole: Policy | None = None, *, alone: str | None = None, as_known: AsKnown = "then"
) -> list[Found]:
    """What the policy, or one rule of it `alone`, says of each case."""
    asked = whole or policy()
    if alone:
        asked = replace(asked, rules=tuple(rule for rule in asked.rules if rule.id == alone))
    facts, children = build_example_cases(cases, words())
    given: dict[str, Any] = {"key": EXAMPLE_KEY, "dated_by": DECIDED, "as_known": as_known}
    found: list[Found] = [{} for _ in cases]
    for row in apply_policy(facts, children, asked, **given).collect().iter_rows(named=True):
        found[row[EXAMPLE_KEY]][row["attribute"]] = row
    return found
