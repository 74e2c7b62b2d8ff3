"""What each benchmark measured beside its baseline in the same run, and the bound that this ratio must hold."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PAGES = PROJECT / "docs" / "benchmarks"
TARGETS = Path(__file__).with_name("targets.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One ratio of ours to a baseline, and what it must be and should be at most."""

    benchmark: str
    id: str
    ours: str
    baseline: str
    most: float
    aim: float | None = None  # only where it is tighter
    optional: bool = False  # where the baseline is not on every machine


def targets(path: Path = TARGETS) -> list[Target]:
    """Every target, in the order of their file."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Target(benchmark=name, id=id, **one) for name, several in told.items() for id, one in several.items()]


def write(page: Path, text: str, found: Mapping[str, tuple[float, float]], *, runs: int, machine: str) -> None:
    """Write a benchmark's page, and beside it as JSON what was found: ours and the baseline's by the target's id."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{text}\nMachine: {machine}.\n", encoding="utf-8")
    ratios = {
        id: {"ours": digits(ours), "baseline": digits(baseline), "ratio": digits(ours / baseline)}
        for id, (ours, baseline) in found.items()
    }
    told = {"machine": machine, "runs": runs, "ratios": ratios}
    page.with_suffix(".json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(folder: Path = PAGES) -> dict[tuple[str, str], float]:
    """The ratios that were measured, by benchmark and the target's id."""
    return {(name, id): one["ratio"] for name, told in read(folder).items() for id, one in told["ratios"].items()}


def machines(folder: Path = PAGES) -> str:
    """On what they were measured; several where the benchmarks did not all run on one."""
    return "; ".join(sorted({told["machine"].split(";")[0] for told in read(folder).values()}))


def read(folder: Path = PAGES) -> dict[str, Any]:
    """What the JSON of each benchmark says."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def medians(runs: int) -> str:
    """How a page says of how many runs it is."""
    return "One run" if runs == 1 else f"Medians of {runs} runs"


def digits(value: float) -> float:
    """Three significant digits: no run repeats more."""
    return float(f"{value:.3g}")


def shown(ratio: float) -> str:
    """A ratio as people read it: 18, 1.5, 0.37, and 1/497 from a tenth down."""
    if ratio <= 0.1:
        return f"1/{1 / ratio:,.0f}"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
