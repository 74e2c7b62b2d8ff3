"""What several kinds of test share: the generated year, the real files, and the command line."""

import contextlib
import gc
import io
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import keyring
import polars as pl
import pytest
from filelock import FileLock
from keyring.backends.null import Keyring as NoKeyring

from audit import cli
from tests import made_up_program
from tests.cluster import Cluster, begun
from tests.postgresql import Server, started
from tests.scheduling import FileScheduling, sort_longest_first, sum_by_folder
from tests.tenth import Tenth, find_tenth, make_tenth

if TYPE_CHECKING:
    from audit.workflow.program_data import ProgramData

PROJECT = Path(__file__).parent.parent


def find_own_addresses() -> list[str]:
    """The addresses of this machine under its own name."""
    with contextlib.suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return []


OWN_NAMES = {"", "::1", "localhost", socket.gethostname(), *find_own_addresses()}
PSEUDONYM_KEY, OTHER_PSEUDONYM_KEY = made_up_program.PSEUDONYM_KEY, "fedcba9876543210" * 2

hypothesis.settings.register_profile(
    "repeatable", derandomize=True
)  # the same examples for everybody who tests this code
hypothesis.settings.register_profile("search")  # other examples each time, for `make fuzz`
hypothesis.settings.load_profile("repeatable")


def pytest_configure() -> None:
    """Commands do not tell their steps, so that tests compare what else they say; persons have a made-up key."""
    os.environ["AUDIT_QUIET"] = "1"
    os.environ["AUDIT_PSEUDONYM_KEY"] = PSEUDONYM_KEY
    if "PYTEST_XDIST_WORKER" in os.environ:  # what a test starts as a process has all threads, as its user has
        pl.thread_pool_size()
        os.environ.pop("POLARS_MAX_THREADS", None)
    sys.addaudithook(refuse_far_addresses)


def refuse_far_addresses(event: str, given: tuple[Any, ...]) -> None:
    """Let no test reach beyond this machine."""
    address = given[1] if event == "socket.connect" else None
    if isinstance(address, tuple) and not (address[0] in OWN_NAMES or str(address[0]).startswith("127.")):
        raise OSError(f"a test would reach {address[0]}, which is beyond this machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sort_longest_first(items)


def pytest_collection_finish() -> None:
    """What was imported by now is not looked through again for garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduling:
    return FileScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each folder took, beside its budget in tests/README.md."""
    text = (PROJECT / "tests" / "README.md").read_text(encoding="utf-8")
    budgets = {folder: int(seconds) for folder, seconds in re.findall(r"^\| (tests/\S+) .*\| (\d+) \|$", text, re.M)}
    reports = [one for kind in terminalreporter.stats.values() for one in kind if hasattr(one, "duration")]
    terminalreporter.section("seconds by folder, all workers together")
    for folder, (tests, seconds) in sorted(sum_by_folder(reports).items()):
        budget = budgets.get(folder)
        over = "  over its budget" if budget and seconds > budget else ""
        terminalreporter.line(f"{folder:<20} {tests:>5} tests {seconds:>7.1f} s of {budget or '-':>4}{over}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


RunAudit = Callable[..., Answer]


def tool(name: str, *, package: str, folders: str = "/nowhere") -> str:
    """The path of a program that some tests need, on the PATH or in the last of `folders` (a glob that has it).

    Where it is absent they are skipped, save in .ci/run.
    """
    found = sorted(Path("/").glob(f"{folders.removeprefix('/')}/{name}"))
    if path := shutil.which(name) or (str(found[-1]) if found else None):
        return path
    absent = f"{name} is not installed; it comes with the Debian package {package}"
    if os.environ.get("AUDIT_CI"):
        pytest.fail(absent)
    pytest.skip(absent)


def run(folder: Path, *words: str | Path) -> Answer:
    """The command line in a folder: every failure is a message, never a traceback or a defect."""
    out, err, before = io.StringIO(), io.StringIO(), (sys.argv, Path.cwd())
    try:
        os.chdir(folder)
        sys.argv = ["audit", *map(str, words)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        sys.argv = before[0]
        os.chdir(before[1])
    assert "Traceback" not in out.getvalue() + err.getvalue()
    assert ended.value.code != 70, (folder / "audit-defect.log").read_text(encoding="utf-8")
    return Answer(code=int(ended.value.code or 0), out=out.getvalue(), err=err.getvalue())


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunAudit:
    """The command line, run in an empty folder with the project's suites."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "expectations").symlink_to(PROJECT / "expectations")
    return lambda *words: run(Path.cwd(), *words)


@pytest.fixture
def formless(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, bytes]]:
    """Reports have no forms, which take most of the time of a run; gives what makes them otherwise."""
    from audit.workflow import analysis, full_report, monthly_report, sample_report

    monkeypatch.setattr(analysis, "render_analysis_report", made_up_program.record_alone)
    monkeypatch.setattr(full_report, "render_full_report", lambda report, *_: made_up_program.record_alone(report))
    formatted = monthly_report.render_report_files
    monkeypatch.setattr(monthly_report, "render_report_files", made_up_program.formatted)
    monkeypatch.setattr(sample_report, "render_sample_report", made_up_program.formatted)
    return formatted


@pytest.fixture
def formless_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets have their lists, and no other form."""
    from audit.reporting.formats import office_packet

    monkeypatch.setattr(office_packet, "render_packet_forms", made_up_program.render_no_forms)


@pytest.fixture
def formed(formless: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """They have them all the same, for a test that looks at them."""
    from audit.reporting.formats.sample_report import render_sample_report
    from audit.workflow import monthly_report, sample_report

    monkeypatch.setattr(monthly_report, "render_report_files", formless)
    monkeypatch.setattr(sample_report, "render_sample_report", render_sample_report)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference program's synthetic year, made once for all workers."""
    from audit.workflow import program_data

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "year"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            program_data.generate_tables(program_data.read_program_by_name("secure_communities"), folder)
    return folder


@pytest.fixture(scope="session")
def work(year: Path, tmp_path_factory: pytest.TempPathFactory) -> "ProgramData":
    """The reference program with that year, read once, for it is frozen; what its checks find is kept as well."""
    from audit.workflow import program_data

    where = {"data": year, "expectations": PROJECT / "expectations", "reuse": tmp_path_factory.mktemp("work")}
    return program_data.read_program_data("secure_communities", **where)


@pytest.fixture(scope="session")
def tenth(year: Path) -> Tenth:
    """A tenth of the persons of that year, for tests that do not need it whole; made once for all workers."""
    folder = year.with_name("tenth")
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            make_tenth(year, folder, PROJECT / "expectations")
    return find_tenth(folder)


@pytest.fixture(scope="session")
def tenth_work(tenth: Tenth, tmp_path_factory: pytest.TempPathFactory) -> "ProgramData":
    """The program of the tenth with its tables, read once."""
    from audit.workflow import program_data

    where = {"data": tenth.data, "expectations": PROJECT / "expectations", "reuse": tmp_path_factory.mktemp("tenth")}
    return program_data.read_program_data(str(tenth.program), **where)


@pytest.fixture
def record_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report has its record and no other form, for tests that look at no other."""
    from audit.workflow import monthly_report, sample_report

    monkeypatch.setattr(monthly_report, "render_report_files", made_up_program.record_alone)
    monkeypatch.setattr(sample_report, "render_sample_report", made_up_program.record_alone)


class Kept(NoKeyring):
    """A keyring in memory, that knows what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.passwords = dict[tuple[str, str], str]()
        self.asked = list[tuple[str, str]]()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append((service, username))
        return self.passwords.get((service, username))


@pytest.fixture(autouse=True, scope="session")
def no_keyring() -> None:
    """Tests never ask the keyring of whoever runs them."""
    keyring.set_keyring(NoKeyring())


@pytest.fixture
def kept() -> Iterator[Kept]:
    """The keyring of the system, for one test."""
    memory = Kept()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(NoKeyring())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server that the tests may fill, in databases of their own."""
    with started() as server:
        yield server


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Spark cluster: a standalone master and two workers."""
    with begun(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of released files, which are not part of the project."""
    folder = Path(os.environ.get("AUDIT_REAL_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no released files in {folder}; name their folder in AUDIT_REAL_DATA")
    return folder
