"""A made-up program of visits to a house, with two documents of its policy, for the tests that ask why and what if."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from audit.policy.rules import Citation, DateInterval, Document, Example, Rule, Term, Version, build_policy
from audit.programs.declaration import CaseDefinition, ChildTable, Program, build_vocabulary
from audit.programs.measures import Census, Measure, RequiredRecord
from audit.tables.linkage import Link
from audit.tables.schema import Column, Source

DAY = date(2011, 3, 10)
EARLIER = date(2011, 1, 5)


def _table(name: str, key: str, **columns: Column) -> Source:
    return Source(name=name, file=f"{name}.csv", key=(key,), columns={key: Column(required=True), **columns})


VISITS = _table(
    "visits",
    "visit",
    person=Column(personal=True),
    decided=Column(type="date", required=True),
    office=Column(type="office"),
)
PEOPLE = _table(
    "people",
    "person",
    status=Column(values=("guest", "member", "owner")),
    checked=Column(type="yes_no"),
    age=Column(type="integer"),
)
FILES = _table(
    "files",
    "file",
    person=Column(personal=True),
    opened=Column(type="date", required=True),
    note=Column(),
)
ACTS = _table("acts", "act", visit=Column(required=True), kind=Column(values=("search", "letter", "call")))
RECORDS = _table(
    "records",
    "record",
    person=Column(personal=True),
    outcome=Column(values=("found", "dropped")),
    days=Column(type="integer"),
    recorded=Column(type="date"),
)
PROGRAM = Program(
    name="visits",
    title="Visits",
    about="Visits to a house.",
    authority="The house rules",
    unit=("visit", "visits"),
    office="porch",
    tables={table.name: table for table in (VISITS, PEOPLE, FILES, ACTS, RECORDS)},
    census=Census(
        table="visits",
        unit="visit",
        office="office",
        date="decided",
        person="person",
        links=(Link(table="files", on="person", date="opened", key="file", columns=("opened", "note"), days_after=9),),
        measures=(
            Measure(
                id="m",
                title="File opened",
                needs=(RequiredRecord(field="opened", label="file"),),
                authority="House rule 9",
            ),
        ),
    ),
    cases=CaseDefinition(
        table="visits",
        dated_by="decided",
        office="office",
        parents={"people": "person"},
        children={
            "acts": ChildTable(on="visit", complete_when="opened is not null and not blank(note)"),
            "records": ChildTable(on="person", recorded="recorded", complete_when="checked"),
        },
    ),
)
TERMS = (
    Term(name="acted", means="count(acts where kind in ('search', 'letter')) >= 1", citation="House rule 3"),
    Term(name="grave", means="count(records where outcome = 'found' and days > 365)", citation="House rule 4"),
    Term(name="light", means="count(records where outcome = 'found' and days <= 365)", citation="House rule 4"),
    Term(name="idle_word", means="grave >= 7", citation="Nobody"),
)
OLD = Document(
    id="OLD",
    title="House rules of 2010",
    issuer="The house",
    in_force=(DateInterval(since=date(2010, 6, 30), until=date(2011, 3, 1)),),
    source="The noticeboard",
)
NEW = Document(
    id="NEW",
    title="House rules of 2011",
    issuer="The house",
    in_force=(DateInterval(since=date(2011, 3, 2)),),
    source="The noticeboard",
)
SPARE = Document(
    id="SPARE", title="A letter", issuer="x", in_force=(DateInterval(since=EARLIER),), source="memory", unverified=True
)


def rule(name: str, order: int, when: str, expects: str, versions: tuple[Version, ...], **more: Any) -> Rule:
    """A rule with an example of each verdict on each side of the day on which the documents change."""
    days = (date(2010, 1, 1), date(2011, 1, 1), date(2012, 1, 1))
    given: dict[str, Any] = {"verdict": "consistent", "attribute": "consistency", "case_class": name, **more}
    verdicts = (given["verdict"], *(["inconsistent"] if expects else []), "not_applicable")
    examples = tuple(
        Example(it=f"{verdict} on {day}", case={"decided": day}, expect=verdict) for verdict in verdicts for day in days
    )
    return Rule(
        id=name,
        title=f"Of {name}s",
        order=order,
        when=when,
        expects=expects,
        versions=versions,
        examples=examples,
        file=f"{name}.yaml",
        **given,
    )


def version(under: str, quote: str, **more: Any) -> Version:
    """A version with its citation."""
    return Version(
        under=under, citation=Citation(section="1", quote=quote, unverified=more.pop("unverified", False)), **more
    )


BOTH = (version("OLD", "as ever"), version("NEW", "as ever"))
RULES = (
    rule("owner", 1, "status = 'owner'", "not acted", BOTH, severity="critical"),
    rule(
        "felon",
        2,
        "status = 'guest' and grave >= 1",
        "acted",
        (
            version("OLD", "of the grave"),
            version("NEW", "of the grave, or the old", when="status = 'guest' and (grave >= 1 or age >= 60)"),
        ),
    ),
    rule("rascal", 3, "status = 'guest' and light >= 1", "acted", (version("OLD", "of the light", unverified=True),)),
    rule("nobody", 4, "status = 'guest'", "", BOTH, verdict="permitted"),
)
POLICY = build_policy([OLD, NEW, SPARE], TERMS, RULES, vocabulary=build_vocabulary(PROGRAM), sha256="0")

SCHEMAS = {
    "visits": {"visit": pl.String, "person": pl.String, "decided": pl.Date, "office": pl.String},
    "people": {"person": pl.String, "status": pl.String, "checked": pl.Boolean, "age": pl.Int64},
    "files": {"file": pl.String, "person": pl.String, "opened": pl.Date, "note": pl.String},
    "acts": {"act": pl.String, "visit": pl.String, "kind": pl.String},
    "records": {
        "record": pl.String,
        "person": pl.String,
        "outcome": pl.String,
        "days": pl.Int64,
        "recorded": pl.Date,
    },
}
FILED = {"file": "F1", "person": "P-1", "opened": DAY, "note": "seen"}


def tables(**rows: list[dict[str, Any]]) -> Mapping[str, pl.LazyFrame]:
    """The tables of one visit by a guest of a known record, of whom a file was kept, with other rows where given."""
    usual = {
        "visits": [{"visit": "V1", "person": "P-1", "decided": DAY, "office": "A"}],
        "people": [{"person": "P-1", "status": "guest", "checked": True, "age": 30}],
        "files": [FILED],
    }
    return {name: pl.LazyFrame({**usual, **rows}.get(name, []), schema=schema) for name, schema in SCHEMAS.items()}
