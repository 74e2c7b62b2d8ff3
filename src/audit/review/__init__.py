"""What people concluded: worksheet, journal, agreement, sign-off."""

# The modules that other folders may use.
__all__ = [
    "agreement",
    "journal",
    "readiness",
    "settle",
    "worksheet",
]
