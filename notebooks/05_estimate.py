# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What may be said
#
# A sample gives a rate and limits. What the report may say follows from them, and so does what it may not.

# %% tags=["parameters"]
program: str = "secure_communities"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from audit.estimation.conclusions import compare_rates, conclude_on_standard
from audit.estimation.office_comparison import compare_offices
from audit.estimation.rates import estimate_rate
from audit.reporting.sample_text import (
    describe_conclusion, describe_estimate, describe_office_comparison, describe_precision, describe_rate_difference
)
from audit.statistics.intervals.binomial import jeffreys, wald, wilson
from audit.statistics.intervals.exact import clopper_pearson, hypergeometric_limits
from audit.statistics.intervals.optimal import optimal_limits
from audit.statistics.sequential.confidence_sequence import running_limits
from audit.workflow import program_data, sample_audit
from audit.workflow.notebook import show_result

work = program_data.read_program_data(program)
frame, sample, manifest = sample_audit.draw_sample(work)
final = sample_audit.settle_outcomes(work.program, sample_audit.assess_cases(work, sample.cases["key"]))
found = sample_audit.estimate_rates(work, frame, manifest, final)
show_result(found.overall)

# %% [markdown]
# **May be said:** of the cases that could be assessed, so many per cent were consistent; chance alone leaves it between the
# limits; whatever the 43 were, it lies between the wider ones. **May not be said:** that 97% of *all* cases were consistent.
# The 43 were not drawn to be left out.

# %% [markdown]
# ## Against a standard
#
# Three conclusions, never two: met, failed, or neither shown. And how far the undeterminable cases would have to go to
# overturn it.

# %%
for tolerable in ("0.02", "0.05", "0.10", "0.12"):
    print(describe_conclusion(conclude_on_standard(found.overall, tolerable=tolerable), found.overall))

# %% [markdown]
# ## Which limits
#
# The population is finite and known, so the limits are exact: each side misses in no more than 2.5% of samples, whatever the
# true count. Others are offered by name. Wald's says that nobody fails where nobody was seen to fail.

# %%
x, n, population = 0, 60, 1200
counts = {"exact (hypergeometric)": hypergeometric_limits(x, n, population, "0.95"), "shortest that is exact": optimal_limits(x, n, population, "0.95")}
shares = {"Clopper-Pearson": clopper_pearson, "Wilson": wilson, "Jeffreys": jeffreys, "Wald": wald}
rows = {name: f"{low / population:.1%} to {high / population:.1%}" for name, (low, high) in counts.items()}
rows |= {name: "{:.1%} to {:.1%}".format(*map(float, limits(x, n, "0.95"))) for name, limits in shares.items()}
show_result(rows, title="No deviation among 60 of 1,200")

# %% [markdown]
# ## Offices
#
# In a sample of the whole, an office has a handful of cases. Its own limits are exact and wide, and the report says that they
# carry no statement. Where many offices are looked at, some look bad by chance: flags allow for that, places say how little a
# ranking means.

# %%
show_result([describe_precision(found.office_precision)])

# %%
against = compare_offices(found.offices, tolerable="0.05")
show_result([(s.label, s.cases, f"{s.p:.1%}", f"{s.adjusted:.1%}", f"{s.best_place} to {s.worst_place}") for s in against[:8]], title="Office, cases, chance, allowing for all, places")

# %%
show_result([describe_office_comparison(against, tolerable="0.05")])

# %% [markdown]
# ## Two periods
#
# Of samples drawn apart, the difference has limits of its own. Limits that overlap are no test.

# %%
before, after = estimate_rate(conforming=180, deviating=20), estimate_rate(conforming=192, deviating=8)
show_result([describe_estimate(before), describe_estimate(after), describe_rate_difference(compare_rates(before, after))])

# %% [markdown]
# ## Looking after every case
#
# These limits hold at every look at once, so a review may stop whenever they answer the question.

# %%
lower, upper = running_limits([0] * 66, 1000, "0.90", prior=(1, 30))
show_result({f"after {at} clean cases": f"at most {upper[at - 1] / 1000:.1%} deviate" for at in (10, 30, 57, 66)}, title="A clean office of 1,000 cases")

# %% [markdown]
# ## A month that was counted whole
#
# It has no sampling error, and an interval would say that it had. Offices are then compared by funnel limits, which ask how
# far an office of its size strays by chance.

# %%
show_result(estimate_rate(conforming=110, deviating=5, population=115))
