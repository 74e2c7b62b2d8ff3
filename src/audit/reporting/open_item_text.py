"""What a report says of the follow-up beside its tables: how old, how slow, where again, what to look into."""

from collections.abc import Iterator

from audit.compliance.follow_up_summary import FollowUp
from audit.compliance.ledger_transitions import (
    ENTRY_BACK_DATED,
    EVENT_BACK_DATED,
    NO_LONGER_DOCUMENTED,
    UNITS_GONE,
)
from audit.formatting import format_count, format_day, format_list, format_plural
from audit.statistics.survival import DurationEstimate

LEDGER_REMARKS = {
    NO_LONGER_DOCUMENTED: "documented in an earlier ledger and not now",
    UNITS_GONE: "no longer in the tables",
    EVENT_BACK_DATED: "entered after the listing, of an event before it",
    ENTRY_BACK_DATED: "entered, by its own date, before the listing that did not find it",
}  # remark of an item → as the table of the ledger says it


def describe_follow_up(follow_up: FollowUp, *, unit: tuple[str, str], office: str) -> tuple[str, ...]:
    """The remarks on a follow-up, a sentence or two each."""
    return (*describe_backlog_state(follow_up, unit, office), *describe_alarms(follow_up, unit))


def describe_backlog_state(follow_up: FollowUp, unit: tuple[str, str], office: str) -> Iterator[str]:
    """How old and how slow, where it comes again, who was told, and why items were reclassified."""
    if follow_up.oldest and follow_up.oldest_days is not None:
        yield (
            f"The oldest is open since its {unit[0]} of {format_day(follow_up.oldest)}: "
            f"{format_plural(follow_up.oldest_days, 'day')}."
        )
    if follow_up.since:
        yield _describe_durations(follow_up.time_to_resolve)
    if len(follow_up.repeated) == len(follow_up.offices) > 1:
        yield f"Every {office} has something open of each of the last three months."
    elif follow_up.repeated:
        offices = format_plural(len(follow_up.repeated), office)
        have = "has" if len(follow_up.repeated) == 1 else "have"
        yield (
            f"{offices} {have} something open of each of the last three months: "
            f"{format_list(follow_up.repeated, most=100)}."
        )
    if follow_up.guidance_sent:
        yield f"Guidance was sent on {format_count(follow_up.guidance_sent)} of the open items."
    if follow_up.reasons:
        reasons = [f"{reason} ({format_count(n)})" for reason, n in follow_up.reasons]
        yield f"Reclassified, with the reason given: {format_list(reasons, most=len(reasons))}."


def describe_alarms(follow_up: FollowUp, unit: tuple[str, str]) -> Iterator[str]:
    """What the tables show that is to be looked into."""
    one, many = unit
    if n := follow_up.event_back_dated:
        were = "was" if n == 1 else "were"
        yield (
            f"{format_count(n)} of the {format_plural(follow_up.resolved, 'item')} resolved now {were} resolved by a "
            "record that was entered after the listing and concerns a day before it: an event that was recorded late, "
            "or a record that was dated back. The tables cannot tell which."
        )
    if n := follow_up.entry_back_dated:
        yield (
            f"Look into {format_plural(n, 'resolved item')}: by the day of entry the record was there before a listing "
            "that did not find it, so that day, or what the record is about, was altered since."
        )
    if n := follow_up.undone:
        lack, them = ("lacks", "it") if n == 1 else ("lack", "them")
        yield (
            f"Look into {format_plural(n, one, many)} that had every record in the last report and {lack} one now: it "
            f"was deleted or altered, or a record nearer in time took its place. tables/alarms.csv has {them}."
        )
    if n := follow_up.gone:
        are, them = ("is", "it") if n == 1 else ("are", "them")
        yield (
            f"Look into {format_plural(n, one, many)} that had every record in the last report and {are} no longer in "
            f"the tables. tables/alarms.csv has {them}."
        )
    if n := follow_up.vanished:
        are, stay = ("is", "It stays") if n == 1 else ("are", "They stay")
        yield (
            f"{format_plural(n, 'open item')} {are} of {many} no longer in the tables. {stay} open until someone "
            "gives a reason: nothing shows that records were completed."
        )


def _describe_durations(durations: DurationEstimate) -> str:
    """How long it takes from the listing to the repair."""
    watched = (
        f"{format_plural(durations.done, 'item was', 'items were')} resolved and {format_count(durations.waiting)} "
        "still waited for"
    )
    if durations.median is None:
        return (
            f"Of all items ever listed, {watched}: half are not resolved yet, so the median time to resolve is longer "
            "than they have been listed (Kaplan and Meier)."
        )
    limits = ""
    if durations.lower is not None and durations.upper is not None:
        limits = f" (95% limits {format_count(durations.lower)} to {format_count(durations.upper)})"
    elif durations.lower is not None:
        limits = f" (at least {format_count(durations.lower)}, the lower 95% limit; there is no upper one yet)"
    return (
        f"The median time from listing to repair is {format_plural(durations.median, 'day')}{limits}: of all items "
        f"ever listed, {watched} (Kaplan and Meier)."
    )
