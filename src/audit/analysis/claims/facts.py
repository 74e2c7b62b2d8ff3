"""Facts that a text is checked against: values and formulas of them, each with unit, noun, day and source."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from operator import add, mul, sub, truediv

from audit.analysis.claims.passages import list_stems
from audit.errors import AuditError, ExitCode, Problem

#: The columns of a table of facts; only the first six must be there.
COLUMNS = ("id", "value", "unit", "noun", "as_of", "source", "tolerance", "rounding")
REQUIRED_COLUMNS = COLUMNS[:6]
MEASURES = ("hours", "days", "weeks", "months", "years")  # units that stand after the number
UNITS = ("count", "percent", "points", "times", "dollars", "euros", "pounds", *MEASURES, "date", "names")
ROUNDINGS = ("half up", "down")
FIELDWORK_END = "fieldwork_end"  # the fact of unit date after which no as-of day should lie
_OPERATORS: Mapping[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
}


@dataclass(frozen=True, slots=True)
class ReferenceFact:
    """Something known: its value, or that none was published, and the words by which a text speaks of it."""

    id: str
    value: Fraction | None  # None where the value was never published; of unit percent: in percent
    unit: str = "count"
    nouns: tuple[str, ...] = ()  # ways to name it, in words
    as_of: date | None = None
    source: str = ""
    tolerance: Fraction = Fraction(0)
    rounding: str = "half up"
    formula: str = ""  # with the values put in: "43 + 723"
    day: date | None = None  # the value of a fact of unit date
    stems: tuple[tuple[str, ...], ...] = ()  # of each of the nouns

    def describe_value(self) -> str:
        """The value in words, with the formula that it comes from: "43 + 723 = 766"."""
        if self.unit == "date":
            return "not published" if self.day is None else self.day.isoformat()
        if self.value is None:
            return "not published"
        value = format_quantity(self.value, self.unit)
        return f"{self.formula} = {value}" if self.formula else value


def format_quantity(value: Fraction, unit: str) -> str:
    """A value to at most two places, with its unit: Fraction(698, 723) * 100 → '96.54%'."""
    places = Decimal("0.01") if value.denominator > 1 else Decimal(1)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{exact.quantize(places, rounding=ROUND_HALF_UP):,}"
    mark = {"percent": "%", "times": " times", "points": " points", "dollars": " dollars"}
    return f"{text}{mark.get(unit, f' {unit}' if unit in ('euros', 'pounds', *MEASURES) else '')}"


def parse_facts(rows: Iterable[tuple[int, Mapping[str, str]]], *, file: str) -> tuple[ReferenceFact, ...]:
    """The facts of a table's rows, each with its number.

    Raises AuditError (UNREADABLE) with everything that is wrong, by row and column.
    """
    rows = list(rows)
    reader = _FactReader(file, {cells.get("id", ""): (row, cells) for row, cells in reversed(rows)})
    facts, seen = [], set[str]()
    for row, cells in rows:
        name = cells.get("id", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            reader.refuse("is no name of a fact", "Write small letters, digits and underscores.", row, "id")
        elif name in seen:
            reader.refuse(f"{name} stands there twice", "Give each fact a name of its own.", row, "id")
        else:
            seen.add(name)
            facts += list(reader.read_row(row, cells))
    if not rows:
        reader.refuse("has no facts", "Write one a row.", None, None)
    if reader.problems:
        raise AuditError(reader.problems, code=ExitCode.UNREADABLE)
    return tuple(facts)


class _FactReader:
    """Reads rows, and keeps what is wrong with them."""

    def __init__(self, file: str, rows: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        self.file, self.rows = file, rows
        self.problems: list[Problem] = []
        self.values: dict[str, Fraction | None] = {}

    def refuse(self, what: str, mend: str, row: int | None, column: str | None) -> None:
        problem = Problem(what=what, mend=mend, file=self.file, row=row, column=column)
        if problem not in self.problems:
            self.problems.append(problem)

    def read_row(self, row: int, cells: Mapping[str, str]) -> Iterator[ReferenceFact]:
        name, unit = cells["id"], cells.get("unit", "count")
        if unit not in UNITS:
            self.refuse(f"there is no unit {unit}", f"Write one of {', '.join(UNITS)}, or nothing.", row, "unit")
            return
        rounding = cells.get("rounding", "half up")
        if rounding not in ROUNDINGS:
            self.refuse("is no way to round", f"Write {' or '.join(ROUNDINGS)}.", row, "rounding")
        nouns = tuple(noun.strip() for noun in cells.get("noun", "").split("|") if noun.strip())
        fact = ReferenceFact(
            name,
            None,
            unit,
            nouns=nouns,
            stems=tuple(filter(None, map(list_stems, nouns))),
            as_of=self._read_date(cells.get("as_of", ""), row, "as_of"),
            source=cells.get("source", ""),
            tolerance=self._read_number(cells.get("tolerance", "0"), row, "tolerance"),
            rounding=rounding,
        )
        value = cells.get("value", "")
        if unit == "date":
            yield replace(fact, day=self._read_date(value, row, "value"))
        elif ends := re.fullmatch(r"([\d.,]+) to ([\d.,]+)", value):
            for end, text in zip(("low", "high"), ends.groups(), strict=True):
                yield replace(fact, id=f"{name}.{end}", value=self._read_number(text, row, "value"))
        else:
            number, is_formula = self._find_value(name, ()), value.startswith("=")
            scale = 100 if unit == "percent" and is_formula else 1
            formula = self._write_formula(value) if is_formula else ""
            yield replace(fact, value=None if number is None else number * scale, formula=formula)

    def _find_value(self, name: str, within: tuple[str, ...]) -> Fraction | None:
        """The value of a fact, as it stands or by its formula; None where it has none or something is wrong."""
        row, cells = self.rows[name]
        text = cells.get("value", "")
        if name in within:
            self.refuse(f"{name} is computed from itself", "Give one of these facts a value.", row, "value")
            return None
        if name not in self.values:
            computed = text.startswith("=")
            self.values[name] = (
                self._compute(text[1:], row, (*within, name))
                if computed
                else self._read_number(text, row, "value")
                if text
                else None
            )
        return self.values[name]

    def _compute(self, formula: str, row: int, within: tuple[str, ...]) -> Fraction | None:
        mend = "Write names of other facts, numbers, + - * / and parentheses."
        try:
            node = ast.parse(formula.strip(), mode="eval").body
            return self._evaluate(node, row, within)
        except (SyntaxError, ValueError, RecursionError):
            self.refuse("is no formula", mend, row, "value")
        except ZeroDivisionError:
            self.refuse("divides by zero", mend, row, "value")
        return None

    def _evaluate(self, node: ast.expr, row: int, within: tuple[str, ...]) -> Fraction | None:
        match node:
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                one, other = self._evaluate(left, row, within), self._evaluate(right, row, within)
                return None if one is None or other is None else _OPERATORS[type(operator)](one, other)
            case ast.Constant(value=int() | float() as number):
                return Fraction(str(number))
            case ast.Name(id=name) if name in self.rows:
                return self._find_value(name, within)
            case ast.Name(id=name):
                self.refuse(f"there is no fact {name}", "Add a row for it, or correct the name.", row, "value")
                return None
        raise ValueError

    def _write_formula(self, text: str) -> str:
        """The formula with the values of the facts put in."""

        def put_in(match: re.Match[str]) -> str:
            value = self.values.get(match[0])
            return match[0] if value is None else format_quantity(value, "count")

        return re.sub(r"[a-z_][a-z0-9_]*", put_in, text[1:].strip())

    def _read_number(self, text: str, row: int, column: str) -> Fraction:
        if re.fullmatch(r"-?\d[\d,]*(\.\d+)?", text):
            return Fraction(text.replace(",", ""))
        self.refuse("is no number", "Write digits, a range as 300000 to 450000, or a formula after =.", row, column)
        return Fraction(0)

    def _read_date(self, text: str, row: int, column: str) -> date | None:
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse("is no day", "Write it as 2011-09-30.", row, column)
            return None
