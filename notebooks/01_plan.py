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
# # How many cases
#
# The size of a sample follows from what it must show. Decide what the report has to say before you decide how many
# cases to read. The frame here is the reference year: 348,958 synthetic cases.

# %% tags=["parameters"]
program: str = "secure_communities"

# %%
import audit

job = audit.open_audit(program)
frame = job.scope()
frame

# %% [markdown]
# ## A rate to within a margin
#
# Use this when the report will state a percentage. It may then state the rate and its confidence limits. It may not
# state that the rate is below or above a standard that nobody named beforehand.

# %%
job.plan(margin="0.05")

# %% [markdown]
# Some records will be too thin to assess: 43 of 766 in the report audited. The plan draws as many more.

# %%
job.plan(margin="0.05", unassessable="0.06")

# %% [markdown]
# ## A rate below a standard
#
# Use this when there is a tolerable rate of deviations. The plan allows as many deviations as are expected. Allowing
# none is cheapest, but then half of the offices that are four times better than the standard fail. The figure shows what
# each allowed deviation costs and gains. More deviations than allowed do *not* prove that the standard is missed: the
# sample then shows neither.

# %%
job.plan(tolerable="0.05", expected="0.01")

# %%
audit.plot_sample_sizes(frame.size, tolerable="0.05")

# %% [markdown]
# ## To stop early
#
# A fixed plan must be read to its end. Stopping when the result looks good means choosing the result. A review that was
# planned to be looked at after every case may stop at any case. It costs a few more cases where an office is clean and
# saves most of them where it is bad. The prior states what was expected; write it down before the first case.

# %%
audit.plot_stopping_times(1_000, tolerable="0.05", level="0.90", prior=(1, 30))

# %% [markdown]
# ## Each office by itself
#
# The size of a sample hardly depends on the size of the office. A statement on each office therefore needs a full
# sample from each.

# %%
job.scope(strata="office")
job.plan(margin="0.10", each_stratum=True)

# %% [markdown]
# For the whole to within ten points, in proportion to the offices:

# %%
job.plan(margin="0.10")

# %% [markdown]
# ## In two stages
#
# Stop or go: one deviation in the first stage calls for a second stage. Together they keep the stated confidence.

# %%
job.scope()
job.plan_two_stages(tolerable="0.05")

# %% [markdown]
# The same at a prompt, which writes the plan down for the draw:
#
# ```console
# $ audit plan secure_communities --tolerable 0.05 --expected 0.01
# ```
