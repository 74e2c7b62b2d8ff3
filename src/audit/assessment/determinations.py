"""What the rules, and people after them, determined of cases: a row a case and attribute, which shows itself."""

from dataclasses import dataclass

import polars as pl

from audit.display import Display, Displayable, display_table, join_displays


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Determinations(Displayable):
    """The outcome of every case under every attribute, with the rule that decided it, its citation and its evidence."""

    table: pl.DataFrame  # the key, attribute, outcome, class, rule, version, section, severity, needed, evidence, …
    key: str  # name of the key column

    def count_outcomes(self) -> pl.DataFrame:
        """How many cases have each outcome: attribute, outcome, cases."""
        outcome = "settled" if "settled" in self.table.columns else "outcome"
        counts = self.table.group_by("attribute", pl.col(outcome).alias("outcome")).agg(cases=pl.len())
        return counts.sort("attribute", "cases", "outcome", descending=[False, True, False])

    def display(self) -> Display:
        """The counts of outcomes, then the first determinations."""
        names = ("attribute", "outcome", "settled", "class", "rule", "section", "needed")
        first = self.table.select(self.key, *(name for name in names if name in self.table.columns))
        return join_displays(
            display_table(self.count_outcomes(), title="Outcomes", rows=40),
            display_table(first, title="Determinations"),
        )
