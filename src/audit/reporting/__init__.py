"""Both reports as records; the figures and formats only render them."""

# The modules that other folders may use.
__all__ = [
    "analysis_report",
    "corrections",
    "discrepancy_report",
    "figures",
    "finding_counts",
    "formats",
    "full_report",
    "late_change_text",
    "month_report",
    "open_item_text",
    "packet",
    "packet_text",
    "plan_text",
    "published_editions",
    "record",
    "reliability_memo",
    "review_text",
    "sample_report",
    "sample_report_text",
    "sample_text",
    "worklist_text",
]
