"""What earlier runs read and found, kept beside the reports to be used again, and safe to delete at any time.

Each piece is a file named by the digest of all that it was made from, and by that of its own bytes: one that is damaged
is made again. It holds no more than a run has in memory: of the columns, those that are used; of persons, pseudonyms.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import time
from typing import Any

import polars as pl

from audit.errors import Problem
from audit.files import as_json, code, digest_of
from audit.tables.checks.suites import FAILING, CheckResult, Reliability, Suite
from audit.tables.offices import Offices
from audit.tables.readers import cells
from audit.tables.readers.delimited import ROW
from audit.tables.readers.file_parts import Part
from audit.tables.schema import Source
from audit.tables.table import ControlTotals

FOLDER = ".read"
_FLAWS = "audit.flaws"
_LAG = 2  # seconds by which the clock of a file system may be behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A file of a table with every cell judged."""

    file: str
    sha256: str
    rows_in: int
    rows: pl.LazyFrame  # ROW, the columns and their states
    flaws: pl.DataFrame  # columns FLAWS
    problems: tuple[Problem, ...] = ()  # of the file as a whole: it is not to be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The folder of what was kept, and what all of it depends on."""

    folder: Path
    key_mark: str  # of the key of the pseudonyms
    code: str = field(default_factory=code)
    began: float = field(default_factory=time)

    def part(
        self, part: Part, source: Source, offices: Offices | None, used: Sequence[str], judge: Callable[[], Judged]
    ) -> Judged:
        """A file of a table as an earlier run judged it, or as `judge` does now; of its columns those that are `used`.

        Whatever `judge` raises is raised each time: what cannot be read is not kept, nor a file that changes meanwhile.
        """
        stamp, sha256 = part.stamp, digest_of(part.path)
        at = {"file": part.file, "month": part.month, "given": part.given, "sha256": sha256}
        name = self._name(at, asdict(source), asdict(offices) if offices else None, used)
        if found := self._found(name):
            told = json.loads(pl.read_parquet_metadata(found)[_FLAWS])
            flaws = pl.DataFrame(told["flaws"], schema=cells.FLAWS, orient="row")
            rows = pl.scan_parquet(found, glob=False)
            return Judged(file=part.file, sha256=str(sha256), rows_in=told["rows_in"], rows=rows, flaws=flaws)
        made = judge()
        if made.problems or part.stamp != stamp:
            return made
        there = made.rows.collect_schema()
        rows = made.rows.select(ROW, *(one for one in used if one in there))
        told = {_FLAWS: json.dumps({"rows_in": made.rows_in, "flaws": made.flaws.rows()})}
        kept = self._keep(name, lambda path: rows.sink_parquet(path, compression="lz4", metadata=told))
        return replace(made, rows=pl.scan_parquet(kept, glob=False) if kept else rows)

    def checked(
        self,
        suites: Mapping[str, Suite],
        totals: Sequence[ControlTotals],
        given: Mapping[str, Any],
        check: Callable[[Mapping[str, Suite]], Reliability],
    ) -> Reliability:
        """What the checks of every suite find: as an earlier run found it of the same files, `given` the same."""
        names = {}
        for name, suite in suites.items():
            words = {name, *re.findall(r"\w+", repr(suite))}  # a suite may refer to other tables
            names[name] = self._name(asdict(suite), given, [asdict(one) for one in totals if one.table in words])
        kept = {name: path.read_bytes() for name in suites if (path := self._found(names[name]))}
        new = {name: suite for name, suite in suites.items() if name not in kept}
        made = check(new) if new else Reliability(results=(), failing=pl.DataFrame(schema=FAILING))
        for name in new:
            results = [asdict(one) for one in made.results if one.table == name]
            kept[name] = as_json({"results": results, "failing": made.failing.filter(table=name).rows()})
            self._keep(names[name], partial(Path.write_bytes, data=kept[name]))
        told = [json.loads(kept[name]) for name in suites]
        return Reliability(
            results=tuple(CheckResult(**result) for one in told for result in one["results"]),
            failing=pl.DataFrame([row for one in told for row in one["failing"]], schema=FAILING, orient="row"),
        )

    def prune(self) -> None:
        """Delete what this run did not use."""
        for path in self.folder.glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime < self.began - _LAG:
                    path.unlink()

    def _name(self, *facts: Any) -> str:
        whole = {"code": self.code, "polars": version("polars"), "key": self.key_mark, "facts": facts}
        return hashlib.sha256(as_json(whole)).hexdigest()[:32]

    def _found(self, name: str) -> Path | None:
        """The file kept under a name; one that is not as it was written is deleted."""
        for path in sorted(self.folder.glob(f"{name}-*")):
            with suppress(OSError):  # another run deletes it
                if path.name == f"{name}-{digest_of(path)}":
                    path.touch()
                    return path
                path.unlink()
        return None

    def _keep(self, name: str, write: Callable[[Path], Any]) -> Path | None:
        """The file that is written under a name; None where it cannot be: nothing depends on it."""
        new = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(new)
            return new.replace(self.folder / f"{name}-{digest_of(new)}")
        except (OSError, pl.exceptions.ComputeError):  # no room for it
            with suppress(OSError):
                new.unlink()
            return None
