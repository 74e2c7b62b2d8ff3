"""How long each journal of a program is, and its last seal: signed with a report, so that what is cut off shows."""

from pathlib import Path
from typing import Any

from audit.storage.issue_register import REGISTER_FILE
from audit.storage.journal_file import read_seals
from audit.storage.publication_register import PUBLICATION_FILE
from audit.storage.returns import RETURN_JOURNAL_FILE, RETURNS_FOLDER
from audit.storage.up_to_date_steps import JOURNAL_FILE

_ANCHORED_JOURNALS = (
    REGISTER_FILE,
    PUBLICATION_FILE,
    f"sample/{JOURNAL_FILE}",
    f"{RETURNS_FOLDER}/{RETURN_JOURNAL_FILE}",
)


def read_journal_heads(reports: Path) -> dict[str, dict[str, Any]]:
    """The length and the last seal of each journal in a program's folder of reports that has an entry."""
    seals = {name: read_seals(reports / name) for name in _ANCHORED_JOURNALS}
    return {name: {"events": len(found), "seal": found[-1]} for name, found in seals.items() if found}
