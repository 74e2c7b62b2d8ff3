"""The second phase: some of the sampled cases drawn again, to be reviewed a second time, with a seed of their own."""

import hashlib
import json
from datetime import datetime
from typing import Any

from audit.sampling.draw import Sample
from audit.sampling.frame import Frame, scope
from audit.sampling.manifest import Record, manifest, read
from audit.sampling.replacements import drawn_cases
from audit.statistics.parameters import usage


def scope_again(record: Record) -> Frame:
    """The cases of a sample, as they stand, as the frame of a second phase; with its strata.

    Plan and draw from it as from any frame; `probability` is then that of the second phase, given the first.
    """
    cases, named = drawn_cases(record), record["frame"]
    stratum = named["stratum"]
    rows = cases.select("key", *(["stratum"] if stratum else [])).rename(
        {"key": named["key"]} | ({"stratum": stratum} if stratum else {})
    )
    return scope(rows.lazy(), key=named["key"], stratum=stratum)


def manifest_again(
    sample: Sample, frame: Frame, first: bytes, *, seed_source: str, frame_fixed: datetime, seed_chosen: datetime
) -> dict[str, Any]:
    """The record of a second phase, which names the first one's manifest by the SHA-256 of its bytes, `first`.

    Raises as `manifest`; and a usage error where the seed is the first one's, or the frame is not its cases.
    """
    record = json.loads(first)
    if read(record).seed == sample.seed:
        what = "The second phase has the seed of the first, so it is known before it is drawn"
        raise usage(what, "Choose a seed once the first sample stands.")
    if scope_again(record).digest != frame.digest:
        raise usage("The second phase is not drawn from the cases of the first", "Scope it from that manifest.")
    made = manifest(sample, frame, seed_source=seed_source, frame_fixed=frame_fixed, seed_chosen=seed_chosen)
    return {**made, "first phase": {"manifest": hashlib.sha256(first).hexdigest()}}
