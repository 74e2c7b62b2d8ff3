"""Whether a folder is as it was written and issued: its files, manifest, signature, register and journals.

It needs none of the tables that the folder was made from, and names the first thing that differs.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import format_plural
from audit.sampling.redraw import find_redraw_differences
from audit.storage.issue_register import REGISTER_FILE, describe_alteration, find_issue, list_issues
from audit.storage.journal_file import read_seals
from audit.storage.output_folder import MANIFEST_FILE, SIGNATURE_FILE, is_manifest_whole
from audit.storage.publication_register import PUBLICATION_FILE
from audit.storage.returns import RETURN_JOURNAL_FILE, RETURNS_FOLDER
from audit.storage.sample_audit_folder import SampleAuditFolder
from audit.storage.signatures import check_signature
from audit.storage.up_to_date_reports import find_alterations, read_manifest
from audit.storage.up_to_date_steps import FRAME_FILE, JOURNAL_FILE

TIME_STAMP_SUFFIX = ".tsr"  # of a time-stamp by RFC 3161, beside the manifest: manifest.json.tsr, manifest.json.sig.tsr
_DIGESTS = ("sha256", "sha384", "sha512")  # by which a time-stamp may name what it stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCheck:
    """One thing that was looked at, and whether it is as it was written."""

    subject: str
    words: str
    holds: bool = True


def verify_folder(folder: Path, *, signers: Path | None = None) -> tuple[FolderCheck, ...]:
    """What holds of a folder that this program wrote; the last result is the first thing that differs, if any does.

    `signers` is a file of allowed signers, as OpenSSH reads it: then a signature must be by one of them. AuditError
    (UNREADABLE) where the folder holds nothing that this program wrote, or `signers` is no file.
    """
    if signers is not None and not signers.is_file():
        problem = Problem(what="is no file", mend="Name the file of allowed signers.", file=str(signers))
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    folder = folder.resolve()
    results: list[FolderCheck] = []
    for result in _choose_checks(folder, signers):
        results.append(result)
        if not result.holds:
            break
    return tuple(results)


def _choose_checks(folder: Path, signers: Path | None) -> Iterator[FolderCheck]:
    """The checks that fit what a folder is."""
    if _is_written_folder(folder) or find_issue(folder):
        return _verify_written_folder(folder, signers)
    if (folder / FRAME_FILE).exists():
        return _verify_sample_folder(folder)
    if folder.name == RETURNS_FOLDER and (folder / RETURN_JOURNAL_FILE).exists():
        return _verify_journal(folder / RETURN_JOURNAL_FILE, RETURN_JOURNAL_FILE)
    if folder.is_dir() and (parts := _list_parts(folder)):
        return _verify_program_folder(folder, parts, signers)
    mend = "Name a report, working papers, the steps of a sample, or the folder of a program."
    raise AuditError(
        Problem(what="holds nothing that audit wrote", mend=mend, file=str(folder)), code=ExitCode.UNREADABLE
    )


def _is_written_folder(folder: Path) -> bool:
    return (folder / MANIFEST_FILE).exists() or (folder / SIGNATURE_FILE).exists()


def _list_parts(folder: Path) -> list[Path]:
    """The folders of a program's folder of reports that can be verified, those that were issued and are gone too."""
    issued = {event.folder for event in list_issues(folder)}
    there = {
        path.name
        for path in folder.iterdir()
        if path.is_dir()
        and not path.name.startswith(".")
        and (_is_written_folder(path) or path.name == RETURNS_FOLDER or (path / FRAME_FILE).exists())
    }
    return [folder / name for name in sorted(issued | there)]


def _verify_program_folder(folder: Path, parts: list[Path], signers: Path | None) -> Iterator[FolderCheck]:
    """The register of what was issued, and each folder; of a folder that differs, the first thing."""
    yield from _verify_journal(folder / REGISTER_FILE, "register of issued reports")
    yield from _verify_journal(folder / PUBLICATION_FILE, "register of publications")
    for part in parts:
        results: list[FolderCheck] = []
        for result in _choose_checks(part, signers) if part.exists() else _report_absence(part):
            results.append(result)
            if not result.holds:
                yield FolderCheck(subject=part.name, words=f"{result.subject}: {result.words}", holds=False)
                return
        said = "; ".join(f"{one.subject} {one.words}" for one in results)
        yield FolderCheck(subject=part.name, words=said)


def _report_absence(folder: Path) -> Iterator[FolderCheck]:
    yield FolderCheck(subject="folder", words="was issued, and is gone", holds=False)


def _verify_written_folder(folder: Path, signers: Path | None) -> Iterator[FolderCheck]:
    """A folder with a manifest: the register, the signature, time-stamps, every file, and the journals of its issue.

    The signature comes before the files: it says whether the manifest by which they are compared is the one signed.
    """
    event = find_issue(folder)
    if event and (problem := describe_alteration(folder.parent, event)):
        yield FolderCheck(subject="manifest", words=problem.what, holds=False)
        return
    manifest = read_manifest(folder)
    if manifest is None or not is_manifest_whole((folder / MANIFEST_FILE).read_bytes()):
        yield FolderCheck(subject="manifest", words="is damaged, or gone", holds=False)
        return
    sign_off = dict(manifest["inputs"].get("sign_off") or {})
    yield _verify_signature(folder, sign_off, signers)
    yield from _verify_time_stamps(folder)
    altered = find_alterations(folder, mend="")
    words = f"{Path(altered[0].file or '').relative_to(folder)}: {altered[0].what}" if altered else "as written"
    yield FolderCheck(subject="files", words=words, holds=not altered)
    if (folder / JOURNAL_FILE).exists():
        yield from _verify_journal(folder / JOURNAL_FILE, JOURNAL_FILE)
    yield from _verify_anchors(folder.parent, dict(sign_off.get("journals", {})))


def _verify_signature(folder: Path, sign_off: Mapping[str, Any], signers: Path | None) -> FolderCheck:
    """Whether the manifest is signed as it says, and by whom."""
    signature, stated = folder / SIGNATURE_FILE, str(sign_off.get("key", ""))
    subject = "signature"
    if not signature.exists():
        if stated:
            return FolderCheck(subject=subject, words=f"by the key {stated} is gone", holds=False)
        who = f"issued by {sign_off['by']} on {sign_off['on']}, " if sign_off else ""
        return FolderCheck(subject=subject, words=f"{who}unsigned", holds=signers is None)
    check = check_signature(folder / MANIFEST_FILE, signature, signers=signers)
    if check.fault:
        return FolderCheck(subject=subject, words=check.fault, holds=False)
    if check.key != stated:
        words = f"is by the key {check.key}, and the manifest names {stated or 'none'}"
        return FolderCheck(subject=subject, words=words, holds=False)
    whose = f", of {check.signer}" if check.signer else "; --signers FILE says whose it is"
    return FolderCheck(
        subject=subject, words=f"good: {sign_off['by']}, {sign_off['on']}, by the key {check.key}{whose}"
    )


def _verify_time_stamps(folder: Path) -> Iterator[FolderCheck]:
    """Whether each time-stamp beside the manifest is of the manifest or of its signature.

    By whom it was given, and when, `openssl ts -verify` says.
    """
    for stamp in sorted(folder.glob(f"{MANIFEST_FILE}*{TIME_STAMP_SUFFIX}")):
        stamped = folder / stamp.name.removesuffix(TIME_STAMP_SUFFIX)
        subject, content = f"time-stamp {stamp.name}", stamp.read_bytes()
        found = stamped.is_file() and any(
            hashlib.new(name, stamped.read_bytes()).digest() in content for name in _DIGESTS
        )
        words = f"of this {stamped.name}" if found else f"is not of this {stamped.name}"
        yield FolderCheck(subject=subject, words=words, holds=found)


def _verify_anchors(reports: Path, heads: Mapping[str, Any]) -> Iterator[FolderCheck]:
    """Whether each journal that a report was signed with still has, at that length, the seal that was signed."""
    for name, head in heads.items():
        path, length = reports / name, int(head["events"])
        if not path.exists() and not (reports / REGISTER_FILE).exists():
            words = f"{format_plural(length, 'entry', 'entries')}; not beside this folder, so not compared"
            yield FolderCheck(subject=f"journal {name}", words=words)
            continue
        try:
            seals = read_seals(path)
        except AuditError as error:
            yield FolderCheck(subject=f"journal {name}", words=str(error), holds=False)
            return
        if len(seals) < length or seals[length - 1] != head["seal"]:
            what = "is shorter than" if len(seals) < length else "is not"
            words = f"{what} the one that was signed, of {format_plural(length, 'entry', 'entries')}"
            yield FolderCheck(subject=f"journal {name}", words=words, holds=False)
            return
        yield FolderCheck(subject=f"journal {name}", words="holds what was signed")


def _verify_journal(path: Path, subject: str) -> Iterator[FolderCheck]:
    """Whether each entry of a journal seals those before it."""
    try:
        count = len(read_seals(path))
    except AuditError as error:
        yield FolderCheck(subject=subject, words=str(error), holds=False)
        return
    if path.exists():
        words = f"{format_plural(count, 'entry', 'entries')}, each sealed with those before it"
        yield FolderCheck(subject=subject, words=words)


def _verify_sample_folder(folder: Path) -> Iterator[FolderCheck]:
    """The steps of a sample: the frame by its digest, each step by the digests of the one before, the journal."""
    steps = SampleAuditFolder(folder=folder, key="")
    try:
        frame, _ = steps.read_frame()
        yield FolderCheck(subject="frame", words=f"as fixed, SHA-256 {frame.digest}")
        if steps.has_sample():
            drawn = steps.read_drawn_digest()
            other = f"was drawn from another frame, {drawn}" if drawn != frame.digest else ""
            wrong = other or next(iter(find_redraw_differences(frame, steps.read_sample())), "")
            yield FolderCheck(subject="sample", words=wrong or "drawn again, the same", holds=not wrong)
        for name, read in (
            ("determinations", steps.read_determinations),
            ("settled outcomes", steps.read_settled_outcomes),
        ):
            if (folder / f"{name.split()[0]}.csv").exists():
                read()
                yield FolderCheck(subject=name, words="as written")
    except AuditError as error:
        yield FolderCheck(subject="steps", words=str(error), holds=False)
        return
    yield from _verify_journal(steps.journal, JOURNAL_FILE)
    yield from _compare_with_issued_steps(steps)


def _compare_with_issued_steps(steps: SampleAuditFolder) -> Iterator[FolderCheck]:
    """Whether each step is the one with which a report or working papers beside them were issued or signed."""
    now = steps.hash_steps()
    for path in sorted(steps.folder.parent.glob(f"[!.]*/{MANIFEST_FILE}")):
        manifest = read_manifest(path.parent)
        issued_steps = manifest["inputs"].get("steps") if manifest and manifest["inputs"].get("sign_off") else None
        if not issued_steps:
            continue
        differing = [name for name, digest in issued_steps.items() if now.get(name) != digest]
        words = f"{differing[0]} is not the one that it was issued with" if differing else "issued with these steps"
        yield FolderCheck(subject=path.parent.name, words=words, holds=not differing)
