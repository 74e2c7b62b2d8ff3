"""A program's reports as they stand: one folder a period, further ones for its corrections, drafts or issued."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.store.folder import MANIFEST, recover

_NAME = re.compile(r"(?P<name>.+?)(-v(?P<version>[1-9]\d*))?")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
LEDGER, REMEMBERED = "tables/ledger.csv", "documented.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One report that stands."""

    folder: Path
    name: str  # the period, as a folder is named after it
    version: int
    inputs: Mapping[str, Any]  # of its manifest
    outputs: Mapping[str, str]

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
        return sorted({one.name for one in self._all() if _MONTH.fullmatch(one.name) and LEDGER in one.outputs})

    def standing(self, name: str, *, drafts: bool) -> Shelved | None:
        """The version that a later month goes by: the one that holds, or for a correction the latest, with `drafts`."""
        return self.last(name) if drafts else self.valid(name)

    def before(self, month: str, *, drafts: bool = False) -> Shelved | None:
        """The report whose ledger the month carries on: that of the last month before it."""
        earlier = [one for one in self.months() if one < month]
        return self.standing(earlier[-1], drafts=drafts) if earlier else None

    def place(self, name: str, version: int) -> Path:
        """The folder of a version."""
        return self.folder / (name if version == 1 else f"{name}-v{version}")

    def _all(self) -> list[Shelved]:
        if not self.folder.is_dir():
            return []
        read = [_read(path) for path in sorted(self.folder.iterdir()) if not path.name.startswith(".")]
        return [one for one in read if one]


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
    except (OSError, KeyError, TypeError, ValueError):
        return None
    if not found or "period" not in inputs:
        return None
    return Shelved(
        folder=folder,
        name=found["name"],
        version=int(found["version"] or 1),
        inputs=inputs,
        outputs=outputs,
    )
