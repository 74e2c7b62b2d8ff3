"""The jurisdictions of the Nation and the days of their activation: made up, but for a few published totals.

Published: 3,181 jurisdictions; 2,027 activated in 44 States as of 28 December 2011; the first in October 2008, Harris
County, Texas; Cook County, Illinois, not activated at the time of the review. Which others, when, and how many
jurisdictions a State has, was not published.
"""

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

TOTAL_COUNT, ACTIVATED_COUNT, STATE_COUNT = 3_181, 2_027, 44  # OIG-12-64, Expanded Identification Coverage
FIRST_DAY, LAST_DAY = np.datetime64("2008-10-31"), np.datetime64("2011-12-28")  # of the first, the month alone is known
NO_COST_COUNT, MINIMAL_COST_COUNT = 31, 6  # OIG-12-64, Secure Communities Incarceration Costs
NO_DATE: Final = np.datetime64("NaT", "D")
COUNTY_CODES: Final = {"Harris County": "48201", "Cook County": "17031"}  # FIPS, of the two that the report names
DISTRICT: Final = "DC"  # no State


def build_jurisdiction_tables() -> dict[str, pl.DataFrame]:
    """The tables `jurisdictions`, `areas` and `cost_survey`. They draw from a stream of their own."""
    rng = np.random.Generator(np.random.PCG64(20081031))
    areas = pl.read_csv(Path(__file__).with_name("areas.csv"))
    states = areas["state"].to_list()
    sizes = rng.multinomial(TOTAL_COUNT - 4 * len(states), rng.dirichlet(np.full(len(states), 2.0))) + 4
    sizes[states.index(DISTRICT)] += 1 - sizes[states.index(DISTRICT)]
    sizes[states.index("TX")] += TOTAL_COUNT - sizes.sum()
    state = np.repeat(states, sizes)
    names = [f"{code}-{number:03}" for code, size in zip(states, sizes, strict=True) for number in range(1, size + 1)]
    names[int(np.flatnonzero(state == "TX")[0])] = "Harris County"
    names[int(np.flatnonzero(state == "IL")[0])] = "Cook County"
    days = _draw_days(np.array(names), state, rng)
    counties = [COUNTY_CODES.get(name) for name in names]  # of the others it was not published which they are
    jurisdictions = {"jurisdiction": names, "state": state, "activated_on": days, "county": counties}
    return {
        "jurisdictions": pl.DataFrame(jurisdictions, schema_overrides={"county": pl.String}),
        "areas": areas,
        "cost_survey": _build_cost_survey(),
    }


def _build_cost_survey() -> pl.DataFrame:
    """The interviews on costs: 31 without, 6 with minimal ones that nobody could quantify. None has a name."""
    number = NO_COST_COUNT + MINIMAL_COST_COUNT
    return pl.DataFrame(
        {
            "respondent": [f"Jurisdiction {place:02}" for place in range(1, number + 1)],
            "incurred": ["none"] * NO_COST_COUNT + ["minimal"] * MINIMAL_COST_COUNT,
            "amount": pl.Series([None] * number, dtype=pl.Float64),
        }
    )


def _draw_days(names: np.ndarray, state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The day of each activation; none where it was not activated by the last day."""
    states = [code for code in dict.fromkeys(state.tolist()) if code not in (DISTRICT, "TX", "IL")]
    chosen = [*rng.choice(states, STATE_COUNT - 2, replace=False).tolist(), "TX", "IL"]
    harris, cook = np.flatnonzero(names == "Harris County")[0], np.flatnonzero(names == "Cook County")[0]
    eligible = np.flatnonzero(np.isin(state, chosen))
    eligible = eligible[(eligible != harris) & (eligible != cook)]
    one_each = [rng.choice(eligible[state[eligible] == code]) for code in chosen if code != "TX"]
    others = np.setdiff1d(eligible, one_each)
    pace = dict(zip(chosen, rng.lognormal(0, 1.6, len(chosen)), strict=True))  # some States soon had all, others few
    weight = np.array([pace[code] for code in state[others]])
    more = rng.choice(others, ACTIVATED_COUNT - 1 - len(one_each), replace=False, p=weight / weight.sum())
    places = np.concatenate([one_each, more])
    span = (LAST_DAY - FIRST_DAY).astype(int)
    days = np.full(len(names), NO_DATE)
    days[places] = FIRST_DAY + 1 + np.floor((span - 1) * rng.beta(2.6, 1.15, len(places))).astype(int)
    days[harris] = FIRST_DAY
    return days
