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
# # Which cases
#
# A draw must be fair, and anyone must be able to see that it was. Two federal recoveries fell on appeal because nobody
# could draw the sample again. Here every case has a ticket, the SHA-256 of the seed and the case's key, and the smallest
# tickets are drawn; `sha256sum` and `sort` do the same.

# %% tags=["parameters"]
program: str = "secure_communities"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from audit.sampling.draw import draw_designed_sample
from audit.sampling.plan import plan_sample
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.tickets import compute_tickets
from audit.workflow import audit as engagement, sample_audit
from audit.workflow.notebook import show_result

work = engagement.open_audit(program, only=["matches"])

# %% [markdown]
# ## First the frame, then the seed
#
# The frame's digest is written down before the seed exists. Who knows the seed first could choose the frame; who may
# choose the seed could try seeds until the sample pleases. The manifest holds both, with their times.

# %%
frame, sample, manifest = sample_audit.draw_sample(work)
show_result({"digest": frame.digest, "fixed": manifest["frame"]["fixed"], **manifest["seed"]}, title="Committed, then revealed")

# %%
show_result(sample.cases.head(6), title="The first tickets")

# %% [markdown]
# ## A stranger's proof
#
# `redraw` draws again from the frame and the manifest and says where the two disagree. Nothing said is the proof. The
# [standard tools](../docs/redraw.md) do it without this software.

# %%
show_result(find_redraw_differences(frame, manifest) or ["the same cases, in the same order"], title="Drawn again")

# %% [markdown]
# One case put in by hand is found at once:

# %%
forged = {**manifest, "cases": [{**manifest["cases"][0], "key": "M11-000001"}, *manifest["cases"][1:]]}
show_result(find_redraw_differences(frame, forged), title="A case exchanged")

# %% [markdown]
# ## A longer draw contains the shorter
#
# A draw of 800 begins with the same 766 cases, so a sample may be extended and nothing read is lost. To extend it *because*
# of what it showed is another matter: a fixed plan does not allow it without a reason that stands in the manifest.

# %%
longer = draw_designed_sample(frame, plan_sample(frame, size=800), seed=sample.seed)
show_result({"the first 766 are the same": longer.cases["key"][:766].equals(sample.cases["key"])})

# %% [markdown]
# ## Strata
#
# Of each stratum the smallest tickets are drawn. The tickets are those of the whole frame, so the offices' samples can be
# put together.

# %%
by_office = sample_audit.scope_frame(work, stratum="office")
stratified = draw_designed_sample(by_office, plan_sample(by_office, size=766), seed=sample.seed)
show_result(stratified.cases.group_by("stratum").len().sort("stratum").head(8), title="Cases by office")

# %%
key = sample.cases["key"][:1]
show_result({"key": key[0], "ticket": compute_tickets(key, seed=sample.seed)[0]}, title="A ticket, whatever the design")
