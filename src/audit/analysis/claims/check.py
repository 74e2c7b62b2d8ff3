"""The claims of a text, each with its line, what the facts make of it, and a verdict."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from audit.analysis.claims.facts import FIELDWORK_END, ReferenceFact, format_quantity
from audit.analysis.claims.misprints import find_misprint, may_be_misprint
from audit.analysis.claims.numbers import Quantity, find_quantities
from audit.analysis.claims.passages import Passage, Sentence, list_stems, split_sentences, stem_word
from audit.analysis.claims.shares import StatedShare, find_shares
from audit.analysis.claims.verdicts import UNDISPUTED, ClaimVerdict, compare_quantity, compare_values
from audit.analysis.claims.wordings import find_conflicting_wordings
from audit.formatting import format_day

WORDS_AFTER, WORDS_BEFORE = 8, 5  # within which a noun belongs to a number
QUOTE = 100  # characters of a quotation
LONE_NUMBER = 1_000  # a smaller one that stands alone is of a page or a note
SCALE_NUMBERS = 4  # so many that are most words of their sentence are those of a figure
MONTH_NAMES = [f"{date(2000, month, 1):%B}" for month in range(1, 13)]
_MONTH = "|".join(MONTH_NAMES)
DAY = re.compile(
    rf"(?P<as_of>\bas (?:of|known on) )?(?:(?P<month>{_MONTH}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})|"
    rf"\b(?P<day2>\d{{1,2}}) (?P<month2>{_MONTH}) (?P<year2>\d{{4}})|\b(?P<iso>\d{{4}}-\d\d-\d\d)\b)",
    re.IGNORECASE,
)
PLURAL = re.compile(r"\s+(?:[a-z-]+ed |[A-Z]?[a-z]+ ){0,2}?(?P<noun>[a-z]{3,}s)\b")  # after a number
_RANK = (ClaimVerdict.AGREES, ClaimVerdict.ROUNDS, ClaimVerdict.TRUNCATED)


@dataclass(frozen=True, slots=True)
class Claim:
    """One number of a text, or one fact that the text does not state."""

    quote: str
    line: int | None  # None of a fact that the text does not state
    number: str
    recomputed: str
    verdict: ClaimVerdict
    facts: tuple[str, ...] = ()
    source: str = ""

    @property
    def is_disputed(self) -> bool:
        """Whether the text is to be corrected."""
        return self.verdict not in UNDISPUTED


@dataclass(frozen=True, slots=True)
class CheckedClaims:
    """What was found of a text: its claims in order, then the facts that it does not state."""

    claims: tuple[Claim, ...]

    @property
    def disputed(self) -> tuple[Claim, ...]:
        """The claims to be corrected."""
        return tuple(claim for claim in self.claims if claim.is_disputed)

    def count_verdicts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        counts = {verdict: sum(claim.verdict == verdict for claim in self.claims) for verdict in ClaimVerdict}
        return {str(verdict): count for verdict, count in counts.items() if count}


@dataclass(slots=True)
class _Mention:
    """A number of a sentence as it is judged."""

    quantity: Quantity
    sentence: Sentence
    strong: list[tuple[ReferenceFact, ClaimVerdict]] = field(default_factory=list)
    by_value: list[tuple[ReferenceFact, ClaimVerdict]] = field(default_factory=list)
    share: StatedShare | None = None
    in_share: bool = False
    claim: Claim | None = None

    def conclude(self, verdict: ClaimVerdict, recomputed: str = "", facts: Iterable[ReferenceFact] = ()) -> None:
        """Keep what was found."""
        facts = tuple(facts)
        self.claim = Claim(
            quote_number(self.sentence, self.quantity.start, self.quantity.end),
            self.sentence.find_line(self.quantity.start),
            self.quantity.text,
            recomputed,
            verdict,
            tuple(fact.id for fact in facts),
            "; ".join(dict.fromkeys(fact.source for fact in facts if fact.source)),
        )


def check_claims(passages: Iterable[Passage], facts: Sequence[ReferenceFact]) -> CheckedClaims:
    """Compare every number of a text with the facts."""
    sentences = list(split_sentences(passages))
    plain = [fact for fact in facts if fact.unit not in ("date", "names")]
    claims: list[Claim] = []
    mentions: list[_Mention] = []
    for sentence in sentences:
        found = judge_sentence(sentence, plain)
        mentions += found
        claims += check_days(sentence, facts)
    _conclude_misprints(mentions, plain)
    claims += (mention.claim for mention in mentions if mention.claim)
    conflicts = find_conflicting_wordings([(one.quantity, one.sentence) for one in mentions])
    for places, wordings in conflicts:
        for place in places:
            claim = mentions[place].claim
            if claim and not claim.is_disputed:
                claims[claims.index(claim)] = replace(claim, verdict=ClaimVerdict.CONFLICTING, recomputed=wordings)
    claims += check_names(sentences, facts)
    claims.sort(key=lambda claim: claim.line or 0)
    stated = {name for claim in claims for name in claim.facts}
    claims += list_unstated_facts(plain, stated)
    return CheckedClaims(tuple(claims))


def judge_sentence(sentence: Sentence, facts: Sequence[ReferenceFact]) -> list[_Mention]:
    """The numbers of a sentence with what the facts make of them."""
    quantities = find_quantities(sentence.text)
    is_scale = _is_scale(sentence, quantities)  # the axis of a figure
    if len(quantities) == len(sentence.words) == 1 and quantities[0].value < LONE_NUMBER:
        return []  # of a page or a note
    mentions = [_Mention(quantity, sentence) for quantity in quantities]
    named = list_named_facts(sentence, facts)
    for mention in mentions:
        for fact in facts:
            is_named = fact in named
            verdict = compare_quantity(mention.quantity, fact, named=is_named)
            if verdict and not (is_scale and verdict != ClaimVerdict.AGREES):
                (mention.strong if is_named else mention.by_value).append((fact, verdict))
    for share in find_shares(sentence, quantities):
        mentions[share.percent].share = share
        for place in (share.percent, share.part, share.whole):
            mentions[place].in_share = True
    for mention in mentions:
        _judge_share(mention, quantities)
    taken = {id(fact) for mention in mentions for fact, _ in mention.strong}
    contradicted = _attribute_facts([fact for fact in named if id(fact) not in taken], mentions)
    for place, mention in enumerate(mentions):
        if mention.claim is None:
            _judge_mention(mention, facts, named, contradicted.get(place))
    return [one for one in mentions if one.claim]


def _conclude_misprints(mentions: Sequence[_Mention], facts: Sequence[ReferenceFact]) -> None:
    """Numbers that no fact gave so far, where a fact that their sentence names has no other number."""
    stated = {name for mention in mentions if mention.claim for name in mention.claim.facts}
    values = {mention.quantity.value for mention in mentions if mention.strong}
    by_sentence: dict[int, list[_Mention]] = {}
    for mention in mentions:
        by_sentence.setdefault(id(mention.sentence), []).append(mention)
    for group in by_sentence.values():
        given = {name for mention in group if mention.claim for name in mention.claim.facts}
        for fact in list_named_facts(group[0].sentence, facts):
            unexplained = [one for one in group if one.claim and one.claim.verdict == ClaimVerdict.CANNOT_BE_CHECKED]
            candidates = [one.quantity for one in unexplained if not one.in_share or one.share is None]
            if fact.id in given or not candidates:
                continue
            found = find_misprint(fact, candidates, is_stated=fact.id in stated, siblings=values)
            for mention in unexplained:
                if mention.quantity is found:
                    mention.conclude(ClaimVerdict.DOES_NOT_ADD_UP, fact.describe_value(), [fact])


def list_named_facts(sentence: Sentence, facts: Sequence[ReferenceFact]) -> list[ReferenceFact]:
    """The facts one of whose nouns has all its words in a sentence or its headings."""
    stems = {stem for _, stem in sentence.words} | {stem for text in sentence.headings for stem in list_stems(text)}
    return [fact for fact in facts if any(stems.issuperset(noun) for noun in fact.stems)]


def _is_scale(sentence: Sentence, quantities: Sequence[Quantity]) -> bool:
    return len(quantities) >= SCALE_NUMBERS and 2 * len(quantities) >= len(sentence.words)


def _judge_share(mention: _Mention, quantities: Sequence[Quantity]) -> None:
    """A percentage against the part and the whole that the sentence states."""
    if mention.share is None:
        return
    part, whole = quantities[mention.share.part], quantities[mention.share.whole]
    share = mention.share.compute(quantities)
    quantity = mention.quantity
    verdict = compare_values(quantity.value, share, step=quantity.step, qualifier=quantity.qualifier, named=False)
    recomputed = f"{part.text} / {whole.text} = {format_quantity(share, 'percent')}"
    facts = [fact for fact, _ in mention.strong]
    if verdict:
        mention.conclude(verdict, recomputed, facts)
    elif mention.share.is_sure and not compare_values(100 - quantity.value, share, step=quantity.step):
        mention.conclude(ClaimVerdict.DOES_NOT_ADD_UP, recomputed, facts)


def _judge_mention(
    mention: _Mention,
    facts: Sequence[ReferenceFact],
    named: Sequence[ReferenceFact],
    contradicted: ReferenceFact | None,
) -> None:
    """A number against the facts that the sentence names, and against those of the same value."""
    quantity = mention.quantity
    if mention.strong:
        _conclude_strong(mention, facts)
    elif mention.by_value and quantity.is_distinctive:
        facts_of_value = [fact for fact, _ in mention.by_value]
        other = _find_other_noun(mention, facts_of_value, named)
        best = min((verdict for _, verdict in mention.by_value), key=_RANK.index)
        listed = dict.fromkeys(f"{one.describe_value()} {''.join(one.nouns[:1])}".strip() for one in facts_of_value)
        verdict = ClaimVerdict.OTHER_NOUN if other else ClaimVerdict.CANNOT_BE_CHECKED if best == _RANK[2] else best
        mention.conclude(verdict, "; ".join(listed), facts_of_value)
    elif contradicted is not None:
        mention.conclude(ClaimVerdict.DOES_NOT_ADD_UP, contradicted.describe_value(), [contradicted])
    elif unpublished := [one for one in named if one.value is None and one.unit == quantity.unit]:
        mention.conclude(ClaimVerdict.CANNOT_BE_CHECKED, "not published", unpublished)
    elif not quantity.is_weak:
        mention.conclude(ClaimVerdict.CANNOT_BE_CHECKED)


def _conclude_strong(mention: _Mention, facts: Sequence[ReferenceFact]) -> None:
    """A number that agrees with facts that its sentence names; another source or day may say otherwise."""
    best = min((verdict for _, verdict in mention.strong), key=_RANK.index)
    agreeing = [fact for fact, verdict in mention.strong if verdict == best]
    first = agreeing[0]
    otherwise = [
        fact
        for fact in facts
        if fact.nouns == first.nouns != ()
        and fact.unit == first.unit
        and fact.as_of == first.as_of
        and fact.source != first.source
        and compare_quantity(mention.quantity, fact, named=True) is None
        and fact.value is not None
    ]
    days = {day for _, day in find_as_of_days(mention.sentence.text)}
    if otherwise:
        listed = [*agreeing, *otherwise]
        recomputed = "; ".join(f"{fact.describe_value()} ({fact.source or 'no source'})" for fact in listed)
        mention.conclude(ClaimVerdict.SOURCES_DIFFER, recomputed, listed)
    elif len(days) == 1 and first.as_of and all(fact.as_of not in days for fact in agreeing):
        mention.conclude(ClaimVerdict.OTHER_DAY, f"as of {format_day(first.as_of)}", agreeing)
    else:
        recomputed = "; ".join(dict.fromkeys(fact.describe_value() for fact in agreeing))
        mention.conclude(best, recomputed, agreeing)


def _find_other_noun(mention: _Mention, facts: Sequence[ReferenceFact], named: Sequence[ReferenceFact]) -> str | None:
    """The noun of a number whose value is that of facts with another noun; None where it has no noun of its own."""
    phrase = _list_words_after(mention)
    own = {stem for fact in facts for noun in fact.stems for stem in noun}
    if not all(fact.stems for fact in facts) or own & {stem for _, stem in mention.sentence.words}:
        return None
    for fact in named:
        if any(set(noun) <= set(phrase) for noun in fact.stems) and fact not in facts:
            return fact.nouns[0]
    plural = PLURAL.match(mention.sentence.text[mention.quantity.end :])
    return plural["noun"] if plural and stem_word(plural["noun"]) not in own else None


def _list_words_after(mention: _Mention) -> list[str]:
    """The stems that follow a number, up to the end of its phrase."""
    text, end = mention.sentence.text, mention.quantity.end
    stop = re.search(r"[,;:.()]|\b(?:and|to|who|which|that|were|was|are|is|had|have|did)\b", text[end:])
    limit = end + stop.start() if stop else len(text)
    return [stem for place, stem in mention.sentence.words if end <= place < limit][:WORDS_AFTER]


def _attribute_facts(facts: Sequence[ReferenceFact], mentions: Sequence[_Mention]) -> dict[int, ReferenceFact]:
    """The facts that a sentence names and no number of it gives, by the place of the number that should."""
    attributed: dict[int, ReferenceFact] = {}
    for fact in facts:
        enough = 2 if fact.unit in ("count", "percent") else 1  # one word is too little to know a count by
        nouns = [noun for noun in fact.stems if len(noun) >= enough]
        if fact.value is None or not nouns:
            continue
        near = [
            (distance, place)
            for place, mention in enumerate(mentions)
            if mention.quantity.unit == fact.unit and not mention.strong and not mention.quantity.is_weak
            if mention.claim is None and not (mention.by_value and mention.quantity.is_distinctive)
            for distance in [_measure_distance(mention, nouns)]
            if distance is not None and may_be_misprint(mention.quantity.value, fact.value)
        ]
        if not near:
            continue
        place = min(near)[1]
        value = mentions[place].quantity.value
        rival = attributed.get(place)
        if rival is None or abs(fact.value - value) < abs((rival.value or 0) - value):
            attributed[place] = fact
    return attributed


def _measure_distance(mention: _Mention, nouns: Sequence[Sequence[str]]) -> int | None:
    """How many words lie between a number and a noun that belongs to it; None where none is near enough."""
    quantity, words = mention.quantity, mention.sentence.words
    after = _list_words_after(mention)
    before = [stem for place, stem in reversed(words) if place < quantity.start][:WORDS_BEFORE]
    headings = {stem for text in mention.sentence.headings for stem in list_stems(text)}
    distances = []
    for noun in nouns:
        if set(noun) <= {*after, *before, *headings} and set(noun) & {*after, *headings}:
            distances.append(min((after.index(stem) for stem in noun if stem in after), default=0))
    return min(distances, default=None)


def find_days(text: str) -> Iterator[tuple[re.Match[str], date]]:
    """Every day of a sentence, as "30 September 2011", "September 30, 2011" or "2011-09-30"."""
    for match in DAY.finditer(text):
        try:
            if match["iso"]:
                yield match, date.fromisoformat(match["iso"])
                continue
            month = MONTH_NAMES.index((match["month"] or match["month2"]).capitalize()) + 1
            yield match, date(int(match["year"] or match["year2"]), month, int(match["day"] or match["day2"]))
        except ValueError:
            continue


def find_as_of_days(text: str) -> Iterator[tuple[re.Match[str], date]]:
    """Every "as of 30 September 2011" of a sentence, with its day."""
    return ((match, day) for match, day in find_days(text) if match["as_of"])


def check_days(sentence: Sentence, facts: Sequence[ReferenceFact]) -> Iterator[Claim]:
    """The as-of days of a sentence against the end of the fieldwork; its other days against the facts it names."""
    days = list(find_days(sentence.text))
    stems = {stem for _, stem in sentence.words}
    for fact in facts:
        if fact.day is None:
            continue
        if fact.id == FIELDWORK_END:
            for match, day in days:
                if match["as_of"]:
                    verdict = ClaimVerdict.AFTER_FIELDWORK if day > fact.day else ClaimVerdict.AGREES
                    yield _make_day_claim(sentence, match, fact, verdict, f"fieldwork ended {format_day(fact.day)}")
        elif any(set(noun) <= stems for noun in fact.stems):
            equal = [match for match, day in days if day == fact.day]
            verdict = ClaimVerdict.AGREES if equal else ClaimVerdict.DOES_NOT_ADD_UP
            if equal or len(days) == 1:
                yield _make_day_claim(sentence, equal[0] if equal else days[0][0], fact, verdict, format_day(fact.day))


def _make_day_claim(
    sentence: Sentence, match: re.Match[str], fact: ReferenceFact, verdict: ClaimVerdict, recomputed: str
) -> Claim:
    quote = quote_number(sentence, match.start(), match.end())
    line = sentence.find_line(match.start())
    return Claim(quote, line, match[0].strip(), recomputed, verdict, (fact.id,), fact.source)


def check_names(sentences: Sequence[Sentence], facts: Sequence[ReferenceFact]) -> Iterator[Claim]:
    """Lists of names: the facts of unit names, whose noun lists them."""
    for fact in facts:
        if fact.unit != "names":
            continue
        best, names = max(
            ((sentence, [name for name in fact.nouns if name in sentence.text]) for sentence in sentences),
            key=lambda one: len(one[1]),
            default=(None, []),
        )
        if best is None or 2 * len(names) < len(fact.nouns):
            continue
        complete = len(names) == len(fact.nouns) == fact.value
        place = min(best.text.find(name) for name in names)
        quote, line = quote_number(best, place, place + len(names[0])), best.find_line(place)
        verdict = ClaimVerdict.AGREES if complete else ClaimVerdict.DOES_NOT_ADD_UP
        yield Claim(quote, line, "; ".join(names), f"{len(names)} names", verdict, (fact.id,), fact.source)


def list_unstated_facts(facts: Sequence[ReferenceFact], stated: set[str]) -> Iterator[Claim]:
    """The facts that a text could have stated, and does not."""
    for fact in facts:
        if fact.id not in stated and fact.value is not None and fact.nouns:
            yield Claim("", None, "", fact.describe_value(), ClaimVerdict.NOT_STATED, (fact.id,), fact.source)


def quote_number(sentence: Sentence, start: int, end: int) -> str:
    """The words around a number."""
    room = max(0, QUOTE - (end - start)) // 2
    left, right = max(0, start - room), min(len(sentence.text), end + room)
    text = sentence.text[left:right]
    if left:
        text = text.partition(" ")[2] if " " in sentence.text[left:start] else text
    if right < len(sentence.text) and " " in sentence.text[end:right]:
        text = text.rpartition(" ")[0]
    return text.strip()
