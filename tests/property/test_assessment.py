"""The vectorised assessment against a slow interpreter of one case at a time; and what must not change a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from audit import programs
from audit.assessment.case_file import gather_case_files
from audit.errors import AuditError
from audit.policy.evaluate import apply_policy
from audit.policy.rules import Citation, DateInterval, Document, Example, Policy, Rule, Version, build_policy
from audit.policy.vocabulary import ChildSchema, Vocabulary
from audit.policy.working_time import count_working_days, count_working_hours
from audit.storage.declarations import read_program
from tests.property import slow
from tests.property.worlds import (
    CHILDREN,
    COLUMNS,
    DATES,
    DAYS,
    FIRST,
    HOLIDAYS,
    LOOKED_AT,
    ON,
    VALUES,
    Facts,
    World,
    any_value,
    facts,
    frame,
    frames,
    made_up,
    worlds,
)

CASES = 150
# A failure names the case and the rules; to shrink them takes minutes.
QUICK = {"deadline": None, "phases": (Phase.explicit, Phase.reuse, Phase.generate)}
UNDECIDED = ("not_applicable", "no_rule")  # no verdict, and so nothing that a further fact could contradict
LATER = DATES[-1] + timedelta(days=1)  # after every decision

Rows = Mapping[str, Sequence[Facts]]
chances = st.integers(0, 2**32).map(Random)
blanks = st.sampled_from([0.0, 0.1, 0.4])


def determined(
    world: World,
    cases: Sequence[Facts],
    rows: Rows,
    *,
    as_known: Any = "then",
    policy: Policy | None = None,
    **how: bool,
) -> pl.DataFrame:
    return assessed(world, frame(cases, COLUMNS), frames(rows), as_known=as_known, policy=policy, **how)


def assessed(
    world: World,
    cases: pl.LazyFrame,
    children: Mapping[str, pl.LazyFrame],
    *,
    as_known: Any = "then",
    policy: Policy | None = None,
    engine: Any = "auto",
    explained: bool = True,
) -> pl.DataFrame:
    found = apply_policy(
        cases,
        children,
        policy or world.policy,
        key="id",
        dated_by="decided",
        as_known=as_known,
        explained=explained,
    )
    return found.sort("attribute", "id").collect(engine=engine)


def outcomes(found: pl.DataFrame) -> dict[tuple[str, str], str]:
    return {(key, attribute): outcome for key, attribute, outcome in found.select("id", "attribute", "outcome").rows()}


def one_by_one(world: World, cases: Sequence[Facts], rows: Rows, **known: str) -> dict[tuple[str, str], slow.Verdict]:
    return {
        (case["id"], attribute): slow.determine(as_slow(world, case, rows, **known), world.policy, attribute)
        for case in cases
        for attribute in world.policy.list_attributes()
    }


def as_slow(world: World, case: Facts, rows: Rows, **known: str) -> slow.Case:
    return slow.Case(facts=case, rows=rows, vocabulary=world.vocabulary, dated_by="decided", **known)


def file_of(case: Facts, rows: Rows) -> str:
    """A case and its own rows, to be read where a test fails."""
    own = [f"{child}: {row}" for child, on in ON.items() for row in rows[child] if row[on] == case[on] is not None]
    return "\n".join([f"{case}", *own])


def told(row: Mapping[str, Any]) -> slow.Verdict:
    needed = frozenset(row["needed"].split("; ")) if row["needed"] else frozenset()
    candidates = frozenset(row["candidates"].split("; ")) if row["candidates"] else frozenset()
    decided = (row["outcome"], row["class"], row["rule"], row["version"], row["sure"])
    return slow.Verdict(*decided, needed, candidates, row["severity"])


ALWAYS = Document(id="D", title="x", issuer="x", in_force=(DateInterval(),), source="x")


def one_rule(when: str) -> Rule:
    return Rule(
        id="rule",
        title="x",
        attribute="consistency",
        order=0,
        case_class="x",
        when=when,
        verdict="consistent",
        versions=(Version(under="D", citation=Citation(section="1", quote="x")),),
        examples=(Example(it="x", case={}, expect="consistent"),),
    )


FORMS = (
    "earliest(convictions, imposed where final) < met",
    "latest(convictions, imposed where final) < met",
    "earliest(convictions, imposed) = latest(convictions, imposed)",
    "earliest(actions, taken + interval '7' hour) > arrived",
    "count(convictions) - count(actions) >= 1",
    "count(actions) - count(convictions where final) between -1 and 1",
    "count(convictions where final) + count(actions) > 2",
    "-count(convictions) <= -2",
    "count(convictions) = count(actions)",
    "count(convictions) in (age, 1, share)",
    "count(convictions) <> 2",
    "total(convictions, amount where grade >= 2) > 1.5",
    "total(convictions, amount - grade) <= share",
    "total(letters, working_days(recorded, decided)) >= 5",
    "count(convictions where age > 1) >= 1",
    "count(convictions where imposed between met and lifted or kind = status) >= 1",
    "count(convictions where not final and remark is null) >= 1",
    "count(actions where blank(code) or kind in ('x', 'lpr')) >= 1",
    "working_days(met, lifted) between 2 and 5",
    "working_hours(arrived, released) > 48",
    "working_hours(met, arrived) <= 31",
    "met + interval '36' hour < arrived",
    "lifted - interval '2' days = met",
    "age - share >= 1 and not age + 1 > 3",
    "age not in (0, 2) or age between share and 2",
    "status = 'usc' or status = file and claimed",
    "not claimed = checked",
    "not status in ('usc', 'lpr') and not (claimed or checked)",
    "(claimed or checked) = (age > 1)",
    "code is null or redacted(code) or uninformative(code)",
    "blank(code) <> claimed",
)


@settings(**QUICK, max_examples=10)
@given(chances, st.sampled_from([0.0, 0.1]), st.sampled_from(["then", "later"]), st.booleans())
def test_each_form_says_what_the_slow_interpreter_says(chance, blank, as_known, always_complete):
    """Each form of the language alone, on cases that are mostly known, so that most are true or false."""
    complete_when = None if always_complete else "checked"
    vocabulary = Vocabulary(
        columns=COLUMNS,
        children={
            name: ChildSchema(on=ON[name], columns=columns, recorded="recorded", complete_when=complete_when)
            for name, columns in CHILDREN.items()
        },
        holidays=HOLIDAYS,
    )
    rules = [replace(one_rule(form), id=form, order=place) for place, form in enumerate(FORMS)]
    policy = build_policy([ALWAYS], [], rules, vocabulary=vocabulary, sha256="0")
    policy = replace(policy, rules=tuple(replace(rule, attribute=rule.id) for rule in policy.rules))  # each alone
    world = World(vocabulary=vocabulary, policy=policy)
    cases, rows = facts(chance, cases=CASES, blank=blank)
    expected = one_by_one(world, cases, rows, as_known=as_known)
    for row in determined(world, cases, rows, as_known=as_known).iter_rows(named=True):
        assert told(row) == expected[row["id"], row["attribute"]], (
            f"{row['attribute']}\n{file_of(cases[int(row['id'])], rows)}"
        )


@settings(**QUICK, max_examples=30)
@given(worlds(), chances, blanks, st.sampled_from(["then", "later"]))
def test_every_case_gets_what_the_slow_interpreter_gives_it(world, chance, blank, as_known):
    cases, rows = facts(chance, cases=CASES, blank=blank)
    expected = one_by_one(world, cases, rows, as_known=as_known)
    found = determined(world, cases, rows, as_known=as_known)
    assert found.height == len(expected)
    for row in found.iter_rows(named=True):
        case = cases[int(row["id"])]
        assert told(row) == expected[row["id"], row["attribute"]], f"{file_of(case, rows)}\n{world}"
        assert (row["candidates"] is None) == (row["evidence"] is None)


# Filling in.


def alone(chance: Random, blank: float) -> tuple[list[Facts], dict[str, list[Facts]]]:
    """Cases that share no row, so that each can be filled in without a word about the others."""
    cases, _ = facts(chance, cases=CASES, blank=blank)
    for case in cases:
        case |= {name: case[name] and own_key(case, name) for name in ("person", "file")}
    return cases, {child: [row for case in cases for row in further(chance, case, child, blank)] for child in CHILDREN}


def own_key(case: Facts, name: str) -> str:
    return case["id"] if name == "id" else f"{name} of {case['id']}"


def further(chance: Random, case: Facts, child: str, blank: float) -> list[Facts]:
    """Up to three rows of a case; none where its key is blank."""
    count = chance.randrange(4) if case[ON[child]] else 0
    return [{**made_up(chance, CHILDREN[child], blank), ON[child]: case[ON[child]]} for _ in range(count)]


def filled(chance: Random, row: Facts, columns: Mapping[str, str], share: float) -> Facts:
    """A row with that share of its blanks filled in, those apart that a condition may find to be blank."""
    return {
        name: any_value(chance, name, columns)
        if value is None and name not in LOOKED_AT and chance.random() < share
        else value
        for name, value in row.items()
    }


def settled_days(policy: Policy, chance: Random) -> Policy:
    """The policy, had it become known on which day each document came into force."""

    def settled(interval: DateInterval) -> DateInterval:
        if interval.since is None or interval.since_by is None:
            return interval
        began = interval.since + timedelta(days=chance.randint(0, (interval.since_by - interval.since).days))
        return replace(interval, since=began, since_by=None)

    spans = {version.in_force for rule in policy.rules for version in rule.versions}
    days = {span: tuple(map(settled, span)) for span in sorted(spans, key=str)}
    rules = [
        replace(rule, versions=tuple(replace(v, in_force=days[v.in_force]) for v in rule.versions))
        for rule in policy.rules
    ]
    return replace(policy, rules=tuple(rules))


@settings(**QUICK, max_examples=20)
@given(worlds(), chances, st.sampled_from([0.1, 0.4]), st.sampled_from([0.3, 1.0]), st.booleans())
def test_no_fact_that_comes_to_light_contradicts_a_verdict(world, chance, blank, share, with_days):
    cases, rows = alone(chance, blank)
    before = outcomes(determined(world, cases, rows, explained=False))
    after_cases, after_rows = [], {child: [] for child in CHILDREN}
    for case in cases:
        found = filled(chance, case, COLUMNS, share)
        found |= {name: found[name] and (case[name] or own_key(case, name)) for name in ("person", "file")}
        after_cases.append(found)
        for child, columns in CHILDREN.items():
            own = [filled(chance, row, columns, share) for row in slow.belonging(child, as_slow(world, case, rows))]
            open_table = not slow.complete(child, as_slow(world, case, rows))
            after_rows[child] += own + (further(chance, found, child, blank) if open_table else [])
    policy = settled_days(world.policy, chance) if with_days else world.policy
    after = outcomes(determined(world, after_cases, after_rows, policy=policy, explained=False))
    for (key, attribute), outcome in before.items():
        if outcome in UNDECIDED:
            assert after[key, attribute] in UNDECIDED, world
        elif outcome != "undeterminable":
            assert after[key, attribute] == outcome, f"{cases[int(key)]}\n{after_cases[int(key)]}\n{world}"


@settings(**QUICK, max_examples=10)
@given(worlds(ends=False, outright=False), chances, st.sampled_from([0.1, 0.4]))
def test_what_is_needed_is_named_and_is_enough(world, chance, blank):
    """Who supplies what is named, and what is then named, comes to a verdict; each answer names something new."""
    cases, rows = alone(chance, blank)
    policy = settled_days(world.policy, chance)
    for attribute in world.policy.list_attributes():
        asked, full_cases, full_rows = world.policy, cases, rows
        supplied_so_far: dict[str, frozenset[str]] = dict.fromkeys([case["id"] for case in cases], frozenset())
        for _ in range(4):
            found = determined(world, full_cases, full_rows, policy=asked).filter(
                attribute=attribute, outcome="undeterminable"
            )
            needed = {row["id"]: told(row).needed for row in found.iter_rows(named=True)}
            for key, names in needed.items():
                assert names - supplied_so_far[key], f"{full_cases[int(key)]}\n{names}\n{world}"
                supplied_so_far[key] |= names
            full_rows = {
                child: [
                    supplied_row(chance, row, needed.get(case["id"], frozenset()), child)
                    for case in full_cases
                    for row in slow.belonging(child, as_slow(world, case, full_rows))
                ]
                for child in CHILDREN
            }
            full_cases = [supplied(chance, case, needed.get(case["id"], frozenset()), world) for case in full_cases]
            asked = policy
            if not needed:
                break
        assert not needed, f"{needed}\n{world}"


def supplied_row(chance: Random, row: Facts, needed: frozenset[str], child: str) -> Facts:
    lacking = [name for name in row if row[name] is None and f"{child}.{name}" in needed]
    return row | {name: any_value(chance, name, CHILDREN[child]) for name in lacking}


def supplied(chance: Random, case: Facts, needed: frozenset[str], world: World) -> Facts:
    """A case with what was needed: each named field, and, where that says that a table is complete, that it is."""
    full = dict(case)
    for name in needed & set(case):
        if case[name] is None:
            full[name] = own_key(case, name) if name in ("person", "file") else any_value(chance, name, COLUMNS)
    complete = {"checked": True, "age": 2}
    for child in world.vocabulary.children.values():
        if child.complete_when and not slow.said_to_be_complete(child, as_slow(world, full, {})):
            full |= {name: value for name, value in complete.items() if name in needed and name in child.complete_when}
    return full


# What must not matter.


@settings(**QUICK, max_examples=10)
@given(worlds(), chances, blanks)
def test_neither_the_order_of_rows_nor_chunks_change_anything(world, chance, blank):
    cases, rows = facts(chance, cases=CASES, blank=blank)
    found = determined(world, cases, rows)
    shuffled = chance.sample(cases, len(cases))
    children = {
        child: in_pieces(chance.sample(rows[child], len(rows[child])), columns) for child, columns in CHILDREN.items()
    }
    assert assessed(world, in_pieces(shuffled, COLUMNS), children, engine="streaming").equals(found)
    cut = chance.randrange(1, CASES)
    parts = [assessed(world, frame(part, COLUMNS), children) for part in (shuffled[:cut], shuffled[cut:])]
    assert pl.concat(parts).sort("attribute", "id").equals(found)


def in_pieces(rows: Sequence[Facts], columns: Mapping[str, str]) -> pl.LazyFrame:
    """The same rows, in chunks of seven."""
    pieces = [frame(rows[n : n + 7], columns).collect() for n in range(0, max(len(rows), 1), 7)]
    return pl.concat(pieces, rechunk=False).lazy()


@settings(**QUICK, max_examples=15)
@given(worlds(), chances, blanks)
def test_what_was_recorded_later_counts_later_alone(world, chance, blank):
    cases, rows = facts(chance, cases=CASES, blank=blank)
    cases = [case | {"decided": case["decided"] or FIRST} for case in cases]
    early = {
        child: [row | {"recorded": FIRST - timedelta(days=chance.randrange(DAYS))} for row in rows[child]]
        for child in CHILDREN
    }
    then = determined(world, cases, early)
    assert determined(world, cases, early, as_known="later").equals(then)
    _, more = facts(chance, cases=CASES, blank=blank)
    recorded = {child for child, declared in world.vocabulary.children.items() if declared.recorded}
    both = {
        child: [*early[child], *(row | {"recorded": LATER} for row in more[child] if child in recorded)]
        for child in CHILDREN
    }
    assert determined(world, cases, both).equals(then)


@settings(**QUICK, max_examples=15)
@given(worlds(), chances, st.sampled_from([0.4, 1.0]), st.sampled_from([0, 1, CASES]))
def test_no_case_is_lost_or_multiplied(world, chance, blank, count):
    """Keys are blank in cases and rows alike, and two blanks are not one key; the tables of rows may be empty."""
    cases, rows = facts(chance, cases=count, blank=blank)
    for child in chance.sample(sorted(CHILDREN), 2):
        rows[child] = []
    found = determined(world, cases, rows)
    expected = one_by_one(world, cases, rows)
    assert sorted(found.select("id", "attribute").rows()) == sorted(expected)


@settings(**QUICK, max_examples=10)
@given(chances)
def test_no_case_is_lost_or_multiplied_when_its_file_is_gathered(chance):
    """A blank key links nothing: not to a person without a key, nor to an encounter or a disposition."""
    program = read_program(programs.find_program_folder("secure_communities"))
    keys = ["P1", "P2", "P3", None, None]
    tables = {}
    for name, source in program.tables.items():
        types = {column: declared.type for column, declared in source.columns.items()}
        rows = [
            {column: chance.choice(VALUES.get(kind, ("a", "b", None))) for column, kind in types.items()}
            for _ in range(chance.choice((0, 5, 12)))
        ]
        for number, row in enumerate(rows):
            row |= {column: chance.choice(keys) for column in ("person_id", "encounter_id") if column in row}
            row |= {column: f"{number}" for column in source.key if column not in ("person_id", "encounter_id")}
        if source.key in (("person_id",), ("encounter_id",)):  # no key twice, but any number of blanks
            rows = [row | {source.key[0]: key} for row, key in zip(rows, keys, strict=False)]
        tables[name] = frame(rows, types)
    matches = tables["matches"].select("match_id").collect()["match_id"]
    assert gather_case_files(program, tables).cases.collect()["match_id"].sort().equals(matches.sort())


# What chance meets too rarely.


def verdict(when: str, rows: Rows | None = None, **case: Any) -> str:
    """What a single rule gives a single case: consistent if its condition is true, else not applicable."""
    children = {name: ChildSchema(on=ON[name], columns=columns) for name, columns in CHILDREN.items()}
    vocabulary = Vocabulary(columns=COLUMNS, children=children, holidays=HOLIDAYS)
    policy = build_policy([ALWAYS], [], [one_rule(when)], vocabulary=vocabulary, sha256="0")
    world = World(vocabulary=vocabulary, policy=policy)
    facts = {**dict.fromkeys(COLUMNS), "id": "1", "person": "p1", "file": "f1", "decided": FIRST, **case}
    given = {
        name: [{**dict.fromkeys(columns), **row} for row in (rows or {}).get(name, ())]
        for name, columns in CHILDREN.items()
    }
    (outcome,) = outcomes(determined(world, [facts], given)).values()
    return outcome


def test_a_total_of_decimal_fractions_is_exact_and_the_same_in_any_order():
    for amounts in permutations([0.1, 0.2, 0.3]):
        rows = {"convictions": [{"person": "p1", "amount": amount} for amount in amounts]}
        assert verdict("total(convictions, amount) = 0.6", rows) == "consistent"
    cents = {"convictions": [{"person": "p1", "amount": 33.33}] * 300}
    assert verdict("total(convictions, amount) > 9999", cents) == "not_applicable"


def test_an_hour_is_an_hour_at_any_minute():
    """A limit of 48 hours is met at 48 hours: no rounding makes them more."""
    monday = datetime(2011, 11, 7)  # the hours since 1970 pass a power of two that week
    times = [
        (monday + timedelta(minutes=minute), monday + timedelta(minutes=minute, hours=hours))
        for hours in range(1, 73)
        for minute in range(0, 2 * 24 * 60, 13)
    ]
    _, found = counted(times, ())
    assert found == [(b - a) / timedelta(hours=1) for a, b in times]


@settings(**QUICK, max_examples=5)
@given(chances)
def test_the_clock_counts_what_walking_through_the_days_counts(chance):
    first, minutes = datetime(2010, 10, 1), 3 * 366 * 24 * 60
    starts = [first + timedelta(minutes=chance.randrange(minutes)) for _ in range(300)]
    times = [(start, start + timedelta(minutes=chance.randrange(-3000, 20_000))) for start in starts]
    off = tuple({first.date() + timedelta(days=chance.randrange(3 * 366)) for _ in range(30)})
    days, hours = counted(times, off)
    assert days == [slow.working_days(a, b, off) for a, b in times]
    assert hours == pytest.approx([float(slow.working_hours(a, b, off)) for a, b in times], abs=1e-9)


def counted(times: Sequence[tuple[datetime, datetime]], off: Sequence[date]) -> tuple[list[int], list[float]]:
    """Working days and hours between two times."""
    pair = pl.col("a"), pl.col("b")
    found = pl.DataFrame(times, schema=["a", "b"], orient="row").select(
        days=count_working_days(*pair, off), hours=count_working_hours(*pair, off)
    )
    return found["days"].to_list(), found["hours"].to_list()


def test_a_date_keeps_the_hours_added_to_it():
    assert verdict("met + interval '36' hour >= arrived", met=FIRST, arrived=datetime(2011, 2, 26, 12)) == "consistent"
    assert verdict("met - interval '7' hour > arrived", met=FIRST, arrived=datetime(2011, 2, 24, 16)) == "consistent"


def test_a_row_can_be_compared_with_its_case():
    rows = {"convictions": [{"person": "p1", "imposed": FIRST, "final": True}]}
    assert verdict("count(convictions where imposed >= met and final) = 1", rows, met=FIRST) == "consistent"
    assert verdict("count(convictions where imposed >= met and final) = 1", rows) == "undeterminable"


def test_a_condition_that_is_not_understood_is_not_cut_short():
    with pytest.raises(AuditError, match="not part of the language"):
        verdict("count(convictions where final, grade = 2) = 1")
