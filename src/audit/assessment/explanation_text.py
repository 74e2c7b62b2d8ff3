"""An explanation in words: a paragraph to read, and tables to check it by."""

from collections.abc import Iterator, Sequence

from audit.assessment.counterfactuals import gathered
from audit.assessment.explain import Explanation
from audit.formatting import day, listed, plain, plural

Table = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]  # title, header, rows


def paragraph(found: Explanation) -> str:
    """The explanation in a few sentences."""
    return plain(" ".join([_verdict(found), *_reason(found), *_remedy(found)]))


def tables(found: Explanation) -> list[Table]:
    """The explanation in tables: rules, facts, tables looked over, rows, terms, and what would change the outcome."""
    in_force = [one for one in found.asked if one.version]
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
    without = f"; {plural(n, 'other')} not in force that day" if (n := len(found.asked) - len(in_force)) else ""
    facts = [(fact.name, fact.value, fact.table or "–", fact.row or "–") for fact in found.seen.facts]
    lookups = [
        (one.table, f"{one.rows:,}", "yes" if one.complete else "not known", one.complete_when or "always")
        for one in found.seen.lookups
    ]
    rows = [
        (
            row.table,
            row.row,
            "; ".join(f"{name}: {value}" for name, value in row.shows),
            ", ".join([*row.counts_for, *(f"perhaps {name}" for name in row.may_count_for)]) or row.why_not,
        )
        for row in found.seen.rows
    ]
    terms = [(fact.name, fact.means, fact.citation) for fact in found.seen.facts if fact.means]
    made: list[Table] = [
        (f"Rules, in the order asked{without}", ("rule", "version", "answer", "verdict", "", "title"), rules),
        ("Facts", ("fact", "value", "table", "row"), facts),
        ("Tables looked over", ("table", "rows", "holds every row", "if"), lookups),
        ("Rows of the case there", ("table", "row", "shows", "counts for"), rows),
        ("Terms", ("term", "means", "citation"), terms),
        ("What would change it", ("fact", "if it were", "outcome"), gathered(found.changes)),
        ("Also determined", ("attribute", "outcome"), [(name, said.replace("_", " ")) for name, said in found.others]),
    ]
    return [(title, header, [tuple(map(plain, row)) for row in rows]) for title, header, rows in made if rows]


def _verdict(found: Explanation) -> str:
    what = f"{found.attribute.capitalize()} of {found.unit} {found.case}: {found.outcome.replace('_', ' ')}"
    one = found.deciding
    failed = one and (one.met is False or not one.expects)
    critical = "critical" if failed and found.severity == "critical" else ""
    details = ", ".join(filter(None, [found.case_class, critical]))
    return f"{what} ({details})." if details else f"{what}."


def _reason(found: Explanation) -> Iterator[str]:
    one = found.deciding or next((asked for asked in found.asked if asked.answer == "unknown"), None)
    if one is None:
        none_stood = all(asked.answer == "not in force" for asked in found.asked)
        yield "No rule was in force on its day." if none_stood else "No rule in force on its day speaks to it."
        return
    rule = f"the rule “{one.title}”"
    if one.answer == "applies":
        yield f"The rule “{one.title}” speaks to it, as {one.when}."
        met = {True: "and that is so", False: "and that is not so", None: "and that cannot be told"}[one.met]
        yield f"It expects {one.expects}, {met}." if one.expects else ""
    elif one.decides:
        yield f"Whether {rule} speaks to it cannot be told, and need not be: the others give the same verdict."
    else:
        others = sum(asked.answer == "unknown" for asked in found.asked) - 1
        more = f", nor of {plural(others, 'other')}" if others else ""
        yield f"Whether {rule} speaks to it cannot be told{more}."
    dated = f"the case is dated {day(one.on)}" if one.on else "the case has no date"
    yield f"It stands in {one.version}, in force {one.in_force}; {dated}."
    unchecked = " (not checked against the document itself)" if one.unverified else ""
    yield f"{one.document}, {one.section}: “{one.quote}”{unchecked}."


def _remedy(found: Explanation) -> Iterator[str]:
    """What is missing, and what would change the outcome."""
    if found.needed:
        yield f"What is missing: {listed(found.needed, most=9)}."
    subjects = list(dict.fromkeys(subject for change in found.changes for subject in change.subjects))
    yield (
        f"What would change it: {listed(subjects, most=5)}." if subjects else "Nothing that was tried would change it."
    )
    if found.known_later == found.outcome:
        yield "What was recorded later does not change it."
    elif found.known_later:
        yield f"With what was recorded later it would be {found.known_later.replace('_', ' ')}."
