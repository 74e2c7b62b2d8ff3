"""The file of each case: its own row, the rows it is linked to, and the rows of other tables that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import plain
from audit.policy.compiler import condition
from audit.policy.evaluate import DETERMINATIONS, Known, assess
from audit.policy.rules import Policy
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import Cases, Program, vocabulary
from audit.programs.measures import span
from audit.tables.linkage import link

COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Files:
    """The files of any number of cases, as rules read them: one row a case, and any rows of each child table."""

    cases: pl.LazyFrame
    children: Mapping[str, pl.LazyFrame]
    vocabulary: Vocabulary
    key: str
    dated_by: str


class Origin(NamedTuple):
    """Where a case's fact comes from: the table, and the columns of the case that hold the key of its row there."""

    table: str
    key: tuple[str, ...]


def gather(program: Program, tables: Mapping[str, pl.LazyFrame], keys: pl.Series | None = None) -> Files:
    """The files of the cases with these keys, or of all; records later than the sample's as-of day are not linked.

    The records are linked here and once: many questions may be put to the same files.
    """
    rules, cases = program.census, cases_of(program)
    wanted = tables[cases.table]
    if keys is not None:
        wanted = wanted.filter(pl.col(rules.unit).cast(pl.String).is_in(keys.cast(pl.String).implode()))
    as_of = program.sample.as_of if program.sample else None
    facts = link(wanted, tables, rules.links, unit=rules.unit, date=rules.date, as_of=as_of)
    for parent, on in cases.parents.items():
        facts = facts.join(tables[parent], on=on, how="left")
    return Files(
        cases=facts.collect().lazy() if rules.links or cases.parents else facts,
        children={name: tables[name] for name in cases.children},
        vocabulary=vocabulary(program),
        key=rules.unit,
        dated_by=cases.dated_by,
    )


def every(program: Program, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of all cases that a sample could be drawn from: of the sample's period, and not excluded."""
    rows = in_sample_period(program, rows)
    for _, excluded in exclusions(program):
        rows = rows.filter(~pl.coalesce(excluded, pl.lit(False)))
    return rows


def in_sample_period(program: Program, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The units of the sample's period; all where there is none, or no date."""
    rules = program.census
    if program.sample is None or rules.date is None:
        return rows
    first, last = span(rules, program.sample.period)
    return rows.filter(pl.col(rules.date).dt.strftime("%Y-%m").is_between(pl.lit(first), pl.lit(last)))


def exclusions(program: Program) -> list[tuple[str, pl.Expr]]:
    """Every reason to leave a unit out, and when it applies."""
    rules = program.census
    types = {name: column.type for name, column in program.tables[rules.table].columns.items()}
    return [(e.reason, condition(e.where, types, place="program.toml, census")) for e in rules.exclusions]


def determine(
    files: Files, policy: Policy, *, as_known: Known = "then", explained: bool = True, **beside: str
) -> pl.LazyFrame:
    """Assess every case: what `assess` returns, with the columns `beside` it."""
    return assess(
        files.cases,
        files.children,
        policy,
        vocabulary=files.vocabulary,
        key=files.key,
        dated_by=files.dated_by,
        as_known=as_known,
        explained=explained,
        beside=beside,
    )


def assessed_files(files: Files, policy: Policy, *, office: str) -> pl.DataFrame:
    """The determinations of gathered cases, sorted by attribute and key: one row per case and attribute.

    Beside the columns of DETERMINATIONS: `later`, the outcome that records entered after the decision would give where
    that is another, and the case's `office`, which stands in the column of this name.
    """
    found = determine(files, policy, office=office).with_columns(later=pl.lit(None, pl.String))
    if any(child.recorded for child in files.vocabulary.children.values()):  # else nothing is known later
        later = determine(files, policy, as_known="later", explained=False)
        later = later.select(files.key, "attribute", later="outcome")
        found = found.drop("later").join(later, on=[files.key, "attribute"], how="left")
    changed = pl.when(pl.col("later") != pl.col("outcome")).then("later")
    return (
        found.select(files.key, *DETERMINATIONS, later=changed, office="office")
        .sort("attribute", files.key)
        .collect(engine="streaming")
    )


def origins(program: Program) -> dict[str, Origin]:
    """Where each column of a case's file comes from."""
    cases, tables = cases_of(program), program.tables
    found = {
        name: Origin(step.table, (step.key,)) for step in program.census.links for name in (step.key, *step.columns)
    }
    for parent, on in cases.parents.items():
        found |= dict.fromkeys(tables[parent].columns, Origin(parent, (on,)))
    return found | dict.fromkeys(tables[cases.table].columns, Origin(cases.table, tables[cases.table].key))


def said(value: Any) -> str:
    """A cell in words."""
    if value is None:
        return "blank"
    return ("yes" if value else "no") if isinstance(value, bool) else plain(str(value))


def cases_of(program: Program) -> Cases:
    """The program's cases. Raises AuditError (USAGE) where it declares none."""
    if program.cases is None:
        problem = Problem(what=f"the program {program.name} declares no cases", mend="Add [cases] to its program.toml.")
        raise AuditError(problem, code=ExitCode.USAGE)
    return program.cases


def put_apart(policy: Policy) -> Policy:
    """The policy with every rule as an attribute of its own, named by the rule's id: each is put to a case alone."""
    return replace(policy, rules=tuple(replace(rule, attribute=rule.id) for rule in policy.rules))


class CaseFile(NamedTuple):
    """One case's file, taken out of its tables: its facts, and its rows of each child table."""

    facts: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]


def take_out(files: Files) -> CaseFile:
    """The one case of these files. Raises AuditError (USAGE) where there is none."""
    found = files.cases.collect()
    if found.height != 1:
        what, mend = "no case has this key", f"Name the `{files.key}` of a row of the table of cases."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    facts = found.row(0, named=True)
    rows = {}
    for name, child in files.vocabulary.children.items():
        whose = pl.lit(facts[child.on], dtype=files.cases.collect_schema()[child.on])
        rows[name] = files.children[name].filter(pl.col(child.on) == whose).collect().rows(named=True)
    return CaseFile(facts, rows)


def file_again(files: Files, copies: Sequence[CaseFile]) -> Files:
    """The copies as files of their own, numbered from 0 in the column `copy`, which is their key."""
    joins = {child.on for child in files.vocabulary.children.values()}
    numbered = [(f"{n}", n, one) for n, one in enumerate(copies)]
    facts = [{**one.facts, **{on: one.facts[on] and number for on in joins}, COPY: n} for number, n, one in numbered]
    schema: dict[str, Any] = {**files.cases.collect_schema(), **dict.fromkeys(joins, pl.String), COPY: pl.Int64}
    children = {
        name: pl.LazyFrame(
            [{**row, child.on: number} for number, _, one in numbered for row in one.rows[name]],
            schema={**files.children[name].collect_schema(), child.on: pl.String},
        )
        for name, child in files.vocabulary.children.items()
    }
    return replace(files, cases=pl.LazyFrame(facts, schema=schema), children=children, key=COPY)
