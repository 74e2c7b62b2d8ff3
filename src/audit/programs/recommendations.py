"""A recommendation and its follow-up: what was agreed, what is due, and what became of it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from audit.formatting import format_day, format_month

FISCAL_QUARTER = re.compile(r"FY(?P<year>\d{4})(?: Q(?P<quarter>[1-4]))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One step that management promised, with the fiscal year or quarter in which it is due."""

    due: str  # fiscal year or quarter in which it is due: "FY2012 Q2" (October begins the year), "FY2013"
    what: str  # step that management promised
    done: str = ""  # fiscal year or quarter in which it was done; empty if it was not


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One entry of a recommendation's history: who said or did what, and when."""

    on: date | str  # day, or month as "2012-04" where only the month is known
    by: str  # role of who said or did it
    what: str  # what was said or done

    @property
    def when(self) -> str:
        """The day or the month, in words."""
        return format_day(self.on) if isinstance(self.on, date) else format_month(self.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What is recommended, and its follow-up. Resolved means that there is agreement; closed, that it was done."""

    number: int  # number, unique over all findings
    text: str  # wording of the recommendation
    to: str  # role that the recommendation is addressed to
    agreement: Literal["resolved", "unresolved"] = "unresolved"  # resolved: both sides agree on what to do
    state: Literal["open", "closed"] = "open"  # `closed` once it was done; the history then says on what evidence
    evidence_required: str  # evidence that closes it
    milestones: tuple[Milestone, ...] = ()  # promised steps, with due dates
    history: tuple[HistoryEntry, ...] = ()  # what was said and done, in order of time
    source: str = ""  # document that the text is taken from

    @property
    def status(self) -> str:
        """Agreement and state: "resolved and open"."""
        return f"{self.agreement} and {self.state}"

    def describe_status(self, on: date | None) -> str:
        """Agreement and state as they stood on a day: the history's later entries had not come about."""
        known = self.list_history(on)
        if self.history and not known:
            return f"not yet made on {format_day(on)}" if on else self.status
        return self.status

    def list_history(self, on: date | None) -> tuple[HistoryEntry, ...]:
        """The history up to a day; all of it without one."""
        return tuple(entry for entry in self.history if on is None or _find_first_day(entry.on) <= on)

    def find_overdue_milestones(self, on: date | None) -> tuple[Milestone, ...]:
        """The milestones that were due before a day and are not done; none without a day, or once it is closed."""
        if on is None or self.state == "closed":
            return ()
        return tuple(one for one in self.milestones if not one.done and parse_due_date(one.due) < on)


def _find_first_day(on: date | str) -> date:
    """The day of an entry, or the first of its month."""
    return on if isinstance(on, date) else date.fromisoformat(f"{on}-01")


def parse_due_date(due: str) -> date:
    """The last day of a federal fiscal year, or of a quarter of it: "FY2012 Q2" → 2012-03-31."""
    match = FISCAL_QUARTER.fullmatch(due)
    if match is None:
        raise ValueError(due)
    year, quarter = int(match["year"]), int(match["quarter"] or 4)
    return {1: date(year - 1, 12, 31), 2: date(year, 3, 31), 3: date(year, 6, 30), 4: date(year, 9, 30)}[quarter]
