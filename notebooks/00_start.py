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
# # From tables to the report
#
# One audit from beginning to end: check the tables, draw the sample, assess it, estimate the rates, count a month. The
# tables are synthetic. Their totals are those of DHS OIG-12-64.

# %% tags=["parameters"]
program: str = "secure_communities"
month: str = "2011-09"

# %%
import audit

job = audit.open_audit(program)
job

# %% [markdown]
# ## Check
#
# Each table is read as the program declares it. Rows read equal rows used plus rows set aside. Then the checks in
# `expectations/` ask whether the tables are fit to audit. A critical check that fails stops the audit.

# %%
job.check()

# %% [markdown]
# ## Draw
#
# The frame is every case that can be drawn, with what was left out and why. Its digest was published before the seed
# was chosen. Each case gets a ticket, the SHA-256 of the seed and its key, and the cases with the smallest tickets are
# drawn. Anyone can repeat that.

# %%
job.scope()

# %%
job.plan()

# %%
job.draw()

# %% [markdown]
# ## Assess
#
# Each case is put to the rules in force on the day of its decision, using what was recorded by that day. A missing fact
# is unknown, and unknown never counts as compliance.

# %%
determinations = job.assess()
determinations

# %%
undeterminable = determinations.table.filter(attribute="consistency", outcome="undeterminable")
audit.show(undeterminable.select("match_id", "needed"), title="What would decide the undeterminable cases")

# %% [markdown]
# ## Estimate
#
# Reviewers may overrule a determination, and must say why. Here nobody did, so the outcome of each rule stands.
#
# The rate is that of the cases that could be assessed, with exact confidence limits. The bounds count the
# undeterminable cases once as deviations and once as consistent.

# %%
job.settle()
job.estimate()

# %%
job.report()

# %% [markdown]
# ## Count the month
#
# The monthly report counts every case, so it has no sampling error. Offices still differ by chance. The limits show how
# far an office of each size would differ from the others by chance alone.

# %%
report = job.month(month)
report

# %%
report.figures["offices-documentation"]

# %%
report.figures["funnel-documentation"]

# %%
audit.show(report.open_items, title="Records to complete")

# %% [markdown]
# The same at a prompt, with every table, figure and page in `reports/`:
#
# ```console
# $ audit run secure_communities --month 2011-09
# ```
