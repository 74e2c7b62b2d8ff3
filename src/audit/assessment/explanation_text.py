"""An explanation in words: a paragraph to read, and tables to check it by."""

from collections.abc import Iterator, Sequence

from audit.assessment.counterfactuals import group_counterfactuals
from audit.assessment.explain import Explanation
from audit.formatting import format_day, format_list, format_plural, make_plain_text

TextTable = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]  # title, header, rows


def describe_explanation(explanation: Explanation) -> str:
    """The explanation in a few sentences."""
    return make_plain_text(
        " ".join([_describe_verdict(explanation), *_describe_reason(explanation), *_describe_remedy(explanation)])
    )


def tabulate_explanation(explanation: Explanation) -> list[TextTable]:
    """The explanation in tables: rules, facts, tables looked over, rows, terms, and what would change the outcome."""
    in_force = [one for one in explanation.asked if one.version]
    rules = [
        (
            one.rule,
            one.version,
            one.answer,
            one.outcome.replace("_", " ") or "–",
            "decides" if one.decides else "",
            one.title,
        )
        for one in in_force
    ]
    without = (
        f"; {format_plural(n, 'other')} not in force that day" if (n := len(explanation.asked) - len(in_force)) else ""
    )
    facts = [(fact.name, fact.value, fact.table or "–", fact.row or "–") for fact in explanation.seen.facts]
    lookups = [
        (one.table, f"{one.rows:,}", "yes" if one.complete else "not known", one.complete_when or "always")
        for one in explanation.seen.lookups
    ]
    rows = [
        (
            row.table,
            row.row,
            "; ".join(f"{name}: {value}" for name, value in row.shows),
            ", ".join([*row.counts_for, *(f"perhaps {name}" for name in row.may_count_for)]) or row.why_not,
        )
        for row in explanation.seen.rows
    ]
    terms = [(fact.name, fact.means, fact.citation) for fact in explanation.seen.facts if fact.means]
    made: list[TextTable] = [
        (f"Rules, in the order asked{without}", ("rule", "version", "answer", "verdict", "", "title"), rules),
        ("Facts", ("fact", "value", "table", "row"), facts),
        ("Tables looked over", ("table", "rows", "holds every row", "if"), lookups),
        ("Rows of the case there", ("table", "row", "shows", "counts for"), rows),
        ("Terms", ("term", "means", "citation"), terms),
        ("What would change it", ("fact", "if it were", "outcome"), group_counterfactuals(explanation.changes)),
        (
            "Also determined",
            ("attribute", "outcome"),
            [(name, said.replace("_", " ")) for name, said in explanation.others],
        ),
    ]
    return [(title, header, [tuple(map(make_plain_text, row)) for row in rows]) for title, header, rows in made if rows]


def _describe_verdict(explanation: Explanation) -> str:
    what = (
        f"{explanation.attribute.capitalize()} of {explanation.unit} {explanation.case}: "
        f"{explanation.outcome.replace('_', ' ')}"
    )
    one = explanation.deciding_rule
    failed = one and (one.met is False or not one.expects)
    critical = "critical" if failed and explanation.severity == "critical" else ""
    details = ", ".join(filter(None, [explanation.case_class, critical]))
    return f"{what} ({details})." if details else f"{what}."


def _describe_reason(explanation: Explanation) -> Iterator[str]:
    one = explanation.deciding_rule
    if one is None:
        yield from _describe_open_rules(explanation)
        return
    yield f"The rule “{one.title}” speaks to it, as {one.when}."
    met = {True: "and that is so", False: "and that is not so", None: "and that cannot be told"}[one.met]
    yield f"It expects {one.expects}, {met}." if one.expects else ""
    dated = f"the case is dated {format_day(one.on)}" if one.on else "the case has no date"
    yield f"It stands in {one.version}, in force {one.in_force}; {dated}."
    unchecked = " (not checked against the document itself)" if one.unverified else ""
    yield f"{one.document}, {one.section}: “{one.quote}”{unchecked}."


def _describe_open_rules(explanation: Explanation) -> Iterator[str]:
    """Why no one rule decides the case: none speaks to it, or several could."""
    titles = {answer.rule: f"“{answer.title}”" for answer in explanation.asked}
    could = [titles[rule] for rule in explanation.candidates if rule in titles]
    rules = f"the rule{'s' if len(could) > 1 else ''} {format_list(could, most=len(could) or 1)}"
    for contradiction in explanation.contradictions:
        says = "a row" if contradiction.asserts else "no row"
        values = format_list([*contradiction.asserts, *contradiction.denies], most=9)
        table = f"{contradiction.table} with {contradiction.column} {values}"
        yield f"Its records contradict each other: {contradiction.when} speaks of {says} of {table}, which is not so."
    if not could:
        if all(asked.answer == "not in force" for asked in explanation.asked):
            yield "No rule was in force on its day."
        elif explanation.outcome != "undeterminable":
            yield "No rule in force on its day speaks to it."
    elif explanation.case_class:
        yield f"Which rule decides it cannot be told, and need not be: {rules} give the same verdict."
    else:
        yield f"Which rule decides it cannot be told: {rules} could."
        for answer in explanation.asked:
            if f"the day {answer.version} came into force" in explanation.needed:
                yield f"The rule “{answer.title}” stands in {answer.version}, in force {answer.in_force}."


def _describe_remedy(explanation: Explanation) -> Iterator[str]:
    """What is missing, and what would change the outcome."""
    if explanation.needed:
        yield f"What is missing: {format_list(explanation.needed, most=9)}."
    subjects = list(dict.fromkeys(subject for change in explanation.changes for subject in change.subjects))
    yield (
        f"What would change it: {format_list(subjects, most=5)}."
        if subjects
        else "Nothing that was tried would change it."
    )
    if explanation.known_later == explanation.outcome:
        yield "What was recorded later does not change it."
    elif explanation.known_later:
        yield f"With what was recorded later it would be {explanation.known_later.replace('_', ' ')}."
