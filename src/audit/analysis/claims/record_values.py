"""The values of a report's record, with those that follow from them, by the names under which they stand."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import permutations
from math import floor
from typing import Any

from audit.analysis.claims.check import find_days
from audit.formatting import format_month

NAME_KEYS = (
    "name",
    "month",
    "label",
    "table",
    "case",
    "person",
    "office",
)  # by which the rows of a list are told apart
NAMED_ROWS = 8  # a list of so many rows is one of offices, months or tables: its values stand under their names
COMPUTED_TEXTS = ("headline", "key_figures")  # words made from numbers of the record, which say nothing new
NUMBERED_LISTS = (".outside", "checks", "findings", "inputs")  # of which a report says how many there are
UNREAD_KEYS = ("open_items", "curve", "tiles", "version", "number")
MOST_INNER_VALUES = 24  # of a row, of which shares and sums are taken
LARGEST = 5  # rows of a table of the largest
YEAR = 12  # months
#: The numbers of a result that those of the rows of its lists may be a share of.
OUTER_WHOLES = ("cases", "total", "answered", "second", "both", "traced")
#: The numbers of a row that its other numbers may be a share of, and lists of a part and its whole.
WHOLES = frozenset(("due", "due_first", "due_now", "open_end", "reviewed", "drawn", "units", "rows_in", "verified"))
WHOLES |= {"population", *OUTER_WHOLES}
INNER_WHOLES = ("queries",)  # of the rows of a list, of which those of the result may be a share
PAIRS = ("resolved_within", "own", "every")
#: What reports say of two numbers of a row together.
SUMS = (("compliant", "late"), ("short", "close"), ("conforming", "deviating"), ("more", "less"))
DIFFERENCES = (("open_end", "open_start"), ("received", "excluded"), ("due", "compliant"), ("drawn", "traced"))
KINDS = ("found", "passed", "escalated", "repeated", "standing", "outcome", "severity", "flagged", "unverified")
FRACTION = re.compile(r"-?\d+/\d*[1-9]\d*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MONTH = re.compile(r"\d{4}-\d\d")
AS_OF_KEYS = ("as_of", "since_as_of", "next_issue")
PLACES = (0, 1, 2)  # to which a share is rounded

Names = frozenset[str]


@dataclass(slots=True)
class ValueGroup:
    """The values that stand under the same names: whole numbers, and others as rounded, each with where from."""

    counts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    decimals: dict[tuple[int, Fraction], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add_count(self, value: int, path: str) -> None:
        """A whole number."""
        self.counts[abs(value)].add(path)

    def add_decimal(self, value: Fraction, path: str) -> None:
        """A number that is no count, as it is rounded half up."""
        for places in PLACES:
            step = Fraction(1, 10**places)
            self.decimals[places, floor(abs(value) / step + Fraction(1, 2)) * step].add(path)

    def add_share(self, value: Fraction, path: str) -> None:
        """A share, in percent."""
        self.add_decimal(value * 100, path)


@dataclass(slots=True)
class RecordValues:
    """What a record says: its values by the names they stand under, its days, and its texts."""

    period: str = ""
    groups: dict[Names, ValueGroup] = field(default_factory=lambda: defaultdict(ValueGroup))
    days: set[date] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    spellings: list[tuple[str, str]] = field(default_factory=list)

    def list_groups(self, context: str) -> list[ValueGroup]:
        """The groups all of whose names stand in a context."""
        lower = context.lower()
        absent = {name for name, spelling in self._list_spellings() if spelling not in lower}
        absent -= {name for name in absent if MONTH.fullmatch(name) and _has_month(context, name)}
        return [group for names, group in self.groups.items() if not names & absent]

    def has_place(self, words: Sequence[str]) -> bool:
        """Whether any whole number stands at a place with one of these words."""
        places = (place for group in self.groups.values() for some in group.counts.values() for place in some)
        return any(word in place for place in places for word in words)

    def _list_spellings(self) -> list[tuple[str, str]]:
        """Every name, with what of it stands in a text."""
        if not self.spellings:
            for name in sorted({name for names in self.groups for name in names}):
                is_month = MONTH.fullmatch(name) is not None
                spelled = "" if name == self.period else format_month(name) if is_month else name  # "" stands anywhere
                self.spellings.append((name, spelled.lower()))
        return self.spellings


def _has_month(context: str, month: str) -> bool:
    """Whether a month is named without its year."""
    name = format_month(month).split()[0]
    return name in context and re.search(rf"\b{name}\b(?! \d{{4}})", context) is not None


def read_record_values(record: Mapping[str, Any]) -> RecordValues:
    """Every value of a record, and the shares, sums, differences and numbers of rows that follow from them."""
    values = RecordValues(period=str(record.get("period", "")))
    codes = dict(_list_codes(record))
    _walk(record, "", frozenset(), values, codes)
    _add_later_outcomes(record.get("result"), values)
    _add_open_items(record.get("open_items") or (), codes, values)
    for trend in record.get("trends") or ():
        _add_trend(trend, values)
    return values


def _add_open_items(items: Sequence[Mapping[str, Any]], codes: Mapping[str, str], values: RecordValues) -> None:
    """How many items are open, and how many units and records they lack, of each office and of all."""
    for names in ({""}, {str(item["office"]) for item in items}):
        for name in names:
            rows = [item for item in items if name in ("", item["office"])]
            group = values.groups[frozenset({codes.get(name, name)} - {""})]
            group.add_count(len(rows), "open_items.length")
            for key in ("units", "records"):
                group.add_count(sum(row.get(key) or 0 for row in rows), f"open_items.sum of {key}")


def _add_trend(trend: Mapping[str, Any], values: RecordValues) -> None:
    """How many months of all offices have limits, and how many offices lie beyond them in the last month."""
    group, months = values.groups[frozenset()], [office["months"] for office in trend["offices"]]
    group.add_count(sum(one["lower"] is not None for some in months for one in some), "trends.months with limits")
    for flag in {one["flag"] for some in months for one in some[-1:]}:
        group.add_count(sum(one["flag"] == flag for some in months for one in some[-1:]), f"trends.last month {flag}")


def _add_later_outcomes(result: Any, values: RecordValues) -> None:
    """How many cases of a sample would conform, and could be assessed, if what was recorded later counted too."""
    if not isinstance(result, Mapping) or not isinstance(result.get("overall"), Mapping):
        return
    overall = result["overall"]
    group = values.groups[frozenset()]
    for _, _, cases in result.get("later") or ():
        conforming = overall["conforming"] - cases
        assessed = overall["conforming"] + overall["deviating"] - cases
        group.add_count(conforming, "result.later.conforming")
        group.add_count(assessed, "result.later.assessed")
        group.add_share(Fraction(conforming, max(assessed, 1)), "result.later.rate")


def _list_codes(node: Any) -> Iterator[tuple[str, str]]:
    """The codes of offices that the record gives a name, with these names."""
    if isinstance(node, Mapping):
        if isinstance(node.get("office"), str) and isinstance(node.get("name"), str):
            yield node["office"], node["name"]
        names = node.get("office_names")
        yield from names.items() if isinstance(names, Mapping) else ()
    for inner in node.values() if isinstance(node, Mapping) else node if isinstance(node, list | tuple) else ():
        if isinstance(inner, Mapping | list | tuple):
            yield from _list_codes(inner)


def _walk(node: Any, path: str, names: Names, values: RecordValues, codes: Mapping[str, str]) -> None:
    key = path.rpartition(".")[2]
    if isinstance(node, Mapping):
        _add_row(node, path, names, values)
        _add_outer_shares(node, path, names, values)
        _add_inner_shares(node, path, names, values)
        for name, inner in node.items():
            if name not in UNREAD_KEYS:
                _walk(inner, f"{path}.{name}" if path else name, names, values, codes)
    elif isinstance(node, list | tuple):
        _add_list(node, path, names, values)
        rows = [_find_names(one, codes) for one in node]
        is_named = len(node) >= NAMED_ROWS and sum(map(bool, rows)) == len(node)
        for place, (inner, own) in enumerate(zip(node, rows, strict=True)):
            at = path if is_named else f"{path}.{place}"
            _walk(inner, at, names | own if is_named else names, values, codes)
    elif isinstance(node, str):
        if path.partition(".")[0] not in COMPUTED_TEXTS:
            values.texts.append(" ".join(node.split()))
        if FRACTION.fullmatch(node):
            exact = Fraction(node)
            values.groups[names].add_decimal(exact, path)
            values.groups[names].add_share(exact, path)
            values.groups[names].add_count(floor(abs(exact) + Fraction(1, 2)), path)
        if re.fullmatch(r"\d{1,9}", node):
            values.groups[names].add_count(int(node), path)
        if re.search(rf"(?:^|\.)(?:{'|'.join(AS_OF_KEYS)})(?:\.|$)", path) and DAY.fullmatch(node):
            values.days.add(date.fromisoformat(node))
        if key == "as_of":
            values.days |= {day for _, day in find_days(node)}
    elif isinstance(node, bool) or node is None:
        return
    elif isinstance(node, int):
        values.groups[names].add_count(node, path)
    elif isinstance(node, float):
        group = values.groups[names]
        if abs(node) > 1:
            group.add_count(floor(Fraction(str(node)) + Fraction(1, 2)), path)
        if "minutes" in key:
            group.add_decimal(Fraction(str(node)) / 60, f"{path} in hours")
        group.add_share(Fraction(str(node)), path)
        if not key.startswith(("rate", "lower", "upper")):
            group.add_decimal(Fraction(str(node)), path)


def _find_names(node: Any, codes: Mapping[str, str]) -> Names:
    """By what a row of a list is told apart: its name or its month, and not both a name and its code."""
    if not isinstance(node, Mapping):
        return frozenset()
    names = [str(node[key]) for key in NAME_KEYS if isinstance(node.get(key), str) and node[key]]
    return frozenset(codes.get(name, name) for name in names[:1])


def _add_row(node: Mapping[str, Any], path: str, names: Names, values: RecordValues) -> None:
    """What follows from the whole numbers of a row: shares of its wholes, sums and differences."""
    numbers = {key: value for key, value in node.items() if isinstance(value, int) and not isinstance(value, bool)}
    group = values.groups[names]
    for first, second in SUMS:
        if first in numbers and second in numbers:
            group.add_count(numbers[first] + numbers[second], f"{path}.{first}+{second}")
    for first, second in DIFFERENCES:
        if first in numbers and second in numbers:
            group.add_count(numbers[first] - numbers[second], f"{path}.{first}-{second}")
    for whole in WHOLES & numbers.keys():
        parts = [(key, value) for key, value in numbers.items() if key != whole]
        parts += [("+".join(pair), sum(numbers[one] for one in pair)) for pair in SUMS if set(pair) <= numbers.keys()]
        parts += [(f"{key}.{place}", one) for key, some in node.items() for place, one in _list_counts(some)]
        for key, part in parts:
            if 0 <= part <= numbers[whole] > 0:
                group.add_share(Fraction(part, numbers[whole]), f"{path}.{key}/{whole}")
    if {"jurisdiction_days", "days", "months", "count"} <= numbers.keys() and numbers["days"]:
        exposure = Fraction(numbers["jurisdiction_days"] * numbers["months"], numbers["days"])
        group.add_count(floor(exposure + Fraction(1, 2)), f"{path}.jurisdiction months")
        group.add_decimal(numbers["count"] / max(exposure, Fraction(1)), f"{path}.count a jurisdiction month")
    for key, value in node.items():
        if key in PAIRS and value and value[1]:
            group.add_share(Fraction(value[0], value[1]), f"{path}.{key}")


def _add_outer_shares(node: Mapping[str, Any], path: str, names: Names, values: RecordValues) -> None:
    """The shares of the numbers in the lists of a result, of the whole that it states."""
    for whole in OUTER_WHOLES:
        total = node.get(whole)
        if not isinstance(total, int) or total <= 0:
            continue
        for name, rows in node.items():
            for row in rows if isinstance(rows, list | tuple) else ():
                for key, value in row.items() if isinstance(row, Mapping) else ():
                    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= total:
                        values.groups[names].add_share(Fraction(value, total), f"{path}.{name}.{key}/{whole}")


def _add_inner_shares(node: Mapping[str, Any], path: str, names: Names, values: RecordValues) -> None:
    """The shares of the numbers of a result, of a whole that the rows of its lists state."""
    rows = [row for some in node.values() if isinstance(some, list) for row in some if isinstance(row, Mapping)]
    wholes = [row[key] for row in rows for key in INNER_WHOLES if isinstance(row.get(key), int) and row[key]]
    parts = [(key, one) for key, one in node.items() if isinstance(one, int) and not isinstance(one, bool)]
    parts += [(key, row[key]) for row in rows for key in INNER_WHOLES if isinstance(row.get(key), int)]
    for key, value in parts:
        for whole in wholes:
            if 0 <= value <= whole:
                values.groups[names].add_share(Fraction(value, whole), f"{path}.{key}/whole")


def _list_counts(values: Any) -> Iterator[tuple[int, int]]:
    """The whole numbers of a short list, each with its place."""
    if isinstance(values, list | tuple) and len(values) <= MOST_INNER_VALUES:
        for place, value in enumerate(values):
            if isinstance(value, int) and not isinstance(value, bool):
                yield place, value
            elif isinstance(value, list | tuple) and value and isinstance(value[-1], int):
                yield place, value[-1]


def _add_list(rows: Sequence[Any], path: str, names: Names, values: RecordValues) -> None:
    """How many rows a list has, how many of each kind, and the sums of its columns, also of its largest values."""
    group = values.groups[names]
    if len(rows) >= NAMED_ROWS or path.endswith(NUMBERED_LISTS):
        group.add_count(len(rows), f"{path}.length")
    if rows and all(isinstance(row, list) and all(isinstance(one, int) for one in row) for row in rows):
        for line in (*rows, *zip(*rows, strict=False)):  # of a cross-table
            group.add_count(sum(line), f"{path}.sum of a line")
    columns: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Mapping):
            for key, value in row.items():
                columns[key].append(value)
    sums: dict[str, int] = {}
    for first, second in DIFFERENCES:
        if first in columns and second in columns:
            pairs = zip(columns[first], columns[second], strict=True)
            columns[f"{first}-{second}"] = [a - b for a, b in pairs if isinstance(a, int) and isinstance(b, int)]
    for key, column in columns.items():
        if key in KINDS and len(column) == len(rows):
            for kind in {value for value in column if isinstance(value, str | bool)}:
                group.add_count(column.count(kind), f"{path}.{key}={kind}")
        numbers = sorted((one for one in column if isinstance(one, int) and not isinstance(one, bool)), reverse=True)
        if len(numbers) > 1:
            for most in (LARGEST, len(numbers)):
                group.add_count(sum(numbers[:most]), f"{path}.sum of {key}")
            sums[key] = sum(one for one in column[-YEAR:] if isinstance(one, int))
    if {"month", "due", "compliant"} <= columns.keys() and len(rows) > 1 and all(columns["due"][-2:]):
        before, last = (Fraction(row["compliant"], row["due"]) for row in rows[-2:])
        group.add_share(last - before, f"{path}.change")
    for (first, one), (second, other) in permutations(sums.items(), 2):
        if second in WHOLES and other > 0:
            group.add_share(Fraction(one, other), f"{path}.{first}/{second}")
