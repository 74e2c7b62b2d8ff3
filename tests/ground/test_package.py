"""What `import audit` offers, and the same package as a program."""

import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files

import audit


def test_it_lists_its_verbs_and_its_version_alone() -> None:
    assert dir(audit) == sorted([*audit.__all__, "__version__"])
    assert audit.__version__ == version("audit-toolkit")
    assert all(callable(getattr(audit, name)) for name in audit.__all__ if name != "statistics")
    assert audit.statistics.intervals.exact


def test_it_tells_type_checkers_that_it_is_typed() -> None:
    assert files("audit").joinpath("py.typed").is_file()


def test_python_runs_it_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "audit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == version("audit-toolkit")
