"""The grammar of conditions: text to a tree of SQL, from which nothing is left out and to which nothing is added."""

from collections.abc import Callable
from typing import NoReturn

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer

KNOWN_FORMS = (
    "comparisons, in, between, is null, and, or, not, + and - with intervals, blank(…), redacted(…), uninformative(…), "
    "not_provided(…), count(TABLE where …), count_on_file(TABLE where …), total, earliest and latest(TABLE, VALUE "
    "where …), calendar_days(…), months_between(…), years_between(…), working_days(…), working_hours(…) and the "
    "program's predicates"
)

# The parts of a form that its rule reads; a form with any other part is refused.
_PARTS_BY_FORM: dict[type[exp.Expr], set[str]] = {
    exp.Column: {"this"},
    exp.Count: {"this", "expressions", "big_int"},
    exp.Literal: {"this", "is_string"},
    exp.Cast: {"this", "to"},
    exp.In: {"this", "expressions"},
    exp.Between: {"this", "low", "high"},
    exp.Anonymous: {"this", "expressions"},
}


def parse_condition(text: str, refuse: Callable[[str, str], NoReturn]) -> exp.Expr:
    """The tree of one condition; what cannot be read is refused, with what is wrong and what to do."""
    try:
        tokens = Tokenizer().tokenize(text)
        for token in tokens:
            if token.token_type == TokenType.WHERE:  # count(TABLE where …) reads as count(TABLE, …)
                token.token_type = TokenType.COMMA
        trees = Parser().parse(tokens, text)
    except SqlglotError:
        refuse("cannot be read", "Check its brackets, quotes and operators.")
    if len(trees) != 1 or trees[0] is None:
        refuse("is not one condition", "Write exactly one.")
    return trees[0]


def has_only_known_parts(node: exp.Expr) -> bool:
    """Whether a form has no part but those that its rule reads."""
    used = {name for name, value in node.args.items() if value not in (None, False, [])}
    return used <= _PARTS_BY_FORM.get(type(node), {"this", "expression"})
