"""What a choice of the auditors does to the outcomes: a reading of a criterion, or the window of actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from audit.assessment.case_file import CaseFiles, determine_outcomes, require_cases
from audit.assessment.child_rows import select_rows_of_child
from audit.assessment.file_stack import split_by_label, stack_case_files
from audit.policy.rules import CONFORMING_OUTCOMES, DEVIATING_OUTCOMES, Policy, Reading
from audit.programs.declaration import CountingWindow, Program

WITHOUT_END = 36_500  # days after a decision: a window that nothing on file lies behind


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTally:
    """How many cases conform, deviate, or are neither; the rate is of those that are one of the two."""

    conforming: int
    deviating: int
    other: int

    @property
    def rate(self) -> float | None:
        """The share of conforming cases, in [0, 1]; None where no case was decided."""
        decided = self.conforming + self.deviating
        return self.conforming / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingEffect:
    """What one reading of a criterion does: the same cases with it and without it."""

    reading: Reading
    with_reading: OutcomeTally
    without: OutcomeTally
    changed: int  # cases with another outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowEffect:
    """What another window of a child table does: the same cases with the declared one and with this one."""

    table: str
    before_days: int
    after_days: int
    declared: OutcomeTally
    other: OutcomeTally
    changed: int  # cases with another outcome


def measure_reading_effects(files: CaseFiles, policy: Policy, *, attribute: str) -> tuple[ReadingEffect, ...]:
    """The effect of each reading of the policy on the outcomes of gathered cases, each taken away alone."""
    own = replace(policy, rules=tuple(rule for rule in policy.rules if rule.attribute == attribute))
    with_all = _determine(files, own)
    effects = []
    for reading in policy.readings:
        without = _determine(files, own.remove_reading(reading))
        effects.append(
            ReadingEffect(
                reading=reading,
                with_reading=_tally(with_all),
                without=_tally(without),
                changed=_count_changes(with_all, without, files.key),
            )
        )
    return tuple(effects)


def measure_window_effects(
    files: CaseFiles,
    program: Program,
    tables: Mapping[str, pl.LazyFrame],
    policy: Policy,
    *,
    table: str,
    windows: Sequence[tuple[int, int]],
    attribute: str,
) -> tuple[WindowEffect, ...]:
    """How many cases other windows of a child table would move: days before the match, and days after the decision.

    `files` are the gathered cases, `tables` those that they were gathered from.
    """
    own = replace(policy, rules=tuple(rule for rule in policy.rules if rule.attribute == attribute))
    tried = {"": files, **{str(n): _set_window(files, program, tables, table, *one) for n, one in enumerate(windows)}}
    every = split_by_label(_determine(stack_case_files(tried), own), files.key)  # all windows in one go
    declared = every[""]
    return tuple(
        WindowEffect(
            table=table,
            before_days=before,
            after_days=after,
            declared=_tally(declared),
            other=_tally(every[str(n)]),
            changed=_count_changes(declared, every[str(n)], files.key),
        )
        for n, (before, after) in enumerate(windows)
    )


def _set_window(
    files: CaseFiles, program: Program, tables: Mapping[str, pl.LazyFrame], table: str, before: int, after: int
) -> CaseFiles:
    """The files with the rows of a child table that another window lets count."""
    cases, as_of = require_cases(program), program.sample.as_of if program.sample else None
    window = CountingWindow(before_days=before, after_days=after, reason="tried")
    child = replace(cases.children[table], window=window)
    wanted = tables[cases.table].join(files.cases.select(files.key), on=files.key, how="semi")
    rows = select_rows_of_child(program, cases, child, table, tables, wanted, as_of)
    return replace(files, children={**files.children, table: rows.counting})


def _determine(files: CaseFiles, policy: Policy) -> pl.DataFrame:
    return determine_outcomes(files, policy, explained=False).select(files.key, "outcome").collect()


def _tally(outcomes: pl.DataFrame) -> OutcomeTally:
    conforming = outcomes.filter(pl.col("outcome").is_in(CONFORMING_OUTCOMES)).height
    deviating = outcomes.filter(pl.col("outcome").is_in(DEVIATING_OUTCOMES)).height
    return OutcomeTally(conforming=conforming, deviating=deviating, other=outcomes.height - conforming - deviating)


def _count_changes(one: pl.DataFrame, other: pl.DataFrame, key: str) -> int:
    both = one.join(other, on=key, suffix=" other")
    return both.filter(pl.col("outcome") != pl.col("outcome other")).height
