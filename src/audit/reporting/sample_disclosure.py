"""What of a sample audit is for the public: no small number is in it, and none can be worked out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.attributes import AttributeResult, GroupResult
from audit.estimation.rates import Estimate
from audit.estimation.repeated_persons import RepeatedPersons
from audit.estimation.results import Cell, SampleResult
from audit.estimation.undecided_cases import DecisiveRecords
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT, WithheldTable
from audit.reporting.disclosure import has_small_count, is_small_count
from audit.reporting.withholding_costs import count_withheld

_COUNTS = ("reviewed", "conforming", "permitted", "deviating", "undeterminable")


def suppress_small_sample_counts(audit: SampleResult, least: int = MINIMUM_PUBLISHED_COUNT) -> SampleResult:
    """The sample audit by its totals, with each of its tables that has no small count.

    AuditError (USAGE) where one of its totals is small: then there is nothing to publish.
    """
    if _has_small_total(audit, least):
        what = f"a total of the sample is from 1 to {least - 1}, so there is no public edition of it"
        raise AuditError(Problem(what=what, mend="Leave out --audience public."), code=ExitCode.USAGE)
    whole = has_small_count((cell.cases for cell in audit.cells), least) or _has_small_count(audit.classes, least)
    deciders = (*(rule.cases for rule in audit.rules), audit.decided_alike, audit.decided_by_people)
    few_decided = whole or has_small_count(deciders, least)
    return replace(
        audit,
        cells=tuple(_sum_outcomes(audit)) if whole else audit.cells,
        classes=() if whole else audit.classes,
        groups=tuple(_suppress_groups(audit.groups, least)),
        attributes=tuple(_suppress_attributes(audit.attributes, least)),
        decisive=tuple(_select_decisive_records(audit, least)),
        offices=() if _has_small_count(audit.offices, least) else audit.offices,
        standings=() if _has_small_count(audit.offices, least) else audit.standings,
        documentation=()
        if has_small_count((cell.cases for cell in audit.documentation), least)
        else audit.documentation,
        exclusions=() if has_small_count((n for _, n in audit.exclusions), least) else audit.exclusions,
        needed=tuple((name, n) for name, n in audit.needed if not is_small_count(n, least)),
        later=() if has_small_count((n for *_, n in audit.later), least) else audit.later,
        rules=tuple(replace(rule, cases=None) for rule in audit.rules) if few_decided else audit.rules,
        decided_alike=None if few_decided else audit.decided_alike,
        decided_by_people=None if few_decided else audit.decided_by_people,
        reviewed_by_people=None if is_small_count(audit.reviewed_by_people, least) else audit.reviewed_by_people,
    )


def suppress_small_person_counts(persons: RepeatedPersons | None, least: int) -> RepeatedPersons | None:
    """The persons who stand in the frame and the sample more than once; None where a number of them is small.

    The rate with each counted once is withheld: beside that of all cases it may tell of a few.
    """
    if persons is None:
        return None
    sides = (persons.in_frame, persons.in_sample)
    counts = [n for side in sides for n in (side.unknown, side.repeated, side.persons, side.cases - side.persons)]
    counts += [persons.with_others, persons.in_sample.cases - persons.with_others]
    return None if has_small_count(counts, least) else replace(persons, once=None)


def _has_small_total(audit: SampleResult, least: int) -> bool:
    overall = audit.overall
    totals = (
        overall.conforming - overall.permitted,
        overall.permitted,
        overall.deviating,
        overall.undeterminable,
        audit.drawn - overall.assessed - overall.undeterminable,
        audit.universe - audit.frame,
        audit.frame - audit.drawn,
    )
    return has_small_count(totals, least)


def _select_decisive_records(audit: SampleResult, least: int) -> Iterator[DecisiveRecords]:
    """The sets of records of which neither the cases, nor those between two sets or left after one, are few."""
    told = 0
    for one in audit.decisive:
        if not has_small_count((one.cases - told, audit.overall.undeterminable - one.cases), least):
            told = one.cases
            yield one


def _suppress_groups(groups: Sequence[GroupResult], least: int) -> Iterator[GroupResult]:
    """Every group, or none where one has a small count: the others would tell it. So with the classes of each."""
    if not _has_small_count([group.estimate for group in groups], least):
        for group in groups:
            yield replace(group, classes=()) if _has_small_count(group.classes, least) else group


def _suppress_attributes(attributes: Sequence[AttributeResult], least: int) -> Iterator[AttributeResult]:
    """The attributes without a small count in any outcome; rules that a few cases deviate from are not told."""
    for one in attributes:
        if not has_small_count((cases for _, cases in one.outcomes), least):
            few = has_small_count((deviation.cases for deviation in one.deviations), least)
            yield replace(one, deviations=() if few else one.deviations)


def _has_small_count(estimates: Sequence[Estimate], least: int) -> bool:
    return has_small_count((getattr(one, name) for one in estimates for name in _COUNTS), least)


def _sum_outcomes(audit: SampleResult) -> Iterator[Cell]:
    """The cells added up by outcome."""
    for outcome in dict.fromkeys(cell.outcome for cell in audit.cells):
        cases = sum(cell.cases for cell in audit.cells if cell.outcome == outcome)
        yield Cell(outcome=outcome, case_class="", cases=cases, words="All classes of case")


def list_sample_costs(before: SampleResult, after: SampleResult, least: int) -> Iterator[WithheldTable]:
    """What each table of the sample does not tell to the public, of that which it was made from."""
    tables = {
        "sampled cases by outcome and class": (before.cells, [cell for cell in after.cells if cell in before.cells]),
        "sampled cases by class": (before.classes, after.classes),
        "sampled cases by group": (before.groups, after.groups),
        "sampled cases by attribute": (before.attributes, after.attributes),
        "sampled cases by office": (before.offices, after.offices),
        "documentation of the sampled cases": (before.documentation, after.documentation),
        "exclusions from the frame": (before.exclusions, after.exclusions),
        "records that would settle the most cases": (before.decisive, after.decisive),
        "fields that would decide a case": (before.needed, after.needed),
        "outcomes as known later": (before.later, after.later),
        "cases by rule": (before.rules, after.rules),
    }
    for name, (rows, told) in tables.items():
        yield count_withheld(name, least, rows, told)
