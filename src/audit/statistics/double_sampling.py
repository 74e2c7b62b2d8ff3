"""Double sampling: a rate corrected by a second, better look at some of the cases.

The first look covers all cases of the sample (a first reviewer, a rule, a model); the second, taken for the truth,
covers a random part of them.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import betaincc
from scipy.stats import norm

from audit.errors import make_usage_error
from audit.statistics.intervals.stratified import unseen_distribution
from audit.statistics.parameters import Counts, Rate, Shares, parse_share, require_counts

MAXIMUM_CASES: Final = 100_000  # of the first look, in limits
DEVIATING_RISK: Final = 0.75  # of the risk of a side: most rates are high, and hang on the deviating cases


class CorrectedRate(NamedTuple):
    """A rate corrected for the errors of the first look."""

    rate: float
    error: float  # the standard error


def tenenbein(first: int, n: int, table: ArrayLike) -> CorrectedRate:
    """Tenenbein's estimate of a rate: the first look's count, corrected by the cases that were seen twice.

    `table` counts the cases seen twice: a row for the first look (not of the kind, of the kind), a column for the
    second; they are among the n. Each answer of the first look is corrected by how often the second upheld it: the
    estimate of highest likelihood, whatever the first look's errors are (Tenenbein 1970, Journal of the American
    Statistical Association 65:1350). Not a number where no case of one of the first look's answers was seen twice.
    AuditError where the table does not fit the counts.

    Example:
        >>> corrected = tenenbein(80, 100, [[8, 2], [1, 19]])
        >>> round(corrected.rate, 3), round(corrected.error, 3)
        (0.8, 0.055)
    """
    require_counts(first, n, table)
    twice = np.asarray(table, dtype=float)
    if twice.shape != (2, 2) or twice.min() < 0 or not twice.sum() <= n or not twice[1].sum() <= first <= n:
        raise make_usage_error(
            "The table does not fit the counts", "Count the cases seen twice, among all, by both answers."
        )
    if n - first < twice[0].sum():
        raise make_usage_error(
            "The table does not fit the counts", "Count the cases seen twice, among all, by both answers."
        )
    answers = np.array([n - first, first]) / n
    counts = twice.sum(axis=1)
    if np.any((counts == 0) & (answers > 0)):
        return CorrectedRate(float("nan"), float("nan"))
    truly = np.divide(twice[:, 1], counts, out=np.zeros(2), where=counts > 0)
    rate = float(answers @ truly)
    within = np.divide(np.square(answers) * truly * (1 - truly), counts, out=np.zeros(2), where=counts > 0).sum()
    between = float(answers @ np.square(truly - rate)) / n
    return CorrectedRate(rate, float(np.sqrt(within + between)))


def rogan_gladen(first: int, n: int, sensitivity: tuple[int, int], specificity: tuple[int, int]) -> CorrectedRate:
    """Rogan and Gladen's estimate of a rate, corrected by the first look's sensitivity and specificity.

    `sensitivity` counts those it found of the cases truly of the kind, `specificity` those it cleared of the others;
    both from other cases. Rogan & Gladen 1978, American Journal of Epidemiology 107:71. The rate is kept from 0 to 1.
    AuditError where a count exceeds its cases, or the first look does no better than chance.

    Example:
        >>> round(rogan_gladen(80, 100, (95, 100), (80, 100)).rate, 3)
        0.8
    """
    require_counts(first, n, sensitivity, specificity)
    for part, whole in ((first, n), sensitivity, specificity):
        if not 0 <= part <= whole or not whole:
            raise make_usage_error("A count exceeds its cases, or there are none", "Check the counts.")
    apparent, found, cleared = first / n, sensitivity[0] / sensitivity[1], specificity[0] / specificity[1]
    better = found + cleared - 1
    if better <= 0:
        raise make_usage_error("The first look does no better than chance", "Its rate cannot be corrected: look again.")
    rate = (apparent + cleared - 1) / better
    variance = apparent * (1 - apparent) / n
    variance += rate**2 * found * (1 - found) / sensitivity[1]
    variance += (1 - rate) ** 2 * cleared * (1 - cleared) / specificity[1]
    return CorrectedRate(min(1.0, max(0.0, rate)), float(np.sqrt(variance)) / better)


def difference_estimator(first: ArrayLike, seen_first: ArrayLike, seen: ArrayLike, *, census: bool) -> CorrectedRate:
    """The mean of the first look over all cases, less its mean error among those seen twice.

    `first` holds its values (0 or 1, or a probability) for the cases not seen twice, `seen_first` for those seen twice,
    `seen` the truth of these, a random part of all. Unbiased however wrong the first look is, and the sharper the
    better it is; where no error of it was seen the standard error is 0, which bounds nothing. With `census` the cases
    are the population, else a sample of one without end (Särndal, Swensson & Wretman 1992, section 6.3; prediction-
    powered inference: Angelopoulos, Bates, Fannjiang, Jordan & Zrnic 2023, Science 382:669). AuditError where fewer
    than two cases were seen twice.

    Example:
        >>> corrected = difference_estimator([1, 1, 0, 1], [1, 0, 1, 1], [1, 0, 1, 0], census=True)
        >>> round(corrected.rate, 3), round(corrected.error, 3)
        (0.5, 0.177)
    """
    others, theirs, truth = (np.asarray(values, dtype=float) for values in (first, seen_first, seen))
    if theirs.shape != truth.shape or len(truth) < 2:
        raise make_usage_error("Fewer than two cases were seen twice", "Give both values of each case seen twice.")
    every: Shares = np.concatenate([others, theirs])
    wrong = theirs - truth
    rate = float(every.mean() - wrong.mean())
    missed = float(np.var(wrong, ddof=1)) * (1 / len(wrong) - 1 / len(every))
    sampled = 0.0 if census else float(np.var(truth, ddof=1)) / len(every)
    return CorrectedRate(rate, float(np.sqrt(missed + sampled)))


def normal_limits(corrected_rate: CorrectedRate, level: Rate = "0.95") -> tuple[float, float]:
    """Two-sided limits of a corrected rate by the normal distribution, cut at 0 and 1.

    Shares. The standard errors are those of large samples (Tenenbein 1970; Rogan & Gladen 1978): with 100 cases and 20
    seen twice, limits called 95% cover 64% of the time, where `double_sampling_limits` cover 95%. AuditError where no
    error was seen, so that they would have no width.

    Example:
        >>> [round(limit, 3) for limit in normal_limits(CorrectedRate(0.78, 0.06), "0.95")]
        [0.662, 0.898]
    """
    reach = float(norm.isf(float((1 - parse_share(level)) / 2))) * corrected_rate.error
    if not reach > 0:
        raise make_usage_error(
            "No error was seen, and a standard error of 0 bounds nothing", "Take `double_sampling_limits`."
        )
    return max(0.0, corrected_rate.rate - reach), min(1.0, corrected_rate.rate + reach)


class CorrectedLimits(NamedTuple):
    """A rate corrected for the errors of the first look, with two-sided limits; shares."""

    rate: float
    lower: float
    upper: float


def double_sampling_limits(first: Sequence[int], table: ArrayLike, level: Rate = "0.95") -> CorrectedLimits:
    """A rate corrected by a second look at a random part of the cases, with limits for few errors and few cases.

    `first` counts the answers of the first look: conforming, deviating, and where there are such, neither. `table`
    counts the cases seen twice: a row for each answer of the first look, a column for each of the second, in the same
    order. The rate is of conforming cases among conforming and deviating ones: each first answer corrected by how often
    the second look upheld it (Tenenbein 1970, Journal of the American Statistical Association 65:1350), and taken as it
    stands where none was seen twice; where no error was found it is the first look's rate.

    Limits: for each first answer, the exact limits of its cases not seen twice (Buonaccorsi 1987, The American
    Statistician 41:215), melded over the answers (Fay, Proschan & Brittain 2015, Biometrics 71:146), and with Clopper
    and Pearson's limits for the step from the cases to a population without end. Of three answers, conforming and
    deviating shares are bounded apart, the latter at `DEVIATING_RISK` of the risk. Coverage is simulated, not proved.
    The rate is not a number where no case conforms or deviates. AuditError where the table does not fit the counts, or
    there are more than `MAXIMUM_CASES`.

    Example:
        >>> [round(share, 3) for share in double_sampling_limits([80, 20], [[9, 1], [1, 4]], "0.95")]
        [0.76, 0.471, 0.915]
    """
    require_counts(first, table)
    cases, twice = np.asarray(first, dtype=np.int64), np.asarray(table, dtype=np.int64)
    kinds = len(cases)
    if twice.shape != (kinds, kinds) or kinds not in (2, 3) or min(cases.min(), twice.min(initial=0)) < 0:
        raise _make_misfit_error()
    seen = twice.sum(axis=1)
    if np.any(seen > cases) or not cases.sum():
        raise _make_misfit_error()
    if cases.sum() > MAXIMUM_CASES:
        raise make_usage_error(
            f"More than {MAXIMUM_CASES:,} cases are too many to go through every count", "Take `tenenbein`."
        )
    held = np.where(seen[:, None] > 0, twice / np.maximum(seen, 1)[:, None], np.eye(kinds))
    conforming, deviating = (cases @ held)[:2].tolist()
    rate = conforming / (conforming + deviating) if conforming + deviating else float("nan")
    risk = float((1 - parse_share(level)) / 2)
    if kinds == 2:
        return CorrectedLimits(rate, *_limit_share(cases, seen, twice[:, 0], (risk, risk)))
    rest, own = risk * (1 - DEVIATING_RISK), risk * DEVIATING_RISK
    fewest, most = _limit_share(cases, seen, twice[:, 0], (rest, rest))
    fewest_deviating, most_deviating = _limit_share(cases, seen, twice[:, 1], (own, own))
    lower = fewest / (fewest + most_deviating) if fewest else 0.0
    upper = most / (most + fewest_deviating) if most else 1.0
    return CorrectedLimits(rate, lower, upper)


def _limit_share(cases: Counts, seen: Counts, of_kind: Counts, risks: tuple[float, float]) -> tuple[float, float]:
    """Limits on a share of the population: over the count of the kind among all cases, and from these on."""
    total, found = int(cases.sum()), int(of_kind.sum())
    groups = list(zip(of_kind.tolist(), seen.tolist(), cases.tolist(), strict=True))
    from scipy.signal import convolve  # here, as it takes a fifth of a second to load and serves these limits alone

    most = reduce(convolve, [unseen_distribution(x, n, size, 1) for x, n, size in groups])
    others = reduce(convolve, [unseen_distribution(n - x, n, size, 1) for x, n, size in groups])
    upper = found + np.arange(len(most))
    lower = total - (int((seen - of_kind).sum()) + np.arange(len(others)))
    return (
        1 - _find_upper_share(total - lower, others, total, risks[0]),
        _find_upper_share(upper, most, total, risks[1]),
    )


def _find_upper_share(counts: Counts, chances: Shares, total: int, risk: float) -> float:
    """Clopper and Pearson's upper limit of a count that is not known, but likely to be each of these."""
    some = chances > 1e-15
    x, likely = counts[some], chances[some]

    def above(share: float) -> float:
        tails = np.where(x == total, 1.0, betaincc(x + 1.0, np.maximum(total - x, 1), share))
        return float(likely @ tails) - risk

    return 1.0 if above(1.0) >= 0 else float(brentq(above, 0.0, 1.0, xtol=1e-12))


def _make_misfit_error() -> Exception:
    return make_usage_error(
        "The table does not fit the counts", "Count the cases seen twice, among all, by both answers."
    )
