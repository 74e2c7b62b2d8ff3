"""A finding, in its five elements, and its recommendations: what was agreed, what is due, and what became of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from audit.errors import Problem
from audit.formatting import format_day, format_month

NOT_DEVELOPED: Final = "not developed"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"FY(?P<year>\d{4})(?: Q(?P<quarter>[1-4]))?")


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

    def find_overdue_milestones(self, on: date | None) -> tuple[Milestone, ...]:
        """The milestones that were due before a day and are not done; none without a day, or once it is closed."""
        if on is None or self.state == "closed":
            return ()
        return tuple(one for one in self.milestones if not one.done and parse_due_date(one.due) < on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Criteria, condition, cause, effect, recommendations (GAGAS 2024, 8.116 to 8.127); a blank is not developed."""

    id: str  # short name, unique
    title: str  # the finding in one line
    criteria: str = ""  # what should be
    condition: str = ""  # what is
    cause: str = ""  # why it is so
    effect: str = ""  # what follows from it
    recommendations: tuple[Recommendation, ...] = ()  # recommendations of this finding
    source: str = ""  # document that the finding is taken from

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """The four elements before the recommendations, in their order."""
        parts = ("criteria", "condition", "cause", "effect")
        return tuple((name, getattr(self, name).strip() or NOT_DEVELOPED) for name in parts)


def parse_due_date(due: str) -> date:
    """The last day of a federal fiscal year, or of a quarter of it: "FY2012 Q2" → 2012-03-31."""
    match = _QUARTER.fullmatch(due)
    if match is None:
        raise ValueError(due)
    year, quarter = int(match["year"]), int(match["quarter"] or 4)
    return {1: date(year - 1, 12, 31), 2: date(year, 3, 31), 3: date(year, 6, 30), 4: date(year, 9, 30)}[quarter]


def find_finding_problems(findings: Sequence[Finding], *, file: str) -> Iterator[Problem]:
    """What of the findings does not hold together."""
    numbers = [one.number for finding in findings for one in finding.recommendations]
    ids = [finding.id for finding in findings]
    if len(set(ids)) < len(ids) or len(set(numbers)) < len(numbers):
        yield Problem(what="names a finding or numbers a recommendation twice", mend="Give each its own.", file=file)
    for finding in findings:
        for one in finding.recommendations:
            place = f"{file}, recommendation {one.number}"
            for milestone in one.milestones:
                if not all(_QUARTER.fullmatch(quarter) for quarter in (milestone.due, milestone.done or "FY2000")):
                    mend = "Write FY2012 or FY2012 Q2."
                    yield Problem(what="a milestone is due or done in no fiscal year or quarter", mend=mend, file=place)
            if one.state == "closed" and not one.history:
                what, mend = "is closed, and its history does not say on what evidence", "Add the entry that closed it."
                yield Problem(what=what, mend=mend, file=place)
            if any(isinstance(entry.on, str) and not _MONTH.fullmatch(entry.on) for entry in one.history):
                what, mend = "an entry of its history has neither day nor month", "Write 2012-04-05, or 2012-04."
                yield Problem(what=what, mend=mend, file=place)
            days = [str(entry.on) for entry in one.history]
            if days != sorted(days):
                yield Problem(what="its history is not in order of time", mend="Put it in order.", file=place)
