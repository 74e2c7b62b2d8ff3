"""The packet of one office: its page, and its list of records to complete; of other offices, nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import polars as pl

from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.compliance.trends import OfficeMonth
from audit.formatting import add_article, capitalize, format_day, format_percent, format_plural, format_range
from audit.reporting.figures import render_svg, run_chart
from audit.reporting.formats.csv_tables import encode_rows, format_csv, tabulate_records
from audit.reporting.formats.inline_figure import Picture, make_picture
from audit.reporting.formats.templates import render_page
from audit.reporting.formats.workbook import Sheet, build_workbook, label_column, list_sheet_lines
from audit.reporting.report import Report, describe_open_items, list_primary_results
from audit.tables.offices import OFFICE_NOT_RECORDED, UNRECORDED_OFFICE

EARLIER_ITEMS_FILE = "earlier.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyResult:
    """How the office stands under one duty, at one number of days allowed."""

    result: MeasureResult
    mine: OfficeRate
    against: str  # the limits for an office of its size, in a sentence; empty where there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyMonths:
    """The months of the office under one duty, those without a case included, and the figure of them."""

    title: str
    rows: tuple[tuple[str, OfficeMonth | None], ...]
    late: bool
    limited: bool
    figure: Picture | None  # none where there are fewer than two rates


def build_packets(report: Report) -> dict[str, bytes]:
    """Every office's packet: path (the office's folder first) → bytes.

    An office that has nothing to complete has a packet too, which says so. A person met by two offices stands in both
    packets, in each with that office's records.
    """
    names = {office.office: office.name for result in report.measures for office in result.offices}
    names |= {item.office: item.office for item in report.open_items if item.office not in names}
    return {
        f"{name_office_folder(code)}/{file}": content
        for code, name in names.items()
        for file, content in _build_packet(report, code, name).items()
    }


def build_earlier_lists(items: pl.DataFrame, period: str) -> dict[str, bytes]:
    """What is still open of the months before a period, for every office's packet: path → bytes.

    `items` are those of the ledger, with the columns of `audit.compliance.ledger.LEDGER_SCHEMA`.
    """
    columns = ("month", "person", "measure", "units", "first", "missing", "listed", "guidance_sent")
    rows = items.filter(pl.col("state") == "open", pl.col("month") < period).sort(
        "office", "month", "person", "measure"
    )
    return {
        f"{name_office_folder(office)}/{EARLIER_ITEMS_FILE}": encode_rows(own.select(columns))
        for (office,), own in rows.partition_by("office", as_dict=True).items()
    }


def name_office_folder(code: str) -> str:
    """The office's folder: its code, or what a file system can bear of it with a digest that tells it from others.

    Cases without an office have a folder that says so.
    """
    if code == UNRECORDED_OFFICE:
        return OFFICE_NOT_RECORDED.replace(" ", "-")
    safe = re.sub(r"[^A-Za-z0-9-]+", "-", code)[:40].strip("-")
    return code if code and safe == code else f"{safe or 'office'}-{sha256(code.encode()).hexdigest()[:8]}"


def _build_packet(report: Report, code: str, name: str) -> dict[str, bytes]:
    items = tuple(item for item in report.open_items if item.office == code)
    table, titles = tabulate_records(OpenItem, items), {result.measure: result.title for result in report.measures}
    sheet = Sheet(
        name="To complete", about="The records to complete.", table=label_column(table, "measure", titles), frozen=3
    )
    about = (
        ("Report", report.title),
        (capitalize(report.office_noun), name),
        ("Period", report.period_words),
        ("As known on", format_day(report.as_of) if report.as_of else None),
        *((("Synthetic data", report.synthetic),) if report.synthetic else ()),
        *(("To do: " + missing, words) for missing, words in _list_guidance(items)),
    )
    return {
        "index.html": _render_page(report, code, name, items),
        "to_complete.csv": format_csv(table).encode(),
        "to_complete.xlsx": build_workbook(
            f"{report.title}: {name}", report.as_of, [*about, *list_sheet_lines([sheet])], [sheet]
        ),
    }


def _render_page(report: Report, code: str, name: str, items: tuple[OpenItem, ...]) -> bytes:
    return render_page(
        "packet.html.jinja",
        report=report,
        name=name,
        items=sorted(items, key=lambda item: (item.person, item.first or item.month, item.measure)),
        duties=list(_list_duties(report, code)),
        months=list(_list_months(report, code)),
        guidance=_list_guidance(items),
        concerned=describe_open_items(report.unit, items),
        titles={result.measure: result.title for result in report.measures},
        by_person=any(result.counted != "unit" for result in report.measures),
        small=MINIMUM_CASES_FOR_RATE,
    )


def _list_duties(report: Report, code: str) -> Iterator[DutyResult]:
    for result in report.measures:
        for mine in result.offices:
            if mine.office == code and result.counted == "unit":
                yield DutyResult(result=result, mine=mine, against=_describe_limits(report, result, mine))


def _list_months(report: Report, code: str) -> Iterator[DutyMonths]:
    in_time = {result.measure: result.in_time for result in list_primary_results(report.measures) if result.timed}
    for trend in report.trends:
        for one in trend.offices:
            if one.office != code or len(trend.months) < 2:
                continue
            by_month = {month.month: month for month in one.months}
            words = {"title": trend.title, "units": report.unit[1], "in_time": in_time.get(trend.measure, "")}
            figure = run_chart.draw_figure(one, trend.months, **words, bare=True) if len(one.rated) > 1 else None
            yield DutyMonths(
                title=trend.title,
                rows=tuple((name, by_month.get(name)) for name in trend.months),
                late=any(month.late for month in one.months),
                limited=one.centre is not None,
                figure=make_picture(run_chart.make_caption(one, trend.months, **words), render_svg(figure))
                if figure
                else None,
            )


def _describe_limits(report: Report, result: MeasureResult, mine: OfficeRate) -> str:
    if mine.timely is None or mine.lower_998 is None:
        return ""
    side = f"lies {mine.flag} them" if mine.flag else "lies within them"
    one, due = add_article(report.office_noun), format_plural(mine.due, *report.unit)
    return (
        f"The 99.8% {result.limits} for {one} with {due} due are "
        f"{format_range(mine.lower_998, mine.upper_998)}; the rate of {format_percent(mine.compliant, mine.due)} "
        f"{side}."
    )


def _list_guidance(items: tuple[OpenItem, ...]) -> list[tuple[str, str]]:
    """What to do, once for each kind of gap."""
    kinds = (("no identifier" if item.no_identifier else item.missing, item.guidance) for item in items)
    return [(missing, words) for missing, words in dict.fromkeys(kinds) if words]
