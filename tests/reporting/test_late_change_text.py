"""What has changed of a table since the reports before, in words."""

from typing import Any

from audit.compliance.late_changes import LateChange
from audit.reporting.late_change_text import describe_correction, describe_late_changes, format_report_months


def change(what: str, before: int | None, now: int | None, *reports: str, **kind: Any) -> LateChange:
    return LateChange(
        **{"table": "matches", "kind": "rows", **kind}, what=what, before=before, now=now, reports=reports
    )


def test_each_table_has_its_changes_in_one_text() -> None:
    changes = (
        change("2011-07", 1200, 1201, "2011-07", "2011-08"),
        change("", 3, None, "2011-08"),
        change("2011-08", 1, 1, "2011-08"),
        change("persons_1.csv", 10, 10, "2011-08", table="persons", kind="file"),
        change("", None, None, "2011-08", table="encounters", kind="columns"),
    )
    assert describe_late_changes(changes) == [
        (
            "matches",
            "rows not as the reports of 2011-07 and 2011-08 had them: 2011-07 (1,200 rows then, 1,201 now), without a "
            "day (3 rows then, gone now) and 2011-08 (1 row as then, with other contents)",
        ),
        (
            "persons",
            "1 file not as the report of 2011-08 had it: persons_1.csv (10 rows as then, with other contents); the "
            "rows that are read of them are the same",
        ),
        (
            "encounters",
            "other columns are read than for the report of 2011-08, so its rows cannot be compared with those of then",
        ),
    ]


def test_many_reports_are_named_by_the_first_and_the_last() -> None:
    assert format_report_months(["2011-05", "2011-06", "2011-07", "2011-08"]) == "the reports of 2011-05 to 2011-08"


def test_the_command_that_corrects_issued_reports_names_their_months_and_repeats_the_options() -> None:
    options = ["--data", "my tables", "--reports", "reports"]
    assert describe_correction("pensions", ["2011-05"], options) == (
        "issued, and left unchanged: the report of 2011-05. To write its correction: "
        "audit run pensions --month 2011-05 --data 'my tables' --reports reports --correct \"why\""
    )
    assert describe_correction("pensions", ["2011-05", "2011-07"], []) == (
        "issued, and left unchanged: the reports of 2011-05 and 2011-07. To write corrections of those that come out "
        'otherwise: audit run pensions --since 2011-05 --month 2011-07 --correct "why"'
    )
