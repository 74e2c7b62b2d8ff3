"""Declared tables: read from files, databases and object stores, and checked."""

# The modules that other folders may use.
__all__ = [
    "cache",
    "checks",
    "delivery",
    "linkage",
    "offices",
    "pseudonyms",
    "readers",
    "schema",
    "source_problems",
    "table",
]
