"""Selection by size, tickets of others, and a second look: by hand, over many draws, and at the edges."""

from itertools import islice

import numpy as np
import pytest

from audit.errors import AuditError
from audit.statistics import consistent_sampler
from audit.statistics.double_sampling import (
    difference_estimator,
    double_sampling_limits,
    normal_limits,
    rogan_gladen,
    tenenbein,
)
from audit.statistics.intervals.exact import clopper_pearson
from audit.statistics.monetary.selection import (
    cell_selection,
    fixed_interval_selection,
    inclusion_probabilities,
    sequential_poisson_sampling,
    sieve_sampling,
    systematic_sampling,
)

SIZES = np.array([7, 3, 0, 9, 1, 8, 2, 6, 5, 4])  # 45 in all
RANDOM = np.random.default_rng(17)
BEGINNING = RANDOM.bit_generator.state


@pytest.fixture(autouse=True)
def begin_anew() -> None:
    """Every test has the same random numbers, whatever ran before it."""
    RANDOM.bit_generator.state = BEGINNING


def chances(draws: list[np.ndarray]) -> np.ndarray:
    return np.bincount(np.concatenate(draws), minlength=len(SIZES)) / len(draws)


def test_every_start_of_an_interval_gives_each_unit_its_share():
    """An interval of 9: over its 9 starts each unit is drawn as often as it is large."""
    assert (
        chances([fixed_interval_selection(SIZES, 5, start) for start in range(1, 10)]) * 9
    ).tolist() == SIZES.tolist()


def test_an_interval_that_is_no_whole_number_is_kept_exactly():
    """45 / 7 in sevenths: 315 starts of a seventh of a unit each."""
    draws = [fixed_interval_selection(SIZES, 7, start / 7) for start in range(1, 46)]
    assert (chances(draws) * 45 / 7).tolist() == pytest.approx(SIZES.tolist())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: cell_selection(SIZES, RANDOM.random(5)),
        lambda: sieve_sampling(SIZES, 5, RANDOM.random(10)),
        lambda: fixed_interval_selection(SIZES, 5, 9 * (1 - RANDOM.random())),
    ],
)
def test_units_come_in_by_their_size(draw):
    assert chances([draw() for _ in range(8_000)]).tolist() == pytest.approx((SIZES / 9).tolist(), abs=0.02)


def test_sequential_poisson_draws_as_many_as_asked_nearly_by_size():
    draws = [sequential_poisson_sampling(SIZES, 4, RANDOM.random(10)) for _ in range(40_000)]
    assert {len(np.unique(drawn)) for drawn in draws} == {4}
    assert chances(draws).tolist() == pytest.approx(inclusion_probabilities(SIZES, 4).tolist(), abs=0.03)


def test_permanent_numbers_keep_a_sample_together():
    numbers = RANDOM.random(1_000)
    sizes = RANDOM.lognormal(0, 0.3, 1_000)
    few, many = (sequential_poisson_sampling(sizes, n, numbers) for n in (30, 60))
    assert set(few) <= set(many)
    later = sequential_poisson_sampling(sizes * RANDOM.lognormal(0, 0.05, 1_000), 60, numbers)
    assert len(set(many) & set(later)) > 45  # two independent draws share 4


def test_the_sieve_and_the_tickets_do_not_hang_on_the_order():
    numbers, order = RANDOM.random(10), RANDOM.permutation(10)
    for draw in (sieve_sampling, sequential_poisson_sampling):
        assert sorted(order[draw(SIZES[order], 5, numbers[order])]) == draw(SIZES, 5, numbers).tolist()


def test_large_units_are_certain():
    chance = inclusion_probabilities([100, 1, 1, 1, 1], 2)
    assert chance.tolist() == pytest.approx([1, 0.25, 0.25, 0.25, 0.25])
    assert inclusion_probabilities([3, 0, 2], 2).tolist() == [1, 0, 1]
    assert 0 in sequential_poisson_sampling([100, 1, 1, 1, 1], 2, [0.999, 0.1, 0.2, 0.3, 0.4])
    assert fixed_interval_selection([100, 1, 1, 1, 1], 4, 5).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("size", [10**15, 10**17])
def test_book_values_in_cents_do_not_overflow(size: int):
    sizes = np.full(8, size)
    assert fixed_interval_selection(sizes, 4, size).tolist() == [0, 2, 4, 6]


def test_whole_amounts_are_compared_exactly():
    """The second cell begins with the unit numbered 10^17 from 0, all that the second item has; no float is so fine."""
    assert cell_selection([10**17, 1, 10**17 - 1], [0.0, 0.0]).tolist() == [0, 1]


def test_a_uniform_number_of_zero_draws_the_first_unit_with_a_size():
    assert cell_selection([0, 3, 3], [0.0, 0.0]).tolist() == [1, 2]
    assert sieve_sampling([0, 3, 3], 2, [0.0, 0.0, 0.0]).tolist() == [1, 2]


def test_systematic_draws_are_the_places_themselves():
    assert systematic_sampling(10, 5, 2).tolist() == [1, 3, 5, 7, 9]
    assert systematic_sampling(10, 10, 1).tolist() == list(range(10))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: fixed_interval_selection(SIZES, 5, 0),
        lambda: fixed_interval_selection(SIZES, 5, 9.5),
        lambda: fixed_interval_selection([-1, 3], 1, 1),
        lambda: fixed_interval_selection([0, 0], 1, 1),
        lambda: fixed_interval_selection(SIZES, 0, 1),
        lambda: cell_selection(SIZES, [0.5, 1.0]),
        lambda: sieve_sampling(SIZES, 5, [0.5]),
        lambda: inclusion_probabilities([1, 0, 0], 2),
        lambda: sequential_poisson_sampling(SIZES, 10, RANDOM.random(10)),
    ],
)
def test_draws_that_can_not_be_are_refused(ask):
    with pytest.raises(AuditError):
        ask()


def test_first_tickets_of_the_documentation():
    """consistent_sampler 1.0.10, the examples in its source: id 'AB-130', seed '01382438112797316654'."""
    ticket = consistent_sampler.draw_without_replacement(["AB-130"], "01382438112797316654")[0]
    assert ticket.number == "0.26299714122838008416507544297546663599715395525154425586041245287750224561854"
    again = next(islice(consistent_sampler.draw_with_replacement(["AB-130"], "01382438112797316654"), 1, None))
    assert again.number == "0.8232357229934205790595761924514048157652891124687533667363938813600770093316"
    assert (again.unit, again.generation) == ("AB-130", 2)
    assert consistent_sampler.shorten_ticket_number("0.9991234567890", 4) == "0.9991234"


def test_tickets_do_not_hang_on_the_order_and_the_first_of_many_hold_the_few():
    names = [f"case {number}" for number in range(50)]
    drawn = consistent_sampler.draw_without_replacement(names, "seed")
    assert consistent_sampler.draw_without_replacement(names[::-1], "seed") == drawn
    assert [t for t in drawn if t.unit in names[:20]] == consistent_sampler.draw_without_replacement(names[:20], "seed")
    assert list(consistent_sampler.draw_with_replacement([], "seed")) == []
    with pytest.raises(AuditError):
        consistent_sampler.draw_without_replacement(["a", "a"], "seed")


def test_a_rate_corrected_by_hand():
    """Of 400, 100 flagged; of 50 seen twice, 8 of 10 flags and 2 of 40 others are upheld."""
    found = tenenbein(100, 400, [[38, 2], [2, 8]])
    assert found.rate == pytest.approx(0.25 * 0.8 + 0.75 * 0.05)
    within = 0.25**2 * 0.8 * 0.2 / 10 + 0.75**2 * 0.05 * 0.95 / 40
    between = (0.25 * (0.8 - found.rate) ** 2 + 0.75 * (0.05 - found.rate) ** 2) / 400
    assert found.error == pytest.approx(np.sqrt(within + between))


def test_a_faultless_first_look_leaves_the_rate_as_it_was():
    found = tenenbein(100, 400, [[40, 0], [0, 10]])
    assert found == pytest.approx((0.25, np.sqrt(0.25 * 0.75 / 400)))
    assert rogan_gladen(100, 400, (50, 50), (50, 50)) == pytest.approx(found)


def test_a_rate_corrected_for_known_errors():
    """Rogan & Gladen 1978: 0.25 seen, 0.9 found of those that are, 0.95 cleared of those that are not."""
    found = rogan_gladen(100, 400, (90, 100), (95, 100))
    assert found.rate == pytest.approx((0.25 + 0.95 - 1) / 0.85)
    variance = 0.25 * 0.75 / 400 + found.rate**2 * 0.9 * 0.1 / 100 + (1 - found.rate) ** 2 * 0.95 * 0.05 / 100
    assert found.error == pytest.approx(np.sqrt(variance) / 0.85)
    assert rogan_gladen(1, 400, (90, 100), (95, 100)).rate == 0


def test_answers_never_seen_twice_give_no_information():
    assert np.isnan(tenenbein(100, 400, [[40, 0], [0, 0]])).all()
    assert tenenbein(0, 400, [[40, 1], [0, 0]]).rate == pytest.approx(1 / 41)


def test_the_difference_estimator_is_unbiased_and_its_error_true():
    random = np.random.default_rng(5)
    truth = (random.random(2_000) < 0.2).astype(float)
    first = np.where(random.random(2_000) < 0.9, truth, 1 - truth)  # says yes too often
    estimates, errors = [], []
    for _ in range(800):
        twice = np.zeros(2_000, dtype=bool)
        twice[random.choice(2_000, 200, replace=False)] = True
        found = difference_estimator(first[~twice], first[twice], truth[twice], census=True)
        estimates.append(found.rate)
        errors.append(found.error)
    assert np.mean(estimates) == pytest.approx(truth.mean(), abs=0.003)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.1)
    assert first.mean() - truth.mean() > 0.05


def test_a_first_look_that_says_nothing_costs_nothing():
    truth = np.array([1.0, 0, 0, 1, 0, 0, 0, 1, 0, 0])
    found = difference_estimator(np.zeros(90), np.zeros(10), truth, census=True)
    assert found == pytest.approx((0.3, np.sqrt(np.var(truth, ddof=1) * (1 / 10 - 1 / 100))))
    sampled = difference_estimator(np.zeros(90), np.zeros(10), truth, census=False)
    assert sampled.error == pytest.approx(np.sqrt(np.var(truth, ddof=1) / 10))
    assert normal_limits(sampled, "0.95")[0] == pytest.approx(0.3 - 1.96 * sampled.error, abs=1e-4)


@pytest.mark.parametrize(
    ("cases", "twice", "rate"), [(766, 100, 0.96), (766, 60, 0.97), (400, 80, 0.9), (200, 40, 0.95), (100, 20, 0.95)]
)
def test_limits_of_a_corrected_rate_hold_where_few_are_seen_twice(cases, twice, rate):
    """The first look is right in 97% of conforming and 70% of other cases; normal limits held in 64% to 92%."""
    random, missed = np.random.default_rng(2), 0
    for _ in range(60):
        deviates = (random.random(cases) >= rate).astype(int)
        first = np.where(random.random(cases) < np.where(deviates, 0.7, 0.97), deviates, 1 - deviates)
        table = np.zeros((2, 2), dtype=int)
        np.add.at(table, (first[:twice], deviates[:twice]), 1)
        found = double_sampling_limits(np.bincount(first, minlength=2), table, "0.95")
        missed += not found.lower <= rate <= found.upper
    assert missed <= 3


def test_with_no_error_seen_the_corrected_rate_is_that_of_the_first_look():
    """Of 25 deviating answers three, one or none were seen twice; none is ever taken for a conforming one."""
    for upheld in (3, 1, 0):
        found = double_sampling_limits([698, 25, 43], [[91, 0, 0], [0, upheld, 0], [0, 0, 6]], "0.95")
        assert found.rate == 698 / 723
        assert found.lower < clopper_pearson(698, 723, "0.95")[0] < clopper_pearson(698, 723, "0.95")[1] < found.upper
    everything = double_sampling_limits([698, 25], [[698, 0], [0, 25]], "0.95")
    assert everything == pytest.approx((698 / 723, *clopper_pearson(698, 723, "0.95")))


def test_limits_without_width_are_refused():
    with pytest.raises(AuditError, match="bounds nothing"):
        normal_limits(tenenbein(100, 100, [[0, 0], [0, 20]]), "0.95")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: double_sampling_limits([5, 5], [[6, 0], [0, 1]]),
        lambda: double_sampling_limits([5, 5], [[1, 0, 0], [0, 1, 0]]),
        lambda: double_sampling_limits([5.5, 5], [[1, 0], [0, 1]]),
        lambda: double_sampling_limits([0, 0], [[0, 0], [0, 0]]),
        lambda: double_sampling_limits([10**9, 0], [[1, 0], [0, 0]]),
        lambda: tenenbein(5, 4, [[1, 0], [0, 1]]),
        lambda: tenenbein(1, 40, [[1, 0], [0, 2]]),
        lambda: tenenbein(39, 40, [[2, 0], [0, 2]]),
        lambda: rogan_gladen(5, 40, (1, 2), (1, 2)),
        lambda: rogan_gladen(5, 40, (1, 0), (1, 2)),
        lambda: difference_estimator([0, 1], [1], [1], census=True),
    ],
)
def test_second_looks_that_do_not_fit_are_refused(ask):
    with pytest.raises(AuditError):
        ask()
