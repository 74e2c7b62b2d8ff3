"""The verbs of an audit at a prompt: each reads what the last one wrote, and writes its own."""

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict
from inspect import BoundArguments
from itertools import takewhile
from pathlib import Path
from typing import Any

from cyclopts import CycloptsError

from audit.cli.app import OutputOptions, WriteOptions, app
from audit.cli.progress import show_progress, show_steps
from audit.cli.streams import flush_output, leave_closed_pipe, prepare_streams
from audit.cli.verbs import (
    analysis,
    audit_report,
    checks,
    claims,
    discrepancies,
    issue,
    month,
    plan,
    policy,
    returns,
    review,
    sample,
    status,
    workpapers,
)
from audit.errors import AuditError, ExitCode, Problem

COMMAND_MODULES = (
    checks,
    sample,
    plan,
    workpapers,
    status,
    review,
    audit_report,
    month,
    issue,
    returns,
    discrepancies,
    analysis,
    claims,
    policy,
)  # each joined its verbs to the app as it was imported
FORBIDDEN_MODES = 0o077  # whatever a command writes may hold cases: it is for its owner alone
COMMON_FLAGS = {"--json", "--quiet", "-q", "--verbose", "-v", "--dry-run"}
NEW_OBJECTS_PER_COLLECTION = 100_000
CONFLICT_ERRORS = (FileExistsError, IsADirectoryError, NotADirectoryError)


def main() -> None:
    """The command line: every failure is a clear message and an exit code, never a traceback."""
    gc.set_threshold(NEW_OBJECTS_PER_COLLECTION)  # a command makes millions of objects and ends
    os.umask(FORBIDDEN_MODES)
    prepare_streams()
    words = _move_common_flags(sys.argv[1:])
    json = "--json" in words
    try:
        verb, bound, _ = app.parse_args(words, exit_on_error=False, print_error=not json)
        bound.apply_defaults()
        options = next((one for one in bound.arguments.values() if isinstance(one, OutputOptions)), None)
        json = options.json if options else json
        code = _run_verb(verb, bound, options)
        flush_output()
    except CycloptsError as error:
        code = ExitCode.USAGE  # without --json, cyclopts has said why
        if json:
            _report_problems([Problem(what=str(error).rstrip("."), mend="See audit --help.")], code, json=True)
    except AuditError as error:
        code = error.code
        _report_problems(error.problems, code, json=json)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = leave_closed_pipe()
    except OSError as error:
        code = ExitCode.CONFLICT if isinstance(error, CONFLICT_ERRORS) else ExitCode.UNREADABLE
        what = f"cannot be read or written: {error.strerror or 'it ended early'}"
        mend = "Name another file or folder, or make room there."
        _report_problems([Problem(what=what, mend=mend, file=error.filename or "a file")], code, json=json)
    except SystemExit:
        raise
    except BaseException as error:  # the panic of a library is no Exception
        code = ExitCode.CRASH
        problem = Problem(what="this is a defect of the program, not of your data", mend=_log_defect(error))
        _report_problems([problem], code, json=json)
    sys.exit(code)


def _move_common_flags(words: list[str]) -> list[str]:
    """The words with the flags of every verb that stand before it moved behind it: `audit --json check PROGRAM`."""
    before = list(takewhile(COMMON_FLAGS.__contains__, words))
    rest = words[len(before) :]
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *before, *rest[end:]] if rest else []


def _run_verb(verb: Callable[..., Any], bound: BoundArguments, options: OutputOptions | None) -> int:
    """Run a verb with its steps shown, or on copies alone for --dry-run; help and the like have no options."""
    if options is None:
        return int(verb(*bound.args, **bound.kwargs) or ExitCode.OK)
    with show_steps(options):
        show_progress("starting")  # what a verb needs is imported by it, which takes a second or two
        if isinstance(options, WriteOptions) and options.dry_run:
            from audit.cli.dry_run import preview_verb

            return preview_verb(verb, bound, options)
        return int(verb(*bound.args, **bound.kwargs))


def _report_problems(problems: Iterable[Problem], code: int, *, json: bool) -> None:
    """Say on standard error what is wrong, a line each; with `json`, as an object on standard output too."""
    problems = list(problems)
    sys.stderr.write("".join(f"audit: {problem}\n" for problem in problems))
    if json:
        from audit.cli.console import format_json

        listed = [{name: value for name, value in asdict(one).items() if value is not None} for one in problems]
        sys.stdout.write(format_json({"error": {"code": int(code), "problems": listed}}))


def _log_defect(error: BaseException) -> str:
    """Write down where it failed, and not the message: that may hold a cell of somebody's table."""
    places = "".join(traceback.format_tb(error.__traceback__))
    try:
        Path("audit-defect.log").write_text(f"{places}{type(error).__name__}\n", encoding="utf-8")
    except OSError:
        return "Run it again in a folder where it can write audit-defect.log, and report it with that."
    return "Report it with audit-defect.log."
