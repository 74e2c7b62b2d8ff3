"""The frame: every case that could be drawn, what was left out and why, and the digest that fixes it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from audit.error import AuditError, ExitCode, Problem
from audit.wording import plural

Condition = pl.Expr | nw.Expr


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """The cases that can be drawn. `universe` = `size` + the cases of `exclusions`."""

    cases: pl.LazyFrame  # the key, then the stratum where there is one; in order of the key's bytes
    key: str  # name of the key column
    stratum: str | None  # name of the stratum column
    universe: int  # cases before exclusions
    exclusions: tuple[tuple[str, int], ...]  # reason, cases left out; a case counts under the first that applies
    untold: tuple[tuple[str, int], ...]  # reason, cases kept because the facts do not tell whether it applies
    size: int
    sizes: tuple[tuple[str, int], ...]  # stratum, cases; empty where there is none
    digest: str


def scope(
    cases: pl.LazyFrame, *, key: str, stratum: str | None = None, exclusions: Sequence[tuple[str, Condition]] = ()
) -> Frame:
    """Set apart the cases that can be drawn from those left out, each by the first reason that applies.

    An exclusion is a reason and a condition; a case for which the condition is null stays in, and is reported. The
    key must be text in composed form (Unicode NFC), not blank, unique, on one line and without "|"; so must the
    stratum, save that it repeats. Raises every problem at once; rows are counted from 1 in the table as given.
    """
    columns = {"key": key} | ({"stratum": stratum} if stratum else {})
    _refuse_columns(cases.collect_schema(), columns)
    for number, (_, condition) in enumerate(exclusions):
        cases = _mark(cases, f"exclusion {number}", condition)
    marks = [f"exclusion {number}" for number in range(len(exclusions))]
    rows = cases.select(*marks, **{role: pl.col(name).cast(pl.String) for role, name in columns.items()}).collect()
    rows = rows.with_row_index("row", offset=1)

    kept, excluded = rows, []
    for mark, (reason, _) in zip(marks, exclusions, strict=True):
        staying = kept.filter(~pl.col(mark).fill_null(False))
        excluded.append((reason, kept.height - staying.height))
        kept = staying
    _refuse_keys(kept, columns)
    ordered = kept.select(*columns).sort("key")
    sizes = ordered.group_by("stratum").len().sort("stratum").rows() if stratum else []
    return Frame(
        cases=ordered.rename(columns).lazy(),
        key=key,
        stratum=stratum,
        universe=rows.height,
        exclusions=tuple(excluded),
        untold=tuple((reason, kept[mark].null_count()) for mark, (reason, _) in zip(marks, exclusions, strict=True)),
        size=ordered.height,
        sizes=tuple(sizes),
        digest=_digest(lines(ordered)),
    )


def lines(cases: pl.DataFrame) -> pl.Series:
    """The frame as published: a line a case, `key` or `key|stratum`, in order of its bytes.

    `cases` holds the key, then the stratum where there is one. A frame's digest is the SHA-256 of these lines, each
    ended by a line feed: what `LC_ALL=C sort frame.txt | sha256sum` prints, whatever order and file they came in.
    """
    return cases.select(line=pl.concat_str(pl.all(), separator="|")).to_series().sort()


def intact(frame: Frame) -> bool:
    """Whether the frame's cases are still those that its digest, size and strata were taken from."""
    cases = frame.cases.collect()
    sizes = cases.group_by(frame.stratum).len().sort(frame.stratum).rows() if frame.stratum else []
    found = _digest(lines(cases)), cases.height, tuple(sizes), cases.height + sum(n for _, n in frame.exclusions)
    return found == (frame.digest, frame.size, frame.sizes, frame.universe)


def _digest(ordered: pl.Series) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in ordered).encode()).hexdigest()


def _mark(cases: pl.LazyFrame, name: str, condition: Condition) -> pl.LazyFrame:
    if isinstance(condition, pl.Expr):
        return cases.with_columns(condition.alias(name))
    return nw.from_native(cases).with_columns(condition.alias(name)).to_native()


def _refuse_columns(schema: pl.Schema, columns: dict[str, str]) -> None:
    """Refuse a key or stratum that is absent, or that is not text: a number can be written in several ways."""
    problems = []
    if columns["key"] == columns.get("stratum"):
        problems.append(
            Problem(what="The key is also the stratum", mend="Stratify by another column.", column=columns["key"])
        )
    for role, name in columns.items():
        if name not in schema:
            mend = f"Name a column of the table as the {role}."
            problems.append(Problem(what=f"The {role} column is not in the table", mend=mend, column=name))
        elif schema[name].base_type() not in (pl.String, pl.Categorical, pl.Enum):
            mend = "Declare it as text: a number can be written in several ways, and a ticket hangs on every byte."
            problems.append(Problem(what=f"The {role} is not text", mend=mend, column=name))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def _refuse_keys(kept: pl.DataFrame, columns: dict[str, str]) -> None:
    """Refuse keys and strata that two people could read, write or sort differently."""
    problems = [problem for role, name in columns.items() for problem in _faults(kept, role, name)]
    if kept.is_empty():
        problems = [Problem(what="No case is left in the frame", mend="Check the period and the exclusions.")]
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def _faults(kept: pl.DataFrame, role: str, name: str) -> Iterator[Problem]:
    text = pl.col(role)
    blank = text.is_null() | (text.str.strip_chars() == "")
    faults = [
        ("is blank", "Give every case one.", blank),
        ("holds a line break", "Write it on one line.", text.str.contains(r"[\r\n]")),
        (
            'holds "|"',
            "Use another separator: this one stands between key and stratum.",
            text.str.contains("|", literal=True),
        ),
        ("is not composed Unicode (NFC)", "Normalise the text where it is made.", text != text.str.normalize("NFC")),
    ]
    if role == "key":
        faults.append(
            ("is not unique", "Give every case its own, or exclude duplicates.", text.is_duplicated() & ~blank)
        )
    for what, mend, expression in faults:
        rows = kept.filter(expression)["row"]
        if len(rows):
            yield Problem(
                what=f"The {role} {what} in {plural(len(rows), 'case')}, first in this one",
                mend=mend,
                row=rows[0],
                column=name,
            )
