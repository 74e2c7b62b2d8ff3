"""The steps in order, for notebook and prompt."""

# The modules that other folders may use.
__all__ = [
    "audit",
    "audit_reports",
    "audit_review",
    "conclusions",
    "discrepancy_report",
    "engine",
    "issue",
    "month_request",
    "monthly_ledger",
    "monthly_report",
    "notebook",
    "one_table",
    "plots",
    "population_assessment",
    "program_data",
    "progress",
    "publication",
    "review",
    "sample_audit",
    "schedule",
    "validation",
    "workpapers",
]
