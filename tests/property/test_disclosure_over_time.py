"""Twelve public months of three made-up programs, with corrections: all editions together give no small number away."""

import copy
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.compliance.office_rates import MeasureResult, MonthRate
from audit.compliance.trends import OfficeMonth, Trend, build_office_trend
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT
from audit.reporting.corrections import SignOff
from audit.reporting.disclosure import is_small_count
from audit.reporting.month_disclosure import PublicResults, suppress_small_counts
from audit.reporting.published_editions import PublishedEdition, build_published_edition, list_rate_counts
from audit.tables.table import ControlTotals
from tests import made_up
from tests.property.attacks import KnownSums, measure

MONTHS = tuple(f"2011-{n + 1:02}" for n in range(12))
QUARTERS = tuple(f"{MONTHS[n]}/{MONTHS[n + 2]}" for n in range(0, 12, 3))
Cells = dict[tuple[str, str, int], list[int]]  # month, duty, office → in time, late, neither


@dataclass
class World:
    """A program's records as they are counted, and every state of them there was."""

    duties: tuple[str, ...]
    offices: int
    now: Cells
    rows: int = 40_000
    states: list[Cells] = field(default_factory=list)

    def keep(self) -> None:
        self.states.append(copy.deepcopy(self.now))

    def count(self, months: Sequence[str], duty: str, office: int) -> tuple[int, int, int]:
        parts = [self.now[month, duty, office] for month in months]
        return sum(p[0] for p in parts), sum(p[1] for p in parts), sum(p[2] for p in parts)


def make_world(rng: np.random.Generator, duties: tuple[str, ...]) -> World:
    """Offices of 7 to 400 cases a month, of which a few to a third are late; as many are due under each duty."""
    sizes = [400, 220, 130, 70, 40, 15, 7][: rng.integers(4, 8)]
    now: Cells = {}
    for month in MONTHS:
        for office, size in enumerate(sizes):
            due = int(rng.poisson(size))
            for duty in duties:
                late, rest = rng.choice([0, 0.03, 0.1, 0.3], 2) if rng.random() < 0.7 else (0.2, 0.2)
                counts = rng.multinomial(due, [1 - late - rest, late, rest])
                now[month, duty, office] = [int(n) for n in counts]
    return World(duties=duties, offices=len(sizes), now=now)


def change_records(world: World, rng: np.random.Generator, months: Sequence[str]) -> None:
    """Records entered since: of one office, one or two, or a few dozen; or cases nobody knew of."""
    month, office = str(rng.choice(months)), int(rng.integers(world.offices))
    many = int(rng.choice([1, 2, 5, 12, 40]))
    if rng.random() < 0.3:
        for duty in world.duties:
            world.now[month, duty, office][int(rng.integers(3))] += many
    else:
        cells = world.now[month, str(rng.choice(world.duties)), office]
        moved = min(many, cells[2])
        cells[2] -= moved
        cells[int(rng.integers(2))] += moved
    world.rows += many


def publish(world: World, period: str, known: Sequence[str], earlier: Sequence[PublishedEdition]) -> PublicResults:
    """The public edition of a period, from what the tables hold now of all months that are known."""
    own = [month for month in known if month in list_period(period)]
    results: list[MeasureResult] = []
    months: list[MonthRate] = []
    trends: list[Trend] = []
    for duty in world.duties:
        made = measure([(0, 0, 0, 0, *world.count(own, duty, office), 0) for office in range(world.offices)])
        results.append(replace(made, measure=duty, title=duty))
        offices = []
        for row in made.offices:
            counts = {month: world.now[month, duty, int(row.office[1:])] for month in known}
            told = [
                OfficeMonth(month=month, due=sum(one), compliant=one[0], late=one[1], open_items=2)
                for month, one in counts.items()
                if sum(one)
            ]
            offices.append(build_office_trend(row.office, row.name, told))
        trends.append(Trend(measure=duty, title=duty, months=tuple(known), offices=tuple(offices)))
        for month in known:
            parts = [world.now[month, duty, office] for office in range(world.offices)]
            due, compliant, late = (sum(map(sum, parts)), sum(p[0] for p in parts), sum(p[1] for p in parts))
            months.append(MonthRate(measure=duty, month=month, due=due, compliant=compliant, late=late))
    inputs = [
        ControlTotals(
            table="cases", file="f", sha256="", rows_in=world.rows, rows_used=world.rows - 50, rows_set_aside=50
        )
    ]
    return suppress_small_counts(
        results, months, (), inputs, 40, trends, office="office", period=period, earlier=earlier
    )


def list_period(period: str) -> list[str]:
    first, last = (period.split("/") * 2)[:2]
    return [month for month in MONTHS if first <= month <= last]


def issue(period: str, version: int, found: PublicResults) -> PublishedEdition:
    """What the register keeps of an edition: what its record tells of its own period."""
    made = made_up.report()
    report = replace(
        made,
        period=period,
        version=version,
        measures=found.measures,
        months=found.months,
        trends=found.trends,
        checks=found.checks,
        provenance=replace(made.provenance, inputs=found.inputs),
        ambiguous_links=found.ambiguous_links,
        sign_off=SignOff(by="x", on=date(2012, 1, version)),
    )
    return build_published_edition(report)


class Attacker:
    """Whoever reads every edition: each number told is true of some state of the records."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rules: dict[str, list[tuple[dict[tuple[int, str, str, int, int], int], int]]] = defaultdict(list)

    def read(self, period: str, periods: Sequence[str], found: PublicResults) -> None:
        for result in found.measures:
            months = list_period(period)
            alone = [row for row in result.offices if row.flag != "together"]
            every = [f"O{n:02d}" for n in range(self.world.offices)]
            rows = [(every, list_rate_counts(result.national))]
            rows += [([row.office], list_rate_counts(row)) for row in alone]
            others = [code for code in every if code not in {row.office for row in alone}]
            rows += [(others, list_rate_counts(row)) for row in result.offices if row.flag == "together"]
            self.learn(period, result.measure, [(offices, months, counts) for offices, counts in rows])
            for trend in found.trends:
                for one in trend.offices if trend.measure == result.measure else ():
                    for month in one.months:
                        at = next(p for p in periods if month.month in list_period(p))
                        self.learn(at, result.measure, [([one.office], [month.month], list_rate_counts(month))])
            for national in found.months:
                if national.measure == result.measure:
                    at = next(p for p in periods if national.month in list_period(p))
                    self.learn(at, result.measure, [(every, [national.month], list_rate_counts(national))])

    def learn(self, period: str, duty: str, told: list[tuple[list[str], list[str], tuple[int, ...]]]) -> None:
        """Take note of sums; they are of the latest state of the records of which all are true."""
        for number in reversed(range(len(self.world.states))):
            state = self.world.states[number]
            if all(
                [
                    sum(state[month, duty, int(office[1:])][cell] for office in offices for month in months)
                    for cell in range(3)
                ]
                == list(counts[1:])
                for offices, months, counts in told
            ):
                number = self.name_state(period, number)
                self.rules[period] += [
                    (
                        {(number, duty, month, int(o[1:]), cell): 1 for o in offices for month in months},
                        counts[1 + cell],
                    )
                    for offices, months, counts in told
                    for cell in range(3)
                ]
                return
        pytest.fail(f"{period}, {duty}: what is told was never true")

    def name_state(self, period: str, number: int) -> int:
        """The first of the states in which the records of a period are the same."""
        months = set(list_period(period))
        parts = [{key: cells for key, cells in state.items() if key[0] in months} for state in self.world.states]
        return parts.index(parts[number])

    def find_leaks(self) -> list[str]:
        """Each small count, and each small change between states of which something is told, that is not open."""
        leaks = []
        for period, rules in self.rules.items():
            known = sorted({place[:2] for terms, _ in rules for place in terms})
            months = list_period(period)
            spans = [[month] for month in months] + ([months] if len(months) > 1 else [])
            wanted: list[tuple[str, dict[tuple[int, str, str, int, int], int]]] = []
            every = range(self.world.offices)
            for number, duty in known:
                for offices, span, cell in product([every, *([office] for office in every)], spans, range(3)):
                    name = f"{period} {duty} {[*offices]} {span} {cell}"
                    here = {(number, duty, month, office, cell): 1 for office in offices for month in span}
                    wanted += self.choose(name, here)
                    for other, same in known:
                        if same == duty and other < number:
                            before = {(other, duty, month, office, cell): -1 for office in offices for month in span}
                            wanted += self.choose(f"change, {name}", here | before)
            linked = [*rules, *self.link(known, months)]
            places: dict[tuple[int, str, str, int, int], int] = {}
            numbered = [
                ({places.setdefault(place, len(places)): sign for place, sign in terms.items()}, total)
                for terms, total in linked
            ]
            asked = [
                {places.setdefault(place, len(places)): sign for place, sign in terms.items()} for _, terms in wanted
            ]
            sums = KnownSums(numbered, len(places))
            gaps = [sums.measure_gap(one) for one in asked]
            leaks += [
                f"{name}: {gap:.1f}"
                for (name, _), gap in zip(wanted, gaps, strict=True)
                if gap < MINIMUM_PUBLISHED_COUNT - 1e-6
            ]
        return leaks

    def choose(
        self, name: str, terms: dict[tuple[int, str, str, int, int], int]
    ) -> list[tuple[str, dict[tuple[int, str, str, int, int], int]]]:
        value = sum(
            sign * self.world.states[state][month, duty, office][cell]
            for (state, duty, month, office, cell), sign in terms.items()
        )
        return [(f"{name} = {value}", terms)] if is_small_count(abs(value)) else []

    def link(
        self, known: Sequence[tuple[int, str]], months: Sequence[str]
    ) -> list[tuple[dict[tuple[int, str, str, int, int], int], int]]:
        """As many are due under each duty: the attacker knows that."""
        return [
            (
                {
                    (number, duty, month, office, cell): sign
                    for duty, sign in zip(self.world.duties, (1, -1), strict=True)
                    for cell in range(3)
                },
                0,
            )
            for number in ({number for number, _ in known} if len(self.world.duties) == 2 else ())
            for month in months
            for office in range(self.world.offices)
        ]


def attack(seed: int, duties: tuple[str, ...], periods: Sequence[str]) -> tuple[list[str], int]:
    """What leaks of a program's year, and how many offices that editions tell together could leak."""
    rng = np.random.default_rng(seed)
    world = make_world(rng, duties)
    attacker, editions, joined = Attacker(world), list[PublishedEdition](), 0
    versions: dict[str, int] = defaultdict(int)
    table_counts: list[int] = []
    for number, period in enumerate(periods):
        known = [month for one in periods[: number + 1] for month in list_period(one)]
        issues = [period]
        world.rows += int(rng.choice([3, 900]))
        if number and rng.random() < 0.6:  # records of an earlier month change; its edition is corrected, or is not
            before = str(rng.choice(periods[:number]))
            change_records(world, rng, list_period(before))
            issues = [before, period] if rng.random() < 0.7 else [period]
        world.keep()
        for one in issues:
            known_then = [month for month in known if month <= list_period(one)[-1]]
            found = publish(world, one, known_then, editions)
            versions[one] += 1
            editions.append(issue(one, versions[one], found))
            attacker.read(one, periods, found)
            joined += sum(row.flag == "together" for result in found.measures for row in result.offices)
            table_counts += [totals.rows_in for totals in found.inputs]
    assert not [n for a in table_counts for b in table_counts if is_small_count(n := abs(a - b))]
    return attacker.find_leaks(), joined


PROGRAMS = {
    "one duty": (("first",), MONTHS),
    "two duties": (("first", "second"), MONTHS),
    "two duties by quarter": (("first", "second"), QUARTERS),
}
SEARCHES = 1 if settings.default and settings.default.derandomize else 60  # so many more in `make fuzz`


@settings(max_examples=SEARCHES, deadline=None)
@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 10**6))
@example("one duty", 1)
@example("two duties", 2)
@example("two duties by quarter", 3)
def test_no_small_count_and_no_small_change_is_told_by_all_editions_together(name: str, seed: int) -> None:
    leaks, joined = attack(seed, *PROGRAMS[name])
    assert leaks == []
    assert joined >= 5, "the attack has something to find"
