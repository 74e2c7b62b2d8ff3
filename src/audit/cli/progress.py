"""The steps of a command on standard error: a status line on a terminal, plain lines elsewhere, log lines if asked."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from audit.workflow.progress import LOGGER, StatusHandler, attach_handler, clear_status

if TYPE_CHECKING:
    from audit.cli.app import OutputOptions


def show_steps(options: "OutputOptions") -> AbstractContextManager[None]:
    """Show on standard error what is logged meanwhile, as the options ask."""
    return attach_handler(_make_handler(options))


def show_progress(step: str) -> None:
    """Log a step; an empty one clears the status line, before other text is written."""
    if step:
        LOGGER.info(step)
    else:
        clear_status()


def _make_handler(options: "OutputOptions") -> logging.Handler:
    if not options.verbose and not options.quiet and sys.stderr.isatty():
        return StatusHandler()
    handler = logging.StreamHandler(sys.stderr)
    if options.verbose:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        return handler
    handler.setLevel(logging.WARNING if options.quiet else logging.INFO)
    handler.setFormatter(logging.Formatter("audit: %(message)s"))
    return handler
