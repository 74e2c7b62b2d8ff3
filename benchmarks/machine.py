"""The machine and the software that a benchmark ran on, and what a process took on it."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

os.environ.setdefault("AUDIT_PSEUDONYM_KEY", "0123456789abcdef" * 2)  # of made-up persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one process took, from its start to its end."""

    whole: float  # seconds
    processor: float  # seconds of all cores together
    memory: float  # MB at its peak
    said: str  # on standard output


def process(words: Sequence[str], *, folder: Path | None = None, code: int = 0) -> Took:
    """Run a process to its end; SystemExit where it ends with another exit code."""
    began = perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=folder) as started:
        assert started.stdout
        said = started.stdout.read()
        _, status, took = os.wait4(started.pid, 0)
        started.returncode = status
    if os.waitstatus_to_exitcode(status) != code:
        raise SystemExit(f"failed: {' '.join(words)}")
    return Took(
        whole=perf_counter() - began,
        processor=took.ru_utime + took.ru_stime,
        memory=took.ru_maxrss / 1024,
        said=said,
    )


def machine(*packages: str) -> str:
    """The machine, Python and the versions of the packages, in a line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    software = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}; "
        f"Python {platform.python_version()}, {software}"
    )
