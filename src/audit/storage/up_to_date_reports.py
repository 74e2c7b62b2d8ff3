"""Whether a folder on disk is what these inputs made, untouched: up to date, stale, or altered by somebody."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file, parse_json
from audit.formatting import format_list
from audit.storage.issue_register import describe_alteration, find_issue
from audit.storage.output_folder import MANIFEST_FILE, list_output_files, recover_folder


def is_up_to_date(folder: Path, *, inputs: Mapping[str, Any]) -> bool:
    """Whether `folder` already holds, untouched, what these inputs make.

    Raises AuditError (CONFLICT) where it holds something else: made from other inputs, altered or added since, or
    nothing that this program wrote.
    """
    recover_folder(folder)
    if not folder.exists():
        return False
    mend = "Write elsewhere with --reports, or replace it with --overwrite."
    problems = find_alterations(folder, mend="Keep a copy if it matters, then replace the report with --overwrite.")
    if (manifest := read_manifest(folder)) is not None:
        wanted_inputs = json.loads(encode_json(inputs))
        if differing := [name for name, value in wanted_inputs.items() if manifest["inputs"].get(name) != value]:
            what = f"was made from other inputs: {format_list(differing, most=len(differing))}"
            problems = [Problem(what=what, mend=mend, file=str(folder)), *problems]
    if problems:
        raise AuditError(problems, code=ExitCode.CONFLICT)
    return True


def find_alterations(folder: Path, *, mend: str) -> list[Problem]:
    """What of a folder is not as its manifest says: files changed, removed or added; or there is no manifest.

    An issued report whose manifest is not the one that was issued is altered as well, whatever that says.
    """
    if (event := find_issue(folder)) and (problem := describe_alteration(folder.parent, event)):
        return [problem]
    manifest = read_manifest(folder)
    if manifest is None:
        what = f"is there already, and holds no {MANIFEST_FILE} of this program that can be read"
        return [Problem(what=what, mend=mend, file=str(folder))]
    problems = [
        Problem(what="was changed or removed since the report was written", mend=mend, file=str(folder / name))
        for name, digest in manifest["outputs"].items()
        if hash_file(folder / name) != digest
    ]
    if added := [name for name in list_output_files(folder) if name not in manifest["outputs"]]:
        problems.append(Problem(what=f"holds what was added since: {format_list(added)}", mend=mend, file=str(folder)))
    return problems


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder; None where there is none of this program that can be read."""
    try:
        read: dict[str, Any] = parse_json((folder / MANIFEST_FILE).read_bytes())
        return read if isinstance(read["inputs"], dict) and isinstance(read["outputs"], dict) else None
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None
