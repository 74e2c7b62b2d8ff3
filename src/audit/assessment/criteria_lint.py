"""What a policy's criteria leave open: days, verdicts without an example, and quotations that nobody can find."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from audit.policy.in_force import describe_day_range, find_version
from audit.policy.rules import DateInterval, Document, Example, Policy, Rule, Version

PARAPHRASE = "(paraphrase)"  # begins what stands for a quotation and is none
_PLAIN_MARKS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyIssue:
    """One thing about a policy that its author should know, or must mend."""

    kind: str
    about: str  # a rule, document, term or attribute
    what: str
    must: bool  # whether it must be mended
    cases: int = 0
    file: str = ""


def find_criteria_issues(policy: Policy, *, dated_by: str) -> Iterator[PolicyIssue]:
    """What must be mended of documents, citations and examples, and what cannot be checked."""
    for document in policy.documents.values():
        yield from _find_document_gaps(document)
    for rule in policy.rules:
        yield from _find_unexampled_verdicts(rule, dated_by)
        for version in rule.versions:
            yield from _find_late_criteria(rule, version, policy.documents[version.under])
            yield from _find_missing_quotations(rule, version, policy)


def find_example_day(example: Example, rule: Rule, dated_by: str) -> date | None:
    """The day of an example, by which its rule's version is chosen."""
    on = example.case.get(rule.dated_by or dated_by)
    return on.date() if isinstance(on, datetime) else on if isinstance(on, date) else None


def _find_document_gaps(document: Document) -> Iterator[PolicyIssue]:
    """The days between two stretches of a document's, where nobody says why it had ended."""
    in_order = sorted(document.in_force, key=lambda interval: interval.since or date.min)
    for before, after in pairwise(in_order):
        first = (before.until or date.max - timedelta(days=1)) + timedelta(days=1)
        if after.since and first < after.since and not before.ended_by:
            days = describe_day_range(first, after.since - timedelta(days=1))
            what = f"was not in force {days}; say under `ended_by` why"
            yield PolicyIssue(kind="days of documents", about=document.id, what=what, must=True, file="documents.yaml")


def _find_late_criteria(rule: Rule, version: Version, document: Document) -> Iterator[PolicyIssue]:
    """A criterion that was issued after decisions that it judges."""
    if document.issued and any(_begins_before(interval, document.issued) for interval in version.in_force):
        what = f"judges decisions of days before {document.id} was issued"
        yield PolicyIssue(kind="criteria of later days", about=rule.id, what=what, must=True, file=rule.file)


def _begins_before(interval: DateInterval, day: date) -> bool:
    return interval.since is None or interval.since < day


def _find_unexampled_verdicts(rule: Rule, dated_by: str) -> Iterator[PolicyIssue]:
    """The verdicts of each wording of a rule that no example of a day of that wording shows."""
    wordings: dict[tuple[str, str], list[str]] = {}
    for version in rule.versions:
        wordings.setdefault((version.when, version.expects), []).append(version.under)
    shown = {
        (own.when, own.expects, example.expect)
        for example in rule.examples
        if (own := find_version(rule, find_example_day(example, rule, dated_by))[0])
    }
    for (when, expects), documents in wordings.items():
        for verdict in dict.fromkeys((rule.verdict, *((rule.otherwise,) if expects else ()))):
            if (when, expects, verdict) not in shown:
                what = f"has no example of the verdict {verdict} under {' or '.join(dict.fromkeys(documents))}"
                yield PolicyIssue(
                    kind="verdicts without an example", about=rule.id, what=what, must=True, file=rule.file
                )


def _find_missing_quotations(rule: Rule, version: Version, policy: Policy) -> Iterator[PolicyIssue]:
    """A quotation that the named document does not hold; of a document whose words are not on file nobody can tell."""
    citation = version.citation
    source = policy.documents[citation.as_stated_in or version.under]
    if citation.quote.startswith(PARAPHRASE) or not source.excerpt:
        return
    if _plain(citation.quote) not in _plain(source.excerpt):
        what = f"quotes words under {version.under} that the excerpt of {source.id} does not hold"
        yield PolicyIssue(kind="quotations", about=rule.id, what=what, must=True, file=rule.file)


def _plain(text: str) -> str:
    """The words, whatever the marks and the ends of lines."""
    return re.sub(r"\s+", " ", text.translate(_PLAIN_MARKS)).strip().casefold()
