"""Declared tables: read from files, databases and object stores, and checked."""
