"""What a second look adds: how far two researchers concur on the same cases, and which way the second changes."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.programs.analyses import ConclusionTable, QueryLog
from audit.statistics.agreement import agreement_limits, gwet_ac1, identity_weights

AGREEMENT_LEVEL: Final = "0.95"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """The conclusions of both researchers on the cases that both concluded."""

    order: tuple[str, ...]  # conclusions, from the least consequence for a person to the most
    counts: tuple[tuple[int, ...], ...]  # a row a conclusion of the first, a column one of the second
    cases: int
    agreed: int
    more: int  # the second concluded something of more consequence for the person
    less: int  # the second concluded something of less
    first_only: int  # cases that only the first concluded
    second_only: int
    ac1: float | None  # Gwet's AC1; None where it cannot be told
    ac1_lower: float | None  # 95% limits
    ac1_upper: float | None


def compare_determinations(rows: pl.LazyFrame, log: QueryLog) -> SecondLook:
    """How far the two researchers concur, and which way the second changes; the last conclusion of each counts.

    AC1 by Gwet 2008, British Journal of Mathematical and Statistical Psychology 61:29, with limits that take the cases
    for a sample of such cases. AuditError (DATA) where a conclusion is none of the declared ones.
    """
    declared = log.determinations
    assert declared is not None
    pairs = _pair_conclusions(rows, log, declared)
    both = pairs.drop_nulls(["first", "second"])
    codes = {value: place for place, value in enumerate(declared.order)}
    ratings = np.column_stack(
        [both[side].replace_strict(codes, return_dtype=pl.Int64).to_numpy() for side in ("first", "second")]
    )
    counts = np.zeros((len(codes), len(codes)), dtype=int)
    np.add.at(counts, (ratings[:, 0], ratings[:, 1]), 1)
    agreement = gwet_ac1(ratings, identity_weights(len(codes))) if both.height else None
    limits = agreement_limits(agreement, AGREEMENT_LEVEL) if agreement else (math.nan, math.nan)
    return SecondLook(
        order=declared.order,
        counts=tuple(tuple(map(int, row)) for row in counts),
        cases=both.height,
        agreed=int(np.trace(counts)),
        more=int(np.triu(counts, 1).sum()),
        less=int(np.tril(counts, -1).sum()),
        first_only=pairs.filter(pl.col("second").is_null(), pl.col("first").is_not_null()).height,
        second_only=pairs.filter(pl.col("first").is_null(), pl.col("second").is_not_null()).height,
        ac1=_get_finite(agreement.coefficient) if agreement else None,
        ac1_lower=_get_finite(limits[0]),
        ac1_upper=_get_finite(limits[1]),
    )


def _pair_conclusions(rows: pl.LazyFrame, log: QueryLog, declared: ConclusionTable) -> pl.DataFrame:
    """One row a case: the last conclusion of each researcher."""
    actor = pl.col(declared.actor).cast(pl.String)
    end = dt.datetime.combine(log.as_of + dt.timedelta(days=1), dt.time())
    known = (
        rows.select(
            case=pl.col(declared.case).cast(pl.String),
            side=pl.when(actor.is_in(log.first.values))
            .then(pl.lit("first"))
            .when(actor.is_in(log.second.values))
            .then(pl.lit("second")),
            conclusion=pl.col(declared.determination).cast(pl.String),
            time=pl.col(declared.day).cast(pl.Datetime("us")),
        )
        .filter(pl.col("time") < end, pl.col("side").is_not_null(), pl.col("conclusion").is_not_null())
        .sort("case", "time", maintain_order=True)
        .collect()
    )
    if unknown := known.filter(~pl.col("conclusion").is_in(declared.order)).height:
        what = f"{format_plural(unknown, 'row')} with a conclusion that is not declared"
        raise AuditError(
            Problem(what=what, mend="Name it in `order`.", file=declared.table, column=declared.determination),
            code=ExitCode.DATA,
        )
    conclusion, side = pl.col("conclusion"), pl.col("side")
    return (
        known.group_by("case", maintain_order=True)
        .agg(**{name: conclusion.filter(side == name).last() for name in ("first", "second")})
        .sort("case")
    )


def _get_finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
