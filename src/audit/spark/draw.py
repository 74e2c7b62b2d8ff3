"""The draw on a cluster: the smallest tickets of all cases or of each stratum; the drawn alone come to the driver."""

from math import isqrt
from typing import TYPE_CHECKING

import polars as pl

from audit.sampling.design import Design
from audit.sampling.draw import Picked, parted
from audit.sampling.frame import Frame
from audit.sampling.selection.simple_random import Takes, drawn, wanted
from audit.sampling.tickets import as_ticket, first_from
from audit.spark.session import home
from audit.statistics.parameters import Rate, usage

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

DIGITS = 12  # of a turn's first hexadecimal digits, by which most cases are passed over without being ranked


def picks(cases: "DataFrame") -> Picked:
    """How to pick from these cases of a frame, with the columns `key` and `stratum`, as `audit.sampling.draw.picked`
    does.

    A usage error for a draw that is not of the smallest tickets.
    """

    def pick(frame: Frame, design: Design, seed: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        refuse_other(design)
        ranked = smallest(cases, wanted(design), seed=seed, start=design.start)
        sizes: dict[str | None, int] = dict(frame.sizes) or {None: frame.size}
        return parted(drawn(ranked, design, sizes))

    return pick


def refuse_other(design: Design) -> None:
    """Refuse a draw that is not of the smallest tickets: a usage error."""
    if design.method != "random":
        raise usage(f"A {design.method} draw is made on one machine", "Leave out --engine.")


def smallest(cases: "DataFrame", takes: Takes, *, seed: str, start: Rate = "0") -> pl.DataFrame:
    """What `audit.sampling.selection.simple_random.smallest` draws, of cases with the columns `key` and `stratum` on a
    cluster.

    Returns key, stratum, `ticket` and `rank`, in the order of the draw. SHA-256 is Spark's own.
    """
    from pyspark.sql import functions as f

    ticket = f.sha2(f.concat(f.lit(f"{seed}|"), f.col("key")), 256)
    turn = f.col("ticket")
    if begins := first_from(start):  # past the last ticket comes the first
        turn = f.concat(f.when(turn < as_ticket(begins), f.lit("1")).otherwise(f.lit("0")), turn)
    ranked = cases.select("key", "stratum", ticket.alias("ticket")).withColumn("turn", turn)
    if set(takes) == {None}:
        found = _home(ranked.orderBy("turn", "key").limit(takes[None]))
    else:
        found = _of_each(ranked, {name: n for name, n in takes.items() if name is not None}, turned=bool(begins))
    found = found.sort("turn", "key").drop("turn")
    return found.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("stratum"))


def _of_each(ranked: "DataFrame", takes: dict[str, int], *, turned: bool) -> pl.DataFrame:
    """The smallest of each stratum, ranked among those whose turn is small enough that the stratum's last is there.

    Where chance has left a stratum with fewer than it gives, it is ranked whole.
    """
    from pyspark.sql import functions as f

    counted = ranked.groupBy("stratum").agg(f.count("*").alias("n"))
    sizes = dict(home(counted, {"stratum": pl.String, "n": pl.Int64}).iter_rows())
    due = {name: min(take, sizes.get(name, 0)) for name, take in takes.items()}
    bounds = {} if turned else {name: _bound(n, sizes[name]) for name, n in due.items() if n}
    found = _ranked(ranked, due, bounds)
    short = {name for name, n in due.items() if (found["stratum"] == name).sum() < n}
    if short:
        rest = _ranked(ranked, {name: due[name] for name in short}, {})
        found = pl.concat([found.filter(~pl.col("stratum").is_in(list(short))), rest])
    return found


def _bound(take: int, size: int) -> str:
    """The first digits below which a stratum's smallest tickets lie, but for a chance of one in millions."""
    wanted = take + 6 * isqrt(take) + 20
    return f"{min(wanted * 16**DIGITS // size, 16**DIGITS - 1):0{DIGITS}x}"


def _ranked(ranked: "DataFrame", takes: dict[str, int], bounds: dict[str, str]) -> pl.DataFrame:
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    def of_stratum(values: dict[str, str] | dict[str, int]) -> "Column":
        pairs = [f.lit(one) for pair in values.items() for one in pair]
        return f.create_map(*pairs)[f.col("stratum")]

    rows = ranked.filter(f.col("stratum").isin(list(takes)))
    if bounds:
        rows = rows.filter(f.substring("turn", 1, DIGITS) <= of_stratum(bounds))
    order = f.row_number().over(Window.partitionBy("stratum").orderBy("turn", "key"))
    return _home(rows.withColumn("place", order).filter(f.col("place") <= of_stratum(takes)).drop("place"))


def _home(rows: "DataFrame") -> pl.DataFrame:
    return home(rows, dict.fromkeys(("key", "stratum", "ticket", "turn"), pl.String))
