"""A solver's check of a public edition: how far what every version of it tells narrows each count and each change."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from audit.compliance.office_rates import MeasureResult, OfficeRate
from audit.reporting.published_editions import COMBINED_FLAG, PublishedEdition, list_rate_counts, list_rows_alone

_TOLERANCE = 1e-5  # of the solver, as a share of the least count
_CELLS = 3  # of what is due: in time, late, neither
_DIRECTIONS = 40  # tried for all counts that are not open yet, before each is tried alone

Terms = dict[int, int]  # number of an unknown → its factor
Office = tuple[int, str, str]  # version, measure, office
Vector = npt.NDArray[np.float64]


class _Edition:
    """The unknowns of the versions of a period, and the sums of them that are published.

    There is an unknown for each version, measure, office, month and cell of what is due.
    """

    def __init__(self, versions: Sequence[PublishedEdition], offices: Sequence[str]) -> None:
        self.versions = versions
        self.months = versions[-1].own_months or [versions[-1].period]
        self.offices = sorted({*offices, *(row.office for one in versions for row in _list_every_row_alone(one))})
        self.numbers = dict[tuple[Office, str], int]()
        self.sums = list[tuple[Terms, int]]()
        self.links = list[tuple[Terms, int]]()
        self.singles = dict[
            str, dict[tuple[int, str, tuple[str, ...]], tuple[int, ...]]
        ]()  # published of an office alone
        for number, version in enumerate(versions):
            retold = [one for one in version.measures if number and one == versions[number - 1].find_result(one)]
            told = [one for one in version.measures if one not in retold]
            for result in told:
                self._add_measure(number, version, result)
            self._link_measures(number, told)

    def number(self, office: Office, month: str, cell: int) -> int:
        first = self.numbers.setdefault((office, month), _CELLS * len(self.numbers))
        return first + cell

    def _add_sum(self, offices: Sequence[Office], months: Sequence[str], counts: Sequence[int]) -> None:
        """The cells of what is due over some offices and months, of which `counts` has how many are due first."""
        for cell, count in enumerate(counts[1:]):
            self.sums.append(({self.number(office, month, cell): 1 for office in offices for month in months}, count))

    def _add_measure(self, number: int, version: PublishedEdition, result: MeasureResult) -> None:
        every = [(number, result.measure, code) for code in self.offices]
        self._add_sum(every, self.months, list_rate_counts(result.national))
        for row in list_rows_alone(result):
            self._add_single((number, result.measure, row.office), self.months, list_rate_counts(row))
        if len(self.months) > 1:
            for month in version.rate_own_months(result):
                self._add_sum(every, [month.month], list_rate_counts(month))
            for one in version.list_trend_offices(result):
                counts = {month.month: list_rate_counts(month) for month in one.months}
                for month_name in self.months:
                    office = (number, result.measure, one.office)
                    self._add_single(office, [month_name], counts.get(month_name, (0,) * (1 + _CELLS)))

    def _add_single(self, office: Office, months: Sequence[str], counts: Sequence[int]) -> None:
        self._add_sum([office], months, counts)
        self.singles.setdefault(office[-1], {})[(*office[:2], tuple(months))] = tuple(counts)

    def _link_measures(self, number: int, results: Sequence[MeasureResult]) -> None:
        """Measures of which as many are due in all are taken to be of the same units."""
        for one, other in pairwise(results):
            if one.national.due == other.national.due:
                for code in self.offices:
                    for month in self.months:
                        terms: Terms = {}
                        for result, factor in ((one, 1), (other, -1)):
                            office = (number, result.measure, code)
                            terms |= {self.number(office, month, cell): factor for cell in range(_CELLS)}
                        self.links.append((terms, 0))

    def list_counts(self) -> Iterator[tuple[Terms, bool]]:
        """Every count of an office and every month of them all, and how each changed; and whether it is of them all.

        Of offices of which the same is published, for one: what holds of it holds of the others. What is published of
        an office alone is left out: no small count is, nor a small change.
        """
        alike = {repr(self.singles.get(code)): code for code in self.offices}
        spans = [[month] for month in self.months] + ([self.months] if len(self.months) > 1 else [])
        measures = sorted({office[:2] for office, _ in self.numbers})
        for code in alike.values():
            for span in spans:
                if not all((*one, tuple(span)) in self.singles.get(code, {}) for one in measures):
                    yield from ((terms, False) for terms in self._list_terms(measures, [code], span))
        if len(self.months) > 1:
            for month in self.months:
                yield from ((terms, True) for terms in self._list_terms(measures, self.offices, [month]))

    def _list_terms(
        self, measures: Sequence[tuple[int, str]], codes: Sequence[str], span: Sequence[str]
    ) -> Iterator[Terms]:
        """The sum over some offices and months in each version of a measure, and between each two versions."""
        for cell in range(_CELLS):
            sums = {
                (number, name): {self.number((number, name, code), month, cell): 1 for code in codes for month in span}
                for number, name in measures
            }
            yield from sums.values()
            for (_, one), (_, other) in (
                pair for pair in combinations(sums.items(), 2) if pair[0][0][1] == pair[1][0][1]
            ):
                yield dict.fromkeys(one, -1) | other

    def make_matrix(self, rows: Sequence[Terms]) -> csr_array:
        """Terms as rows of a matrix with a column for each unknown."""
        at = [(number, place, factor) for number, row in enumerate(rows) for place, factor in row.items()]
        row, column, data = (np.array(part) for part in zip(*at, strict=True))
        return csr_array((data.astype(float), (row, column)), shape=(len(rows), _CELLS * len(self.numbers)))


def is_every_count_open(
    versions: Sequence[PublishedEdition], offices: Sequence[str], *, least: int, least_of_all: int
) -> bool:
    """Whether every small count, and every small change from version to version, stays open beside all that is told.

    `versions` are the editions of one period, in order; `offices` the codes of all. A count of an office, or of all in
    one month, is open if no small number lies between the lowest and the highest value that every published number
    allows, or these lie at least the least count apart: `least` of an office, `least_of_all` of them all. So is its
    change from one version to another. No count is negative.
    """
    joined = any(row.flag == COMBINED_FLAG for one in versions for result in one.measures for row in result.offices)
    if not joined and len(versions[-1].own_months) < 2:
        return True
    edition = _Edition(versions, offices)
    none = {unknown for terms, total in edition.sums if not total for unknown in terms}  # parts of nothing are nothing
    counts = [(terms, of_all) for terms, of_all in edition.list_counts() if not terms.keys() <= none]
    if not counts:
        return True
    wanted = edition.make_matrix([terms for terms, _ in counts])
    lowest = np.array([least_of_all if of_all else least for _, of_all in counts])
    for published in ([*edition.sums, *edition.links], edition.sums):  # without the links where they contradict
        matrix, totals = edition.make_matrix([terms for terms, _ in published]), [total for _, total in published]
        if (found := _find_ranges(matrix, np.array(totals), wanted, lowest)) is not None:
            low, high = found
            spread = _TOLERANCE * lowest
            small = (high > 1 - spread) & (low < lowest - 1 + spread)
            small |= (low < -1 + spread) & (high > 1 - lowest - spread)
            return not (small & (high - low < lowest - spread)).any()
    return False


def _find_ranges(matrix: csr_array, totals: Vector, wanted: csr_array, least: Vector) -> tuple[Vector, Vector] | None:
    """The lowest and the highest value of each wanted sum, or two that lie `least` apart; None if none is possible."""
    low, high = np.full(wanted.shape[0], np.inf), np.full(wanted.shape[0], -np.inf)

    def extend(direction: Vector) -> bool:
        """Go as far as possible in a direction, and take note of every wanted sum there."""
        found = linprog(-direction, A_eq=matrix, b_eq=totals)  # type: ignore[call-overload]  # a sparse matrix is allowed
        if found.x is None:
            return False
        values = wanted @ found.x
        np.minimum(low, values, out=low)
        np.maximum(high, values, out=high)
        return True

    toss = np.random.default_rng(0)  # the same directions for everybody
    for _ in range(_DIRECTIONS):
        still = high - low < least
        if still.any() and not extend(wanted.T @ (toss.choice((-1.0, 1.0), wanted.shape[0]) * still)):
            return None
    for place in range(wanted.shape[0]):
        for sign in (-1.0, 1.0):  # what is not low is no small number, however high it is
            if high[place] - low[place] < least[place] > low[place]:
                extend(sign * wanted[[place]].toarray()[0])
    return low, high


def _list_every_row_alone(edition: PublishedEdition) -> Iterator[OfficeRate]:
    return (row for result in edition.measures for row in list_rows_alone(result))
