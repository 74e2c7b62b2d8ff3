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
# Each report carries on the ledger of the one before. What changes from month to month is then told in three ways: what
# moved in the ledger, whether the months shift by more than chance, and how long repairs take.

# %% tags=["parameters"]
program: str = "secure_communities"
since: str = "2011-07"
month: str = "2011-09"
root: str = "."  # the project's folder
reports: str = "reports"  # where the reports stand, or are written

# %%
import os
from pathlib import Path

os.chdir(root)

from audit.reporting.follow_up_text import describe_follow_up
from audit.statistics.offices.control_charts import laney_chart, run_chart
from audit.storage.report_record import read_report
from audit.workflow import program_data
from audit.workflow import schedule
from audit.workflow.engine import LocalEngine
from audit.workflow.month_request import MonthRequest
from audit.workflow.notebook import show_result

# %% [markdown]
# ## The reports
#
# A report that stands already is left as it is; the others are written, one after the other.

# %%
work = program_data.read_program_data(program)
months = schedule.list_scheduled_months(work.program, since, month)
done = schedule.publish_months(LocalEngine(audit=work), MonthRequest(reports=Path(reports)), months)
records = [read_report(one.folder / "report.json") for one in done]
show_result([(one.month, "written" if one.changed else "as it stood") for one in done], title="Reports")

# %% [markdown]
# ## What moved
#
# Open at the start, plus new and reopened, less resolved and reclassified, is open at the end; and the end of one month is
# the start of the next.

# %%
moved = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
rows = [(one.period, *(getattr(one.follow_up, name) for name in moved)) for one in records]
show_result(rows, title="Month, open at the start, new, reopened, resolved, reclassified, open at the end")

# %%
last = records[-1]
show_result([(o.name, o.open_start, o.new, o.resolved, o.open_end, o.over_90) for o in last.follow_up.offices], title="Office, open at the start, new, resolved, open at the end, over 90 days")

# %% [markdown]
# ## Whether the months shift
#
# The share in time of all offices together, every month, as known on the last report's day. Months differ by more than
# binomial chance, so the limits are widened by how much neighbouring months differ (Laney); a shift shows itself by too
# long a run on one side of the median, or too few crossings of it (Anhøj and Olesen).

# %%
whole = [(one.compliant, one.due) for one in last.months]
chart = laney_chart(*zip(*whole))
rows = [(one.month, f"{x / n:.1%}", f"{low:.1%} to {high:.1%}") for one, (x, n), low, high in zip(last.months, whole, chart.lower, chart.upper)]
show_result(rows, title="Month, in time, limits")

# %%
found = run_chart([x / n for x, n in whole])
show_result({"Longest run": found.longest, "allowed": found.longest_allowed, "Crossings": found.crossings, "required": found.crossings_required, "More than chance": found.signal}, title="Runs about the median")

# %% [markdown]
# ## How long it takes
#
# From the listing to the repair, with those that still wait: to leave them out would make it look fast.

# %%
show_result([{"month": one.period, "resolved": one.follow_up.time_to_resolve.done, "waiting": one.follow_up.time_to_resolve.waiting, "median days": one.follow_up.time_to_resolve.median} for one in records], title="Time to resolve")

# %%
show_result(describe_follow_up(last.follow_up, unit=last.unit, office=last.office_noun), title="What the last report says of it")
