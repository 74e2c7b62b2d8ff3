"""The draw on a cluster: the smallest tickets of all cases or of each stratum; the drawn alone come to the driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from audit.errors import AuditError, ExitCode, Problem, make_usage_error
from audit.sampling.draw import Selection, refuse_unfit_draw, split_spares
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.selection.simple_random import StratumTakes, add_spare_and_probability, count_takes_with_spares
from audit.sampling.tickets import find_first_ticket, format_ticket
from audit.spark.frame import read_published_cases
from audit.spark.session import collect_rows, open_session
from audit.statistics.parameters import Rate

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TURN_DIGITS = 12  # of a turn's first hexadecimal digits, by which most cases are passed over without being ranked


def draw_sample_on_spark(frame: Frame, cases: "DataFrame", design: Plan, *, seed: str) -> Selection:
    """What `audit.sampling.draw.draw_designed_sample` draws, of a frame whose cases, with the columns `key` and
    `stratum`, lie on the cluster; a usage error as that and `refuse_local_draw` raise it.
    """
    refuse_local_draw(frame, design)
    refuse_unfit_draw(frame, design, seed)
    ranked = draw_smallest_on_spark(cases, count_takes_with_spares(design), seed=seed, start=design.start)
    sizes: dict[str | None, int] = dict(frame.sizes) or {None: frame.size}
    drawn_cases, spares = split_spares(add_spare_and_probability(ranked, design, sizes))
    return Selection(cases=drawn_cases, spares=spares, design=design, seed=seed, frame_digest=frame.digest)


@contextmanager
def open_published_cases(master: str, frame: Frame, path: Path, design: Plan) -> "Iterator[DataFrame]":
    """The cases of a frame that was fixed before, from the file of its lines, which the workers see, until the block
    ends; no table is read. AuditError (DATA) where it is another file, and as `refuse_local_draw` raises it.
    """
    refuse_local_draw(frame, design)
    with open_session(master) as session:
        yield read_published_cases(session, frame, path)


def refuse_local_draw(frame: Frame, design: Plan) -> None:
    """Refuse a draw that is not of the smallest tickets: a usage error."""
    if frame.cluster or frame.measure:
        what = "from a frame with clusters or amounts a sample is drawn on one machine"
        raise AuditError(Problem(what=what, mend="Leave out --engine."), code=ExitCode.USAGE)
    if design.method != "random":
        raise make_usage_error(f"A {design.method} draw is made on one machine", "Leave out --engine.")


def draw_smallest_on_spark(cases: "DataFrame", takes: StratumTakes, *, seed: str, start: Rate = "0") -> pl.DataFrame:
    """What `audit.sampling.selection.simple_random.rank_smallest_tickets` draws, of cases with the columns `key` and
    `stratum` on a cluster.

    Returns key, stratum, `ticket` and `rank`, in the order of the draw. SHA-256 is Spark's own.
    """
    from pyspark.sql import functions as f

    ticket = f.sha2(f.concat(f.lit(f"{seed}|"), f.col("key")), 256)
    turn = f.col("ticket")
    if begins := find_first_ticket(start):  # past the last ticket comes the first
        turn = f.concat(f.when(turn < format_ticket(begins), f.lit("1")).otherwise(f.lit("0")), turn)
    ranked = cases.select("key", "stratum", ticket.alias("ticket")).withColumn("turn", turn)
    if set(takes) == {None}:
        tickets = _collect_tickets(ranked.orderBy("turn", "key").limit(takes[None]))
    else:
        tickets = _draw_each_stratum(
            ranked, {name: n for name, n in takes.items() if name is not None}, turned=bool(begins)
        )
    tickets = tickets.sort("turn", "key").drop("turn")
    return tickets.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("stratum"))


def _draw_each_stratum(ranked: "DataFrame", takes: dict[str, int], *, turned: bool) -> pl.DataFrame:
    """The smallest of each stratum, ranked among those whose turn is small enough that the stratum's last is there.

    Where chance has left a stratum with fewer than it gives, it is ranked whole.
    """
    from pyspark.sql import functions as f

    counts = ranked.groupBy("stratum").agg(f.count("*").alias("n"))
    sizes = dict(collect_rows(counts, {"stratum": pl.String, "n": pl.Int64}).iter_rows())
    due = {name: min(take, sizes.get(name, 0)) for name, take in takes.items()}
    bounds = {} if turned else {name: _compute_bound(n, sizes[name]) for name, n in due.items() if n}
    tickets = _rank_tickets(ranked, due, bounds)
    short = {name for name, n in due.items() if (tickets["stratum"] == name).sum() < n}
    if short:
        rest = _rank_tickets(ranked, {name: due[name] for name in short}, {})
        tickets = pl.concat([tickets.filter(~pl.col("stratum").is_in(list(short))), rest])
    return tickets


def _compute_bound(take: int, size: int) -> str:
    """The first digits below which a stratum's smallest tickets lie, but for a chance of one in millions."""
    wanted = take + 6 * isqrt(take) + 20
    return f"{min(wanted * 16**TURN_DIGITS // size, 16**TURN_DIGITS - 1):0{TURN_DIGITS}x}"


def _rank_tickets(ranked: "DataFrame", takes: dict[str, int], bounds: dict[str, str]) -> pl.DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    def of_stratum(values: dict[str, str] | dict[str, int]) -> "Column":
        pairs = [f.lit(one) for pair in values.items() for one in pair]
        return f.create_map(*pairs)[f.col("stratum")]

    rows = ranked.filter(f.col("stratum").isin(list(takes)))
    if bounds:
        rows = rows.filter(f.substring("turn", 1, TURN_DIGITS) <= of_stratum(bounds))
    order = f.row_number().over(Window.partitionBy("stratum").orderBy("turn", "key"))
    return _collect_tickets(rows.withColumn("place", order).filter(f.col("place") <= of_stratum(takes)).drop("place"))


def _collect_tickets(rows: "DataFrame") -> pl.DataFrame:
    return collect_rows(rows, dict.fromkeys(("key", "stratum", "ticket", "turn"), pl.String))
