"""Both reports as records; the figures and formats only render them."""

# The modules that other folders may use.
__all__ = [
    "analysis_report",
    "corrections",
    "discrepancy_report",
    "figures",
    "findings_text",
    "formats",
    "full_report",
    "late_change_text",
    "open_item_text",
    "packet",
    "packet_text",
    "plan_text",
    "record",
    "reliability_memo",
    "report",
    "review_text",
    "sample_report",
    "sample_report_text",
    "sample_text",
    "worklist_text",
]
