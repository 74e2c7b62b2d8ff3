"""The condition of a finding, with the counts of the sample in it: they are filled in, never typed.

The wording of a finding is the program's `findings.yaml`.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from audit.formatting import format_count
from audit.programs.findings import COUNT_IN_TEXT, Finding

if TYPE_CHECKING:
    from audit.estimation.results import SampleResult


def list_finding_elements(finding: Finding, result: "SampleResult") -> Iterator[tuple[str, str]]:
    """The elements of a finding in their order, each with its counts; a count that is withheld is a dash."""
    counts = count_outcomes_by_name(result)
    for name, text in finding.elements:
        yield name, COUNT_IN_TEXT.sub(lambda match: _format_named_count(counts, match["name"]), text)


def count_outcomes_by_name(result: "SampleResult") -> Mapping[str, int]:
    """The counts that a finding can name: `drawn`, `assessed`, and each attribute's outcomes as `attribute.outcome`."""
    counts = {"drawn": result.drawn, "assessed": result.overall.assessed}
    for one in result.attributes:
        counts |= {f"{one.attribute}.{outcome}": cases for outcome, cases in one.outcomes}
    return counts


def _format_named_count(counts: Mapping[str, int], name: str) -> str:
    return format_count(counts[name]) if name in counts else "–"
