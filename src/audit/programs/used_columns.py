"""The columns that an audit uses: those that its declarations, its rules and its checks name."""

from collections.abc import Iterator, Mapping

from audit.policy.compiler import compile_condition, compile_value
from audit.policy.rules import Policy
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import CaseDefinition, Program, list_child_schemas
from audit.programs.discrepancies import Discrepancy
from audit.programs.measures import Census
from audit.tables.checks.references import find_names_in_suite
from audit.tables.checks.suites import Suite
from audit.tables.delivery import DeliveryNote


def collect_used_columns(
    program: Program, policy: Policy | None, suites: Mapping[str, Suite], note: DeliveryNote | None = None
) -> set[str]:
    """The names of every column, of whichever table, that the program, a rule, a check or the delivery note names.

    A table's key is used as well, and is for its reader to add. Raises AuditError (USAGE) for a condition that cannot
    be read.
    """
    names = {*_list_census_columns(program.census), *(total.sum_column for total in (note.totals if note else ()))}
    for discrepancy in program.discrepancies:
        names.update(_list_discrepancy_columns(discrepancy))
    if program.cases:
        names.update(_list_case_columns(program.cases))
    conditions, dues = _list_conditions(program), [measure.due for measure in program.census.measures if measure.due]
    declared = {name for source in program.tables.values() for name in source.columns}
    children = list_child_schemas(program.cases, program.tables) if program.cases else {}
    columns = dict.fromkeys((*declared, *(f"{name}.state" for name in declared), *names), "any")
    words = Vocabulary(columns=columns, children=children)
    for place, text in conditions:
        names |= compile_condition(text, words, place=place).columns
    for due in dues:
        names.update(compile_value(due, words, place="program.toml, census.measures").references.fields)
    if policy:
        names.update(_list_policy_columns(policy))
    for suite in suites.values():
        names |= find_names_in_suite(declared, suite)
    return {name.removesuffix(".state") for name in names if name}


def _list_census_columns(census: Census) -> Iterator[str]:
    yield from filter(None, (census.unit, census.office, census.date, census.person, census.decided, census.unit_below))
    yield from census.parents.values()
    for link in census.links:
        yield from filter(None, (link.on, link.key, link.date, link.entered, *link.columns))
    for measure in census.measures:
        for need in measure.needs:
            yield from filter(None, (need.field, *need.alternatives, need.entered, need.dated))


def _list_case_columns(cases: CaseDefinition) -> Iterator[str]:
    yield from (cases.dated_by, cases.office, *cases.parents.values(), *cases.dated)
    for child in cases.children.values():
        yield from filter(None, (child.on, child.recorded, child.dated))
    yield from (name for pairs in (cases.recorded, cases.earlier) for pair in pairs.items() for name in pair)
    yield from (contradiction.column for contradiction in cases.contradictions)


def _list_discrepancy_columns(discrepancy: Discrepancy) -> Iterator[str]:
    yield from (discrepancy.case, discrepancy.office, discrepancy.date, discrepancy.field, discrepancy.person or "")
    for evidence in discrepancy.evidence:
        yield from filter(None, (evidence.on, evidence.date, evidence.recorded, evidence.source))


def _list_policy_columns(policy: Policy) -> Iterator[str]:
    for version in policy.compile_versions():
        yield version.rule.dated_by
        for condition in version.conditions:
            yield from condition.columns


def _list_conditions(program: Program) -> Iterator[tuple[str, str]]:
    """Every condition that the program itself states, and where: its rules' conditions are its policy's."""
    census = program.census
    conditions = [("census.exclusions", exclusion.where) for exclusion in census.exclusions]
    conditions += [("census.populations", population.where) for population in census.populations]
    conditions += [("census.measures", measure.applies) for measure in census.measures if measure.applies]
    conditions += [
        ("census.measures", need.satisfied) for measure in census.measures for need in measure.needs if need.satisfied
    ]
    if program.cases:
        children = program.cases.children.values()
        conditions += [("cases.children", child.complete_when) for child in children if child.complete_when]
        conditions += [("cases.unaddressed", program.cases.unaddressed)] if program.cases.unaddressed else []
        conditions += [("cases.contradictions", contradiction.when) for contradiction in program.cases.contradictions]
    for discrepancy in program.discrepancies:
        conditions += [("discrepancies", evidence.where) for evidence in discrepancy.evidence if evidence.where]
    return ((f"program.toml, {place}", text) for place, text in conditions)
