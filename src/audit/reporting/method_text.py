"""The method of a report in words: what was counted, how offices and months compare, how the sample was audited."""

from collections.abc import Iterator, Sequence
from datetime import date

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult
from audit.compliance.trends import BASELINE_MONTHS, Trend, pool_sparse_months
from audit.estimation.results import SIZE_METHODS, SampleResult
from audit.formatting import (
    add_article,
    capitalize,
    format_count,
    format_day,
    format_list,
    format_percent,
    format_plural,
)
from audit.programs.declaration import Program
from audit.reporting.attribute_text import get_attribute_words
from audit.reporting.plan_text import describe_plan_difference
from audit.statistics.offices.overdispersion import MINIMUM_OFFICES
from audit.tables.table import ControlTotals

TICKET_METHODS = ("random", "cluster", "two-stage", "sequential Poisson")  # by the smallest tickets


def describe_report_method(
    program: Program,
    as_of: date | None,
    measures: Sequence[MeasureResult],
    inputs: Sequence[ControlTotals],
    *,
    trends: Sequence[Trend],
) -> Iterator[tuple[str, str]]:
    """Heading and paragraph of each part of the method, as the numbers have it."""
    one, many = program.unit
    aside = describe_rows_set_aside(inputs)
    yield (
        "What was counted",
        f"Every one of the {many} of the period{' that could be read' if aside else ''}, by {program.office}; none was "
        f"sampled, so these rates carry no sampling error. {many.capitalize()} received equal {many} excluded by a "
        f"stated reason plus {many} counted. "
        + (f"Set aside, because not as declared, and in no count: {aside}, of whatever period. " if aside else "")
        + (f"Records entered by {format_day(as_of)} were looked at." if as_of else "The table carries no date."),
    )
    graces = sorted({grace for measure in program.census.measures for grace in measure.grace_days})
    if any(need.entered for measure in program.census.measures for need in measure.needs):
        allowed = format_list([format_plural(grace, "day") for grace in graces], most=len(graces))
        note = {1: "", 2: "; both are shown"}.get(len(graces), "; all are shown")
        yield (
            "In time, late, pending",
            f"A {one} complies when every required record is on file and was entered within the days allowed "
            f"({allowed}{note}). What was entered later is late; what is not there while days remain is pending and "
            "in no rate. The bounds show the rate if all pending and withheld records failed and if all passed.",
        )
    if any(len(measure.offices) > 1 for measure in measures):
        yield "Offices compared", _describe_office_limits(program, measures)
    yield from _describe_month_limits(program, trends)


def _describe_office_limits(program: Program, measures: Sequence[MeasureResult]) -> str:
    """The limits that offices are held against, as the measures have them."""
    one = add_article(program.office)
    widened = any(measure.spread for measure in measures)
    few = any(office.flag == "too few" for measure in measures for office in measure.offices)
    sentences = [
        "Offices are held against limits around the rate of all offices, 95% and 99.8%: where chance alone would put "
        f"{one} of the same size if all had one rate (exact binomial; Spiegelhalter 2005, Statistics in "
        "Medicine 24:1185).",
        f"Where {MINIMUM_OFFICES} or more offices differ as a whole by more than chance, these limits are widened for "
        "their ordinary spread: the dispersion is the mean squared departure on the arcsine scale, its extreme tenths "
        "drawn in, and what it leaves over is a variance between offices (DerSimonian and Laird 1986; Spiegelhalter "
        "2005, Quality and Safety in Health Care 14:347)."
        if widened
        else "",
        f"Only {one} outside the 99.8% limits is marked as below or above.",
        f"{capitalize(one)} with fewer than {MINIMUM_CASES_FOR_RATE} {program.unit[1]} due has counts and no rate."
        if few
        else "",
        "The comparison shows difference, not cause.",
    ]
    return " ".join(filter(None, sentences))


def _describe_month_limits(program: Program, trends: Sequence[Trend]) -> Iterator[tuple[str, str]]:
    """The limits that months are held against, where some office has them."""
    trends = [pool_sparse_months(trend) for trend in trends]  # as the figure shows them
    limited = [trend for trend in trends if any(one.centre is not None for one in trend.offices)]
    if limited:
        spans = format_list(sorted({f"{trend.period}s" for trend in limited}), most=2)
        under = " under the duty" if any(trend.outside_duty for trend in trends) else ""
        yield (
            "Months compared",
            f"The {spans} of {add_article(program.office)} are held against limits that its own first "
            f"{BASELINE_MONTHS} {spans} with a rate{under} set, and that stay as they are when later ones come: those "
            "of a p′ chart (Laney 2002, Quality Engineering 14:531), nowhere narrower than chance allows exactly "
            "(hypergeometric; Thatcher 1964, Journal of the Royal Statistical Society B 26:176). One outside both "
            "is marked; that does not say why.",
        )


def describe_sampling(program: Program, audit: SampleResult) -> Iterator[tuple[str, str]]:
    """Heading and paragraph of each part of the method of a sample audit: the draw, the assessment, the estimate."""
    yield "How the sample was drawn", " ".join(describe_draw(audit))
    dated = (
        [name.replace("_", " ") for name, rows in program.cases.children.items() if rows.recorded]
        if program.cases
        else []
    )
    recorded_note = (
        f"Of {format_list(dated, most=len(dated))}, only what was recorded by that day counts. " if dated else ""
    )
    yield (
        "How cases were assessed",
        "Each case was put to dated, cited rules, under the version in force on the day of the case. "
        f"{recorded_note}The {'rest of the ' if dated else ''}file was read as it stood on {format_day(audit.as_of)}. "
        "A fact that is missing is unknown, never taken as compliance: a case is decided when every possibility leads "
        "to the same outcome, and is otherwise undeterminable, with the fields that would decide it.",
    )
    yield "How rates and limits were computed", " ".join(describe_estimation(audit))


def describe_draw(audit: SampleResult) -> Iterator[str]:
    """How the sample was drawn, in sentences: its method, its plan, and when the frame and the seed were fixed."""
    design = audit.design
    cases = f"{format_plural(audit.drawn, 'case')} of {format_count(audit.frame)}"
    strata = f" in {format_plural(design.strata, 'stratum', 'strata')} by {design.stratum}" if design.strata > 1 else ""
    apart = " of each stratum" if strata else ""
    clusters = format_plural(design.clusters, "cluster")
    match design.method:
        case "random":
            kind = "A stratified random sample" if strata else "A simple random sample"
            yield f"{kind} of {cases}{strata}, without replacement."
            yield f"The cases with the smallest tickets{apart} are drawn."
        case "systematic":
            yield (
                f"A systematic sample of {cases}{strata}: one case in every so many{apart}, in the order of their "
                "keys, from a random start."
            )
        case "cluster":
            yield f"A sample of {clusters} by {design.cluster}{strata}, with every case of each: {cases}."
        case "two-stage":
            each = format_plural(design.each or 0, "case")
            yield f"A sample in two stages: {clusters} by {design.cluster}{strata}, and of each up to {each}: {cases}."
        case "sequential Poisson":
            yield (
                f"A sample of {cases}{strata} with chances in proportion to {design.measure} (sequential Poisson "
                "sampling; Ohlsson 1998)."
            )
        case "fixed interval":
            yield (
                f"A sample by units of {design.measure}{strata}, one in every interval from a random start: {cases}."
            )
        case _:
            yield f"A sample by units of {design.measure}{strata}, one at random in every interval: {cases}."
    if design.method in TICKET_METHODS:
        yield "A ticket is the SHA-256 of the seed, a bar and the key."
    else:
        yield "The random numbers are made from the seed by SHA-256."
    if design.replaced:
        yield f"A spare stands for {format_plural(design.replaced, 'case')} that could not be reviewed."
    if design.size is not None and design.declared is not None and design.size != design.declared:
        yield describe_plan_difference(design.size, design.method, declared=design.declared)
    if design.frame_fixed and design.seed_chosen:
        yield (
            f"By the manifest the digest of the frame was fixed on {format_day(design.frame_fixed.date())} and the "
            f"seed chosen on {format_day(design.seed_chosen.date())}."
        )
    yield "Who holds the frame can draw the sample again; the manifest states how, step by step."


def describe_estimation(audit: SampleResult) -> Iterator[str]:
    """How the rates and their limits were computed, in sentences: by the methods that the estimates name."""
    overall, words = audit.overall, get_attribute_words(audit.attribute)
    level = format_percent(overall.level, places=0 if round(overall.level * 1000) % 10 == 0 else 1)
    among = "among those that could be assessed"
    if audit.treatment != "exclude":
        counted = words.deviating if audit.treatment == "error" else words.conforming
        among = f"among all to which a rule applies; those that could not be determined count as {counted}"
    yield f"Rates are of the cases that were {words.phrase}, {among}."
    if audit.design.weighted:
        yield "Each case weighs as much as the cases of the frame that it stands for."
    if audit.design.method in SIZE_METHODS:
        yield f"They are shares of cases; no amount of {audit.design.measure} is estimated."
    yield f"Limits are two-sided, {level}. Of all cases: {overall.method_words}."
    if others := sorted({one.method_words for one in audit.classes if one.method != overall.method}):
        yield f"Of a class, whose number in the frame is not known: {'; '.join(others)}."
    yield "Sources: " + (
        "hypergeometric limits: Buonaccorsi 1987, Wang 2015; binomial limits: Clopper and Pearson 1934."
        if audit.design.method == "random"
        else "linearised variance: Särndal, Swensson & Wretman 1992; its limits: Korn and Graubard 1998."
    )
    if overall.undeterminable:
        yield (
            "The bounds put the undeterminable cases back, and for a class those that may belong to it: all "
            f"{words.deviating}, all {words.conforming} (Manski 1989)."
        )
    if overall.outside:
        yield "Cases to which no rule applies are in no rate; how many the frame has of them is not known."
    if overall.permitted:
        yield "An action that the policy permits and does not require counts as consistent and is shown apart."


def describe_rows_set_aside(inputs: Sequence[ControlTotals]) -> str:
    """The rows that could not be read as declared, by table; empty where there are none."""
    return format_list(
        [f"{format_plural(t.rows_set_aside, 'row')} of {t.table}" for t in inputs if t.rows_set_aside], most=100
    )
