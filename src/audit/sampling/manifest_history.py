"""The history of a draw: seeds that were given up, and the plans that were extended, each with its reason."""

from datetime import datetime
from typing import Any

from audit.errors import make_usage_error
from audit.formatting import format_count, format_plural
from audit.sampling.draw import Selection
from audit.sampling.frame import Frame
from audit.sampling.manifest import ManifestRecord, parse_manifest


def list_abandoned_seeds(
    record: ManifestRecord | None, frame: Frame, *, seed: str, reason: str
) -> list[dict[str, str]]:
    """Every seed drawn with before this one, with the frame it was drawn from and the reason it was given up for.

    `record` is the manifest of the draw before, if there was one. Raises a usage error for another seed without a
    `reason`, and for the same seed on another frame: either could be shopping.
    """
    if record is None:
        return []
    before = parse_manifest(record)
    seeds = list(record.get("earlier seeds", ()))
    if before.seed == seed:
        if before.digest != frame.digest:
            raise make_usage_error(
                "This seed was drawn with already, from another frame", "Choose a seed for this frame."
            )
        return seeds
    if not reason.strip():
        mend = 'Keep its sample, or say why it is given up: --again "reason". The manifest will list both.'
        raise make_usage_error("A sample was drawn already, with another seed", mend)
    return [*seeds, {**record["seed"], "frame": before.digest, "given up because": reason}]


def list_extensions(
    record: ManifestRecord | None, sample: Selection, *, reason: str, when: datetime
) -> list[dict[str, Any]]:
    """Every plan that this sample's seed drew before, with when and why it was extended.

    `record` is the manifest of the draw before, if there was one. Raises a usage error where another plan drew with
    the same seed and no `reason` is given, or where that draw is not part of this one.
    """
    if record is None or (before := parse_manifest(record)).seed != sample.seed:
        return []
    history, planned, design = [dict(one) for one in before.extended], before.design, sample.design
    plans = [(one.method, one.start, one.each, one.size, one.takes, one.spares) for one in (planned, design)]
    if plans[0] == plans[1]:
        return history
    if (planned.method, planned.start) != (design.method, design.start):
        mend = "Choose another seed for this way of drawing."
        raise make_usage_error("This seed was drawn with already, by another method or from another start", mend)
    if not reason.strip():
        what = (
            f"This seed drew a plan of {format_count(planned.size)} already, and this one of "
            f"{format_count(design.size)} is another"
        )
        mend = 'Draw what was planned, or say why it is extended: --extend "reason". The manifest will list both.'
        raise make_usage_error(what, mend)
    if gone := before.cases.join(sample.cases, on="key", how="anti").height:
        what = f"The draw before is not part of this one: {format_plural(gone, 'case')} would be dropped"
        mend = (
            "Draw more, not fewer; where the longer draw does not contain the shorter, give what is added its own seed."
        )
        raise make_usage_error(what, mend)
    until = {
        "size": planned.size,
        "strata": [{"stratum": name, "take": take} for name, take in planned.takes],
        "each": planned.each,
        "spares": planned.spares,
        "cases": before.cases.height,
        "extended": when.isoformat(),
        "because": reason,
    }
    return [*history, until]
