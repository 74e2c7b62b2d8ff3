"""The offices of a program, by every way they have been written."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import polars as pl

from audit.errors import AuditError, ExitCode, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One way an office has been written, and when: from the day `since` to the day `until`, both included."""

    code: str
    name: str
    alias: str
    since: date | None = None
    until: date | None = None

    def has_overlap(self, other: "Alias") -> bool:
        """Whether some day lies in the periods of both."""
        starts = self.since or date.min, other.since or date.min
        ends = self.until or date.max, other.until or date.max
        return max(starts) <= min(ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offices:
    """The offices of a program, known by every way each has been written.

    Two offices written alike on the same day are refused: `AuditError`, code USAGE.
    """

    aliases: tuple[Alias, ...]

    def __post_init__(self) -> None:
        """Refuse a spelling that two offices have at once."""
        clashes = {
            (one.alias, one.code, other.code): None
            for meanings in self._list_spellings().values()
            for one, other in combinations(meanings, 2)
            if one.code != other.code and one.has_overlap(other)
        }
        if clashes:
            raise AuditError(
                (
                    Problem(
                        what=f'"{alias}" is written for the offices {one} and {other} at the same time',
                        mend="Give each its dates, `since` and `until`, or take one out of the office list.",
                    )
                    for alias, one, other in clashes
                ),
                code=ExitCode.USAGE,
            )

    def list_names(self) -> dict[str, str]:
        """Every office's name by its code, in the order of the list; of an office renamed, the last name listed."""
        return {alias.code: alias.name for alias in self.aliases}

    def resolve_codes(self, written: pl.Expr, *, day: pl.Expr | None = None) -> pl.Expr:
        """The code of the office that each text names on its day; null where it names none, or no single one.

        Case and spaces do not matter, nor do the decorations `BUF (Buffalo)`, `SNA San Antonio` and
        `Boston Area of Responsibility`. Without a day, only what one office alone was ever called is resolved.
        """
        spellings = self._list_spellings()
        number = {spelling: place for place, spelling in enumerate(spellings)}  # found once, by text; the rest by this

        def number_cells(cells: pl.Series) -> pl.Series:  # many cells are few texts: each is folded once
            texts = cells.unique()
            lookup = pl.col("").replace_strict(number, default=None, return_dtype=pl.UInt32())
            numbers = texts.to_frame("").select(fold_column(pl.col(""))).select(lookup).to_series()
            return cells.replace_strict(texts, numbers, return_dtype=pl.UInt32())

        key = written.map_batches(number_cells, return_dtype=pl.UInt32(), is_elementwise=True)
        codes = [{meaning.code for meaning in meanings} for meanings in spellings.values()]
        alone = _look_up_values(key, [min(code_set) if len(code_set) == 1 else None for code_set in codes], pl.String())
        if day is None:
            return alone
        day = day.cast(pl.Date)
        candidates = [pl.when(day.is_null()).then(alone)]
        for nth in range(max(map(len, spellings.values()), default=0)):
            then = [meanings[nth] if len(meanings) > nth else None for meanings in spellings.values()]
            since = _look_up_values(key, [alias and (alias.since or date.min) for alias in then], pl.Date())
            until = _look_up_values(key, [alias and (alias.until or date.max) for alias in then], pl.Date())
            code = _look_up_values(key, [alias and alias.code for alias in then], pl.String())
            candidates.append(pl.when(day.is_between(since, until)).then(code))
        return pl.coalesce(*candidates)

    def _list_spellings(self) -> dict[str, list[Alias]]:
        """Each spelling, folded, with the offices it has meant and when.

        An office's code and name are its own at all times, unless the list itself dates them.
        """
        meanings: dict[str, list[Alias]] = defaultdict(list)
        for alias in self.aliases:
            for spelling in _expand_spellings(alias.code, alias.alias):
                meanings[spelling].append(alias)
        for alias in self.aliases:
            for label in (alias.code, alias.name):
                for spelling in _expand_spellings(alias.code, label):
                    if all(meaning.code != alias.code for meaning in meanings[spelling]):
                        meanings[spelling].append(Alias(code=alias.code, name=alias.name, alias=label))
        return meanings


def _expand_spellings(code: str, label: str) -> set[str]:
    forms = (label, f"{code} ({label})", f"{code} {label}", f"{label} Area of Responsibility")
    return {fold_text(form) for form in forms}


def _look_up_values(place: pl.Expr, values: Sequence[object], kind: pl.DataType) -> pl.Expr:
    """The value at each place, batch by batch; null where there is no place."""
    series = pl.Series(values, dtype=kind)
    return place.map_batches(series.gather, return_dtype=kind, is_elementwise=True)


def fold_text(text: str) -> str:
    """Text without its spaces, in upper case: what two spellings of one thing share."""
    return re.sub(r"\s", "", text).upper()


def fold_column(written: pl.Expr) -> pl.Expr:
    """What `fold_text` makes of every text of a column."""
    return written.str.replace_all(r"\s", "").str.to_uppercase()
