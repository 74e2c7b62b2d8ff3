"""Tables of levels in a program's folder: which level each crime had in one version, and which in another."""

from pathlib import Path

from audit.storage.declaration_text import read_csv_records, read_csv_rows


def read_levels(folder: Path, before: str, after: str) -> list[dict[str, str]]:
    """The rows of the CSV file that has both columns; none where no file has.

    Raises AuditError (UNREADABLE), with its line, for a file that is not one of rows.
    """
    for path in sorted(folder.glob("*.csv")):
        _, names = next(read_csv_records(path), (1, []))
        if {before, after} <= set(names):
            rows = read_csv_rows(path, columns=(before, after))
            return [{name: cells.get(name, "") for name in names} for _, cells in rows]
    return []
