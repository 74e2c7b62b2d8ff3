"""The validation page: what every method was held to, how near it came, which peers err, what is refused.

`python -m tests.reference.page docs/validation.md` writes it from the cases and answers that `test_cases.py` compares.
Differences are printed as a power of ten that they stay below, so that every machine writes the same page.
"""

import importlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Any

from tests.reference.rows import APART_METHODS, APART_VALUES, DEFECTS, METHODS, SOURCES, Defect, Method
from tests.reference.test_cases import ANSWERS, CASES, HERE, REFUSED, TOLERANCES, asked

Case = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the cases of a method from one source show."""

    source: str
    cases: int
    values: int
    apart: float | None  # the largest difference, relative where a value is above 1; None for whole numbers all alike
    used: float  # the largest share of its tolerance that a difference takes
    tolerances: tuple[float, ...]


def held(method: Method) -> Iterator[Held]:
    """Compare the cases of a method's areas with what the project computes, source by source."""
    cases: dict[str, list[Case]] = {}
    for area in method.areas.split():
        for case in offered(area):
            cases.setdefault(source(case), []).append(case)
    for name, of in cases.items():
        pairs = [(*pair, tolerance(case)) for case in of for pair in compared(case)]
        apart = [(distance(found, expected), most) for found, expected, most in pairs]
        assert all(far <= most for far, most in apart)
        farthest = max(far for far, _ in apart)
        whole = not any(isinstance(expected, float) for _, expected, _ in pairs)
        yield Held(
            source=name,
            cases=len(of),
            values=len(pairs),
            apart=None if whole and not farthest else farthest,
            used=max(far / most if most else 0.0 for far, most in apart),
            tolerances=tuple(sorted({most for _, _, most in pairs})),
        )


def offered(area: str) -> Iterator[Case]:
    """The cases of an area whose method the project offers and does not refuse."""
    for case in CASES:
        apart = case["inputs"].get("method") in APART_METHODS or case["inputs"].get("data_type", "PR") != "PR"
        if case["area"] == area and case["id"] not in REFUSED and not apart:
            yield case


def compared(case: Case) -> Iterator[tuple[Any, Any]]:
    """Every value found, with that expected."""
    found = ANSWERS[case["area"]](asked(case))
    assert found is not None
    for name in sorted((found.keys() & case["expected"].keys()) - APART_VALUES.get(case["area"], set())):
        yield from leaves(found[name], case["expected"][name])


def leaves(found: Any, expected: Any) -> Iterator[tuple[Any, Any]]:
    """The single values in lists of lists."""
    if isinstance(expected, list):
        for one, other in zip(found, expected, strict=True):
            yield from leaves(one, other)
    else:
        yield found, expected


def distance(found: Any, expected: Any) -> float:
    """How far two values are apart: 0 for the same words and truths."""
    if isinstance(expected, bool | str | None):
        return 0.0 if found == expected else float("inf")
    return float(abs(found - expected) / max(1, abs(expected)))


def tolerance(case: Case) -> float:
    return float(max(case["tolerance"], TOLERANCES.get(case["area"], 0)))


def source(case: Case) -> str:
    """A case's source in short. Raises KeyError for one that has none: add it to SOURCES."""
    for pattern, name in SOURCES:
        if found := re.search(pattern, case["source"]):
            return found.expand(name)
    raise KeyError(case["source"])


def below(value: float, least: int) -> str:
    """The smallest power of ten that a value stays well below, none smaller than 10 to the `least`: that is noise."""
    powers = (power for power in range(least, 1) if value * 1.01 < Fraction(10) ** power)
    power = next(powers, None)
    return "≤ 1" if power is None else "< 1" if power == 0 else f"< 1e{power}" if power < -3 else f"< {10.0**power:g}"


def shown(defect: Defect) -> int:
    if isinstance(defect.shown, int):
        return defect.shown
    return sum(1 for case in peer_defects() if case["id"].startswith(defect.shown))


@cache
def peer_defects() -> Sequence[Case]:
    return lines("peer_defects.jsonl")


def lines(name: str) -> list[Case]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def table(methods: Sequence[Method]) -> str:
    """A row a source of each method."""
    rows = ["| | held to | cases | values | largest difference | of its tolerance | tolerance |"]
    rows.append("| --- | --- | --: | --: | --: | --: | --: |")
    for method in methods:
        first = f"{method.words}: {', '.join(f'`{name}`' for name in method.functions.split())}"
        for found in held(method):
            low, high = (f"{most:g}".replace("e-0", "e-") for most in (found.tolerances[0], found.tolerances[-1]))
            far, used, allowed = "none", "", "" if high == "0" else low if low == high else f"{low} to {high}"
            if found.apart is not None:
                far, used = below(found.apart, -9), below(found.used, -3)
            counts = f"{found.cases:,} | {found.values:,} | {far} | {used} | {allowed}"
            rows.append(f"| {first} | {found.source} | {counts} |")
            first = ""
    return "\n".join(rows)


def bullet(text: str) -> str:
    return fill(f"- {' '.join(text.split())}", 120, subsequent_indent="  ", break_on_hyphens=False)


def page() -> str:
    """What docs/validation.md says."""
    sections = [
        f"## {part}\n\n{table(list(methods))}\n" for part, methods in groupby(METHODS, key=lambda method: method.part)
    ]
    areas = [area for method in METHODS for area in method.areas.split()]
    cases = sum(1 for area in areas for _ in offered(area))
    defects = [f"| {defect.peer} | {defect.wrong} | {shown(defect):,} | `{defect.test}` |" for defect in DEFECTS]
    return f"""# Validation

Written by `python -m tests.reference.page docs/validation.md`; `make test` compares it with what it would write now.

The methods were held to {cases:,} cases that a publication printed or another implementation gave. They lie in
`tests/reference/cases`, each with its source, inputs, values and tolerance. Functions are those of `audit.statistics`.

- *Largest difference*: of any value of these cases; relative where the value is above 1. It is printed as a power of
  ten that it stays below, none smaller than 1e-9. `none`: whole numbers and words, all alike.
- *Of its tolerance*: the largest share of its tolerance that a difference takes.
- *Tolerance*: as exact as the source is. A table printed to four decimals bears 6e-5, and a package that stops its
  search early what it leaves.

{chr(10).join(sections)}
## Beside these

{chr(10).join(bullet(text) for text in beside())}

## Where peers err

The suite holds the values of theirs that show it, and a test of why they are wrong; the project gives others.

| | what is wrong | cases shown | test |
| --- | --- | --: | --- |
{chr(10).join(defects)}

## Refused on purpose

{chr(10).join(bullet(f"`{name}`: {why}.") for name, why in REFUSED.items())}
- Everywhere: a count above its sample or a sample above its population, a rate outside 0 to 1, an expected rate not
  below the tolerable one, a stratum of which a single case was drawn (it shows no variance). The message says what to
  do.
"""


def beside() -> Iterator[str]:
    """What holds the methods beside the cases, and what in the cases is not the project's."""
    audits, margins = lines("published_audits.jsonl"), lines("published_margins.jsonl")
    printed = sum(1 for audit in audits if "method" in audit)
    yield """Equal-tailed hypergeometric limits, the default for a rate (`intervals.exact.hypergeometric_limits`): every
        result of every sample from small populations is enumerated, and covers at its level (`tests/property`); the
        audits below are computed apart with scipy."""
    yield f"""{len(audits)} audits and papers that printed how many of how many: their rates, limits computed apart, and
        {printed} pairs of limits as printed (`test_published_audits.py`)."""
    yield f"""{len(margins)} margins that states published for weekly samples (there, too), and sizes that audits and
        regulations state (`test_published_sizes.py`)."""
    yield """Clopper and Pearson's limits, Goodman's, and Sison and Glaz's, over a grid against statsmodels
        (`test_statsmodels.py`); limits widened for over-dispersion against FunnelPlotR (`test_funnelplotr.py`)."""
    yield f"""In the cases, yet not offered by the project and so not counted here: {", ".join(APART_METHODS.values())}
        limits of a difference; McNemar's statistic with a correction; funnels of observed over expected counts."""


def absent() -> Iterator[str]:
    """The functions that the page names and that do not exist."""
    for name in (name for method in METHODS for name in method.functions.split()):
        module, _, function = name.rpartition(".")
        if not hasattr(importlib.import_module(f"audit.statistics.{module}"), function):
            yield name


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
