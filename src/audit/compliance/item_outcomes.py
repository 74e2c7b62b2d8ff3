"""What became of the units that lacked a record, and which that had theirs have it no more."""

import polars as pl

from audit.compliance.record_states import DOCUMENTED as HAVING
from audit.compliance.record_states import RecordState, Rows
from audit.programs.measures import Census

KEY = ("office", "month", "person", "measure")
BETWEEN = "|"  # between the keys of an item's units

# What became of an item's units. The first that is true of any of them is true of the item.
GONE = "no longer in the tables"
ELSEWHERE = "listed under another office, month or person"
DOCUMENTED = "documented"
NO_DUTY = "the duty is no longer measured"
_ENDED = {
    RecordState.PENDING: "not due yet",
    RecordState.REDACTED: "withheld from us",
    RecordState.NOT_APPLICABLE: "the duty does not apply",
}
_EXCLUDED = "excluded: "

FATES = {**dict.fromkeys(KEY, pl.String), "fate": pl.String, "entered": pl.Date, "dated": pl.Date}
REMEMBERED = {"measure": pl.String, "office": pl.String, "month": pl.String, "unit": pl.String}
LOST = {**REMEMBERED, "what": pl.String}
_ORDER = [GONE, ELSEWHERE, DOCUMENTED, NO_DUTY, *_ENDED.values()]


def at_first_grace(states: Rows, census: Census) -> Rows:
    """The units' states under every measure at its first grace period."""
    firsts = [(pl.col("measure") == m.id) & (pl.col("grace_days") == m.grace_days[0]) for m in census.measures]
    return states.filter(pl.any_horizontal(firsts))


def were_open(opening: pl.DataFrame) -> pl.DataFrame:
    """The units of every item that was open: columns KEY and unit, a row each."""
    named = opening.filter(pl.col("state") == "open").select(*KEY, unit=pl.col("units").str.split(BETWEEN))
    return named.explode("unit")


def fates(opening: pl.DataFrame, states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """What became of every item that was open: a row each, columns FATES.

    `opening` is the items of the last ledger, `states` what `units` returns of these items' units at least. `entered`
    is when the last of its records was entered, `dated` the last day that they are about.
    """
    now = at_first_grace(states, census).select("unit", "measure", "state", "excluded", "entered", "dated", known=True)
    measured = pl.col("measure").is_in([measure.id for measure in census.measures])
    state = pl.col("state").cast(pl.String)
    fate = (
        pl.when(~measured)
        .then(pl.lit(NO_DUTY))
        .when(pl.col("known").is_null())
        .then(pl.lit(GONE))
        .when(pl.col("excluded").is_not_null())
        .then(pl.lit(_EXCLUDED) + pl.col("excluded"))
        .when(state == RecordState.MISSING)
        .then(pl.lit(ELSEWHERE))
        .when(state.is_in([*HAVING, RecordState.UNMET.value]))
        .then(pl.lit(DOCUMENTED))
        .otherwise(state.replace({key.value: words for key, words in _ENDED.items()}))
    )
    rank = pl.col("fate").replace_strict({name: i for i, name in enumerate(_ORDER)}, default=len(_ORDER))
    return (
        were_open(opening)
        .join(now, on=["unit", "measure"], how="left")
        .with_columns(fate=fate)
        .group_by(KEY)
        .agg(
            pl.col("fate").sort_by(rank, "fate").first(),
            pl.col("entered").max(),
            pl.col("dated").max(),
        )
        .select(*FATES)
    )


def documented(states: Rows, census: Census) -> Rows:
    """The units that have their records: what the next ledger is to find again. Columns REMEMBERED, in no order."""
    return at_first_grace(states, census).filter(pl.col("state").is_in(HAVING)).select(*REMEMBERED)


def lost(remembered: Rows, states: Rows, census: Census) -> pl.DataFrame:
    """Which units had their records in the last ledger and have them no more: columns LOST, by office and month.

    The unit itself is no longer in the tables, or it is and a record is missing. A record that is withheld now, or a
    unit that is excluded now by a stated reason, is not lost.
    """
    now = at_first_grace(states.lazy(), census).select("unit", "measure", "state", known=True)
    duties = [measure.id for measure in census.measures]
    return (
        remembered.lazy()
        .filter(pl.col("measure").is_in(duties))
        .join(now, on=["unit", "measure"], how="left")
        .with_columns(
            what=pl.when(pl.col("known").is_null())
            .then(pl.lit(GONE))
            .when(pl.col("state") == RecordState.MISSING)
            .then(pl.lit("documented in an earlier ledger and not now"))
        )
        .filter(pl.col("what").is_not_null())
        .select(*LOST)
        .sort("office", "month", "measure", "unit")
        .collect(engine="streaming")
    )
