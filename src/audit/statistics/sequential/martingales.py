"""Bets against a claim on a mean that stay fair while it holds: one over the most ever won is a p-value at any time.

Values are at least 0, in the order in which they were drawn, and the claim is that their mean in the population is
`mean` or less. Each method gives what a stake of 1 has become after each value.
"""

from collections.abc import Sequence

import numpy as np

from audit.statistics.parameters import Shares, usage

Values = Sequence[float] | Shares


def p_values(stakes: Shares) -> Shares:
    """P-values after each value, valid at every look at once (Ville 1939): one over the most won so far."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(1, 1 / np.maximum.accumulate(stakes)))


def kaplan_markov(values: Values, mean: float, padding: float = 0) -> Shares:
    """Values drawn with replacement, each over the mean, both padded: Kaplan and Markov.

    Stark 2009, Risk-limiting postelection audits, IEEE Transactions on Information Forensics and Security 4:1005.
    Without padding a value of 0 loses all for ever.
    """
    return _stakes((_checked(values, mean, padding) + padding) / (mean + padding))


def kaplan_wald(values: Values, mean: float, padding: float = 0) -> Shares:
    """Values drawn with replacement, a part `padding` of the stake being kept back: Kaplan and Wald.

    Stark & Teague 2014, Verifiable European elections, USENIX Journal of Election Technology and Systems 3:18.
    """
    return _stakes((1 - padding) * _checked(values, mean, padding) / mean + padding)


def alpha_martingale(values: Values, population: int, mean: float, guesses: Shares, most: float = 1) -> Shares:
    """Values between 0 and `most` drawn without replacement, bet on as if the mean of the rest were as guessed.

    ALPHA (Stark 2023, Annals of Applied Statistics 17:641, section 2). A guess uses only what was drawn before its
    value: `fixed_guesses`, `shrinking_guesses`.
    """
    drawn = _checked(values, mean, 0)
    if not np.all(drawn <= most) or len(drawn) > population:
        raise usage("A value exceeds the most it can be, or the values the population", "Check the values.")
    claimed = _rest(drawn, population, mean)  # the mean of what is left, were the claim just true
    with np.errstate(all="ignore"):
        terms = (drawn * guesses / claimed + (most - drawn) * (most - guesses) / (most - claimed)) / most
        stakes = _stakes(np.where(np.isclose(claimed, 0) | np.isclose(claimed, most), 1, terms))
    stakes[claimed > most] = 0  # what is left cannot make the claim false
    stakes[claimed < 0] = np.inf  # nor true
    if len(drawn) and drawn.sum() > population * mean:
        stakes[-1] = np.inf
    return stakes


def fixed_guesses(values: Values, population: int, guess: float, most: float = 1) -> Shares:
    """The mean of what is left, were `guess` the mean of the whole population (Stark 2023, section 2.1)."""
    return np.asarray(np.clip(_rest(np.asarray(values, dtype=float), population, guess), 0, most))


def shrinking_guesses(
    values: Values, population: int, mean: float, guess: float, *, weight: float, above: float, most: float = 1
) -> Shares:
    """The mean so far, shrunk to `guess` as if that had been seen `weight` times, and kept above the claimed mean.

    By `above` over the root of weight and values seen (Stark 2023, section 2.5.2).
    """
    drawn = np.asarray(values, dtype=float)
    before = np.cumsum(drawn) - drawn
    seen = weight + np.arange(len(drawn))
    floor = _rest(drawn, population, mean) + above / np.sqrt(seen)
    shrunk = np.maximum((weight * guess + before) / seen, floor)
    return np.asarray(np.minimum(most * (1 - np.finfo(float).eps), shrunk))


def _stakes(terms: Shares) -> Shares:
    """What a stake of 1 becomes that is multiplied by each term in turn."""
    return np.asarray(np.cumprod(terms), dtype=float)


def _rest(drawn: Shares, population: int, mean: float) -> Shares:
    """The mean of the values not drawn before each one, were `mean` that of all."""
    return np.asarray((population * mean - (np.cumsum(drawn) - drawn)) / (population - np.arange(len(drawn))))


def _checked(values: Values, mean: float, padding: float) -> Shares:
    drawn = np.asarray(values, dtype=float)
    if not (np.all(drawn >= 0) and mean > 0 and 0 <= padding <= 1):
        raise usage("A value is negative, or the mean or padding not a share", "Check the values.")
    return drawn
