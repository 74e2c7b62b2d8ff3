"""The ledger on disk: the items of the last one, the units it found documented, and what people decided since."""

import hashlib
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl

from audit.compliance.discrepancies.counts import DECISION_SCHEMA
from audit.compliance.item_outcomes import DOCUMENTED_UNIT_SCHEMA, ITEM_KEY
from audit.compliance.ledger import GUIDANCE_SCHEMA, LEDGER_SCHEMA, RECLASSIFICATION_SCHEMA, make_empty_items
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import unmark_formula
from audit.reporting.open_item_text import LEDGER_REMARKS
from audit.storage import report_versions
from audit.storage.declaration_text import read_csv_records
from audit.storage.report_versions import ReportVersion, ReportVersions

LEDGER_FILES = (report_versions.LEDGER_FILE, report_versions.DOCUMENTED_UNITS_FILE)
ROW_GROUP_SIZE = 1 << 17  # in a group of the file of documented units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpeningLedger:
    """What a ledger carries on: the last one, as it stands."""

    month: str  # "" where the ledger begins
    as_of: date | None
    items: pl.DataFrame
    documented_file: Path | None  # the file of the units it found documented
    digests: dict[str, Any]  # by which it is known again


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFiles:
    """The files in which people say what they did about open items."""

    reclassified: Path | None = None
    guidance: Path | None = None

    def refuse_missing_files(self) -> None:
        """Refuse files that are named and not there: AuditError (UNREADABLE)."""
        missing = [path for path in (self.reclassified, self.guidance) if path and not path.exists()]
        if missing:
            raise AuditError(map(_make_missing_file_problem, missing), code=ExitCode.UNREADABLE)


def read_opening_ledger(
    reports: ReportVersions, month: str, *, key_mark: str, as_of: date, drafts: bool = False
) -> OpeningLedger:
    """The ledger of the last month before `month` that has a report; an empty one where there is none.

    It is that of the version that holds; with `drafts`, as a correction needs, of the latest.

    AuditError: CONFLICT where that ledger was altered, or has other pseudonyms; USAGE where it looked at a later day.
    """
    earlier = reports.list_earlier_reports(month, drafts=drafts)
    if not earlier:
        return OpeningLedger(
            month="", as_of=None, items=make_empty_items(), documented_file=None, digests={"month": ""}
        )
    before = earlier[-1]
    _refuse_opening(before, key_mark=key_mark, as_of=as_of)
    digests = {name: before.outputs[name] for name in LEDGER_FILES}
    return OpeningLedger(
        month=before.name,
        as_of=before.as_of,
        items=read_ledger_items(before.folder / report_versions.LEDGER_FILE),
        documented_file=before.folder / report_versions.DOCUMENTED_UNITS_FILE,
        digests={"month": before.name, "version": before.version, **digests},
    )


def _refuse_opening(before: ReportVersion, *, key_mark: str, as_of: date) -> None:
    problems = [one for name in LEDGER_FILES for one in before.find_alterations(name, needed="is carried on from")]
    if before.inputs.get("pseudonym key") != key_mark:
        what = "was made with another pseudonym key, so its persons cannot be found again"
        problems.append(Problem(what=what, mend="Set AUDIT_PSEUDONYM_KEY as it was then.", file=str(before.folder)))
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    if before.as_of and before.as_of > as_of:
        what = f"looked at the records on {before.as_of}, later than {as_of}: its ledger cannot be carried back"
        raise AuditError(
            Problem(what=what, mend="Give a later day with --as-of.", file=str(before.folder)), code=ExitCode.USAGE
        )


def encode_ledger_items(items: pl.DataFrame) -> bytes:
    """The items of a ledger as a table for people, remarks in words, which the next month reads back."""
    worded = items.with_columns(pl.col("remark").replace(LEDGER_REMARKS))
    return worded.write_csv(quote_style="necessary").encode()


def read_ledger_items(path: Path) -> pl.DataFrame:
    """The items of a ledger's file, columns LEDGER_SCHEMA, in the order of their keys."""
    remarks = {words: remark for remark, words in LEDGER_REMARKS.items()}
    items = pl.read_csv(path, schema=LEDGER_SCHEMA).with_columns(pl.col("remark").replace(remarks))
    return items.sort(ITEM_KEY)


def read_documented_units(path: Path | None) -> pl.LazyFrame:
    """The units that the last ledger found documented: columns DOCUMENTED_UNIT_SCHEMA."""
    return pl.scan_parquet(path, glob=False) if path else pl.LazyFrame(schema=DOCUMENTED_UNIT_SCHEMA)


def write_documented_units(units: pl.LazyFrame, to: Path | BytesIO) -> None:
    """Write the units that were found documented, as the next month reads them: the same bytes from any parts."""
    units.sink_parquet(to, compression="zstd", statistics=False, row_group_size=ROW_GROUP_SIZE)


def read_reclassifications(path: Path | None, *, as_of: date) -> pl.DataFrame:
    """What people took out of the ledger up to a day: columns RECLASSIFICATION_SCHEMA, and `row` of the file."""
    return _read_decisions(path, RECLASSIFICATION_SCHEMA, "decided", as_of)


def read_guidance(path: Path | None, *, as_of: date) -> pl.DataFrame:
    """When offices were told what to do, up to a day: columns GUIDANCE_SCHEMA, and `row` of the file."""
    return _read_decisions(path, GUIDANCE_SCHEMA, "sent", as_of)


def read_discrepancy_decisions(path: Path | None, *, as_of: date) -> pl.DataFrame:
    """What people concluded of discrepancies up to a day: columns DECISION_SCHEMA, and `row` of the file."""
    return _read_decisions(path, DECISION_SCHEMA, "decided", as_of)


def hash_decisions(decisions: pl.DataFrame) -> str:
    """The SHA-256 of decisions as CSV; "" where there is none."""
    return hashlib.sha256(decisions.drop("row").write_csv().encode()).hexdigest() if decisions.height else ""


def _read_decisions(path: Path | None, columns: dict[str, Any], day: str, as_of: date) -> pl.DataFrame:
    """The rows of a CSV file of decisions; every fault with its row. What is dated later is left for later months."""
    schema = {**columns, "row": pl.Int64}
    if path is None:
        return pl.DataFrame(schema=schema)
    try:
        records = list(read_csv_records(path, label=str(path)))
    except FileNotFoundError:
        raise AuditError(_make_missing_file_problem(path), code=ExitCode.UNREADABLE) from None
    except OSError:
        problem = Problem(what="cannot be read", mend="Save it as a CSV file in UTF-8.", file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    header = records[0][1] if records else []
    missing = [name for name in columns if name not in header]
    problems = [Problem(what="is missing", mend="Add it.", file=str(path), column=name) for name in missing]
    read: list[list[Any]] = []
    for number, fields in records[1:] if not problems else ():
        row = dict(zip_longest(header, fields[: len(header)], fillvalue=""))
        cells = {name: unmark_formula(row[name]) for name in columns}
        if len(fields) > len(header):
            mend = "Quote a field that holds a comma."
            problems.append(Problem(what="has more fields than the header", mend=mend, file=str(path), row=number))
        for name, text in cells.items():
            if not text and name != "office":  # of units whose office was not recorded
                problems.append(Problem(what="is blank", mend="Fill it in.", file=str(path), row=number, column=name))
        try:
            read.append([date.fromisoformat(text) if name == day else text for name, text in cells.items()] + [number])
        except ValueError:
            if cells[day]:
                mend = "Write it as 2011-09-30."
                problems.append(Problem(what="is not a day", mend=mend, file=str(path), row=number, column=day))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)
    return pl.DataFrame(read, schema=schema, orient="row").filter(pl.col(day) <= as_of)


def _make_missing_file_problem(path: Path) -> Problem:
    return Problem(what="there is no such file", mend="Name the file, with its folder.", file=str(path))
