"""Monetary unit sampling: sizes, selection, bounds."""
