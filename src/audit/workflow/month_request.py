"""What a person asks for when a monthly report is to be written."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem
from audit.programs.declaration import Program
from audit.reporting.record import Audience
from audit.storage.ledgers import DecisionFiles
from audit.storage.report_versions import ReportVersions, is_month
from audit.storage.sample_audit_folder import name_period_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRequest:
    """Which report to write, for whom, and what to do about the one that is there.

    A folder that the same inputs made already is left as it is; one that anything else made is replaced only with
    `overwrite`, and one that was issued never: with a reason to `correct` it, its next version is written beside it,
    and with `only_changes` not even that where no figure and no item of the ledger would come out otherwise.

    AuditError (USAGE) for packets that are for the public.
    """

    reports: Path  # the folder of all reports, in which each program has its own
    month: str | None = None  # 2011-09, or several as 2015-12/2018-06; the whole table where absent
    as_of: date | None = None  # the day on which the records are looked at; as declared where absent
    audience: Audience = "office"  # what is for the public has a folder of its own, and no list, person or ledger
    packets: bool = False  # a folder for every office too, with what concerns that office alone
    overwrite: bool = False
    correct: str = ""
    only_changes: bool = False
    decisions: DecisionFiles = field(default_factory=DecisionFiles)

    def __post_init__(self) -> None:
        if self.packets and self.audience == "public":
            problem = Problem(what="packets concern persons and are not for the public", mend="Leave out --packets.")
            raise AuditError(problem, code=ExitCode.USAGE)

    @property
    def period(self) -> str:
        """The period that is named, or "all"."""
        return self.month or "all"

    @property
    def folder_name(self) -> str:
        """What the folder of the report is named after."""
        return name_report_folder(self.period, self.audience)

    @property
    def has_ledger(self) -> bool:
        """Whether it is the report of one month for the offices, which carries on the ledger of the last."""
        return is_month(self.period) and self.as_of is not None and self.audience == "office"

    def locate_reports(self, program: Program) -> ReportVersions:
        """The folder of the program's reports."""
        return ReportVersions(folder=self.reports / program.name)


def name_report_folder(period: str, audience: Audience) -> str:
    """What the folder of a period's report is named after."""
    return name_period_folder(period) + ("-public" if audience == "public" else "")
