"""Made-up frames and a design by every method, for the tests of drawing; and the stranger's verifier."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from typing import Any
from unittest.mock import patch

import polars as pl

from audit.sampling.draw import Selection, draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame, format_frame_lines
from audit.sampling.manifest import build_manifest
from audit.sampling.plan import Plan
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.clusters import use_cluster_sampling, use_two_stage_sampling
from audit.sampling.selection.intervals import use_cell_sampling, use_fixed_interval_sampling, use_systematic_sampling
from audit.sampling.selection.sequential_poisson import use_sequential_poisson
from audit.sampling.selection.simple_random import set_certain_strata, set_spares, set_start

DOCS = Path(__file__).parents[1] / "docs"
FIXED, CHOSEN = datetime(2012, 1, 9, 17, 0, tzinfo=UTC), datetime(2012, 1, 10, 9, 30, tzinfo=UTC)
Record = dict[str, Any]


def frame(amounts: list[int], *, stratum: bool = False, folders: int = 7) -> Frame:
    """A case for each amount, in two offices, each with its own folders."""
    numbers = range(len(amounts))
    offices = ["SNA" if number % 3 else "BUF" for number in numbers]
    cases = pl.LazyFrame(
        {
            "id": [f"M{number:03d}" for number in numbers],
            "office": offices,
            "folder": [f"{office} {number % folders}" for number, office in zip(numbers, offices, strict=True)],
            "cents": amounts,
        }
    )
    return build_sampling_frame(
        cases, key="id", stratum="office" if stratum else None, cluster="folder", measure="cents"
    )


def of_clusters(frame: Frame, size: int) -> Plan:
    """A plan of so many clusters, no more than there are."""
    cases = frame.cases.collect()
    parts = cases.partition_by("office") if frame.stratum else [cases]
    least = min(part["folder"].n_unique() for part in parts)
    return plan_sample(frame, size=max(len(frame.sizes), min(size, least)))


DESIGNS: dict[str, Callable[[Frame, int], Plan]] = {
    "random": lambda frame, size: plan_sample(frame, size=size),
    "random, from a start": lambda frame, size: set_start(plan_sample(frame, size=size), "0.7"),
    "random, with spares": lambda frame, size: set_spares(plan_sample(frame, size=size), 3),
    "systematic": lambda frame, size: use_systematic_sampling(plan_sample(frame, size=size)),
    "cluster": lambda frame, size: use_cluster_sampling(frame, of_clusters(frame, size)),
    "two-stage": lambda frame, size: use_two_stage_sampling(frame, set_start(of_clusters(frame, size), "0.25"), each=2),
    "sequential Poisson": lambda frame, size: use_sequential_poisson(frame, plan_sample(frame, size=size)),
    "sequential Poisson, with spares": lambda frame, size: set_start(
        set_spares(use_sequential_poisson(frame, plan_sample(frame, size=size)), 2), "0.5"
    ),
    "fixed interval": lambda frame, size: use_fixed_interval_sampling(frame, plan_sample(frame, size=size)),
    "cell": lambda frame, size: use_cell_sampling(frame, plan_sample(frame, size=size)),
    "certain strata": lambda frame, size: (
        set_certain_strata(frame, plan_sample(frame, size=size), ["BUF"])
        if frame.stratum
        else plan_sample(frame, size=size)
    ),
}


def recorded(frame: Frame, sample: Selection, **history: Any) -> Record:
    """The manifest of a draw, as it comes back from its file."""
    record = build_manifest(
        sample, frame, seed_source="dice thrown in public", frame_fixed=FIXED, seed_chosen=CHOSEN, **history
    )
    return dict(json.loads(json.dumps(record)))


def drawn(frame: Frame, design: Plan, seed: str = "OIG-12-64") -> Record:
    """The manifest of a design's draw."""
    return recorded(frame, draw_designed_sample(frame, design, seed=seed))


@cache
def verifier(by: str) -> CodeType:
    """A stranger's verifier, ready to run."""
    return compile((DOCS / by).read_bytes(), str(DOCS / by), "exec")


def verified(frame: Frame, record: Record, by: str = "verify_any.py") -> tuple[int, str]:
    """What a stranger's verifier says, and its exit code."""
    with TemporaryDirectory() as folder:
        sample, text = Path(folder, "sample.json"), Path(folder, "frame.txt")
        sample.write_text(json.dumps(record), encoding="utf-8")
        text.write_bytes("".join(f"{line}\n" for line in format_frame_lines(frame.cases.collect())).encode())
        said = io.StringIO()
        try:
            with patch.object(sys, "argv", [by, str(sample), str(text)]), redirect_stdout(said):
                exec(verifier(by), {"__name__": "__main__"})
        except SystemExit as end:
            return (end.code, said.getvalue()) if isinstance(end.code, int) else (1, str(end.code))
    raise AssertionError("the verifier does not exit")
