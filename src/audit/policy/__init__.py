"""Dated, cited rules: parsed, compiled, and evaluated on any table of cases."""
