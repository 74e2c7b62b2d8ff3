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
# # The report of a month
#
# The monthly report as it is issued, for any month. With papermill:
#
# ```console
# $ papermill notebooks/report.ipynb reports/2011-08.ipynb -p month 2011-08
# ```

# %% tags=["parameters"]
program: str = "secure_communities"
month: str = "2011-09"

# %%
import audit

job = audit.open_audit(program)

# %% [markdown]
# ## Fit to audit?
#
# A critical check that fails stops the report here, as it stops the command.

# %%
job.check()

# %% [markdown]
# ## The sample
#
# The declared sample, drawn and assessed; no month changes it. Its rate stands in the report.

# %%
job.estimate()

# %% [markdown]
# ## The count
#
# Every case of the month, as it was on record on one day. What was entered later is not in the report, whenever it is
# made. An office is marked only where it lies outside the limits of chance and of the ordinary spread between offices.

# %%
report = job.month(month)
report

# %%
from IPython.display import display

for figure in report.figures.values():
    display(figure)

# %% [markdown]
# ## To complete
#
# One row for each person, office and month. The list itself is in the report and in the packet of each office.

# %%
audit.show(report.open_items.group_by("office").len("items").sort("office"), title="Open items by office", rows=60)

# %% [markdown]
# The same at a prompt, in every form:
#
# ```console
# $ audit run secure_communities --month 2011-09
# ```
