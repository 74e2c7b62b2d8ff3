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
# A sample promises something, and its size follows from the promise. Decide what must be said at the end before
# deciding how many cases to read. Here the frame is the reference year, 348,958 synthetic cases.

# %% tags=["parameters"]
program: str = "secure_communities"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

import polars as pl

from audit.reporting.figures import operating_curves, stopping_curves
from audit.reporting.figures.canvas import render_svg
from audit.sampling import plan
from audit.workflow import audit as engagement, sample_audit
from audit.workflow.notebook import show_result

work = engagement.open_audit(program, only=["matches"])
frame = sample_audit.scope_frame(work)
show_result(frame, title="Frame")

# %% [markdown]
# ## To tell a rate to within a margin
#
# Ask this when the report will say "so many per cent". What may be said afterwards: the rate, and between which limits
# it lies. What may not: that it is below or above a standard which nobody named beforehand.

# %%
show_result(plan.plan_precision(frame, margin="0.05"), title="To within five points")

# %% [markdown]
# Some files will be too thin to assess: in the report audited, 43 of 766. The plan draws as many more.

# %%
show_result(plan.plan_precision(frame, margin="0.05", unassessable="0.06"), title="Allowing for 6% that cannot be assessed")

# %% [markdown]
# ## To show that a rate is below a standard
#
# Ask this when there is a tolerable rate of deviations. The plan allows as many deviations as are expected. To allow
# none is the cheapest, and it fails half of the offices that are four times better than the standard; the figure shows
# what each deviation allowed costs and gains. A result over the number allowed is *not* proof that the standard is
# failed: it is not shown either way.

# %%
show_result(plan.plan_attribute(frame, tolerable="0.05", expected="0.01"), title="Below 5%, 1% expected")

# %%
choices = plan.compute_tradeoffs(frame.size, tolerable="0.05")
rows = [{"allowed": c.allowed, "cases": c.cases, **{f"at {rate:.2%}": f"{chance:.1%}" for rate, chance in c.passing}} for c in choices]
show_result(pl.DataFrame(rows), title="Chance to pass, by the true rate")

# %%
given = {"tolerable": "0.05", "confidence": "0.95"}
show_result(render_svg(operating_curves.draw_figure(choices, population=frame.size, **given)), title=operating_curves.make_caption(choices, **given).alt)

# %% [markdown]
# ## To stop early, and still be right
#
# A fixed plan must be read to its end: to stop when the result looks good is to choose the result. A review that was
# planned to be looked at after every case may stop at any. It costs a few cases where an office is clean and saves most
# of them where it is bad. The prior says what was expected, and is written down before the first case.

# %%
given = {"tolerable": "0.05", "level": "0.90", "prior": (1, 30)}
show_result(render_svg(stopping_curves.draw_figure(1000, **given)), title="Cases until a conclusion, for an office of 1,000 cases")

# %% [markdown]
# ## For every office by itself
#
# To say something of each office, each must be planned for: the size of a sample hardly depends on the size of the
# office. That is what makes statements on every office dear.

# %%
by_office = sample_audit.scope_frame(work, stratum="office")
each = plan.plan_precision(by_office, margin="0.10", each=True)
show_result(each, title="Every office to within ten points")

# %%
show_result(plan.plan_precision(by_office, margin="0.10"), title="The whole to within ten points, in proportion to the offices")

# %% [markdown]
# ## In two stages
#
# Stop or go: one deviation in the first stage calls for a second, and both together keep the promise.

# %%
show_result(plan.plan_two_stage(frame, tolerable="0.05"), title="Two stages")

# %% [markdown]
# The same at a prompt, where the design is written down for the draw:
#
# ```console
# $ audit plan secure_communities --tolerable 0.05 --expected 0.01
# ```
