"""The file of each case: its own row, the rows it is linked to, and the rows of other tables that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import make_plain_text
from audit.months import MONTH_FORMAT
from audit.policy.compiler import compile_column_condition
from audit.policy.evaluate import DETERMINATION_SCHEMA, AsKnown, apply_policy
from audit.policy.rules import Policy
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import CaseDefinition, Program, build_vocabulary
from audit.programs.measures import parse_period
from audit.tables.linkage import link_records

COPY_COLUMN = "copy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseFiles:
    """The files of any number of cases, as rules read them: one row a case, and any rows of each child table."""

    cases: pl.LazyFrame
    children: Mapping[str, pl.LazyFrame]
    vocabulary: Vocabulary
    key: str
    dated_by: str


class ColumnOrigin(NamedTuple):
    """Where a case's fact comes from: the table, and the columns of the case that hold the key of its row there."""

    table: str
    key: tuple[str, ...]


def gather_case_files(program: Program, tables: Mapping[str, pl.LazyFrame], keys: pl.Series | None = None) -> CaseFiles:
    """The files of the cases with these keys, or of all; records later than the sample's as-of day are not linked.

    The records are linked here and once: many questions may be put to the same files.
    """
    rules, cases = program.census, require_cases(program)
    wanted = tables[cases.table]
    if keys is not None:
        wanted = wanted.filter(pl.col(rules.unit).cast(pl.String).is_in(keys.cast(pl.String).implode()))
    as_of = program.sample.as_of if program.sample else None
    facts = link_records(wanted, tables, rules.links, unit=rules.unit, date=rules.date, as_of=as_of)
    for parent, on in cases.parents.items():
        facts = facts.join(tables[parent], on=on, how="left")
    return CaseFiles(
        cases=facts.collect().lazy() if rules.links or cases.parents else facts,
        children={name: tables[name] for name in cases.children},
        vocabulary=build_vocabulary(program),
        key=rules.unit,
        dated_by=cases.dated_by,
    )


def filter_eligible_cases(program: Program, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of all cases that a sample could be drawn from: of the sample's period, and not excluded."""
    rows = filter_sample_period(program, rows)
    for _, excluded in compile_exclusions(program):
        rows = rows.filter(~pl.coalesce(excluded, pl.lit(False)))
    return rows


def filter_sample_period(program: Program, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The units of the sample's period; all where there is none, or no date."""
    rules = program.census
    if program.sample is None or rules.date is None:
        return rows
    first, last = parse_period(rules, program.sample.period)
    return rows.filter(pl.col(rules.date).dt.strftime(MONTH_FORMAT).is_between(pl.lit(first), pl.lit(last)))


def compile_exclusions(program: Program) -> list[tuple[str, pl.Expr]]:
    """Every reason to leave a unit out, and when it applies."""
    rules = program.census
    types = {name: column.type for name, column in program.tables[rules.table].columns.items()}
    return [
        (e.reason, compile_column_condition(e.where, types, place="program.toml, census")) for e in rules.exclusions
    ]


def determine_outcomes(
    files: CaseFiles, policy: Policy, *, as_known: AsKnown = "then", explained: bool = True, **beside: str
) -> pl.LazyFrame:
    """Assess every case: what `apply_policy` returns, with the columns `beside` it."""
    return apply_policy(
        files.cases,
        files.children,
        policy,
        key=files.key,
        dated_by=files.dated_by,
        as_known=as_known,
        explained=explained,
        beside=beside,
    )


def assess_case_files(files: CaseFiles, policy: Policy, *, office: str) -> pl.DataFrame:
    """The determinations of gathered cases, sorted by attribute and key: one row per case and attribute.

    Beside the columns of DETERMINATION_SCHEMA: `later`, the outcome that records entered after the decision would give
    where that is another; the case's `office`, which stands in the column of this name; and `decided_on`, the day of
    the decision.
    """
    determinations = determine_outcomes(files, policy, office=office, decided_on=files.dated_by)
    determinations = determinations.with_columns(later=pl.lit(None, pl.String))
    if any(child.recorded for child in files.vocabulary.children.values()):  # else nothing is known later
        later = determine_outcomes(files, policy, as_known="later", explained=False)
        later = later.select(files.key, "attribute", later="outcome")
        determinations = determinations.drop("later").join(later, on=[files.key, "attribute"], how="left")
    changed = pl.when(pl.col("later") != pl.col("outcome")).then("later")
    return (
        determinations.select(
            files.key, *DETERMINATION_SCHEMA, "office", pl.col("decided_on").cast(pl.Date), later=changed
        )
        .sort("attribute", files.key)
        .collect(engine="streaming")
    )


def find_column_origins(program: Program) -> dict[str, ColumnOrigin]:
    """Where each column of a case's file comes from."""
    cases, tables = require_cases(program), program.tables
    by_column = {
        name: ColumnOrigin(step.table, (step.key,))
        for step in program.census.links
        for name in (step.key, *step.columns)
    }
    for parent, on in cases.parents.items():
        by_column |= dict.fromkeys(tables[parent].columns, ColumnOrigin(parent, (on,)))
    return by_column | dict.fromkeys(tables[cases.table].columns, ColumnOrigin(cases.table, tables[cases.table].key))


def format_fact(value: Any) -> str:
    """A cell in words."""
    if value is None:
        return "blank"
    return ("yes" if value else "no") if isinstance(value, bool) else make_plain_text(str(value))


def require_cases(program: Program) -> CaseDefinition:
    """The program's cases. Raises AuditError (USAGE) where it declares none."""
    if program.cases is None:
        problem = Problem(what=f"the program {program.name} declares no cases", mend="Add [cases] to its program.toml.")
        raise AuditError(problem, code=ExitCode.USAGE)
    return program.cases


def isolate_rules(policy: Policy) -> Policy:
    """The policy with every rule as an attribute of its own, named by the rule's id: each is put to a case alone."""
    return replace(policy, rules=tuple(replace(rule, attribute=rule.id) for rule in policy.rules))


class CaseFile(NamedTuple):
    """One case's file, taken out of its tables: its facts, and its rows of each child table."""

    facts: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]


def extract_case_file(files: CaseFiles) -> CaseFile:
    """The one case of these files. Raises AuditError (USAGE) where there is none."""
    case_row = files.cases.collect()
    if case_row.height != 1:
        what, mend = "no case has this key", f"Name the `{files.key}` of a row of the table of cases."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    facts = case_row.row(0, named=True)
    rows = {}
    for name, child in files.vocabulary.children.items():
        whose = pl.lit(facts[child.on], dtype=files.cases.collect_schema()[child.on])
        rows[name] = files.children[name].filter(pl.col(child.on) == whose).collect().rows(named=True)
    return CaseFile(facts, rows)


def build_case_files(files: CaseFiles, copies: Sequence[CaseFile]) -> CaseFiles:
    """The copies as files of their own, numbered from 0 in the column `copy`, which is their key."""
    joins = {child.on for child in files.vocabulary.children.values()}
    numbered = [(f"{n}", n, one) for n, one in enumerate(copies)]
    facts = [
        {**one.facts, **{on: one.facts[on] and number for on in joins}, COPY_COLUMN: n} for number, n, one in numbered
    ]
    schema: dict[str, Any] = {**files.cases.collect_schema(), **dict.fromkeys(joins, pl.String), COPY_COLUMN: pl.Int64}
    children = {
        name: pl.LazyFrame(
            [{**row, child.on: number} for number, _, one in numbered for row in one.rows[name]],
            schema={**files.children[name].collect_schema(), child.on: pl.String},
        )
        for name, child in files.vocabulary.children.items()
    }
    return replace(files, cases=pl.LazyFrame(facts, schema=schema), children=children, key=COPY_COLUMN)
