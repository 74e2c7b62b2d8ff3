"""The verbs of an audit at a prompt: each reads what the last one wrote, and writes its own."""

import sys
import traceback
from pathlib import Path

from cyclopts import CycloptsError

from audit.cli import checks, discrepancies, month, policy, review, sample
from audit.cli.app import app, show_progress
from audit.errors import AuditError, ExitCode, Problem

COMMAND_MODULES = (
    checks,
    sample,
    review,
    month,
    discrepancies,
    policy,
)  # each joined its verbs to the app as it was imported
CONFLICT_ERRORS = (FileExistsError, IsADirectoryError, NotADirectoryError)


def main() -> None:
    """The command line: every failure is a clear message and an exit code, never a traceback."""
    try:
        code = app(sys.argv[1:], exit_on_error=False)
    except CycloptsError:
        code = ExitCode.USAGE  # cyclopts has said why
    except AuditError as error:
        show_progress("")
        sys.stderr.write("".join(f"audit: {problem}\n" for problem in error.problems))
        code = error.code
    except KeyboardInterrupt:
        code = 130
    except OSError as error:
        show_progress("")
        what = f"cannot be read or written: {error.strerror or 'it ended early'}"
        mend = "Name another file or folder, or make room there."
        sys.stderr.write(f"audit: {Problem(what=what, mend=mend, file=error.filename or 'a file')}\n")
        code = ExitCode.CONFLICT if isinstance(error, CONFLICT_ERRORS) else ExitCode.UNREADABLE
    except Exception as error:
        sys.stderr.write(f"audit: this is a defect of the program, not of your data. {_log_defect(error)}\n")
        code = ExitCode.CRASH
    sys.exit(code)


def _log_defect(error: Exception) -> str:
    """Write down where it failed, and not the message: that may hold a cell of somebody's table."""
    places = "".join(traceback.format_tb(error.__traceback__))
    try:
        Path("audit-defect.log").write_text(f"{places}{type(error).__name__}\n", encoding="utf-8")
    except OSError:
        return "Run it again in a folder where it can write audit-defect.log, and report it with that."
    return "Report it with audit-defect.log."
