"""What a declared sample promises: a frame written down first, then a seed, each with its day."""

from collections.abc import Iterator
from datetime import date, datetime, time

from audit.errors import AuditError, ExitCode, Problem
from audit.programs.declaration import SamplePlan
from audit.sampling.frame import Frame


def require_declared_times(sample_plan: SamplePlan, frame: Frame) -> tuple[datetime, datetime]:
    """When the frame and the seed of a plan were fixed; refused where it has none, or has another frame."""
    if problems := [*_find_undeclared(sample_plan)]:
        raise AuditError(problems, code=ExitCode.USAGE)
    if frame.digest != sample_plan.frame_digest:
        what = f"the frame's digest is {frame.digest}, not the one written down before the seed was chosen"
        mend = "Restore the tables it was made from; or declare the new frame, and then a new seed."
        raise AuditError(Problem(what=what, mend=mend, file="program.toml, sample.frame_digest"), code=ExitCode.DATA)
    fixed, chosen = (
        datetime.combine(day or date.max, time()) for day in (sample_plan.frame_fixed, sample_plan.seed_chosen)
    )
    return fixed, chosen


def _find_undeclared(sample_plan: SamplePlan) -> Iterator[Problem]:
    """What a plan says of its frame and seed only once there are any, with how each comes to be."""
    mends = {
        "frame_digest": "Write down what audit scope prints, before there is a seed.",
        "frame_fixed": "Write down the day of that.",
        "seed": "Choose one then, as by dice; or try one with audit draw --seed.",
        "seed_source": "Say how the seed came to be, and who saw it.",
        "seed_chosen": "Write down the day of that.",
    }
    for name, mend in mends.items():
        if not getattr(sample_plan, name):
            yield Problem(what="is not declared", mend=mend, file=f"program.toml, sample.{name}")
