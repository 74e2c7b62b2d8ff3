"""The verbs of an audit at a prompt: each reads what the last one wrote, and writes its own."""

import sys
import traceback
from pathlib import Path

from cyclopts import CycloptsError

from audit.cli import audit, month, tables
from audit.cli.app import app, tell
from audit.error import AuditError, ExitCode

VERBS = (tables, audit, month)  # each joined its verbs to the app as it was imported


def main() -> None:
    """The command line: every failure is a clear message and an exit code, never a traceback."""
    try:
        code = app(sys.argv[1:], exit_on_error=False)
    except CycloptsError:
        code = ExitCode.USAGE  # cyclopts has said why
    except AuditError as error:
        tell("")
        sys.stderr.write("".join(f"audit: {problem}\n" for problem in error.problems))
        code = error.code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        # The places, and not the message: that may hold a cell of somebody's table.
        places = "".join(traceback.format_tb(error.__traceback__))
        Path("audit-defect.log").write_text(f"{places}{type(error).__name__}\n", encoding="utf-8")
        sys.stderr.write("audit: this is a defect of the program, not of your data. Report it with audit-defect.log.\n")
        code = ExitCode.CRASH
    sys.exit(code)
