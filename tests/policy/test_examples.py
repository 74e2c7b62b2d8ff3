"""Every example of every rule of every shipped program, put to its rule alone."""

import pytest

from audit import programs
from audit.determination import rehearse
from audit.policy import Example, Rule
from audit.program import vocabulary
from audit.store.declared import read_policy, read_program


def _rehearsed() -> list[tuple[str, Rule, Example, str]]:
    found = []
    for name in programs.names():
        program = read_program(programs.folder(name))
        if program.cases:
            words = vocabulary(program)
            policy = read_policy(programs.folder(name) / "policy", words)
            rehearsed = rehearse(policy, vocabulary=words, dated_by=program.cases.dated_by)
            found += [(name, *one) for one in rehearsed]
    return found


@pytest.mark.parametrize(
    ("rule", "example", "outcome"),
    [
        pytest.param(rule, example, outcome, id=f"{name}/{rule.id}: {example.it}")
        for name, rule, example, outcome in _rehearsed()
    ],
)
def test_the_rule_says_what_its_example_expects(rule: Rule, example: Example, outcome: str) -> None:
    assert outcome == example.expect
