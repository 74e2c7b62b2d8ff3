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
# A draw must be fair, and anyone must be able to check that it was. Two federal recoveries failed on appeal because
# nobody could repeat the draw. Here each case has a ticket, the SHA-256 of the seed and the key of the case, and the
# cases with the smallest tickets are drawn. `sha256sum` and `sort` do the same.

# %% tags=["parameters"]
program: str = "secure_communities"

# %%
import audit

job = audit.open_audit(program)

# %% [markdown]
# ## First the frame, then the seed
#
# The digest of the frame is written down before the seed exists. Someone who knew the seed first could choose the frame.
# Someone who may choose the seed could try seeds until the sample looks good. The manifest records both, with their
# times.

# %%
sample = job.draw()
sample

# %% [markdown]
# ## Proof
#
# `redraw` draws again from the frame and the manifest and lists every difference. An empty list is the proof. The
# [standard tools](../docs/redraw.md) do it without this software.

# %%
differences = job.redraw(sample.manifest)
audit.show(differences or "the same cases, in the same order", title="Drawn again")

# %% [markdown]
# One case that was exchanged by hand is found at once:

# %%
first, *others = sample.manifest["cases"]
forged = {**sample.manifest, "cases": [{**first, "key": "M11-000001"}, *others]}
audit.show(job.redraw(forged), title="A case exchanged")

# %% [markdown]
# ## A longer draw contains the shorter
#
# A draw of 800 begins with the same 766 cases, so a sample can be extended and nothing read is lost. A fixed plan does
# not allow it to be extended *because* of its result, unless the manifest gives the reason.

# %%
job.plan(size=800)
seed = sample.manifest["seed"]["value"]
longer = job.draw(seed=seed, seed_source="the same dice")
same = longer.cases["match_id"][:766].equals(sample.cases["match_id"])
audit.show({"the first 766 are the same": same})

# %% [markdown]
# ## Strata
#
# From each stratum the smallest tickets are drawn. The tickets do not depend on the strata, so the samples of the
# offices can be put together.

# %%
job.scope(strata="office")
job.plan(size=766)
stratified = job.draw(seed="dice 1 2 3", seed_source="made up for this notebook")
audit.show(stratified.cases.group_by("office").len("cases").sort("office"), title="Cases by office")

# %% [markdown]
# ## A table of your own
#
# None of this needs a program. Any table with a key of text can be drawn from, in one line:

# %%
mine = audit.draw(job.tables["matches"], key="match_id", size=5, seed="dice 4 1 6")
mine
