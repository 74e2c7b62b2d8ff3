"""The wheel, installed without the network where nothing of the checkout is seen: the shipped programs run."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from audit.programs import list_programs
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built out of the package cache."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([_find_uv(), "build", "--quiet", "--wheel", "--offline", "--out-dir", folder, PROJECT], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `audit` of an environment that holds the wheel alone, and sees what it depends on."""
    environment, uv = tmp_path_factory.mktemp("environment"), _find_uv()
    subprocess.run([uv, "venv", "--quiet", "--offline", "--clear", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel], check=True)
    # A path in a .pth file is searched, and the .pth files below it are not read: the editable checkout stays unseen.
    site = next(environment.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return environment / "bin" / "audit"


def test_it_holds_the_suites_of_each_shipped_program_as_the_checkout_has_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for program in list_programs():
            folder = f"audit/programs/{program}/expectations"
            suites = {name: archive.read(name) for name in archive.namelist() if name.startswith(f"{folder}/")}
            assert suites == {
                f"{folder}/{path.name}": path.read_bytes() for path in (PROJECT / "expectations" / program).iterdir()
            }


def test_a_second_build_is_the_same_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    command = [_find_uv(), "build", "--quiet", "--wheel", "--offline", "--out-dir", tmp_path, PROJECT]
    subprocess.run(command, check=True)
    [again] = tmp_path.glob("*.whl")
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_it_is_named_and_licensed_as_declared(wheel: Path) -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    assert f"Name: {declared['name']}" in lines
    assert f"License-Expression: {declared['license']}" in lines
    assert {line.removeprefix("Provides-Extra: ") for line in lines if line.startswith("Provides-Extra")} == {
        *declared["optional-dependencies"]
    }
    citation = (PROJECT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert {f"title: {declared['name']}", f"version: {declared['version']}"} <= {*citation}


def test_a_shipped_program_is_checked_and_reported_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    package = _run(installed.with_name("python"), "-c", "import audit; print(audit.__file__)", folder=tmp_path)
    assert str(installed.parents[1]) in package
    assert "No critical check failed" in _run(installed, "check", "records_requests", folder=tmp_path)
    said = _run(installed, "run", "records_requests", "--month", "2023-09", folder=tmp_path).split("\n")
    assert [line.split()[-1] for line in said if line.startswith("written")] == ["yes"]


def _run(*words: str | Path, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _find_uv() -> str:
    """The uv that runs the tests, that of the make file, or that of the system."""
    own = PROJECT / ".uv" / "bin" / "uv"
    uv = os.environ.get("UV") or (str(own) if own.exists() else shutil.which("uv"))
    return uv or pytest.skip("uv is not installed; make installs it into .uv")
