"""A survey on costs: what was answered, no interval without a random draw, and statements recomputed."""

from dataclasses import replace

import polars as pl
import pytest
from scipy.stats import hypergeom

from audit.analysis.surveys import SurveyResult, measure_survey
from audit.errors import AuditError
from audit.programs import find_program_folder
from audit.programs.analyses import CostStatement, Survey, SurveyAnswer
from audit.programs.secure_communities.synthetic.jurisdictions import build_jurisdiction_tables
from audit.reporting.survey_text import (
    describe_answer,
    describe_response,
    describe_selection,
    describe_statement,
    format_survey_headline,
)
from audit.storage.declarations import read_program

SURVEY = Survey(
    name="costs",
    title="Costs",
    table="survey",
    respondent="town",
    answer="incurred",
    amount="dollars",
    answers=(
        SurveyAnswer(value="none", words="reported none", stated=3, stated_percent=60),
        SurveyAnswer(value="some", words="reported some", has_amount=True, stated=3, stated_percent=40),
    ),
    unit=("town", "towns"),
    question="Did costs rise?",
    conducted="in March 2023",
    selection="at random",
    selection_words="Drawn from the register.",
    population=40,
)
ROWS = [("A", "none", None), ("B", "none", None), ("C", "none", None), ("D", "some", 1_500_000.0), ("E", "some", None)]


def make_rows(rows: list[tuple[str, str | None, float | None]] = ROWS) -> pl.LazyFrame:
    schema = {"town": pl.String, "incurred": pl.String, "dollars": pl.Float64}
    return pl.LazyFrame(rows, schema=schema, orient="row")


@pytest.fixture(scope="module")
def published() -> SurveyResult:
    [survey] = read_program(find_program_folder("secure_communities")).analyses.surveys
    return measure_survey(build_jurisdiction_tables()["cost_survey"].lazy(), survey)


def test_the_published_survey(published: SurveyResult) -> None:
    """DHS OIG-12-64, Secure Communities Incarceration Costs: 31 (84%), 6 (16%), of 37; none could quantify."""
    assert [(one.respondents, one.stated) for one in published.answers[:2]] == [(31, 31), (6, 6)]
    assert published.answered == 37
    assert describe_answer(published.answers[1], published) == (
        "6 of 37 (16.2%) reported minimal costs; the source states 6 (16%), as here; none of them could state an "
        "amount."
    )
    assert [one.with_amount for one in published.answers] == [0, 0, 0, 0]
    assert describe_response(published).endswith("How many were asked was not published, so there is no response rate.")


def test_an_interval_is_refused_for_respondents_who_were_not_drawn_at_random(published: SurveyResult) -> None:
    assert all(one.lower is None and one.upper is None for one in published.answers)
    assert "No interval is given: the respondents may not have been drawn at random" in describe_selection(published)
    assert format_survey_headline(published).endswith("They stand for themselves alone.")
    chosen = measure_survey(make_rows(), replace(SURVEY, selection="not at random"))
    assert all(one.lower is None for one in chosen.answers)
    assert "No interval is given: the respondents were not drawn at random" in describe_selection(chosen)


def test_respondents_drawn_at_random_have_exact_limits() -> None:
    drawn = measure_survey(make_rows(), SURVEY)
    none, some = drawn.answers
    # scipy: the fewest of 40 under which 3 or more of 5 have over 2.5%, and the most under which 3 or fewer have
    fewest = next(having for having in range(41) if hypergeom.sf(2, 40, having, 5) > 0.025)
    most = next(having for having in range(40, -1, -1) if hypergeom.cdf(3, 40, having, 5) > 0.025)
    assert (none.lower, none.upper) == (pytest.approx(fewest / 40), pytest.approx(most / 40))
    assert none.lower is not None and some.upper is not None and none.lower + some.upper == pytest.approx(1)
    assert "95% limits 17.5% to 92.5%" in describe_answer(none, drawn)
    assert "They stand for themselves alone" not in format_survey_headline(drawn)


def test_what_a_source_states_is_compared_with_its_share() -> None:
    drawn = measure_survey(make_rows(), SURVEY)
    assert "the source states 3 (60%), as here" in describe_answer(drawn.answers[0], drawn)
    assert "the source states 3 (40%), not as here" in describe_answer(drawn.answers[1], drawn)
    assert "1 of them could state an amount, together $1.5 million" in describe_answer(drawn.answers[1], drawn)


def test_who_did_not_answer_counts_in_the_response_alone() -> None:
    drawn = measure_survey(make_rows([*ROWS, ("F", None, None)]), SURVEY)
    assert (drawn.asked, drawn.answered) == (6, 5)
    assert describe_response(drawn) == "5 of 6 towns that were asked answered (83.3%)."


def test_the_published_statement_is_cut_off_and_not_attributable(published: SurveyResult) -> None:
    [check] = published.statements
    assert (check.computed, check.rounded, check.verdict) == (15_695_000, 16_000_000, "truncated")
    words = " ".join(describe_statement(check))
    assert "365 days at that rate are $15,695,000, which rounds to $16 million: the stated amount is cut off" in words
    assert "No cost can be attributed: at the time of the review" in words


@pytest.mark.parametrize(("per_year", "verdict"), [(16, "agrees"), (15, "truncated"), (17, "differs"), (14, "differs")])
def test_a_statement_agrees_rounds_or_differs(per_year: int, verdict: str) -> None:
    statement = CostStatement(
        who="A county",
        per_day=43_000,
        per_year=per_year * 1_000_000,
        rounded_to=1_000_000,
        source="its letter",
        is_attributable=True,
        reason="it took part.",
    )
    [check] = measure_survey(make_rows(), replace(SURVEY, statements=(statement,))).statements
    assert check.verdict == verdict
    assert "The cost can result from what was asked about: it took part." in " ".join(describe_statement(check))


def test_everything_that_is_wrong_with_the_rows_is_said_at_once() -> None:
    with pytest.raises(AuditError) as refused:
        measure_survey(make_rows([*ROWS, ROWS[0], ("G", "many", None)]), replace(SURVEY, population=3))
    text = str(refused.value)
    assert "1 row with an answer that is not declared" in text
    assert "1 row for a respondent who has one" in text
    assert "more than the 3 that could have been drawn" in text
