"""What the program is made of is listed, hashed and licensed; and it reaches nothing beyond this machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import made_up_program
from tests.conftest import PROJECT
from tests.supply_chain import export_lock, find_uv, is_accepted, list_licences

AUDIT = str(Path(sys.executable).with_name("audit"))


def test_every_package_of_the_lock_has_its_hashes() -> None:
    lock = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))["package"]
    files = {one["name"]: [*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else [])] for one in lock}
    own = files.pop("audit-toolkit")
    assert own == []
    assert [name for name, listed in files.items() if not listed or not all("hash" in one for one in listed)] == []


@pytest.mark.skipif(find_uv() is None, reason="uv is not installed; make installs it into .uv")
def test_the_bill_of_materials_is_the_lock() -> None:
    bill = json.loads(export_lock("--format", "cyclonedx1.5", "--preview-features", "sbom-export"))
    lock = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = {(one["name"], one["version"]) for one in lock}
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX" and len(listed) > 50
    assert listed <= locked


def test_every_package_states_a_licence_that_asks_for_no_more_than_its_text() -> None:
    assert {name: text for name, text in list_licences().items() if not is_accepted(text)} == {}


@pytest.mark.parametrize("licence", ["", "GPL-3.0-only", "MIT AND AGPL-3.0-only", "Proprietary"])
def test_another_licence_is_noticed(licence: str) -> None:
    assert not is_accepted(licence)


def test_nothing_is_pickled_but_what_spark_hands_to_its_workers() -> None:
    named = {
        path.relative_to(PROJECT / "src/audit").parts[0]
        for path in (PROJECT / "src/audit").rglob("*.py")
        if any(
            word in path.read_text(encoding="utf-8") for word in ("import pickle", "import shelve", "import marshal")
        )
    }
    assert named <= {"spark"}


def test_no_test_reaches_beyond_this_machine() -> None:
    for address in ("192.0.2.1", "2001:db8::1"):  # of documentation (RFC 5737, RFC 3849)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(kind) as made, pytest.raises(OSError, match="which is beyond this machine"):
            made.connect((address, 80))


def test_a_run_needs_no_network_and_tells_nobody_whatever_the_environment_says(tmp_path: Path) -> None:
    """In a network of its own, which has not even this machine."""
    unshare = shutil.which("unshare")
    alone = [unshare or "", "--map-root-user", "--net"]
    if not unshare or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a process may not be given a network of its own here (unshare --net)")
    program, data = made_up_program.program(tmp_path / "answers"), made_up_program.tables(tmp_path / "data")
    words = ["run", str(program), "--data", str(data), "--month", "2020-11"]
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "true"}
    done = subprocess.run(
        [*alone, AUDIT, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
