"""The steps of a command on standard error: a status line on a terminal, plain lines elsewhere, log lines if asked."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.cli.app import OutputOptions

LOGGER = logging.getLogger("audit")  # every step is one of its records, so that a server can follow a run as well


@contextmanager
def show_steps(options: "OutputOptions") -> Iterator[None]:
    """Show on standard error what is logged meanwhile, as the options ask."""
    handler, level = _make_handler(options), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        clear_status()
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)


def show_progress(step: str) -> None:
    """Log a step; an empty one clears the status line, before other text is written."""
    if step:
        LOGGER.info(step)
    else:
        clear_status()


def clear_status() -> None:
    """Clear the status line, where there is one."""
    for handler in LOGGER.handlers:
        if isinstance(handler, StatusHandler):
            handler.clear()


class StatusHandler(logging.Handler):
    """The latest step beside a spinner, on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console

        super().__init__()
        self._status = Console(stderr=True).status("")

    def emit(self, record: logging.LogRecord) -> None:
        """Show the step in place of the one before."""
        from rich.text import Text

        self._status.update(Text(f"{record.getMessage()} …"))
        self._status.start()

    def clear(self) -> None:
        """Take the line away; the next step brings it back."""
        self._status.stop()


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
