"""The examples of a policy's rules, each put to its rule alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from audit.policy.evaluate import apply_policy
from audit.policy.rules import Example, Policy, Rule
from audit.policy.vocabulary import Vocabulary

EXAMPLE_KEY = "example"
_POLARS_TYPES = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "yes_no": pl.Boolean,
}


def evaluate_examples(policy: Policy, *, dated_by: str) -> list[tuple[Rule, Example, str]]:
    """Put every example of every rule to its rule alone: (rule, example, the outcome that the rule gives it)."""
    results = []
    for rule in policy.rules:
        cases, children = build_example_cases(rule.examples, policy.conditions.vocabulary)
        alone = replace(policy, rules=(rule,))
        outcomes = apply_policy(cases, children, alone, key=EXAMPLE_KEY, dated_by=dated_by, explained=False)
        by_number = dict(outcomes.select(EXAMPLE_KEY, "outcome").collect().iter_rows())
        results += [(rule, example, by_number[n]) for n, example in enumerate(rule.examples)]
    return results


def build_example_cases(
    examples: Sequence[Example], vocabulary: Vocabulary
) -> tuple[pl.LazyFrame, dict[str, pl.LazyFrame]]:
    """The examples' cases, numbered, and their rows; each case's rows are joined to it by its number alone."""
    numbered = range(len(examples))
    joins = {child.on for child in vocabulary.children.values()}
    facts = [
        {
            **dict.fromkeys(joins, f"{n}"),
            **_derive_states(example.case, vocabulary.columns),
            **example.case,
            EXAMPLE_KEY: n,
        }
        for n, example in enumerate(examples)
    ]
    rows = {
        name: [
            {**_derive_states(row, child.columns), **row, child.on: f"{n}"}
            for n in numbered
            for row in (examples[n].rows or {}).get(name, ())
        ]
        for name, child in vocabulary.children.items()
    }
    types = {**vocabulary.columns, **dict.fromkeys(joins, "text"), EXAMPLE_KEY: "integer"}
    children = {name: _build_frame(rows[name], vocabulary.children[name].columns) for name in rows}
    return _build_frame(facts, types), children


def _derive_states(values: Mapping[str, object], columns: Iterable[str]) -> dict[str, str]:
    """The state of every column that has one: what is given is filled, what is not is blank."""
    state_columns = [name for name in columns if name.endswith(".state")]
    return {name: "blank" if values.get(name.removesuffix(".state")) is None else "filled" for name in state_columns}


def _build_frame(rows: Sequence[Mapping[str, object]], types: Mapping[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema={name: _POLARS_TYPES.get(kind, pl.String) for name, kind in types.items()})
