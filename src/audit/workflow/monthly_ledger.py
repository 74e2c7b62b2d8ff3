"""A month's books from those on disk: its ledger, rolled on to what the tables show now, and what it rests on."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from audit.compliance.follow_up import FollowUp, follow_up
from audit.compliance.item_outcomes import documented, fates, lost, were_open
from audit.compliance.late_changes import LateChange, changed
from audit.compliance.ledger import found_open, roll
from audit.storage import ledgers, report_versions, row_history
from audit.storage.ledgers import Decisions, Opening
from audit.storage.report_versions import Shelf
from audit.tables.readers.spill import NARROW, in_order
from audit.workflow.audit import Engagement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Books:
    """What the ledger of a month is made from, beside the tables; and what of these is not as it was."""

    opening: Opening
    reclassified: pl.DataFrame
    guidance: pl.DataFrame
    rows: pl.DataFrame  # of the tables, columns HELD
    late: tuple[LateChange, ...]  # since the reports before

    @property
    def digests(self) -> dict[str, Any]:
        """By which a second run knows that it would make the same ledger."""
        decided = {"reclassified": self.reclassified, "guidance": self.guidance}
        return {**self.opening.digests, **{name: ledgers.digest(rows) for name, rows in decided.items()}}

    @property
    def listed(self) -> pl.DataFrame:
        """The units that the last ledger has open, in the column unit."""
        return were_open(self.opening.items).select("unit").unique().sort("unit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Documented:
    """The units that have their records: which of the last ledger's have them no more, and the file of those now."""

    lost: pl.DataFrame  # columns LOST
    now: bytes | Path  # as the next month reads it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Closed:
    """The ledger of a month: what the report says of it, and its files."""

    follow_up: FollowUp
    items: pl.DataFrame  # every item there ever was, columns LEDGER
    files: dict[str, bytes | Path]


def opened(
    work: Engagement,
    reports: Shelf,
    month: str,
    *,
    version: int,
    as_of: date,
    decisions: Decisions,
    rows: pl.DataFrame,
) -> Books:
    """The last ledger, what people decided up to the day, and what has changed of the tables' `rows` since."""
    return Books(
        opening=ledgers.opening(reports, month, key_mark=work.key_mark, as_of=as_of, drafts=version > 1),
        reclassified=ledgers.read_reclassified(decisions.reclassified, as_of=as_of),
        guidance=ledgers.read_guidance(decisions.guidance, as_of=as_of),
        rows=rows,
        late=changed(work.program, rows, work.totals, row_history.earlier(reports, month, version=version)),
    )


def remembered(work: Engagement, books: Books, states: pl.LazyFrame, *, month: str) -> Documented:
    """The units that have their records, of all that the tables hold: `states` is the state of every one."""
    rules, out = work.program.census, BytesIO()
    rows = len(rules.measures) * work.tables[rules.table].rows_used
    having = documented(states.filter(pl.col("month") <= month), rules)
    ledgers.as_parquet(in_order(having, ["measure", "unit"], rows=rows), out)
    before, parts = ledgers.read_remembered(books.opening.remembered), rows // NARROW + 1
    gone = [lost(_share(before, n, parts), _share(states, n, parts), rules) for n in range(parts)]
    return Documented(lost=pl.concat(gone).sort("office", "month", "measure", "unit"), now=out.getvalue())


def _share(units: pl.LazyFrame, part: int, parts: int) -> pl.LazyFrame:
    """Those of the units that fall into one part, of as many as fit into memory."""
    return units.filter(pl.col("unit").hash() % parts == part) if parts > 1 else units


def closed(
    work: Engagement, books: Books, named: pl.DataFrame, having: Documented, *, month: str, as_of: date
) -> Closed:
    """The ledger rolled on to a month: every unit up to it is looked at again, as it stands on the as-of day.

    `named` is the state of every unit that lacks a record or is listed in the last ledger
    (`audit.compliance.mergeable_counts`).
    """
    work.tell("rolling the ledger")
    rules, opening = work.program.census, books.opening
    ledger = roll(
        opening.items,
        found_open(named.filter(pl.col("month") <= month), rules),
        as_of=as_of,
        fates=fates(opening.items, named, rules),
        reclassified=books.reclassified,
        guidance=books.guidance,
        undone=having.lost,
    )
    told = follow_up(
        ledger,
        period=month,
        as_of=as_of,
        since=opening.month,
        since_as_of=opening.as_of,
        lost=having.lost,
        offices=work.offices.names(),
    )
    files: dict[str, bytes | Path] = {
        report_versions.LEDGER: ledgers.as_csv(ledger.items),
        "tables/alarms.csv": having.lost.write_csv().encode(),
        report_versions.REMEMBERED: having.now,
        row_history.FILE: row_history.as_csv(books.rows),
    }
    return Closed(follow_up=told, items=ledger.items, files=files)
