"""The packet of one office: two pages and one list of all its open items; of other offices, nothing that names them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice

import polars as pl

from audit.formatting import capitalize
from audit.programs.measures import Census
from audit.reporting import packet_text
from audit.reporting.figures import render_svg
from audit.reporting.figures.backlog import NARROW_WIDTH
from audit.reporting.figures.office_months import draw_office_months
from audit.reporting.figures.office_place import draw_office_place
from audit.reporting.figures.run_chart import list_shown_months
from audit.reporting.formats import pdf
from audit.reporting.formats.inline_figure import Picture, make_picture
from audit.reporting.formats.templates import render_page
from audit.reporting.formats.workbook import AboutLine
from audit.reporting.formats.worklist_file import (
    build_worklist_workbook,
    count_items_below,
    format_worklist_csv,
    make_office_list,
)
from audit.reporting.month_report import Report
from audit.reporting.packet import OfficePosition, Packet, assemble_packets
from audit.tables.offices import OFFICE_NOT_RECORDED, UNRECORDED_OFFICE

PAGE_FILE, PDF_FILE, LIST_FILE, LIST_CSV_FILE = "index.html", "packet.pdf", "worklist.xlsx", "worklist.csv"
LEAST_OFFICES = 3  # with a rate, from which a figure shows where one lies among them
PAGE_STYLE = """
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2.5rem; }
.pair > div { min-width: 0; }
@media (max-width: 40rem) { .pair { display: block; } }
@media print { .page { break-before: page; } }
"""
INSTRUCTIONS = (
    "Every row is one open item. Enter what is missing in the system of records. A record's own date is the day of the "
    "event, also where it is entered late.",
    "In each row that you worked, fill in one of Done on, Not ours and Not required. The last two need a reason.",
    "Write into these four columns alone; the others are locked. Sort and filter as you like: rows are known by their "
    "item.",
    "An item is resolved when the records show it, not when the list says so.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmittalRow:
    """What goes to one office with an issued month."""

    office: str
    name: str
    packet: str  # its folder in the report's
    digest: str  # SHA-256 over the names and digests of its files, as `hash_packet` makes it
    items: int
    overdue: int
    return_by: str  # the first day on which an item that is not overdue is due; blank where no day is declared


def build_packets(report: Report, worklist: pl.DataFrame, census: Census) -> dict[str, bytes]:
    """Every office's packet: path (the office's folder first) → bytes.

    `worklist` is the list of all offices, as `audit.compliance.worklist.build_worklist` gives it. An office that has
    nothing to complete has a packet too, which says so.
    """
    return {
        f"{name_office_folder(packet.office)}/{file}": content
        for packet in assemble_packets(report, worklist, census)
        for file, content in _build_packet(report, packet, worklist, census).items()
    }


def list_transmittals(
    report: Report, worklist: pl.DataFrame, census: Census, files: dict[str, bytes]
) -> tuple[TransmittalRow, ...]:
    """What goes to each office: `files` is what `build_packets` gives."""
    return tuple(
        TransmittalRow(
            office=packet.office,
            name=packet.name,
            packet=f"packets/{folder}/",
            digest=hash_packet({path: held for path, held in files.items() if path.startswith(f"{folder}/")}),
            items=packet.items,
            overdue=packet.overdue,
            return_by=str(packet.next_due[1]) if packet.next_due else "",
        )
        for packet in assemble_packets(report, worklist, census)
        for folder in [name_office_folder(packet.office)]
    )


def hash_packet(files: dict[str, bytes]) -> str:
    """The SHA-256 of what `sha256sum` prints of a packet's files, by their names alone and in the names' order."""
    lines = [f"{sha256(files[path]).hexdigest()}  {path.rpartition('/')[2]}\n" for path in sorted(files)]
    return sha256("".join(lines).encode()).hexdigest()


def name_office_folder(code: str) -> str:
    """The office's folder: its code, or what a file system can bear of it with a digest that tells it from others.

    Cases without an office have a folder that says so.
    """
    if code == UNRECORDED_OFFICE:
        return OFFICE_NOT_RECORDED.replace(" ", "-")
    safe = re.sub(r"[^A-Za-z0-9-]+", "-", code)[:40].strip("-")
    return code if code and safe == code else f"{safe or 'office'}-{sha256(code.encode()).hexdigest()[:8]}"


def _build_packet(report: Report, packet: Packet, worklist: pl.DataFrame, census: Census) -> dict[str, bytes]:
    mine = worklist.filter(pl.col("office") == packet.office)
    listed = make_office_list(mine, census, unit=report.unit[0])
    sums = count_items_below(mine) if listed.below else []
    title = f"{report.title}: {packet.name}, {report.period_words}"
    return {
        **render_packet_forms(report, packet, census, sums=sums, below=listed.below),
        LIST_FILE: build_worklist_workbook(
            listed,
            sums,
            title=f"{_format_status(report)} · {title}",
            about=_list_about(report, packet),
            day=report.as_of,
        ),
        LIST_CSV_FILE: format_worklist_csv(listed),
    }


def render_packet_forms(
    report: Report, packet: Packet, census: Census, *, sums: list[tuple[str, int, int]], below: str
) -> dict[str, bytes]:
    """The packet's page and the same page set in type; `sums` are of the units `below` the office."""
    page = _render_page(report, packet, census, sums=sums, below=below)
    return {PAGE_FILE: page, PDF_FILE: pdf.render_pdf(page, day=report.as_of)}


def _list_about(report: Report, packet: Packet) -> list[AboutLine]:
    """What the first sheet of the list says."""
    return [
        ("Program", report.program),
        ("Report", report.title),
        ("Status", report.full_status),
        *([("Synthetic data", report.synthetic)] if report.synthetic else []),
        (capitalize(report.office_noun), packet.name),
        ("Code", packet.office),
        ("Period", report.period),
        *([("As known on", report.as_of)] if report.as_of else []),
        ("Open items", packet_text.describe_open_state(packet)),
        *(("How" if number == 0 else "", line) for number, line in enumerate(INSTRUCTIONS)),
        ("Keep it safe", "The list concerns persons. Keep it within the office."),
    ]


def _format_status(report: Report) -> str:
    return report.full_status + (" · Synthetic data" if report.synthetic else "")


def _render_page(
    report: Report, packet: Packet, census: Census, *, sums: list[tuple[str, int, int]], below: str
) -> bytes:
    first = packet.positions[0] if packet.positions else None
    plan = census.follow_up
    return render_page(
        "packet.html.jinja",
        style=PAGE_STYLE,
        report=report,
        packet=packet,
        first=first,
        plan=plan,
        escalation=plan.escalation if plan else None,
        status=_format_status(report),
        headline=packet_text.describe_position(first, report) if first else "",
        state=packet_text.describe_open_state(packet),
        figures=packet_text.make_packet_figures(packet, report),
        place=_draw_place(report, packet, first) if first else None,
        months=list(islice(_draw_months(report, packet, census), 1)),
        due=[
            (packet_text.describe_due_months(row, report.unit), row, packet_text.describe_due_day(row))
            for row in packet.due
        ],
        sums=sums,
        below=below,
    )


def _draw_place(report: Report, packet: Packet, position: OfficePosition) -> Picture | None:
    rated = position.result.rated
    whole = position.result.national.timely
    if len(rated) < LEAST_OFFICES or not position.mine.is_rated or whole is None or position.mine.timely is None:
        return None
    caption = packet_text.caption_place(position, report)
    draw = partial(
        draw_office_place,
        caption,
        [office.timely for office in rated if office.office != packet.office and office.timely is not None],
        position.mine.timely,
        name=packet.name,
        whole=whole,
        target=position.target.target if position.target else None,
        low=bool(position.standing and position.standing.standing == "short"),
    )
    return make_picture(caption, render_svg(draw()), narrow=render_svg(draw(width=NARROW_WIDTH)))


def _draw_months(report: Report, packet: Packet, census: Census) -> Iterator[Picture]:
    """The office month by month under each measure, where it has two rates or more; those with a rate now first."""
    duties = {measure.id: measure.duties for measure in census.measures}
    for position in sorted(packet.positions, key=lambda one: not one.mine.is_rated):
        trend = position.trend
        if trend is None or len(trend.rated) < 2:
            continue
        months = [*list_shown_months([trend], position.months)]
        own = {one.month: one.compliant / one.due for one in trend.rated if one.month in months}
        measure = position.result.measure
        every = {
            one.month: one.compliant / one.due
            for one in report.months
            if one.measure in (measure, "") and one.month in months and one.due
        }
        if len(own) < 2 or not every:
            continue
        caption = packet_text.caption_months(position, packet, report, months)
        draw = partial(
            draw_office_months, caption, months, own, every, name=packet.name,
            target=position.target.target if position.target else None, duties=duties.get(measure, ()),
        )  # fmt: skip
        yield make_picture(caption, render_svg(draw()), narrow=render_svg(draw(width=NARROW_WIDTH)))
