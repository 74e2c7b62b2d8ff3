"""Clusters by the tickets of their names, whole or in two stages: folders, days, files of one officer."""

from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.formatting import count, plural
from audit.sampling.design import Design
from audit.sampling.frame import Frame
from audit.sampling.selection.simple_random import per_stratum, sizes_of, smallest, takes_of
from audit.statistics.parameters import usage

WORDS = (
    "A cluster's ticket is made from its name as a case's is from its key. The clusters with the smallest tickets are "
    "drawn: of the whole frame, or of each stratum as many as it is to give. Of each drawn cluster, {each}. "
    "The order is that of the strata, the clusters' tickets, the cases' tickets. A case's probability is the share of "
    "the clusters drawn times the share of its cluster drawn."
)
ALL, SOME = "every case is taken", "the cases with the smallest tickets are taken, or all where it has no more"


def clusters(frame: Frame, design: Design) -> Design:
    """Draw whole clusters: the plan's numbers are of clusters. Raises a usage error where there are fewer."""
    _refuse(frame, design)
    return replace(design, method="cluster", margin=None)


def two_stage(frame: Frame, design: Design, *, each: int) -> Design:
    """Draw clusters, and `each` so many cases of them: the plan's numbers are of clusters. Errors as `clusters`."""
    if each < 1:
        raise usage(f"{count(each)} cases of each cluster are to be drawn", "Draw at least one.")
    _refuse(frame, design)
    return replace(design, method="two-stage", each=each, margin=None)


def pick_whole(cases: pl.DataFrame, design: Design, seed: str) -> pl.DataFrame:
    """The drawn clusters' cases, all of them."""
    return pick_some(cases, replace(design, each=None), seed)


def pick_some(cases: pl.DataFrame, design: Design, seed: str) -> pl.DataFrame:
    """Of each drawn cluster, `each` so many of the cases with the smallest tickets."""
    takes = takes_of(design)
    named = cases.select("stratum", key="cluster").unique()
    drawn = smallest(named, takes, seed=seed, start=design.start).sort("stratum", maintain_order=True)
    drawn = drawn.with_row_index("place").select("place", cluster="key", stage_one=_share(takes, sizes_of(named)))

    within = cases.join(drawn, on="cluster").rename({"stratum": "of", "cluster": "stratum"})
    sizes = sizes_of(within)
    each = {name: size if design.each is None else min(design.each, size) for name, size in sizes.items()}
    taken = smallest(within, each, seed=seed, start=design.start).with_columns(stage_two=_share(each, sizes))
    shares = [Fraction(one) * Fraction(two) for one, two in taken.select("stage_one", "stage_two").iter_rows()]
    probability = pl.Series(map(str, shares), dtype=pl.String)
    named_again = taken.with_columns(cluster="stratum", stratum="of", probability=probability)
    return named_again.sort("place", maintain_order=True)


def _share(takes: dict[str | None, int], sizes: dict[str | None, int]) -> pl.Expr:
    return per_stratum(
        {name: str(Fraction(take, sizes.get(name, take) or 1)) for name, take in takes.items()}, pl.String
    )


def _refuse(frame: Frame, design: Design) -> None:
    if frame.cluster is None:
        raise usage("The frame has no clusters", "Scope it with the column that names them.")
    stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
    named = frame.cases.select(stratum=stratum, key=frame.cluster).unique().collect()
    sizes = sizes_of(named)
    for name, take in takes_of(design).items():
        if take > sizes[name]:
            what = f"{plural(take, 'cluster')} are to be drawn where there are {count(sizes[name])}"
            raise usage(what, "Plan with the number of clusters, not of cases.")
