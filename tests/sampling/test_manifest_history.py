"""Plans that are extended: never in silence, never shortened, each on record with its time and reason."""

import pytest

from audit.errors import AuditError, ExitCode
from audit.sampling.draw import draw_designed_sample
from audit.sampling.manifest_history import list_extensions
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.clusters import use_two_stage_sampling
from audit.sampling.selection.intervals import use_systematic_sampling
from audit.sampling.selection.simple_random import set_spares, set_start
from tests.drawn import CHOSEN, drawn, frame, recorded, verified

SCOPED = frame([1 + number % 13 for number in range(60)])
TWELVE = drawn(SCOPED, plan_sample(SCOPED, size=12))


def test_an_extension_is_on_record_with_its_reason() -> None:
    longer = draw_designed_sample(SCOPED, plan_sample(SCOPED, size=15), seed="OIG-12-64")
    found = list_extensions(TWELVE, longer, reason="the rate is near the limit", when=CHOSEN)
    assert found == [
        {
            "size": 12,
            "strata": [],
            "each": None,
            "spares": 0,
            "cases": 12,
            "extended": "2012-01-10T09:30:00+00:00",
            "because": "the rate is near the limit",
        }
    ]
    record = recorded(SCOPED, longer, extended=found)
    assert find_redraw_differences(SCOPED, record) == []
    assert verified(SCOPED, record) == (0, "the same\n")
    assert list_extensions(record, longer, reason="", when=CHOSEN) == found, "drawn again as it is"
    longest = draw_designed_sample(SCOPED, plan_sample(SCOPED, size=20), seed="OIG-12-64")
    assert [one["size"] for one in list_extensions(record, longest, reason="again", when=CHOSEN)] == [12, 15]


def test_the_first_draw_and_another_seed_extend_nothing() -> None:
    sample = draw_designed_sample(SCOPED, plan_sample(SCOPED, size=15), seed="another")
    assert list_extensions(None, sample, reason="", when=CHOSEN) == []
    assert list_extensions(TWELVE, sample, reason="", when=CHOSEN) == []


@pytest.mark.parametrize(
    ("design", "reason", "refused"),
    [
        (
            plan_sample(SCOPED, size=15),
            " ",
            r"This seed drew a plan of 12 already, and this one of 15 is another\. Draw what was planned, or say why "
            r'it is extended: --extend "reason"\. The manifest will list both\.',
        ),
        (set_spares(plan_sample(SCOPED, size=12), 2), "", "This seed drew a plan of 12 already"),
        (plan_sample(SCOPED, size=11), "why", "The draw before is not part of this one: 1 case would be dropped"),
        (use_systematic_sampling(plan_sample(SCOPED, size=12)), "why", "by another method or from another start"),
        (set_start(plan_sample(SCOPED, size=12), "0.5"), "why", "by another method or from another start"),
    ],
)
def test_a_plan_is_not_extended_in_silence_nor_exchanged(design, reason: str, refused: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AuditError, match=refused) as error:
        list_extensions(TWELVE, draw_designed_sample(SCOPED, design, seed="OIG-12-64"), reason=reason, when=CHOSEN)
    assert error.value.code is ExitCode.USAGE


def test_a_systematic_draw_is_not_extended_at_all() -> None:
    made = drawn(SCOPED, use_systematic_sampling(plan_sample(SCOPED, size=7)))
    longer = draw_designed_sample(SCOPED, use_systematic_sampling(plan_sample(SCOPED, size=10)), seed="OIG-12-64")
    with pytest.raises(AuditError, match="give what is added its own seed"):
        list_extensions(made, longer, reason="why", when=CHOSEN)


def test_more_clusters_and_more_of_each_extend() -> None:
    def of(size: int, each: int):  # type: ignore[no-untyped-def]
        return use_two_stage_sampling(SCOPED, plan_sample(SCOPED, size=size), each=each)

    made = drawn(SCOPED, of(3, 2))
    longer = draw_designed_sample(SCOPED, of(4, 3), seed="OIG-12-64")
    assert [one["each"] for one in list_extensions(made, longer, reason="why", when=CHOSEN)] == [2]
