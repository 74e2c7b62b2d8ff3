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
# # What people conclude
#
# Rules decide most cases; people decide the audit. Two reviewers judge independently, a third decides where they
# differ, and what the second review finds about the first corrects the rate. Both reviewers are simulated here, with
# error rates that we know.

# %% tags=["parameters"]
program: str = "secure_communities"

# %%
from random import Random
from tempfile import mkdtemp

import audit
import polars as pl

job = audit.open_audit(program)
determinations = job.assess()
review = job.review(mkdtemp())  # in practice reports/<program>/sample
review

# %% [markdown]
# ## A worksheet
#
# In practice the worksheet is sent as an Excel workbook (`audit review export`) and comes back
# (`audit review import`). Or the reviewer answers here: `review.open_desk(by="Auditor A")`. Below, a simulated reviewer
# answers it, with an error in 6% of the items.

# %%
path, items = review.export_worksheet(by="Auditor A")
audit.show(items.select("item", "case", "attribute", "by_rule"), title="The worksheet", rows=3)


# %%
def judge(items, error_rate, seed):
    """Answers as the rule has them, with an error in a share of the items."""
    chance = Random(seed)
    rule = determinations.table.select("match_id", "attribute", "outcome", possible="outcome")
    outcomes = {name: sorted(rows["outcome"].unique()) for (name,), rows in rule.group_by("attribute")}
    by_rule = {(case, name): outcome for case, name, outcome in rule.select("match_id", "attribute", "outcome").iter_rows()}
    rows = []
    for case, attribute in items.select("case", "attribute").iter_rows():
        true = by_rule[case, attribute]
        others = [one for one in outcomes[attribute] if one not in (true, "not_applicable", "no_rule")]
        wrong = chance.random() < error_rate and others
        rows.append((case, attribute, chance.choice(others) if wrong else true, "read the file" if wrong else ""))
    return pl.DataFrame(rows, schema=["match_id", "attribute", "outcome", "reason"], orient="row")


review.enter_answers(judge(items, 0.06, 1), by="Auditor A")

# %% [markdown]
# ## A second reviewer, blind
#
# The cases for the second review are drawn by ticket, with a seed of their own that is chosen after the first sample is
# fixed. The second worksheet shows nothing of the first review.

# %%
review.draw_second_sample(size=300, seed="dice 2 6 1", seed_source="made up for this notebook")
_, second = review.export_worksheet(by="Auditor B", phase="second", blind=True)
review.enter_answers(judge(second, 0.02, 2), by="Auditor B", phase="second")

# %%
audit.show(review.agreement, title="Agreement of the reviewers", rows=40)

# %% [markdown]
# Where nearly all cases comply, kappa is low although the reviewers hardly ever differ, because chance alone would make
# them agree so often. AC1 does not fall. Neither is the truth; both are shown.
#
# ## Where they differ, a third person decides

# %%
audit.show(review.disagreements, title="Disagreements")

# %%
rule = determinations.table.select("match_id", "attribute", "outcome")
decisions = review.disagreements.join(rule, on=["match_id", "attribute"]).with_columns(reason=pl.lit("the file shows it"))
review.enter_answers(decisions, by="Audit manager", phase="adjudication")

# %%
review

# %% [markdown]
# **The report may state** the rate corrected for the errors of the first review. The first answers alone would give too
# low a rate: most cases conform, so an error mostly turns a conforming case into another.

# %%
job.settle(review)
concluded = job.estimate()
concluded.overall

# %% [markdown]
# ## Signature
#
# The supervisor signs what is settled. The signature names it by its digest, so any later answer voids the signature.

# %%
review.sign(by="Audit director")
review

# %% [markdown]
# ## Late documents and appeals
#
# Late answers are added to the journal. Nothing is overwritten: the state on any day can be restored, and the change of
# the rate is reported.

# %%
wrong = review.settle().table.filter(attribute="consistency", settled="inconsistent")["match_id"].sort()[0]
late = {"match_id": wrong, "attribute": "consistency", "outcome": "consistent"}
review.record_answer({**late, "reason": "a detainer was on file", "evidence": "exhibit 4"}, by="Audit manager")

# %%
job.settle(review)
after = job.estimate().overall
before = concluded.overall
audit.show({"before": f"{before.conforming} of {before.assessed}", "after": f"{after.conforming} of {after.assessed}"})

# %%
review
