"""Damaged files by the thousand: `python -m tests.fuzz.run --inputs 20000 --commands 2000 --keep FOLDER`.

Each input must be read or refused: no crash, no end of the process, no row lost, within 20 seconds and 2 GB. Whatever
fails is told by kind and number, and its file is kept. The same numbers are the same files every time.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

SECONDS = 20  # that one input may take
MEMORY = 2_000_000  # kilobytes that a process may have at once
ADDRESSES = 12_000_000_000  # bytes, so that one input does not take the machine down
COMMANDS = "command"


def main(words: Sequence[str]) -> int:
    """Put so many inputs to every reader in turn, in processes of their own, and say what failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--commands", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "audit-fuzz")
    parser.add_argument("--kinds", nargs="*")
    given = parser.parse_args(words)
    from tests.fuzz.targets import TARGETS

    kinds = given.kinds or [*TARGETS]
    each = -(-given.inputs // len(kinds))
    failures = 0
    for kind in kinds:
        failures += _run_kind(kind, range(given.first, given.first + each), given.keep)
    if given.commands:
        failures += _run_kind(COMMANDS, range(given.first, given.first + given.commands), given.keep)
    _say(f"{failures} failed; their files are in {given.keep}" if failures else "none failed")
    return int(failures > 0)


def _run_kind(kind: str, numbers: range, keep: Path) -> int:
    """Run the inputs of a kind in one process, and in another one after each that ended it."""
    failures, ended, left = 0, Counter[str](), numbers
    while left:
        command = [sys.executable, "-m", "tests.fuzz.run", "--work", kind, str(left.start), str(left.stop), str(keep)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
        answers = [answer for number, answer in lines if number.isdigit() and answer != "begins"]
        ended.update(answer.partition(":")[0] for answer in answers)
        for number, answer in lines:
            if answer.startswith("failed"):
                failures += 1
                _say(f"{kind} {number}: {answer}")
        if done.returncode == 0:
            break
        at = int(lines[-1][0]) if lines else left.start
        failures += 1
        last = done.stderr.strip().splitlines()[-1:]
        _say(f"{kind} {at}: failed: the process ended with {done.returncode} {last}")
        _keep_input(kind, at, keep)
        left = range(at + 1, left.stop)
    _say(f"{kind}: {len(numbers):,} inputs, {dict(ended.most_common())}")
    return failures


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _keep_input(kind: str, number: int, keep: Path) -> None:
    if kind != COMMANDS:
        from tests.fuzz.targets import make_input

        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{kind}-{number}").write_bytes(make_input(kind, number))


def work(kind: str, first: int, last: int, keep: Path) -> None:
    """Put inputs to a reader, or to the command, and say of each how it ended."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if kind == COMMANDS:
        from tests.fuzz.commands import put_to_command as put
    else:
        from tests.fuzz.targets import put_to_reader

        def put(number: int, folder: Path) -> str:
            return f"exit {int(put_to_reader(kind, number, folder))}"

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            _say(f"{number} begins")
            signal.alarm(SECONDS)
            try:
                answer = put(number, Path(folder))
            except BaseException as error:
                answer = f"failed: {type(error).__name__}: {str(error)[:200]!r}"
                _keep_input(kind, number, keep)
            signal.alarm(0)
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if used > max(MEMORY, before):
                answer, before = f"failed: {used:,} kB", used
                _keep_input(kind, number, keep)
            _say(f"{number} {answer}")
    os._exit(0)  # at once


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    sys.exit(main(sys.argv[1:]))
