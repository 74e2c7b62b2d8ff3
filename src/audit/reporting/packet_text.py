"""An office's packet in words: its answer in one sentence, its key figures, and what its figures show."""

from collections.abc import Iterator

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE
from audit.formatting import (
    capitalize,
    format_count,
    format_day,
    format_decimal,
    format_list,
    format_month,
    format_percent,
    format_plural,
)
from audit.months import find_month
from audit.reporting.figures import Caption
from audit.reporting.figures.office_place import format_target
from audit.reporting.month_report import Report
from audit.reporting.month_rule import name_duty_day
from audit.reporting.packet import DueRow, OfficePosition, Packet
from audit.reporting.record import KeyFigure

_ORDINALS = {1: "lowest", 2: "second lowest", 3: "third lowest"}


def describe_position(position: OfficePosition, report: Report) -> str:
    """The office's count and rate under one measure, in a sentence."""
    mine, timed = position.mine, position.result.timed
    how = "recorded in time" if timed else "recorded"
    if not mine.due:
        return f"No {report.rate_unit[0]} was due."
    few = mine.due < MINIMUM_CASES_FOR_RATE
    rate = "" if few else f" ({format_percent(mine.compliant, mine.due)})"
    were = "was" if mine.compliant == 1 else "were"
    whole = f"{format_count(mine.compliant)} of {format_plural(mine.due, *report.rate_unit)}{rate} {were} {how}."
    gap = position.standing.gap if position.standing else None
    if not (position.target and gap):
        return whole
    short = format_plural(gap, *report.rate_unit)
    return f"{whole} The {report.office_noun} was {short} short of {format_target(position.target.target)}."


def describe_open_state(packet: Packet) -> str:
    """How many items are open, overdue and due next, in a sentence."""
    if not packet.items:
        return "No item is open."
    verb = "is" if packet.items == 1 else "are"
    parts = []
    if packet.overdue:
        parts.append(f"{format_count(packet.overdue)} {'is' if packet.overdue == 1 else 'are'} overdue")
    if packet.next_due:
        n, day = packet.next_due
        more = " more" if packet.overdue else ""
        parts.append(f"{format_count(n)}{more} {'is' if n == 1 else 'are'} due by {format_day(day)}")
    rest = f": {', '.join(parts)}" if parts else ""
    return f"{format_plural(packet.items, 'item')} {verb} open{rest}."


def make_packet_figures(packet: Packet, report: Report) -> list[KeyFigure]:
    """Three large numbers at most: the rate, the gap, and the open items."""
    figures = []
    for position in packet.positions[:1]:
        mine, standing = position.mine, position.standing
        if mine.is_rated:
            target = f"; target {format_target(position.target.target)}" if position.target else ""
            how = "recorded in time" if position.result.timed else "recorded"
            detail = " ".join(_describe_rate_context(position))
            figures.append(
                KeyFigure(value=format_percent(mine.compliant, mine.due), label=f"{how}{target}", detail=detail)
            )
        if standing and standing.gap is not None:
            figures.append(
                KeyFigure(
                    value=format_count(standing.gap),
                    label=f"{report.rate_unit[1]} short of the target",
                    detail=_describe_counts(position),
                )
            )
        elif mine.due:
            figures.append(
                KeyFigure(
                    value=format_count(mine.due), label=f"{report.rate_unit[1]} due", detail=_describe_counts(position)
                )
            )
    figures.append(
        KeyFigure(
            value=format_count(packet.items),
            label="open items" + (", all months" if report.follow_up else ""),
            detail=" ".join(_describe_items(packet)) or "Nothing is left to complete.",
        )
    )
    return figures


def _describe_rate_context(position: OfficePosition) -> Iterator[str]:
    words = {
        "meets": "Meets the target.",
        "short": "Falls short by more than chance.",
        "close": "Below the target, and too close to say.",
    }
    if position.standing and position.standing.standing in words:
        yield words[position.standing.standing]
    elif position.target is None:
        yield "No target is declared."
    change = position.change
    if change and change.last_month is not None:
        points = format_decimal(abs(change.last_month) * 100)
        yield f"{'Up' if change.last_month >= 0 else 'Down'} {points} points from last month."
    if change and change.twelve_months is not None:
        yield f"Last 12 months: {format_percent(change.twelve_months)}."


def _describe_counts(position: OfficePosition) -> str:
    mine = position.mine
    parts = [f"{format_count(mine.compliant)} {'in time' if position.result.timed else 'recorded'}"]
    parts += [f"{format_count(mine.late)} late"] if position.result.timed else []
    parts += [f"{format_count(mine.missing)} missing"]
    parts += [f"{format_count(mine.unmet)} recorded as not done"] if mine.unmet else []
    return f"{', '.join(parts)}."


def _describe_items(packet: Packet) -> Iterator[str]:
    if packet.over_90:
        yield f"{format_count(packet.over_90)} for more than 90 days."
    if packet.follow_up:
        yield f"{format_count(packet.follow_up.resolved)} resolved since the last report."
    if packet.referred_in:
        yield f"{format_count(packet.referred_in)} referred here from other offices."
    if packet.referred_out:
        yield f"{format_count(packet.referred_out)} more referred to other offices."


def describe_place(position: OfficePosition, report: Report) -> str:
    """Where the office lies among all: "The lowest of 24 field offices"."""
    offices, place = len(position.result.rated), 1 + (position.below or 0)
    from_top = offices - place - position.alike + 2
    if place in _ORDINALS and place <= from_top:
        words = _ORDINALS[place]
    elif from_top in _ORDINALS:
        words = _ORDINALS[from_top].replace("lowest", "highest")
    else:
        words = f"number {place} from the lowest"
    tied = "one of those that are " if position.alike > 1 else ""
    return f"{capitalize(tied)}{'the' if tied else 'The'} {words} of {format_plural(offices, report.office_noun)}"


def caption_place(position: OfficePosition, report: Report) -> Caption:
    """The words of the figure that shows where the office lies."""
    rates = [office.timely for office in position.result.rated]
    how = "recorded in time" if position.result.timed else "recorded"
    ends = f"from {format_percent(rates[0])} to {format_percent(rates[-1])}"
    target = f" The target is {format_target(position.target.target)}." if position.target else ""
    rate = format_percent(position.mine.compliant, position.mine.due)
    whole = format_percent(position.result.national.compliant, position.result.national.due)
    one, many = report.office_noun, report.rate_unit[1]
    return Caption(
        title=f"{describe_place(position, report)}; offices differ in size and in the {many} they receive",
        subtitle=f"Share of {many} of {report.period_words} {how}. Each ring is one {one}.",
        note="",
        alt=f"Rates of {format_plural(len(rates), one)} on one line, {ends}. This one: {rate}. All: {whole}.{target}",
    )


def caption_months(position: OfficePosition, packet: Packet, report: Report, months: list[str]) -> Caption:
    """The words of the figure of the office's months; `months` are those that it shows."""
    rated = [month for month in (position.trend.rated if position.trend else []) if month.month in months]
    first, last = rated[0], rated[-1]
    whole = format_percent(position.result.national.compliant, position.result.national.due)
    until = "" if last.month == months[-1] else f" in {format_month(last.month)}, the last month with a rate"
    rates = [f"{format_month(one.month)} {format_percent(one.compliant, one.due)}" for one in rated]
    declared = (one.duties for one in report.duties if one.measure == position.result.measure)
    duties = [one for one in next(declared, ()) if months[0] <= find_month(one.since) <= months[-1]]
    how = f"{position.result.in_time}" if position.result.timed else ""
    return Caption(
        title=f"{_describe_move(first.compliant / first.due, last.compliant / last.due)} from "
        f"{format_percent(first.compliant, first.due)} in {format_month(first.month)} to "
        f"{format_percent(last.compliant, last.due)}{until}; all offices together stand at {whole}",
        subtitle=f"Share of {report.rate_unit[1]} recorded {how}".rstrip()
        + ", by month, as known on the day of this report.",
        note=f"{'; '.join(f'{name_duty_day(duty)}: {duty.words}' for duty in duties)}." if duties else "",
        alt=f"Line chart of {packet.name}. {format_list(rates, most=len(rates))}.",
    )


def _describe_move(first: float, last: float) -> str:
    return "The rate rose" if last > first else "The rate fell" if last < first else "The rate went"


def describe_due_months(row: DueRow, unit: tuple[str, str]) -> str:
    """The months of the items of one due day."""
    if not row.first_month:
        return capitalize(unit[1])
    one = row.first_month == row.last_month
    return format_month(row.first_month if one else f"{row.first_month}/{row.last_month}")


def describe_due_day(row: DueRow) -> str:
    """When they are due."""
    if row.due is None:
        return "no day declared"
    day = format_day(row.due) + (" and later" if row.later else "")
    return f"overdue ({day})" if row.overdue else day
