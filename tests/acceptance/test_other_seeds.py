"""Any other seed draws another sample of the same population, and the limits cover what is true of it."""

from collections import Counter

import pytest

from audit.assessment.case_file import determine_outcomes, gather_case_files
from audit.estimation.rates import estimate_rate
from audit.sampling.tickets import compute_tickets
from audit.workflow import sample_audit
from audit.workflow.program_data import ProgramData
from tests.tenth import FRAME_SIZE

SEEDS = [f"trial {number}" for number in range(30)]


@pytest.fixture(scope="module")
def outcomes(tenth_work: ProgramData) -> dict[str, str]:
    """The outcome of every case of a tenth of the persons: what a complete audit would find."""
    work = tenth_work
    frame = sample_audit.scope_frame(work)
    files = gather_case_files(work.program, work.rows, frame.cases.collect()["match_id"])
    found = determine_outcomes(files, sample_audit.require_policy(work), explained=False).filter(
        attribute="consistency"
    )
    return dict(found.select("match_id", "outcome").sort("match_id").collect().iter_rows())


def test_limits_cover_the_population(outcomes: dict[str, str]) -> None:
    import polars as pl

    whole = Counter(outcomes.values())
    population = len(outcomes)
    assert population == sum(whole.values()) == FRAME_SIZE
    conforming = whole["consistent"] + whole["permitted"]
    true_rate = conforming / (conforming + whole["inconsistent"])
    true_worst, true_best = conforming / population, (conforming + whole["undeterminable"]) / population
    keys = pl.Series(list(outcomes))

    covered, bounded = 0, 0
    for seed in SEEDS:
        drawn = keys.gather(compute_tickets(keys, seed=seed).arg_sort().head(766))
        tally = Counter(outcomes[key] for key in drawn)
        found = estimate_rate(
            conforming=tally["consistent"] + tally["permitted"],
            deviating=tally["inconsistent"],
            undeterminable=tally["undeterminable"],
            population=population,
        )
        assert None not in (found.lower, found.upper, found.worst_lower, found.best_upper)
        covered += found.lower <= true_rate <= found.upper
        bounded += found.worst_lower <= true_worst and true_best <= found.best_upper
    # 95% limits miss one in twenty; fewer than 25 of 30 covered would happen about once in 300 sets of seeds
    assert covered >= 25
    assert bounded >= 25
