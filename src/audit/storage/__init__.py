"""The audit's own files: declarations, sample audit folder, ledgers, journal, report versions, signatures, locks."""

# The modules that other folders may use.
__all__ = [
    "declarations",
    "delivery_notes",
    "earlier_backlogs",
    "first_counts",
    "issue_register",
    "journal_file",
    "journal_heads",
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
    "signatures",
    "up_to_date",
    "worklists",
]
