"""Double sampling: a rate corrected by a second, better look at some of the cases.

The first look covers all cases of the sample (a first reviewer, a rule, a model); the second, taken for the truth,
covers a random part of them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_share


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
    seen twice, limits called 95% cover 64% of the time, and where no error was seen they have no width.

    Example:
        >>> [round(limit, 3) for limit in normal_limits(CorrectedRate(0.78, 0.06), "0.95")]
        [0.662, 0.898]
    """
    reach = float(norm.isf(float((1 - parse_share(level)) / 2))) * corrected_rate.error
    return max(0.0, corrected_rate.rate - reach), min(1.0, corrected_rate.rate + reach)


def double_sampling_ratio(first: ArrayLike, seen: ArrayLike, top: ArrayLike, bottom: ArrayLike) -> CorrectedRate:
    """The ratio of two totals by the second look, estimated for all cases from those seen twice.

    `first` codes the first look's answer of each case, `seen` says which were seen twice, a random part of all; `top`
    and `bottom` hold the second look's values for those, in their order: such as 1 for a conforming case, and 1 for one
    that could be assessed. Double sampling for stratification: the first look's answers are the strata (Neyman 1938;
    Cochran 1977, section 12.2, with the ratio of section 6.13). Answers of which fewer than two were seen twice are
    taken together, and with the commonest if they are still too few. Not a number where fewer than two cases were seen
    twice or the lower total is 0. The cases are a sample of a population without end. AuditError where the values do
    not fit the cases seen twice.

    Example:
        >>> corrected = double_sampling_ratio([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 1, 0], [1, 1, 0, 1], [1, 1, 1, 1])
        >>> round(corrected.rate, 3), round(corrected.error, 3)
        (0.75, 0.27)
    """
    codes, twice = np.asarray(first), np.asarray(seen, dtype=bool)
    upper, lower = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    if codes.shape != twice.shape or not len(upper) == len(lower) == twice.sum():
        raise make_usage_error(
            "The values do not fit the cases seen twice", "Give both values of each case seen twice."
        )
    strata = _merge_small_groups(codes, codes[twice])
    n, groups = len(codes), [(strata == one, strata[twice] == one) for one in np.unique(strata)]
    if twice.sum() < 2:
        return CorrectedRate(float("nan"), float("nan"))
    shares = np.array([every.mean() for every, _ in groups])
    above, below = (np.array([values[own].mean() for _, own in groups]) @ shares for values in (upper, lower))
    if below == 0:
        return CorrectedRate(float("nan"), float("nan"))
    ratio = float(above / below)
    departure = (upper - ratio * lower) / below
    means = np.array([departure[own].mean() for _, own in groups])
    within = np.array([departure[own].var(ddof=1) for _, own in groups])
    less = np.array([every.sum() / own.sum() - 1 for every, own in groups])
    spread = shares @ within + shares @ np.square(means - shares @ means)
    return CorrectedRate(ratio, float(np.sqrt(spread / n + shares @ (within * less) / n)))


def _merge_small_groups(codes: Counts, seen: Counts) -> Counts:
    """The codes, with those of which fewer than two were seen twice taken for one."""
    answers, counts = np.unique(seen, return_counts=True)
    enough = answers[counts >= 2]
    if not len(enough):
        return np.zeros_like(codes)
    few = ~np.isin(codes, enough)
    rest = int(np.isin(seen, enough, invert=True).sum())
    other = codes.max() + 1 if rest >= 2 else answers[counts.argmax()]
    return np.where(few, other, codes)
