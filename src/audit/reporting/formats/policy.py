"""The policy of a day, or of every day, as text, as JSON, or as one page of HTML that needs nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import fill

from markupsafe import Markup, escape

from audit.formatting import format_day, format_plural, make_plain_text
from audit.policy.in_force import describe_intervals, find_version, is_in_force
from audit.policy.rules import OUTCOMES_BY_ATTRIBUTE, Document, Policy, Rule, Term, Version
from audit.reporting.formats.templates import render_page

SCHEMA = "audit-policy/1"
LINE_WIDTH = 110
# A rule is a card of what it says; its words stand beside their names, and a quotation under its version.
POLICY_STYLE = Markup(
    ".rule { border-top: 1px solid var(--hair); padding-top: .25rem; margin-bottom: 1.5rem; } "
    ".rule h3 { margin-top: 1rem; } .rule dl.pairs { margin: .75rem 0; } "
    "dt:target, .rule:target { background: var(--tint); } dl.terms dt { color: var(--ink); }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersions:
    """One rule and its versions that are shown."""

    rule: Rule
    versions: tuple[Version, ...]
    perhaps: bool  # whether nobody knows if it was in force that day


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy as it is shown: of one day, or, without a day, of all."""

    title: str
    on: date | None
    attributes: tuple[tuple[str, tuple[RuleVersions, ...]], ...]
    documents: tuple[Document, ...]  # those in force, or perhaps in force, on the day
    others: tuple[Document, ...]
    terms: tuple[Term, ...]  # those that the shown rules use
    unverified: tuple[str, ...]  # what of this nobody has checked against its source

    def format_headline(self) -> str:
        """How much policy there is, in a sentence."""
        rules = format_plural(sum(len(rules) for _, rules in self.attributes), "rule")
        documents = format_plural(len(self.documents), "document")
        if self.on is None:
            return f"{rules} under {documents}, of every date."
        return f"{rules} and {documents} in force on {format_day(self.on)}."


def build_policy_view(policy: Policy, *, title: str, on: date | None) -> PolicyView:
    """What there is to show of a policy on a day, or of every day."""
    rules = [one for rule in policy.rules if (one := _select_versions(rule, on))]
    order = [name for name in OUTCOMES_BY_ATTRIBUTE if any(one.rule.attribute == name for one in rules)]
    flags = [on is None or is_in_force(document.in_force, on) is not False for document in policy.documents.values()]
    documents = tuple(zip(policy.documents.values(), flags, strict=True))
    versions = [(one, version) for one in rules for version in one.versions]
    cited = {version.under for _, version in versions}
    unchecked = [f"{one.rule.id} under {version.under}" for one, version in versions if version.citation.unverified]
    return PolicyView(
        title=title,
        on=on,
        attributes=tuple((name, tuple(one for one in rules if one.rule.attribute == name)) for name in order),
        documents=tuple(document for document, is_current in documents if is_current),
        others=tuple(document for document, stands in documents if not stands),
        terms=tuple(_list_terms(policy, versions=[version for _, version in versions])),
        unverified=(*(d.id for d, stands in documents if d.unverified and (stands or d.id in cited)), *unchecked),
    )


def format_policy_text(view: PolicyView) -> str:
    """The policy to read at a prompt or in a file."""
    return "\n".join([make_plain_text(view.title), view.format_headline(), "", *_format_lines(view)])


def format_policy_json(view: PolicyView) -> str:
    """Everything, for machines."""
    rules = [
        {**asdict(one.rule), "versions": [asdict(version) for version in one.versions], "perhaps": one.perhaps}
        for _, group in view.attributes
        for one in group
    ]
    whole = {
        "schema": SCHEMA,
        "title": view.title,
        "on": view.on,
        "documents": [asdict(document) for document in view.documents],
        "rules": rules,
        "terms": [asdict(term) for term in view.terms],
        "unverified": view.unverified,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n"


def format_policy_html(view: PolicyView) -> str:
    """A page that needs nothing else, its fonts and style inside it: the same text for the same policy and day."""
    names = {term.name for term in view.terms}
    return render_page(
        "policy.html.jinja",
        style=POLICY_STYLE,
        scripted=False,
        view=view,
        documents={document.id: document for document in (*view.documents, *view.others)},
        describe_intervals=describe_intervals,
        describe_verdict=describe_verdict,
        format_outcome=_format_outcome,
        link_terms=lambda text: _link_terms(text, names),
    ).decode()


FORMATS: dict[str, Callable[[PolicyView], str]] = {
    "text": format_policy_text,
    "json": format_policy_json,
    "html": format_policy_html,
}


def _select_versions(rule: Rule, on: date | None) -> RuleVersions | None:
    if on is None:
        return RuleVersions(rule=rule, versions=rule.versions, perhaps=False)
    version, is_current = find_version(rule, on)
    return RuleVersions(rule=rule, versions=(version,), perhaps=is_current is None) if version else None


def _format_lines(view: PolicyView) -> Iterator[str]:
    for name, rules in view.attributes:
        yield _format_heading(name.capitalize())
        for n, one in enumerate(rules, start=1):
            yield make_plain_text(f"{n}. {one.rule.title} ({one.rule.id})")
            yield from _format_rule(one)
            yield ""
    yield _format_heading("Terms")
    for term in view.terms:
        yield _format_entry(term.name, f"{term.means}  [{term.citation}]")
    for title, documents in (("Documents", view.documents), ("Not in force that day", view.others)):
        if documents:
            yield "\n" + _format_heading(title)
            yield from (
                _format_entry(d.id, f"{d.title}. In force {describe_intervals(d.in_force)}. {d.source}.")
                for d in documents
            )
    if view.unverified:
        yield "\n" + fill(
            make_plain_text(f"Not checked against the documents themselves: {'; '.join(view.unverified)}."), LINE_WIDTH
        )


def _format_heading(title: str) -> str:
    return f"{title}\n{'-' * len(title)}\n"


def _format_rule(one: RuleVersions) -> Iterator[str]:
    rule, before = one.rule, None
    if one.perhaps:
        yield _format_entry("", "nobody knows whether it was in force that day")
    for version in one.versions:
        if (version.when, version.expects) != before:
            yield _format_entry("where", version.when)
            yield from [_format_entry("expects", version.expects)] * bool(version.expects)
        before = version.when, version.expects
        cited = version.citation
        unchecked = " (not checked against the document itself)" if cited.unverified else ""
        yield _format_entry(
            version.under, f"{cited.place}, {describe_intervals(version.in_force)}: “{cited.quote}”{unchecked}"
        )
    yield _format_entry("verdict", describe_verdict(rule))


def describe_verdict(rule: Rule) -> str:
    """What a rule concludes, in words."""
    otherwise = (
        f"; if not as expected, {_format_outcome(rule.otherwise)}" if any(v.expects for v in rule.versions) else ""
    )
    severity = f" ({rule.severity})" if rule.severity != "ordinary" else ""
    return f"{_format_outcome(rule.verdict)}{otherwise}{severity}; class: {rule.case_class}"


def _format_entry(name: str, text: str) -> str:
    return fill(
        make_plain_text(text),
        LINE_WIDTH,
        initial_indent=f"   {name:<12} ",
        subsequent_indent=" " * 16,
        break_on_hyphens=False,
    )


def _format_outcome(outcome: str) -> str:
    return outcome.replace("_", " ")


def _list_terms(policy: Policy, versions: list[Version]) -> Iterator[Term]:
    """The terms that the conditions use, and those that these use, as the policy lists them."""
    used: set[str] = set()
    texts = [text for version in versions for text in (version.when, version.expects)]
    while texts:
        new = {name for name in _find_names(texts.pop()) if name in policy.terms} - used
        used |= new
        texts += [policy.terms[name].means for name in new]
    yield from (term for name, term in policy.terms.items() if name in used)


def _find_names(text: str) -> list[str]:
    """The names in a condition; what it quotes is none."""
    return re.findall(r"\w+", re.sub(r"'[^']*'", "", text))


def _link_terms(text: str, terms: set[str]) -> Markup:
    """A condition whose terms lead to what they mean."""
    parts = re.split(r"('[^']*'|\w+)", text)
    return Markup("").join(
        Markup('<a href="#term-{0}">{0}</a>').format(part) if part in terms else escape(part) for part in parts
    )
