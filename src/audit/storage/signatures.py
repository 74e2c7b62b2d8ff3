"""Signatures of files by OpenSSH, `ssh-keygen -Y`: no private key is read here, and none is ever made.

The key may lie in a file, in an agent, or on a token. Whoever has OpenSSH checks a signature without this program.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from audit.errors import AuditError, ExitCode, Problem

SIGNATURE_NAMESPACE = "audit"  # of our signatures: one made for something else is none of ours
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/=]+")
_INSTALL = "Install OpenSSH (ssh-keygen), version 8.2 or later."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCheck:
    """What a signature shows."""

    fault: str  # why it shows nothing; empty where it is good
    key: str = ""  # fingerprint of the key that made it
    signer: str = ""  # whose key that is, by the list of allowed signers; empty where no list was given


def read_key_fingerprint(key: Path) -> str:
    """The fingerprint of a key, SHA256:…; AuditError (UNREADABLE) where the file holds none."""
    if key.is_file():
        done = _run_ssh_keygen("-l", "-f", str(key))
        if done.returncode == 0 and (found := _FINGERPRINT.search(done.stdout)):
            return found[0]
    mend = "Name the file of an OpenSSH key: the private one, or the public one if an agent or a token holds the other."
    raise AuditError(Problem(what="holds no key to sign with", mend=mend, file=str(key)), code=ExitCode.UNREADABLE)


def sign_file(path: Path, *, key: Path) -> Path:
    """Sign a file with a key; the signature is the file beside it that ends in .sig.

    AuditError (UNREADABLE) where the key cannot sign: its passphrase is wrong, or no agent holds it.
    """
    made = path.with_name(f"{path.name}.sig")
    made.unlink(missing_ok=True)
    done = _run_ssh_keygen("-Y", "sign", "-q", "-f", str(key), "-n", SIGNATURE_NAMESPACE, str(path))
    if done.returncode != 0 or not made.is_file():
        reason = done.stderr.strip().splitlines()[-1:] or ["ssh-keygen gave no reason"]
        mend = f"ssh-keygen says: {reason[0].rstrip('.')}. Add the key to an agent with ssh-add, or name another."
        problem = Problem(what="did not sign: nothing was issued", mend=mend, file=str(key))
        raise AuditError(problem, code=ExitCode.UNREADABLE)
    return made


def check_signature(path: Path, signature: Path, *, signers: Path | None = None) -> SignatureCheck:
    """Whether a signature is that of a file, and by which key; by whom, where a file of allowed signers is given."""
    content, common = path.read_bytes(), ("-n", SIGNATURE_NAMESPACE, "-s", str(signature))
    done = _run_ssh_keygen("-Y", "check-novalidate", *common, content=content)
    found = _FINGERPRINT.search(done.stdout)
    if done.returncode != 0 or not found:
        return SignatureCheck(fault="the signature is not of this manifest, or is damaged")
    if signers is None:
        return SignatureCheck(fault="", key=found[0])
    named = _run_ssh_keygen("-Y", "find-principals", "-s", str(signature), "-f", str(signers)).stdout.splitlines()
    for signer in named:
        words = ("-Y", "verify", "-f", str(signers), "-I", signer.strip(), *common)
        if _run_ssh_keygen(*words, content=content).returncode == 0:
            return SignatureCheck(fault="", key=found[0], signer=signer.strip())
    return SignatureCheck(fault=f"the key {found[0]} is of no signer whom {signers} allows", key=found[0])


def _run_ssh_keygen(*words: str, content: bytes = b"") -> "subprocess.CompletedProcess[str]":
    program = shutil.which("ssh-keygen")
    if program is None:
        raise AuditError(Problem(what="ssh-keygen is not installed", mend=_INSTALL), code=ExitCode.UNREADABLE)
    done = subprocess.run([program, *words], input=content, capture_output=True, check=False)
    out, err = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)
