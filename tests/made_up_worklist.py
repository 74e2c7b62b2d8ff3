"""The worklist that goes with the made-up report: its open items, each with a key, and an encounter where only the
disposition is missing."""

from dataclasses import replace

import polars as pl

from audit.compliance.worklist import UNIT_RECORD_SCHEMA, build_worklist, list_record_columns
from audit.programs.measures import Census, FollowUpPlan, RequiredRecord
from audit.reporting.month_report import Report
from tests.made_up_census import CENSUS, DOCUMENTED

DISPOSITION = "processing disposition"
MEASURE = replace(
    DOCUMENTED,
    id="match_documentation",
    needs=(
        RequiredRecord(field="encounter", label="encounter", system="Case system"),
        RequiredRecord(field="code", label=DISPOSITION, system="Case system"),
    ),
    guidance={
        "encounter and processing disposition": "Record the encounter, then its disposition.",
        DISPOSITION: "Enter the disposition of the encounter.",
    },
)
WORKLIST_CENSUS: Census = replace(CENSUS, measures=(MEASURE,), follow_up=FollowUpPlan(days=30, source="A directive"))


def worklist(report: Report, census: Census = WORKLIST_CENSUS) -> pl.DataFrame:
    """The list of all offices: the items of the report, each of one unit that is called after its person."""
    items = pl.DataFrame(
        [
            {
                "office": item.office,
                "month": item.month,
                "person": item.person,
                "measure": item.measure,
                "units": f"M-{item.person}",
                "first": item.first,
                "missing": DISPOSITION if item.missing == DISPOSITION else "encounter and processing disposition",
                "listed": report.as_of,
            }
            for item in report.open_items
        ],
        schema_overrides={"first": pl.Date, "listed": pl.Date},
        schema=None if report.open_items else _EMPTY,
    )
    no_identifier = {f"M-{item.person}" for item in report.open_items if item.no_identifier}
    records = items.select(
        unit="units",
        day="first",
        below=pl.lit(None, pl.String),
        no_identifier=pl.col("units").is_in([*no_identifier]),
        ambiguous=pl.lit(False),
        record_1=pl.when(pl.col("missing") == DISPOSITION).then("E-" + pl.col("person")),
        record_1_day=pl.when(pl.col("missing") == DISPOSITION).then("first"),
        record_2=pl.lit(None, pl.String),
    )
    assert records.columns == [*UNIT_RECORD_SCHEMA, *list_record_columns(census)]
    return build_worklist(items, records, census, as_of=report.as_of)


_EMPTY = {
    **dict.fromkeys(("office", "month", "person", "measure", "units"), pl.String),
    "first": pl.Date,
    "missing": pl.String,
    "listed": pl.Date,
}
