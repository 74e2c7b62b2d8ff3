"""The steps of long work: records of the logger `audit`, silent by default, and a status line where somebody looks."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("audit")  # every step is one of its records, so that a server can follow a run as well
LOGGER.addHandler(logging.NullHandler())


class StatusHandler(logging.Handler):
    """The latest step beside a spinner, on a terminal or in a notebook."""

    def __init__(self) -> None:
        from rich.console import Console

        super().__init__()
        self._status = Console(stderr=True).status("")

    def emit(self, record: logging.LogRecord) -> None:
        """Show the step in place of the one before; a warning stays on a line of its own."""
        from rich.text import Text

        if record.levelno >= logging.WARNING:
            self._status.console.print(Text(f"audit: {record.getMessage()}"))
            return
        self._status.update(Text(f"{record.getMessage()} …"))
        self._status.start()

    def clear(self) -> None:
        """Take the line away; the next step brings it back."""
        self._status.stop()


@contextmanager
def attach_handler(handler: logging.Handler) -> Iterator[None]:
    """Give a handler the steps until the block ends."""
    level = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        clear_status()
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)


@contextmanager
def show_status() -> Iterator[None]:
    """Show the steps until the block ends, on a terminal or in Jupyter; elsewhere nothing is written but the log."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not watched or any(isinstance(handler, StatusHandler) for handler in LOGGER.handlers):
        yield
        return
    with attach_handler(StatusHandler()):
        yield


def clear_status() -> None:
    """Clear the status line, where there is one, before other text is written."""
    for handler in LOGGER.handlers:
        if isinstance(handler, StatusHandler):
            handler.clear()
