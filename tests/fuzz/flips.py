"""Bits flipped in every kind of folder: `python -m tests.fuzz.flips --flips 1000`.

A month that is signed, one that is not, a public edition, an audit report, working papers and the steps of a sample: in
each a bit of a file is flipped, and `audit verify` must say so. The same numbers are the same flips every time.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from audit.errors import AuditError
from audit.workflow.folder_verification import verify_folder
from tests import made_up_program
from tests.fuzz.kills import Runner, make_place

SEED = 12_64
OTHER_FILES = {"determinations.json", "settled.json"}  # digests of steps beside them, which no manifest has


def make_folders(place: Path) -> list[Path]:
    """Reports of every kind, as they are issued or signed."""
    make_place(place)
    answers, example, key = str(place / "answers"), str(place / "inspections"), str(place / "key")
    subprocess.run([shutil.which("ssh-keygen") or "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    made, shown = ("--data", str(place / "data")), ("--data", f"{example}/data")
    issue = ("issue", answers, "--by", "Director", "--on", "2021-04-01", "--month")
    verbs: list[tuple[str, ...]] = [
        ("run", answers, "--since", "2020-11", "--month", "2020-12", "--packets", *made),
        ("run", answers, "--month", "2020-11", "--audience", "public", *made),
        (*issue, "2020-11"),
        (*issue, "2020-12", "--key", key),
        (*issue, "2020-11", "--audience", "public", "--key", key),
        *((verb, example, *shown) for verb in ("scope", "plan")),
        ("draw", example),
        ("assess", example, *shown),
        ("settle", example),
        ("report", example, *shown),
        ("workpapers", example, "--slips", "none", "--by", "Director", "--key", key, *shown),
    ]
    runner = Runner()
    for words in verbs:
        code = runner.run((*words, "--reports", str(place / "reports")))
        assert code == 0, (words, code)
    runner.close()
    months, audit = place / "reports" / "answers", place / "reports" / "inspections"
    names = ("2020-11", "2020-12", "2020-11-public")
    return [*(months / name for name in names), *(audit / name for name in ("audit", "workpapers", "sample"))]


def is_noticed(folder: Path) -> bool:
    """Whether something differs, as `audit verify` has it."""
    try:
        return not all(one.holds for one in verify_folder(folder))
    except AuditError:
        return True


def run_flips(flips: int, place: Path) -> list[str]:
    """Flip so many bits, one at a time; those that nothing noticed."""
    folders, chance, unnoticed = make_folders(place), random.Random(SEED), list[str]()
    for folder in folders:
        assert not is_noticed(folder), (folder, verify_folder(folder))
    for number in range(flips):
        folder = folders[number % len(folders)]
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
        path = chance.choice([path for path in files if path.name not in OTHER_FILES])
        content = path.read_bytes()
        at, bit = chance.randrange(len(content)), chance.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        if not is_noticed(folder):
            unnoticed.append(f"{path.relative_to(place)}: bit {bit} of byte {at}")
        path.write_bytes(content)
    return unnoticed


def main(words: Sequence[str]) -> int:
    """Flip, and say what was not noticed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=1_000)
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        unnoticed = run_flips(given.flips, Path(folder))
    sys.stdout.write("".join(f"{one}\n" for one in unnoticed) or f"{given.flips} bits flipped: each was noticed\n")
    return int(bool(unnoticed))


if __name__ == "__main__":
    os.environ.setdefault("AUDIT_PSEUDONYM_KEY", made_up_program.PSEUDONYM_KEY)
    os.environ["AUDIT_QUIET"] = "1"
    sys.exit(main(sys.argv[1:]))
