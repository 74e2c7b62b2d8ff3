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
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # to compile any better takes longer than these tests


@dataclass(kw_only=True)
class Cluster:
    """A cluster that runs from when its address is first asked for; once lost, it begins anew at the next time."""

    folder: Path
    master: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether its master is there."""
        return self.master is not None and self.master.poll() is None

    @property
    def url(self) -> str:
        """The address of its master."""
        log = self.folder / "master.log"
        if not self.runs:
            self.end()
            self.master = _launched(["Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"], log)
            for _ in range(2):
                self.add_worker()
        return _said(r"Starting Spark master at (spark://\S+)", log)

    def add_worker(self) -> None:
        log = self.folder / f"worker-{len(self.workers)}.log"
        words = ["Worker", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
        self.workers.append(_launched([*words, "--work-dir", str(self.folder / "work"), self.url], log))
        _said(r"Successfully registered with master", log)

    def end(self) -> None:
        for process in (*self.workers, *([self.master] if self.master else [])):
            self.kill(process)
        self.workers.clear()

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
        assert all(process.poll() is not None for process in processes)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """The process and its executors, as when a machine loses power."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def begun(folder: Path) -> Iterator[Cluster]:
    """A new cluster, until the tests are done with it.

    Every command has a session of its own there, but until the cluster is lost all have the same executors: what ends a
    session does not end the application.
    """
    import pytest

    from tests.conftest import tool

    tool("java", package="openjdk-17-jre-headless")
    if find_spec("pyspark") is None:
        absent = 'PySpark is not installed; it comes with pip install "audit-toolkit[spark]"'
        (pytest.fail if os.environ.get("AUDIT_CI") else pytest.skip)(absent)
    from pyspark import SparkContext

    stop, cluster = SparkContext.stop, Cluster(folder=folder)
    settings = [f"spark.{process}.extraJavaOptions {_JAVA}\n" for process in ("driver", "executor")]
    (folder / "spark-defaults.conf").write_text("".join(settings), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setattr(SparkContext, "stop", lambda context: None if cluster.runs else stop(context))
        try:
            yield cluster
        finally:
            if application := SparkContext._active_spark_context:
                stop(application)
            cluster.end()


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
            env={**os.environ, **home, "SPARK_DAEMON_JAVA_OPTS": _JAVA},
            start_new_session=True,
        )


def _said(pattern: str, log: Path) -> str:
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        if found := re.search(pattern, log.read_text(encoding="utf-8", errors="replace")):
            return found[found.lastindex or 0]
        time.sleep(0.1)
    raise TimeoutError(f"{log.name} did not say {pattern}")
