"""The frame: every case that could be drawn, what was left out and why, and the digest that fixes it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from audit.display import Display, Displayable, display_card, display_facts, display_rows
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_list, format_plural

ExclusionCondition = pl.Expr
COLUMN_ROLES = ("key", "stratum", "cluster", "measure")  # in the order in which they are published
MAXIMUM_MEASURE_TOTAL = 2**63 - 1  # what the measure may add up to: beyond it, 64 bits wrap in silence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Frame(Displayable):
    """The cases that can be drawn. `universe` = `size` + the cases of `exclusions`."""

    # The key, then those of COLUMN_ROLES that there are, in that order; rows in order of the key's bytes.
    cases: pl.LazyFrame
    key: str  # name of the key column
    stratum: str | None  # name of the stratum column
    cluster: str | None = None  # name of the column of clusters, which lie within strata: folders, days
    measure: str | None = None  # name of the column of sizes, whole numbers above zero: money in cents
    universe: int  # cases before exclusions
    exclusions: tuple[tuple[str, int], ...]  # reason, cases left out; a case counts under the first that applies
    untold: tuple[tuple[str, int], ...]  # reason, cases kept because the facts do not tell whether it applies
    size: int
    sizes: tuple[tuple[str, int], ...]  # stratum, cases; empty where there is none
    digest: str

    def display(self) -> Display:
        """How the frame is made up, its digest, and the size of each stratum."""
        left_out = [(f"left out: {reason}", cases) for reason, cases in self.exclusions]
        kept = [(f"kept, not known whether {reason}", cases) for reason, cases in self.untold if cases]
        facts = [("universe", self.universe), *left_out, *kept, ("cases in the frame", self.size)]
        parts = [display_facts([*facts, ("digest (SHA-256)", self.digest)])]
        if self.sizes:
            parts.append(display_rows((self.stratum or "stratum", "cases"), self.sizes, title="Strata"))
        return display_card("Frame", f"{format_plural(self.size, 'case')} can be drawn.", *parts)


class ExclusionResult(NamedTuple):
    """Cases that can be drawn, and how many cannot; the counts of parts of the cases add up."""

    remaining: pl.DataFrame  # `row`, and a column for each role
    universe: int
    excluded: tuple[int, ...]  # by each exclusion
    untold: tuple[int, ...]  # kept because the facts do not tell whether it applies


def build_sampling_frame(
    cases: pl.LazyFrame,
    *,
    key: str,
    stratum: str | None = None,
    cluster: str | None = None,
    measure: str | None = None,
    exclusions: Sequence[tuple[str, ExclusionCondition]] = (),
) -> Frame:
    """Set apart the cases that can be drawn from those left out, each by the first reason that applies.

    An exclusion is a reason and a condition; a case for which the condition is null stays in, and is reported. The
    key must be text in composed form (Unicode NFC), not blank, unique, on one line and without "|"; so must the
    stratum and the cluster, save that they repeat; a cluster lies in one stratum. The measure is a whole number above
    zero. Raises every problem at once; rows are counted from 1 in the table as given.
    """
    role_columns = zip(COLUMN_ROLES, (key, stratum, cluster, measure), strict=True)
    columns = {role: name for role, name in role_columns if name}
    refuse_unfit_columns(cases.collect_schema(), columns)
    sifted = apply_exclusions(cases, columns, [condition for _, condition in exclusions])
    remaining, reasons = sifted.remaining, [reason for reason, _ in exclusions]
    _refuse_unfit_cases(remaining, columns)
    ordered = remaining.select(*columns).sort("key")
    sizes = ordered.group_by("stratum").len().sort("stratum").rows() if stratum else []
    return Frame(
        cases=ordered.rename(columns).lazy(),
        key=key,
        stratum=stratum,
        cluster=cluster,
        measure=measure,
        universe=sifted.universe,
        exclusions=tuple(zip(reasons, sifted.excluded, strict=True)),
        untold=tuple(zip(reasons, sifted.untold, strict=True)),
        size=ordered.height,
        sizes=tuple(sizes),
        digest=_digest_lines(format_frame_lines(ordered)),
    )


def apply_exclusions(
    cases: pl.LazyFrame, columns: Mapping[str, str], exclusions: Sequence[ExclusionCondition]
) -> ExclusionResult:
    """Leave out the cases of which an exclusion is true, each by the first; `columns` is by role the column's name."""
    marks = [f"exclusion {number}" for number in range(len(exclusions))]
    for mark, condition in zip(marks, exclusions, strict=True):
        cases = _mark_cases(cases, mark, condition)
    texts = {role: pl.col(name).cast(_choose_type(role), strict=False) for role, name in columns.items()}
    remaining = rows = cases.select(*marks, **texts).collect().with_row_index("row", offset=1)
    excluded = []
    for mark in marks:
        not_excluded = remaining.filter(~pl.col(mark).fill_null(False))
        excluded.append(remaining.height - not_excluded.height)
        remaining = not_excluded
    untold = tuple(remaining[mark].null_count() for mark in marks)
    return ExclusionResult(remaining.select("row", *columns), rows.height, tuple(excluded), untold)


def format_frame_lines(cases: pl.DataFrame) -> pl.Series:
    """The frame as published: a line a case, `key|stratum|cluster|measure` or what there is of it, in order of bytes.

    `cases` holds the columns of a frame's `cases`. A frame's digest is the SHA-256 of these lines, each
    ended by a line feed: what `LC_ALL=C sort frame.txt | sha256sum` prints, whatever order and file they came in.
    """
    return cases.select(line=pl.concat_str(pl.all(), separator="|")).to_series().sort()


def is_intact(frame: Frame) -> bool:
    """Whether the frame's cases are still those that its digest, size and strata were taken from."""
    cases = frame.cases.collect()
    sizes = cases.group_by(frame.stratum).len().sort(frame.stratum).rows() if frame.stratum else []
    current = (
        _digest_lines(format_frame_lines(cases)),
        cases.height,
        tuple(sizes),
        cases.height + sum(n for _, n in frame.exclusions),
    )
    return current == (frame.digest, frame.size, frame.sizes, frame.universe)


def _digest_lines(ordered: pl.Series) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in ordered).encode()).hexdigest()


def _mark_cases(cases: pl.LazyFrame, name: str, condition: ExclusionCondition) -> pl.LazyFrame:
    return cases.with_columns(condition.alias(name))


def _choose_type(role: str) -> type[pl.Int64] | type[pl.String]:
    return pl.Int64 if role == "measure" else pl.String


def refuse_unfit_columns(schema: pl.Schema, columns: Mapping[str, str]) -> None:
    """Refuse a column that is absent, named twice, or not text: a number can be written in several ways."""
    problems = []
    for role, name in columns.items():
        first = next(other for other in columns if columns[other] == name)
        if first != role:
            what, mend = f"The {first} is also the {role}", f"Take another column as the {role}."
        elif name not in schema:
            listed = format_list(schema.names(), most=len(schema))
            what, mend = f"The {role} column is not in the table", f"Name one of its columns: {listed}."
        elif role == "measure" and not schema[name].is_integer():
            what, mend = "The measure is not of whole numbers", "Give it in its smallest unit, such as cents."
        elif role != "measure" and schema[name].base_type() not in (pl.String, pl.Categorical, pl.Enum):
            what = f"The {role} is not text"
            mend = "Declare it as text: a number can be written in several ways, and a ticket hangs on every byte."
        else:
            continue
        problems.append(Problem(what=what, mend=mend, column=name))
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def find_frame_problems(cases: pl.DataFrame, columns: Mapping[str, str]) -> list[Problem]:
    """Keys, strata and clusters that two people could read, write or sort differently, and no measure at all."""
    return [problem for role, name in columns.items() for problem in _find_column_problems(cases, role, name)]


def make_empty_frame_problem() -> Problem:
    """That a frame is empty."""
    return Problem(what="No case is left in the frame", mend="Check the period and the exclusions.")


def _refuse_unfit_cases(cases: pl.DataFrame, columns: Mapping[str, str]) -> None:
    """Refuse what no sample can be drawn from."""
    problems = find_frame_problems(cases, columns)
    if "measure" in columns and (cases["measure"].cast(pl.Int128).sum() or 0) > MAXIMUM_MEASURE_TOTAL:
        mend = "Give it in a larger unit."
        problems.append(Problem(what="The measure adds up to 2^63 or more", mend=mend, column=columns["measure"]))
    if cases.is_empty():
        problems = [make_empty_frame_problem()]
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def _find_column_problems(cases: pl.DataFrame, role: str, name: str) -> Iterator[Problem]:
    for what, mend, expression in _list_measure_tests() if role == "measure" else _list_text_tests(role, cases.columns):
        rows = cases.filter(expression)["row"]
        if len(rows):
            yield Problem(
                what=f"The {role} {what} in {format_plural(len(rows), 'case')}, first in this one",
                mend=mend,
                row=rows[0],
                column=name,
            )


def _list_measure_tests() -> Iterator[tuple[str, str, pl.Expr]]:
    """A case without a size could never be drawn by it, and one below zero would take away from the others."""
    mend = "Exclude such cases with a reason, and audit them apart."
    yield "is absent, zero or below", mend, (pl.col("measure") <= 0).fill_null(True)


def _list_text_tests(role: str, roles: Sequence[str]) -> Iterator[tuple[str, str, pl.Expr]]:
    """What is wrong with text, what to do, and where that is so."""
    text = pl.col(role)
    blank = text.is_null() | (text.str.strip_chars() == "")
    yield "is blank", "Give every case one.", blank
    yield "holds a line break", "Write it on one line.", text.str.contains(r"[\r\n]")
    bar = "Use another separator: this one stands between key and stratum."
    yield 'holds "|"', bar, text.str.contains("|", literal=True)
    composed = text.str.normalize("NFC")
    yield "is not composed Unicode (NFC)", "Normalise the text where it is made.", text != composed
    if role == "key":
        yield "is not unique", "Give every case its own, or exclude duplicates.", text.is_duplicated() & ~blank
    if role == "cluster" and "stratum" in roles:
        mend = "Let each cluster lie in one stratum, or name it after both."
        yield "is that of several strata", mend, pl.col("stratum").n_unique().over("cluster") > 1
