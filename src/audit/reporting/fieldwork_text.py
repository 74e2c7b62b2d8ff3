"""The words of fieldwork: which offices were visited, what that stands for, and how far statements are corroborated."""

from collections.abc import Iterator

from audit.analysis.fieldwork import FieldworkResult
from audit.formatting import format_count, format_list, format_plural
from audit.reporting.record import KeyFigure

PRIOR_AUDIT = "prior audit"  # kind of document


def format_fieldwork_headline(result: FieldworkResult, *, office: str) -> str:
    """How many offices were visited, and how many statements are corroborated."""
    return f"{result.title}: {describe_visits(result, office=office)} {describe_corroboration(result)}".strip()


def make_fieldwork_figure(result: FieldworkResult, *, office: str) -> KeyFigure:
    """The figure of the fieldwork that a reader should leave with."""
    return KeyFigure(
        value=f"{format_count(len(result.offices_visited))} of {format_count(result.offices)}",
        label=f"{format_plural(2, office).split(' ', 1)[1]} visited",
        detail="chosen at random"
        if result.selection == "at random"
        else "not chosen at random: nothing is projected"
        if result.selection == "not at random"
        else "how they were chosen is not stated: nothing is projected",
    )


def describe_visits(result: FieldworkResult, *, office: str) -> str:
    """The coverage of offices in one sentence, and that statements are not projected."""
    visited = len(result.offices_visited)
    noun = format_plural(result.offices, office)
    if result.selection == "at random":
        return f"{format_count(visited)} of {noun} were visited, chosen at random."
    how = "not chosen at random" if result.selection == "not at random" else "and how they were chosen is not stated"
    return f"{format_count(visited)} of {noun} were visited, {how}: what was said there is not projected to others."


def describe_visited_offices(result: FieldworkResult) -> str:
    """Which offices were visited, and what of the interviews was not published."""
    missing = [
        f"the days of {format_count(result.undated)} of {format_plural(len(result.interviews), 'interview')}"
        if result.undated
        else "",
        f"the topics of {format_count(topics)}" if (topics := sum(not one.topic for one in result.interviews)) else "",
    ]
    gaps = format_list([one for one in missing if one])
    text = f"Visited: {format_list(result.offices_visited, most=100)}." if result.offices_visited else ""
    return f"{text} Not published: {gaps}.".strip() if gaps else text


def describe_corroboration(result: FieldworkResult) -> str:
    """How many statements something corroborates, and how many belong to a finding."""
    number = len(result.statements)
    if not number:
        return ""
    linked = sum(bool(one.finding) for one in result.statements)
    return (
        f"Of {format_plural(number, 'statement')} on which the report rests, {format_count(result.corroborated)} "
        f"{'is' if result.corroborated == 1 else 'are'} corroborated at least in part, and "
        f"{format_count(number - result.corroborated)} by nothing that was published; {format_count(linked)} "
        f"{'belongs' if linked == 1 else 'belong'} to a finding."
    )


def describe_documents(result: FieldworkResult) -> str:
    """How many documents were reviewed, and of how many the day or what they show was not published."""
    number = len(result.documents)
    if not number:
        return ""
    undated, silent = (sum(not getattr(one, name) for one in result.documents) for name in ("dated", "shows"))
    prior = sum(one.kind == PRIOR_AUDIT for one in result.documents)
    return (
        f"The register has {format_plural(number, 'entry')}, {format_count(prior)} of them on earlier audits. Not "
        f"published: the day of {format_count(undated)}, and what {format_count(silent)} "
        f"{'shows' if silent == 1 else 'show'}."
    )


def describe_fieldwork_method(result: FieldworkResult) -> Iterator[tuple[str, str]]:
    """How the fieldwork was summarized."""
    source = f" ({result.source})" if result.source else ""
    yield (
        f"{result.title}: what it stands for",
        f"Conducted {result.conducted}{source}. {result.selection_words} People are named by role. A statement is "
        "testimonial evidence: it is listed with the part of the report that rests on it, "
        "and with what corroborates it. Blank means that nothing published does, not that it is untrue. A document is "
        "listed with the place of the source that names it.",
    )
