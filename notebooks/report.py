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
# The numbers of one month, as `audit run` publishes them. Another month is another parameter:
#
# ```console
# $ jupytext --to ipynb notebooks/report.py
# $ papermill notebooks/report.ipynb reports/2011-08.ipynb -p month 2011-08
# ```

# %% tags=["parameters"]
program: str = "secure_communities"
month: str = "2011-09"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from audit.reporting import figures
from audit.workflow import audit as engagement
from audit.workflow import monthly_report, report_basis
from audit.workflow.engine import LocalEngine
from audit.workflow.notebook import show_result

# %% [markdown]
# ## Fit to audit?
#
# A critical check that fails stops the report here, as it stops the command. The declared sample is drawn and assessed
# with the same step: no month changes it.

# %%
work = engagement.open_audit(program)
engine = LocalEngine(audit=work)
common = report_basis.prepare_shared_results(engine, None)
show_result([common.checks.describe_results()])

# %% [markdown]
# ## Counted
#
# Every match of the month, looked at on one day: what was entered later is not in the report, whenever it is made.

# %%
period, as_of = monthly_report.resolve_report_period(engine, month)
counts = engine.count_period(period, as_of).counts
report = monthly_report.assemble_period_report(
    work, period=period, as_of=as_of, checks=common.checks, audit=common.audit, counts=counts
)
show_result([report.headline], title=f"{report.title}, {report.period_words}, as known on {as_of}")

# %%
show_result([(key.value, key.label, key.detail) for key in report.key_figures], title="Key figures")

# %% [markdown]
# ## Every office
#
# A rate is a share of those due. An office is marked only where it lies outside limits that chance and the ordinary
# spread between offices would leave it in.

# %%
first = report.measures[0]
rows = [(o.office, o.due, o.compliant, o.late, o.missing, o.flag or "within") for o in (*first.offices, first.national)]
show_result(rows, title="Office, due, in time, late, missing, against the limits")

# %%
for drawing in figures.draw_report_figures(report):
    display(show_result(figures.render_svg(drawing.figure), title=drawing.caption.alt))

# %% [markdown]
# ## To complete
#
# One line a person, office and month; the list itself is in the report and in each office's packet.

# %%
by_office = {}
for item in report.open_items:
    by_office[item.office] = by_office.get(item.office, 0) + 1
show_result(by_office, title="Open items by office")

# %% [markdown]
# The same from a prompt, in every form:
#
# ```console
# $ audit run secure_communities --month 2011-09
# ```
