"""Verbs killed at random points: `python -m tests.fuzz.kills --kills 500`.

Each verb that writes is run once, for what it makes; then again and again on the same beginning, killed after a random
number of changes to files, and run a last time to its end. At no moment may a folder be half written, and in the end
everything is as if nothing had been killed, with nothing left over. The forms of a report are left out.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGALRM

from audit.files import CACHE_FOLDER
from audit.storage.up_to_date_reports import find_alterations
from tests import made_up_program

PROJECT = Path(__file__).parents[2]
SEED = 12_64
TIMED_FILES = {"frame.json", "sample.json"}  # that say when they were made


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One verb: what comes before it, and its words."""

    name: str
    before: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    leaves: set[str] = field(default_factory=set)  # what is there in the end beside reports


def list_scenarios(place: Path) -> list[Scenario]:
    """Every verb that writes reports, on the made-up program or on the example of the pages."""
    answers, example = str(place / "answers"), str(place / "inspections")
    made, shown = ("--data", str(place / "data")), ("--data", f"{example}/data")
    months = ("run", answers, "--since", "2020-11", "--month", "2020-12", *made)
    issue = ("issue", answers, "--by", "Director", "--on", "2021-04-01", "--month")
    steps = [(verb, example, *shown) for verb in ("scope", "plan")]
    drawn = [*steps, ("draw", example), ("assess", example, *shown), ("settle", example)]
    found = [
        ("run", (), months),
        ("packets", (), ("run", answers, "--month", "2020-11", "--packets", *made)),
        ("public", (), ("run", answers, "--month", "2020-11", "--audience", "public", *made)),
        ("overwrite", (months,), ("run", answers, "--month", "2020-12", "--packets", "--overwrite", *made)),
        ("issue", (months,), (*issue, "2020-11")),
        ("correct", (months, (*issue, "2020-11")), ("run", answers, "--month", "2020-11", "--correct", "why", *made)),
        ("purge", (months,), ("purge", answers, "--by", "Officer", "--on", "2030-01-01")),
        ("scope", (), steps[0]),
        ("draw", tuple(steps), drawn[2]),
        ("assess", tuple(drawn[:3]), drawn[3]),
        ("settle", tuple(drawn[:4]), drawn[4]),
        ("report", tuple(drawn), ("report", example, *shown)),
        ("workpapers", tuple(drawn), ("workpapers", example, "--slips", "none", *shown)),
    ]
    return [Scenario(name=name, before=tuple(before), words=words) for name, before, words in found]


class Runner:
    """The program in forks of one process that has loaded it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=PROJECT,
        )

    def run(self, words: Sequence[str], end: tuple[int, float] | None = None) -> int:
        """Run a verb, to its end or until it is killed; return its exit code."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([[*words], end]) + "\n")
        self._process.stdin.flush()
        self._process.stdout.readline()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def make_place(place: Path) -> None:
    """The programs and their tables."""
    program = made_up_program.program(place / "answers")
    text = (program / "program.toml").read_text(encoding="utf-8")
    (program / "program.toml").write_text(f"retention_days = 365\n{text}", encoding="utf-8")
    made_up_program.tables(place / "data")
    shutil.copytree(PROJECT / "docs" / "example", place / "inspections")


def read_state(reports: Path) -> dict[str, str]:
    """The digest of each file, but of what is kept for the next run."""
    state = {}
    for path in sorted(reports.rglob("*")):
        name = path.relative_to(reports)
        if path.is_file() and CACHE_FOLDER not in name.parts:
            timed = path.name in TIMED_FILES or path.name.endswith("-verified.json")
            state[str(name)] = "" if timed else hashlib.sha256(path.read_bytes()).hexdigest()
    return state


def find_faults(reports: Path) -> Iterator[str]:
    """Folders that are not what their manifest says."""
    for manifest in reports.glob("*/[!.]*/manifest.json"):
        yield from (str(problem) for problem in find_alterations(manifest.parent, mend=""))


def make_before(verbs: tuple[tuple[str, ...], ...], runner: Runner, place: Path) -> Path:
    """The reports as they are after some verbs, made once."""
    folder = place / f"before-{hashlib.sha256(repr(verbs).encode()).hexdigest()[:8]}"
    if folder.exists():
        return folder
    folder.mkdir()
    if verbs:
        shutil.copytree(make_before(verbs[:-1], runner, place), folder, dirs_exist_ok=True)
        code = runner.run((*verbs[-1], "--reports", str(folder)))
        assert code == 0, (verbs[-1], code)
    return folder


def kill_scenario(scenario: Scenario, runner: Runner, place: Path, *, kills: int, chance: random.Random) -> list[str]:
    """Kill a verb so many times; what went wrong, in words."""
    before, whole, faults = make_before(scenario.before, runner, place), place / "whole", list[str]()
    shutil.copytree(before, whole, symlinks=True)
    if code := runner.run((*scenario.words, "--reports", str(whole))):
        return [f"{scenario.name} ends with {code}"]
    expected, done, tries = read_state(whole), 0, 0
    changes = 2 * len({*expected} - {*read_state(before)}) + 12
    while done < kills and tries < 20 * kills:
        killed, tries = place / f"killed-{tries}", tries + 1
        shutil.copytree(before, killed, symlinks=True)
        words = (*scenario.words, "--reports", str(killed))
        for _ in range(chance.randint(1, 3)):
            code = runner.run(words, (chance.randint(1, changes), chance.uniform(1e-6, 2e-3)))
            if code == -SIGALRM:
                done += 1
            elif code:
                faults.append(f"{scenario.name}, try {tries}: ends with {code}")
            faults += [f"{scenario.name}, try {tries}: {one}" for one in find_faults(killed)]
        if code := runner.run(words):
            faults.append(f"{scenario.name}, try {tries}: the last run ends with {code}")
        state = read_state(killed)
        if state != expected:
            differing = sorted(name for name in {*state, *expected} if state.get(name) != expected.get(name))
            faults.append(f"{scenario.name}, try {tries}: {differing[:4]} differ")
        shutil.rmtree(killed)
    shutil.rmtree(whole)
    return faults if done >= kills else [*faults, f"{scenario.name}: killed only {done} times in {tries}"]


def run_kills(kills: int, place: Path, names: Sequence[str] = ()) -> list[str]:
    """Kill every verb, or those that are named, so many times together; what went wrong, in words."""
    make_place(place)
    os.environ["TMPDIR"] = str(place)
    scenarios = [one for one in list_scenarios(place) if not names or one.name in names]
    chance, faults, runner = random.Random(SEED), list[str](), Runner()
    try:
        for scenario in scenarios:
            faults += kill_scenario(scenario, runner, place, kills=-(-kills // len(scenarios)), chance=chance)
    finally:
        runner.close()
    return faults


def main(words: Sequence[str]) -> int:
    """Kill, and say what went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--verbs", nargs="*", default=[])
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        faults = run_kills(given.kills, Path(folder), given.verbs)
    sys.stdout.write("".join(f"{one}\n" for one in faults) or f"{given.kills} kills: nothing lost, nothing left over\n")
    return int(bool(faults))


if __name__ == "__main__":
    os.environ.setdefault("AUDIT_PSEUDONYM_KEY", made_up_program.PSEUDONYM_KEY)
    os.environ["AUDIT_QUIET"] = "1"
    sys.exit(main(sys.argv[1:]))
