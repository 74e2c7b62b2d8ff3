"""The monthly count of every case: record states, office rates, trends, ledger, discrepancies."""

# The modules that other folders may use.
__all__ = [
    "discrepancies",
    "follow_up",
    "item_outcomes",
    "late_changes",
    "ledger",
    "mergeable_counts",
    "office_rates",
    "record_states",
    "trends",
]
