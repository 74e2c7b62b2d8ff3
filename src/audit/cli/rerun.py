"""A run that was done before and has nothing to write: answered at once, from the record of what it read and said."""

import hmac
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from audit import programs
from audit.cli.app import Options, print_facts, show_progress
from audit.storage.lock import lock_folder
from audit.storage.run_record import find_run_records, write_run_record

if TYPE_CHECKING:
    from audit.workflow.month_request import MonthRequest
    from audit.workflow.program_data import ProgramData
    from audit.workflow.publication import PublishedReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run says when it has ended."""

    facts: Mapping[str, Any]
    remarks: Sequence[str] = ()  # lines on standard error

    def print(self, options: Options) -> int:
        """Print it."""
        show_progress("")
        sys.stderr.write("".join(f"audit: {line}\n" for line in self.remarks))
        return print_facts(self.facts, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A run as it is asked for, and whether an earlier one was asked for the same."""

    program: str
    options: Options
    asked: Mapping[str, Any]  # everything else that the command line says
    began: float = field(default_factory=time)

    @property
    def request(self) -> dict[str, Any]:
        """All that its result depends on and no file says: what is asked for, of which places, by which key."""
        key = os.environ.get("AUDIT_PSEUDONYM_KEY", "").encode()
        data = self.options.data
        return {
            **self.asked,
            **{name: str(value) for name, value in asdict(self.options).items() if name not in ("quiet", "verbose")},
            "program": str(programs.find_program_folder(self.program).resolve()),
            "folder": str(Path().resolve()),
            "data": data and (data if "://" in data else str(Path(data).resolve())),
            "key": hmac.digest(key, b"which key", "sha256").hex()[:8],
        }

    def repeat_answer(self) -> int | None:
        """Answer as the earlier run would now, and return its exit code; None where anything may be different.

        AuditError (CONFLICT) where another run is at work on these reports.
        """
        for folder, record in find_run_records(self.options.reports, self.request):
            with lock_folder(folder):
                if record.holds():
                    return Answer(**record.answer).print(self.options)
        return None

    def keep_answer(
        self, work: "ProgramData", request: "MonthRequest", published: "Sequence[PublishedReport]", answer: Answer
    ) -> None:
        """Keep what was read, and the answer of a run that has nothing to write, for the next of the same."""
        from audit.workflow.run_inputs import build_run_record

        reports = request.locate_reports(work.program).folder
        record = build_run_record(
            work,
            published,
            program=self.program,
            data=self.options.data,
            expectations=self.options.expectations,
            reports=reports,
            decisions=request.decisions,
            began=self.began,
            answer=asdict(answer),
        )
        if record:
            write_run_record(reports, self.request, record)


def leave_unchanged(published: "Sequence[PublishedReport]") -> "list[PublishedReport]":
    """The same reports, as a run finds them that has nothing to write."""
    return [replace(report, changed=False, dropped=()) for report in published]
