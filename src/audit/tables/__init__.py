"""Declared tables: read from files, databases and object stores, and checked."""

# The modules that other folders may use.
__all__ = [
    "cache",
    "checks",
    "linkage",
    "offices",
    "readers",
    "schema",
    "source_problems",
    "table",
]
