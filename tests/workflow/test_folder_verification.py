"""Folders that are signed, altered and verified; the signature by what OpenSSH itself says of it."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from audit.errors import AuditError, ExitCode
from audit.files import hash_file
from audit.reporting.corrections import SignOff
from audit.storage.issue_register import read_register, register_issue
from audit.storage.journal_heads import read_journal_heads
from audit.storage.output_folder import MANIFEST_FILE, SIGNATURE_FILE, encode_manifest, publish_folder
from audit.storage.report_versions import ReportVersions, has_issued_report
from audit.storage.signatures import read_key_fingerprint, sign_file
from audit.workflow.folder_verification import verify_folder
from tests.conftest import tool

FILES = {"report.json": b"{}", "tables/offices.csv": b"office,late\nA,29\n"}
JOURNAL = "sample/journal.jsonl"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two keys, and the file of allowed signers that names the first."""
    folder, keygen = tmp_path_factory.mktemp("keys"), tool("ssh-keygen", package="openssh-client")
    for name in ("signer", "stranger"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    public = (folder / "signer.pub").read_text(encoding="utf-8")
    (folder / "allowed").write_text(f'director@oig.example namespaces="audit" {public}', encoding="utf-8")
    return {name: folder / name for name in ("signer", "stranger", "allowed")}


def write_journal(path: Path, entries: int) -> None:
    """A journal of some entries, each sealed with those before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seal, lines = "0" * 64, []
    for number in range(1, entries + 1):
        stated = {"number": number, "outcome": "conforming"}
        text = json.dumps(stated, sort_keys=True, ensure_ascii=False)
        seal = hashlib.sha256(f"{seal}{text}".encode()).hexdigest()
        lines.append(json.dumps({**stated, "seal": seal}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def issue(reports: Path, name: str, key: Path | None, files: dict[str, bytes] = FILES) -> Path:
    """A report as it is issued: signed, or not, with the journals that stand, and registered."""
    stated = {
        "by": "Director",
        "on": "2021-04-01",
        "key": read_key_fingerprint(key) if key else "",
        "journals": read_journal_heads(reports),
    }
    sign = partial(sign_file, key=key) if key else None
    publish_folder(reports / name, files, inputs={"period": name, "sign_off": stated}, sign=sign)
    register_issue(reports / name, stated)
    return reports / name


def rewrite_manifest(folder: Path, **changes: object) -> None:
    """The manifest made to fit the files as they are, as somebody would who altered them."""
    manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
    manifest["outputs"] = {name: hash_file(folder / name) for name in manifest["outputs"]}
    manifest["inputs"] |= changes
    del manifest["sha256"]
    (folder / MANIFEST_FILE).write_bytes(encode_manifest(manifest))


def failure(folder: Path, signers: Path | None = None) -> str:
    """The first thing that differs."""
    *_, last = verify_folder(folder, signers=signers)
    return "" if last.holds else f"{last.subject}: {last.words}"


def test_a_signature_is_one_that_openssh_verifies(tmp_path: Path, keys: dict[str, Path]) -> None:
    folder, keygen = issue(tmp_path, "2021-01", keys["signer"]), tool("ssh-keygen", package="openssh-client")
    words = [keygen, "-Y", "verify", "-f", keys["allowed"], "-I", "director@oig.example", "-n", "audit"]
    command = [*words, "-s", folder / SIGNATURE_FILE]
    for content, code in (((folder / MANIFEST_FILE).read_bytes(), 0), (b"another", 255)):
        done = subprocess.run(command, input=content, capture_output=True, check=False)
        assert done.returncode == code
    assert failure(folder) == failure(folder, keys["allowed"]) == ""
    signature = next(one for one in verify_folder(folder, signers=keys["allowed"]) if one.subject == "signature")
    assert signature.words.endswith(", of director@oig.example")


def alter_file(folder: Path) -> None:
    (folder / "tables/offices.csv").write_bytes(b"office,late\nA,28\n")


def alter_file_and_manifest(folder: Path) -> None:
    alter_file(folder)
    rewrite_manifest(folder)


def alter_signer(folder: Path) -> None:
    rewrite_manifest(folder, sign_off={"by": "Somebody Else", "on": "2021-04-01", "key": ""})


def remove_sign_off(folder: Path) -> None:
    rewrite_manifest(folder, sign_off=None)
    (folder / SIGNATURE_FILE).unlink(missing_ok=True)


def damage_manifest(folder: Path) -> None:
    (folder / MANIFEST_FILE).write_text("{", encoding="utf-8")


def remove_manifest(folder: Path) -> None:
    (folder / MANIFEST_FILE).unlink()


def add_file(folder: Path) -> None:
    (folder / "tables/more.csv").write_bytes(b"")


ALTERATIONS = (
    alter_file,
    alter_file_and_manifest,
    alter_signer,
    remove_sign_off,
    damage_manifest,
    remove_manifest,
    add_file,
)


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda alter: alter.__name__)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_what_was_altered_is_noticed_where_it_stands(
    tmp_path: Path, keys: dict[str, Path], alter: Callable[[Path], None], signed: bool
) -> None:
    """Unsigned it is noticed by the register, which lies beside the folder."""
    folder = issue(tmp_path, "2021-01", keys["signer"] if signed else None)
    assert failure(folder) == failure(tmp_path) == ""
    alter(folder)
    assert failure(folder)
    assert failure(tmp_path).startswith("2021-01: ")
    assert has_issued_report(folder)
    if alter not in (alter_file, add_file):
        with pytest.raises(
            AuditError, match=r"was issued on 1 April 2021 by Director, and its manifest\.json"
        ) as caught:
            ReportVersions(folder=tmp_path).recover_folders()
        assert caught.value.code is ExitCode.CONFLICT


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda alter: alter.__name__)
def test_what_was_signed_and_altered_is_noticed_without_the_register(
    tmp_path: Path, keys: dict[str, Path], alter: Callable[[Path], None]
) -> None:
    folder = issue(tmp_path, "2021-01", keys["signer"])
    (tmp_path / "issued.jsonl").unlink()
    alter(folder)
    if alter is remove_sign_off:  # nothing is left that says it was issued: only whose key should be there
        assert failure(folder, keys["allowed"]) == "signature: unsigned"
    else:
        assert failure(folder)


def test_a_key_that_is_not_allowed_and_one_that_the_manifest_does_not_name(
    tmp_path: Path, keys: dict[str, Path]
) -> None:
    folder = issue(tmp_path, "2021-01", keys["stranger"])
    assert "is of no signer whom" in failure(folder, keys["allowed"])
    (tmp_path / "issued.jsonl").unlink()
    sign_file(folder / MANIFEST_FILE, key=keys["signer"])
    assert failure(folder).startswith("signature: is by the key SHA256:")
    with pytest.raises(AuditError, match="holds no key to sign with"):
        read_key_fingerprint(keys["allowed"].parent / "absent")


def test_a_key_that_cannot_sign_publishes_nothing(tmp_path: Path, keys: dict[str, Path]) -> None:
    public = tmp_path / "alone.pub"  # the private half is nowhere
    public.write_bytes(keys["signer"].with_suffix(".pub").read_bytes())
    with pytest.raises(AuditError, match="did not sign: nothing was issued"):
        issue(tmp_path, "2021-01", public)
    assert [path.name for path in tmp_path.iterdir()] == ["alone.pub"]


@pytest.mark.parametrize("entries", [0, 2, 3])
def test_a_journal_that_was_cut_off_or_written_anew_shows(tmp_path: Path, entries: int) -> None:
    write_journal(tmp_path / JOURNAL, 3)
    folder = issue(tmp_path, "2021-01", None)
    write_journal(tmp_path / JOURNAL, 4)  # it goes on
    assert failure(folder) == ""
    if entries == 3:
        lines = (tmp_path / JOURNAL).read_text(encoding="utf-8").replace("conforming", "deviating")
        (tmp_path / JOURNAL).write_text(lines, encoding="utf-8")
        assert "row 1: does not follow from the lines before it" in failure(folder)
    else:
        write_journal(tmp_path / JOURNAL, entries)
        assert failure(folder) == f"journal {JOURNAL}: is shorter than the one that was signed, of 3 entries"


def test_the_register_seals_what_was_issued_and_a_later_issue_shows_where_it_was_cut_off(tmp_path: Path) -> None:
    first, second = (issue(tmp_path, name, None) for name in ("2021-01", "2021-02"))
    assert [(one.folder, one.by, one.on) for one in read_register(tmp_path)] == [
        (name, "Director", date(2021, 4, 1)) for name in ("2021-01", "2021-02")
    ]
    register = tmp_path / "issued.jsonl"
    kept = register.read_text(encoding="utf-8")
    alter_file_and_manifest(first)
    register.write_text(kept.splitlines(keepends=True)[1], encoding="utf-8")
    with pytest.raises(AuditError, match="row 1: does not follow"):
        read_register(tmp_path)
    register.write_text("", encoding="utf-8")
    assert failure(second) == "journal issued.jsonl: is shorter than the one that was signed, of 1 entry"


def test_an_issued_report_that_is_gone_is_missed(tmp_path: Path) -> None:
    folder = issue(tmp_path, "2021-01", None)
    folder.rename(tmp_path.parent / f"{tmp_path.name}-away")
    assert failure(tmp_path) == "2021-01: folder: was issued, and is gone"
    with pytest.raises(AuditError, match="was issued on 1 April 2021 by Director, and is gone"):
        ReportVersions(folder=tmp_path).find_last("2021-01")


def test_damage_of_a_draft_shows_though_it_is_unsigned(tmp_path: Path) -> None:
    publish_folder(tmp_path / "draft", FILES, inputs={"period": "2021-01"})
    assert failure(tmp_path / "draft") == ""
    manifest = tmp_path / "draft" / MANIFEST_FILE
    manifest.write_bytes(manifest.read_bytes().replace(b"2021-01", b"2021-02"))
    assert failure(tmp_path / "draft") == "manifest: is damaged, or gone"


def test_a_time_stamp_is_kept_and_must_be_of_what_it_stamps(tmp_path: Path, keys: dict[str, Path]) -> None:
    """By RFC 3161 the digest that was stamped stands in the answer; here one that `openssl ts -query` makes."""
    folder, openssl = issue(tmp_path, "2021-01", keys["signer"]), tool("openssl", package="openssl")
    stamp = folder / f"{SIGNATURE_FILE}.tsr"
    words = [openssl, "ts", "-query", "-data", folder / SIGNATURE_FILE, "-sha512", "-no_nonce", "-out", stamp]
    subprocess.run(words, capture_output=True, check=True)
    assert failure(folder) == ""
    stamp.rename(folder / f"{MANIFEST_FILE}.tsr")
    assert failure(folder) == "time-stamp manifest.json.tsr: is not of this manifest.json"


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "absent", tmp_path / "notes.txt"):
        with pytest.raises(AuditError, match="holds nothing that audit wrote") as caught:
            verify_folder(place)
        assert caught.value.code is ExitCode.UNREADABLE


def test_a_sentence_says_whether_it_is_signed() -> None:
    unsigned = SignOff(by="Director", on=date(2021, 4, 1))
    assert unsigned.describe().startswith("Issued by Director on 1 April 2021. Unsigned: no key shows who issued it")
    signed = SignOff(by="Director", on=date(2021, 4, 1), key="SHA256:abc")
    assert signed.describe() == "Signed by Director on 1 April 2021, with the key SHA256:abc."
