"""Two tables as an agency released them, against the counts that their publishers give.

Sources: ICE segregation review reports, 2015-12 to 2018-06 (UWCHR, nwdc-seg), and ICE Criminal Alien Program
encounters, Seattle area of responsibility, FY2017 (UWCHR, ice-enforce); read where `AUDIT_REAL_DATA` says they are.
"""

import os
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.tables.offices import Alias, Offices
from audit.tables.readers import read as tables
from audit.tables.schema import Column, Source
from audit.tables.table import Table

DATA = Path(os.environ.get("AUDIT_REAL_DATA", Path(__file__).parents[2] / "../shared/data")).resolve()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the released tables are not at AUDIT_REAL_DATA ({DATA})")

DAY, TIME = ("%m/%d/%Y",), ("%m/%d/%Y %H:%M",)
REVIEWS = Source(
    name="reviews",
    file="srms_2015_2018/srms_2015_2018.csv.gz",
    columns={
        "review_id": Column(header="hashid"),
        "office": Column(header="facility_aor", type="office", required=True),
        "report_type": Column(values=("30 Day Interval", "14 Day", "72 Hour"), required=True),
        "placed": Column(header="placement_date", type="date", formats=DAY, required=True),
        "released": Column(header="release_date", type="date", formats=DAY),
        "created": Column(type="datetime", formats=TIME, required=True),
        "attorney_of_record": Column(type="yes_no"),
        "attorney_notification": Column(type="yes_no"),
        "days": Column(header="days_solitary", type="integer"),
        "detailed": Column(header="has_detailed_reason", type="yes_no", required=True),
    },
    key=("review_id",),
    dated_by="created",
    unread=(
        "gender", "facility", "placement_reason", "detainee_request", "compliance_with_detention", "mental_illness",
        "serious_medical_illness", "serious_disability", "placement_reason_type", "admin_or_disciplinary", "detloc",
        "has_disciplinary_infraction", "has_smi_spi_dis_description", "has_fo_recommendation",
        "has_non_compliance_detail",
    ),
)  # fmt: skip
ENCOUNTERS = Source(
    name="encounters",
    file="cap_seattle_fy2017/cap_encounters_fy2017.csv.gz",
    columns={
        "event": Column(header="Event Number"),
        "office": Column(header="Event Area of Responsibility", type="office"),
        "landmark": Column(header="Landmark"),
        "disposition": Column(header="Processing Disposition", uninformative=("OTHER",)),
        "born": Column(header="Date of Birth", type="date"),
    },
    unread=("Operation", "Country of Citizenship", "Gender"),
    delimiter="|",
    redacted=("(b)(6),(b)(7)(C)", "(b)(7)(E)"),
)
SEATTLE = Offices(aliases=(Alias(code="SEA", name="Seattle", alias="Seattle"),))


def offices() -> Offices:
    """The offices of the reviews, by the code and the name in `BUF (Buffalo)` and `SNA San Antonio`."""
    written = pl.read_csv(DATA / REVIEWS.file, columns=["facility_aor"])["facility_aor"].unique().sort()
    parts = [re.fullmatch(r"(\w{3}) \(?([^)]+)\)?", office) for office in written]
    return Offices(aliases=tuple(Alias(code=part[1], name=part[2], alias=part[2]) for part in parts if part))


def read(source: Source, known: Offices) -> Table:
    return tables.read_declared_table(source, DATA, offices=known, pseudonym_key=None)


def test_segregation_reviews() -> None:
    known = offices()
    table = read(REVIEWS, known)
    assert [str(totals) for totals in table.totals] == ["6,558 rows in = 6,558 used + 0 set aside"]
    rows = table.rows.collect()
    assert rows.null_count().select("review_id", "office", "created", "placed", "released").row(0) == (0, 0, 0, 0, 120)
    assert set(rows["office"]) == set(known.list_names())
    assert rows["office"].n_unique() == 24
    assert rows["office"].value_counts().sort("count", descending=True).head(2).rows() == [("LOS", 1283), ("ATL", 738)]
    assert rows["report_type"].value_counts().sort("count", descending=True).rows() == [
        ("30 Day Interval", 3845),
        ("14 Day", 1570),
        ("72 Hour", 1143),
    ]
    assert rows["created"].is_between(datetime(2015, 12, 1), datetime(2018, 6, 30)).all()
    assert rows.row(0, named=True)["placed"] == date(2016, 3, 4)


def test_an_attorney_is_notified_where_one_is_on_record() -> None:
    """Yes 500, No 197, blank 12 of 709: a blank is not a No."""
    on_record = read(REVIEWS, offices()).rows.filter("attorney_of_record").collect()
    assert on_record["attorney_notification"].value_counts().sort("count", descending=True).rows() == [
        (True, 500),
        (False, 197),
        (None, 12),
    ]


def test_an_office_that_is_not_listed_is_named_by_its_rows() -> None:
    known = Offices(aliases=tuple(alias for alias in offices().aliases if alias.code != "SNA"))
    with pytest.raises(AuditError, match=r"column facility_aor: not a known office.*in 356 rows") as refused:
        read(REVIEWS, known)
    assert refused.value.code == ExitCode.DATA


def test_criminal_alien_program_encounters() -> None:
    """Five banner lines, withheld cells, 1 blank disposition and 1,961 that say nothing."""
    table = read(ENCOUNTERS, SEATTLE)
    assert [str(totals) for totals in table.totals] == ["11,712 rows in = 11,712 used + 0 set aside"]
    rows = table.rows.collect()
    states = {name: dict(rows[f"{name}.state"].value_counts().rows()) for name in ENCOUNTERS.columns}
    assert states["event"] == states["born"] == {"redacted": 11712}
    assert states["office"] == {"filled": 11712}
    assert states["disposition"] == {"filled": 9750, "uninformative": 1961, "blank": 1}
    assert states["landmark"]["blank"] / 11712 == pytest.approx(0.218, abs=0.0005)
    assert rows.filter(pl.col("disposition") == "Not Amenable to Removal").height == 4249
    assert rows["office"].unique().to_list() == ["SEA"]


def test_a_comma_is_not_the_delimiter_of_the_encounters() -> None:
    with pytest.raises(AuditError, match=r'Declare `delimiter = "\|"`\.$'):
        read(replace(ENCOUNTERS, delimiter=None), SEATTLE)
