"""Every example of every rule of every shipped program, put to its rule alone."""

from collections.abc import Iterator
from functools import cache

import pytest

from audit import programs
from audit.policy.examples import evaluate_examples
from audit.policy.rules import Example, Policy
from audit.programs.declaration import build_vocabulary
from audit.storage.declarations import read_policy, read_program


@cache
def policy(name: str) -> Policy:
    return read_policy(
        programs.find_program_folder(name) / "policy",
        build_vocabulary(read_program(programs.find_program_folder(name))),
    )


@cache
def evaluate(name: str) -> list[tuple[Example, str]]:
    """Every example of a program's rules in turn, and the outcome that its rule gives it."""
    program = read_program(programs.find_program_folder(name))
    assert program.cases
    asked = {"dated_by": program.cases.dated_by}
    return [(example, outcome) for _, example, outcome in evaluate_examples(policy(name), **asked)]


def examples() -> Iterator[object]:
    for name in programs.list_programs():
        if read_program(programs.find_program_folder(name)).cases:
            pairs = ((rule, example) for rule in policy(name).rules for example in rule.examples)
            for number, (rule, example) in enumerate(pairs):
                yield pytest.param(name, number, example, id=f"{name}/{rule.id}: {example.it}")


@pytest.mark.parametrize(("name", "number", "example"), [*examples()])
def test_the_rule_says_what_its_example_expects(name: str, number: int, example: Example) -> None:
    assert evaluate(name)[number] == (example, example.expect)
