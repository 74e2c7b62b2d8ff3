"""The monthly count of every case: record states, office rates, trends, ledger, discrepancies."""

# The modules that other folders may use.
__all__ = [
    "case_counts",
    "delays",
    "discrepancies",
    "duty_periods",
    "escalations",
    "item_outcomes",
    "late_changes",
    "ledger",
    "ledger_transitions",
    "mergeable_counts",
    "office_changes",
    "office_rates",
    "open_item_follow_up",
    "period_results",
    "person_counts",
    "populations",
    "record_states",
    "returned_rows",
    "returns",
    "revisions",
    "targets",
    "trends",
    "verification",
    "worklist",
]
