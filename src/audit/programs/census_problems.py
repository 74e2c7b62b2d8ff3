"""The populations, columns and follow-up of a monthly count as declared: that each can be looked up and done."""

from collections.abc import Iterator

from audit.errors import AuditError, Problem
from audit.policy.compiler import compile_condition
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Program
from audit.programs.duties import list_unit_columns
from audit.programs.measures import Census, FollowUpPlan

_FILE = "program.toml, census"


def find_plan_problems(program: Program) -> Iterator[Problem]:
    """Populations whose condition cannot be read, columns that are not declared, and plans that cannot be followed."""
    census, types = program.census, list_unit_columns(program)
    yield from _find_column_problems(census, types)
    yield from _find_parent_problems(program, types)
    for table in census.parents:
        columns = program.tables[table].columns if table in program.tables else {}
        types = {**{name: column.type for name, column in columns.items()}, **types}
    titles = [population.title for population in census.populations]
    for number, population in enumerate(census.populations):
        place = f"{_FILE}.populations.{number}"
        try:
            compile_condition(population.where, Vocabulary(columns=types), place=place)
        except AuditError as error:
            yield from error.problems
        if not all(population.unit) or titles.count(population.title) > 1:
            mend = "Say what one and several of its units are called, each population another way."
            yield Problem(what="has no name of its own", mend=mend, file=f"{place}.unit")
    if census.follow_up:
        yield from _find_follow_up_problems(census, census.follow_up)


def _find_column_problems(census: Census, types: dict[str, str]) -> Iterator[Problem]:
    for place, name in (("decided", census.decided), ("unit_below", census.unit_below)):
        if name is not None and name not in types:
            what = f"names `{name}`, and no such column is declared"
            yield Problem(what=what, mend="Declare it under [tables], or correct the name.", file=f"{_FILE}.{place}")
    if census.decided in types and types[census.decided] not in ("date", "datetime"):
        mend = "Name a column of type `date` or `datetime`."
        yield Problem(what=f"`{census.decided}` is no day", mend=mend, file=f"{_FILE}.decided")


def _find_parent_problems(program: Program, types: dict[str, str]) -> Iterator[Problem]:
    for table, on in program.census.parents.items():
        place, declared = f"{_FILE}.parents.{table}", program.tables.get(table)
        if declared is None:
            yield Problem(what="names no table that is declared", mend="Correct its name.", file=place)
        elif on not in types or on not in declared.columns:
            what = f"is joined on `{on}`, which the units or that table do not have"
            yield Problem(what=what, mend="Name a column that both have.", file=place)


def _find_follow_up_problems(census: Census, plan: FollowUpPlan) -> Iterator[Problem]:
    place = f"{_FILE}.follow_up"
    if census.date is None:
        mend = "Name under [census] the column `date`, or leave out the plan."
        yield Problem(what="follows open items from month to month, and there are no months", mend=mend, file=place)
    for name, number, least in (("days", plan.days, 1), ("verified", plan.verified, 0)):
        if number < least:
            yield Problem(what=f"`{number}` is too few", mend=f"Give {least} or more.", file=f"{place}.{name}")
    if plan.verified and not plan.verified_seed:
        mend = "Write any text that was chosen before the first draw."
        yield Problem(what="is needed to draw the items that are verified", mend=mend, file=f"{place}.verified_seed")
    rule = plan.escalation
    if rule is None:
        return
    if not 0 < rule.share <= 1:
        mend = "Write a share: 0.5 for 50%."
        yield Problem(what=f"`{rule.share}` is no share above 0", mend=mend, file=f"{place}.escalation.share")
    if rule.months < 1:
        yield Problem(what=f"`{rule.months}` is too few", mend="Give 1 or more.", file=f"{place}.escalation.months")
    if all(measure.target is None for measure in census.measures):
        mend = "Declare a `target` of a measure, or leave out the rule."
        yield Problem(
            what="escalates offices short of a target, and none is declared", mend=mend, file=f"{place}.escalation"
        )
