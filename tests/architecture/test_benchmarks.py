"""The benchmarks: the ratios as committed hold their bounds, and one that does not fails `make bench` in one line."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = PROJECT / "docs" / "benchmarks"
CHECK, OVERVIEW = PROJECT / "benchmarks" / "check.py", PROJECT / "benchmarks" / "overview.py"
TARGETS = tomllib.loads((PROJECT / "benchmarks" / "targets.toml").read_text(encoding="utf-8"))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PAGES, tmp_path / "benchmarks"))


def run(script: Path, pages: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(script), "--pages", str(pages)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def put(pages: Path, benchmark: str, **ratios: float) -> None:
    """Make a benchmark's JSON say that it measured these."""
    path = pages / f"{benchmark}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["ratios"] |= {id: {"ours": ratio, "baseline": 1.0, "ratio": ratio} for id, ratio in ratios.items()}
    path.write_text(json.dumps(told), encoding="utf-8")


def test_the_ratios_as_committed_hold_and_say_which_aims_are_not_reached() -> None:
    found = run(CHECK, PAGES)
    assert (found.returncode, found.stderr) == (0, "")
    *unreached, last = found.stdout.splitlines()
    assert re.fullmatch(r"\d+ ratios hold their bounds\.", last)
    assert all(line.startswith("aim not reached: ") for line in unreached)


def test_the_page_and_its_figure_are_those_of_the_committed_ratios(pages: Path) -> None:
    assert run(OVERVIEW, pages).returncode == 0
    for name in ("README.md", "ratios.svg"):
        assert (pages / name).read_bytes() == (PAGES / name).read_bytes(), f"{name}: run {OVERVIEW.name}"


def test_a_ratio_above_its_bound_fails_in_one_line(pages: Path) -> None:
    put(pages, "draw", all=1.21)
    found = run(CHECK, pages)
    assert found.returncode == 1
    assert found.stderr == (
        "failed: draw.all: draw 766 of 10 million keys: 1.21 times DuckDB, where at most 1.2 must hold.\n"
    )
    assert "must hold" not in found.stdout


def test_a_ratio_at_its_bound_holds(pages: Path) -> None:
    put(pages, "draw", all=TARGETS["draw"]["all"]["most"])
    assert run(CHECK, pages).returncode == 0


def test_what_was_not_measured_fails_and_so_does_a_ratio_without_a_bound(pages: Path) -> None:
    (pages / "draw.json").unlink()
    put(pages, "startup", other=1.0)
    lines = run(CHECK, pages).stderr.splitlines()
    assert lines == [
        "failed: draw.all: draw 766 of 10 million keys: not measured. Run python benchmarks/draw.py.",
        "failed: draw.offices: draw 40 an office of 10 million keys: not measured. Run python benchmarks/draw.py.",
        "failed: startup.other: has no target. Add it to benchmarks/targets.toml.",
    ]


def test_a_baseline_that_is_not_on_every_machine_may_be_absent(pages: Path) -> None:
    (pages / "engines.json").unlink()
    assert all(one["optional"] for one in TARGETS["engines"].values())
    assert run(CHECK, pages).returncode == 0


@pytest.mark.parametrize("benchmark", TARGETS)
def test_every_benchmark_with_a_target_is_run_by_make_and_has_its_page(benchmark: str) -> None:
    assert f"python benchmarks/{benchmark}.py" in (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert (PAGES / f"{benchmark}.md").exists()
