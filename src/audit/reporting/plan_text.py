"""The words for a design: what a sample of it can show, what went into its size, and the sum to follow by hand."""

from collections.abc import Iterator
from dataclasses import asdict
from math import ceil
from typing import Any

from audit.formatting import format_count, format_percent, format_plural
from audit.sampling.plan import Plan, PlanInputs
from audit.sampling.sample_size import choose_margin_rate
from audit.statistics.parameters import parse_rate
from audit.statistics.sizes.acceptance import operating_curve
from audit.statistics.sizes.precision import wald_size


def list_design_facts(design: Plan, *, declared: int | None = None) -> dict[str, Any]:
    """Every fact of a design by its name, with what it can show, its inputs and the check of its size in words.

    `declared` is the number of cases that the program declares: where the plan has another, both are told.
    """
    facts: dict[str, Any] = {}
    if declared is not None and declared != design.size:
        facts["differs"] = describe_plan_difference(design.size, design.method, declared=declared)
    for name, value in asdict(design).items():
        if name == "formula":
            facts["shows"] = describe_design(design)
        facts[name] = value
        if name == "inputs":
            facts["check"] = describe_size_check(design)
    return facts | {"takes": dict(design.takes), "inputs": dict(list_plan_inputs(design))}


def describe_design(design: Plan) -> str:
    """What a sample of this design can show, in a sentence; empty where the design is of an earlier version."""
    inputs = design.inputs
    if inputs is None:
        return ""
    if inputs.kind == "precision":
        each = ", in each stratum" if inputs.each_stratum else ""
        return f"The rate is told to within {_format_rate(inputs.margin)} on either side{each}."
    if inputs.kind == "attribute":
        return _describe_attribute_plan(design, inputs)
    if inputs.kind == "two stages":
        below = f"the rate is shown to be below {_format_rate(inputs.tolerable)}"
        return (
            f"If none of {format_plural(inputs.assessed or 0, 'case')} deviates, {below}. If one does, draw as many "
            f"more: if none of those does, {below}. Both hold{_format_confidence(design)}."
        )
    if design.margin is None:
        return "A stratum gives no case, so that of the whole nothing is promised."
    near = _format_rate(choose_margin_rate(inputs))
    return f"A rate near {near} is told to within {format_percent(design.margin)} on either side."


def list_plan_inputs(design: Plan) -> Iterator[tuple[str, str]]:
    """What went into the formula, and its value in words."""
    inputs = design.inputs
    if inputs is None:
        return
    if inputs.size is not None:
        yield "cases to draw", format_count(inputs.size)
    if inputs.margin is not None:
        yield "margin", _format_rate(inputs.margin)
    if inputs.tolerable is not None:
        yield "tolerable rate", _format_rate(inputs.tolerable)
    if inputs.unassessable:
        yield "cases that cannot be assessed", _format_rate(inputs.unassessable)
    yield "population", format_count(inputs.population)
    yield "confidence", _format_rate(design.confidence)
    yield "expected rate", _format_rate(inputs.expected)


def describe_plan_difference(size: int, method: str, *, declared: int) -> str:
    """That a plan has another number than the program declares, and which one counts."""
    units = {"cluster": "cluster", "two-stage": "cluster", "fixed interval": "hit", "cell": "hit"}
    return (
        f"The program declares {format_plural(declared, 'case')}. The plan is of "
        f"{format_plural(size, units.get(method, 'case'))}: every number is of that plan."
    )


def describe_size_check(design: Plan) -> str:
    """The sum that gave the size, to be followed by hand; empty for a plan that has none."""
    inputs = design.inputs
    if inputs is None or inputs.each_stratum:
        return ""
    if inputs.kind == "precision" and inputs.margin is not None:
        unlimited, limited = (
            f"{wald_size(population, inputs.margin, design.confidence, inputs.expected):,.1f}"
            for population in (None, inputs.population)
        )
        return (
            f"n0 = {unlimited}; {unlimited} * {format_count(inputs.population)} / ({unlimited} + "
            f"{format_count(inputs.population - 1)}) = {limited}, rounded up."
        )
    if inputs.kind == "attribute":
        return _describe_risks(design, inputs)
    return ""


def _describe_attribute_plan(design: Plan, inputs: PlanInputs) -> str:
    below = f"the rate is shown to be below {_format_rate(inputs.tolerable)}{_format_confidence(design)}"
    if inputs.each_stratum:
        return f"In each stratum {below}, if no more deviate than expected."
    condition = "no deviation is found"
    if design.allowed:
        condition = f"no more than {format_plural(design.allowed, 'deviation')} is found"
    return f"If {condition} among {format_plural(inputs.assessed or 0, 'assessed case')}, {below}."


def _describe_risks(design: Plan, inputs: PlanInputs) -> str:
    """How likely the plan is to mislead, and how likely one with a case fewer would be."""
    cases, allowed = inputs.assessed or 0, design.allowed or 0
    deviating = ceil(parse_rate(inputs.tolerable or 0) * inputs.population)
    rate = deviating / inputs.population
    risks = [
        f"in {format_percent(float(operating_curve(size, allowed, inputs.population, [rate])[0]), places=2)} of all "
        f"samples of {format_count(size)}"
        for size in (cases, cases - 1)
        if size > allowed
    ]
    return (
        f"Were {format_count(deviating)} of {format_count(inputs.population)} to deviate, {format_count(allowed)} or "
        f"fewer would be seen {' and '.join(risks)}."
    )


def _format_rate(rate: float | None) -> str:
    return format_percent(parse_rate(rate or 0))


def _format_confidence(design: Plan) -> str:
    exact = parse_rate(design.confidence) * 100
    places = 0 if exact.denominator == 1 else 1
    return f" with {format_percent(parse_rate(design.confidence), places=places)} confidence"
