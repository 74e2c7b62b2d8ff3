"""The report as one page of HTML that needs nothing else: its fonts, figures, style and script are inside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from audit import formatting
from audit.compliance.ledger import OpenItem
from audit.compliance.office_rates import SMALL, MeasureResult, MonthRate, OfficeRate
from audit.estimation.results import Cell, SampleAudit
from audit.policy.rules import CONFORMING, DEVIATING
from audit.reporting.figures import drawings, file_name, svg
from audit.reporting.follow_up_text import told
from audit.reporting.formats.inline_figure import picture
from audit.reporting.formats.templates import environment, security, style
from audit.reporting.method_text import set_aside
from audit.reporting.report import Report, concerned, differing, first_views

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """One measure as the page shows it."""

    shown: MeasureResult
    graces: tuple[MeasureResult, ...]  # the same way of counting, each grace period
    ways: tuple[MeasureResult, ...]  # every way of counting and grace period
    rows: tuple[tuple[OfficeRate, ...], ...]  # an office a row, a grace period a column
    compared: bool
    differing: str
    summary: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The cells of one outcome, and how many of which cases they are."""

    title: str
    cells: tuple[Cell, ...]
    cases: int
    whole: int
    of: str


def page(report: Report) -> bytes:
    """The report as UTF-8 HTML: the same bytes for the same record."""
    templates = environment()
    worn = style(templates)
    offices = report.follow_up.offices if report.follow_up else ()
    script = Markup((_HERE / "page.js").read_text(encoding="utf-8"))
    html = templates.get_template("page.html.jinja").render(
        report=report,
        audit=report.audit,
        measures=[_measure(report, shown) for shown in first_views(report.measures)],
        figures={
            drawing.name: picture(drawing.caption, svg(drawing.figure)) for drawing in drawings(report, bare=True)
        },
        style=worn,
        script=script,
        file_name=file_name,
        policy=security(style=worn, script=script),
        change=change(report.months, unit=report.unit),
        months_timed=any(month.late for month in report.months),
        open_by_office=_by_office(report),
        guidance=list(dict.fromkeys((_lacking(item), item.guidance) for item in report.open_items if item.guidance)),
        unidentified=sum(item.no_identifier for item in report.open_items),
        followed=told(report.follow_up, unit=report.unit, office=report.office_noun) if report.follow_up else (),
        moved=[office for office in offices if office.moved],
        still=[office.name for office in offices if not office.moved],
        concerned=concerned(report.unit, report.open_items),
        aside=set_aside(report.provenance.inputs),
        small=SMALL,
        titles={result.measure: result.title for result in report.measures},
        outcomes=_outcomes(report.audit) if report.audit else (),
    )
    return html.encode()


def change(months: tuple[MonthRate, ...], *, unit: tuple[str, str]) -> str:
    """The last month against the one before, in a sentence; empty where there are no two months."""
    if len(months) < 2:
        return ""
    before, now = months[-2:]
    names = [formatting.month(m.month) for m in (before, now)]
    if before.due < SMALL or now.due < SMALL:  # too few for a rate
        told = [
            f"{formatting.count(m.compliant)} of {formatting.plural(m.due, *unit)} met it in {name}"
            if m.due
            else f"nothing was due in {name}"
            for m, name in zip((before, now), names, strict=True)
        ]
        return f"{'; '.join(told)}."
    rates = [formatting.percent(m.compliant, m.due) for m in (before, now)]
    if rates[0] == rates[1]:
        return f"the share over all offices was {rates[0]} in both {names[0]} and {names[1]}."
    verb = "rose" if now.compliant * before.due > before.compliant * now.due else "fell"
    return f"the share over all offices {verb} from {rates[0]} in {names[0]} to {rates[1]} in {names[1]}."


def _measure(report: Report, shown: MeasureResult) -> _Measure:
    ways = tuple(result for result in report.measures if result.measure == shown.measure)
    graces = tuple(result for result in ways if result.counted == shown.counted)
    by_office = [{office.office: office for office in result.offices} for result in graces]
    return _Measure(
        shown=shown,
        graces=graces,
        ways=ways,
        rows=tuple(tuple(offices[office.office] for offices in by_office) for office in shown.offices),
        compared=len(shown.rated) > 1,
        differing=differing(shown, office=report.office_noun),
        summary=_summary(report, shown),
        remarks=tuple(_remarks(report, shown)),
    )


def _summary(report: Report, shown: MeasureResult) -> str:
    """What became of the units that were due, in one sentence."""
    n = shown.national
    if not n.due:
        return f"Nothing was due in {report.period_words}."
    within = f" {shown.in_time}" if shown.timed else ""
    share = f" ({formatting.percent(n.compliant, n.due)})" if n.due >= SMALL else ""
    found = [f"{formatting.count(n.compliant)}{share} had every record{within}"]
    found += [f"{formatting.count(n.late)} had them late"] if n.late else []
    found += [f"{formatting.count(n.missing)} {'lacks' if n.missing == 1 else 'lack'} a record"] if n.missing else []
    found += [f"{formatting.count(n.unmet)} {'is' if n.unmet == 1 else 'are'} recorded as not done"] if n.unmet else []
    return f"Of {formatting.plural(n.due, *report.unit)} due, {formatting.listed(found)}."


def _remarks(report: Report, shown: MeasureResult) -> Iterator[str]:
    """What a reader of the counts should know beside them."""
    one, many = report.unit
    nation = shown.national
    compliant, due = shown.identified or (nation.compliant, nation.due)
    if nation.pending or nation.redacted:
        worst, best = formatting.percent(nation.worst), formatting.percent(nation.best)
        yield f"If every pending or withheld {one} failed, the rate would be {worst}; if every one passed, {best}."
    if nation.uninformative:
        share = formatting.percent(nation.uninformative, nation.compliant + nation.late)
        told = f"{formatting.count(nation.uninformative)} ({share})"
        yield f"Of the {many} with every record, {told} are filled with words that say nothing; they count as recorded."
    if nation.due > due:
        without = formatting.plural(nation.due - due, one, many)
        rate, rest = formatting.percent(compliant, due), formatting.plural(due, one, many)
        yield f"{without} due without an identifier; left out of the rate, it would be {rate} of {rest}."
    if report.ambiguous_links:
        links = formatting.plural(report.ambiguous_links, one, many)
        yield (
            f"{links} had several records that fitted equally well: one dated on or after the {one} was used before an "
            "earlier one, and then the one of smallest key."
        )


def _outcomes(audit: SampleAudit) -> tuple[_Outcome, ...]:
    """The cells by outcome; permitted ones stand with the consistent, as the rate counts them."""
    assessed = audit.overall.assessed
    kinds = {"permitted": "consistent"}
    groups: dict[str, list[Cell]] = {}
    for cell in audit.cells:
        groups.setdefault(kinds.get(cell.outcome, cell.outcome), []).append(cell)
    return tuple(
        _Outcome(
            title=outcome,
            cells=tuple(cells),
            cases=sum(cell.cases for cell in cells),
            whole=assessed if outcome in (*CONFORMING, *DEVIATING) else audit.drawn,
            of="assessed" if outcome in (*CONFORMING, *DEVIATING) else "drawn",
        )
        for outcome, cells in groups.items()
    )


def _lacking(item: OpenItem) -> str:
    """What its guidance is for."""
    return "no identifier" if item.no_identifier else item.missing


def _by_office(report: Report) -> list[tuple[str, list[OpenItem]]]:
    names = {office.office: office.name for result in report.measures for office in result.offices}
    ordered = sorted(report.open_items, key=lambda item: (names.get(item.office, item.office), item.office))
    return [
        (names.get(code, code), sorted(items, key=lambda item: (item.person, item.first, item.measure)))
        for code, items in groupby(ordered, key=lambda item: item.office)
    ]
