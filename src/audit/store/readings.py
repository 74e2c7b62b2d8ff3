"""What earlier runs read and found, kept beside the reports to be used again, and safe to delete at any time.

Each piece is a file named by the digest of all that it was made from, and by that of its own bytes: one that is damaged
is made again. It holds no more than a run has in memory: of the columns, those that are used; of persons, pseudonyms.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from time import time
from typing import Any

import polars as pl

from audit.error import Problem
from audit.reliability import FAILING, CheckResult, Reliability, Suite
from audit.source import Offices, Source
from audit.store import cells
from audit.store.delimited import ROW
from audit.store.folder import as_json, code, digest_of, write
from audit.store.parts import Part

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
    words: Collection[str] | None = None  # of columns no others are used; all are where it is None
    code: str = field(default_factory=code)
    began: float = field(default_factory=time)

    def part(self, part: Part, source: Source, offices: Offices | None, judge: Callable[[], Judged]) -> Judged:
        """A file of a table as an earlier run judged it, or as `judge` does now.

        Whatever `judge` raises is raised each time: what cannot be read is not kept.
        """
        sha256, names = digest_of(part.path), self.used(source)
        at = {"file": part.file, "month": part.month, "given": part.given, "sha256": sha256}
        name = self._name(at, asdict(source), asdict(offices) if offices else None, names)
        if (found := self._found(name)) is not None:
            told = json.loads(pl.read_parquet_metadata(BytesIO(found))[_FLAWS])
            flaws = pl.DataFrame(told["flaws"], schema=cells.FLAWS, orient="row")
            rows = pl.read_parquet(BytesIO(found)).lazy()
            return Judged(file=part.file, sha256=str(sha256), rows_in=told["rows_in"], rows=rows, flaws=flaws)
        made = judge()
        if made.problems:
            return made
        there = made.rows.collect_schema()
        used = made.rows.select(ROW, *(one for one in names if one in there)).collect()
        out, told = BytesIO(), {"rows_in": made.rows_in, "flaws": made.flaws.rows()}
        used.write_parquet(out, compression="zstd", statistics=False, metadata={_FLAWS: json.dumps(told)})
        self._keep(name, out.getvalue())
        return replace(made, rows=used.lazy())

    def used(self, source: Source) -> list[str]:
        """The columns of a table that are used, each with its state."""
        words = source.columns if self.words is None else {*self.words, *source.key}
        names = [name for name in source.columns if name in words]
        return [marked for name in names or source.columns for marked in (name, f"{name}.state")]

    def checked(
        self,
        suites: Mapping[str, Suite],
        facts: Mapping[str, Any],
        check: Callable[[Mapping[str, Suite]], Reliability],
    ) -> Reliability:
        """What the checks of every suite find: as an earlier run found it where that had the same `facts`."""
        names = {name: self._name(asdict(suite), facts[name]) for name, suite in suites.items()}
        kept = {name: content for name in suites if (content := self._found(names[name])) is not None}
        new = {name: suite for name, suite in suites.items() if name not in kept}
        made = check(new) if new else Reliability(results=(), failing=pl.DataFrame(schema=FAILING))
        for name in new:
            results = [asdict(one) for one in made.results if one.table == name]
            kept[name] = as_json({"results": results, "failing": made.failing.filter(table=name).rows()})
            self._keep(names[name], kept[name])
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

    def _found(self, name: str) -> bytes | None:
        """The bytes kept under a name; a file that is not as it was written is deleted."""
        for path in sorted(self.folder.glob(f"{name}-*")):
            with suppress(OSError):  # another run deletes it
                content = path.read_bytes()
                if path.name == f"{name}-{_digest(content)}":
                    path.touch()
                    return content
                path.unlink()
        return None

    def _keep(self, name: str, content: bytes) -> None:
        with suppress(OSError):  # no room for it, or another run keeps the same: nothing depends on it
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(self.folder / f"{name}-{_digest(content)}", content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
