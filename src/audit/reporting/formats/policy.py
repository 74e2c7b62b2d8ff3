"""The policy of a day, or of every day, as text, as JSON, or as one page of HTML that needs nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import fill

from markupsafe import Markup, escape

from audit.formatting import day, plain, plural
from audit.policy.in_force import days, in_force, version_on
from audit.policy.rules import OUTCOMES, Document, Policy, Rule, Term, Version
from audit.reporting.formats.templates import environment, security, style

SCHEMA = "audit-policy/1"
WIDTH = 110
# A rule is a card of what it says; its words stand beside their names, and a quotation under its version.
STYLE = Markup(
    ".rule { border-top: 1px solid var(--hair); padding-top: .25rem; margin-bottom: 1.5rem; } "
    ".rule h3 { margin-top: 1rem; } .rule dl.pairs { margin: .75rem 0; } "
    "dt:target, .rule:target { background: var(--tint); } dl.terms dt { color: var(--ink); }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One rule and its versions that are shown."""

    rule: Rule
    versions: tuple[Version, ...]
    perhaps: bool  # whether nobody knows if it was in force that day


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A policy as it is shown: of one day, or, without a day, of all."""

    title: str
    on: date | None
    attributes: tuple[tuple[str, tuple[Stated, ...]], ...]
    documents: tuple[Document, ...]  # those in force, or perhaps in force, on the day
    others: tuple[Document, ...]
    terms: tuple[Term, ...]  # those that the shown rules use
    unverified: tuple[str, ...]  # what of this nobody has checked against its source

    def headline(self) -> str:
        """How much policy there is, in a sentence."""
        rules = plural(sum(len(rules) for _, rules in self.attributes), "rule")
        documents = plural(len(self.documents), "document")
        if self.on is None:
            return f"{rules} under {documents}, of every date."
        return f"{rules} and {documents} in force on {day(self.on)}."


def shown(policy: Policy, *, title: str, on: date | None) -> Shown:
    """What there is to show of a policy on a day, or of every day."""
    stated = [one for rule in policy.rules if (one := _stated(rule, on))]
    order = [name for name in OUTCOMES if any(one.rule.attribute == name for one in stated)]
    standing = [on is None or in_force(document.in_force, on) is not False for document in policy.documents.values()]
    documents = tuple(zip(policy.documents.values(), standing, strict=True))
    versions = [(one, version) for one in stated for version in one.versions]
    cited = {version.under for _, version in versions}
    unchecked = [f"{one.rule.id} under {version.under}" for one, version in versions if version.citation.unverified]
    return Shown(
        title=title,
        on=on,
        attributes=tuple((name, tuple(one for one in stated if one.rule.attribute == name)) for name in order),
        documents=tuple(document for document, stands in documents if stands),
        others=tuple(document for document, stands in documents if not stands),
        terms=tuple(_terms(policy, versions=[version for _, version in versions])),
        unverified=(*(d.id for d, stands in documents if d.unverified and (stands or d.id in cited)), *unchecked),
    )


def as_text(found: Shown) -> str:
    """The policy to read at a prompt or in a file."""
    return "\n".join([plain(found.title), found.headline(), "", *_lines(found)])


def as_json(found: Shown) -> str:
    """Everything, for machines."""
    rules = [
        {**asdict(one.rule), "versions": [asdict(version) for version in one.versions], "perhaps": one.perhaps}
        for _, stated in found.attributes
        for one in stated
    ]
    whole = {
        "schema": SCHEMA,
        "title": found.title,
        "on": found.on,
        "documents": [asdict(document) for document in found.documents],
        "rules": rules,
        "terms": [asdict(term) for term in found.terms],
        "unverified": found.unverified,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n"


def as_html(found: Shown) -> str:
    """A page that needs nothing else, its fonts and style inside it: the same text for the same policy and day."""
    templates = environment()
    names = {term.name for term in found.terms}
    templates.filters |= {
        "days": days,
        "linked": lambda text: _linked(text, names),
        "words": _worded,
        "verdict": verdict,
    }
    worn = style(templates) + STYLE
    page = templates.get_template("policy.html.jinja")
    documents = {document.id: document for document in (*found.documents, *found.others)}
    return page.render(found=found, documents=documents, style=worn, policy=security(style=worn))


FORMATS: dict[str, Callable[[Shown], str]] = {"text": as_text, "json": as_json, "html": as_html}


def _stated(rule: Rule, on: date | None) -> Stated | None:
    if on is None:
        return Stated(rule=rule, versions=rule.versions, perhaps=False)
    version, holds = version_on(rule, on)
    return Stated(rule=rule, versions=(version,), perhaps=holds is None) if version else None


def _lines(found: Shown) -> Iterator[str]:
    for name, rules in found.attributes:
        yield _headed(name.capitalize())
        for n, one in enumerate(rules, start=1):
            yield plain(f"{n}. {one.rule.title} ({one.rule.id})")
            yield from _rule_lines(one)
            yield ""
    yield _headed("Terms")
    for term in found.terms:
        yield _indented(term.name, f"{term.means}  [{term.citation}]")
    for title, documents in (("Documents", found.documents), ("Not in force that day", found.others)):
        if documents:
            yield "\n" + _headed(title)
            yield from (_indented(d.id, f"{d.title}. In force {days(d.in_force)}. {d.source}.") for d in documents)
    if found.unverified:
        yield "\n" + fill(plain(f"Not checked against the documents themselves: {'; '.join(found.unverified)}."), WIDTH)


def _headed(title: str) -> str:
    return f"{title}\n{'-' * len(title)}\n"


def _rule_lines(one: Stated) -> Iterator[str]:
    rule, before = one.rule, None
    if one.perhaps:
        yield _indented("", "nobody knows whether it was in force that day")
    for version in one.versions:
        if (version.when, version.expects) != before:
            yield _indented("where", version.when)
            yield from [_indented("expects", version.expects)] * bool(version.expects)
        before = version.when, version.expects
        cited = version.citation
        unchecked = " (not checked against the document itself)" if cited.unverified else ""
        yield _indented(version.under, f"{cited.section}, {days(version.in_force)}: “{cited.quote}”{unchecked}")
    yield _indented("verdict", verdict(rule))


def verdict(rule: Rule) -> str:
    """What a rule concludes, in words."""
    otherwise = f"; if not as expected, {_worded(rule.otherwise)}" if any(v.expects for v in rule.versions) else ""
    severity = f" ({rule.severity})" if rule.severity != "ordinary" else ""
    return f"{_worded(rule.verdict)}{otherwise}{severity}; class: {rule.case_class}"


def _indented(name: str, text: str) -> str:
    return fill(
        plain(text), WIDTH, initial_indent=f"   {name:<12} ", subsequent_indent=" " * 16, break_on_hyphens=False
    )


def _worded(outcome: str) -> str:
    return outcome.replace("_", " ")


def _terms(policy: Policy, versions: list[Version]) -> Iterator[Term]:
    """The terms that the conditions use, and those that these use, as the policy lists them."""
    used: set[str] = set()
    texts = [text for version in versions for text in (version.when, version.expects)]
    while texts:
        new = {name for name in _words(texts.pop()) if name in policy.terms} - used
        used |= new
        texts += [policy.terms[name].means for name in new]
    yield from (term for name, term in policy.terms.items() if name in used)


def _words(text: str) -> list[str]:
    """The names in a condition; what it quotes is none."""
    return re.findall(r"\w+", re.sub(r"'[^']*'", "", text))


def _linked(text: str, terms: set[str]) -> Markup:
    """A condition whose terms lead to what they mean."""
    parts = re.split(r"('[^']*'|\w+)", text)
    return Markup("").join(
        Markup('<a href="#term-{0}">{0}</a>').format(part) if part in terms else escape(part) for part in parts
    )
