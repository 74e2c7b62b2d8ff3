"""The sample: which cases were drawn, by tickets that anyone can compute again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from audit.errors import make_usage_error
from audit.sampling.frame import COLUMN_ROLES, Frame
from audit.sampling.plan import Plan
from audit.sampling.selection import clusters, intervals, sequential_poisson, simple_random
from audit.sampling.tickets import compute_tickets, refuse_unfit_seed
from audit.statistics.parameters import parse_rate

TICKET_DESCRIPTION = (
    "A case's ticket is the SHA-256 (FIPS 180-4), in lower-case hexadecimal, of the seed, a vertical bar and the "
    "case's key, in UTF-8."
)
SAMPLE_SCHEMA = pl.Schema(
    {
        "order": pl.Int64,
        "key": pl.String,
        "stratum": pl.String,
        "cluster": pl.String,
        "measure": pl.Int64,
        "ticket": pl.String,
        "probability": pl.String,  # of being drawn, as an exact fraction: 2/5
        "hits": pl.Int64,  # of a case that can be hit more than once
    }
)


class SelectionMethod(NamedTuple):
    """A way to draw: in words for the manifest, and as it is done."""

    words: str
    pick: Callable[[pl.DataFrame, Plan, str], pl.DataFrame]  # cases by role, design, seed → cases in their order
    ranked: bool  # whether all cases stand in one order of tickets, which may start anywhere
    spares: bool  # whether the next in that order can stand in for a case


SELECTION_METHODS = {
    "random": SelectionMethod(simple_random.METHOD_DESCRIPTION, simple_random.pick_cases, ranked=True, spares=True),
    "systematic": SelectionMethod(
        intervals.SYSTEMATIC_DESCRIPTION, intervals.pick_systematic, ranked=False, spares=False
    ),
    "cluster": SelectionMethod(
        clusters.METHOD_DESCRIPTION.format(each=clusters.ALL), clusters.pick_whole_clusters, ranked=True, spares=False
    ),
    "two-stage": SelectionMethod(
        clusters.METHOD_DESCRIPTION.format(each=clusters.SOME), clusters.pick_within_clusters, ranked=True, spares=False
    ),
    "sequential Poisson": SelectionMethod(
        sequential_poisson.METHOD_DESCRIPTION, sequential_poisson.pick_cases, ranked=True, spares=True
    ),
    "fixed interval": SelectionMethod(
        intervals.FIXED_INTERVAL_DESCRIPTION, intervals.pick_fixed_interval, ranked=False, spares=False
    ),
    "cell": SelectionMethod(intervals.CELL_DESCRIPTION, intervals.pick_cell, ranked=False, spares=False),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """The drawn cases in the order of the draw, as SAMPLE_SCHEMA: `order` counts from 1; what a draw does not
    have is null."""

    cases: pl.DataFrame
    spares: pl.DataFrame  # as SAMPLE_SCHEMA, in the order in which they are to be used
    design: Plan
    seed: str
    frame_digest: str


def pick_cases_and_spares(frame: Frame, design: Plan, seed: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cases that a seed draws and the spares behind them, each as SAMPLE_SCHEMA."""
    roles = {role: getattr(frame, role) for role in COLUMN_ROLES}
    cases = frame.cases.select(pl.col(name).alias(role) for role, name in roles.items() if name).collect()
    selection = SELECTION_METHODS[design.method].pick(_fill_columns(cases, COLUMN_ROLES), design, seed)
    if "ticket" not in selection.columns:
        selection = selection.with_columns(ticket=compute_tickets(selection["key"], seed=seed))
    return split_spares(selection)


def draw_designed_sample(frame: Frame, design: Plan, *, seed: str) -> Selection:
    """Draw the cases of a design: the smallest tickets of the frame or of each stratum, or as its method says.

    The draw depends on the seed and the frame alone; a longer one contains the shorter, save at intervals. Raises a
    usage error as `refuse_unfit_draw` does.
    """
    refuse_unfit_draw(frame, design, seed)
    cases, spares = pick_cases_and_spares(frame, design, seed)
    return Selection(cases=cases, spares=spares, design=design, seed=seed, frame_digest=frame.digest)


def refuse_unfit_draw(frame: Frame, design: Plan, seed: str) -> None:
    """Refuse a design made on another frame, what its method cannot do, and a seed that two people could write
    differently: a usage error.
    """
    refuse_unfit_seed(seed)
    refuse_other_frame(frame, design.frame_digest)
    method = SELECTION_METHODS[design.method]
    if design.spares and not method.spares:
        mend = "Draw without spares; leave a case that cannot be assessed undeterminable."
        raise make_usage_error(f"A {design.method} draw has no spares: no other case stands for one of its cases", mend)
    if parse_rate(design.start) and not method.ranked:
        mend = "Draw at random, in clusters or by sequential Poisson sampling to coordinate it with another."
        raise make_usage_error(f"A {design.method} draw has no order of tickets that could start elsewhere", mend)


def split_spares(selection: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Picked cases, in their order, as the drawn ones and the spares, each as SAMPLE_SCHEMA."""
    spare = selection["spare"] if "spare" in selection.columns else pl.repeat(False, selection.height, eager=True)
    return _number_cases(selection.filter(~spare)), _number_cases(selection.filter(spare))


def describe_algorithm(design: Plan) -> str:
    """How a design's cases are drawn, in words from which anyone can do it again."""
    method, words = SELECTION_METHODS[design.method], [TICKET_DESCRIPTION]
    if parse_rate(design.start):
        words.append(
            f"Tickets are counted from {design.start} times 2^256 on, to the last; after the last comes the first."
        )
    words.append(method.words)
    if design.spares:
        words.append("The cases next in this order are the spares, of each stratum its own.")
    return " ".join(words)


def refuse_other_frame(frame: Frame, digest: str) -> None:
    """Refuse a frame that is not the one of this digest."""
    if frame.digest != digest:
        raise make_usage_error(
            "The design or sample was made on another frame", "Give that frame, or plan and draw again."
        )


def _fill_columns(cases: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """These columns, of nulls where there are none."""
    return cases.select(
        name if name in cases.columns else pl.lit(None, SAMPLE_SCHEMA[name]).alias(name) for name in names
    )


def _number_cases(cases: pl.DataFrame) -> pl.DataFrame:
    numbered = cases.with_row_index("order", offset=1).cast({"order": pl.Int64})
    return _fill_columns(numbered, SAMPLE_SCHEMA.names())
