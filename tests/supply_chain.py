"""What the program is made of: `python -m tests.supply_chain licences | vulnerabilities`.

Licences are those that each package of the environment states of itself. Known vulnerabilities are asked of pip-audit,
for the versions in uv.lock; where its source cannot be reached, that is said, and nothing is claimed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PIP_AUDIT = "pip-audit==2.10.1"
# Where a package states none: what its repository says.
STATED_ELSEWHERE = {"axe-playwright-python": "MIT", "polars-hash": "MIT"}
#: Beginnings of licences under which the program may use a package: none of them asks for more than its text.
ACCEPTED = ("0bsd", "apache", "bsd", "cc0", "isc", "mit", "mozilla public", "mpl", "psf", "python software", "zlib")


def list_licences() -> dict[str, str]:
    """The licence of each package of the environment, as it states it; empty where it states none."""
    return {one.name: read_licence(one) for one in sorted(metadata.distributions(), key=lambda one: one.name.lower())}


def read_licence(package: metadata.Distribution) -> str:
    """Its expression, or its classifiers, or the first line of what it says of its licence."""
    about = package.metadata
    classifiers = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    free = (about.get("License") or "").strip().splitlines()[:1]
    stated = about.get("License-Expression") or "; ".join(classifiers) or "".join(free)
    return str(stated or STATED_ELSEWHERE.get(package.name, ""))


def is_accepted(licence: str) -> bool:
    """Whether every part of a licence is one that is accepted, or one of several to choose from is."""
    choices = re.split(r"\bOR\b", licence)
    parts = [[one.strip(" ()").lower() for one in re.split(r"\bAND\b|;", choice)] for choice in choices]
    return any(choice and all(part.startswith(ACCEPTED) for part in choice) for choice in parts)


def find_uv() -> str | None:
    """The uv that runs the tests, that of the make file, or that of the system."""
    own = PROJECT / ".uv" / "bin" / "uv"
    return os.environ.get("UV") or (str(own) if own.exists() else shutil.which("uv"))


def export_lock(*words: str) -> str:
    """The packages of uv.lock that a user needs, in a form of uv export."""
    uv = find_uv()
    assert uv, "uv is not installed; make installs it into .uv"
    command = [uv, "export", "--quiet", "--frozen", "--offline", "--no-dev", "--all-extras", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def find_vulnerabilities() -> tuple[list[str], str]:
    """The known vulnerabilities of the locked versions, or why nobody knows."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(export_lock("--no-emit-project"), encoding="utf-8")
        words = ["--disable-pip", "--requirement", str(requirements), "--format", "json", "--progress-spinner", "off"]
        command = [str(find_uv()), "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        listed = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return [], f"pip-audit did not answer: {reason}"
    skipped = [one for one in listed if "skip_reason" in one]
    if len(skipped) == len(listed):
        return [], f"its source cannot be reached: {skipped[0]['skip_reason'] if skipped else 'nothing was asked'}"
    return [describe_vulnerability(one, found) for one in listed for found in one.get("vulns", ())], ""


def describe_vulnerability(package: Mapping[str, str], found: Mapping[str, object]) -> str:
    """One vulnerability in a line."""
    return f"{package['name']} {package['version']}: {found['id']}, mended in {found['fix_versions'] or 'no version'}"


def main(words: list[str]) -> int:
    """List licences, or known vulnerabilities."""
    if words == ["licences"]:
        sys.stdout.write("".join(f"{name},{json.dumps(text)}\n" for name, text in list_licences().items()))
        return 0
    found, reason = find_vulnerabilities()
    sys.stdout.write(f"skipped: {reason}\n" if reason else "".join(f"{one}\n" for one in found) or "none known\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
