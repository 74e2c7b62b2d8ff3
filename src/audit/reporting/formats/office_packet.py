"""The packet of one office: its page, and its list of records to complete; of other offices, nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl
from markupsafe import Markup

from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import SMALL, MeasureResult, OfficeRate
from audit.compliance.trends import OfficeMonth
from audit.formatting import between, day, percent, plural
from audit.reporting.figures import run_chart, svg
from audit.reporting.formats.csv_tables import as_csv, records
from audit.reporting.formats.inline_figure import Picture, picture
from audit.reporting.formats.templates import environment, security, sentence, style
from audit.reporting.formats.xlsx import Sheet, listing, titled
from audit.reporting.report import Report, concerned, first_views

EARLIER = "earlier.csv"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """How the office stands under one duty, at one number of days allowed."""

    result: MeasureResult
    mine: OfficeRate
    against: str  # the limits for an office of its size, in a sentence; empty where there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The months of the office under one duty, those without a case included, and the figure of them."""

    title: str
    rows: tuple[tuple[str, OfficeMonth | None], ...]
    late: bool
    limited: bool
    figure: Picture | None  # none where there are fewer than two rates


def packets(report: Report) -> dict[str, bytes]:
    """Every office's packet: path (the office's folder first) → bytes.

    An office that has nothing to complete has a packet too, which says so. A person met by two offices stands in both
    packets, in each with that office's records.
    """
    names = {office.office: office.name for result in report.measures for office in result.offices}
    names |= {item.office: item.office for item in report.open_items if item.office not in names}
    return {
        f"{folder_of(code)}/{file}": content
        for code, name in names.items()
        for file, content in _packet(report, code, name).items()
    }


def earlier(items: pl.DataFrame, period: str) -> dict[str, bytes]:
    """What is still open of the months before a period, for every office's packet: path → bytes.

    `items` are those of the ledger, with the columns of `audit.compliance.ledger.LEDGER`.
    """
    told = ("month", "person", "measure", "units", "first", "missing", "listed", "guidance_sent")
    rows = items.filter(pl.col("state") == "open", pl.col("month") < period).sort(
        "office", "month", "person", "measure"
    )
    return {
        f"{folder_of(office)}/{EARLIER}": own.select(told).write_csv().encode()
        for (office,), own in rows.partition_by("office", as_dict=True).items()
    }


def folder_of(code: str) -> str:
    """The office's folder: its code, or what a file system can bear of it with a digest that tells it from others."""
    safe = re.sub(r"[^A-Za-z0-9-]+", "-", code)[:40].strip("-")
    return code if code and safe == code else f"{safe or 'office'}-{sha256(code.encode()).hexdigest()[:8]}"


def _packet(report: Report, code: str, name: str) -> dict[str, bytes]:
    items = tuple(item for item in report.open_items if item.office == code)
    table = records(OpenItem, items)
    sheet = Sheet(name="To complete", about="The records to complete.", table=titled(table, report), frozen=3)
    about = (
        ("Report", report.title),
        (sentence(report.office_noun), name),
        ("Period", report.period_words),
        ("As known on", day(report.as_of) if report.as_of else None),
        *((("Synthetic data", report.synthetic),) if report.synthetic else ()),
        *(("To do: " + missing, words) for missing, words in _guidance(items)),
    )
    return {
        "index.html": _page(report, code, name, items),
        "to_complete.csv": as_csv(table).encode(),
        "to_complete.xlsx": listing(f"{report.title}: {name}", report.as_of, about, [sheet]),
    }


def _page(report: Report, code: str, name: str, items: tuple[OpenItem, ...]) -> bytes:
    templates = environment()
    worn = style(templates)
    script = Markup((_HERE / "page.js").read_text(encoding="utf-8"))
    html = templates.get_template("packet.html.jinja").render(
        report=report,
        name=name,
        items=sorted(items, key=lambda item: (item.person, item.first or item.month, item.measure)),
        duties=list(_duties(report, code)),
        months=list(_months(report, code)),
        guidance=_guidance(items),
        concerned=concerned(report.unit, items),
        titles={result.measure: result.title for result in report.measures},
        by_person=any(result.counted != "unit" for result in report.measures),
        small=SMALL,
        style=worn,
        script=script,
        policy=security(style=worn, script=script),
    )
    return html.encode()


def _duties(report: Report, code: str) -> Iterator[Duty]:
    for result in report.measures:
        for mine in result.offices:
            if mine.office == code and result.counted == "unit":
                yield Duty(result=result, mine=mine, against=_against(report, result, mine))


def _months(report: Report, code: str) -> Iterator[Months]:
    in_time = {result.measure: result.in_time for result in first_views(report.measures) if result.timed}
    for trend in report.trends:
        for one in trend.offices:
            if one.office != code or len(trend.months) < 2:
                continue
            held = {month.month: month for month in one.months}
            words = {"title": trend.title, "units": report.unit[1], "in_time": in_time.get(trend.measure, "")}
            drawn = run_chart.draw(one, trend.months, **words, bare=True) if len(one.rated) > 1 else None
            yield Months(
                title=trend.title,
                rows=tuple((name, held.get(name)) for name in trend.months),
                late=any(month.late for month in one.months),
                limited=one.centre is not None,
                figure=picture(run_chart.caption(one, trend.months, **words), svg(drawn)) if drawn else None,
            )


def _against(report: Report, result: MeasureResult, mine: OfficeRate) -> str:
    if mine.timely is None or mine.lower_998 is None:
        return ""
    side = f"lies {mine.flag} them" if mine.flag else "lies within them"
    return (
        f"The 99.8% {result.limits} for a {report.office_noun} with {plural(mine.due, *report.unit)} due are "
        f"{between(mine.lower_998, mine.upper_998)}; the rate of {percent(mine.compliant, mine.due)} {side}."
    )


def _guidance(items: tuple[OpenItem, ...]) -> list[tuple[str, str]]:
    """What to do, once for each kind of gap."""
    kinds = (("no identifier" if item.no_identifier else item.missing, item.guidance) for item in items)
    return [(missing, words) for missing, words in dict.fromkeys(kinds) if words]
