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
from audit.formatting import format_list, make_plain_text
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, UNDECIDED_OUTCOMES
from audit.review.journal import Phase, ReviewAnswer
from audit.review.worksheet_columns import (
    ABOUT_SHEET,
    CASE_COLUMNS,
    ENTRY_COLUMNS,
    KEY_COLUMNS,
    REVIEW_SHEET,
    REVIEWER_COLUMNS,
    RULE_COLUMNS,
    WORKSHEET_HEADINGS,
)

# What can be wrong with a worksheet that came back. With a text it can be accepted by name, and that is what then
# happens; with none it has to be corrected.
WORKSHEET_RULES: Final[Mapping[str, str]] = {
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
    rows: pl.DataFrame  # all text: KEY_COLUMNS, CASE_COLUMNS, what else is shown, and ENTRY_COLUMNS
    rule: Mapping[tuple[str, str], str]  # the outcome by rule of each case and attribute, shown or not
    default_outcomes: Mapping[tuple[str, str], str]  # the outcome from which another is a departure, and needs a reason
    case_of: str  # the column that holds a case's key, in the tables

    @property
    def locked(self) -> tuple[str, ...]:
        """The columns that nobody writes into."""
        return tuple(name for name in self.rows.columns if name not in ENTRY_COLUMNS)

    @property
    def digest(self) -> str:
        """SHA-256 of the locked columns: by row, its cells with a tab between and a line end after."""
        lines = (
            "\t".join(map(make_plain_text, row)) for row in self.rows.select(self.locked).fill_null("").iter_rows()
        )
        return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def list_allowed_outcomes(attribute: str) -> tuple[str, ...]:
    """What can be concluded of an attribute."""
    return tuple(dict.fromkeys((*OUTCOMES_BY_ATTRIBUTE[attribute], *UNDECIDED_OUTCOMES)))


def build_worksheet(
    determinations: pl.DataFrame,
    case_facts: pl.DataFrame,
    *,
    key: str,
    order: Sequence[str],
    phase: Phase,
    sample: str,
    blind: bool = False,
    answered: Mapping[tuple[str, str], ReviewAnswer] | None = None,
    others: pl.DataFrame | None = None,
) -> Worksheet:
    """The worksheet of the determinations given, in the `order` of their cases' keys.

    `case_facts` holds a row a case: its key, `dated` and `facts`. `answered` fills in what this phase has answered so
    far. Where the worksheet is `blind` it shows nothing of the outcome by rule. `others` is what both reviewers
    answered, for the one who decides between them.
    """
    rule = {
        (case, attribute): outcome
        for case, attribute, outcome in determinations.select(key, "attribute", "outcome").iter_rows()
    }
    items = determinations.rename({"outcome": "by_rule", "evidence": "looked_at"}).join(case_facts, on=key, how="left")
    if others is not None:
        items = items.join(others.select(key, "attribute", *REVIEWER_COLUMNS), on=[key, "attribute"], how="left")
    place = {case: number for number, case in enumerate(order, start=1)}
    by_rule = () if blind else RULE_COLUMNS
    before = (*CASE_COLUMNS, *by_rule[:1], *(REVIEWER_COLUMNS if others is not None else ()))
    earlier_answers = answered or {}
    item_answers = [earlier_answers.get(item) for item in items.select(key, "attribute").iter_rows()]
    rows = (
        items.with_columns(
            *(
                pl.Series(name, [_format_entry(answer, name) for answer in item_answers], dtype=pl.String)
                for name in ENTRY_COLUMNS
            ),
            pl.col(key).replace_strict(place, return_dtype=pl.Int64).alias("item"),
        )
        .sort("item", "attribute")
        .select(
            pl.col("item").cast(pl.String),
            pl.col(key).alias("case"),
            "attribute",
            *before,
            *ENTRY_COLUMNS,
            *by_rule[1:],
        )
        .with_columns(pl.all().cast(pl.String).fill_null(""))
    )
    default_outcomes = dict(rule)
    if others is not None:
        default_outcomes = {}  # whoever decides between two says why, whichever it is
    return Worksheet(phase=phase, sample=sample, rows=rows, rule=rule, default_outcomes=default_outcomes, case_of=key)


def parse_worksheet(
    sheet: Worksheet, rows: pl.DataFrame, about: Mapping[str, str] | None, *, file: str, accepted: Collection[str] = ()
) -> tuple[tuple[ReviewAnswer, ...], tuple[Problem, ...]]:
    """What a worksheet that came back answers, and everything that is wrong with it.

    `rows` are all text, in any order, with the sheet's own row numbers in `row`; `about` is what its first sheet says.
    A problem by the name of a rule that is `accepted`, and can be, is not one.
    """
    returned_sheet = _ReturnedWorksheet(sheet, rows, file=file)
    problems = [*returned_sheet.check_sheet(about)]
    if not any(name == "wrong-sample" for name, _ in problems) and not returned_sheet.lacking:
        problems += [*returned_sheet.check_rows()]
    remaining_problems = [problem for name, problem in problems if not (name in accepted and WORKSHEET_RULES[name])]
    return tuple(returned_sheet.answers), tuple(remaining_problems)


class _ReturnedWorksheet:
    """A worksheet that came back, row by row beside the one that was issued."""

    def __init__(self, sheet: Worksheet, rows: pl.DataFrame, *, file: str) -> None:
        self.sheet, self.rows, self.file = sheet, rows, file
        self.answers: list[ReviewAnswer] = []
        self.lacking = [name for name in (*KEY_COLUMNS, *ENTRY_COLUMNS) if name not in rows.columns]
        self.there = {(row["case"], row["attribute"]): row for row in sheet.rows.iter_rows(named=True)}

    def check_sheet(self, about: Mapping[str, str] | None) -> Iterator[tuple[str, Problem]]:
        for name in self.lacking:
            yield self._build_problem("column-missing", "is missing", "Put the column back.", column=name)
        if about is None:
            what = f"there is no sheet {ABOUT_SHEET}, which says what was asked of whom"
            yield self._build_problem("about-missing", what, "Return the workbook as it was issued.", sheet=ABOUT_SHEET)
            return
        if about.get("Sample") != self.sheet.sample:
            yield self._build_problem(
                "wrong-sample", "is of another sample", "Return the one issued last.", sheet=ABOUT_SHEET
            )
        elif about.get("Phase") != self.sheet.phase:
            what = f"is of another phase than the {self.sheet.phase} review"
            yield self._build_problem("wrong-sample", what, "Import it as what it is.", sheet=ABOUT_SHEET)
        elif about.get("Items") != self.sheet.digest:
            what = "was issued before the items or what was found of them changed"
            yield self._build_problem("locked-cell", what, "Issue it again.", sheet=ABOUT_SHEET)

    def check_rows(self) -> Iterator[tuple[str, Problem]]:
        counted, met = Counter[tuple[str, str]](), set[tuple[str, str]]()
        for row in self.rows.fill_null("").iter_rows(named=True):
            cells = {name: _trim_cell(value) for name, value in row.items() if name != "row"}
            if not any(cells.values()):
                continue  # a blank line harms nobody
            at, item = row["row"], (cells["case"], cells["attribute"])
            item_row = self.there.get(item)
            if item_row is None:
                what = "no item of the sample is of this case and attribute"
                yield self._build_problem("row-added", what, "Take the row out.", row=at, column="case")
                continue
            counted[item] += 1
            if item in met:
                what = "this case and attribute are answered in a row above"
                yield self._build_problem("row-repeated", what, "Keep one of the two.", row=at, column="case")
                continue
            met.add(item)
            yield from self._check_locked(item_row, cells, at)
            yield from self._check_entry(item, cells, at)
        for item, item_row in self.there.items():
            if item not in met:
                what = f"item {item_row['item']}, {item[1]}, has no row any more"
                yield self._build_problem("row-deleted", what, "Put the row back.")

    def _check_locked(
        self, item_row: Mapping[str, str], cells: Mapping[str, str], at: int
    ) -> Iterator[tuple[str, Problem]]:
        for name in self.sheet.locked:
            if name in cells and name not in KEY_COLUMNS[1:] and cells[name] != _trim_cell(item_row[name]):
                what = "a locked cell was changed"
                yield self._build_problem(
                    "locked-cell",
                    what,
                    "Undo it: answers go into the four columns with an orange head.",
                    row=at,
                    column=name,
                )

    def _check_entry(self, item: tuple[str, str], cells: Mapping[str, str], at: int) -> Iterator[tuple[str, Problem]]:
        """What is wrong with an answer. Where nothing is, or it can be accepted, the answer is kept."""
        written, reason = cells["outcome"], cells["reason"]
        if not written:
            if any(cells[name] for name in ENTRY_COLUMNS):
                what, mend = "there is a reason, evidence or a day, and no outcome", "Choose one."
            else:
                what, mend = "is not answered", "Choose an outcome."
            yield self._build_problem("not-answered", what, mend, row=at, column="outcome")
            return
        allowed_outcomes = list_allowed_outcomes(item[1])
        outcome = next((name for name in allowed_outcomes if _normalize_name(name) == _normalize_name(written)), None)
        if outcome is None:
            near = get_close_matches(
                _normalize_name(written), [_normalize_name(name) for name in allowed_outcomes], n=1
            )
            suggested = next((name for name in allowed_outcomes if near and _normalize_name(name) == near[0]), None)
            mend = (
                f"Did you mean “{suggested}”?"
                if suggested
                else f"Choose {format_list(allowed_outcomes, most=len(allowed_outcomes))}."
            )
            yield self._build_problem(
                "outcome-unknown", "is not an outcome of this attribute", mend, row=at, column="outcome"
            )
            return
        if not reason and outcome != self.sheet.default_outcomes.get(item):
            default_outcome = self.sheet.default_outcomes.get(item)
            what = (
                f"overrules “{default_outcome}” without a reason"
                if default_outcome
                else "decides between two without a reason"
            )
            mend = "Say in a sentence what it rests on."
            yield self._build_problem("reason-missing", what, mend, row=at, column="reason")
            return
        day, problem = self._parse_day(cells["reviewed"], at)
        if problem:
            yield problem
        self.answers.append(
            ReviewAnswer(
                case=item[0],
                attribute=item[1],
                outcome=outcome,
                reason=reason,
                evidence=cells["evidence"],
                reviewed=day,
            )
        )

    def _parse_day(self, text: str, at: int) -> tuple[date | None, tuple[str, Problem] | None]:
        if not text:
            return None, None
        try:
            day = datetime.fromisoformat(text).date()
        except ValueError:
            mend = "Enter it as a date: 2026-10-05."
            return None, self._build_problem("date-as-text", "is text and no date", mend, row=at, column="reviewed")
        if not date(1990, 1, 1) <= day <= date(2100, 1, 1):
            mend = "Enter the day on which the file was read."
            return None, self._build_problem("date-out-of-range", "is out of range", mend, row=at, column="reviewed")
        return day, None

    def _build_problem(
        self,
        rule: str,
        what: str,
        mend: str,
        *,
        sheet: str = REVIEW_SHEET,
        row: int | None = None,
        column: str | None = None,
    ) -> tuple[str, Problem]:
        accept = f" Or accept it: --accept {rule} ({WORKSHEET_RULES[rule]})." if WORKSHEET_RULES[rule] else ""
        where: dict[str, Any] = {
            "file": self.file,
            "sheet": sheet,
            "row": row,
            "column": column and WORKSHEET_HEADINGS[column],
        }
        return rule, Problem(what=what, mend=f"{mend}{accept}", **where)


def _format_entry(answer: ReviewAnswer | None, name: str) -> str:
    value = getattr(answer, name) if answer else None
    return str(value) if value else ""


def _trim_cell(text: Any) -> str:
    return make_plain_text(str(text)) if text is not None else ""


def _normalize_name(text: str) -> str:
    return text.casefold().replace("_", " ").strip()
