"""Ten lines as a user writes them pass a strict type check against the package."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

LINES = """
import audit
import polars as pl

cases = pl.DataFrame({"case": ["C1", "C2", "C3"], "office": ["North", "South", "North"], "note": ["a", None, "b"]})
plan: audit.Plan = audit.plan(cases, key="case", size=2)
sample: audit.Sample = audit.draw(cases, key="case", plan=plan, seed="dice 4 1 6")
differences: list[str] = audit.redraw(sample.manifest, cases)
rate: float | None = audit.estimate(conforming=698, deviating=25).rate
upper: float = audit.limits(25, 723, population=348_958).upper
rows: pl.DataFrame = audit.office_rates(cases, office="office", needs="note").table
job: audit.Audit = audit.open_audit("secure_communities", data="year")
month: audit.MonthlyReport = job.month("2011-09")
exact: tuple[int, int] = audit.statistics.intervals.hypergeometric_limits(25, 723, 348_958)
"""
WRONG = """
import audit

audit.plan([], key="case", size="many")
"""


def test_a_users_lines_pass_a_strict_type_check(tmp_path: Path) -> None:
    for name, text in {"mine": LINES, "wrong": WRONG}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "mine.py", "wrong.py", "--strict", "--config-file="]
    words += ["--follow-imports=silent", "--cache-dir", str(PROJECT / ".mypy_cache" / "user")]
    environment = {"MYPYPATH": str(PROJECT / "src"), "PATH": ""}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "mine.py" not in said, said
    assert 'wrong.py:4: error: Argument "size" to "plan" has incompatible type "str"' in said
