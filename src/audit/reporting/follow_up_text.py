"""What a report says of the follow-up beside its tables: how old, how slow, where again, what to look into."""

from collections.abc import Iterator

from audit.compliance.follow_up import FollowUp
from audit.formatting import count, day, listed, plural
from audit.statistics.survival import Durations


def told(found: FollowUp, *, unit: tuple[str, str], office: str) -> tuple[str, ...]:
    """The remarks on a follow-up, a sentence or two each."""
    return (*_state(found, unit, office), *_alarms(found, unit))


def _state(found: FollowUp, unit: tuple[str, str], office: str) -> Iterator[str]:
    """How old and how slow, where it comes again, who was told, and why items were reclassified."""
    if found.oldest and found.oldest_days is not None:
        yield f"The oldest is open since its {unit[0]} of {day(found.oldest)}: {plural(found.oldest_days, 'day')}."
    if found.since:
        yield _times(found.time_to_resolve)
    if found.repeated:
        offices = plural(len(found.repeated), office)
        have = "has" if len(found.repeated) == 1 else "have"
        yield f"{offices} {have} something open of each of the last three months: {listed(found.repeated, most=100)}."
    if found.guidance_sent:
        yield f"Guidance was sent on {count(found.guidance_sent)} of the open items."
    if found.reasons:
        reasons = [f"{reason} ({count(n)})" for reason, n in found.reasons]
        yield f"Reclassified, with the reason given: {listed(reasons, most=len(reasons))}."


def _alarms(found: FollowUp, unit: tuple[str, str]) -> Iterator[str]:
    """What the tables show that is to be looked into."""
    one, many = unit
    if n := found.event_back_dated:
        were = "was" if n == 1 else "were"
        yield (
            f"{count(n)} of the {plural(found.resolved, 'item')} resolved now {were} resolved by a record that was "
            "entered after the listing and is about a day before it: an event that was recorded late, or a record that "
            "was dated back. The tables cannot tell which."
        )
    if n := found.entry_back_dated:
        yield (
            f"Look into {plural(n, 'resolved item')}: by the day of entry the record was there before a listing "
            "that did not find it, so that day, or what the record is about, was altered since."
        )
    if n := found.undone:
        lack, them = ("lacks", "it") if n == 1 else ("lack", "them")
        yield (
            f"Look into {plural(n, one, many)} that had every record in the last report and {lack} one now: it was "
            f"deleted or altered, or a record nearer in time took its place. tables/alarms.csv has {them}."
        )
    if n := found.gone:
        are, them = ("is", "it") if n == 1 else ("are", "them")
        yield (
            f"Look into {plural(n, one, many)} that had every record in the last report and {are} no longer in the "
            f"tables. tables/alarms.csv has {them}."
        )
    if n := found.vanished:
        are, stay = ("is", "It stays") if n == 1 else ("are", "They stay")
        yield (
            f"{plural(n, 'open item')} {are} of {many} no longer in the tables. {stay} open until someone gives a "
            "reason: nothing shows that records were completed."
        )


def _times(found: Durations) -> str:
    """How long it takes from the listing to the repair."""
    watched = f"{plural(found.done, 'item was', 'items were')} resolved and {count(found.waiting)} still waited for"
    if found.median is None:
        return (
            f"Of all items ever listed, {watched}: half are not resolved yet, so the median time to resolve is longer "
            "than they have been listed (Kaplan and Meier)."
        )
    limits = ""
    if found.lower is not None and found.upper is not None:
        limits = f" (95% limits {count(found.lower)} to {count(found.upper)})"
    elif found.lower is not None:
        limits = f" (at least {count(found.lower)}, the lower 95% limit; there is no upper one yet)"
    return (
        f"The median time from listing to repair is {plural(found.median, 'day')}{limits}: of all items ever listed, "
        f"{watched} (Kaplan and Meier)."
    )
