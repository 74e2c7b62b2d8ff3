"""Agreement of reviewers who judged the same cases: coefficients with standard errors, missing judgements allowed.

`ratings` holds a row a case, a column a reviewer: whole-number codes of categories from 0, or `MISSING`. `weights` is
the table of how far two categories agree, 1 on its diagonal: `identity_weights` where they agree or do not. Where all
judgements fall into one category a coefficient that allows for chance by the categories used is not a number; Gwet's
AC1 is 1. Formulas and errors: Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition, chapters 4 and 5, as R
irrCAC 1.4 computes them: the cases are a sample, the reviewers are not.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from audit.errors import make_usage_error
from audit.statistics.parameters import Counts, Rate, Shares, parse_share, require_counts

NO_ERROR: Final = 1e-12  # standard errors up to it are rounding
MISSING: Final = -1


class AgreementCoefficient(NamedTuple):
    """How far reviewers agree."""

    coefficient: float
    error: float  # the standard error
    observed: float  # the share of pairs of judgements that agree, by the weights
    chance: float  # the share that would by chance
    cases: int  # with a judgement or more


def identity_weights(categories: int) -> Shares:
    """Weights for categories without order: two judgements agree fully or not at all.

    A table, categories by categories. Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition.

    Example:
        >>> identity_weights(2)
        array([[1., 0.],
               [0., 1.]])
    """
    require_counts(categories)
    return np.eye(categories)


def linear_weights(scores: ArrayLike) -> Shares:
    """Weights for ordered categories with scores: agreement falls in proportion to their distance.

    A table, categories by categories. Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition. AuditError where
    there are fewer than two categories.

    Example:
        >>> linear_weights([0, 1, 2])
        array([[1. , 0.5, 0. ],
               [0.5, 1. , 0.5],
               [0. , 0.5, 1. ]])
    """
    apart = _score_distances(scores)
    return np.asarray(1 - apart / apart.max())


def quadratic_weights(scores: ArrayLike) -> Shares:
    """Weights for ordered categories with scores: agreement falls with their squared distance.

    A table, categories by categories. Cohen 1968, Psychological Bulletin 70:213. AuditError as `linear_weights`.

    Example:
        >>> quadratic_weights([0, 1, 2])
        array([[1.  , 0.75, 0.  ],
               [0.75, 1.  , 0.75],
               [0.  , 0.75, 1.  ]])
    """
    apart = np.square(_score_distances(scores))
    return np.asarray(1 - apart / apart.max())


def ordinal_weights(categories: int) -> Shares:
    """Weights for ordered categories without scores: by the number of category pairs between the two.

    A table, categories by categories. Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition. Only to re-perform
    the figures of others. AuditError as `linear_weights`.

    Example:
        >>> ordinal_weights(3).round(3)
        array([[1.   , 0.667, 0.   ],
               [0.667, 1.   , 0.667],
               [0.   , 0.667, 1.   ]])
    """
    require_counts(categories)
    apart = _score_distances(np.arange(categories)) + 1
    pairs = apart * (apart - 1) / 2
    return np.asarray(1 - pairs / pairs.max())


def expand_ratings(table: ArrayLike) -> Counts:
    """The ratings, case by case, behind a cross-table of two reviewers.

    A row a case, a column a reviewer. Gwet 2014 has both forms. AuditError where the table is not square.

    Example:
        >>> expand_ratings([[1, 1], [0, 2]])
        array([[0, 0],
               [0, 1],
               [1, 1],
               [1, 1]])
    """
    counts = np.asarray(table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise make_usage_error(
            "The table is not square", "Give a row and a column for each category, in the same order."
        )
    return np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0)


def percent_agreement(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Percent agreement: the share of pairs of judgements on a case that agree, averaged over cases with two or more.

    Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition. AuditError where the ratings are no table of codes
    within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(percent_agreement(ratings, identity_weights(2)).coefficient, 4)
        0.8
    """
    cases = _RatedCases(ratings, weights)
    return cases.estimate_agreement(0.0, np.zeros(len(cases.counts)))


def brennan_prediger(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Brennan and Prediger's coefficient: chance agreement is the same for every category.

    Brennan & Prediger 1981, Educational and Psychological Measurement 41:687.

    AuditError where the ratings are no table of codes within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(brennan_prediger(ratings, identity_weights(2)).coefficient, 4)
        0.6
    """
    cases = _RatedCases(ratings, weights)
    chance = float(np.mean(weights))
    return cases.estimate_agreement(chance, np.full(len(cases.counts), chance))


def gwet_ac1(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Gwet's AC1 (AC2 where weighted), which stays meaningful where nearly all cases fall into one category.

    Gwet 2008, British Journal of Mathematical and Statistical Psychology 61:29. AuditError where the ratings are no
    table of codes within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(gwet_ac1(ratings, identity_weights(2)).coefficient, 4)
        0.6552
    """
    cases = _RatedCases(ratings, weights)
    used, q = cases.shares.mean(axis=0), len(weights)
    factor = weights.sum() / (q * (q - 1))
    return cases.estimate_agreement(float(factor * used @ (1 - used)), factor * cases.shares @ (1 - used))


def fleiss_kappa(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Fleiss' kappa: chance by how often all reviewers together use each category; for two reviewers, Scott's pi.

    Fleiss 1971, Psychological Bulletin 76:378; Scott 1955, Public Opinion Quarterly 19:321.

    AuditError where the ratings are no table of codes within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(fleiss_kappa(ratings, identity_weights(2)).coefficient, 4)
        0.5238
    """
    cases = _RatedCases(ratings, weights)
    used = cases.shares.mean(axis=0)
    return cases.estimate_agreement(float(used @ weights @ used), cases.shares @ (weights + weights.T) @ used / 2)


def conger_kappa(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Conger's kappa: chance by how often each reviewer uses each category; for two, Cohen's kappa.

    Conger 1980, Psychological Bulletin 88:322; Cohen 1960, Educational and Psychological Measurement 20:37; weighted,
    Cohen 1968, Psychological Bulletin 70:213. The error is that of Fleiss, Cohen & Everitt 1969, Psychological Bulletin
    72:323, extended to more reviewers and to missing judgements. AuditError where a reviewer judged no case, or the
    ratings are no table of codes within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(conger_kappa(ratings, identity_weights(2)).coefficient, 4)
        0.5455
    """
    cases = _RatedCases(ratings, weights)
    n, reviewers = cases.ratings.shape
    rated = cases.ratings != MISSING
    one = np.eye(len(weights) + 1)[cases.ratings][:, :, :-1]  # case, reviewer, category: 1 where so judged
    judged = rated.sum(axis=0)
    if not judged.all():
        raise make_usage_error("A reviewer judged no case", "Leave that reviewer out.")
    used = one.sum(axis=0) / judged[:, None]  # reviewer, category
    mean = used.mean(axis=0)
    spread = (used.T @ used - reviewers * np.outer(mean, mean)) / (reviewers - 1)
    chance = float(np.sum(weights * (np.outer(mean, mean) - spread / reviewers)))
    others = (reviewers * mean - used) * (n / judged)[:, None] @ weights  # what meeting the other reviewers is worth
    met = np.einsum("igk,gk->ig", one, others) - (rated - judged / n) * np.sum(others * used, axis=1)
    return cases.estimate_agreement(chance, met.sum(axis=1) / (reviewers * (reviewers - 1)))


def krippendorff_alpha(ratings: ArrayLike, weights: Shares) -> AgreementCoefficient:
    """Krippendorff's alpha: chance by the judgements on cases judged twice or more, corrected for small numbers.

    Krippendorff 1970, Educational and Psychological Measurement 30:61; error by Gwet 2014. AuditError where the ratings
    are no table of codes within the categories.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> round(krippendorff_alpha(ratings, identity_weights(2)).coefficient, 4)
        0.5714
    """
    every = _RatedCases(ratings, weights)
    cases = every.counts[every.judgements >= 2]
    judgements, n = cases.sum(axis=1), len(cases)
    if not n:
        return AgreementCoefficient(np.nan, np.nan, np.nan, np.nan, len(every.counts))
    usual = judgements.mean()
    agreed = np.sum(cases * (cases @ weights.T - 1), axis=1) / (usual * (judgements - 1))
    used = cases.mean(axis=0) / usual
    raw, chance, few = float(agreed.mean()), float(used @ weights @ used), 1 / judgements.sum()
    observed = float((1 - few) * raw + few)
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficient, plain = np.divide([observed - chance, raw - chance], 1 - chance)
        more = judgements / usual - 1  # cases judged more often count more, in both
        by_case = (
            agreed
            - raw * more
            - 2 * (1 - plain) * (cases @ (weights + weights.T) @ used / (2 * usual) - chance * more - chance)
        )
        error = _standard_error((by_case - chance) / (1 - chance) - plain)
    return AgreementCoefficient(float(coefficient), error, observed, chance, len(every.counts))


#: The coefficients that a review reports of outcomes, which have no order. One more line is one more in every report.
NOMINAL_COEFFICIENTS: Final[Mapping[str, Callable[[ArrayLike, Shares], AgreementCoefficient]]] = {
    "Cohen's kappa": conger_kappa,
    "Gwet's AC1": gwet_ac1,
    "Krippendorff's alpha": krippendorff_alpha,
}


def agreement_limits(agreement: AgreementCoefficient, level: Rate = "0.95") -> tuple[float, float]:
    """Two-sided limits of a coefficient by Student's t, with one degree of freedom fewer than cases; at most 1.

    Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition, chapter 5. Not numbers where the standard error is 0:
    where all cases are alike, or one reviewer gives one answer, it bounds nothing.

    Example:
        >>> ratings = [[0, 0], [0, 1], [1, 1], [0, 0], [0, 0]]
        >>> [round(limit, 3) for limit in agreement_limits(gwet_ac1(ratings, identity_weights(2)), "0.95")]
        [-0.4, 1.0]
    """
    if not agreement.error > NO_ERROR:
        return float("nan"), float("nan")
    reach = float(t.isf(float((1 - parse_share(level)) / 2), max(agreement.cases - 1, 1))) * agreement.error
    return agreement.coefficient - reach, min(1.0, agreement.coefficient + reach)


class _RatedCases:
    """The cases with a judgement or more, and what they say of agreement whatever chance is held to be."""

    def __init__(self, ratings: ArrayLike, weights: Shares) -> None:
        codes = np.asarray(ratings)
        if codes.ndim != 2 or codes.shape[1] < 2 or codes.dtype.kind not in "iu":
            raise make_usage_error(
                "The ratings are no table of codes", "Give a row a case, a column a reviewer: two or more."
            )
        if len(weights) < 2 or np.any((codes < MISSING) | (codes >= len(weights))):
            raise make_usage_error("A rating is beyond the categories of the weights", "Number the categories from 0.")
        self.ratings: Counts = codes[np.any(codes != MISSING, axis=1)]
        # the last row of the unit matrix, where MISSING leads, is no category
        self.counts: Shares = np.eye(len(weights) + 1)[self.ratings].sum(axis=1)[:, :-1]
        self.judgements: Shares = self.counts.sum(axis=1)
        self.shares: Shares = self.counts / self.judgements[:, None]
        self.twice = self.judgements >= 2
        agreed = np.sum(self.counts * (self.counts @ weights.T - 1), axis=1)
        self.agreed: Shares = np.where(self.twice, agreed / np.maximum(self.judgements * (self.judgements - 1), 1), 0.0)

    def estimate_agreement(self, chance: float, chance_by_case: Shares) -> AgreementCoefficient:
        """The coefficient (observed - chance) / (1 - chance), and its error from what each case adds to it."""
        n, twice = len(self.counts), int(self.twice.sum())
        if not twice:
            return AgreementCoefficient(np.nan, np.nan, np.nan, chance, n)
        observed = float(self.agreed.sum() / twice)
        with np.errstate(invalid="ignore", divide="ignore"):
            coefficient = float(np.divide(observed - chance, 1 - chance))
            by_case = n / twice * (self.agreed - chance * self.twice)
            by_case = (by_case - 2 * (1 - coefficient) * (chance_by_case - chance)) / (1 - chance)
        return AgreementCoefficient(coefficient, _standard_error(by_case - coefficient), observed, chance, n)


def _standard_error(departures: NDArray[np.float64]) -> float:
    n = len(departures)
    return float(np.sqrt(np.square(departures).sum() / (n * (n - 1)))) if n > 1 else float("nan")


def _score_distances(scores: ArrayLike) -> Shares:
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or len(np.unique(values)) < 2:
        raise make_usage_error("There are fewer than two categories", "Give a score for each category.")
    return np.asarray(np.abs(values[:, None] - values))
