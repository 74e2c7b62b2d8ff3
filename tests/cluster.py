"""A real Spark cluster for the tests: a standalone master and two workers of one core each, on loopback."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

WAIT = 60.0  # seconds


@dataclass(kw_only=True)
class Cluster:
    """A cluster that runs."""

    folder: Path
    master: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    url: str = ""

    def add_worker(self) -> None:
        log = self.folder / f"worker-{len(self.workers)}.log"
        words = ["Worker", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
        self.workers.append(_launched([*words, "--work-dir", str(self.folder / "work"), self.url], log))
        _said(r"Successfully registered with master", log)

    @contextmanager
    def lost_when(self, path: Path, *processes: subprocess.Popen[bytes]) -> Iterator[None]:
        """These of its processes are killed as soon as the block has made the file."""
        over = threading.Event()

        def wait() -> None:
            while not over.wait(0.02):
                if path.exists():
                    for process in processes:
                        self.kill(process)
                    return

        waiting = threading.Thread(target=wait)
        waiting.start()
        try:
            yield
        finally:
            over.set()
            waiting.join()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """The process and its executors, as when a machine loses power."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def begun(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """A new cluster, until the tests are done with it."""
    import pytest

    from tests.conftest import tool

    tool("java", package="openjdk-17-jre-headless")
    if find_spec("pyspark") is None:
        absent = 'PySpark is not installed; it comes with pip install "audit[spark]"'
        (pytest.fail if os.environ.get("AUDIT_CI") else pytest.skip)(absent)
    words = ["Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    cluster = Cluster(folder=folder, master=_launched(words, folder / "master.log"))
    try:
        cluster.url = _said(r"Starting Spark master at (spark://\S+)", folder / "master.log")
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.master):
            cluster.kill(process)


def _launched(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    import pyspark

    start = Path(pyspark.__file__).parent / "bin" / "spark-class"
    kind, *rest = words
    home = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "SPARK_DAEMON_MEMORY": "256m"}
    with log.open("wb") as out:
        return subprocess.Popen(
            [str(start), f"org.apache.spark.deploy.{kind.lower()}.{kind}", *rest],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **home},
            start_new_session=True,
        )


def _said(pattern: str, log: Path) -> str:
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        if found := re.search(pattern, log.read_text(encoding="utf-8", errors="replace")):
            return found[found.lastindex or 0]
        time.sleep(0.1)
    raise TimeoutError(f"{log.name} did not say {pattern}")
