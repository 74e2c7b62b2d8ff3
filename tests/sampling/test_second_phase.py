"""The second phase: some of the sampled cases again, with a seed of their own, tied to the first manifest."""

import hashlib
import json

import pytest

from audit.errors import AuditError
from audit.sampling.draw import draw
from audit.sampling.plan import plan
from audit.sampling.redraw import redraw
from audit.sampling.replacements import drawn_cases, replace
from audit.sampling.second_phase import manifest_again, scope_again
from audit.sampling.selection.simple_random import with_spares
from tests.drawn import CHOSEN, FIXED, Record, drawn, frame, verified

SCOPED = frame([1 + number % 13 for number in range(60)], stratum=True)
GIVEN = {"seed_source": "dice", "frame_fixed": FIXED, "seed_chosen": CHOSEN}


def first() -> Record:
    made = drawn(SCOPED, with_spares(plan(SCOPED, size=12), 2))
    return replace(made, 1, reason="lost", when=CHOSEN)


def test_the_second_phase_draws_from_the_first_as_it_stands() -> None:
    record = first()
    content = json.dumps(record).encode()
    again = scope_again(record)
    assert set(again.cases.collect()["id"]) == set(drawn_cases(record)["key"])
    assert (again.key, again.stratum, again.universe, again.sizes) == ("id", "office", 12, (("BUF", 4), ("SNA", 8)))
    sample = draw(again, plan(again, size=4), seed="second dice")
    made = json.loads(json.dumps(manifest_again(sample, again, content, **GIVEN)))  # type: ignore[arg-type]
    assert made["first phase"] == {"manifest": hashlib.sha256(content).hexdigest()}
    assert redraw(again, made) == []
    assert verified(again, made) == (0, "the same\n")


def test_the_second_phase_has_a_seed_and_a_frame_of_its_own() -> None:
    record = first()
    content, again = json.dumps(record).encode(), scope_again(record)
    sample = draw(again, plan(again, size=4), seed="OIG-12-64")
    with pytest.raises(AuditError, match="The second phase has the seed of the first"):
        manifest_again(sample, again, content, **GIVEN)  # type: ignore[arg-type]
    other = draw(SCOPED, plan(SCOPED, size=4), seed="second dice")
    with pytest.raises(AuditError, match="not drawn from the cases of the first"):
        manifest_again(other, SCOPED, content, **GIVEN)  # type: ignore[arg-type]
