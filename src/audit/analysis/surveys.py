"""What respondents answered: counts against those stated, and an interval only where they were drawn at random."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.programs.analyses import CostStatement, SelectionKind, Survey
from audit.statistics.intervals import hypergeometric_limits

SURVEY_LEVEL: Final = "0.95"
DAYS_OF_YEAR: Final = 365
AGREES, TRUNCATED, DIFFERS = "agrees", "truncated", "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """How many gave one answer. Limits are of the share of all respondents that could have been drawn."""

    value: str
    words: str
    respondents: int
    has_amount: bool
    with_amount: int  # of those, who could state one
    amount: float | None  # their sum, in dollars
    stated: int | None
    stated_percent: int | None
    lower: float | None  # None where respondents were not drawn at random
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCheck:
    """A statement on costs, with its yearly amount computed from its daily one."""

    statement: CostStatement
    computed: int  # dollars a year
    rounded: int  # that, rounded half up as the statement is
    verdict: str  # agrees, truncated, differs


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyResult:
    """A survey, counted."""

    name: str
    title: str
    unit: tuple[str, str]
    question: str
    conducted: str
    selection: SelectionKind
    selection_words: str
    population: int | None
    source: str
    synthetic: str
    asked: int | None  # None where it is not known how many were asked
    answered: int
    answers: tuple[AnswerCount, ...]
    statements: tuple[StatementCheck, ...]


def measure_survey(rows: pl.LazyFrame, survey: Survey) -> SurveyResult:
    """What respondents answered.

    Exact limits for a sample from a finite population (hypergeometric), and only where respondents were drawn at
    random: any others stand for themselves alone. AuditError (DATA) where an answer is none of the declared ones, or a
    respondent stands twice.
    """
    given = rows.select(
        respondent=pl.col(survey.respondent).cast(pl.String),
        answer=pl.col(survey.answer).cast(pl.String),
        amount=pl.col(survey.amount).cast(pl.Float64),
    ).collect()
    _refuse_wrong_rows(given, survey)
    answered = given.filter(pl.col("answer").is_not_null())
    return SurveyResult(
        name=survey.name,
        title=survey.title,
        unit=survey.unit,
        question=survey.question,
        conducted=survey.conducted,
        selection=survey.selection,
        selection_words=survey.selection_words,
        population=survey.population,
        source=survey.source,
        synthetic=survey.synthetic,
        asked=given.height if survey.has_every_asked else None,
        answered=answered.height,
        answers=tuple(_count_answers(answered, survey)),
        statements=tuple(_check_statement(one) for one in survey.statements),
    )


def _refuse_wrong_rows(given: pl.DataFrame, survey: Survey) -> None:
    known = [one.value for one in survey.answers]
    problems = []
    if unknown := given.filter(~pl.col("answer").is_in(known)).height:
        what = f"{format_plural(unknown, 'row')} with an answer that is not declared"
        problems.append(Problem(what=what, mend="Name it in `answers`.", file=survey.table, column=survey.answer))
    if twice := given.height - given["respondent"].n_unique():
        what = f"{format_plural(twice, 'row')} for a respondent who has one"
        mend = "Give each one row."
        problems.append(Problem(what=what, mend=mend, file=survey.table, column=survey.respondent))
    if survey.population is not None and survey.population < given.height:
        what = (
            f"has {format_plural(given.height, 'row')}, more than the {survey.population:,} that could have been drawn"
        )
        problems.append(Problem(what=what, mend="Correct `population`.", file=survey.table))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def _count_answers(answered: pl.DataFrame, survey: Survey) -> Iterator[AnswerCount]:
    for one in survey.answers:
        own = answered.filter(answer=one.value)
        amounts = own["amount"].drop_nulls()
        lower, upper = _find_limits(own.height, answered.height, survey)
        yield AnswerCount(
            value=one.value,
            words=one.words,
            respondents=own.height,
            has_amount=one.has_amount,
            with_amount=amounts.len(),
            amount=float(amounts.sum()) if amounts.len() else None,
            stated=one.stated,
            stated_percent=one.stated_percent,
            lower=lower,
            upper=upper,
        )


def _find_limits(part: int, whole: int, survey: Survey) -> tuple[float | None, float | None]:
    """Exact limits of a share, or none: those who were not drawn at random stand for nobody else."""
    if survey.selection != "at random" or survey.population is None or not whole:
        return None, None
    lower, upper = hypergeometric_limits(part, whole, survey.population, SURVEY_LEVEL)
    return float(lower) / survey.population, float(upper) / survey.population


def _check_statement(statement: CostStatement) -> StatementCheck:
    computed, step = statement.per_day * DAYS_OF_YEAR, statement.rounded_to
    rounded = (computed + step // 2) // step * step
    verdict = AGREES if statement.per_year == rounded else TRUNCATED
    if statement.per_year not in (rounded, computed // step * step):
        verdict = DIFFERS
    return StatementCheck(statement=statement, computed=computed, rounded=rounded, verdict=verdict)
