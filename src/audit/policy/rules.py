"""The policy in force: dated, cited rules, each with its examples, and the terms they are written in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import pairwise

from audit.errors import AuditError, ExitCode, Problem
from audit.policy.compiled_condition import Condition
from audit.policy.compiler import ConditionSet, compile_value
from audit.policy.documents import Citation as Citation
from audit.policy.documents import DateInterval as DateInterval
from audit.policy.documents import Document as Document
from audit.policy.documents import Reading as Reading
from audit.policy.documents import Term as Term
from audit.policy.vocabulary import Vocabulary

OUTCOMES_BY_ATTRIBUTE = {
    "consistency": ("consistent", "permitted", "inconsistent", "judgement_required", "undeterminable"),
    "documentation": ("complete", "partial", "none"),  # how complete the file is
    "recording": ("consistent", "inconsistent", "undeterminable"),  # whether the duty to document was met
    "timeliness": ("timely", "untimely", "undeterminable"),
    "lifting": ("consistent", "inconsistent", "undeterminable"),  # an action taken back, judged apart from the action
}
CONFORMING_OUTCOMES = ("consistent", "permitted", "complete", "timely")  # what a rate counts as it should be
DEVIATING_OUTCOMES = ("inconsistent", "partial", "none", "untimely")
SEVERITIES = ("ordinary", "critical")
UNDECIDED_OUTCOMES = ("undeterminable", "not_applicable", "no_rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A rule as one document states it. What a version leaves out is taken from its rule."""

    under: str  # id of the document
    citation: Citation  # where the document states the rule
    in_force: tuple[DateInterval, ...] = ()  # intervals of this version; the document's own if absent
    when: str = ""  # condition in this version; the rule's own if absent
    expects: str = ""  # expectation in this version; the rule's own if absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A made-up case and what the rule alone must say of it."""

    it: str  # what the example shows
    case: Mapping[str, object]  # column → value
    expect: str  # outcome that this rule alone must give
    rows: Mapping[str, tuple[Mapping[str, object], ...]] | None = None  # child table → rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: the cases it applies to, what it expects of them, and the verdict either way."""

    id: str  # short name, unique
    title: str  # the rule in one sentence
    attribute: str  # what the rule decides
    order: int  # rules of an attribute are tried in this order, `critical` ones first; the first that applies decides
    case_class: str  # class under which reports count the cases that this rule decides
    when: str = ""  # condition for the cases that the rule applies to
    expects: str = ""  # condition that such a case must meet; if absent, `when` alone gives the verdict
    verdict: str  # outcome if the expectation is met
    otherwise: str = "inconsistent"  # outcome if it is not met
    needs: str = ""  # what would decide the cases that the rule finds undeterminable; required of such a rule
    severity: str = "ordinary"  # `critical` for the gravest deviations, else `ordinary`
    dated_by: str = ""  # date column that decides which version applies; the program's if absent
    versions: tuple[Version, ...]  # one for each document that states the rule
    examples: tuple[Example, ...]  # made-up cases with the outcome that this rule alone must give
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)  # the line of each key in the file: `versions.0.when`

    def describe_place(self, *keys: str) -> str:
        """The file, and the line of the first of these keys that stands in it."""
        line = next((self.lines[key] for key in (*keys, "id") if key in self.lines), None)
        return f"{self.file}, line {line}" if line else self.file


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledVersion:
    """One version of one rule with its conditions, compiled."""

    rule: Rule
    version: Version
    when: Condition
    expects: Condition | None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What it asks: whether it applies, and whether the case is as it expects."""
        return (self.when, self.expects) if self.expects else (self.when,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All rules of an audit, in the order in which they are asked, with the documents and terms they rest on."""

    documents: Mapping[str, Document]
    terms: Mapping[str, Term]
    rules: tuple[Rule, ...]
    sha256: str
    conditions: ConditionSet = field(repr=False, compare=False)  # of every version, each compiled once
    readings: tuple[Reading, ...] = ()  # of criteria whose words leave open what they mean

    def compile_versions(self) -> tuple[CompiledVersion, ...]:
        """Every version of every rule, in order, with its compiled conditions."""
        return tuple(
            CompiledVersion(
                rule=rule,
                version=version,
                when=self.conditions.compile(version.when, place=rule.file),
                expects=self.conditions.compile(version.expects, place=rule.file) if version.expects else None,
            )
            for rule in self.rules
            for version in rule.versions
        )

    def remove_reading(self, reading: Reading) -> "Policy":
        """The policy without one of its readings: its term means something else, or its rule's cases are open."""
        readings = tuple(one for one in self.readings if one.id != reading.id)
        if reading.rule:
            rules = tuple(_open_rule(rule, reading) if rule.id == reading.rule else rule for rule in self.rules)
            return replace(self, rules=rules, readings=readings)
        terms = {**self.terms, reading.term: replace(self.terms[reading.term], means=reading.otherwise)}
        conditions = self.conditions.replace_term(reading.term, reading.otherwise)
        return replace(self, terms=terms, readings=readings, conditions=conditions)

    def list_attributes(self) -> tuple[str, ...]:
        """The attributes that the rules decide, in the order of their first rule."""
        return tuple(dict.fromkeys(rule.attribute for rule in self.rules))

    def list_unverified(self) -> tuple[str, ...]:
        """Every document or citation that nobody has checked against its source."""
        documents = [f"{d.id}: {d.title}" for d in self.documents.values() if d.unverified]
        rules = [f"{r.id} under {v.under}" for r in self.rules for v in r.versions if v.citation.unverified]
        return (*documents, *rules)


def build_policy(
    documents: Iterable[Document],
    terms: Iterable[Term],
    rules: Iterable[Rule],
    *,
    vocabulary: Vocabulary,
    sha256: str,
    readings: Iterable[Reading] = (),
) -> Policy:
    """Put declared rules in force, each version completed from its rule and document.

    Rules stand in the order in which they are asked: of an attribute the critical ones first, so that no place in the
    order hides a graver rule. Raises AuditError (USAGE) with every problem at once: an unknown document, column or
    outcome, a rule without citation or examples, a report as a criterion, two versions of one rule in force on one day,
    one id or place twice, a reading of no term.
    """
    documents, terms, readings = tuple(documents), tuple(terms), tuple(readings)
    documents_by_id = {document.id: document for document in documents}
    words = {term.name: term for term in terms}
    vocabulary = replace(vocabulary, terms={name: term.means for name, term in words.items()})
    conditions = ConditionSet(vocabulary)
    enacted = tuple(
        sorted(
            (_complete_versions(rule, documents_by_id) for rule in rules),
            key=lambda rule: (rule.attribute, rule.severity != "critical", rule.order, rule.id),
        )
    )
    problems = [problem for rule in enacted for problem in _find_rule_problems(rule, documents_by_id, conditions)]
    problems += _find_order_clashes(enacted)
    problems += _find_duplicates("document", [document.id for document in documents], "documents.yaml")
    problems += _find_duplicates("term", [term.name for term in terms], "terms.yaml")
    problems += _find_duplicates("rule", [rule.id for rule in enacted], "policy")
    problems += _find_duplicates("reading", [reading.id for reading in readings], "readings.yaml")
    for term in terms:
        problems += _find_term_problems(term, vocabulary)
    for reading in readings:
        problems += _find_reading_problems(reading, vocabulary, enacted)
    for document in documents:
        if any((interval.since or date.min) > (interval.until or date.max) for interval in document.in_force):
            what = f"document {document.id} ends before it begins"
            problems.append(Problem(what=what, mend="Correct its days.", file="documents.yaml"))
    if problems:  # each once: versions share what their rule says
        raise AuditError(list(dict.fromkeys(problems)), code=ExitCode.USAGE)
    return Policy(
        documents=documents_by_id,
        terms=words,
        rules=enacted,
        sha256=sha256,
        conditions=conditions,
        readings=readings,
    )


def _open_rule(rule: Rule, reading: Reading) -> Rule:
    versions = tuple(replace(version, expects="") for version in rule.versions)
    return replace(rule, expects="", verdict="undeterminable", needs=reading.title, versions=versions)


def _complete_versions(rule: Rule, documents: Mapping[str, Document]) -> Rule:
    versions = tuple(
        replace(
            version,
            when=version.when or rule.when,
            expects=version.expects or rule.expects,
            in_force=version.in_force or (documents[version.under].in_force if version.under in documents else ()),
        )
        for version in rule.versions
    )
    return replace(rule, versions=versions)


def _find_rule_problems(rule: Rule, documents: Mapping[str, Document], conditions: ConditionSet) -> Iterator[Problem]:
    make_problem = partial(_make_rule_problem, rule)
    outcomes = OUTCOMES_BY_ATTRIBUTE.get(rule.attribute, ())
    if not outcomes:
        yield make_problem(
            f"serves the unknown attribute {rule.attribute}",
            f"Name one of {', '.join(OUTCOMES_BY_ATTRIBUTE)}.",
            "attribute",
        )
    verdicts = {"verdict": rule.verdict, **({"otherwise": rule.otherwise} if rule.expects else {})}
    for key, outcome in verdicts.items():
        if outcomes and outcome not in outcomes:
            yield make_problem(f"gives the unknown verdict {outcome}", f"Name one of {', '.join(outcomes)}.", key)
    if not rule.examples:
        mend = "Give one for each verdict it can reach: a made-up case and what is expected."
        yield make_problem("has no examples", mend, "examples")
    if "undeterminable" in verdicts.values() and not rule.needs.strip():
        mend = "Name under `needs` the fact that would decide such a case."
        yield make_problem("finds cases undeterminable and does not say what they need", mend, "needs", "verdict")
    if rule.severity not in SEVERITIES:
        yield make_problem(f"has the unknown severity {rule.severity}", "Name ordinary or critical.", "severity")
    for verdict in dict.fromkeys(verdicts.values()):
        if rule.examples and all(example.expect != verdict for example in rule.examples):
            yield make_problem(f"has no example of the verdict {verdict}", "Give one.", "examples")
    if not rule.versions:
        yield make_problem(
            "has no version", "Give at least one: the document it rests on and its citation.", "versions"
        )
    for n, version in enumerate(rule.versions):
        yield from _find_version_problems(rule, n, version, documents, conditions)
    ends = "Let one end before the other begins."
    yield from (
        make_problem(f"has two versions in force at once: {a.under} and {b.under}", ends, f"versions.{i}")
        for i, a in enumerate(rule.versions)
        for b in rule.versions[i + 1 :]
        if any(_has_overlap(one, other) for one in a.in_force for other in b.in_force)
    )


def _find_version_problems(
    rule: Rule, n: int, version: Version, documents: Mapping[str, Document], conditions: ConditionSet
) -> Iterator[Problem]:
    """What of one version of a rule does not hold: its document, its citation, its days, its conditions."""
    own = f"versions.{n}"
    if version.under not in documents:
        mend = f"Name one of {', '.join(documents)}."
        yield _make_rule_problem(rule, f"rests on the unknown document {version.under}", mend, f"{own}.under")
    elif documents[version.under].kind == "report":
        mend = "Cite the law, regulation or policy in force; name the report under `as_stated_in` if it restates it."
        yield _make_rule_problem(rule, f"takes the report {version.under} as its criterion", mend, f"{own}.under")
    if (source := version.citation.as_stated_in) and source not in documents:
        mend = f"Name one of {', '.join(documents)}."
        yield _make_rule_problem(rule, f"is stated in the unknown document {source}", mend, f"{own}.citation", own)
    if not version.citation.section.strip() or not version.citation.quote.strip():
        mend = "Give its section and quote its words."
        yield _make_rule_problem(rule, f"has no citation under {version.under}", mend, f"{own}.citation", own)
    if not version.in_force and version.under in documents:
        mend = "Give the document, or the version, its days."
        yield _make_rule_problem(rule, f"has no day on which {version.under} was in force", mend, own)
    if not version.when.strip():
        mend = "Say to which cases it speaks."
        yield _make_rule_problem(
            rule, f"does not say `when` it applies under {version.under}", mend, f"{own}.when", "when"
        )
    for key, text in (("when", version.when), ("expects", version.expects)):
        if text.strip():
            place = rule.describe_place(f"{own}.{key}", key)
            yield from _find_compile_problems(partial(conditions.compile, text, place=place))


def _make_rule_problem(rule: Rule, what: str, mend: str, *keys: str) -> Problem:
    return Problem(what=f"rule {rule.id} {what}", mend=mend, file=rule.describe_place(*keys))


def _find_compile_problems(compile_text: Callable[[], object]) -> Sequence[Problem]:
    try:
        compile_text()
    except AuditError as error:
        return error.problems
    return ()


def _has_overlap(one: DateInterval, other: DateInterval) -> bool:
    starts = max(one.since or date.min, other.since or date.min)
    return starts <= min(one.until or date.max, other.until or date.max)


def _find_duplicates(kind: str, names: Sequence[str], file: str) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(what=f"{kind} {name} is there twice", mend="Keep one, or give the other its own name.", file=file)


def _find_term_problems(term: Term, vocabulary: Vocabulary) -> Iterator[Problem]:
    if term.name in vocabulary.columns:
        mend = "Give the term a name of its own."
        yield Problem(what=f"term {term.name} bears the name of a column", mend=mend, file=term.file)
        return
    yield from _find_compile_problems(partial(compile_value, term.name, vocabulary, place=term.file))


def _find_reading_problems(reading: Reading, vocabulary: Vocabulary, rules: Iterable[Rule]) -> Iterator[Problem]:
    """A reading of no term and no rule, or one that says no more than the criterion."""
    if bool(reading.term) == bool(reading.rule) or bool(reading.term) != bool(reading.otherwise):
        mend = "Name a `term` and what it would mean `otherwise`, or a `rule`."
        yield Problem(what=f"reading {reading.id} changes nothing that can be told", mend=mend, file=reading.file)
    elif reading.rule and reading.rule not in {rule.id for rule in rules}:
        mend = "Name a rule of this policy."
        yield Problem(what=f"reading {reading.id} is of the unknown rule {reading.rule}", mend=mend, file=reading.file)
    elif reading.term and reading.term not in vocabulary.terms:
        mend = "Define the term in terms.yaml; the reading is what it means there."
        yield Problem(what=f"reading {reading.id} is of the unknown term {reading.term}", mend=mend, file=reading.file)
    elif reading.term:
        if vocabulary.terms[reading.term] == reading.otherwise:
            mend = "Give under `otherwise` what the term would mean without the reading."
            yield Problem(what=f"reading {reading.id} changes nothing", mend=mend, file=reading.file)
        without = replace(vocabulary, terms={**vocabulary.terms, reading.term: reading.otherwise})
        yield from _find_compile_problems(partial(compile_value, reading.term, without, place=reading.file))


def _find_order_clashes(rules: tuple[Rule, ...]) -> Iterator[Problem]:
    for one, other in pairwise(rules):
        if (one.attribute, one.order) == (other.attribute, other.order):
            yield Problem(
                what=f"rule {other.id} has the same place in the order as rule {one.id}: {one.order}",
                mend="Give each rule of an attribute its own place, or nobody can tell which decides.",
                file=other.describe_place("order"),
            )
