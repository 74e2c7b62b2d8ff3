"""What made a report: its tables, its declarations, this program and what was asked, for the manifest."""

from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from audit.files import hash_source_code
from audit.workflow.program_data import ProgramData

# The libraries that decide numbers, and the calendar of holidays: another version of them may find otherwise.
_DECIDING_LIBRARIES = ("great-expectations", "holidays", "numpy", "polars", "polars-hash", "scipy")


def list_deciding_versions() -> dict[str, str]:
    """The version of each library that decides numbers."""
    return {name: version(name) for name in _DECIDING_LIBRARIES}


def describe_inputs(work: ProgramData, **settings: Any) -> dict[str, Any]:
    """Everything that what is published depends on, for its manifest.

    That of a public edition has no mark of the pseudonym key, by which a guess of the key could be tested, and no row
    counts, which may be small or differ by few from those of another edition.
    """
    is_public = settings.get("audience") == "public"
    tables = [asdict(total) for total in work.totals]
    if is_public:
        tables = [{name: total[name] for name in ("table", "file", "sha256")} for total in tables]
    return {
        "software": f"audit {version('audit-toolkit')}",
        "code": hash_source_code(),
        "libraries": list_deciding_versions(),
        "program": work.program.sha256,
        "policy": work.policy.sha256 if work.policy else "",
        "suites": {name: asdict(replace(suite, lines=())) for name, suite in work.suites.items()},
        "pseudonym key": "" if is_public else work.key_mark,
        "tables": tables,
        "delivery note": work.delivery_note.sha256,
        **settings,
    }
