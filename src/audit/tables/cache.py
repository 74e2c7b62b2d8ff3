"""What earlier runs read and found, kept beside the reports to be used again, and safe to delete at any time.

Each piece is a file named by the digest of all that it was made from, and by that of its own bytes: one that is damaged
is made again. It holds no more than a run has in memory: of the columns, those that are used; of persons, pseudonyms.
"""

import hashlib
import json
import os
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
from audit.files import CLOCK_LAG_SECONDS, encode_json, hash_file, hash_source_code
from audit.tables.checks.references import find_names_in_suite
from audit.tables.checks.results import FAILING_UNITS_SCHEMA, CheckResult, Checks
from audit.tables.checks.suites import Suite
from audit.tables.offices import Offices
from audit.tables.readers import cells
from audit.tables.readers.delimited import ROW_NUMBER
from audit.tables.readers.file_parts import TableFile
from audit.tables.schema import Source
from audit.tables.table import ControlTotals

_FLAWS_METADATA_KEY = "audit.flaws"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A file of a table with every cell judged."""

    file: str
    sha256: str
    rows_in: int
    rows: pl.LazyFrame  # ROW_NUMBER, the columns and their states
    flaws: pl.DataFrame  # columns FLAWS
    problems: tuple[Problem, ...] = ()  # of the file as a whole: it is not to be used


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCache:
    """The folder of what was kept, and what all of it depends on."""

    folder: Path
    key_mark: str  # of the key of the pseudonyms
    code: str = field(default_factory=hash_source_code)
    began: float = field(default_factory=time)

    def reuse_or_check_file(
        self,
        part: TableFile,
        source: Source,
        offices: Offices | None,
        used: Sequence[str],
        check_file: Callable[[], CheckedFile],
    ) -> CheckedFile:
        """A file of a table as an earlier run checked it, or as `check_file` does now; of its columns those `used`.

        Whatever `check_file` raises is raised each time: what cannot be read is not kept, nor a file that changes
        meanwhile.
        """
        stamp, sha256 = part.stamp, hash_file(part.path)
        at = {"file": part.file, "month": part.month, "given": part.path_columns, "sha256": sha256}
        name = self._make_name(at, asdict(source), asdict(offices) if offices else None, used)
        if cached_file := self._find_file(name):
            metadata = json.loads(pl.read_parquet_metadata(cached_file)[_FLAWS_METADATA_KEY])
            flaws = pl.DataFrame(metadata["flaws"], schema=cells.FLAW_SCHEMA, orient="row")
            rows = pl.scan_parquet(cached_file, glob=False)
            return CheckedFile(file=part.file, sha256=str(sha256), rows_in=metadata["rows_in"], rows=rows, flaws=flaws)
        checked_file = check_file()
        if checked_file.problems or part.stamp != stamp:
            return checked_file
        schema = checked_file.rows.collect_schema()
        rows = checked_file.rows.select(ROW_NUMBER, *(one for one in used if one in schema))
        metadata = {
            _FLAWS_METADATA_KEY: json.dumps({"rows_in": checked_file.rows_in, "flaws": checked_file.flaws.rows()})
        }
        stored_file = self._write_file(name, lambda path: rows.sink_parquet(path, compression="lz4", metadata=metadata))
        return replace(checked_file, rows=pl.scan_parquet(stored_file, glob=False) if stored_file else rows)

    def reuse_or_run_checks(
        self,
        suites: Mapping[str, Suite],
        totals: Sequence[ControlTotals],
        inputs: Mapping[str, Any],
        check: Callable[[Mapping[str, Suite]], Checks],
    ) -> Checks:
        """What the checks of every suite find: as an earlier run found it of the same files, `given` the same."""
        names = {}
        for name, suite in suites.items():
            tables = {name, *find_names_in_suite([one.table for one in totals], suite)}  # it may refer to others
            names[name] = self._make_name(
                asdict(replace(suite, lines=())), inputs, [asdict(one) for one in totals if one.table in tables]
            )
        payloads = {name: path.read_bytes() for name in suites if (path := self._find_file(names[name]))}
        new = {name: suite for name, suite in suites.items() if name not in payloads}
        new_results = check(new) if new else Checks(results=(), failing=pl.DataFrame(schema=FAILING_UNITS_SCHEMA))
        for name in new:
            results = [asdict(one) for one in new_results.results if one.table == name]
            payloads[name] = encode_json({"results": results, "failing": new_results.failing.filter(table=name).rows()})
            self._write_file(names[name], partial(Path.write_bytes, data=payloads[name]))
        records = [json.loads(payloads[name]) for name in suites]
        return Checks(
            results=tuple(CheckResult(**result) for one in records for result in one["results"]),
            failing=pl.DataFrame(
                [row for one in records for row in one["failing"]], schema=FAILING_UNITS_SCHEMA, orient="row"
            ),
        )

    def delete_unused_files(self) -> None:
        """Delete what this run did not use."""
        for path in self.folder.glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime < self.began - CLOCK_LAG_SECONDS:
                    path.unlink()

    def _make_name(self, *facts: Any) -> str:
        whole = {"code": self.code, "polars": version("polars"), "key": self.key_mark, "facts": facts}
        return hashlib.sha256(encode_json(whole)).hexdigest()[:32]

    def _find_file(self, name: str) -> Path | None:
        """The file kept under a name; one that is not as it was written is deleted."""
        for path in sorted(self.folder.glob(f"{name}-*")):
            with suppress(OSError):  # another run deletes it
                if path.name == f"{name}-{hash_file(path)}":
                    path.touch()
                    return path
                path.unlink()
        return None

    def _write_file(self, name: str, write: Callable[[Path], Any]) -> Path | None:
        """The file that is written under a name; None where it cannot be: nothing depends on it."""
        new = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(new)
            return new.replace(self.folder / f"{name}-{hash_file(new)}")
        except (OSError, pl.exceptions.ComputeError):  # no room for it
            with suppress(OSError):
                new.unlink()
            return None
