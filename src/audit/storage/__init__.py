"""The audit's own files: declarations, sample audit folder, ledgers, journal, report versions, locks."""
