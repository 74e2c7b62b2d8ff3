"""The recipes: kinds of person, offences and courses of action, as tables beside this module, and the draw of one."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

OFFICES_FILE = Path(__file__).parents[1] / "offices.csv"
YES_NO_COLUMNS = (
    "immigration_record",
    "criminal_history_checked",
    "national_security",
    "gang_member",
    "warrant",
    "admitted",
)


def read_person_kinds() -> pl.DataFrame:
    """One row a kind of person: the facts they share, what offices do, and how many cases of the audit they make.

    `words` names what of the report the kind is an instance of, and `group` the row of `cells.csv`. Of the audited
    cases, `acted` met an action, `idle` a documented absence of one, `missing` neither action nor complete
    documentation. `year` is the kind's weight among the year's persons, and `acts` the share of matches at which an
    office acts, where these are not those of the audited cases.
    """
    return _read_table("kinds").with_columns(pl.col(name) == "Yes" for name in YES_NO_COLUMNS)


def read_cells() -> pl.DataFrame:
    """One row a cell of the report: the group and conduct that make it, its number of cases, and its words."""
    return _read_table("cells")


def read_offences() -> pl.DataFrame:
    """One row an offence a conviction can be for, by class; `imposed_low` to `imposed_high` days are imposed."""
    return _read_table("offences").drop("words").with_columns(aggravated_felony=pl.col("aggravated_felony") == "Yes")


def read_courses() -> pl.DataFrame:
    """One row a course of action: its actions in order, the last one's reason, and the disposition it leaves.

    A row of the file may serve several groups; here it stands once for each, the rows of a group together.
    """
    rows = _read_table("courses").with_columns(course=pl.col("courses").str.split(" ")).explode("course")
    return rows.select("course", *(name for name in rows.columns if name not in ("course", "courses", "words"))).sort(
        "course", maintain_order=True
    )


def read_aliases() -> pl.DataFrame:
    """Every other way an office was written in the year, one row each: those whose dates are not stated."""
    table = pl.read_csv(OFFICES_FILE, infer_schema=False).filter(
        pl.col("since").is_null(), pl.col("code") != pl.col("alias")
    )
    return table.select("code", "alias", weight=pl.lit(1))


def draw_rows(rng: np.random.Generator, table: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """For each wanted value of the table's first column, one of its rows there, likely as its integer weight.

    Rows of one value must stand together. Group g's rows divide the interval from g to g + 1 by weight.
    """
    group = table.columns[0]
    order = {value: g for g, value in enumerate(table[group].unique(maintain_order=True))}
    share = pl.col("weight").cum_sum().over(group) / pl.col("weight").sum().over(group)
    ends = table.select(pl.col(group).replace_strict(order) + share).to_series().to_numpy()
    at = wanted.replace_strict(order).to_numpy() + rng.random(len(wanted))
    return table[np.searchsorted(ends, at, side="right")]


def draw_integers(
    rng: np.random.Generator, low: int | NDArray[np.int64], high: int | NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """`n` whole numbers, each from low to high inclusive."""
    return rng.integers(low, high, size=n, endpoint=True)


def make_keys(prefix: str, n: int, *, digits: int = 7, first: int = 1) -> pl.Series:
    """`n` keys in order: P0000001, P0000002, ..."""
    numbers = pl.int_range(first, first + n, eager=True).cast(pl.String).str.zfill(digits)
    return (prefix + numbers).alias("key")


def _read_table(name: str) -> pl.DataFrame:
    return pl.read_csv(Path(__file__).with_name(f"{name}.csv"))
