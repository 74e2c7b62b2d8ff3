"""The columns of the review worksheet: their order, headings and widths, and which of them are answered in."""

from collections.abc import Mapping
from typing import Final

KEY_COLUMNS: Final = ("item", "case", "attribute")
CASE_COLUMNS: Final = ("office", "dated", "facts")
RULE_COLUMNS: Final = ("by_rule", "class", "rule", "section", "looked_at", "needed")
REVIEWER_COLUMNS: Final = ("first", "first_reason", "first_evidence", "second", "second_reason", "second_evidence")
ENTRY_COLUMNS: Final = ("outcome", "reason", "evidence", "reviewed")
REVIEW_SHEET: Final = "Review"
ABOUT_SHEET: Final = "About"

WORKSHEET_HEADINGS: Final[Mapping[str, str]] = {
    "item": "Item",
    "case": "Case",
    "attribute": "Attribute",
    "office": "Office",
    "dated": "Dated",
    "facts": "What the file shows",
    "by_rule": "Outcome by rule",
    "class": "Class of case",
    "rule": "Rule",
    "section": "Section",
    "looked_at": "What the rule looked at",
    "needed": "What would decide it",
    "first": "First reviewer",
    "first_reason": "First reviewer's reason",
    "first_evidence": "First reviewer's evidence",
    "second": "Second reviewer",
    "second_reason": "Second reviewer's reason",
    "second_evidence": "Second reviewer's evidence",
    "outcome": "Your outcome",
    "reason": "Your reason",
    "evidence": "Evidence, where to find it",
    "reviewed": "Day of review",
}

#: In characters; a column that is not named is as wide as its workbook makes it.
WORKSHEET_WIDTHS: Final[Mapping[str, int]] = {
    "item": 6,
    "case": 14,
    "attribute": 15,
    "office": 8,
    "dated": 11,
    "facts": 60,
    "looked_at": 34,
    "by_rule": 15,
    "class": 16,
    "rule": 20,
    "section": 18,
    "needed": 22,
    "outcome": 17,
    "reason": 38,
    "evidence": 22,
    "reviewed": 12,
}
