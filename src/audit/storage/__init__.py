"""The only rooms that open files: tables and declarations in, results out."""
