"""The monthly count of every case: record states, office rates, trends, ledger, discrepancies."""

# The modules that other folders may use.
__all__ = [
    "discrepancies",
    "item_outcomes",
    "late_changes",
    "ledger",
    "ledger_transitions",
    "mergeable_counts",
    "office_rates",
    "open_item_follow_up",
    "record_states",
    "trends",
]
