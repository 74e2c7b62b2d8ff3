"""How long it takes until something is done, where some of it is not done yet: the Kaplan-Meier estimate."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import CensoredData, ecdf

from audit.errors import make_usage_error
from audit.statistics.parameters import require_counts


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationEstimate:
    """Days until done, estimated from those that are done and those still waiting."""

    done: int
    waiting: int  # done later than they were watched, if ever
    median: int | None  # days by which half are done; None where half are not yet
    lower: int | None  # 95% limits of the median, None where it has none
    upper: int | None
    curve: tuple[tuple[int, float], ...]  # day, and the share not done by its end; falls at each day


def kaplan_meier(done: Sequence[int], waiting: Sequence[int]) -> DurationEstimate:
    """The Kaplan-Meier estimate from days taken (`done`) and days watched so far (`waiting`).

    Kaplan and Meier 1958, Journal of the American Statistical Association 53:457, as scipy computes it; what was
    watched up to a day counts as at risk on that day. Limits of the median are where the log-log limits of the curve
    pass one half (Brookmeyer and Crowley 1982, Biometrics 38:29). Where the curve is one half from one day to the next
    the median is the first; R's survival takes the midpoint of the two. AuditError where a duration is below 0.

    Example:
        >>> estimate = kaplan_meier([3, 5, 5, 8], [6, 9])
        >>> estimate.median, estimate.curve[0]
        (5, (3, 0.8333333333333334))
    """
    require_counts(done, waiting)
    if min(*done, *waiting, 0, 0) < 0:
        raise make_usage_error("A duration is below 0", "Check the days: the end lies before the beginning.")
    if not done:
        return DurationEstimate(done=0, waiting=len(waiting), median=None, lower=None, upper=None, curve=())
    left = ecdf(CensoredData(uncensored=list(done), right=list(waiting))).sf
    with warnings.catch_warnings():  # where nothing is left the limits are not defined
        warnings.simplefilter("ignore", RuntimeWarning)
        limits: Any = left.confidence_interval(0.95, method="log-log")  # functions, to the stubs numbers
    days = [int(day) for day in left.quantiles]

    def passing(shares: Any) -> int | None:
        """The first day on which no more than half are left, within rounding."""
        return next((day for day, share in zip(days, shares, strict=True) if share <= 0.5 + 1e-12), None)

    events = set(done)
    return DurationEstimate(
        done=len(done),
        waiting=len(waiting),
        median=passing(left.probabilities),
        lower=passing(limits.low.probabilities),
        upper=passing(limits.high.probabilities),
        curve=tuple((day, float(share)) for day, share in zip(days, left.probabilities, strict=True) if day in events),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeIncidence:
    """The share to which something has happened by each day, where something else may happen first."""

    events: int
    competing: int  # that something else happened to first
    waiting: int  # neither, as far as they were watched
    curve: tuple[tuple[int, float], ...]  # day, and the share to which it had happened by its end; rises at each day

    def find_day(self, share: float) -> int | None:
        """The first day by which it had happened to that share of all; None where it never has."""
        return next((day for day, reached in self.curve if reached >= share - 1e-12), None)

    def find_share(self, day: int) -> float:
        """The share to which it had happened by the end of a day."""
        return max((share for at, share in self.curve if at <= day), default=0.0)


def aalen_johansen(events: Sequence[int], competing: Sequence[int], waiting: Sequence[int]) -> CumulativeIncidence:
    """The Aalen-Johansen estimate of cumulative incidence from days to the event, to a competing one, and watched.

    Aalen and Johansen 1978, Scandinavian Journal of Statistics 5:141. One minus Kaplan-Meier would take what left by
    the competing event as still waiting, and so give too high a share (Gooley and others 1999, Statistics in Medicine
    18:695). What was watched up to a day counts as at risk on that day. AuditError where a duration is below 0.

    Example:
        >>> aalen_johansen([1, 3], [2], [2, 4]).curve
        ((1, 0.2), (3, 0.5))
    """
    require_counts(events, competing, waiting)
    happened, other, watched = Counter(events), Counter(competing), Counter(waiting)
    at_risk, event_free, reached = len(events) + len(competing) + len(waiting), 1.0, 0.0
    curve: list[tuple[int, float]] = []
    for day in sorted({*happened, *other, *watched}):
        if happened[day]:
            reached += event_free * happened[day] / at_risk
            curve.append((int(day), reached))
        event_free *= 1 - (happened[day] + other[day]) / at_risk
        at_risk -= happened[day] + other[day] + watched[day]
    return CumulativeIncidence(events=len(events), competing=len(competing), waiting=len(waiting), curve=tuple(curve))
