"""The file of each case: its own row, the rows it is linked to, and the rows of other tables that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from audit.assessment.alternatives import CASE_COLUMN, OPEN_COLUMN, build_alternatives, merge_alternatives
from audit.assessment.child_rows import EARLIER, LATER, WHEN_COLUMN, select_child_rows
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import make_plain_text
from audit.months import MONTH_FORMAT
from audit.policy.compiler import compile_column_condition
from audit.policy.evaluate import DETERMINATION_SCHEMA, AsKnown, apply_policy
from audit.policy.fact_text import SEPARATOR
from audit.policy.rules import Policy
from audit.policy.vocabulary import Vocabulary
from audit.programs.declaration import CaseDefinition, Contradiction, Program, build_vocabulary
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
    recorded: Mapping[str, str] = field(default_factory=dict)  # column of the case → column with the day it was entered
    earlier: Mapping[str, str] = field(default_factory=dict)  # such a column → column with what was on record before
    outside: Mapping[str, pl.LazyFrame] = field(default_factory=dict)  # child table → rows dated outside its window
    twins: pl.LazyFrame | None = None  # rows of ambiguous cases: one for each of the records that are equally near
    twin_keys: tuple[str, ...] = ()  # columns that tell those records apart
    linked: frozenset[str] = frozenset()  # columns that linked records bring to the case
    contradictions: tuple[Contradiction, ...] = ()


class ColumnOrigin(NamedTuple):
    """Where a case's fact comes from: the table, and the columns of the case that hold the key of its row there."""

    table: str
    key: tuple[str, ...]


def gather_case_files(
    program: Program,
    tables: Mapping[str, pl.LazyFrame],
    keys: pl.Series | None = None,
    *,
    wanted: pl.LazyFrame | None = None,
) -> CaseFiles:
    """The files of the cases with these keys, of the `wanted` rows of their table, or of all.

    Nothing recorded or dated after the sample's as-of day is read, in any table, and a decision of a later day is not
    known. The records are linked here and once: many questions may be put to the same files.
    """
    rules, cases = program.census, require_cases(program)
    wanted = tables[cases.table] if wanted is None else wanted
    if keys is not None:
        wanted = wanted.filter(pl.col(rules.unit).cast(pl.String).is_in(keys.cast(pl.String).implode()))
    as_of = program.sample.as_of if program.sample else None
    facts = _join_facts(program, tables, wanted, as_of)
    rows = select_child_rows(program, cases, tables, wanted, as_of)
    twins = _find_twins(program, tables, facts, as_of)
    return CaseFiles(
        cases=facts,
        children={name: one.counting for name, one in rows.items()},
        vocabulary=build_vocabulary(program),
        key=rules.unit,
        dated_by=cases.dated_by,
        recorded=cases.recorded,
        earlier=cases.earlier,
        outside={name: one.outside for name, one in rows.items() if one.outside is not None},
        twins=twins,
        twin_keys=tuple(link.key for link in rules.links),
        linked=frozenset(name for link in rules.links for name in (link.key, *link.columns)),
        contradictions=cases.contradictions,
    )


def _join_facts(
    program: Program,
    tables: Mapping[str, pl.LazyFrame],
    units: pl.LazyFrame,
    as_of: date | None,
    *,
    all_equally_near: bool = False,
) -> pl.LazyFrame:
    """The cases with what is linked to them and their parents' rows, as known on the as-of day."""
    rules, cases = program.census, require_cases(program)
    facts = link_records(
        units, tables, rules.links, unit=rules.unit, date=rules.date, as_of=as_of, all_equally_near=all_equally_near
    )
    for parent, on in cases.parents.items():
        facts = facts.join(tables[parent], on=on, how="left")
    if as_of:
        days = {**cases.recorded, **{name: name for name in (cases.dated_by, *cases.dated)}}
        facts = _recall_facts(facts, days, cases.earlier, pl.lit(as_of))
    return facts.collect().lazy() if rules.links or cases.parents else facts


def _recall_facts(
    facts: pl.LazyFrame, days: Mapping[str, str], earlier: Mapping[str, str], last: pl.Expr
) -> pl.LazyFrame:
    """The facts as they were on record on a day: of what was entered later, what is known of the record before.

    What has no day of entry was always known.
    """
    known = {name: (pl.col(day).cast(pl.Date) <= last).fill_null(True) for name, day in days.items()}
    before = {name: pl.col(earlier[name]) if name in earlier else pl.lit(None) for name in known}
    return facts.with_columns(
        pl.when(holds).then(pl.col(name)).otherwise(before[name]).alias(name) for name, holds in known.items()
    )


def _find_twins(
    program: Program, tables: Mapping[str, pl.LazyFrame], facts: pl.LazyFrame, as_of: date | None
) -> pl.LazyFrame | None:
    """The ambiguous cases with each of the records that are equally near; None where no case is ambiguous."""
    rules, cases = program.census, require_cases(program)
    ambiguous = facts.filter("ambiguous").select(rules.unit).collect()
    if ambiguous.is_empty():
        return None
    units = tables[cases.table].join(ambiguous.lazy(), on=rules.unit, how="semi")
    return _join_facts(program, tables, units, as_of, all_equally_near=True)


def recall_case_files(files: CaseFiles) -> CaseFiles:
    """The files with the facts of each case as they were known on its day."""
    if not files.recorded:
        return files
    day = pl.col(files.dated_by).cast(pl.Date)
    cases = _recall_facts(files.cases, files.recorded, files.earlier, day)
    twins = None if files.twins is None else _recall_facts(files.twins, files.recorded, files.earlier, day)
    return replace(files, cases=cases, twins=twins, recorded={})


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
    """Assess every case: what `apply_policy` returns, with the columns `beside` it.

    A case whose records leave open what happened is undeterminable, unless every possibility gives the same outcome.
    """
    files = recall_case_files(files) if as_known == "then" else files
    outcomes = _apply_to_files(files, policy, as_known=as_known, explained=explained, beside=beside)
    alternatives = build_alternatives(files)
    if alternatives is None:
        return outcomes
    named = {files.key: CASE_COLUMN, OPEN_COLUMN: OPEN_COLUMN}
    others = _apply_to_files(alternatives, policy, as_known=as_known, explained=False, beside=named)
    given = others.select(files.key, "attribute", "outcome", "severity", "candidates", OPEN_COLUMN)
    both = pl.collect_all([outcomes, given], engine="streaming")
    return merge_alternatives(*both, key=files.key).lazy()


def _apply_to_files(
    files: CaseFiles, policy: Policy, *, as_known: AsKnown, explained: bool, beside: Mapping[str, str]
) -> pl.LazyFrame:
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
    where that is another; `outside`, whether rows dated outside the window of their table were left out of account
    (`earlier`, `later`, both, or blank); the case's `office`, which stands in the column of this name; and
    `decided_on`, the day of the decision.
    """
    determinations = determine_outcomes(files, policy, office=office, decided_on=files.dated_by)
    determinations = determinations.with_columns(later=pl.lit(None, pl.String))
    if files.recorded or any(child.recorded for child in files.vocabulary.children.values()):
        later = determine_outcomes(files, policy, as_known="later", explained=False)
        later = later.select(files.key, "attribute", later="outcome")
        determinations = determinations.drop("later").join(later, on=[files.key, "attribute"], how="left")
    changed = pl.when(pl.col("later") != pl.col("outcome")).then("later")
    return (
        determinations.join(_mark_cases_outside(files), on=files.key, how="left")
        .select(
            files.key, *DETERMINATION_SCHEMA, "outside", "office", pl.col("decided_on").cast(pl.Date), later=changed
        )
        .sort("attribute", files.key)
        .collect(engine="streaming")
    )


def _mark_cases_outside(files: CaseFiles) -> pl.LazyFrame:
    """The cases with rows outside the window of their table, and in `outside` whether those are earlier or later."""
    marked = []
    for name, rows in files.outside.items():
        on = files.vocabulary.children[name].on
        keyed = files.cases.select(*dict.fromkeys((files.key, on)))
        marked.append(rows.select(on, WHEN_COLUMN).join(keyed, on=on).select(files.key, WHEN_COLUMN))
    if not marked:
        return files.cases.select(files.key, outside=pl.lit(None, pl.String)).head(0)
    in_order = [pl.when((pl.col(WHEN_COLUMN) == when).any()).then(pl.lit(when)) for when in (EARLIER, LATER)]
    both = pl.concat_str(in_order, separator=SEPARATOR, ignore_nulls=True).alias("outside")
    return pl.concat(marked).group_by(files.key).agg(both)


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


def find_column_tables(program: Program) -> dict[str, str]:
    """The table of each column of a case's file."""
    return {name: origin.table for name, origin in find_column_origins(program).items()}


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
    twins: tuple[dict[str, Any], ...] = ()  # its facts with each of the records that are equally near
    outside: Mapping[str, list[dict[str, Any]]] = MappingProxyType({})  # rows dated outside the window of their table


def extract_case_file(files: CaseFiles) -> CaseFile:
    """The one case of these files. Raises AuditError (USAGE) where there is none."""
    case_row = files.cases.collect()
    if case_row.height != 1:
        what, mend = "no case has this key", f"Name the `{files.key}` of a row of the table of cases."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    facts = case_row.row(0, named=True)
    rows, outside = {}, {}
    for name, child in files.vocabulary.children.items():
        whose = pl.lit(facts[child.on], dtype=files.cases.collect_schema()[child.on])
        rows[name] = files.children[name].filter(pl.col(child.on) == whose).collect().rows(named=True)
        if name in files.outside:
            outside[name] = files.outside[name].filter(pl.col(child.on) == whose).collect().rows(named=True)
    twins = () if files.twins is None else tuple(files.twins.collect().iter_rows(named=True))
    return CaseFile(facts, rows, twins, outside)


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
    linked = {name for name in schema if name.removesuffix(".state") in files.linked}
    twins = [
        {**own, **{name: twin[name] for name in linked}}
        for own, (_, _, one) in zip(facts, numbered, strict=True)
        for twin in one.twins
        if all(own[name] == copies[0].facts[name] for name in linked)  # else the copy has a record of its own
    ]
    return replace(
        files,
        cases=pl.LazyFrame(facts, schema=schema),
        children=children,
        key=COPY_COLUMN,
        twins=pl.LazyFrame(twins, schema=schema) if twins else None,
    )
