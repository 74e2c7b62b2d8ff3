"""What a monthly report says beside its numbers: its known limits, what follows, and how its tables are read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult
from audit.compliance.targets import TargetResult
from audit.compliance.verification import VerificationResult
from audit.formatting import (
    add_article,
    capitalize,
    format_count,
    format_day,
    format_list,
    format_month,
    format_percent,
    format_plural,
    spell_count,
)
from audit.reporting.disclosure import describe_public_edition
from audit.reporting.month_text import find_target, list_other_populations, name_recorded
from audit.reporting.office_order import list_primary_results, order_follow_up
from audit.reporting.published_editions import format_shown_offices

if TYPE_CHECKING:
    from audit.reporting.month_report import Report


def list_known_limits(report: "Report") -> list[str]:
    """What a reader must know before using the numbers, a sentence or two each."""
    limits = [
        "The count is complete for the records delivered. It says whether a record exists, not whether it, or any "
        "decision, is right."
    ]
    if report.audience == "public":
        plan = report.withholding
        edition = describe_public_edition(report.office_noun, offices=plan.offices, totals=plan.totals)
        limits.append(f"{edition}.")
    for result in list_primary_results(report.measures):
        limits += _list_result_limits(report, result)
    if failed := sum(not check.passed for check in report.checks):
        limits.append(
            f"{capitalize(spell_count(failed))} of {format_plural(len(report.checks), 'check')} of the tables did "
            f"not pass; the annex names {'it' if failed == 1 else 'them'}."
        )
    if report.late_changes:
        limits.append("The tables are not as earlier reports had them; the annex lists what changed.")
    return limits


def describe_ambiguous_links(report: "Report") -> str:
    """How many units had several records that fitted equally well, and which was taken; empty where none had."""
    if not report.ambiguous_links:
        return ""
    return (
        f"{format_plural(report.ambiguous_links, *report.unit)} had several records that fitted equally well: one "
        f"dated on or after the {report.unit[0]} was used before an earlier one, and then the one of smallest key."
    )


def describe_populations(report: "Report") -> list[str]:
    """Of whom the rates are, which others stand beside them at what rate, and that lists are of all units."""
    said, own = [], report.rate_population
    if own:
        about = f": {own.about}" if own.about else ""
        said.append(f"{capitalize(own.unit[1])}{about}. One of which it is unknown belongs to them.")
    for result in list_primary_results(report.measures):
        for one in list_other_populations(report, result.measure):
            about = f", {one.about}" if one.about else ""
            rate = f" ({format_percent(one.compliant, one.due)})" if one.due >= MINIMUM_CASES_FOR_RATE else ""
            found = f"{format_count(one.compliant)} of {format_count(one.due)} {name_recorded(result)}{rate}"
            said.append(f"Beside {'them' if own else f'all {report.unit[1]}'}: {one.title}{about}: {found}.")
    if own and report.audience == "office":
        said.append(f"The lists of open items are of all {report.unit[1]}.")
    return said


def list_next_steps(report: "Report") -> list[str]:
    """What follows from the report: who is escalated, and what every office gets."""
    steps = []
    if escalated := list_escalated_offices(report):
        one = "office is" if len(escalated) == 1 else "offices are"
        steps.append(f"{capitalize(spell_count(len(escalated)))} {one} escalated by the declared rule (see Follow-up).")
    if report.audience == "office" and report.open_items:
        due = ""
        if report.plan and report.as_of:
            due = f" What is listed for the first time is due in {format_plural(report.plan.days, 'day')}."
        steps.append(f"Every {report.office_noun} has a packet: its position, and one list of its open items.{due}")
    return steps


def list_escalated_offices(report: "Report") -> list[str]:
    """The names of the offices that the declared rule sends to a higher level, in the report's order."""
    if not report.follow_up:
        return []
    return [one.name for one in order_follow_up(report.follow_up.offices, report.measures) if one.escalated]


def describe_standings(report: "Report", result: MeasureResult) -> str:
    """How many offices fall short of the target, are too close to say and meet it; or that none is declared."""
    target = find_target(report, result.measure)
    if target is None:
        units = report.rate_unit[1]
        return f"Target: none declared. The last column is the gap to all: {units} not {name_recorded(result)}."
    share = format_percent(target.target, places=0)
    parts = [
        f"{spell_count(target.short)} {'falls' if target.short == 1 else 'fall'} short of {share} by more than chance",
        f"{spell_count(target.close)} {'is' if target.close == 1 else 'are'} below it but too close to say"
        if target.close
        else "",
        f"{spell_count(target.meets)} {'meets' if target.meets == 1 else 'meet'} it",
    ]
    few = f" {capitalize(spell_count(target.too_few))} had too few due to say." if target.too_few else ""
    rated = format_shown_offices(target.short + target.close + target.meets, result, report.office_noun)
    return f"Of {rated}, {', '.join(filter(None, parts))}.{few}"


def describe_office_columns(report: "Report", result: MeasureResult) -> Iterator[tuple[str, str]]:
    """The columns of the table of offices, each term with its words."""
    target, units = find_target(report, result.measure), report.rate_unit[1]
    if target:
        share = format_percent(target.target, places=0)
        yield (
            "Short by",
            f"the {units} that would have had to be {name_recorded(result)} to reach {share}. {_forbid_offset(report)}",
        )
    if result.timed:
        known = f" and by {format_day(report.as_of)}" if report.as_of else ""
        yield "Late", f"recorded after the time allowed{known}."
        yield "Missing", f"a record lacking on that day. In time, late and missing add up to {units}."
    if any(change.twelve_months is not None for change in report.changes):
        yield "12 months", f"the month and the eleven before it, as known now.{_describe_months_before(report, result)}"
    if result.outside or len(result.rated) > 1:
        yield "Common rate", _describe_outside(report, result)


def _forbid_offset(report: "Report") -> str:
    one = capitalize(add_article(report.office_noun))
    return f"{one} above the target does not offset one below it, so the total is the sum of the offices below."


def _describe_months_before(report: "Report", result: MeasureResult) -> str:
    """How many of the twelve months lie before the last duty."""
    duties = next((one.duties for one in report.duties if one.measure == result.measure), ())
    if not duties or report.period == "all":
        return ""
    last = f"{duties[-1].since:%Y-%m}"
    months = [one.month for one in report.months if one.measure in ("", result.measure)][-12:]
    before = sum(month < last for month in months)
    precede = "precedes" if before == 1 else "precede"
    return f" {capitalize(spell_count(before))} of them {precede} {format_month(last)}." if before else ""


def _describe_outside(report: "Report", result: MeasureResult) -> str:
    """Which offices differ from the rate of all by more than chance, and how often chance alone would do that."""
    rated = format_shown_offices(len(result.rated), result, report.office_noun)
    share = format_percent(result.national.compliant, result.national.due)
    if not result.outside:
        return f"none of {rated} differs from the {share} of all by more than chance (99.8% limits)."
    ordered = [office.name for office in result.rated if office.name in result.outside]
    differ = "differs" if len(ordered) == 1 else "differ"
    return (
        f"{spell_count(len(ordered))} of {rated} {differ} from the {share} of all by more than chance (exact 99.8% "
        f"limits): {format_list(ordered, most=100)}."
    )


def describe_target_test(target: TargetResult, *, office: str) -> dict[str, str]:
    """What each mark of the column of rates means, by standing."""
    share, one = format_percent(target.target, places=0), add_article(office)
    return {
        "short": f"Falls short: {one} that truly records {share} would by chance have a month this low at most once in "
        "1,000.",
        "close": f"Too close to say: below {share}, but inside that range (the band; wider where few are due).",
        "meets": f"Meets: {share} or more.",
    }


def describe_verification(verified: VerificationResult) -> str:
    """What became of the items that were drawn from those reported as resolved."""
    drawn, holds = len(verified.items), verified.count_found("holds")
    if not drawn:
        return f"No item was reported as resolved in {format_month(verified.month)}, so none was drawn."
    shared, absent = verified.count_found("shared"), verified.count_found("absent")
    rest = [
        f"{spell_count(shared)} {'rests' if shared == 1 else 'rest'} on a record of another unit" if shared else "",
        f"{spell_count(absent)} {'was' if absent == 1 else 'were'} not found" if absent else "",
    ]
    hold = f"{spell_count(holds)} {'holds' if holds == 1 else 'hold'} ({format_percent(holds, drawn, places=0)})"
    return (
        f"Of the {format_plural(verified.resolved, 'item')} that the report of {format_month(verified.month)} gave as "
        f"resolved, {spell_count(drawn)} {'was' if drawn == 1 else 'were'} drawn by ticket and traced to the record: "
        f"{format_list([hold, *filter(None, rest)])}."
    )


def _list_result_limits(report: "Report", result: MeasureResult) -> Iterator[str]:
    one, many = report.rate_unit
    nation = result.national
    if result.identified and (without := nation.due - result.identified[1]):
        carry = "carries" if without == 1 else "carry"
        yield (
            f"{format_count(without)} of {format_plural(nation.due, one, many)} {carry} no identifier of a person: no "
            "record can be linked to them until it is found."
        )
    if nation.uninformative:
        of = format_count(nation.compliant + nation.late)
        yield (
            f"{format_count(nation.uninformative)} of the {of} {many} counted as recorded are filled with words that "
            "do not say what was done."
        )
    if nation.pending or nation.redacted:
        worst, best = format_percent(nation.worst), format_percent(nation.best)
        yield f"If every pending or withheld {one} failed, the rate would be {worst}; if every one passed, {best}."
