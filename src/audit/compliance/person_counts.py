"""The persons of a period, each once, and those that two offices or more count."""

from dataclasses import dataclass

import polars as pl

from audit.compliance.case_counts import filter_measure
from audit.compliance.record_states import AnyFrame, exclude_other_units
from audit.programs.measures import Census


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCounts:
    """Persons with an identifier among the units that a rate may count; each lies in one part of the units."""

    once: int = 0
    in_two_offices: int = 0  # or in more

    def __add__(self, other: "PersonCounts") -> "PersonCounts":
        return PersonCounts(once=self.once + other.once, in_two_offices=self.in_two_offices + other.in_two_offices)


def count_persons(states: AnyFrame, census: Census) -> PersonCounts:
    """The persons of one period; `states` is what `find_unit_states` returns. Units without an office are of one more.

    None are counted in a census without a person.
    """
    if census.person is None:
        return PersonCounts()
    leading = census.measures[0]
    persons = (
        filter_measure(exclude_other_units(states.lazy(), census), leading, leading.grace_days[0])
        .filter(pl.col("excluded").is_null(), ~pl.col("no_identifier"))
        .group_by("person")
        .agg(offices=pl.col("office").n_unique())
    )
    several = (pl.col("offices") > 1).cast(pl.Int64).sum()
    once, in_two_offices = persons.select(pl.len(), several).collect(engine="streaming").row(0)
    return PersonCounts(once=once, in_two_offices=in_two_offices)
