"""What became of the units that lacked a record, and which that had theirs have it no more."""

import polars as pl

from audit.compliance.record_states import DOCUMENTED_STATES as HAVING
from audit.compliance.record_states import AnyFrame, RecordState
from audit.programs.measures import Census

ITEM_KEY = ("office", "month", "person", "measure")
UNIT_SEPARATOR = "|"  # between the keys of an item's units

# What became of an item's units. The first that is true of any of them is true of the item.
ITEM_GONE = "no longer in the tables"
ITEM_ELSEWHERE = "listed under another office, month or person"
ITEM_DOCUMENTED = "documented"
ITEM_WITHOUT_DUTY = "the duty is no longer measured"
_STATE_OUTCOMES = {
    RecordState.PENDING: "not due yet",
    RecordState.REDACTED: "withheld from us",
    RecordState.NOT_APPLICABLE: "the duty does not apply",
}
_EXCLUDED_PREFIX = "excluded: "

ITEM_OUTCOME_SCHEMA = {**dict.fromkeys(ITEM_KEY, pl.String), "fate": pl.String, "entered": pl.Date, "dated": pl.Date}
DOCUMENTED_UNIT_SCHEMA = {"measure": pl.String, "office": pl.String, "month": pl.String, "unit": pl.String}
LOST_UNIT_SCHEMA = {**DOCUMENTED_UNIT_SCHEMA, "what": pl.String}
_OUTCOME_ORDER = [ITEM_GONE, ITEM_ELSEWHERE, ITEM_DOCUMENTED, ITEM_WITHOUT_DUTY, *_STATE_OUTCOMES.values()]


def filter_first_grace(states: AnyFrame, census: Census) -> AnyFrame:
    """The units' states under every measure at its first grace period."""
    firsts = [(pl.col("measure") == m.id) & (pl.col("grace_days") == m.grace_days[0]) for m in census.measures]
    return states.filter(pl.any_horizontal(firsts))


def list_open_units(opening: pl.DataFrame) -> pl.DataFrame:
    """The units of every item that was open: columns ITEM_KEY and unit, a row each."""
    return list_item_units(opening.filter(pl.col("state") == "open"))


def list_item_units(items: pl.DataFrame) -> pl.DataFrame:
    """The units of items of a ledger: columns ITEM_KEY and unit, a row each."""
    return items.select(*ITEM_KEY, unit=pl.col("units").str.split(UNIT_SEPARATOR)).explode("unit")


def find_item_outcomes(opening: pl.DataFrame, states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """What became of every item that was open: a row each, columns ITEM_OUTCOME_SCHEMA.

    `opening` is the items of the last ledger, `states` what `find_unit_states` returns of these items' units at least.
    `entered` is when the last of its records was entered, `dated` the last day that they are about.
    """
    now = filter_first_grace(states, census).select(
        "unit", "measure", "state", "excluded", "entered", "dated", known=True
    )
    measured = pl.col("measure").is_in([measure.id for measure in census.measures])
    state = pl.col("state").cast(pl.String)
    fate = (
        pl.when(~measured)
        .then(pl.lit(ITEM_WITHOUT_DUTY))
        .when(pl.col("known").is_null())
        .then(pl.lit(ITEM_GONE))
        .when(pl.col("excluded").is_not_null())
        .then(pl.lit(_EXCLUDED_PREFIX) + pl.col("excluded"))
        .when(state == RecordState.MISSING)
        .then(pl.lit(ITEM_ELSEWHERE))
        .when(state.is_in([*HAVING, RecordState.UNMET.value]))
        .then(pl.lit(ITEM_DOCUMENTED))
        .otherwise(state.replace({key.value: words for key, words in _STATE_OUTCOMES.items()}))
    )
    rank = pl.col("fate").replace_strict(
        {name: i for i, name in enumerate(_OUTCOME_ORDER)}, default=len(_OUTCOME_ORDER)
    )
    return (
        list_open_units(opening)
        .join(now, on=["unit", "measure"], how="left")
        .with_columns(fate=fate)
        .group_by(ITEM_KEY)
        .agg(
            pl.col("fate").sort_by(rank, "fate").first(),
            pl.col("entered").max(),
            pl.col("dated").max(),
        )
        .select(*ITEM_OUTCOME_SCHEMA)
    )


def find_uninformative_items(items: pl.DataFrame, states: pl.DataFrame, census: Census) -> pl.DataFrame:
    """The items resolved now of which a unit's record is filled with words that say nothing: columns ITEM_KEY.

    `items` is those of a ledger, `states` what `find_unit_states` returns of their units at least.
    """
    now = filter_first_grace(states, census).filter("uninformative").select("unit", "measure")
    resolved = list_item_units(items.filter(pl.col("movement") == "resolved"))
    return resolved.join(now, on=["unit", "measure"], how="semi").select(ITEM_KEY).unique().sort(ITEM_KEY)


def list_documented_units(states: AnyFrame, census: Census) -> AnyFrame:
    """The units that have their records: what the next ledger is to find again. Columns DOCUMENTED_UNIT_SCHEMA,
    in no order."""
    return filter_first_grace(states, census).filter(pl.col("state").is_in(HAVING)).select(*DOCUMENTED_UNIT_SCHEMA)


def find_lost_units(remembered: AnyFrame, states: AnyFrame, census: Census) -> pl.DataFrame:
    """Which units had their records in the last ledger and have them no more: columns LOST_UNIT_SCHEMA, by office and
    month.

    The unit itself is no longer in the tables, or it is and a record is missing. A record that is withheld now, or a
    unit that is excluded now by a stated reason, is not lost.
    """
    now = filter_first_grace(states.lazy(), census).select("unit", "measure", "state", known=True)
    duties = [measure.id for measure in census.measures]
    return (
        remembered.lazy()
        .filter(pl.col("measure").is_in(duties))
        .join(now, on=["unit", "measure"], how="left")
        .with_columns(
            what=pl.when(pl.col("known").is_null())
            .then(pl.lit(ITEM_GONE))
            .when(pl.col("state") == RecordState.MISSING)
            .then(pl.lit("documented in an earlier ledger and not now"))
        )
        .filter(pl.col("what").is_not_null())
        .select(*LOST_UNIT_SCHEMA)
        .sort("office", "month", "measure", "unit")
        .collect(engine="streaming")
    )
