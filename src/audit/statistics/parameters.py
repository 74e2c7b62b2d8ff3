"""A rate exactly as typed, and what every method asks of one: numbers or arrays, levels, refusals."""

from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from audit.errors import make_usage_error

Rate = str | int | float | Fraction
Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
Limits = tuple[Shares, Shares]
Prior = tuple[
    float, float
]  # of a beta distribution: as if so many deviations and so many conforming cases had been seen
Count = TypeVar("Count", int, Counts)

# A probability this near the risk (relative) counts as equal to it, so that no limit hangs on the last bit of a float.
TIE_TOLERANCE = 1e-9
MAXIMUM_COUNT = 2**53  # cases: above it floats no longer hold every whole number


def parse_rate(rate: Rate) -> Fraction:
    """A rate exactly as typed: 0.06 is six hundredths, not the nearest binary number, so 6% of 100 is 6, never 7.

    A float is taken as it prints: 0.1 * 3 is 0.30000000000000004, of which 1,000 cases make 301. Type "0.3".
    """
    try:
        return Fraction(str(rate))
    except (ValueError, ZeroDivisionError):
        raise make_usage_error(f"{rate!r} is not a number", "Write a share: 0.95 for 95%.") from None


def parse_share(rate: Rate) -> Fraction:
    """A rate strictly between 0 and 1, as typed."""
    share = parse_rate(rate)
    if not 0 < share < 1:
        raise make_usage_error(f"{rate} is not between 0 and 1", "Write a share: 0.95 for 95%.")
    return share


def z_value(level: Rate = "0.95") -> float:
    """Standard errors to either side for a two-sided level."""
    return float(norm.isf(float((1 - parse_share(level)) / 2)))


def require_counts(*counts: ArrayLike | None) -> None:
    """Refuse what is no whole number of cases, or more than can be computed with; negative, text and truth values, too.

    Whole numbers stored as floats are accepted, and `None` for one that is not given. AuditError for any other.
    """
    for count in counts:
        if count is None:
            continue
        values = np.asarray(count)
        is_number = values.dtype.kind in "iuf"
        if not is_number or not np.all((values >= 0) & (values <= MAXIMUM_COUNT) & (values == np.floor(values))):
            raise make_usage_error("A count is not a whole number of cases", "Give whole numbers, from 0 to 2^53.")


def require_population(population: int | None) -> None:
    """Refuse a population that is no whole number of cases, one or more; `None`, which has no end, is accepted."""
    if population is not None:
        require_counts(population)
        if population < 1:
            raise make_usage_error("The population holds no case", "Give its cases, or None where it has no end.")


def unwrap_scalar(result: Any) -> Any:
    """A number where the counts were numbers, else the array."""
    return result if np.ndim(result) else np.asarray(result).item()
