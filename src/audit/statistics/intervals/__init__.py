"""Confidence limits of shares and of their differences."""
