"""Time until done with some still waiting: against statsmodels, and against a textbook's table."""

import random

import pytest
from scipy.stats import CensoredData, ecdf
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from audit.errors import AuditError
from audit.statistics.survival import aalen_johansen, kaplan_meier

# Freireich and others 1963, Blood 21:699: weeks in remission on 6-mercaptopurine; the estimate is printed in every
# textbook (Cox and Oakes 1984, page 49), its median 23 weeks.
DONE = [6, 6, 6, 7, 10, 13, 16, 22, 23]
WAITING = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_published_estimate() -> None:
    found = kaplan_meier(DONE, WAITING)
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {day: round(share, 3) for day, share in found.curve} == printed
    assert (found.done, found.waiting, found.median) == (9, 12, 23)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # theirs divides by a variance of zero
@pytest.mark.parametrize("seed", range(25))
def test_curve_median_and_limits_are_those_of_statsmodels(seed: int) -> None:
    """statsmodels 0.15, SurvfuncRight(time, status): surv_prob, quantile(0.5), quantile_ci(0.5, method="cloglog")."""
    chance = random.Random(seed)
    size = chance.randint(3, 60)
    done = [chance.randint(0, 40) for _ in range(size)]
    waiting = [chance.randint(0, 40) for _ in range(chance.randint(0, 80))]
    found = kaplan_meier(done, waiting)
    theirs = SurvfuncRight([*done, *waiting], [1] * len(done) + [0] * len(waiting))
    assert [day for day, _ in found.curve] == [int(day) for day in theirs.surv_times]
    assert [share for _, share in found.curve] == pytest.approx(list(theirs.surv_prob))
    median = theirs.quantile(0.5)
    assert found.median == (None if median != median or median == float("inf") else median)
    lower, upper = theirs.quantile_ci(0.5, method="cloglog")
    if found.curve[-1] == (upper, 0.0):  # where nothing is left the formula gives no limit; theirs is that day
        upper = float("inf")
    assert [found.lower, found.upper] == [None if limit == float("inf") else limit for limit in (lower, upper)]


def test_half_is_half() -> None:
    found = kaplan_meier([4, 9], [])
    assert (found.median, found.curve) == (4, ((4, 0.5), (9, 0.0)))


def test_what_is_watched_up_to_a_day_is_at_risk_on_it() -> None:
    assert kaplan_meier([5], [5]).curve == ((5, 0.5),)


def test_without_half_done_there_is_no_median() -> None:
    found = kaplan_meier([1], [10, 10, 10])
    assert (found.median, found.upper) == (None, None)
    assert kaplan_meier([], [3, 4]).waiting == 2 and kaplan_meier([], [3]).median is None
    assert kaplan_meier([], []).curve == ()


def test_the_limits_hold_the_median() -> None:
    found = kaplan_meier(DONE, WAITING)
    assert found.lower is not None and found.lower < 23 and found.upper is None
    many = kaplan_meier(list(range(1, 101)), [])
    assert many.lower is not None and many.upper is not None
    assert many.lower < many.median == 50 < many.upper


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # theirs divides by a variance of zero
@pytest.mark.parametrize("seed", range(25))
def test_cumulative_incidence_is_that_of_statsmodels(seed: int) -> None:
    """statsmodels 0.15, CumIncidenceRight(time, status): cinc of the first of two competing events."""
    chance = random.Random(seed)
    kinds = [[chance.randint(0, 40) for _ in range(chance.randint(1, 60))] for _ in range(3)]
    found = aalen_johansen(*kinds)
    times = [day for days in kinds for day in days]
    status = [kind for kind, days in zip((1, 2, 0), kinds, strict=True) for _ in days]
    theirs = CumIncidenceRight(times, status)
    at = dict(zip(theirs.times, theirs.cinc[0], strict=True))
    assert [share for _, share in found.curve] == pytest.approx([at[day] for day, _ in found.curve])
    assert found.curve[-1][1] == pytest.approx(theirs.cinc[0][-1])


def test_without_a_competing_event_incidence_is_one_minus_the_survival_of_scipy() -> None:
    """scipy 1.17, stats.ecdf on censored data: the published remission times."""
    theirs = ecdf(CensoredData(uncensored=DONE, right=WAITING)).cdf
    at = dict(zip(theirs.quantiles, theirs.probabilities, strict=True))
    found = aalen_johansen(DONE, [], WAITING)
    assert [share for _, share in found.curve] == pytest.approx([at[day] for day, _ in found.curve])
    assert [1 - share for _, share in kaplan_meier(DONE, WAITING).curve] == pytest.approx(
        [one for _, one in found.curve]
    )


def test_without_waiting_incidence_is_the_share_that_it_happened_to() -> None:
    found = aalen_johansen([1, 4, 4, 9], [2, 7], [])
    assert found.curve == ((1, pytest.approx(1 / 6)), (4, pytest.approx(3 / 6)), (9, pytest.approx(4 / 6)))
    assert (found.find_day(0.5), found.find_day(0.9), found.find_share(8)) == (4, None, pytest.approx(0.5))


def test_what_left_does_not_wait_for_ever() -> None:
    """One minus Kaplan-Meier would say 100% here: half left, and will never come."""
    assert aalen_johansen([5, 5], [1, 1], []).curve == ((5, 0.5),)
    assert kaplan_meier([5, 5], [1, 1]).curve == ((5, 0.0),)
    with pytest.raises(AuditError, match="A count is not a whole number"):
        aalen_johansen([-1], [], [])
