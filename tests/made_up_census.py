"""A made-up census of matches, their encounters and dispositions, for the tests of linking and counting."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from audit.compliance.unit_states import find_unit_states
from audit.programs.measures import Census, Exclusion, Measure, RequiredRecord
from audit.tables.linkage import Link, link_records

OFFICES = {"A": "Alpha", "B": "Beta", "C": "Gamma"}

MATCHES = {"match": pl.String, "person": pl.String, "office": pl.String, "day": pl.Date, "kind": pl.String}
ENCOUNTERS = {"encounter": pl.String, "person": pl.String, "held": pl.Date, "encounter_entered": pl.Date}
DISPOSITIONS = {
    "disposition": pl.String,
    "encounter": pl.String,
    "code": pl.String,
    "disposition_entered": pl.Date,
    "code.state": pl.String,
}

ENCOUNTER = Link(
    table="encounters",
    on="person",
    date="held",
    key="encounter",
    columns=("held", "encounter_entered"),
    entered="encounter_entered",
    days_after=60,
)
DISPOSITION = Link(
    table="dispositions",
    on="encounter",
    key="disposition",
    columns=("code", "disposition_entered"),
    entered="disposition_entered",
)
DOCUMENTED = Measure(
    id="documentation",
    title="Encounter and disposition recorded",
    authority="A directive, section 1",
    grace_days=(0, 5, 30),
    needs=(
        RequiredRecord(field="encounter", label="encounter", entered="encounter_entered"),
        RequiredRecord(field="code", label="disposition", entered="disposition_entered"),
    ),
    guidance={"encounter": "Enter the encounter.", "disposition": "Complete the disposition."},
)
CENSUS = Census(
    table="matches",
    unit="match",
    office="office",
    date="day",
    person="person",
    links=(ENCOUNTER, DISPOSITION),
    exclusions=(
        Exclusion(reason="duplicate", where="kind = 'duplicate' or kind = 'both'"),
        Exclusion(reason="test", where="kind = 'test' or kind = 'both'"),
    ),
    measures=(DOCUMENTED,),
)


def match(
    key: str,
    day: str = "2011-09-10",
    *,
    person: str | None = "P1",
    office: str | None = "A",
    kind: str | None = "identity",
) -> tuple[object, ...]:
    """A row of `matches`."""
    return (key, person, office, date.fromisoformat(day), kind)


def encounter(
    key: str, held: str = "2011-09-10", *, person: str | None = "P1", entered: str | None = "2011-09-10"
) -> tuple[object, ...]:
    """A row of `encounters`."""
    return (key, person, date.fromisoformat(held), entered and date.fromisoformat(entered))


def disposition(
    key: str, of: str, code: str | None = "NTA", *, entered: str | None = "2011-09-10"
) -> tuple[object, ...]:
    """A row of `dispositions`, with the state that its code has."""
    state = {None: "blank", "(b)(3)": "redacted", "OTHER": "uninformative"}.get(code, "filled")
    value = None if state == "redacted" else code
    return (key, of, value, entered and date.fromisoformat(entered), state)


def tables(
    encounters: Iterable[tuple[object, ...]] = (), dispositions: Iterable[tuple[object, ...]] = ()
) -> dict[str, pl.LazyFrame]:
    """The linked tables."""
    return {
        "encounters": pl.LazyFrame(list(encounters), schema=ENCOUNTERS, orient="row"),
        "dispositions": pl.LazyFrame(list(dispositions), schema=DISPOSITIONS, orient="row"),
    }


def matches(rows: Iterable[tuple[object, ...]]) -> pl.LazyFrame:
    """The table that is counted."""
    return pl.LazyFrame(list(rows), schema=MATCHES, orient="row")


def states(
    rows: Iterable[tuple[object, ...]],
    encounters: Iterable[tuple[object, ...]] = (),
    dispositions: Iterable[tuple[object, ...]] = (),
    *,
    as_of: date = date(2011, 10, 31),
    census: Census = CENSUS,
) -> pl.DataFrame:
    """The state of every match, from the rows of the three tables."""
    linked = link_records(
        matches(rows),
        tables(encounters, dispositions),
        census.links,
        unit=census.unit,
        date=census.date,
        as_of=as_of,
    )
    return find_unit_states(linked, census, as_of=as_of).sort("measure", "grace_days", "unit").collect()
