"""What people concluded: worksheet, journal, agreement, sign-off."""

# The modules that other folders may use.
__all__ = [
    "journal",
    "readiness",
    "reviewer_agreement",
    "settle",
    "worksheet",
    "worksheet_columns",
]
