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
# # What each case shows
#
# Every drawn case is put to dated, cited rules, under the version in force on the day of the decision. A fact that is missing
# is unknown; it is never read as compliance.

# %% tags=["parameters"]
program: str = "secure_communities"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from audit.assessment.explain import explain_case
from audit.workflow import audit as engagement, validation, sample_audit
from audit.workflow.notebook import show_result

work = engagement.open_audit(program)
reliability = validation.check_tables(work)
show_result([reliability.describe_results()], title="Are the tables fit to audit?")

# %% [markdown]
# The verdicts are by polars; `audit check` lets Great Expectations read them again. A critical failure stops
# the audit; a warning is reported. Whether the tables are reliable enough for the purpose is for the auditor to say.

# %%
frame, sample, manifest = sample_audit.draw_sample(work)
found = sample_audit.assess_cases(work, sample.cases["key"])
show_result(found.group_by("attribute", "outcome").len("cases").sort("attribute", "outcome"), title="Outcomes of the sampled cases")

# %% [markdown]
# **Consistency** is the attribute of the report's rate. *Permitted* means that the policy allows the action and does not call
# for it; such cases count as consistent and are shown apart. *Undeterminable* cases are not left out in silence: each names
# the facts that would decide it.

# %%
open_cases = found.filter(attribute="consistency", outcome="undeterminable")
show_result(open_cases.group_by("needed").len("cases").sort("cases", "needed", descending=[True, False]).head(8), title="What would decide the open cases")

# %% [markdown]
# ## One case, explained
#
# Which rule decided, under which document, what it looked at, and what would change the outcome. Every alternative is a new
# assessment of the same file with one fact changed.

# %%
case = found.filter(attribute="consistency", outcome="inconsistent")[found.columns[0]].sort()[0]
show_result(explain_case(case, program=work.program, policy=work.policy, tables=work.rows))

# %% [markdown]
# ## What was known then
#
# A decision is judged on what was on record that day. Where records entered later would change an outcome, that is told apart
# and is in no rate.

# %%
later = found.filter(attribute="consistency").drop_nulls("later")
show_result(later.group_by("outcome", "later").len("cases").sort("outcome", "later"), title="What records entered later would change")
