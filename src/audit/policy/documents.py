"""The documents of a policy: what each is, when it was in force, its words, and the readings of those words."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

# What a criterion may rest on. A `report` finds facts and cannot be one; it may restate the words of another document.
DocumentKind = Literal["law", "regulation", "policy", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateInterval:
    """A stretch of days, both ends included; an absent end is open.

    With `since_by`, it began on an unknown day, `since` at the earliest and `since_by` at the latest.
    """

    since: date | None = None  # first day; open if absent
    since_by: date | None = None  # latest possible first day, where the exact day is unknown
    until: date | None = None  # last day; open if absent
    ended_by: str = ""  # why it ended, where days follow on which the document was not in force, before it was again

    def __str__(self) -> str:
        return f"{self.since or '…'} to {self.until or '…'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of the policy and the days on which it was in force. It can lapse and return."""

    id: str  # short name that rules cite under `under`
    title: str  # full title
    issuer: str  # who issued it
    in_force: tuple[DateInterval, ...]  # intervals in which it was in force
    source: str  # where it can be read
    kind: DocumentKind = "policy"  # what it is; a `report` can restate a rule and never be one
    issued: date | None = None  # day it was issued: no decision of an earlier day can be held to it
    excerpt: str = ""  # its words, as far as they were read; `audit policy lint` looks for quotations in them
    unverified: bool = False  # true if nobody has checked it against the source; every report then says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a document states a rule, with its words."""

    section: str  # section or page
    quote: str  # the words that the rule rests on
    as_stated_in: str = ""  # id of the document whose words these are, where it restates the one cited
    sha256: str | None = None  # SHA-256 of the document's file
    unverified: bool = False  # true if nobody has checked the quote against the document

    @property
    def place(self) -> str:
        """Section or page, and the document that restates it where the words are that one's."""
        return f"{self.section}, as stated in {self.as_stated_in}" if self.as_stated_in else self.section


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of the policy, defined in one place."""

    name: str  # word that rules may use
    means: str  # condition, number or day that it stands for
    citation: str  # document and section that define it
    file: str = ""  # and the line it stands on


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an auditor takes a criterion to mean where its words leave that open; its effect on the rate is computed."""

    id: str  # short name
    title: str  # what is read into the criterion, in one sentence
    by: str  # who reads it so
    dated: date  # day on which it was adopted
    of: str  # document and section whose words it reads
    reason: str  # why it is read so
    term: str = ""  # term whose meaning is the reading
    otherwise: str = ""  # what that term would mean without it
    rule: str = ""  # or the rule whose cases would be undeterminable without it
    file: str = ""  # and the line it stands on
