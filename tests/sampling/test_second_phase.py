"""The second phase: some of the sampled cases again, with a seed of their own, tied to the first manifest."""

import hashlib
import json

import pytest

from audit.errors import AuditError
from audit.sampling.draw import draw_designed_sample
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.replacements import list_current_cases, replace_case
from audit.sampling.sample_size import plan_sample
from audit.sampling.second_phase import build_second_phase_frame, build_second_phase_manifest
from audit.sampling.selection.simple_random import set_spares
from tests.drawn import CHOSEN, FIXED, Record, drawn, frame, verified

SCOPED = frame([1 + number % 13 for number in range(60)], stratum=True)
GIVEN = {"seed_source": "dice", "frame_fixed": FIXED, "seed_chosen": CHOSEN}


def first() -> Record:
    made = drawn(SCOPED, set_spares(plan_sample(SCOPED, size=12), 2))
    return replace_case(made, 1, reason="lost", when=CHOSEN)


def test_the_second_phase_draws_from_the_first_as_it_stands() -> None:
    record = first()
    content = json.dumps(record).encode()
    again = build_second_phase_frame(record)
    assert set(again.cases.collect()["id"]) == set(list_current_cases(record)["key"])
    assert (again.key, again.stratum, again.universe, again.sizes) == ("id", "office", 12, (("BUF", 4), ("SNA", 8)))
    sample = draw_designed_sample(again, plan_sample(again, size=4), seed="second dice")
    made = json.loads(json.dumps(build_second_phase_manifest(sample, again, content, **GIVEN)))  # type: ignore[arg-type]
    assert made["first phase"] == {"manifest": hashlib.sha256(content).hexdigest()}
    assert find_redraw_differences(again, made) == []
    assert verified(again, made) == (0, "the same\n")


def test_the_second_phase_has_a_seed_and_a_frame_of_its_own() -> None:
    record = first()
    content, again = json.dumps(record).encode(), build_second_phase_frame(record)
    sample = draw_designed_sample(again, plan_sample(again, size=4), seed="OIG-12-64")
    with pytest.raises(AuditError, match="The second phase has the seed of the first"):
        build_second_phase_manifest(sample, again, content, **GIVEN)  # type: ignore[arg-type]
    other = draw_designed_sample(SCOPED, plan_sample(SCOPED, size=4), seed="second dice")
    with pytest.raises(AuditError, match="not drawn from the cases of the first"):
        build_second_phase_manifest(other, SCOPED, content, **GIVEN)  # type: ignore[arg-type]
