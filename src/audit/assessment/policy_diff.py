"""What differs between two documents of a policy: in their words, and in what becomes of given cases."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from audit.assessment.case_file import CaseFiles, determine_outcomes
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.in_force import describe_intervals
from audit.policy.rules import DateInterval, Document, Policy, Rule, Version

ALWAYS_IN_FORCE = (DateInterval(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """One thing that both documents state, in other words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What became of one rule; nothing is listed where both documents state it alike."""

    rule: str
    title: str
    stated: str  # "both", "before", "after": the documents that state it
    changed: tuple[TextChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDifference:
    """Two documents of a policy side by side."""

    before: str
    after: str
    document: tuple[TextChange, ...]
    rules: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeComparison:
    """The same cases under two documents, each taken alone and as if always in force."""

    attribute: str
    cases: int
    outcomes: tuple[tuple[str, str, int], ...]  # before, after, cases
    classes: tuple[tuple[str, str, int], ...]

    @property
    def changed_outcome_count(self) -> int:
        """Cases whose outcome changes."""
        return sum(cases for before, after, cases in self.outcomes if before != after)

    @property
    def changed_class_count(self) -> int:
        """Cases whose class changes."""
        return sum(cases for before, after, cases in self.classes if before != after)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """A group that moved from one level to another: how many, as the source counts them, and which of them it names."""

    before: str
    after: str
    group: str
    what: str  # crimes
    number: int
    named: tuple[str, ...]
    source: str
    quote: str


def compare_documents(policy: Policy, before: str, after: str) -> DocumentDifference:
    """What one document states otherwise than another. Raises AuditError (USAGE) where there is no such document."""
    old, new = (_require_document(policy, name) for name in (before, after))
    return DocumentDifference(
        before=before,
        after=after,
        document=tuple(_compare_texts(_list_document_texts(old), _list_document_texts(new))),
        rules=tuple(change for rule in policy.rules if (change := _compare_rule(rule, old, new))),
    )


def compare_outcomes(files: CaseFiles, policy: Policy, before: str, after: str) -> tuple[OutcomeComparison, ...]:
    """What becomes of given cases under each document alone, whatever their day: one crossing an attribute."""
    determinations = [_determine_under_document(files, policy, name) for name in (before, after)]
    both = determinations[0].join(
        determinations[1], on=[files.key, "attribute"], how="full", coalesce=True, suffix=" after"
    )
    both = both.with_columns(pl.col("outcome", "outcome after", "class", "class after").fill_null("no_rule"))
    return tuple(
        OutcomeComparison(
            attribute=attribute,
            cases=cases.height,
            outcomes=_count_pairs(cases, "outcome"),
            classes=_count_pairs(cases, "class"),
        )
        for (attribute,), cases in both.sort("attribute").group_by(["attribute"], maintain_order=True)
    )


def find_level_changes(rows: Iterable[Mapping[str, str]], before: str, after: str) -> tuple[LevelChange, ...]:
    """What moved between two columns of a table of levels, in the table's order.

    A row names one of a `group` in its first column, and its column `…_in_group` says how many the source counts there.
    A blank level is none. What the source does not name stays unnamed. Raises AuditError (DATA) for a group that has no
    one number, or names more than it counts.
    """
    groups: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        if row[before] != row[after]:
            groups.setdefault((row[before], row[after], row.get("group", "")), []).append(row)
    level_changes = tuple(_build_level_change(key, members) for key, members in groups.items())
    wrong = [
        f"the group `{one.group}` has no one number, or names more than it counts"
        for one in level_changes
        if not one.number
    ]
    if wrong:
        mend = "Give all its rows the number that the source counts, in a column such as `crimes_in_group`."
        raise AuditError([Problem(what=what, mend=mend) for what in wrong], code=ExitCode.DATA)
    return level_changes


def _build_level_change(key: tuple[str, str, str], members: Sequence[Mapping[str, str]]) -> LevelChange:
    """One group's move; its number is 0 where the rows do not give one that holds."""
    first, counted = members[0], next((name for name in members[0] if name.endswith("_in_group")), "")
    names = tuple(name for row in members if (name := next(iter(row.values()))))
    numbers = {row.get(counted, "") for row in members}
    number = int(min(numbers)) if len(numbers) == 1 and min(numbers).isdigit() else 0
    before, after, group = key
    return LevelChange(
        before=before,
        after=after,
        group=group,
        what=counted.removesuffix("_in_group"),
        number=number if number >= len(names) else 0,
        named=names,
        source=first.get("source", ""),
        quote=first.get("quote", ""),
    )


def build_crosstab(pairs: Sequence[tuple[str, str, int]]) -> tuple[tuple[str, ...], list[tuple[str | int, ...]]]:
    """Pairs as a table: a row for what was before, a column for what is after."""
    cases = {(before, after): n for before, after, n in pairs}
    rows, columns = (sorted({pair[side] for pair in cases}) for side in (0, 1))
    return ("", *columns), [(row, *(cases.get((row, column), 0) for column in columns)) for row in rows]


def _require_document(policy: Policy, name: str) -> Document:
    if name not in policy.documents:
        problem = Problem(what=f"the policy has no document {name}", mend=f"Name one of {', '.join(policy.documents)}.")
        raise AuditError(problem, code=ExitCode.USAGE)
    return policy.documents[name]


def _find_version(rule: Rule, document: str) -> Version | None:
    return next((version for version in rule.versions if version.under == document), None)


def _list_document_texts(document: Document) -> dict[str, str]:
    return {
        "title": document.title,
        "issuer": document.issuer,
        "in force": describe_intervals(document.in_force),
        "source": document.source,
    }


def _list_version_texts(version: Version, document: Document) -> dict[str, str]:
    own = version.in_force != document.in_force
    return {
        "when": version.when,
        "expects": version.expects,
        "section": version.citation.place,
        "quote": version.citation.quote,
        "in force": describe_intervals(version.in_force) if own else "as the document",
    }


def _compare_rule(rule: Rule, before: Document, after: Document) -> RuleChange | None:
    old, new = _find_version(rule, before.id), _find_version(rule, after.id)
    if not (old or new):
        return None
    changed = _compare_texts(_list_version_texts(old, before), _list_version_texts(new, after)) if old and new else ()
    stated = "both" if old and new else "before" if old else "after"
    return RuleChange(rule=rule.id, title=rule.title, stated=stated, changed=tuple(changed))


def _compare_texts(before: dict[str, str], after: dict[str, str]) -> Iterator[TextChange]:
    for what, text in before.items():
        if text != after[what]:
            yield TextChange(what=what, before=text, after=after[what])


def _determine_under_document(files: CaseFiles, policy: Policy, document: str) -> pl.DataFrame:
    stated = ((rule, _find_version(rule, document)) for rule in policy.rules)
    rules = [replace(rule, versions=(replace(own, in_force=ALWAYS_IN_FORCE),)) for rule, own in stated if own]
    if not rules:
        raise AuditError(
            Problem(what=f"no rule rests on {document}", mend="Name a document that rules cite."), code=ExitCode.USAGE
        )
    determinations = determine_outcomes(files, replace(policy, rules=tuple(rules)), explained=False)
    return determinations.select(
        files.key, "attribute", "outcome", pl.coalesce("class", "outcome").alias("class")
    ).collect()


def _count_pairs(cases: pl.DataFrame, what: str) -> tuple[tuple[str, str, int], ...]:
    pair_counts = Counter(cases.select(what, f"{what} after").iter_rows())
    return tuple((before, after, n) for (before, after), n in sorted(pair_counts.items()))
