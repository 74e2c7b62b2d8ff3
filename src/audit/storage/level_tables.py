"""Tables of levels in a program's folder: which level each crime had in one version, and which in another."""

import csv
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem


def read_levels(folder: Path, before: str, after: str) -> list[dict[str, str]]:
    """The rows of the CSV file that has both columns; none where no file has. Raises AuditError (UNREADABLE)."""
    for path in sorted(folder.glob("*.csv")):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if {before, after} <= set(reader.fieldnames or ()):
                    return [dict(row) for row in reader]
        except (UnicodeDecodeError, csv.Error):
            problem = Problem(what="is not a CSV file", mend="Save it as UTF-8 text with commas.", file=path.name)
            raise AuditError(problem, code=ExitCode.UNREADABLE) from None
    return []
