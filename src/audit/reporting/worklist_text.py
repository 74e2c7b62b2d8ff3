"""The worklist in words: its headings, what a row needs, and what was said of it before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from audit.compliance.returns import ReturnKind
from audit.compliance.worklist import Work, list_gaps
from audit.formatting import capitalize, format_day
from audit.programs.measures import Census

WORKLIST_SHEET, WORKLIST_ABOUT_SHEET = "Worklist", "About"
RETURN_COLUMNS: Final = {  # which the office fills in
    "done_on": "Done on",
    "not_ours": "Not ours",
    "not_required": "Not required",
    "reason": "Reason",
}
YES = "yes"
WORK_NAMES: Final = {Work.IDENTIFIER: "identifier", Work.REVIEW: "contradicting records"}
WORK_GUIDANCE: Final = {
    Work.IDENTIFIER: "Find the identifier first: without it no record can be linked.",
    Work.REVIEW: "Several records are equally near. Review which one belongs here, and correct the others; then enter "
    "what is missing.",
}
IDENTIFIER_WORDS = "Identifier, first of all"
REVIEW_WORDS = "Review contradicting records, then: "


def name_list_columns(census: Census, unit: str) -> dict[str, str]:
    """The columns of the list that an office gets, in order, and what each is called in the workbook."""
    below = {"below": capitalize(_make_words(census.unit_below))} if census.unit_below else {}
    return {
        "number": "No.",
        "unit_keys": f"{capitalize(unit)} key",
        **({"unit_day": f"{capitalize(unit)} day"} if census.date else {}),
        **below,
        **dict(list_record_names(census).values()),
        "needed": "What to enter",
        **({"where": "Where"} if names_systems(census) else {}),
        "days_open": "Days open",
        "due": "Due",
        **RETURN_COLUMNS,
        "remark": "Remark",
        **({"month": "Month"} if census.date else {}),
        "person": "Person",
        **({"measure": "Duty"} if len(census.measures) > 1 else {}),
        "item": "Item",
    }


def names_systems(census: Census) -> bool:
    """Whether the program says where some record is entered."""
    return any(need.system for measure in census.measures for need in measure.needs)


def list_record_names(census: Census) -> dict[str, tuple[str, str]]:
    """The columns of linked records that a list shows: by the worklist's own name, the list's name and heading."""
    names = {}
    for number, link in enumerate(census.links, start=1):
        if link.key == link.on:
            continue
        names[f"record_{number}"] = (link.key, capitalize(_make_words(link.key)))
        if link.date:
            words = _make_words(link.key).removesuffix(" id")
            names[f"record_{number}_day"] = (f"{words.replace(' ', '_')}_day", f"{capitalize(words)} day")
    return names


def _make_words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def list_missing_labels(census: Census) -> dict[tuple[str, str], tuple[str, ...]]:
    """The labels of the records that an item lacks, by its measure and the text that says what is missing."""
    return {(measure.id, text): labels for measure in census.measures for text, labels in list_gaps(measure).items()}


def describe_work(work: str, labels: Sequence[str], missing: str) -> str:
    """What to enter for one item, in a few words: "Encounter, then disposition"."""
    entry = capitalize(", then ".join(labels) or missing)
    if work == Work.IDENTIFIER:
        return IDENTIFIER_WORDS
    return f"{REVIEW_WORDS}{entry[:1].lower()}{entry[1:]}" if work == Work.REVIEW else entry


def describe_return_status(row: Mapping[str, Any]) -> str:
    """What was said of an item before, and what came of it; empty where nothing was."""
    referred = f"Referred by {row['owner'] or 'no office'} on {_format_day(row['decided_on'])}."
    prefix = referred if row["referred_to"] and row["referred_to"] != row["owner"] and row["decided_on"] else ""
    if row["returned"] is None or prefix:
        return prefix
    if row["returned"] == ReturnKind.DONE:
        return f"Reported as done on {_format_day(row['done_on'])}; no record shows it."
    claim = f"“{capitalize(row['returned'])}” of {_format_day(row['returned_on'])}"
    if row["decision"] is None:
        return f"{claim}: no answer yet."
    reason = f": {row['decision_reason'].rstrip('.')}" if row["decision_reason"] else ""
    return f"{claim}: {row['decision']} on {_format_day(row['decided_on'])}{reason}."


def _format_day(value: date | None) -> str:
    return format_day(value) if value else "an unknown day"
