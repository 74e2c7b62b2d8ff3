"""The packets of a report: every open item with its records, sorted into a folder for each office."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from audit.compliance.item_outcomes import ITEM_KEY, list_open_units
from audit.compliance.ledger import find_missing_items
from audit.compliance.office_rates import filter_period
from audit.compliance.returns import ReturnKind, summarize_return_status
from audit.compliance.worklist import build_worklist
from audit.programs.declaration import Program
from audit.reporting.formats import office_packet
from audit.reporting.formats.csv_tables import format_csv, tabulate_records
from audit.reporting.formats.office_packet import TransmittalRow
from audit.reporting.month_report import Report
from audit.storage.returns import read_return_events
from audit.storage.worklists import WORKLIST_FILE, encode_worklist, read_worklist
from audit.workflow.engine import Engine, PeriodCounts
from audit.workflow.month_request import MonthRequest
from audit.workflow.program_data import ProgramData

PACKETS_FOLDER, TRANSMITTAL_FILE = "packets", "transmittal.csv"  # in a report's folder


def make_packet_files(
    engine: Engine, request: MonthRequest, report: Report, counts: PeriodCounts, items: pl.DataFrame | None
) -> dict[str, bytes | Path]:
    """The files of every office's own folder, and the list of all offices that they are made from.

    `items` is those of the ledger; without one, the items are what the units of the period lack, less the claims that
    headquarters accepted.
    """
    work, rules, as_of = engine.audit, engine.audit.program.census, request.as_of
    work.tell("building the packets")
    returned = read_returns(work, request)
    if items is None:
        missing = find_missing_items(filter_period(counts.counts.listed_units, rules, period=request.period), rules)
        accepted = returned.filter(pl.col("decision") == ReturnKind.ACCEPTED)
        still_open = missing.join(accepted, on=ITEM_KEY, how="anti").with_columns(state=pl.lit("open"))
    else:
        still_open = items.filter(pl.col("state") == "open")
    units = list_open_units(still_open).select("unit").unique().sort("unit")
    records = engine.find_unit_records(units, as_of)
    worklist = build_worklist(still_open, records, rules, as_of=as_of, returned=returned)
    packets = office_packet.build_packets(report, worklist, rules)
    return {WORKLIST_FILE: encode_worklist(worklist), **_place_packets(packets)}


def issue_packets(report: Report, program: Program, draft: Path) -> dict[str, bytes | Path]:
    """The packets of a draft made again for the issued `report`, and the list of what goes to whom."""
    worklist = read_worklist(draft)
    packets = office_packet.build_packets(report, worklist, program.census)
    rows = office_packet.list_transmittals(report, worklist, program.census, packets)
    transmittal = format_csv(tabulate_records(TransmittalRow, rows)).encode()
    return {**_place_packets(packets), TRANSMITTAL_FILE: transmittal}


def read_returns(work: ProgramData, request: MonthRequest) -> pl.DataFrame:
    """How items stand by what offices returned and headquarters answered up to the day of a report."""
    events = read_return_events(request.locate_reports(work.program).folder)
    return summarize_return_status(events, as_of=request.as_of)


def list_packet_folders(files: Iterable[str]) -> list[str]:
    """The folders of packets that a report has, by the paths of its files."""
    return sorted({path.split("/")[1] for path in files if path.startswith(f"{PACKETS_FOLDER}/")})


def hash_return_status(returned: pl.DataFrame) -> str:
    """The SHA-256 of how items stand, by which a second run knows that nothing came back meanwhile."""
    return hashlib.sha256(returned.sort(*ITEM_KEY).write_csv().encode()).hexdigest()


def _place_packets(packets: Mapping[str, bytes]) -> dict[str, bytes | Path]:
    return {f"{PACKETS_FOLDER}/{path}": content for path, content in packets.items()}
