"""The offices of a program, by every way they have been written."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import polars as pl

from audit.errors import AuditError, ExitCode, Problem

UNRECORDED_OFFICE = ""  # stands for the code of an office where a row has none
OFFICE_NOT_RECORDED = "office not recorded"  # what such rows are called; they are no office, and counted as none
_IS_IN_USE = pl.col("day").is_between("since", "until")


def name_offices(codes: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """The names of all offices by code, then of the `codes` that are not on the list."""
    return {**names, **{code: code or OFFICE_NOT_RECORDED for code in codes if code not in names}}


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

    Two offices written alike on the same day are refused, and a spelling whose days end before they begin:
    `AuditError`, code USAGE.
    """

    aliases: tuple[Alias, ...]

    def __post_init__(self) -> None:
        """Refuse a spelling whose days end before they begin, and one that two offices have at once."""
        backwards = [
            Problem(
                what=f'"{one.alias}" is written for the office {one.code} until {one.until}, and since {one.since}',
                mend="Correct its dates: `until` lies before `since`.",
            )
            for one in self.aliases
            if (one.since or date.min) > (one.until or date.max)
        ]
        if backwards:
            raise AuditError(backwards, code=ExitCode.USAGE)
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
        spellings = self._tabulate_spellings()

        def find_codes(cells: pl.Series) -> pl.Series:
            rows = cells.struct.unnest()
            kinds = rows.unique()  # many cells are few texts on few days: each is looked up once
            spelled = kinds.with_columns(spelling=fold_column(pl.col("text"))).join(spellings, on="spelling")
            names_one = pl.when(pl.col("day").is_null()).then("is_sole").otherwise(_IS_IN_USE)
            codes = spelled.filter(names_one).select("text", "day", "code").unique()
            return rows.join(codes, on=["text", "day"], how="left", nulls_equal=True, maintain_order="left")["code"]

        on = pl.lit(None, pl.Date) if day is None else day.cast(pl.Date)
        cells = pl.struct(written.alias("text"), on.alias("day"))
        return cells.map_batches(find_codes, return_dtype=pl.String(), is_elementwise=True)

    def _tabulate_spellings(self) -> pl.DataFrame:
        """Each spelling, folded: an office that it means, since and until when, and whether it ever meant no other."""
        rows = [
            (spelling, alias.code, alias.since or date.min, alias.until or date.max)
            for spelling, aliases in self._list_spellings().items()
            for alias in aliases
        ]
        schema = {"spelling": pl.String, "code": pl.String, "since": pl.Date, "until": pl.Date}
        spellings = pl.DataFrame(rows, schema=schema, orient="row")
        return spellings.with_columns(is_sole=pl.col("code").n_unique().over("spelling") == 1)

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


def fold_text(text: str) -> str:
    """Text without its spaces, in upper case: what two spellings of one thing share."""
    return re.sub(r"\s", "", text).upper()


def fold_column(written: pl.Expr) -> pl.Expr:
    """What `fold_text` makes of every text of a column."""
    return written.str.replace_all(r"\s", "").str.to_uppercase()
