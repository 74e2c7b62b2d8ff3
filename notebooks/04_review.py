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
# Rules decide most cases; people decide the audit. Two reviewers judge apart, somebody decides where they differ, and what the
# second found of the first corrects the rate. Here both reviewers are simulated, with errors of a known rate.

# %% tags=["parameters"]
program: str = "secure_communities"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from pathlib import Path
from random import Random
from tempfile import mkdtemp

from audit.reporting.review_text import describe_first_errors, describe_outstanding, describe_readiness
from audit.review.agreement import find_disagreements
from audit.review.journal import ReviewAnswer, build_review_status
from audit.review.worksheet import list_allowed_outcomes
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.workflow import program_data, sample_audit
from audit.workflow import review as review_workflow
from audit.workflow.notebook import show_result

work = program_data.read_program_data(program)
frame, sample, manifest = sample_audit.draw_sample(work)
steps = SampleAuditFolder(folder=Path(mkdtemp()) / "sample", key=work.program.census.unit)  # elsewhere: reports/<program>/sample
steps.write_sample(manifest)
steps.write_determinations(sample_audit.assess_cases(work, sample.cases["key"]))
review = review_workflow.open_review(work.program, steps)
show_result(review.plan)

# %% [markdown]
# ## A worksheet
#
# In practice it goes out as an Excel workbook (`audit review export`) and comes back (`audit review import`), or the cases are
# answered here with `audit.workflow.review_desk`. Below, a made-up reviewer answers it, wrong in 6% of the items.

# %%
path, sheet = review_workflow.export_worksheet(work, review, phase="first", by="Auditor A", blind=False)
show_result(sheet.rows.select("item", "case", "attribute", "facts", "by_rule").head(2), title=f"{sheet.rows.height} items")


# %%
def judged(sheet, errs, seed):
    """Answers as the rule has them, but for a share of items."""
    chance = Random(seed)
    for case, attribute in sheet.rows.select("case", "attribute").iter_rows():
        true = sheet.rule[case, attribute]
        wrong = chance.random() < errs
        outcome = chance.choice([one for one in list_allowed_outcomes(attribute)[:3] if one != true]) if wrong else true
        yield ReviewAnswer(case=case, attribute=attribute, outcome=outcome, reason="read the file" if wrong else "")


entered = review.enter_answers(judged(sheet, 0.06, 1), phase="first", by="Auditor A", source="notebook")
print(f"{len(entered.events):,} answers entered, {entered.overruled} overrule the rule")

# %% [markdown]
# ## A second reviewer, blind
#
# Drawn by ticket with a seed of its own, chosen once the first sample stands. The second worksheet shows nothing of the first.

# %%
review_workflow.draw_second_sample(review, size=300, seed="dice 2 6 1", seed_source="made up for this notebook")
_, second = review_workflow.export_worksheet(work, review, phase="second", by="Auditor B", blind=True)
review.enter_answers(judged(second, 0.02, 2), phase="second", by="Auditor B", source="notebook")
found = review.check_readiness()
rows = [(one.attribute, one.cases, one.agreed, c.name, f"{c.value:.2f}", f"{c.lower:.2f} to {c.upper:.2f}") for one in found.concordance if one.office == "all" for c in one.coefficients]
show_result(rows, title="Attribute, cases, agreed, coefficient, value, limits")

# %% [markdown]
# Where nearly all cases comply, kappa falls although the reviewers hardly ever differ: chance alone would make them agree so
# often. AC1 does not. Neither is the truth; both are shown.

# %% [markdown]
# ## Where they differ, somebody decides

# %%
apart = find_disagreements(build_review_status(review.read_events(), key=steps.key))
show_result(apart.group_by("attribute", "first", "second").len("items").sort("items", descending=True).head(6), title=f"{apart.height} differences")

# %%
decisions = [ReviewAnswer(case=case, attribute=attribute, outcome=sheet.rule[case, attribute], reason="the file shows it") for case, attribute in apart.select(steps.key, "attribute").iter_rows()]
review.enter_answers(decisions, phase="adjudication", by="Audit manager", source="notebook")
show_result([describe_first_errors(one) for one in review.check_readiness().first_errors])

# %% [markdown]
# **May be said:** the rate with the first reviewer's errors allowed for. The first answers alone would put it too low, for most
# cases conform and an error mostly turns a conforming case into another.

# %%
concluded = sample_audit.estimate_rates(work, frame, manifest, review.settle_outcomes())
show_result(concluded.overall)

# %% [markdown]
# ## What is missing before the report may be issued

# %%
show_result([describe_readiness(review.check_readiness()), *map(describe_outstanding, review.check_readiness().outstanding)])

# %%
review_workflow.sign_review(review, by="Audit director")
show_result([describe_readiness(review.check_readiness())])

# %% [markdown]
# ## Late documents and appeals
#
# They are entered as they come. Nothing is overwritten: how things stood on any day can be gone back to, and the change of the
# rate is told. The signature named what was settled before, so it is void.

# %%
wrong = review.settle_outcomes().filter(attribute="consistency", settled="inconsistent")[steps.key][0]
late = ReviewAnswer(case=wrong, attribute="consistency", outcome="consistent", reason="a detainer was on file", evidence="exhibit 4")
review_workflow.record_answer(review, late, phase="appeal", by="Audit manager")
after = sample_audit.estimate_rates(work, frame, manifest, review.settle_outcomes()).overall
show_result({"before": f"{concluded.overall.conforming} of {concluded.overall.assessed}", "after": f"{after.conforming} of {after.assessed}", "missing": [describe_outstanding(one) for one in review.check_readiness().outstanding]})
