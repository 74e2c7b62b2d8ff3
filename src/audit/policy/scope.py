"""Where a piece of a condition stands: by whose words it is read, over which rows, inside which terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from sqlglot import exp

from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiled_condition import CompiledPart
from audit.policy.values import DATE_KINDS, CompiledValue
from audit.policy.vocabulary import Vocabulary

_KIND_BY_COLUMN_TYPE = {"integer": "number", "yes_no": "truth", "office": "text", "datetime": "time"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """Where a piece of a condition stands, and how what stands inside it is compiled."""

    text: str  # of the whole condition
    place: str  # where it is written
    vocabulary: Vocabulary
    compile_form: Callable[[exp.Expr, "Scope"], CompiledPart]
    compiled_terms: dict[str, CompiledPart]  # of the whole condition, so far: each term is compiled once
    table: str = ""  # the child table whose rows are looked at
    inside: tuple[str, ...] = ()  # terms that are being expanded
    only_state: bool = False  # whether it matters only if a column is blank

    @property
    def row_columns(self) -> Mapping[str, str]:
        """The columns of the child table whose rows are looked at, and their types; none outside of one."""
        return self.vocabulary.children[self.table].columns if self.table else {}

    def compile(self, node: exp.Expr) -> CompiledPart:
        """Compile what stands inside."""
        return self.compile_form(node, self)

    def compile_truth(self, node: exp.Expr) -> CompiledPart:
        """Compile what stands inside, which must be true or false."""
        part = self.compile(node)
        if part.value.kind not in ("truth", "any"):
            self.refuse(f"uses `{node.sql()}` as if it were true or false", "Compare it with something.")
        return part

    def refuse(self, what: str, mend: str) -> NoReturn:
        """Refuse the condition: AuditError (USAGE) with its text, what is wrong and what to do."""
        problem = Problem(what=f"the condition `{self.text}` {what}", mend=mend, file=self.place)
        raise AuditError(problem, code=ExitCode.USAGE)

    def refuse_unlike_kinds(self, one: CompiledValue, other: CompiledValue, node: exp.Expr) -> None:
        """Refuse a comparison of values that cannot be compared."""
        kinds = {one.kind, other.kind}
        if "any" not in kinds and len(kinds) > 1 and not kinds <= {*DATE_KINDS}:
            self.refuse(f"compares {one.kind} with {other.kind} in `{node.sql()}`", "Compare like with like.")


FormCompiler = Callable[[exp.Expr, Scope], CompiledPart]


def find_kind(column_type: str) -> str:
    """The kind of value that a column of this type holds: text, number, date, time, truth or any."""
    return _KIND_BY_COLUMN_TYPE.get(column_type, column_type)
