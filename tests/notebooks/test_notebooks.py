"""Every notebook runs from top to bottom on the made-up year."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

PROJECT = Path(__file__).parents[2]


SHOWN = {
    "00_start": ("267", "348,958", "96.5%", "91.1%"),
    "01_plan": ("348,958", "If no more than 1 deviation is found among 93 assessed cases", "2,282"),
    "02_draw": ("M11-140080", "the same cases, in the same order", "extra: listed and not drawn, order 1"),
    "03_assess": ("653", "What would decide the open cases", "What would change it"),
    "04_review": ("1,532 answers entered", "Gwet's AC1", "did not hold", "Signed by: Audit director", "supervisor's review"),
    "05_estimate": ("96.5%", "Were 36 or more of 43 undeterminable cases to deviate", "no sampling error"),
}


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_it_runs(path: Path, year: Path, tmp_path: Path) -> None:
    (tmp_path / "expectations").symlink_to(PROJECT / "expectations")
    (tmp_path / "data" / "generated").mkdir(parents=True)
    (tmp_path / "data" / "generated" / "secure_communities").symlink_to(year)
    notebook = jupytext.read(path)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    text = nbformat.writes(notebook)
    for shown in SHOWN[path.stem]:
        assert shown in text
