"""A finding in its elements: criteria, condition, cause, effect, recommendations."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audit.errors import Problem
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, UNDECIDED_OUTCOMES
from audit.programs.recommendations import FISCAL_QUARTER, Recommendation

NOT_STATED: Final = "not stated by the source"
COUNT_IN_TEXT: Final = re.compile(r"\{(?P<name>[a-z_.]+)\}")  # a count of the sample, by attribute and outcome
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Criteria, condition, cause, effect, recommendations (GAGAS 2024, 8.116 to 8.127); a blank is not stated."""

    id: str  # short name, unique
    title: str  # the finding in one line
    criteria: str = ""  # what should be
    condition: str = ""  # what is; `{consistency.undeterminable}` and `{drawn}` stand for counts of the sample
    cause: str = ""  # why it is so
    effect: str = ""  # what follows from it
    recommendations: tuple[Recommendation, ...] = ()  # recommendations of this finding
    source: str = ""  # document that the finding is taken from

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """The four elements before the recommendations, in their order."""
        parts = ("criteria", "condition", "cause", "effect")
        return tuple((name, getattr(self, name).strip() or NOT_STATED) for name in parts)


def list_unknown_counts(finding: Finding, attributes: Sequence[str]) -> list[str]:
    """The names in braces that stand for no count of a sample of these attributes."""
    known = {"drawn", "assessed"}
    for one in attributes:
        known |= {f"{one}.{outcome}" for outcome in (*OUTCOMES_BY_ATTRIBUTE.get(one, ()), *UNDECIDED_OUTCOMES)}
    texts = (finding.criteria, finding.condition, finding.cause, finding.effect)
    return sorted({match["name"] for text in texts for match in COUNT_IN_TEXT.finditer(text)} - known)


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
                quarters = (milestone.due, milestone.done or "FY2000")
                if not all(map(FISCAL_QUARTER.fullmatch, quarters)):
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
