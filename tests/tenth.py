"""A tenth of the persons of the reference program's year, on which commands take a fraction of the time.

The persons of the drawn cases are among them, so that the declared seed draws the same cases from them.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from audit import programs
from audit.sampling.selection.simple_random import rank_smallest_tickets
from audit.workflow import program_data, sample_audit

NAME = "secure_communities"
FRAME_SIZE = 36_627  # cases of its frame
NAMED = ("M11-000097", "M11-000001")  # matches that examples and tests name


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """The tables of these persons, and the program, which declares the frame of these tables."""

    data: Path
    program: Path

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """The program that ships under its name is this one."""
        found: Callable[[str], Path] = programs.find_program_folder
        patch.setattr(programs, "find_program_folder", lambda name: self.program if name == NAME else found(name))


def make_tenth(year: Path, folder: Path, expectations: Path) -> None:
    """Write the tables and the program below a new folder; it is there when it is whole."""
    building = folder.with_suffix(".new")
    made = find_tenth(building)
    made.data.mkdir(parents=True)
    tables = {path.stem: pl.scan_parquet(path) for path in year.glob("*.parquet")}
    sample = program_data.read_program_by_name(NAME).sample
    assert sample
    every = tables["matches"].select(key="match_id", stratum=pl.lit(None, pl.String)).collect()
    drawn = rank_smallest_tickets(every, {None: 3 * sample.size}, seed=sample.seed)["key"]  # excluded ones among them
    owner = pl.coalesce("person_id", "match_id")  # a match without a person is its own
    needed = tables["matches"].filter(pl.col("match_id").is_in([*drawn, *NAMED])).select(owner).collect().to_series()

    def belongs(owner: pl.Expr) -> pl.Expr:
        return (owner.hash(1) % 10 == 0) | owner.is_in(needed.implode())

    matches = tables["matches"].filter(belongs(owner))
    persons = tables["persons"].filter(belongs(pl.col("person_id")))
    encounters = tables["encounters"].join(persons, on="person_id", how="semi")
    owners = {"match_id": matches, "person_id": persons, "encounter_id": encounters}
    for name, rows in tables.items():
        columns = rows.collect_schema().names()
        by = next((key for key in owners if key in columns), None)
        kept = rows.join(owners[by], on=by, how="semi") if by else rows
        kept.sink_parquet(made.data / f"{name}.parquet")
    shutil.copytree(programs.find_program_folder(NAME), made.program, ignore=shutil.ignore_patterns("__pycache__"))
    work = program_data.read_program_data(str(made.program), data=made.data, expectations=expectations)
    declared, frame = made.program / "program.toml", sample_audit.scope_frame(work)
    text = declared.read_text(encoding="utf-8").replace(sample.frame_digest, frame.digest)
    declared.write_text(text, encoding="utf-8")
    building.rename(folder)


def find_tenth(folder: Path) -> Tenth:
    """Where its tables and its program are."""
    return Tenth(data=folder / "data", program=folder / NAME)
