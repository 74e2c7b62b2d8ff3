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
# A sample gives a rate and confidence limits. What the report may state follows from them, and so does what it may not.

# %% tags=["parameters"]
program: str = "secure_communities"

# %%
import audit

job = audit.open_audit(program)
result = job.estimate()
result.overall

# %% [markdown]
# **The report may state:** of the cases that could be assessed, this percentage was consistent; with 95% confidence the
# rate lies between the limits; whatever the undeterminable cases were, it lies between the wider ones. **It may not
# state** that 97% of *all* cases were consistent: the undeterminable cases were not drawn to be left out.
#
# ## Against a standard
#
# There are three conclusions, never two: met, failed, or neither shown. The last sentence says how many undeterminable
# cases would have to deviate to overturn the conclusion.

# %%
audit.show([audit.conclude(result.overall, tolerable=rate) for rate in ("0.02", "0.05", "0.10", "0.12")])

# %% [markdown]
# ## Which limits
#
# The population is finite and known, so the limits are exact: each side misses in at most 2.5% of samples, whatever the
# true count. Other limits are offered by name. Wald limits claim that nobody fails where nobody was seen to fail.

# %%
from audit.statistics import intervals

x, n, population = 0, 60, 1_200
counts = {
    "exact (hypergeometric)": intervals.hypergeometric_limits(x, n, population, "0.95"),
    "shortest exact": intervals.optimal_limits(x, n, population, "0.95"),
}
rows = {name: f"{low / population:.1%} to {high / population:.1%}" for name, (low, high) in counts.items()}
for name, method in {
    "Clopper-Pearson": intervals.clopper_pearson,
    "Wilson": intervals.wilson,
    "Jeffreys": intervals.jeffreys,
    "Wald": intervals.wald,
}.items():
    low, high = method(x, n, "0.95")
    rows[name] = f"{float(low):.1%} to {float(high):.1%}"
audit.show(rows, title="No deviation among 60 of 1,200")

# %% [markdown]
# ## Offices
#
# A sample of the whole has few cases of each office. The limits of an office are exact and wide. Of many offices, some
# look bad by chance: the flags allow for that, and the places show how little a ranking means.

# %%
audit.flag_offices(result, tolerable="0.05")

# %% [markdown]
# ## Two periods
#
# The difference of two independent samples has limits of its own. Whether two intervals overlap is no test.

# %%
before, after = audit.estimate(conforming=180, deviating=20), audit.estimate(conforming=192, deviating=8)
audit.compare_samples(before, after)

# %% [markdown]
# ## Looking after every case
#
# These limits hold at every look at once, so a review may stop as soon as they answer the question.

# %%
from audit.statistics import sequential

lower, upper = sequential.running_limits([0] * 66, 1_000, "0.90", prior=(1, 30))
looks = {f"after {at} cases without a deviation": f"at most {upper[at - 1] / 1_000:.1%} deviate" for at in (10, 30, 57, 66)}
audit.show(looks, title="An office of 1,000 cases")

# %% [markdown]
# ## A complete monthly count
#
# A complete count has no sampling error, and an interval would suggest one. Offices are compared by funnel limits
# instead, which show how far an office of its size differs by chance.

# %%
audit.estimate(conforming=110, deviating=5, population=115)
