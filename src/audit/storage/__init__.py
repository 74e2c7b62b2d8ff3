"""The audit's own files: declarations, sample audit folder, ledgers, journal, report versions, locks."""

# The modules that other folders may use.
__all__ = [
    "claim_files",
    "declarations",
    "delivery_notes",
    "earlier_backlogs",
    "first_counts",
    "journal_file",
    "ledgers",
    "level_tables",
    "lock",
    "output_folder",
    "private_files",
    "report_record",
    "report_versions",
    "returned_workbook",
    "returned_worklist",
    "returns",
    "review_journal",
    "row_history",
    "run_record",
    "sample_audit_folder",
    "up_to_date_reports",
    "up_to_date_steps",
    "worklists",
]
