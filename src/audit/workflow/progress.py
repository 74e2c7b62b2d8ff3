"""The steps of a long call, as they begin: in the log `audit`, and on the screen where somebody looks at it."""

import logging
import sys
from contextlib import ExitStack
from types import TracebackType

LOGGER = logging.getLogger("audit")
LOGGER.addHandler(logging.NullHandler())


class StepProgress:
    """Call it with each step; inside `with`, the step stands on the screen until the next one begins.

    On a terminal and in Jupyter a spinner shows that work goes on; elsewhere nothing is written but the log.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._status: object = None
        self._depth = 0

    def __call__(self, step: str) -> None:
        """Log a step, and show it."""
        LOGGER.info(step)
        if self._depth and self._status is None and _is_watched():
            from rich.console import Console
            from rich.status import Status

            self._status = self._stack.enter_context(Status(step, console=Console(stderr=True)))
        elif self._status is not None:
            self._status.update(step)  # type: ignore[attr-defined]

    def __enter__(self) -> "StepProgress":
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if not self._depth:
            self._status = None
            self._stack.close()


def _is_watched() -> bool:
    """Whether standard error is a terminal, or the code runs in a notebook's kernel."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules
