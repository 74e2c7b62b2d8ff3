"""The review worksheet: a row an item to answer, what is seen of it, and what is wrong with one that came back."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

import polars as pl

from audit.errors import Problem
from audit.formatting import listed, plain
from audit.policy.rules import OUTCOMES, UNDECIDED
from audit.review.journal import Answer, Phase

KEYS: Final = ("item", "case", "attribute")
SEEN: Final = ("office", "dated", "facts")
BY_RULE: Final = ("by_rule", "class", "rule", "section", "looked_at", "needed")
BY_REVIEWERS: Final = ("first", "first_reason", "first_evidence", "second", "second_reason", "second_evidence")
ENTRY: Final = ("outcome", "reason", "evidence", "reviewed")
SHEET: Final = "Review"
ABOUT: Final = "About"

# What can be wrong with a worksheet that came back. With a text it can be accepted by name, and that is what then
# happens; with none it has to be corrected.
RULES: Final[Mapping[str, str]] = {
    "about-missing": "the worksheet is taken for the one that was issued",
    "column-missing": "",
    "date-as-text": "the answer counts, without its day",
    "date-out-of-range": "the answer counts, without its day",
    "locked-cell": "what was issued counts",
    "not-answered": "the others count",
    "outcome-unknown": "",
    "reason-missing": "",
    "row-added": "the row is left out",
    "row-deleted": "the others count",
    "row-repeated": "",
    "wrong-sample": "",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worksheet:
    """The items that one phase of a review asks about, as issued."""

    phase: Phase
    sample: str  # SHA-256 of the manifest of the draw
    rows: pl.DataFrame  # all text: KEYS, SEEN, what else is shown, and ENTRY
    rule: Mapping[tuple[str, str], str]  # the outcome by rule of each case and attribute, shown or not
    stands: Mapping[tuple[str, str], str]  # the outcome from which another is a departure, and needs a reason
    case_of: str  # the column that holds a case's key, in the tables

    @property
    def locked(self) -> tuple[str, ...]:
        """The columns that nobody writes into."""
        return tuple(name for name in self.rows.columns if name not in ENTRY)

    @property
    def digest(self) -> str:
        """SHA-256 of the locked columns: by row, its cells with a tab between and a line end after."""
        lines = ("\t".join(map(plain, row)) for row in self.rows.select(self.locked).fill_null("").iter_rows())
        return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def outcomes(attribute: str) -> tuple[str, ...]:
    """What can be concluded of an attribute."""
    return tuple(dict.fromkeys((*OUTCOMES[attribute], *UNDECIDED)))


def issued(
    determinations: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    key: str,
    order: Sequence[str],
    phase: Phase,
    sample: str,
    blind: bool = False,
    answered: Mapping[tuple[str, str], Answer] | None = None,
    others: pl.DataFrame | None = None,
) -> Worksheet:
    """The worksheet of the determinations given, in the `order` of their cases' keys.

    `seen` holds a row a case: its key, `dated` and `facts`. `answered` fills in what this phase has answered so far.
    Where the worksheet is `blind` it shows nothing of the outcome by rule. `others` is what both reviewers answered,
    for the one who decides between them.
    """
    rule = {
        (case, attribute): outcome
        for case, attribute, outcome in determinations.select(key, "attribute", "outcome").iter_rows()
    }
    told = determinations.rename({"outcome": "by_rule", "evidence": "looked_at"}).join(seen, on=key, how="left")
    if others is not None:
        told = told.join(others.select(key, "attribute", *BY_REVIEWERS), on=[key, "attribute"], how="left")
    place = {case: number for number, case in enumerate(order, start=1)}
    by_rule = () if blind else BY_RULE
    before = (*SEEN, *by_rule[:1], *(BY_REVIEWERS if others is not None else ()))
    known = answered or {}
    found = [known.get(item) for item in told.select(key, "attribute").iter_rows()]
    rows = (
        told.with_columns(
            *(pl.Series(name, [_entered(answer, name) for answer in found], dtype=pl.String) for name in ENTRY),
            pl.col(key).replace_strict(place, return_dtype=pl.Int64).alias("item"),
        )
        .sort("item", "attribute")
        .select(pl.col("item").cast(pl.String), pl.col(key).alias("case"), "attribute", *before, *ENTRY, *by_rule[1:])
        .with_columns(pl.all().cast(pl.String).fill_null(""))
    )
    stands = dict(rule)
    if others is not None:
        stands = {}  # whoever decides between two says why, whichever it is
    return Worksheet(phase=phase, sample=sample, rows=rows, rule=rule, stands=stands, case_of=key)


def returned(
    sheet: Worksheet, rows: pl.DataFrame, about: Mapping[str, str] | None, *, file: str, accepted: Collection[str] = ()
) -> tuple[tuple[Answer, ...], tuple[Problem, ...]]:
    """What a worksheet that came back answers, and everything that is wrong with it.

    `rows` are all text, in any order, with the sheet's own row numbers in `row`; `about` is what its first sheet says.
    A problem by the name of a rule that is `accepted`, and can be, is not one.
    """
    found = _Found(sheet, rows, file=file)
    problems = [*found.of_the_whole(about)]
    if not any(name == "wrong-sample" for name, _ in problems) and not found.lacking:
        problems += [*found.of_the_rows()]
    kept = [problem for name, problem in problems if not (name in accepted and RULES[name])]
    return tuple(found.answers), tuple(kept)


class _Found:
    """A worksheet that came back, row by row beside the one that was issued."""

    def __init__(self, sheet: Worksheet, rows: pl.DataFrame, *, file: str) -> None:
        self.sheet, self.rows, self.file = sheet, rows, file
        self.answers: list[Answer] = []
        self.lacking = [name for name in (*KEYS, *ENTRY) if name not in rows.columns]
        self.there = {(row["case"], row["attribute"]): row for row in sheet.rows.iter_rows(named=True)}

    def of_the_whole(self, about: Mapping[str, str] | None) -> Iterator[tuple[str, Problem]]:
        for name in self.lacking:
            yield self._wrong("column-missing", "is missing", "Put the column back.", column=name)
        if about is None:
            what = f"there is no sheet {ABOUT}, which says what was asked of whom"
            yield self._wrong("about-missing", what, "Return the workbook as it was issued.", sheet=ABOUT)
            return
        if about.get("Sample") != self.sheet.sample:
            yield self._wrong("wrong-sample", "is of another sample", "Return the one issued last.", sheet=ABOUT)
        elif about.get("Phase") != self.sheet.phase:
            what = f"is of another phase than the {self.sheet.phase} review"
            yield self._wrong("wrong-sample", what, "Import it as what it is.", sheet=ABOUT)
        elif about.get("Items") != self.sheet.digest:
            what = "was issued before the items or what was found of them changed"
            yield self._wrong("locked-cell", what, "Issue it again.", sheet=ABOUT)

    def of_the_rows(self) -> Iterator[tuple[str, Problem]]:
        counted, met = Counter[tuple[str, str]](), set[tuple[str, str]]()
        for row in self.rows.fill_null("").iter_rows(named=True):
            cells = {name: _trimmed(value) for name, value in row.items() if name != "row"}
            if not any(cells.values()):
                continue  # a blank line harms nobody
            at, item = row["row"], (cells["case"], cells["attribute"])
            asked = self.there.get(item)
            if asked is None:
                what = "no item of the sample is of this case and attribute"
                yield self._wrong("row-added", what, "Take the row out.", row=at, column="case")
                continue
            counted[item] += 1
            if item in met:
                what = "this case and attribute are answered in a row above"
                yield self._wrong("row-repeated", what, "Keep one of the two.", row=at, column="case")
                continue
            met.add(item)
            yield from self._of_locked(asked, cells, at)
            yield from self._of_entry(item, cells, at)
        for item, asked in self.there.items():
            if item not in met:
                what = f"item {asked['item']}, {item[1]}, has no row any more"
                yield self._wrong("row-deleted", what, "Put the row back.")

    def _of_locked(self, asked: Mapping[str, str], cells: Mapping[str, str], at: int) -> Iterator[tuple[str, Problem]]:
        for name in self.sheet.locked:
            if name in cells and name not in KEYS[1:] and cells[name] != _trimmed(asked[name]):
                what = "a locked cell was changed"
                yield self._wrong(
                    "locked-cell",
                    what,
                    "Undo it: answers go into the four columns with an orange head.",
                    row=at,
                    column=name,
                )

    def _of_entry(self, item: tuple[str, str], cells: Mapping[str, str], at: int) -> Iterator[tuple[str, Problem]]:
        """What is wrong with an answer. Where nothing is, or it can be accepted, the answer is kept."""
        written, reason = cells["outcome"], cells["reason"]
        if not written:
            if any(cells[name] for name in ENTRY):
                what, mend = "there is a reason, evidence or a day, and no outcome", "Choose one."
            else:
                what, mend = "is not answered", "Choose an outcome."
            yield self._wrong("not-answered", what, mend, row=at, column="outcome")
            return
        known = outcomes(item[1])
        outcome = next((name for name in known if _plain_name(name) == _plain_name(written)), None)
        if outcome is None:
            near = get_close_matches(_plain_name(written), [_plain_name(name) for name in known], n=1)
            suggested = next((name for name in known if near and _plain_name(name) == near[0]), None)
            mend = f"Did you mean “{suggested}”?" if suggested else f"Choose {listed(known, most=len(known))}."
            yield self._wrong("outcome-unknown", "is not an outcome of this attribute", mend, row=at, column="outcome")
            return
        if not reason and outcome != self.sheet.stands.get(item):
            stands = self.sheet.stands.get(item)
            what = f"overrules “{stands}” without a reason" if stands else "decides between two without a reason"
            mend = "Say in a sentence what it rests on."
            yield self._wrong("reason-missing", what, mend, row=at, column="reason")
            return
        day, problem = self._day(cells["reviewed"], at)
        if problem:
            yield problem
        self.answers.append(
            Answer(
                case=item[0],
                attribute=item[1],
                outcome=outcome,
                reason=reason,
                evidence=cells["evidence"],
                reviewed=day,
            )
        )

    def _day(self, text: str, at: int) -> tuple[date | None, tuple[str, Problem] | None]:
        if not text:
            return None, None
        try:
            day = datetime.fromisoformat(text).date()
        except ValueError:
            mend = "Enter it as a date: 2026-10-05."
            return None, self._wrong("date-as-text", "is text and no date", mend, row=at, column="reviewed")
        if not date(1990, 1, 1) <= day <= date(2100, 1, 1):
            mend = "Enter the day on which the file was read."
            return None, self._wrong("date-out-of-range", "is out of range", mend, row=at, column="reviewed")
        return day, None

    def _wrong(
        self, rule: str, what: str, mend: str, *, sheet: str = SHEET, row: int | None = None, column: str | None = None
    ) -> tuple[str, Problem]:
        accept = f" Or accept it: --accept {rule} ({RULES[rule]})." if RULES[rule] else ""
        where: dict[str, Any] = {"file": self.file, "sheet": sheet, "row": row, "column": column and HEADINGS[column]}
        return rule, Problem(what=what, mend=f"{mend}{accept}", **where)


HEADINGS: Final[Mapping[str, str]] = {
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


def _entered(answer: Answer | None, name: str) -> str:
    value = getattr(answer, name) if answer else None
    return str(value) if value else ""


def _trimmed(text: Any) -> str:
    return plain(str(text)) if text is not None else ""


def _plain_name(text: str) -> str:
    return text.casefold().replace("_", " ").strip()
