"""The rules of one attribute as a list, folded from last to first in three-valued logic (Kleene 1952, §64).

Where a rule applies, its verdict stands; where it does not, the rest of the list decides; where that is unknown, the
common verdict of both stands if there is one, and otherwise the case is undeterminable and names what it needs. A case
that is not surely one rule's names every rule that could decide it, and bears the gravest severity of those.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from audit.policy.aggregates import AggregateBuilder
from audit.policy.compiled_condition import Condition
from audit.policy.fact_text import NULL_TEXT, join_texts, list_needed_fields, write_where
from audit.policy.rules import CompiledVersion, DateInterval, Rule
from audit.policy.values import is_any_true

SEVERAL_CLASSES = "more than one class"  # a case decided without knowing which of several rules applies

# What the fold makes of each case, in columns that no declared column is named like.
OUTCOME, CLASS, RULE_NUMBER, SURE, NEEDED = "__outcome", "__class", "__rule_number", "__sure", "__needed"
CRITICAL = "__critical"
_CANDIDATES = "__candidates"  # versions that decide a case, or could: a bit each, in as many columns as they need
_BITS = 62  # of such a column
_NEEDS = "__needs: "  # and the text of a condition: the fields that leave it unknown
_APPLIES, _VERDICT = "__applies", "__verdict"  # of the rule that is put in front


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleList:
    """The versions of the rules of one attribute, in order, each with its number in the policy."""

    versions: Sequence[tuple[int, CompiledVersion]]
    dated_by: str  # the column whose day decides which version is in force, where a rule names no other

    def fold(self, facts: pl.LazyFrame, *, needed_by: AggregateBuilder | None = None) -> pl.LazyFrame:
        """The facts with the verdict on each case; where `needed_by` can tell, with what it needs and who could decide.

        Which versions could decide a case is asked of the result with `is_candidate`.
        """
        outcomes = _OutcomeTypes.collect(version for _, version in self.versions)
        undated = pl.col(self.dated_by).is_null()
        frame = facts.with_columns(
            pl.when(undated)
            .then(outcomes.make_outcome("undeterminable"))
            .when(self._build_no_rule_test())
            .then(outcomes.make_outcome("no_rule"))
            .otherwise(outcomes.make_outcome("not_applicable"))
            .alias(OUTCOME),
            outcomes.make_class(None).alias(CLASS),
            pl.lit(None, dtype=pl.Int32).alias(RULE_NUMBER),
            pl.lit(None, dtype=pl.Boolean).alias(SURE),
            pl.lit(None, dtype=pl.Boolean).alias(CRITICAL),
            write_where(undated, pl.lit(self.dated_by)).alias(NEEDED),
            *(pl.lit(0, pl.Int64).alias(column) for column in self._name_candidate_columns()),
        )
        if needed_by:  # worded once for all versions that share a condition
            conditions = {one.text: one for _, version in self.versions for one in version.conditions}
            frame = frame.with_columns(
                list_needed_fields(one, needed_by).alias(f"{_NEEDS}{text}") for text, one in conditions.items()
            )
        for place, (number, version) in reversed([*enumerate(self.versions)]):
            explained = self._explain_rule(place, version) if needed_by else ()
            frame = self._prepend_rule(frame, number, version, outcomes, explained)
        return frame

    def is_candidate(self, places: Iterable[int]) -> pl.Expr:
        """Whether a folded case is decided, or could be, by one of the versions at these places in the list."""
        wanted = dict.fromkeys(self._name_candidate_columns(), 0)
        for place in places:
            wanted[f"{_CANDIDATES}{place // _BITS}"] |= 1 << place % _BITS
        return is_any_true((pl.col(column) & bits) != 0 for column, bits in wanted.items())

    def _name_candidate_columns(self) -> list[str]:
        return [f"{_CANDIDATES}{n}" for n in range(-(-len(self.versions) // _BITS))]

    def _build_no_rule_test(self) -> pl.Expr:
        """Whether no rule was in force on the case's day, or one that speaks to such cases was not."""
        versions_by_rule: dict[str, list[CompiledVersion]] = {}
        for _, version in self.versions:
            versions_by_rule.setdefault(version.rule.id, []).append(version)
        in_force = {
            rule: is_any_true(build_in_force_test(version, self.dated_by) for version in versions)
            for rule, versions in versions_by_rule.items()
        }
        none_in_force = ~is_any_true(in_force.values()).fill_null(False)
        speaks_elsewhere = is_any_true(
            (~in_force[rule] & is_any_true(version.when.truth for version in versions)).fill_null(False)
            for rule, versions in versions_by_rule.items()
        )
        return none_in_force | speaks_elsewhere

    def _prepend_rule(
        self,
        verdicts: pl.LazyFrame,
        number: int,
        version: CompiledVersion,
        outcomes: "_OutcomeTypes",
        explained: Sequence[pl.Expr],
    ) -> pl.LazyFrame:
        """Put one rule in front of the verdicts that the later rules gave."""
        verdicts = verdicts.with_columns(
            (build_in_force_test(version, self.dated_by) & version.when.truth).alias(_APPLIES),
            _build_verdict(version.rule, version.expects, outcomes).alias(_VERDICT),
        )
        verdict, undeterminable = pl.col(_VERDICT), outcomes.make_outcome("undeterminable")
        no_class, own_class = outcomes.make_class(None), outcomes.make_class(version.rule.case_class)
        several = outcomes.make_class(SEVERAL_CLASSES)
        common_class = pl.when(pl.col(CLASS) == own_class).then(own_class).otherwise(several)
        own_number, yes, no = pl.lit(number, dtype=pl.Int32), pl.lit(True), pl.lit(False)
        is_critical = pl.lit(version.rule.severity == "critical")
        gravest = is_critical | pl.col(CRITICAL).fill_null(False)
        return verdicts.with_columns(
            _choose(OUTCOME, applies=verdict, agrees=verdict, unknown=undeterminable),
            _choose(CLASS, applies=own_class, agrees=common_class, unknown=no_class),
            _choose(RULE_NUMBER, applies=own_number, agrees=own_number, unknown=own_number),
            _choose(SURE, applies=yes, agrees=no, unknown=no),
            _choose(CRITICAL, applies=is_critical, agrees=gravest, unknown=gravest),
            *explained,
        )

    def _explain_rule(self, place: int, version: CompiledVersion) -> list[pl.Expr]:
        """What a case needs with this rule in front, and the versions that could decide it."""
        own = _list_needed_to_meet(version)
        day, in_force = version.rule.dated_by or self.dated_by, build_in_force_test(version, self.dated_by)
        began = pl.lit(f"the day {version.version.under} came into force")
        which = write_where(in_force.is_null(), pl.when(pl.col(day).is_null()).then(pl.lit(day)).otherwise(began))
        fields = [_name_needed_fields(condition) for condition in version.conditions]
        needed = join_texts([which, *fields, pl.col(NEEDED)])  # first whether the rule applies, then what it would need
        columns = [_choose(NEEDED, applies=own, agrees=NULL_TEXT, unknown=needed)]
        for column in self._name_candidate_columns():
            bit = pl.lit(1 << place % _BITS if column == f"{_CANDIDATES}{place // _BITS}" else 0, pl.Int64)
            columns.append(_choose(column, applies=bit, agrees=pl.col(column) | bit, unknown=pl.col(column) | bit))
        return columns


def _name_needed_fields(condition: Condition) -> pl.Expr:
    """The column that holds what a condition lacks."""
    return pl.col(f"{_NEEDS}{condition.text}")


def _list_needed_to_meet(version: CompiledVersion) -> pl.Expr:
    """What is missing to say whether a case meets what the rule expects, by its facts or by the rule's own word."""
    rule, needs, undeterminable = version.rule, pl.lit(version.rule.needs), "undeterminable"
    if version.expects is None:
        return needs if rule.verdict == undeterminable else NULL_TEXT
    truth, parts = version.expects.truth, [_name_needed_fields(version.expects)]
    if rule.verdict == undeterminable:
        parts.append(write_where(truth.fill_null(False), needs))
    if rule.otherwise == undeterminable:
        parts.append(write_where((~truth).fill_null(False), needs))
    return join_texts(parts)


def build_in_force_test(version: CompiledVersion, dated_by: str) -> pl.Expr:
    """Whether the version was in force on the case's day; unknown where the day it came into force is, and near."""
    day = pl.col(version.rule.dated_by or dated_by).cast(pl.Date)
    intervals = version.version.in_force
    return is_any_true(_has_begun(day, interval) & _has_not_ended(day, interval) for interval in intervals)


def _choose(column: str, *, applies: pl.Expr, agrees: pl.Expr, unknown: pl.Expr) -> pl.Expr:
    """What the column holds with a rule in front.

    That is one value where the rule `applies`, one where it is unknown whether it does and its verdict `agrees` with
    the rest of the list, one where that is `unknown` and it does not, and else what the rest of the list gave.
    """
    is_unknown, verdict = pl.col(_APPLIES).is_null(), pl.col(_VERDICT)
    is_common = (verdict == pl.col(OUTCOME)) & (verdict != "undeterminable")
    return (
        pl.when(pl.col(_APPLIES))
        .then(applies)
        .when(is_unknown & is_common)
        .then(agrees)
        .when(is_unknown)
        .then(unknown)
        .otherwise(pl.col(column))
        .alias(column)
    )


def _build_verdict(rule: Rule, expects: Condition | None, outcomes: "_OutcomeTypes") -> pl.Expr:
    verdict = outcomes.make_outcome(rule.verdict)
    if expects is None:
        return verdict
    undeterminable, otherwise = outcomes.make_outcome("undeterminable"), outcomes.make_outcome(rule.otherwise)
    return pl.when(expects.truth).then(verdict).when(expects.truth.is_null()).then(undeterminable).otherwise(otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OutcomeTypes:
    """Every outcome and class that there can be: as numbers with names they are quicker to choose between than text."""

    outcomes: pl.Enum
    classes: pl.Enum

    @classmethod
    def collect(cls, versions: Iterable[CompiledVersion]) -> "_OutcomeTypes":
        """The types of what these versions can give."""
        rules = [version.rule for version in versions]
        own = [verdict for rule in rules for verdict in (rule.verdict, rule.otherwise)]
        outcomes = dict.fromkeys(("undeterminable", "not_applicable", "no_rule", *own))
        classes = dict.fromkeys((SEVERAL_CLASSES, *(rule.case_class for rule in rules)))
        return cls(outcomes=pl.Enum([*outcomes]), classes=pl.Enum([*classes]))

    def make_outcome(self, name: str) -> pl.Expr:
        """An outcome."""
        return pl.lit(name, dtype=self.outcomes)

    def make_class(self, name: str | None) -> pl.Expr:
        """A class of cases, or none."""
        return pl.lit(name, dtype=self.classes)


def _has_begun(day: pl.Expr, interval: DateInterval) -> pl.Expr:
    if interval.since is None:
        return pl.lit(True)
    if interval.since_by is None:
        return day >= interval.since
    unknown = pl.lit(None, dtype=pl.Boolean)
    return pl.when(day >= interval.since_by).then(True).when(day < interval.since).then(False).otherwise(unknown)


def _has_not_ended(day: pl.Expr, interval: DateInterval) -> pl.Expr:
    return day <= interval.until if interval.until else pl.lit(True)
