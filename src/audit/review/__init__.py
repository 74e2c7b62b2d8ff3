"""What people concluded: worksheet, journal, agreement, sign-off."""
