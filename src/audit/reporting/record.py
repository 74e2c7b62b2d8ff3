"""What the record of every report holds, whatever the report counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from typing import Literal

from audit.formatting import capitalize
from audit.programs.declaration import Program
from audit.programs.withholding import WithholdingPlan
from audit.reporting.corrections import Correction, SignOff
from audit.tables.checks.results import CheckResult
from audit.tables.table import ControlTotals

Audience = Literal["office", "public"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One of the three figures a reader should leave with."""

    value: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a report: enough to make it again."""

    software: str
    program_sha256: str
    policy_sha256: str
    inputs: tuple[ControlTotals, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecord:
    """What every report says of itself, of its tables, and of its method."""

    schema: str
    program: str
    title: str
    office_noun: str
    unit: tuple[str, str]  # one, many: ("match", "matches")
    period: str  # "2011-09", or "2015-12/2018-06" for a whole file, or "all" where there is no date
    period_words: str
    as_of: date | None
    status: str
    synthetic: str  # what of the data is made up; empty where nothing is
    headline: str
    key_figures: tuple[KeyFigure, ...]
    checks: tuple[CheckResult, ...]
    method: tuple[tuple[str, str], ...]  # heading, paragraph
    caveats: tuple[str, ...]
    provenance: Provenance
    audience: Audience = "office"

    @property
    def full_status(self) -> str:
        """The status as every page says it: Draft."""
        return capitalize(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedReport(ReportRecord):
    """A report that is issued by signature, and corrected by another version of it."""

    withholding: WithholdingPlan = field(default_factory=WithholdingPlan)  # by which a public edition withholds
    version: int = 1
    correction: Correction | None = None  # what this version corrects, if it is not the first
    sign_off: SignOff | None = None  # of an issued report

    @property
    def full_status(self) -> str:
        """The status as every page says it, and whether what was issued is signed: Issued, unsigned."""
        signed = "" if self.sign_off is None else ", signed" if self.sign_off.key else ", unsigned"
        return capitalize(self.status) + signed


def make_provenance(program: Program, inputs: Sequence[ControlTotals], *, policy_sha256: str = "") -> Provenance:
    """What makes a report of this program: this software, the program, its policy, and the tables."""
    return Provenance(
        software=f"audit {version('audit-toolkit')}",
        program_sha256=program.sha256,
        policy_sha256=policy_sha256,
        inputs=tuple(inputs),
    )
