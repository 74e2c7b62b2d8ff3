"""Clusters by the tickets of their names, whole or in two stages: folders, days, files of one officer."""

from dataclasses import replace
from fractions import Fraction

import polars as pl

from audit.errors import make_usage_error
from audit.formatting import format_count, format_plural
from audit.sampling.frame import Frame
from audit.sampling.plan import Plan
from audit.sampling.selection.simple_random import (
    build_stratum_column,
    count_stratum_sizes,
    count_takes,
    rank_smallest_tickets,
)

METHOD_DESCRIPTION = (
    "A cluster's ticket is made from its name as a case's is from its key. The clusters with the smallest tickets are "
    "drawn: of the whole frame, or of each stratum as many as it is to give. Of each drawn cluster, {each}. "
    "The order is that of the strata, the clusters' tickets, the cases' tickets. A case's probability is the share of "
    "the clusters drawn times the share of its cluster drawn."
)
ALL, SOME = "every case is taken", "the cases with the smallest tickets are taken, or all where it has no more"


def use_cluster_sampling(frame: Frame, design: Plan) -> Plan:
    """Draw whole clusters: the plan's numbers are of clusters. Raises a usage error where there are fewer."""
    _refuse_too_few_clusters(frame, design)
    return replace(design, method="cluster", margin=None)


def use_two_stage_sampling(frame: Frame, design: Plan, *, each: int) -> Plan:
    """Draw clusters, and `each` so many cases of them: the plan's numbers are of clusters. Errors as
    `use_cluster_sampling`."""
    if each < 1:
        raise make_usage_error(f"{format_count(each)} cases of each cluster are to be drawn", "Draw at least one.")
    _refuse_too_few_clusters(frame, design)
    return replace(design, method="two-stage", each=each, margin=None)


def pick_whole_clusters(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """The drawn clusters' cases, all of them."""
    return pick_within_clusters(cases, replace(design, each=None), seed)


def pick_within_clusters(cases: pl.DataFrame, design: Plan, seed: str) -> pl.DataFrame:
    """Of each drawn cluster, `each` so many of the cases with the smallest tickets."""
    takes = count_takes(design)
    cluster_names = cases.select("stratum", key="cluster").unique()
    chosen_clusters = rank_smallest_tickets(cluster_names, takes, seed=seed, start=design.start).sort(
        "stratum", maintain_order=True
    )
    chosen_clusters = chosen_clusters.with_row_index("place").select(
        "place", cluster="key", stage_one=_compute_shares(takes, count_stratum_sizes(cluster_names))
    )

    within = cases.join(chosen_clusters, on="cluster").rename({"stratum": "of", "cluster": "stratum"})
    sizes = count_stratum_sizes(within)
    each = {name: size if design.each is None else min(design.each, size) for name, size in sizes.items()}
    chosen_cases = rank_smallest_tickets(within, each, seed=seed, start=design.start).with_columns(
        stage_two=_compute_shares(each, sizes)
    )
    shares = [Fraction(one) * Fraction(two) for one, two in chosen_cases.select("stage_one", "stage_two").iter_rows()]
    probability = pl.Series(map(str, shares), dtype=pl.String)
    result = chosen_cases.with_columns(cluster="stratum", stratum="of", probability=probability)
    return result.sort("place", maintain_order=True)


def _compute_shares(takes: dict[str | None, int], sizes: dict[str | None, int]) -> pl.Expr:
    return build_stratum_column(
        {name: str(Fraction(take, sizes.get(name, take) or 1)) for name, take in takes.items()}, pl.String
    )


def _refuse_too_few_clusters(frame: Frame, design: Plan) -> None:
    if frame.cluster is None:
        raise make_usage_error("The frame has no clusters", "Scope it with the column that names them.")
    stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
    cluster_names = frame.cases.select(stratum=stratum, key=frame.cluster).unique().collect()
    sizes = count_stratum_sizes(cluster_names)
    for name, take in count_takes(design).items():
        if take > sizes[name]:
            what = f"{format_plural(take, 'cluster')} are to be drawn where there are {format_count(sizes[name])}"
            raise make_usage_error(what, "Plan with the number of clusters, not of cases.")
