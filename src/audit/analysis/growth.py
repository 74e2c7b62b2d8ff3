"""Growth taken apart: how much of the change of a count is coverage, how much intensity, and how much both at once."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivePeriod:
    """What was counted in a period, and how long jurisdictions were active in it."""

    label: str
    first: dt.date
    last: dt.date
    activated: int  # at its end
    jurisdiction_days: int  # days of the period on which each was active, summed
    days: int  # of the period
    months: int
    count: int | None  # None where it was not published

    @property
    def jurisdiction_months(self) -> Fraction:
        """Active jurisdiction-months: a jurisdiction that was active throughout counts one for each month."""
        return Fraction(self.jurisdiction_days * self.months, self.days)

    @property
    def intensity(self) -> Fraction | None:
        """The count in each active jurisdiction-month; None where there is none."""
        months = self.jurisdiction_months
        return None if self.count is None or not months else self.count / months


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthStep:
    """The change of a count from one period to another, taken apart. The three parts add up to it exactly.

    Count = coverage × intensity, so its change is intensity before × change of coverage, plus coverage before × change
    of intensity, plus the product of both changes.
    """

    earlier: str
    later: str
    change: int
    coverage: Fraction  # of the change
    intensity: Fraction
    interaction: Fraction
    count_ratio: Fraction | None  # later over earlier; None where the earlier is 0
    coverage_ratio: Fraction
    intensity_ratio: Fraction | None


def decompose_growth(periods: Sequence[ActivePeriod]) -> Iterator[GrowthStep]:
    """The steps from each period to the next, then from the first to the last where there are more than two.

    A step to or from a period without a count, or without an active jurisdiction, is left out.
    """
    pairs = list(pairwise(periods))
    if len(periods) > 2:
        pairs.append((periods[0], periods[-1]))
    for before, after in pairs:
        if step := _decompose_step(before, after):
            yield step


def _decompose_step(before: ActivePeriod, after: ActivePeriod) -> GrowthStep | None:
    if before.intensity is None or after.intensity is None or before.count is None or after.count is None:
        return None
    more_coverage = after.jurisdiction_months - before.jurisdiction_months
    more_intensity = after.intensity - before.intensity
    return GrowthStep(
        earlier=before.label,
        later=after.label,
        change=after.count - before.count,
        coverage=before.intensity * more_coverage,
        intensity=before.jurisdiction_months * more_intensity,
        interaction=more_coverage * more_intensity,
        count_ratio=Fraction(after.count, before.count) if before.count else None,
        coverage_ratio=after.jurisdiction_months / before.jurisdiction_months,
        intensity_ratio=after.intensity / before.intensity if before.intensity else None,
    )
