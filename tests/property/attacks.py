"""What the attacks on public editions share: made-up measures, and how far sums that are known settle a count."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, kron

from audit.compliance.office_rates import MINIMUM_CASES_FOR_RATE, MeasureResult, OfficeRate
from audit.programs.withholding import MINIMUM_PUBLISHED_COUNT
from tests import made_up

STATES = ("excluded", "not_applicable", "redacted", "pending", "compliant", "late", "missing", "unmet")


def row(code: str, name: str, counts: tuple[int, ...]) -> OfficeRate:
    """An office with these counts of STATES, and as good as no rates: they are worked out anew."""
    tally = dict(zip(STATES, counts, strict=True))
    due = sum(counts[4:])
    rates: dict[str, Any] = {f.name: None for f in fields(OfficeRate) if "float" in str(f.type)}
    rates["timely"] = tally["compliant"] / due if due >= MINIMUM_CASES_FOR_RATE else None
    rates["worst"] = rates["best"] = 0.5
    return OfficeRate(
        office=code,
        name=name,
        received=sum(counts),
        **tally,
        uninformative=min(3, tally["compliant"]),
        no_identifier=sum(counts) // 9,
        due=due,
        flag="",
        **rates,
    )


def measure(counts: list[tuple[int, ...]]) -> MeasureResult:
    """A measure over offices with these counts."""
    totals = tuple(map(sum, zip(*counts, strict=True)))
    made = made_up.measure([("A", "A", 100, 0.5, 0.1)])
    nation = row("all", "All offices", totals)
    missing = (("encounter", nation.missing or 0),)
    exclusions = (
        ("duplicate", (nation.excluded or 0) // 2),
        ("test", (nation.excluded or 0) - (nation.excluded or 0) // 2),
    )
    offices = tuple(row(f"O{i:02d}", f"Office {i}", one) for i, one in enumerate(counts))
    return replace(made, offices=offices, national=nation, missing=missing, exclusions=exclusions)


def unsettled(rules: list[tuple[dict[int, int], int]], wanted: list[dict[int, int]], places: int) -> list[float]:
    """How many apart, up to MINIMUM_PUBLISHED_COUNT, the ends are between which each wanted sum can lie, by these
    rules of sums: each a place and its sign.

    No place is negative. Each wanted sum has two worlds that keep every rule; all are solved as one program, which
    puts the sum in the one world as far above itself in the other as it can.
    """
    if not wanted:
        return []
    left, right = np.zeros((len(rules), places)), np.array([total for _, total in rules])
    for number, (signs, _) in enumerate(rules):
        left[number, list(signs)] = list(signs.values())
    apart = np.zeros((len(wanted), 2 * len(wanted) * places))
    for number, signs in enumerate(wanted):
        for place, sign in signs.items():
            apart[number, [2 * number * places + place, (2 * number + 1) * places + place]] = sign, -sign
    worlds = 2 * len(wanted)
    known = {"A_eq": kron(eye_array(worlds), left), "b_eq": np.tile(right, worlds)} if rules else {}
    found = linprog(
        -apart.sum(axis=0), A_ub=csr_array(apart), b_ub=np.full(len(wanted), MINIMUM_PUBLISHED_COUNT), **known
    )
    assert found.status == 0, found.message
    return [float(gap) for gap in apart @ found.x]


class KnownSums:
    """Sums that an attacker knows of places that are not negative, and how far apart they leave another sum."""

    def __init__(self, rules: list[tuple[dict[int, int], int]], places: int) -> None:
        parts = [(number, place, sign) for number, (signs, _) in enumerate(rules) for place, sign in signs.items()]
        rows, columns, values = zip(*parts, strict=True)
        self.matrix = csr_array((np.array(values, dtype=float), (rows, columns)), shape=(len(rules), places))
        self.totals, self.places = np.array([total for _, total in rules]), places

    def measure_gap(self, signs: dict[int, int]) -> float:
        """How far apart the lowest and the highest value of a sum are."""
        direction = np.zeros(self.places)
        direction[list(signs)] = list(signs.values())
        ends = [linprog(sign * direction, A_eq=self.matrix, b_eq=self.totals) for sign in (1, -1)]
        assert all(end.status in (0, 3) for end in ends), [end.message for end in ends]
        return float(-ends[1].fun - ends[0].fun) if all(end.status == 0 for end in ends) else np.inf
