"""A discrepancy: what is recorded of a case against what the evidence on file says of it, in both directions."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from audit.compliance.discrepancies.period import ReportPeriod
from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiler import compile_column_condition
from audit.policy.vocabulary import infer_column_types
from audit.programs.discrepancies import Discrepancy, EvidenceTable

CONTRADICTED = "contradicted"  # recorded as not of the class, and evidence of it is on file
UNSUPPORTED = "unsupported"  # recorded as of the class, and no evidence of it is on file
DISCREPANCY_KINDS = (CONTRADICTED, UNSUPPORTED)


CASE_SCHEMA = {
    "case": pl.String,
    "office": pl.String,  # "" where none is recorded
    "person": pl.String,  # the case's own key where there is none
    "date": pl.Date,
    "recorded": pl.String,
    "side": pl.String,  # needing, denying; null where what is recorded is neither
    "looked_up": pl.Boolean,  # whether there is anything to look evidence up by
    "kind": pl.String,  # contradicted, unsupported; null where nothing disagrees
    "pieces": pl.Int64,  # of evidence
    "earliest": pl.Date,  # day of the first of them
    "tier": pl.Int64,  # of the strongest, from 0; one beyond the last where its source is in none
    "sources": pl.String,
}
EVIDENCE_SCHEMA = {
    "piece": pl.String,  # table and row
    "case": pl.String,
    "case_date": pl.Date,
    "date": pl.Date,
    "recorded": pl.Date,  # null: not yet
    "source": pl.String,
    "tier": pl.Int64,
    "on_file": pl.Boolean,  # not recorded later than the as-of day
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscrepancyResult:
    """The cases of a period with what disagrees, and the evidence that was dated on a case's day or before."""

    cases: pl.DataFrame  # columns CASE_SCHEMA, a row a case
    pieces: pl.DataFrame  # columns EVIDENCE_SCHEMA, a row a case and piece
    undated: int  # pieces of evidence about these cases without a day


def find_discrepancies(
    tables: Mapping[str, pl.LazyFrame], discrepancy: Discrepancy, period: ReportPeriod, *, as_of: dt.date
) -> DiscrepancyResult:
    """Every case of a period, what is recorded of it, and the evidence on file on the as-of day.

    Evidence counts for a case if it is dated on the case's day or before: what came later contradicts nothing. It is on
    file unless it was recorded after `as_of`; what was not recorded yet is known from its source, and counts. A case
    without anything to look it up by is neither contradicted nor unsupported: it is told apart.

    AuditError (DATA) where a case has no day, or every case lies after the period or before it. A period without a case
    between others is one of none.
    """
    _refuse_undated_or_outside(tables[discrepancy.table], discrepancy, period)
    cases = _select_cases(tables[discrepancy.table], discrepancy, period)
    evidence_frames = [
        _select_evidence(tables[evidence.table], cases, discrepancy, evidence, as_of)
        for evidence in discrepancy.evidence
    ]
    pieces = pl.concat(evidence_frames).collect()
    undated = pieces.filter(pl.col("date").is_null())["piece"].n_unique()
    before = pieces.filter(pl.col("date") <= pl.col("case_date")).sort("case", "date", "piece")
    evidence_on_file = (
        before.lazy()
        .filter("on_file")
        .group_by("case")
        .agg(
            pieces=pl.len().cast(pl.Int64),
            earliest=pl.col("date").min(),
            tier=pl.col("tier").min(),
            sources=pl.col("source").unique().sort().str.join(", "),
        )
    )
    there = pl.col("pieces") > 0
    kind = (
        pl.when(pl.col("side") == "denying", there)
        .then(pl.lit(CONTRADICTED))
        .when("looked_up", pl.col("side") == "needing", ~there)
        .then(pl.lit(UNSUPPORTED))
    )
    rows = (
        cases.join(evidence_on_file, on="case", how="left")
        .with_columns(pl.col("pieces").fill_null(0))
        .with_columns(kind=kind)
    )
    return DiscrepancyResult(
        cases=rows.select(*CASE_SCHEMA).sort("office", "date", "case").collect(),
        pieces=before.select(*EVIDENCE_SCHEMA),
        undated=undated,
    )


def _refuse_undated_or_outside(rows: pl.LazyFrame, discrepancy: Discrepancy, period: ReportPeriod) -> None:
    date = pl.col(discrepancy.date).cast(pl.Date)
    undated, first, last = (
        rows.select(date.null_count(), date.min().alias("first"), date.max().alias("last")).collect().row(0)
    )
    one, many = discrepancy.unit
    if undated:
        what = f"{undated:,} {one if undated == 1 else many} without a date, so their period cannot be told"
        mend = "Declare the column as required: such rows are then set aside, each with its reason."
        raise AuditError(
            Problem(what=what, mend=mend, file=discrepancy.table, column=discrepancy.date), code=ExitCode.DATA
        )
    if first is None or period.last < first or period.first > last:
        what = f"no {one} lies in {period.words}"
        raise AuditError(Problem(what=what, mend="Name another month.", file=discrepancy.table), code=ExitCode.DATA)


def _select_cases(rows: pl.LazyFrame, discrepancy: Discrepancy, period: ReportPeriod) -> pl.LazyFrame:
    on = [pl.col(name).is_not_null() for name in {evidence.on for evidence in discrepancy.evidence}]
    case = pl.col(discrepancy.case).cast(pl.String)
    person = pl.col(discrepancy.person).cast(pl.String).fill_null(case) if discrepancy.person else case
    said = pl.col(discrepancy.field).cast(pl.String)
    date = pl.col(discrepancy.date).cast(pl.Date)
    return rows.filter(date.is_between(period.first, period.last)).select(
        case=case,
        office=pl.col(discrepancy.office).cast(pl.String).fill_null(""),
        person=person,
        date=date,
        recorded=said,
        side=pl.when(said.is_in(discrepancy.needing.values))
        .then(pl.lit("needing"))
        .when(said.is_in(discrepancy.denying.values))
        .then(pl.lit("denying")),
        looked_up=pl.any_horizontal(on),
        **{f"on {evidence.on}": pl.col(evidence.on) for evidence in discrepancy.evidence},
    )


def _select_evidence(
    rows: pl.LazyFrame, cases: pl.LazyFrame, discrepancy: Discrepancy, evidence: EvidenceTable, as_of: dt.date
) -> pl.LazyFrame:
    """What a table shows of these cases, whatever its day."""
    rows = rows.with_row_index("its row")
    if evidence.where:
        types = infer_column_types(rows.collect_schema())
        truth = compile_column_condition(
            evidence.where, types, place=f"discrepancy {discrepancy.name}, evidence {evidence.table}"
        )
        rows = rows.filter(truth)
    recorded = pl.col(evidence.recorded).cast(pl.Date) if evidence.recorded else pl.col(evidence.date).cast(pl.Date)
    source = pl.col(evidence.source).cast(pl.String) if evidence.source else pl.lit(evidence.table)
    rank = {name: place for place, tier in enumerate(discrepancy.tiers) for name in tier.sources}
    evidence_rows = rows.select(
        pl.col(evidence.on).alias("on"),
        piece=pl.format("{} {}", pl.lit(evidence.table), "its row"),
        date=pl.col(evidence.date).cast(pl.Date),
        recorded=recorded,
        source=source.fill_null("source not recorded"),
    )
    return (
        cases.select("case", pl.col(f"on {evidence.on}").alias("on"), case_date="date")
        .join(evidence_rows, on="on")
        .with_columns(
            tier=pl.col("source").replace_strict(rank, default=len(discrepancy.tiers), return_dtype=pl.Int64),
            on_file=(pl.col("recorded") <= as_of).fill_null(True),
        )
        .select(*EVIDENCE_SCHEMA)
    )
