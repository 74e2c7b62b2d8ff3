"""The words of a sample's report are those of the attribute that was audited, and say of every case what it is."""

from dataclasses import replace

import pytest

from audit.estimation.rates import estimate_rate
from audit.estimation.results import SampleDesign, SampleResult
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE
from audit.reporting.attribute_text import ATTRIBUTE_WORDS, get_attribute_words, name_outcome
from audit.reporting.figures.classes import make_caption
from audit.reporting.method_text import describe_draw, describe_estimation
from audit.reporting.sample_text import (
    describe_estimate,
    describe_result,
    describe_sample,
    describe_sample_counts,
    summarize_result,
)
from tests import made_up


def result(attribute: str = "timeliness", *, outside: int = 66, open_: int = 3) -> SampleResult:
    """A sample of 80 of 500 cases, most of them under no rule: 10 as they should be, 1 not, the others open."""
    made = made_up.sample_audit()
    overall = estimate_rate(
        conforming=10, deviating=1, undeterminable=open_, population=500, outside=outside, label="All cases"
    )
    return replace(
        made, attribute=attribute, overall=overall, drawn=11 + open_ + outside, frame=500, universe=500, exclusions=()
    )


def test_every_attribute_that_a_rule_can_serve_has_words() -> None:
    assert ATTRIBUTE_WORDS.keys() == OUTCOMES_BY_ATTRIBUTE.keys()
    assert get_attribute_words("another").conforming == "conforming"


@pytest.mark.parametrize(
    ("attribute", "phrase"),
    [
        ("consistency", "consistent with the policy in force"),
        ("timeliness", "timely"),
        ("recording", "recorded as required"),
        ("documentation", "completely documented"),
        ("lifting", "lifted as the policy allows"),
    ],
)
def test_no_sentence_speaks_of_another_attribute(attribute: str, phrase: str) -> None:
    made = replace(result(attribute), cells=(), documentation=())
    texts = [summarize_result(made), *describe_sample(made), *describe_estimation(made), *vars_of(make_caption(made))]
    assert all(phrase in text for text in (texts[0], " ".join(texts[1:4]), make_caption(made).subtitle))
    own = get_attribute_words(attribute)
    for other in ATTRIBUTE_WORDS.values():
        if other is not own:
            assert not [text for text in texts if other.phrase in text]
    for words in ("decision", "encounter", *(["consistent with"] if attribute != "consistency" else [])):
        assert not [text for text in texts if words in text]


def vars_of(caption: object) -> list[str]:
    return [getattr(caption, name) for name in ("title", "subtitle", "note", "alt")]


def test_cases_without_a_rule_are_told_apart_from_those_that_could_not_be_determined() -> None:
    assert describe_sample_counts(result()) == (
        "Of 80 cases drawn, 11 could be assessed, 3 could not be determined and to 66 no rule applies."
    )
    assert describe_sample_counts(result(outside=0, open_=0)) == "11 cases were drawn, and all could be assessed."
    assert [name_outcome(one, "timeliness") for one in ("not_applicable", "no_rule", "undeterminable")] == [
        "no rule applies",
        "no rule in force",
        "could not be determined",
    ]


def test_the_population_that_is_named_is_that_of_the_rate() -> None:
    told = describe_estimate(result().overall)
    assert "in those of the frame of 500 to which a rule applies" in told
    assert "population of 434" not in told, "how many of the frame a rule applies to is not known"
    assert "in the population of 500" in describe_estimate(result(outside=0).overall)
    [first, *_] = describe_result(replace(result(), overall=replace(result().overall, population=None)))
    assert "in those of the frame of 500 to which a rule applies" in first, "a frame has a size, by whatever design"


def test_a_sample_without_open_cases_says_nothing_of_them() -> None:
    made = result(outside=0, open_=0)
    texts = [summarize_result(made), *describe_sample(made)]
    assert not [text for text in texts if "could not" in text or "between" in text]
    assert texts[0].startswith("Sample of October 2010 to September 2011: of 11 cases that could be assessed, 10 were")


def test_a_draw_is_told_with_the_days_of_the_manifest_and_the_cases_replaced() -> None:
    from datetime import UTC, datetime

    fixed, chosen = datetime(2012, 1, 9, tzinfo=UTC), datetime(2012, 1, 10, tzinfo=UTC)
    design = SampleDesign(replaced=2, frame_fixed=fixed, seed_chosen=chosen)
    told = " ".join(describe_draw(replace(result(), design=design)))
    assert "A spare stands for 2 cases that could not be reviewed." in told
    assert "the digest of the frame was fixed on 9 January 2012 and the seed chosen on 10 January 2012." in told


def test_undetermined_cases_that_count_are_said_to_count() -> None:
    overall = estimate_rate(conforming=6, deviating=2, undeterminable=2, population=50, treatment="error", label="All")
    made = replace(result(), overall=overall, treatment="error", drawn=10)
    told = " ".join(describe_sample(made))
    assert "a rate of 60.0% (with those that could not be determined counted as untimely)" in told
    assert "75.0%" not in told
