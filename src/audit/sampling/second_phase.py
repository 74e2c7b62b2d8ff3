"""The second phase: some of the sampled cases drawn again, to be reviewed a second time, with a seed of their own."""

import hashlib
import json
from datetime import datetime
from typing import Any

from audit.errors import make_usage_error
from audit.sampling.draw import Selection
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import ManifestRecord, build_manifest, parse_manifest
from audit.sampling.replacements import list_current_cases


def build_second_phase_frame(record: ManifestRecord) -> Frame:
    """The cases of a sample, as they stand, as the frame of a second phase; with its strata.

    Plan and draw from it as from any frame; `probability` is then that of the second phase, given the first.
    """
    cases, frame_record = list_current_cases(record), record["frame"]
    stratum = frame_record["stratum"]
    rows = cases.select("key", *(["stratum"] if stratum else [])).rename(
        {"key": frame_record["key"]} | ({"stratum": stratum} if stratum else {})
    )
    return build_sampling_frame(rows.lazy(), key=frame_record["key"], stratum=stratum)


def build_second_phase_manifest(
    sample: Selection, frame: Frame, first: bytes, *, seed_source: str, frame_fixed: datetime, seed_chosen: datetime
) -> dict[str, Any]:
    """The record of a second phase, which names the first one's manifest by the SHA-256 of its bytes, `first`.

    Raises as `build_manifest`; and a usage error where the seed is the first one's, or the frame is not its cases.
    """
    record = json.loads(first)
    if parse_manifest(record).seed == sample.seed:
        what = "The second phase has the seed of the first, so it is known before it is drawn"
        raise make_usage_error(what, "Choose a seed once the first sample stands.")
    if build_second_phase_frame(record).digest != frame.digest:
        raise make_usage_error(
            "The second phase is not drawn from the cases of the first", "Scope it from that manifest."
        )
    second_manifest = build_manifest(
        sample, frame, seed_source=seed_source, frame_fixed=frame_fixed, seed_chosen=seed_chosen
    )
    return {**second_manifest, "first phase": {"manifest": hashlib.sha256(first).hexdigest()}}
