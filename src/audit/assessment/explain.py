"""Why one case was determined as it was: the rules asked, what they saw of its file, and what would change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import polars as pl

from audit.assessment.alternatives import find_contradictions
from audit.assessment.case_file import (
    CaseFile,
    CaseFiles,
    build_case_files,
    determine_outcomes,
    extract_case_file,
    find_column_origins,
    gather_case_files,
    isolate_rules,
    recall_case_files,
    require_cases,
)
from audit.assessment.counterfactuals import Counterfactual, Variation, find_counterfactuals
from audit.assessment.evidence import RECORDED_LATER, CaseEvidence, ExaminedCase, collect_evidence
from audit.display import Display, Displayable, display_rows, display_sentences, join_displays
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiled_condition import Condition, merge_constants
from audit.policy.fact_text import split_texts
from audit.policy.in_force import describe_intervals, find_version
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, Policy, Rule
from audit.programs.declaration import Contradiction, Program
from audit.tables.schema import Column

_NO_RULE = {"outcome": "no_rule", **dict.fromkeys(("class", "rule", "severity", "candidates", "needed"))}

Applicability = Literal["applies", "does not apply", "unknown", "not in force"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """One rule, put to the case alone."""

    rule: str
    title: str
    version: str  # the document under which it was, or may have been, in force on the case's day
    in_force: str  # the days of that version, in words
    on: date | None  # the day that decides the version
    answer: Applicability
    outcome: str  # its own verdict, where it applies
    met: bool | None  # whether the case is as the rule expects, where it expects something and applies
    decides: bool
    when: str
    expects: str
    document: str
    section: str
    quote: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation(Displayable):
    """One determination, and everything that it rests on."""

    unit: str
    case: str
    attribute: str
    outcome: str
    case_class: str | None
    severity: str | None
    candidates: tuple[str, ...]  # the rule that decides it, or every rule that could
    needed: tuple[str, ...]  # what would decide it, where it could not be determined
    contradictions: tuple[Contradiction, ...]  # what one of its records says of its rows, and they say otherwise
    asked: tuple[RuleAnswer, ...]  # every rule of the attribute, in order
    seen: CaseEvidence
    changes: tuple[Counterfactual, ...]  # every alternative tried that would change the outcome
    known_later: str | None  # the outcome on what is known today, where rows were recorded after the case's day
    others: tuple[tuple[str, str], ...]  # the case's other attributes, and their outcomes

    @property
    def deciding_rule(self) -> RuleAnswer | None:
        """The rule that decides the case."""
        return next((answer for answer in self.asked if answer.decides), None)

    def display(self) -> Display:
        """The explanation in a paragraph, and the tables to check it by."""
        from audit.assessment.explanation_text import describe_explanation, tabulate_explanation

        tables = [display_rows(names, rows, title=title) for title, names, rows in tabulate_explanation(self)]
        return join_displays(display_sentences(describe_explanation(self)), *tables)


def explain_case(
    case: str, *, program: Program, policy: Policy, tables: Mapping[str, pl.LazyFrame], attribute: str = ""
) -> Explanation:
    """Explain what is determined of any case of the tables: of one attribute, where none is named the sample's.

    The case is assessed anew, and so is each alternative. Raises AuditError (USAGE) for a case or an attribute that
    there is not.
    """
    attribute = _choose_attribute(program, policy, attribute)
    files = gather_case_files(program, tables, pl.Series([case]))
    file = extract_case_file(files)
    as_later = build_case_files(files, [file])
    files = recall_case_files(as_later)
    known_then = files.cases.select(*as_later.recorded).collect().to_dicts() if as_later.recorded else [{}]
    file = file._replace(facts=file.facts | known_then[0])
    policy_in_force = replace(policy, rules=tuple(_find_rules_in_force(policy, files, file)))
    determinations = dict.fromkeys(policy.list_attributes(), _NO_RULE) | _determine_by_attribute(files, policy_in_force)
    determined = determinations[attribute]
    needed, candidates = split_texts(determined["needed"]), split_texts(determined["candidates"])
    rules, policy_in_force = _select_attribute(policy, attribute), _select_attribute(policy_in_force, attribute)
    answers = tuple(_answer_rules(rules, files, file, policy_in_force, determined))
    examined_case = ExaminedCase(files, file, program, policy, _list_relevant_conditions(policy, answers))
    case_evidence = collect_evidence(examined_case)
    variation = _build_variation(examined_case, case_evidence, needed)
    late = any(row.why_not == RECORDED_LATER for row in case_evidence.rows) or _has_later_facts(as_later, files)
    return Explanation(
        unit=program.unit[0],
        case=case,
        attribute=attribute,
        outcome=determined["outcome"],
        case_class=determined["class"],
        severity=determined["severity"],
        candidates=candidates,
        needed=needed,
        contradictions=find_contradictions(files),
        asked=answers,
        seen=case_evidence,
        changes=find_counterfactuals(files, file, policy_in_force, variation) if policy_in_force.rules else (),
        known_later=(
            determine_outcomes(as_later, policy_in_force, as_known="later", explained=False).collect()["outcome"].item()
            if late
            else None
        ),
        others=tuple((name, row["outcome"]) for name, row in determinations.items() if name != attribute),
    )


def _has_later_facts(as_later: CaseFiles, files: CaseFiles) -> bool:
    """Whether a fact of the case was entered after its day."""
    names = [*as_later.recorded]
    return bool(names) and not as_later.cases.select(names).collect().equals(files.cases.select(names).collect())


def _choose_attribute(program: Program, policy: Policy, attribute: str) -> str:
    decided = [name for name in OUTCOMES_BY_ATTRIBUTE if name in policy.list_attributes()]
    if attribute and attribute not in decided:
        problem = Problem(what="the policy decides no such attribute", mend=f"Name {' or '.join(decided)}.")
        raise AuditError(problem, code=ExitCode.USAGE)
    first = program.sample.attribute if program.sample else ""
    return attribute or (first if first in decided else decided[0])


def _select_attribute(policy: Policy, attribute: str) -> Policy:
    return replace(policy, rules=tuple(rule for rule in policy.rules if rule.attribute == attribute))


def _determine_by_attribute(files: CaseFiles, policy: Policy, *, explained: bool = True) -> dict[str, dict[str, Any]]:
    """What is determined of the one case, by attribute."""
    rows = (
        determine_outcomes(files, policy, explained=explained).collect().iter_rows(named=True) if policy.rules else ()
    )
    return {row["attribute"]: row for row in rows}


def _find_rules_in_force(policy: Policy, files: CaseFiles, file: CaseFile) -> Iterator[Rule]:
    """The rules that were, or may have been, in force on the case's day, each in the version of that day."""
    for rule in policy.rules:
        version, _ = find_version(rule, _to_date(file.facts[rule.dated_by or files.dated_by]))
        if version:
            yield replace(rule, versions=(version,))


def _answer_rules(
    policy: Policy, files: CaseFiles, file: CaseFile, policy_in_force: Policy, determined: Mapping[str, Any]
) -> Iterator[RuleAnswer]:
    """Every rule, put to the case alone."""
    determinations = _determine_by_attribute(files, isolate_rules(policy_in_force), explained=False)
    for rule in policy.rules:
        alone, on = determinations.get(rule.id), _to_date(file.facts[rule.dated_by or files.dated_by])
        version = next((own.versions[0] for own in policy_in_force.rules if own.id == rule.id), None)
        cited = version or rule.versions[-1]
        document = policy_in_force.documents[cited.under]
        applies, outcome = (alone["sure"] is True, alone["outcome"]) if alone else (False, "")
        answer: Applicability = "applies" if applies else "unknown" if outcome == "undeterminable" else "does not apply"
        yield RuleAnswer(
            rule=rule.id,
            title=rule.title,
            version=version.under if version else "",
            in_force=describe_intervals(cited.in_force),
            on=on,
            answer=answer if version else "not in force",
            outcome=outcome if applies else "",
            met={rule.verdict: True, rule.otherwise: False}.get(outcome) if applies and cited.expects else None,
            decides=determined["class"] is not None and determined["rule"] == rule.id,
            when=cited.when,
            expects=cited.expects,
            document=document.title,
            section=cited.citation.place,
            quote=cited.citation.quote,
            unverified=cited.citation.unverified or document.unverified,
        )


def _list_relevant_conditions(policy: Policy, answers: Sequence[RuleAnswer]) -> list[Condition]:
    """The conditions that were put to the case: of rules in force, up to the first that surely applies.

    Last come those under which the tables that were looked over are known to hold every row.
    """
    conditions: list[Condition] = []
    for one in answers:
        if one.version:
            texts = (one.when, one.expects if one.answer in ("applies", "unknown") else "")
            conditions += [policy.conditions.compile(text) for text in texts if text]
        if one.answer == "applies":
            break
    tables = dict.fromkeys(aggregate.child for condition in conditions for aggregate in condition.aggregates)
    complete = [policy.conditions.compile_completeness(table) for table in tables]
    return [*conditions, *filter(None, complete)]


def _build_variation(case: ExaminedCase, case_evidence: CaseEvidence, needed: tuple[str, ...]) -> Variation:
    where, tables, own = find_column_origins(case.program), case.program.tables, require_cases(case.program).table
    names = dict.fromkeys(name for condition in case.conditions for name in condition.fields if name in where)
    facts = {name: tables[where[name].table].columns.get(name, Column()) for name in names}
    return Variation(
        # A column of another table is blank as well where no row of it was found.
        facts={name: replace(c, required=c.required and where[name].table == own) for name, c in facts.items()},
        missing=tuple(name for name in needed if name in facts and case.file.facts[name] is None),
        fields={table: case.list_fields(table) for table in case.group_aggregates()},
        rows={
            table: tuple(
                (row.row, row.place)
                for row in case_evidence.rows
                if row.table == table and row.why_not != RECORDED_LATER and row.place >= 0
            )
            for table in case.group_aggregates()
        },
        constants=merge_constants(condition.constants for condition in case.conditions),
    )


def _to_date(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
