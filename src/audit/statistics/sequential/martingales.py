"""Bets against a claim on a mean that stay fair while it holds: one over the most ever won is a p-value at any time.

Values are at least 0, in the order in which they were drawn, and the claim is that their mean in the population is
`mean` or less. Each method gives what a stake of 1 has become after each value.
"""

from collections.abc import Sequence

import numpy as np

from audit.errors import make_usage_error
from audit.statistics.parameters import Shares, require_counts

Values = Sequence[float] | Shares


def anytime_p_values(stakes: Shares) -> Shares:
    """P-values after each value, valid at every look at once: one over the highest stake so far.

    One a value. Ville 1939, Étude critique de la notion de collectif.

    Example:
        >>> anytime_p_values(np.array([1.5, 4.0, 3.0, 20.0])).round(3)
        array([0.667, 0.25 , 0.25 , 0.05 ])
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(1, 1 / np.maximum.accumulate(stakes)))


def kaplan_markov(values: Values, mean: float, padding: float = 0) -> Shares:
    """The Kaplan-Markov martingale: values drawn with replacement, each over the mean, both padded.

    Stark 2009, Risk-limiting postelection audits, IEEE Transactions on Information Forensics and Security 4:1005.
    Without padding a value of 0 loses all for ever. Only to re-perform the figures of others. AuditError where a value
    is negative.

    Example:
        >>> kaplan_markov([1.0, 0.5, 1.0], 0.5)
        array([2., 2., 4.])
    """
    return _multiply_stakes((_check_values(values, mean, padding) + padding) / (mean + padding))


def kaplan_wald(values: Values, mean: float, padding: float = 0) -> Shares:
    """The Kaplan-Wald martingale: values drawn with replacement, a part `padding` of the stake set aside.

    Stark & Teague 2014, Verifiable European elections, USENIX Journal of Election Technology and Systems 3:18. Only to
    re-perform the figures of others. AuditError where a value is negative.

    Example:
        >>> kaplan_wald([1.0, 0.5, 1.0], 0.5, 0.1)
        array([1.9 , 1.9 , 3.61])
    """
    return _multiply_stakes((1 - padding) * _check_values(values, mean, padding) / mean + padding)


def alpha_martingale(values: Values, population: int, mean: float, guesses: Shares, most: float = 1) -> Shares:
    """The ALPHA martingale: values from 0 to `most`, drawn without replacement, against a mean of `mean` or less.

    ALPHA (Stark 2023, Annals of Applied Statistics 17:641, section 2). A guess uses only what was drawn before its
    value: `fixed_guesses`, `shrinking_guesses`. AuditError where a value is negative or above `most`, or there are more
    than the population.

    Example:
        >>> values = [1.0, 1.0, 0.5, 1.0]
        >>> alpha_martingale(values, 100, 0.5, fixed_guesses(values, 100, 0.9)).round(3)
        array([1.8  , 3.269, 3.324, 6.123])
    """
    require_counts(population)
    sample_values = _check_values(values, mean, 0)
    if not np.all(sample_values <= most) or len(sample_values) > population:
        raise make_usage_error("A value exceeds the most it can be, or the values the population", "Check the values.")
    claimed = _remaining_mean(sample_values, population, mean)  # the mean of what is left, were the claim just true
    with np.errstate(all="ignore"):
        terms = (
            sample_values * guesses / claimed + (most - sample_values) * (most - guesses) / (most - claimed)
        ) / most
        stakes = _multiply_stakes(np.where(np.isclose(claimed, 0) | np.isclose(claimed, most), 1, terms))
    stakes[claimed > most] = 0  # what is left cannot make the claim false
    stakes[claimed < 0] = np.inf  # nor true
    if len(sample_values) and sample_values.sum() > population * mean:
        stakes[-1] = np.inf
    return stakes


def fixed_guesses(values: Values, population: int, guess: float, most: float = 1) -> Shares:
    """Guesses for `alpha_martingale`: the mean of the rest, were `guess` the population's (Stark 2023, section 2.2.1).

    Example:
        >>> fixed_guesses([1.0, 1.0, 0.5], 100, 0.9).round(3)
        array([0.9  , 0.899, 0.898])
    """
    require_counts(population)
    return np.asarray(np.clip(_remaining_mean(np.asarray(values, dtype=float), population, guess), 0, most))


def shrinking_guesses(
    values: Values, population: int, mean: float, guess: float, *, weight: float, above: float, most: float = 1
) -> Shares:
    """Guesses for `alpha_martingale`: the mean so far, shrunk towards `guess` and above the claimed mean.

    By `above` over the root of weight and values seen (Stark 2023, section 2.5.2).

    Example:
        >>> shrinking_guesses([1.0, 1.0, 0.5], 100, 0.5, 0.9, weight=10, above=0.1).round(3)
        array([0.9  , 0.909, 0.917])
    """
    require_counts(population)
    sample_values = np.asarray(values, dtype=float)
    before = np.cumsum(sample_values) - sample_values
    weights = weight + np.arange(len(sample_values))
    floor = _remaining_mean(sample_values, population, mean) + above / np.sqrt(weights)
    shrunk = np.maximum((weight * guess + before) / weights, floor)
    return np.asarray(np.minimum(most * (1 - np.finfo(float).eps), shrunk))


def _multiply_stakes(terms: Shares) -> Shares:
    """What a stake of 1 becomes that is multiplied by each term in turn."""
    return np.asarray(np.cumprod(terms), dtype=float)


def _remaining_mean(sample_values: Shares, population: int, mean: float) -> Shares:
    """The mean of the values not drawn before each one, were `mean` that of all."""
    return np.asarray(
        (population * mean - (np.cumsum(sample_values) - sample_values)) / (population - np.arange(len(sample_values)))
    )


def _check_values(values: Values, mean: float, padding: float) -> Shares:
    sample_values = np.asarray(values, dtype=float)
    if not (np.all(sample_values >= 0) and mean > 0 and 0 <= padding <= 1):
        raise make_usage_error("A value is negative, or the mean or padding not a share", "Check the values.")
    return sample_values
