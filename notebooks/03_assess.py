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
# Each drawn case is put to dated, cited rules, in the version in force on the day of the decision. A missing fact is
# unknown. It never counts as compliance.

# %% tags=["parameters"]
program: str = "secure_communities"

# %%
import audit

job = audit.open_audit(program)
job.check()

# %% [markdown]
# A critical failure stops the audit; a warning is reported. Whether the tables are reliable enough for the purpose is a
# judgement of the auditor.

# %%
determinations = job.assess()
determinations

# %% [markdown]
# **Consistency** is what the rate of the report is about. *Permitted* means that the policy allows the action and does
# not require it. Such cases count as consistent and are shown apart. *Undeterminable* cases are never left out in
# silence: each names the facts that would decide it.

# %%
consistency = determinations.table.filter(attribute="consistency")
needed = consistency.filter(outcome="undeterminable").group_by("needed").len("cases")
audit.show(needed.sort("cases", "needed", descending=[True, False]), title="What would decide the open cases")

# %% [markdown]
# ## One case, explained
#
# Which rule decided, under which document, which facts it used, and what would change the outcome. Each alternative is
# a new assessment of the same records with one fact changed.

# %%
case = consistency.filter(outcome="inconsistent")["match_id"].sort()[0]
job.explain(case)

# %% [markdown]
# ## What was known then
#
# A decision is assessed on what was on record that day. Where records entered later would change an outcome, that is
# shown here and counts in no rate.

# %%
later = consistency.drop_nulls("later").group_by("outcome", "later").len("cases")
audit.show(later.sort("outcome", "later"), title="What records entered later would change")
