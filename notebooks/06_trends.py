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
# # Month after month
#
# Each report continues the ledger of the month before. Changes are reported in three ways: what moved in the ledger,
# whether the months shift by more than chance, and how long completion takes.

# %% tags=["parameters"]
program: str = "secure_communities"
since: str = "2011-07"
month: str = "2011-09"
reports: str = "reports"  # where the reports are, or are written

# %%
import audit
import polars as pl

# %% [markdown]
# ## The reports
#
# A report that exists and is current is read; the others are written, one after the other.

# %%
job = audit.open_audit(program)
months = job.months(since, month, reports=reports)

# %% [markdown]
# ## What moved
#
# Open at the start, plus new and reopened, less resolved and reclassified, is open at the end. The end of one month is
# the start of the next.

# %%
moved = pl.concat([one.movements.head(1).with_columns(month=pl.lit(one.record.period)) for one in months])
audit.show(moved.select("month", pl.exclude("month", "office")), title="The ledger, month by month")

# %%
last = months[-1]
audit.show(last.movements, title="The ledger of the last month", rows=60)

# %% [markdown]
# ## Whether the months shift
#
# The share documented in time over all offices, each month as known on the day of the last report. Months differ by
# more than binomial chance, so the limits are widened by how much neighbouring months differ (Laney). A shift shows as
# too long a run on one side of the median, or too few crossings of it (Anhøj and Olesen).

# %%
from audit.statistics import offices

counts = last.months
chart = offices.laney_chart(counts["compliant"].to_list(), counts["due"].to_list())
limits = counts.select("month", rate=pl.col("compliant") / pl.col("due")).with_columns(
    lower=pl.Series(chart.lower), upper=pl.Series(chart.upper)
)
audit.show(limits, title="Documented in time, with limits", rows=24)

# %%
audit.show(offices.run_chart(limits["rate"].to_list()), title="Runs about the median")

# %% [markdown]
# ## How long it takes
#
# From the listing to the completion, including items that are still open: leaving them out would make it look fast.

# %%
audit.show(last.follow_up, title="What the last report says of it")
