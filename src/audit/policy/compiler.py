"""The language of conditions: text a lawyer can read, compiled node by node into three-valued expressions.

A condition is an SQL predicate in a closed set of forms. A form without its own rule here cannot pass, and the
text never reaches an engine. The value of a condition is a nullable Boolean: true, false, or null for *unknown*.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, NoReturn

import polars as pl
from sqlglot import exp

from audit.policy import functions, operators
from audit.policy.compiled_condition import ColumnPlace, CompiledPart, Condition, References
from audit.policy.parser import KNOWN_FORMS, has_only_known_parts, parse_condition
from audit.policy.scope import FormCompiler, Scope, find_kind
from audit.policy.values import CompiledValue, make_exact_value, name_term_columns
from audit.policy.vocabulary import Vocabulary

MAXIMUM_EXPANSIONS = 200  # of terms in one condition, each as often as it is named


def compile_condition(text: str, vocabulary: Vocabulary, *, place: str) -> Condition:
    """Compile a condition. Raises AuditError (USAGE) that names `place` and what is not part of the language."""
    scope = _make_scope(text, vocabulary, place)
    part = _compile_text(scope)
    if part.value.kind not in ("truth", "any"):
        scope.refuse("is not a condition: it has a value, not a truth", "Compare it with something.")
    read = part.references
    return Condition(
        text=text,
        truth=part.value.low,
        fields=read.fields,
        decisive_blanks=read.blanks,
        aggregates=tuple(read.aggregates.values()),
        values_by_name=read.values,
        terms=read.terms,
        term_aggregates=read.term_aggregates,
        constants=read.constants,
    )


def compile_value(text: str, vocabulary: Vocabulary, *, place: str) -> CompiledPart:
    """Compile a term or any other piece of a condition, whatever its kind. Refuses as `compile_condition` does."""
    return _compile_text(_make_scope(text, vocabulary, place))


def compile_column_condition(text: str, columns: Mapping[str, str] | Collection[str], *, place: str) -> pl.Expr:
    """The truth of a condition over the columns of one table, as a nullable Boolean."""
    typed = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "any")
    return compile_condition(text, Vocabulary(columns=typed), place=place).truth


class ConditionSet:
    """The conditions written in one vocabulary, each compiled once in a process and kept by its text.

    What is sent to another process is the vocabulary: there every condition is compiled anew when it is first needed.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._conditions: dict[str, Condition] = {}
        self._completeness: dict[str, Condition] = {}

    def replace_term(self, name: str, means: str) -> "ConditionSet":
        """The same with another meaning of a term: conditions that do not use it are not compiled again."""
        other = ConditionSet(replace(self.vocabulary, terms={**self.vocabulary.terms, name: means}))
        other._conditions = {text: one for text, one in self._conditions.items() if name not in one.terms}
        other._completeness = self._completeness
        return other

    def compile(self, text: str, *, place: str = "policy") -> Condition:
        """The condition of this text. Raises AuditError (USAGE) as `compile_condition` does."""
        if text not in self._conditions:
            self._conditions[text] = compile_condition(text, self.vocabulary, place=place)
        return self._conditions[text]

    def compile_completeness(self, table: str) -> Condition | None:
        """When a child table is known to hold every row of a case; None where it always is."""
        text = self.vocabulary.children[table].complete_when
        if text and table not in self._completeness:  # it speaks of the case's own columns alone
            plain = replace(self.vocabulary, children={}, terms={})
            self._completeness[table] = compile_condition(text, plain, place="complete_when")
        return self._completeness.get(table)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the vocabulary alone: expressions may hold functions that cannot be sent."""
        return ConditionSet, (self.vocabulary,)


def _make_scope(text: str, vocabulary: Vocabulary, place: str) -> Scope:
    return Scope(text=text, place=place, vocabulary=vocabulary, compile_form=_compile_form, compiled_terms={})


def _compile_text(scope: Scope) -> CompiledPart:
    try:
        part = scope.compile(parse_condition(scope.text, scope.refuse))
    except RecursionError:
        scope.refuse("is nested too deeply to be read", "Write it more simply, or name parts of it as terms.")
    _refuse_many_expansions(part.references, scope)
    return part


def _compile_form(node: exp.Expr, scope: Scope) -> CompiledPart:
    rule = _COMPILER_BY_FORM.get(type(node))
    if rule is None or not has_only_known_parts(node):
        scope.refuse(f"uses `{node.sql()}`, which is not part of the language", f"It knows {KNOWN_FORMS}.")
    return rule(node, scope)


def _compile_name(node: exp.Expr, scope: Scope) -> CompiledPart:
    """A column of the row or of the case, or a term."""
    name = node.name
    if name in scope.row_columns:
        return _compile_row_column(name, scope)
    if name in scope.vocabulary.columns:
        return _compile_case_column(name, scope)
    if name not in scope.vocabulary.terms or name in scope.inside or scope.table:
        _refuse_name(name, scope)
    return _compile_term(name, scope)


def _compile_row_column(name: str, scope: Scope) -> CompiledPart:
    read = References(row_columns=(name,), row_values=() if scope.only_state else (name,))
    value = make_exact_value(find_kind(scope.row_columns[name]), pl.col(name))
    return CompiledPart(value=value, references=read, column=ColumnPlace(scope.table, name))


def _compile_case_column(name: str, scope: Scope) -> CompiledPart:
    value = make_exact_value(find_kind(scope.vocabulary.columns[name]), pl.col(name))
    read = References(
        fields=(name,),
        blanks={} if scope.only_state else {name: pl.col(name).is_null()},
        values={} if scope.table else {name: value},
    )
    return CompiledPart(value=value, references=read, column=ColumnPlace("", name))


def _compile_term(name: str, scope: Scope) -> CompiledPart:
    """What a term stands for: columns that hold its value, made once however often it is named."""
    if name not in scope.compiled_terms:
        inner = replace(scope, inside=(*scope.inside, name), only_state=False)
        scope.compiled_terms[name] = inner.compile(parse_condition(scope.vocabulary.terms[name], scope.refuse))
    part = scope.compiled_terms[name]
    read, low, high = part.references, *map(pl.col, name_term_columns(name))
    value = make_exact_value(part.value.kind, low) if part.value.is_exact else CompiledValue(part.value.kind, low, high)
    references = replace(
        read,
        values={**read.values, name: value},
        terms={**read.terms, name: part.value},
        term_aggregates={**read.term_aggregates, name: tuple(read.aggregates)},
        expansions=read.expansions + 1,
    )
    _refuse_many_expansions(references, scope)
    return CompiledPart(value=value, references=references)


def _refuse_many_expansions(references: References, scope: Scope) -> None:
    """Refuse terms that double each other: what they read together would grow without end."""
    if references.expansions > MAXIMUM_EXPANSIONS:
        scope.refuse("names terms within terms too often to be read", "Write it more simply.")


def _refuse_name(name: str, scope: Scope) -> NoReturn:
    if name in scope.inside:
        scope.refuse(f"defines the term `{name}` by itself", "Define it by columns and other terms.")
    names = [*scope.row_columns, *scope.vocabulary.columns, *scope.vocabulary.terms]
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else "Name a declared column or a defined term."
    scope.refuse(f"names `{name}`, which is neither a column nor a term", hint)


_COMPILER_BY_FORM: dict[type[exp.Expr], FormCompiler] = {
    exp.Column: _compile_name,
    **operators.COMPILER_BY_OPERATOR,
    **functions.COMPILER_BY_FUNCTION,
}
