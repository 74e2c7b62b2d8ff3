"""The audit's cases put to the policy, and each outcome explained."""

# The modules that other folders may use.
__all__ = [
    "case_file",
    "case_summary",
    "determinations",
    "explain",
    "explanation_text",
    "policy_diff",
    "policy_lint",
    "population",
    "sensitivity",
    "synthetic_cases",
]
