"""Made-up worlds: a vocabulary, facts with blanks, rows of three child tables, and rules in every form of the language.

The rules are drawn piece by piece, so a failing one shrinks; the facts come from a seed, a batch of cases at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import strategies as st

from audit.policy.rules import (
    OUTCOMES_BY_ATTRIBUTE,
    Citation,
    DateInterval,
    Document,
    Example,
    Policy,
    Rule,
    Term,
    Version,
    build_policy,
)
from audit.policy.vocabulary import ChildSchema, Vocabulary

FIRST, DAYS = date(2011, 2, 25), 16
HOLIDAYS = (date(2011, 2, 28), date(2011, 3, 5), date(2011, 3, 9))  # the second on a Saturday
COLUMNS = {
    "id": "text",
    "person": "text",
    "decided": "date",
    "lifted": "date",
    "age": "integer",
    "share": "number",
    "status": "text",
    "claimed": "yes_no",
    "checked": "yes_no",
    "met": "date",
    "arrived": "datetime",
    "released": "datetime",
    "file": "text",
    "code": "text",  # looked at for being blank as well, so never filled in
    "code.state": "text",
}
CHILDREN = {
    "convictions": {
        "id": "text",  # its own, not the case's
        "person": "text",
        "grade": "integer",
        "amount": "number",
        "kind": "text",
        "final": "yes_no",
        "imposed": "date",
        "age": "integer",  # as the case's own column, and another thing
        "recorded": "date",
        "remark": "text",  # looked at for being blank as well
    },
    "actions": {"id": "text", "kind": "text", "grade": "integer", "taken": "datetime", "recorded": "date"},
    "letters": {"file": "text", "kind": "text", "final": "yes_no", "decided": "date", "recorded": "date"},
}
ON = {"convictions": "person", "actions": "id", "letters": "file"}
COMPLETE_WHEN = {
    "convictions": (None, "checked", "checked and file is not null"),
    "actions": (None, "file is not null", "checked or status = 'usc'"),
    "letters": (None, "age >= 1", "checked or file is not null"),
}
LOOKED_AT = {"code", "code.state", "remark"}
KINDS = {"integer": "number", "number": "number", "date": "date", "datetime": "date", "text": "text", "yes_no": "truth"}
DTYPES = {"integer": pl.Int64, "number": pl.Float64, "date": pl.Date, "datetime": pl.Datetime, "yes_no": pl.Boolean}

DATES = [FIRST + timedelta(days=n) for n in range(DAYS)]
TIMES = [datetime.combine(day, datetime.min.time()) + timedelta(minutes=m) for day in DATES for m in (0, 620, 859)]
VALUES: dict[str, Sequence[Any]] = {
    "integer": range(4),
    "number": (0, 0.25, 0.5, 1.5, 3),
    "date": DATES,
    "datetime": TIMES,
    "yes_no": (True, False),
    "text": ("usc", "lpr", "x"),
    "person": ("p1", "p2", "p3", "p4"),
    "file": ("f1", "f2"),
    "code.state": ("filled", "redacted", "uninformative", "blank"),
}

LITERALS = ("'usc'", "'lpr'", "'x'")

Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class World:
    """A policy and the words it is written in."""

    vocabulary: Vocabulary
    policy: Policy

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        tables = [f"{name}: {c.recorded}, {c.complete_when}" for name, c in self.vocabulary.children.items()]
        terms = [f"{name}: {text}" for name, text in self.vocabulary.terms.items()]
        rules = [
            f"{r.id} ({r.attribute}, {r.case_class}, dated by {r.dated_by or 'decided'}) under {v.under}, "
            f"{', '.join(map(str, v.in_force))}: when {v.when}; expects {v.expects or 'nothing'}; "
            f"{r.verdict} or {r.otherwise}"
            for r in self.policy.rules
            for v in r.versions
        ]
        return "\n".join(["", *tables, *terms, *rules])


# Text of conditions.


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who writes a piece of text: the columns and terms it may name, and the tables it may look over."""

    draw: st.DrawFn
    named: Mapping[str, Sequence[str]]  # kind → names
    looked: Sequence[str]  # columns it may look at for being blank
    children: Sequence[str] = ()
    ends: bool = True  # whether earliest and latest may be used: over no rows they are unknown for good
    clocks: bool = True  # whether working time may be: not in terms, which stand in many places, and it takes long

    def one(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def also(self, kind: str, name: str) -> "Author":
        """The same, who may name a term, and often does, because there is no other of its weight."""
        return replace(self, named={**self.named, kind: [*self.named[kind], name, name, name]})


def author(draw: st.DrawFn, columns: Mapping[str, str], *, children: Sequence[str] = (), ends: bool = True) -> Author:
    names = [name for name in columns if not name.endswith(".state")]
    named = {kind: [name for name in names if KINDS[columns[name]] == kind] for kind in KINDS.values()}
    return Author(draw=draw, named=named, looked=sorted(LOOKED_AT & {*names}), children=children, ends=ends)


def condition(by: Author, *, depth: int = 2) -> str:
    """A condition with as few brackets as its author could do with."""
    form = by.one("atom", "and", "or", "not", "atom", "brackets", "alike") if depth else "atom"
    if form == "atom":
        return atom(by)
    inner = condition(by, depth=depth - 1)
    if form in ("and", "or"):
        return f"{inner} {form} {condition(by, depth=depth - 1)}"
    if form == "alike":
        return f"({inner}) {by.one('=', '<>')} ({condition(by, depth=0)})"
    return f"not {inner}" if form == "not" else f"({inner})"


def atom(by: Author) -> str:
    forms = ("truth", "text", "number", "date", "in", "not in", "between", "not between", "blank", "null")
    form = by.one(*forms, "number", "date", "text", "clock")
    truth, text = by.one(*by.named["truth"]), by.one(*by.named["text"])
    if form == "text":
        return f"{text} {by.one('=', '<>')} {by.one(*LITERALS, *LITERALS, *by.named['text'])}"
    if form in ("number", "date"):
        write = number if form == "number" else day
        return f"{write(by)} {by.one('>=', '=', '<>', '!=', '<', '<=', '>')} {write(by)}"
    if form == "clock" and by.clocks and by.one("", "", "", "rarely"):
        return f"{clock(by)} {by.one('>', '<=', '=')} {by.one('2', '0', '48', *by.named['number'])}"
    if form in ("in", "not in"):
        words = by.one("text", "number")
        return f"{text} {form} ('usc', 'x')" if words == "text" else f"{number(by)} {form} (1, {number(by)}, 2)"
    if form in ("between", "not between"):
        write = number if by.one("number", "date") == "number" else day
        return f"{write(by)} {form} {write(by)} and {write(by)}"
    if form in ("blank", "null") and by.looked:
        looked = by.one(*by.looked)
        looks = (f"blank({looked})", f"redacted({looked})", f"uninformative({looked})")
        return by.one(*looks) if form == "blank" else f"{looked} is {by.one('null', 'not null')}"
    return by.one(truth, f"{truth} = {by.one('true', 'false')}", "true")


def clock(by: Author) -> str:
    name = by.one("working_days", "working_hours", "calendar_days", "months_between", "years_between")
    return f"{name}({day(by)}, {day(by)})"


def number(by: Author) -> str:
    form = by.one("plain", "plain", "plain", "sum", "minus", "brackets")
    if form == "sum":
        return f"{quantity(by)} {by.one('+', '-')} {quantity(by)}"
    return {"plain": "{}", "minus": "-{}", "brackets": "({})"}[form].format(quantity(by))


def quantity(by: Author) -> str:
    tallies = ("count", "count", "total") if by.children else ()
    form = by.one("column", "literal", "column", "literal", *tallies)
    if form == "column":
        return by.one(*by.named["number"])
    return by.one("1", "0", "2", "0.5") if form == "literal" else tally(by, form)


def day(by: Author) -> str:
    tallies = ("earliest", "latest") if by.children and by.ends else ()
    form = by.one("column", "column", "literal", *tallies)
    if form == "literal":
        plain = f"date '{by.one(*map(str, DATES[2:14:3]))}'"
    else:
        plain = by.one(*by.named["date"]) if form == "column" else tally(by, form)
    days, hours = ("+ interval '1' day", "- interval '2' days"), ("+ interval '48' hour", "- interval '7' hour")
    months = ("+ interval '1' month", "- interval '1' year")
    shift = by.one("", "", *days, *hours, *months)
    return f"{plain} {shift}".strip()


def tally(by: Author, kind: str) -> str:
    """Text such as `total(convictions, amount where final)`."""
    child = by.one(*by.children)
    of_row = replace(author(by.draw, COLUMNS | CHILDREN[child]), clocks=by.clocks)
    value = "" if kind == "count" else day(of_row)
    if kind == "total":
        timed = by.one("", "", "", "timed") and by.clocks
        value = clock(of_row) if timed else number(of_row)
    looks_at = child if kind == "count" else f"{child}, {value}"
    where = by.one("", "where")
    return f"{kind}({looks_at}{f' where {condition(of_row, depth=1)}' if where else ''})"


# Vocabularies and rules.


@st.composite
def worlds(draw: st.DrawFn, *, ends: bool = True, outright: bool = True) -> World:
    """A policy of two attributes. With `outright`, a rule may say that a thing cannot be told."""
    children = {
        name: ChildSchema(
            on=ON[name],
            columns=columns,
            recorded=draw(st.sampled_from([None, "recorded"])),
            complete_when=draw(st.sampled_from(COMPLETE_WHEN[name])),
        )
        for name, columns in CHILDREN.items()
    }
    by = author(draw, COLUMNS, children=tuple(CHILDREN), ends=ends)
    terms = []
    for name in draw(st.sampled_from([(), ("many",), ("many", "acted"), ("acted", "many", "begun", "grave")])):
        kind, write = {"many": ("number", number), "begun": ("date", day)}.get(name, ("truth", condition))
        terms.append(Term(name=name, means=write(replace(by, clocks=False)), citation="x"))
        by = by.also(kind, name)
    vocabulary = Vocabulary(columns=COLUMNS, children=children, holidays=HOLIDAYS)
    documents = draw(papers())
    rules = [rule(by, n, outright=outright) for n in range(draw(st.sampled_from([3, 1, 2, 4])))]
    policy = build_policy(documents, terms, rules, vocabulary=vocabulary, sha256="0")
    return World(vocabulary=replace(vocabulary, terms={term.name: term.means for term in terms}), policy=policy)


@st.composite
def papers(draw: st.DrawFn) -> list[Document]:
    """Three documents, no two in force on one day; the first lapses and returns, some began nobody knows when."""
    cuts = sorted(draw(st.sets(st.integers(1, DAYS - 2), min_size=3, max_size=3)))
    one, two, three = (DATES[cut] for cut in cuts)
    eve, late = timedelta(days=1), timedelta(days=draw(st.integers(0, 5)))
    returns = DateInterval(since=three, since_by=three + late if late else None)
    unsure = DateInterval(since=one, since_by=min(one + late, two - eve) if late else None, until=two - eve)
    spans = {
        "A": (DateInterval(until=one - eve), returns),
        "B": (unsure,),
        "C": (DateInterval(since=two, until=three - eve),),
    }
    always = draw(st.booleans())
    return [Document(id=name, title="x", issuer="x", in_force=span, source="x") for name, span in spans.items()] + [
        Document(
            id="D",
            title="x",
            issuer="x",
            in_force=(DateInterval(),) if always else (DateInterval(since=one),),
            source="x",
        )
    ]


def rule(by: Author, place: int, *, outright: bool) -> Rule:
    attribute = by.one("consistency", "consistency", "recording")
    outcomes = [name for name in OUTCOMES_BY_ATTRIBUTE[attribute] if outright or name != "undeterminable"]
    under = by.one("D", "D", "D", "ABC", "AB", "B")
    verdict, otherwise, expects = by.one(*outcomes), by.one(*outcomes), by.one("", "more")
    return Rule(
        id=f"rule {place}",
        title="x",
        attribute=attribute,
        order=place,
        case_class=by.one("first class", "second class"),
        when=condition(by),
        expects=condition(by) if expects else "",
        verdict=verdict,
        otherwise=otherwise,
        needs="what no column tells",
        severity=by.one("ordinary", "ordinary", "critical"),
        dated_by=by.one("", "", "", "lifted", "arrived"),
        versions=tuple(
            Version(
                under=paper,
                citation=Citation(section="1", quote="x"),
                when=condition(by) if n else "",
                expects=condition(by) if n and expects else "",
            )
            for n, paper in enumerate(under)
        ),
        examples=tuple(Example(it="x", case={}, expect=outcome) for outcome in (verdict, otherwise)),
    )


# Facts.


def facts(chance: Random, *, cases: int, blank: float) -> tuple[list[Facts], dict[str, list[Facts]]]:
    """So many cases and rows, each value blank with the given chance; rows of nobody's among them, and keyless ones."""
    made = [{**made_up(chance, COLUMNS, blank), "id": f"{n:03}"} for n in range(cases)]
    keys = {"id": [case["id"] for case in made], "person": VALUES["person"], "file": VALUES["file"]}
    rows = {}
    for child, columns in CHILDREN.items():
        size = chance.choice((0, len(keys[ON[child]]), 3 * len(keys[ON[child]])))
        rows[child] = [
            {**made_up(chance, columns, blank), ON[child]: chance.choice([*keys[ON[child]], "nobody's", None])}
            for _ in range(size)
        ]
    return made, rows


def made_up(chance: Random, columns: Mapping[str, str], blank: float) -> Facts:
    return {name: None if chance.random() < blank else any_value(chance, name, columns) for name in columns}


def any_value(chance: Random, name: str, columns: Mapping[str, str]) -> Any:
    return chance.choice(VALUES.get(name, VALUES[columns[name]]))


def frame(rows: Sequence[Facts], columns: Mapping[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema={name: DTYPES.get(kind, pl.String) for name, kind in columns.items()})


def frames(rows: Mapping[str, Sequence[Facts]]) -> dict[str, pl.LazyFrame]:
    return {child: frame(rows[child], columns) for child, columns in CHILDREN.items()}
