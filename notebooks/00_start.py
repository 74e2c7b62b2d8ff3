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
# # From tables to the report
#
# The whole audit once through: check the tables, draw the sample, assess it, take the monthly census, assemble the
# report. The tables are synthetic; the totals they reproduce are those of DHS OIG-12-64.

# %% tags=["parameters"]
program: str = "secure_communities"
month: str = "2011-09"
root: str = "."  # the project's folder

# %%
import os

os.chdir(root)

from audit.reporting import figures
from audit.reporting.sample_text import describe_precision
from audit.workflow import audit as engagement, validation, sample_audit
from audit.workflow import monthly_report
from audit.workflow.engine import LocalEngine
from audit.workflow.notebook import show_result

# %% [markdown]
# ## Read and check
#
# Every table is read as the program declares it: rows in equal rows used plus rows set aside. Then the suites in
# `expectations/` ask whether the tables are fit to audit. A critical check that fails would stop the audit here.

# %%
work = engagement.open_audit(program)
show_result(work.totals, title="Control totals")

# %%
found = validation.check_tables(work)
show_result(
    [("passed" if c.passed else c.severity, c.table, c.check, c.units, c.failed) for c in found.results],
    title="Data checks",
)

# %% [markdown]
# ## Draw
#
# The frame is every case that could be drawn, with what was left out and why. Its digest was written down before the
# seed was chosen; `drawn` refuses to go on if the frame is another one today. A case's ticket is the SHA-256 of the
# seed and its key, and the smallest tickets are drawn, so anyone can draw the sample again.

# %%
frame, sample, manifest = sample_audit.draw_sample(work)
show_result(frame, title="Frame")

# %%
show_result(sample.design, title="Design")

# %%
show_result(sample.cases.head(), title="The first cases of the sample, in ticket order")

# %% [markdown]
# ## Assess
#
# Each case is put to the rules in force on the day of its decision, on what was recorded by that day. What is missing
# is unknown, and unknown is not compliance: a case is decided when every possibility leads to the same verdict.

# %%
determinations = sample_audit.assess_cases(work, sample.cases["key"])
columns = ["match_id", "outcome", "class", "rule", "version", "evidence"]
show_result(determinations.filter(attribute="consistency").select(columns).head(8), title="Eight determinations")

# %%
needing = determinations.filter(attribute="consistency", outcome="undeterminable")
show_result(needing.select("match_id", "needed").head(8), title="What would decide cases that could not be determined")

# %% [markdown]
# People may overrule a determination and must say why. Here nobody did, so every rule's outcome stands.

# %%
final = sample_audit.settle_outcomes(work.program, determinations)
result = sample_audit.estimate_rates(work, frame, manifest, final)
show_result([(cell.cases, cell.outcome, cell.words) for cell in result.cells], title="The eleven cells")

# %% [markdown]
# ## Estimate
#
# The rate is of the cases that could be assessed. The limits are exact. The bounds put the undeterminable cases back:
# once as if all had deviated, once as if all had conformed. No honest statement is narrower than that.

# %%
show_result(result.overall)

# %%
show_result(result.classes)

# %%
show_result([describe_precision(result.office_precision)], title="What may be said of one office")

# %% [markdown]
# ## Count the month
#
# The monthly report counts every match, so it has no sampling error. Offices differ by chance all the same: the funnel
# shows how far an office of each size would stray if all were alike.

# %%
engine = LocalEngine(audit=work)
period, as_of = monthly_report.resolve_report_period(engine, month)
counts = engine.count_period(period, as_of).counts
report = monthly_report.assemble_period_report(
    work, period=period, as_of=as_of, checks=found, audit=result, counts=counts
)
show_result([report.headline], title=f"{report.title}, {report.period_words}")

# %%
drawn = list(figures.draw_report_figures(report))
show_result(figures.render_svg(drawn[0].figure), title=drawn[0].caption.alt)

# %%
show_result(figures.render_svg(drawn[1].figure), title=drawn[1].caption.alt)

# %% [markdown]
# The same from a prompt, with every table, figure and the page written to `reports/`:
#
# ```console
# $ audit run secure_communities --month 2011-09
# ```
