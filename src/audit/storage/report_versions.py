"""A program's reports as they stand: one folder a period, further ones for its corrections, drafts or issued."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.files import digest_of
from audit.storage.output_folder import MANIFEST, recover
from audit.tables.table import ControlTotals

_NAME = re.compile(r"(?P<name>.+?)(-v(?P<version>[1-9]\d*))?")
_VERSION = re.compile(r"-v[1-9]\d*$")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
LEDGER, REMEMBERED = "tables/ledger.csv", "documented.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One report that stands."""

    folder: Path
    name: str  # the period, as a folder is named after it
    version: int
    as_of: date | None  # the day on which it looked at the records
    totals: tuple[ControlTotals, ...]  # of the tables that it was made from
    inputs: Mapping[str, Any]  # of its manifest
    outputs: Mapping[str, str]

    def altered(self, file: str, *, needed: str) -> list[Problem]:
        """The problem that a file, `needed` as it was written, is another now or gone."""
        if digest_of(self.folder / file) == self.outputs.get(file):
            return []
        mend = "Restore it." if self.issued else "Restore it, or run that month again with --overwrite."
        what = f"was changed or removed since the report was written, and {needed}"
        return [Problem(what=what, mend=mend, file=str(self.folder / file))]

    @property
    def issued(self) -> bool:
        """Whether it was signed: then it is never written again."""
        return "sign_off" in self.inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folder of a program's reports."""

    folder: Path

    def tidy(self) -> None:
        """Put back what a killed run had set aside. Only the run that is alone here may."""
        for left in sorted(self.folder.glob(".*.old")):
            recover(self.folder / left.name.removeprefix(".").removesuffix(".old"))

    def versions(self, name: str) -> list[Shelved]:
        """Every version of a period's report, the first first."""
        return sorted((one for one in self._all() if one.name == name), key=lambda one: one.version)

    def last(self, name: str) -> Shelved | None:
        """The latest version of a period's report, draft or issued."""
        found = self.versions(name)
        return found[-1] if found else None

    def valid(self, name: str) -> Shelved | None:
        """The version that holds: the latest that was issued, or else the draft."""
        found = self.versions(name)
        return next((one for one in reversed(found) if one.issued), found[0] if found else None)

    def months(self) -> list[str]:
        """Every month that has a report with a ledger."""
        books = {LEDGER, REMEMBERED}
        return sorted({one.name for one in self._all() if is_month(one.name) and books <= one.outputs.keys()})

    def before(self, month: str, *, drafts: bool = False) -> list[Shelved]:
        """The reports of the months before one that have a ledger, the last of which it carries on.

        Each is of the version that holds, or for a correction the latest, with `drafts`. AuditError (CONFLICT) where a
        folder is named as such a month, and its manifest cannot be read: what it holds would be left out.
        """
        problems = [
            Problem(
                what=f"holds no {MANIFEST} of this program that can be read",
                mend="Restore it; or move the folder away, and run that month again.",
                file=str(path),
            )
            for path in self._folders()
            if path.is_dir() and _read(path) is None and is_month(name := _VERSION.sub("", path.name)) and name < month
        ]
        if problems:
            raise AuditError(problems, code=ExitCode.CONFLICT)
        earlier = [self.last(one) if drafts else self.valid(one) for one in self.months() if one < month]
        return [one for one in earlier if one]

    def place(self, name: str, version: int) -> Path:
        """The folder of a version."""
        return self.folder / (name if version == 1 else f"{name}-v{version}")

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in sorted(self.folder.iterdir()) if not path.name.startswith(".")]

    def _all(self) -> list[Shelved]:
        return [one for path in self._folders() if (one := _read(path))]


def is_month(period: str) -> bool:
    """Whether a period is one month: only then there is a ledger."""
    return _MONTH.fullmatch(period) is not None


def signed(folder: Path) -> bool:
    """Whether a folder holds a report that was issued."""
    found = _read(folder)
    return found is not None and found.issued


def _read(folder: Path) -> Shelved | None:
    """A folder as a report; None where it is none of this program's."""
    found = _NAME.fullmatch(folder.name)
    try:
        read = json.loads((folder / MANIFEST).read_bytes())
        inputs, outputs = dict(read["inputs"]), dict(read["outputs"])
        as_of = date.fromisoformat(inputs["as_of"]) if inputs["as_of"] != "None" else None
        totals = tuple(ControlTotals(**total) for total in inputs["tables"])
    except (OSError, KeyError, TypeError, ValueError):
        return None
    if not found or "period" not in inputs:
        return None
    return Shelved(
        folder=folder,
        name=found["name"],
        version=int(found["version"] or 1),
        as_of=as_of,
        totals=totals,
        inputs=inputs,
        outputs=outputs,
    )
