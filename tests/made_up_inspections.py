"""A made-up program with a discrepancy that has nothing to do with removals: sites recorded as inspected, or not."""

from collections.abc import Iterable
from pathlib import Path

PROGRAM = """
name = "sites"
title = "Sites inspected"
about = "Whether what is recorded of a site agrees with the reports of inspectors."
authority = "A directive"
unit = ["site", "sites"]
office = "district"
synthetic = "Everything here is made up."

[tables.sites]
about = "Sites"
file = "sites.*"
key = ["site_id"]
[tables.sites.columns]
site_id = { required = true }
owner = { personal = true }
office = { type = "office" }
day = { type = "date", required = true }
recorded = {}

[tables.reports]
about = "Reports of inspectors"
file = "reports.*"
key = ["report_id"]
[tables.reports.columns]
report_id = { required = true }
owner = { personal = true }
seen = { type = "date" }
filed = { type = "date" }
by = {}
kind = {}

[census]
table = "sites"
unit = "site_id"
office = "office"
date = "day"
person = "owner"
[[census.measures]]
id = "recorded"
title = "Recorded"
authority = "A directive, section 1"
needs = [{ field = "recorded", label = "record" }]

[[discrepancies]]
name = "inspected"
title = "Sites recorded as inspected against reports on file"
authority = "A directive, section 2"
table = "sites"
case = "site_id"
office = "office"
person = "owner"
date = "day"
field = "recorded"
needing = { values = ["yes"], words = "inspected" }
denying = { values = ["no", "waived"], words = "not inspected" }
unit = ["site", "sites"]
shown = ["report", "reports"]
every = "EVERY"
as_of_days = 10
tiers = [{ words = "own inspector", sources = ["staff"] }, { words = "contractor", sources = ["firm", "agent"] }]
guidance = { contradicted = "Read the report.", unsupported = "Find the report." }
[[discrepancies.evidence]]
table = "reports"
on = "owner"
date = "seen"
recorded = "filed"
source = "by"
where = "kind = 'full'"
"""
OFFICES = "code,name,alias\nA,Alpha,A\nB,Beta,B\n"
SUITE = """name: sites
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: site_id}
    severity: critical
    meta: {why: "A site without a key cannot be named."}
"""
SITES = (
    # site, owner, office, day, recorded
    ("S1", "O1", "A", "2021-03-10", "no"),  # report of the very day: contradicted
    ("S2", "O2", "A", "2021-03-10", "no"),  # report of the day after: not
    ("S3", "O3", "A", "2021-03-11", "yes"),  # report on file: not unsupported
    ("S4", "O4", "B", "2021-03-12", "yes"),  # none: unsupported
    ("S5", "O5", "B", "2021-03-12", "yes"),  # filed after the as-of day: unsupported as known then
    ("S6", "O6", "B", "2021-03-13", "waived"),  # not filed yet, known from its source: contradicted
    ("S7", "", "B", "2021-03-14", "yes"),  # no owner: nothing to look up by
    ("S8", "O8", "", "2021-03-15", ""),  # neither class, no office
    ("S9", "O9", "A", "2021-03-20", "no"),  # second half of the month; two reports, one a sketch and none
    ("SA", "O1", "B", "2021-03-25", "no"),  # the owner of S1 again, in another office
    ("SB", "OB", "B", "2021-02-25", "no"),  # the month before
)
REPORTS = (
    # report, owner, seen, filed, by, kind
    ("R1", "O1", "2021-03-10", "2021-03-12", "staff", "full"),
    ("R2", "O2", "2021-03-11", "2021-03-12", "staff", "full"),
    ("R3", "O3", "2021-03-01", "2021-03-05", "firm", "full"),
    ("R5", "O5", "2021-03-02", "2021-05-01", "firm", "full"),
    ("R6", "O6", "2021-03-03", "", "agent", "full"),
    ("R9", "O9", "2021-03-01", "2021-03-02", "nobody knows", "full"),
    ("R9b", "O9", "2021-03-01", "2021-03-02", "staff", "sketch"),
    ("RB", "OB", "2021-02-01", "2021-02-02", "", "full"),
    ("RC", "O1", "", "2021-02-02", "staff", "full"),
)


def program(folder: Path, *, every: str = "month") -> Path:
    """Write the program's declarations, and return their folder."""
    (folder / "expectations").mkdir(parents=True)
    (folder / "program.toml").write_text(PROGRAM.replace("EVERY", every), encoding="utf-8")
    (folder / "offices.csv").write_text(OFFICES, encoding="utf-8")
    (folder / "expectations" / "sites.yaml").write_text(SUITE, encoding="utf-8")
    return folder


def tables(folder: Path, *, sites: Iterable[Iterable[str]] = SITES, reports: Iterable[Iterable[str]] = REPORTS) -> Path:
    """Write the tables, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in (
        ("sites", "site_id,owner,office,day,recorded", sites),
        ("reports", "report_id,owner,seen,filed,by,kind", reports),
    ):
        text = "".join(",".join(row) + "\n" for row in ([header], *rows))
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
