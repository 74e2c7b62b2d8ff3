"""Statistical methods for audits: numbers in, numbers out, each with the paper it comes from; none knows a table.

    >>> from audit.statistics import intervals, sizes
    >>> sizes.attribute_plan(1000, "0.05", "0.01", "0.95")
    AttributePlan(cases=90, allowed=1)
    >>> intervals.hypergeometric_limits(1, 90, 1000, "0.95")
    (1, 58)

- `intervals`: confidence limits of shares and counts, of strata, of differences
- `sizes`: how many cases a plan takes, and what it lets pass
- `offices`: many offices or months at once
- `monetary`: monetary unit sampling and estimates of amounts
- `sequential`: limits that hold at every look, and when to stop
- `survey`: weighted, stratified, clustered samples
- `agreement`: reviewers who judged the same cases; `double_sampling`: a rate corrected by a second, better look
- `survival`: how long it takes until something is done
- `consistent_sampler`: tickets of consistent_sampler, to redo draws made with it

Counts are whole numbers, or arrays of one shape. A rate or level may be text, a number or a fraction and is taken
exactly as typed: "0.95" for 95%. What cannot be is refused with an `AuditError` that says what to do. Every function
names its source and shows an example; docs/validation.md says against what each was tested.
"""

from typing import Final

from audit.statistics import (
    agreement,
    consistent_sampler,
    double_sampling,
    intervals,
    monetary,
    offices,
    sequential,
    sizes,
    survey,
    survival,
)

__all__ = [
    "RE_PERFORMANCE_ONLY",
    "agreement",
    "consistent_sampler",
    "double_sampling",
    "intervals",
    "monetary",
    "offices",
    "sequential",
    "sizes",
    "survey",
    "survival",
]

# Methods to re-perform the figures of others with: for each there is a better one here. Never to conclude from.
RE_PERFORMANCE_ONLY: Final = frozenset(
    {
        "agreement.ordinal_weights",
        "consistent_sampler.draw_with_replacement",
        "consistent_sampler.draw_without_replacement",
        "consistent_sampler.shorten_ticket_number",
        "intervals.arcsine",
        "intervals.likelihood_ratio",
        "intervals.modified_wilson",
        "intervals.pratt",
        "intervals.wald",
        "intervals.wald_difference",
        "monetary.stringer_lta",
        "monetary.stringer_meikle",
        "offices.hochberg",
        "offices.hommel",
        "sequential.kaplan_markov",
        "sequential.kaplan_wald",
    }
)
