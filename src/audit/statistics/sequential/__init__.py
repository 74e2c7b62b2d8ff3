"""Limits that hold at every look, and when to stop."""
