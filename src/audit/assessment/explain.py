"""Why one case was determined as it was: the rules asked, what they saw of its file, and what would change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import polars as pl

from audit.assessment.case_file import (
    CaseFile,
    Files,
    cases_of,
    determine,
    file_again,
    gather,
    origins,
    put_apart,
    take_out,
)
from audit.assessment.counterfactuals import Change, Variation, changes
from audit.assessment.evidence import LATER, Evidence, Seen, evidence, worded
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiler import Condition, read
from audit.policy.in_force import days, version_on
from audit.policy.rules import OUTCOMES, Policy, Rule
from audit.programs.declaration import Program
from audit.tables.schema import Column

_NO_RULE = {"outcome": "no_rule", **dict.fromkeys(("class", "rule", "severity", "needed"))}

Answer = Literal["applies", "does not apply", "unknown", "not in force"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One rule, put to the case alone."""

    rule: str
    title: str
    version: str  # the document under which it was, or may have been, in force on the case's day
    in_force: str  # the days of that version, in words
    on: date | None  # the day that decides the version
    answer: Answer
    outcome: str  # its own verdict, where it applies
    met: bool | None  # whether the case is as the rule expects, where it expects something and applies
    decides: bool
    when: str
    expects: str
    document: str
    section: str
    quote: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One determination, and everything that it rests on."""

    unit: str
    case: str
    attribute: str
    outcome: str
    case_class: str | None
    severity: str | None
    needed: tuple[str, ...]  # what would decide it, where it could not be determined
    asked: tuple[Asked, ...]  # every rule of the attribute, in order
    seen: Evidence
    changes: tuple[Change, ...]  # every alternative tried that would change the outcome
    known_later: str | None  # the outcome on what is known today, where rows were recorded after the case's day
    others: tuple[tuple[str, str], ...]  # the case's other attributes, and their outcomes

    @property
    def deciding(self) -> Asked | None:
        """The rule that decides the case."""
        return next((asked for asked in self.asked if asked.decides), None)


def explain(
    case: str, *, program: Program, policy: Policy, tables: Mapping[str, pl.LazyFrame], attribute: str = ""
) -> Explanation:
    """Explain what is determined of any case of the tables: of one attribute, where none is named the sample's.

    The case is assessed anew, and so is each alternative. Raises AuditError (USAGE) for a case or an attribute that
    there is not.
    """
    attribute, files = _attribute(program, policy, attribute), gather(program, tables, pl.Series([case]))
    file = take_out(files)
    files = file_again(files, [file])
    standing = replace(policy, rules=tuple(_standing(policy, files, file)))
    found = dict.fromkeys(policy.attributes(), _NO_RULE) | _by_attribute(files, standing)
    determined, needed = found[attribute], tuple(filter(None, (found[attribute]["needed"] or "").split("; ")))
    rules, standing = _only(policy, attribute), _only(standing, attribute)
    asked = tuple(_ask(rules, files, file, standing, determined))
    seen = Seen(files, file, program, policy, _relevant(files, policy, asked))
    shown = evidence(seen)
    late = any(row.why_not == LATER for row in shown.rows)
    return Explanation(
        unit=program.unit[0],
        case=case,
        attribute=attribute,
        outcome=determined["outcome"],
        case_class=determined["class"],
        severity=determined["severity"],
        needed=needed,
        asked=asked,
        seen=shown,
        changes=changes(files, file, standing, _variation(seen, shown, needed)) if standing.rules else (),
        known_later=(
            determine(files, standing, as_known="later", explained=False).collect()["outcome"].item() if late else None
        ),
        others=tuple((name, row["outcome"]) for name, row in found.items() if name != attribute),
    )


def _attribute(program: Program, policy: Policy, named: str) -> str:
    decided = [name for name in OUTCOMES if name in policy.attributes()]
    if named and named not in decided:
        problem = Problem(what="the policy decides no such attribute", mend=f"Name {' or '.join(decided)}.")
        raise AuditError(problem, code=ExitCode.USAGE)
    first = program.sample.attribute if program.sample else ""
    return named or (first if first in decided else decided[0])


def _only(policy: Policy, attribute: str) -> Policy:
    return replace(policy, rules=tuple(rule for rule in policy.rules if rule.attribute == attribute))


def _by_attribute(files: Files, policy: Policy, *, explained: bool = True) -> dict[str, dict[str, Any]]:
    """What is determined of the one case, by attribute."""
    rows = determine(files, policy, explained=explained).collect().iter_rows(named=True) if policy.rules else ()
    return {row["attribute"]: row for row in rows}


def _standing(policy: Policy, files: Files, file: CaseFile) -> Iterator[Rule]:
    """The rules that were, or may have been, in force on the case's day, each in the version of that day."""
    for rule in policy.rules:
        version, _ = version_on(rule, _date(file.facts[rule.dated_by or files.dated_by]))
        if version:
            yield replace(rule, versions=(version,))


def _ask(
    policy: Policy, files: Files, file: CaseFile, standing: Policy, determined: Mapping[str, Any]
) -> Iterator[Asked]:
    """Every rule, put to the case alone."""
    found = _by_attribute(files, put_apart(standing), explained=False)
    for rule in policy.rules:
        alone, on = found.get(rule.id), _date(file.facts[rule.dated_by or files.dated_by])
        version = next((own.versions[0] for own in standing.rules if own.id == rule.id), None)
        cited = version or rule.versions[-1]
        document = standing.documents[cited.under]
        applies, given = (alone["sure"] is True, alone["outcome"]) if alone else (False, "")
        answer: Answer = "applies" if applies else "unknown" if given == "undeterminable" else "does not apply"
        yield Asked(
            rule=rule.id,
            title=rule.title,
            version=version.under if version else "",
            in_force=days(cited.in_force),
            on=on,
            answer=answer if version else "not in force",
            outcome=given if applies else "",
            met={rule.verdict: True, rule.otherwise: False}.get(given) if applies and cited.expects else None,
            decides=determined["class"] is not None and determined["rule"] == rule.id,
            when=cited.when,
            expects=cited.expects,
            document=document.title,
            section=cited.citation.section,
            quote=cited.citation.quote,
            unverified=cited.citation.unverified or document.unverified,
        )


def _relevant(files: Files, policy: Policy, asked: Sequence[Asked]) -> list[Condition]:
    """The conditions that were put to the case: of rules in force, up to the first that surely applies.

    Last come those under which the tables that were looked over are known to hold every row.
    """
    words, found = worded(files.vocabulary, policy), []
    for one in asked:
        if one.version:
            texts = (one.when, one.expects if one.answer in ("applies", "unknown") else "")
            found += [read(text, words, place=one.rule) for text in texts if text]
        if one.answer == "applies":
            break
    tables = dict.fromkeys(tally.child for condition in found for tally in condition.tallies)
    complete = dict.fromkeys(files.vocabulary.children[table].complete_when for table in tables)
    return found + [read(text, files.vocabulary, place="complete_when") for text in complete if text]


def _variation(seen: Seen, shown: Evidence, needed: tuple[str, ...]) -> Variation:
    where, tables, own = origins(seen.program), seen.program.tables, cases_of(seen.program).table
    names = dict.fromkeys(name for condition in seen.conditions for name in condition.fields if name in where)
    facts = {name: tables[where[name].table].columns.get(name, Column()) for name in names}
    return Variation(
        # A column of another table is blank as well where no row of it was found.
        facts={name: replace(c, required=c.required and where[name].table == own) for name, c in facts.items()},
        missing=tuple(name for name in needed if name in facts and seen.file.facts[name] is None),
        fields={table: seen.fields(table) for table in seen.tallies()},
        rows={
            table: tuple((row.row, row.place) for row in shown.rows if row.table == table and row.why_not != LATER)
            for table in seen.tallies()
        },
        texts=(*(condition.text for condition in seen.conditions), *(fact.means for fact in shown.facts)),
    )


def _date(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
