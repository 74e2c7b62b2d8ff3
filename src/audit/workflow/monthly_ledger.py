"""A month's ledger from the last one on disk, rolled on to what the tables show now, and what it rests on."""

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from audit.compliance.follow_up_summary import BacklogMonth, FollowUp, FollowUpProgress, build_follow_up
from audit.compliance.item_deadlines import count_resolved_within, find_escalated_offices
from audit.compliance.item_outcomes import (
    ITEM_KEY,
    find_item_outcomes,
    find_lost_units,
    find_uninformative_items,
    list_documented_units,
    list_item_units,
    list_open_units,
)
from audit.compliance.late_changes import LateChange, find_late_changes
from audit.compliance.ledger import Ledger, find_missing_items, roll_forward_ledger
from audit.compliance.mergeable_counts import MergeableCounts
from audit.compliance.office_rates import MonthRate
from audit.compliance.returns import list_accepted_claims, summarize_return_status
from audit.compliance.verification import draw_resolved_items, format_draw_seed, trace_resolved_items
from audit.programs.measures import Census
from audit.reporting.formats.csv_tables import encode_rows
from audit.storage import ledgers, report_versions, row_history
from audit.storage.earlier_backlogs import read_earlier_backlogs
from audit.storage.first_counts import read_first_counts
from audit.storage.ledgers import DecisionFiles, OpeningLedger
from audit.storage.report_versions import ReportVersions
from audit.storage.returns import read_return_events
from audit.tables.readers.spill import NARROW_ROWS_IN_MEMORY, sort_plan
from audit.workflow.program_data import ProgramData


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LedgerInputs:
    """What the ledger of a month is made from, beside the tables; and what of these is not as it was."""

    opening: OpeningLedger
    reclassified: pl.DataFrame
    guidance: pl.DataFrame
    rows: pl.DataFrame  # of the tables, columns ROW_DIGEST_SCHEMA
    late: tuple[LateChange, ...]  # since the reports before
    drawn: pl.DataFrame  # items that the last ledger calls resolved, to be verified: columns LEDGER_SCHEMA
    first_counts: tuple[MonthRate, ...] = ()  # of each earlier month, as its first report told
    backlogs: tuple[BacklogMonth, ...] = ()  # at the close of the reports of earlier months

    @property
    def digests(self) -> dict[str, Any]:
        """By which a second run knows that it would make the same ledger."""
        decided = {"reclassified": self.reclassified, "guidance": self.guidance}
        return {**self.opening.digests, **{name: ledgers.hash_decisions(rows) for name, rows in decided.items()}}

    @property
    def listed_units(self) -> pl.DataFrame:
        """The units that the last ledger has open, in the column unit."""
        return list_open_units(self.opening.items).select("unit").unique().sort("unit")

    @property
    def drawn_units(self) -> pl.DataFrame:
        """The units of the items that are verified, in the column unit."""
        return list_item_units(self.drawn).select("unit").unique().sort("unit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DocumentedUnits:
    """The units that have their records: which of the last ledger's have them no more, and the file of those now."""

    lost: pl.DataFrame  # columns LOST_UNIT_SCHEMA
    now: bytes | Path  # as the next month reads it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClosedLedger:
    """The ledger of a month: what the report says of it, and its files."""

    follow_up: FollowUp
    items: pl.DataFrame  # every item there ever was, columns LEDGER_SCHEMA
    files: dict[str, bytes | Path]


def open_ledger(
    work: ProgramData,
    reports: ReportVersions,
    month: str,
    *,
    version: int,
    as_of: date,
    decisions: DecisionFiles,
    rows: pl.DataFrame,
) -> LedgerInputs:
    """The last ledger, what people decided up to the day, and what has changed of the tables' `rows` since."""
    opening = ledgers.read_opening_ledger(reports, month, key_mark=work.key_mark, as_of=as_of, drafts=version > 1)
    plan = work.program.census.follow_up
    return LedgerInputs(
        opening=opening,
        drawn=draw_resolved_items(opening.items, plan, month=opening.month) if plan else opening.items.clear(),
        reclassified=_add_accepted_claims(
            ledgers.read_reclassifications(decisions.reclassified, as_of=as_of),
            list_accepted_claims(summarize_return_status(read_return_events(reports.folder), as_of=as_of)),
            opening.items,
        ),
        guidance=ledgers.read_guidance(decisions.guidance, as_of=as_of),
        rows=rows,
        late=find_late_changes(
            work.program, rows, work.totals, row_history.read_earlier_rows(reports, month, version=version)
        ),
        first_counts=read_first_counts(reports, month),
        backlogs=read_earlier_backlogs(reports, month),
    )


def _add_accepted_claims(reclassified: pl.DataFrame, accepted: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """What people reclassified in a file, and what headquarters accepted of the offices' returns, of these items."""
    known = accepted.join(items, on=ITEM_KEY, how="semi").with_columns(row=pl.lit(0, pl.Int64))
    return pl.concat([reclassified, known.select(reclassified.columns)])


def collect_documented_units(
    work: ProgramData, inputs: LedgerInputs, states: pl.LazyFrame, *, month: str
) -> DocumentedUnits:
    """The units that have their records, of all that the tables hold: `states` is the state of every one."""
    rules, out = work.program.census, BytesIO()
    rows = len(rules.measures) * work.tables[rules.table].rows_used
    documented_states = list_documented_units(states.filter(pl.col("month") <= month), rules)
    ledgers.write_documented_units(sort_plan(documented_states, ["measure", "unit"], rows=rows), out)
    before, parts = ledgers.read_documented_units(inputs.opening.documented_file), rows // NARROW_ROWS_IN_MEMORY + 1
    gone = [
        find_lost_units(_filter_part(before, n, parts), _filter_part(states, n, parts), rules) for n in range(parts)
    ]
    return DocumentedUnits(lost=pl.concat(gone).sort("office", "month", "measure", "unit"), now=out.getvalue())


def _filter_part(units: pl.LazyFrame, part: int, parts: int) -> pl.LazyFrame:
    """Those of the units that fall into one part, of as many as fit into memory."""
    return units.filter(pl.col("unit").hash() % parts == part) if parts > 1 else units


def close_ledger(
    work: ProgramData,
    inputs: LedgerInputs,
    counts: MergeableCounts,
    documented_units: DocumentedUnits,
    *,
    month: str,
    as_of: date,
) -> ClosedLedger:
    """The ledger rolled on to a month: every unit up to it is looked at again, as it stands on the as-of day.

    `counts` holds the state of every unit that lacks a record, is listed in the last ledger or is verified.
    """
    work.tell("updating the open items")
    rules, opening, states = work.program.census, inputs.opening, counts.listed_units
    ledger = roll_forward_ledger(
        opening.items,
        find_missing_items(states.filter(pl.col("month") <= month), rules),
        as_of=as_of,
        fates=find_item_outcomes(opening.items, states, rules),
        reclassified=inputs.reclassified,
        guidance=inputs.guidance,
        undone=documented_units.lost,
    )
    follow_up_record = build_follow_up(
        ledger,
        period=month,
        as_of=as_of,
        since=opening.month,
        since_as_of=opening.as_of,
        lost=documented_units.lost,
        offices=work.offices.list_names(),
        uninformative=find_uninformative_items(ledger.items, states, rules),
        progress=_measure_progress(inputs, ledger, counts, rules, month=month, as_of=as_of),
    )
    now = BacklogMonth(
        month=month, open_end=follow_up_record.open_end, over_90=sum(one.over_90 for one in follow_up_record.offices)
    )
    follow_up_record = replace(follow_up_record, backlog=(*inputs.backlogs, now))
    files: dict[str, bytes | Path] = {
        report_versions.LEDGER_FILE: ledgers.encode_ledger_items(ledger.items),
        "tables/alarms.csv": encode_rows(documented_units.lost),
        report_versions.DOCUMENTED_UNITS_FILE: documented_units.now,
        row_history.ROW_HISTORY_FILE: row_history.encode_row_history(inputs.rows),
    }
    return ClosedLedger(follow_up=follow_up_record, items=ledger.items, files=files)


def _measure_progress(
    inputs: LedgerInputs, ledger: Ledger, counts: MergeableCounts, census: Census, *, month: str, as_of: date
) -> FollowUpProgress | None:
    """How the program's plan of follow-up was met; None where none is declared."""
    plan, opening = census.follow_up, inputs.opening
    if plan is None:
        return None
    resolved = count_resolved_within(ledger.items, census, since_as_of=opening.as_of, as_of=as_of)
    verified = None
    if plan.verified and opening.month:
        verified = trace_resolved_items(
            inputs.drawn,
            opening.items.filter(pl.col("movement") == "resolved").height,
            counts.listed_units,
            counts.shared_units,
            census,
            seed=format_draw_seed(plan, month=opening.month),
            month=opening.month,
        )
    return FollowUpProgress(
        resolved_within=resolved,
        escalated=frozenset(find_escalated_offices(plan, resolved, counts.month_counts, census, month=month)),
        verified=verified,
    )
