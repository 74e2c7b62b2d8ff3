"""Run the program in a fork for each line of arguments: say which process that is, and how it ended.

The forms of a report are left out, so that a run that is killed is killed among its files.
"""

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

from audit import cli
from audit.storage import lock
from audit.workflow import issue, monthly_report, retention, sample_report, schedule
from tests import made_up_program

LOADED = (schedule, issue, retention)  # once for all forks
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


def run(*words: str) -> None:
    """Run a verb of the program; or `hold` the lock of a folder."""
    if words[0] == "hold":
        with lock.lock_folder(Path(words[1])):
            Path(words[1], "held").touch()
            sleep(600)
    sys.argv = ["audit", *words]
    cli.main()


def die(changes: int, seconds: float) -> None:
    """Be ended by the system, as by a kill, so long after the last of so many changes to files."""
    numbers = count(1)

    def watch(event: str, given: tuple[Any, ...]) -> None:
        change = event in CHANGES or (event == "open" and bool(given[2] & os.O_WRONLY))
        if change and next(numbers) == changes:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    sys.addaudithook(watch)


if __name__ == "__main__":
    monthly_report.render_report_files = made_up_program.formatted
    sample_report.render_sample_report = made_up_program.formatted
    for line in sys.stdin:
        words, end = json.loads(line)
        if not (child := os.fork()):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if end:
                die(*end)
            try:
                run(*words)
            except SystemExit as ended:
                os._exit(int(ended.code or 0))  # at once: to take down what was loaded lasts longer than a run
        os.write(1, f"{child}\n".encode())
        os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
    os._exit(0)
