"""Who signed a report, and what a correction of it changed, figure by figure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.formatting import format_day, format_plural
from audit.formatting import format_month as month_in_words

FigureValue = int | float | str | None

_RATE_COLUMNS = (
    "received",
    "excluded",
    "due",
    "compliant",
    "late",
    "missing",
    "unmet",
    "redacted",
    "pending",
    "timely",
)
_FOLLOW_UP_COLUMNS = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
_COLUMN_LABELS = {
    "compliant": "in time",
    "timely": "rate in time",
    "open_start": "open at the start",
    "open_end": "open at the end",
}
_ESTIMATE_COLUMNS = ("reviewed", "conforming", "deviating", "undeterminable", "rate", "lower", "upper")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """By whom, in which role, and when a draft was issued; and with which key it was signed."""

    by: str
    on: date
    key: str = ""  # fingerprint of the key, SHA256:…; empty where it was issued unsigned

    def describe(self) -> str:
        """Who issued it, when, and whether that was signed: a sentence or two."""
        day = format_day(self.on)
        if self.key:
            return f"Signed by {self.by} on {day}, with the key {self.key}."
        return f"Issued by {self.by} on {day}. Unsigned: no key shows who issued it, or that it is as it was issued."


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure that a correction changed."""

    figure: str
    before: FigureValue  # None where there was none
    after: FigureValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Why an issued report was made anew, and which of its figures changed."""

    reason: str
    of_version: int
    issued_on: date | None  # when the version was issued that this one corrects
    changes: tuple[FigureChange, ...]


def find_figure_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FigureChange, ...]:
    """The figures that differ between two records of one period, in the order of the report.

    A record is what `report.json` holds. A figure that only one of them has is a change too.
    """
    was, now = dict(_list_figures(before)), dict(_list_figures(after))
    return tuple(
        FigureChange(figure=name, before=was.get(name), after=now.get(name))
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    )


def _list_figures(record: Mapping[str, Any]) -> Iterator[tuple[str, FigureValue]]:
    """Every figure of a record that a reader may have quoted, under a name that says which."""
    yield "as known on", str(record["as_of"])
    for key in record["key_figures"]:
        yield f"key figure, {key['label']}", key["value"]
    for measure in record.get("measures", ()):
        days = format_plural(measure["grace_days"], "day")
        way = f"{measure['title']}, by {measure['counted']}, {days} allowed"
        for office in (measure["national"], *measure["offices"]):
            for column in _RATE_COLUMNS:
                yield f"{way}: {office['name']}, {_COLUMN_LABELS.get(column, column)}", office[column]
    titles = {measure["measure"]: measure["title"] for measure in record.get("measures", ())}
    for month in record.get("months", ()):
        of = f" {titles[name]}," if (name := month.get("measure")) in titles and len(titles) > 1 else ""
        for column in ("due", "compliant", "late"):
            yield (
                f"month by month:{of} {month_in_words(month['month'])}, {_COLUMN_LABELS.get(column, column)}",
                month[column],
            )
    if "open_items" in record:
        yield "records to complete: open items", len(record["open_items"])
    if followed := record.get("follow_up"):
        for office in (followed, *followed["offices"]):
            for column in _FOLLOW_UP_COLUMNS:
                yield (
                    f"follow-up: {office.get('name', 'All offices')}, {_COLUMN_LABELS.get(column, column)}",
                    office[column],
                )
    if audit := record.get("result"):
        attributes = [one["estimate"] for one in audit["attributes"]]
        groups = [one["estimate"] for one in audit["groups"]]
        for estimate in (audit["overall"], *groups, *audit["classes"], *attributes, *audit["offices"]):
            for column in _ESTIMATE_COLUMNS:
                yield f"sample audit: {estimate['label']}, {_COLUMN_LABELS.get(column, column)}", estimate[column]


def has_small_difference(before: Mapping[str, Any], after: Mapping[str, Any], least: int) -> bool:
    """Whether a count of a sample, or of its tables, differs by 1 to `least` less 1 between two records of it."""
    parts = ("result", "persons", "readings", "windows", "checks", "provenance")
    was, now = (dict(_list_counts({name: record.get(name) for name in parts})) for record in (before, after))
    return any(0 < abs(was[name] - count) < least for name, count in now.items() if name in was)


def _list_counts(value: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every count in a part of a record, named by where it stands and by the texts beside it."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield name, value
    elif isinstance(value, Mapping):
        texts = tuple(text for text in value.values() if isinstance(text, str))
        for key, one in value.items():
            yield from _list_counts(one, (*name, *texts, key))
    elif isinstance(value, list):
        texts = tuple(text for text in value if isinstance(text, str))
        for one in value:
            yield from _list_counts(one, (*name, *texts))
