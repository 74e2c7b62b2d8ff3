"""Every notebook runs from top to bottom on a tenth of the made-up year; with another month it says what that month's record says.

One runs in a kernel of its own; the others run here, one after the other, and share what is read and assessed.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import papermill
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from audit.workflow import monthly_report, program_data, sample_audit
from audit.workflow.program_data import ProgramData
from tests import made_up_program
from tests.conftest import PROJECT, RunAudit
from tests.tenth import FRAME_SIZE, Tenth

SHOWN = {
    "00_start": ("267", f"{FRAME_SIZE:,}", "96.5%", "91.1%"),
    "01_plan": (f"{FRAME_SIZE:,}", "deviations allowed", "AICPA 2017", "2,055", "Touw"),
    "02_draw": ("M11-140080", "the same cases, in the same order", "extra: listed and not drawn, order 1"),
    "03_assess": ("653", "What would decide the open cases", "What would change it"),
    "04_review": (
        "1,532 answers entered",
        "Gwet's AC1",
        "did not hold",
        "Signed by: Audit director",
        "supervisor's review",
    ),
    "report": ("96.5%", "Open items by office"),
    "05_estimate": ("96.5%", "Were 36 or more of 43 undeterminable cases to deviate", "no sampling error"),
    "06_trends": ("2011-07", "longest allowed", "(Kaplan and Meier)"),
}
IN_A_KERNEL = "01_plan"
Run = Callable[..., Any]


class Here(Engine):
    """Runs the cells of a notebook in a shell of this process, as a kernel would in its own."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        InteractiveShell.clear_instance()
        unrecorded = Config(HistoryManager={"enabled": False})
        shell = InteractiveShell.instance(config=unrecorded, user_module=ModuleType("notebook_here"))
        for cell in nb_man.nb.cells:
            if cell.cell_type == "code":
                with shell.display_trap, capture_output() as said:
                    shell.run_cell(cell.source).raise_error()
                cell.outputs = [nbformat.v4.new_output("display_data", data=one.data) for one in said.outputs]
                cell.outputs += [nbformat.v4.new_output("stream", text=said.stdout)] if said.stdout else []


papermill_engines.register("here", Here)


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which goes to work once for the same cases."""
    found = dict[tuple[str, ...], Any]()

    def known(work: ProgramData, cases: Iterable[str] | None) -> Any:
        key = () if cases is None else tuple(cases)
        if key not in found:
            found[key] = function(work, cases)
        return found[key]

    return known


@pytest.fixture(scope="module", autouse=True)
def cheap(tenth: Tenth, tenth_work: ProgramData) -> Iterator[None]:
    """The notebooks share what is read and assessed, and of a report no form but the record is made."""
    with pytest.MonkeyPatch.context() as patch:
        tenth.stand_in(patch)
        patch.setattr(program_data, "read_program_data", lambda *_, **__: tenth_work)
        patch.setattr(sample_audit, "assess_cases", once(sample_audit.assess_cases))
        patch.setattr(monthly_report, "render_report_files", made_up_program.record_alone)
        yield


@pytest.fixture(scope="module")
def place(tenth: Tenth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the notebooks run: empty, with a tenth of the year."""
    place = tmp_path_factory.mktemp("notebook")
    (place / "data" / "generated").mkdir(parents=True)
    (place / "data" / "generated" / "secure_communities").symlink_to(tenth.data)
    (place / "expectations").symlink_to(PROJECT / "expectations")
    return place


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    """Run a notebook with parameters as papermill does, and no more than once; gives what it showed."""

    @cache
    def run(name: str, **parameters: str) -> Any:
        given, made = place / f"{name}.ipynb", place / f"{name}-made.ipynb"
        jupytext.write(jupytext.read(PROJECT / "notebooks" / f"{name}.py"), given)
        how = {} if name == IN_A_KERNEL else {"engine_name": "here"}
        return papermill.execute_notebook(
            given, made, parameters=parameters, cwd=place, progress_bar=False, execution_timeout=300, **how
        )

    return run


def tables(notebook: Any) -> dict[str, list[list[str]]]:
    """What the notebook showed as text, by its title: a row a line, cells apart by two spaces or more."""
    texts = [out["data"]["text/plain"] for cell in notebook.cells for out in cell.get("outputs", ()) if "data" in out]
    parts = [part.split("\n") for text in texts for part in text.split("\n\n")]
    return {title: [re.split(" {2,}", line.strip()) for line in lines] for title, *lines in parts}


@pytest.mark.parametrize("path", sorted((PROJECT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_it_runs(run: Run, path: Path) -> None:
    text = nbformat.writes(run(path.stem))
    for shown in SHOWN[path.stem]:
        assert shown in text


def test_with_another_month_the_report_notebook_has_that_months_numbers(run: Run, audit: RunAudit, tenth: Tenth) -> None:
    shown = tables(run("report", month="2011-02"))
    assert audit("run", "secure_communities", "--data", tenth.data, "--month", "2011-02").code == 0
    record = json.loads(Path("reports/secure_communities/2011-02/report.json").read_bytes())
    first = record["measures"][0]
    assert [row[:6] for row in shown["Every office"][1:]] == [
        [first["title"], o["name"], *(f"{o[name]:,}" for name in ("due", "compliant", "late", "missing"))]
        for o in (*first["offices"], first["national"])
    ]
    assert shown[f"{record['title']}, {record['period_words']}"] == [[record["headline"]]]
    figures = [[key["value"], key["label"], key["detail"]] for key in record["key_figures"]]
    assert shown["Key figures"][1:-1] == figures[:-1]  # the last is of the ledger, which a notebook does not write
    counted = {office: int(n.replace(",", "")) for office, n in shown["Open items by office"][1:]}
    assert counted == {office: sum(i["office"] == office for i in record["open_items"]) for office in counted}
    assert sum(counted.values()) == len(record["open_items"])


def test_the_trends_notebook_has_the_numbers_of_the_ledgers(run: Run, place: Path) -> None:
    run("06_trends")  # writes the report of the month before too
    shown = tables(run("06_trends", since="2011-08", month="2011-09"))
    moved = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
    records = [
        json.loads((place / "reports/secure_communities" / month / "report.json").read_bytes())
        for month in ("2011-08", "2011-09")
    ]
    assert [row[:7] for row in shown["The ledger, month by month"][1:]] == [
        [one["period"], *(f"{one['follow_up'][name]:,}" for name in moved)] for one in records
    ]
    assert records[1]["follow_up"]["open_start"] == records[0]["follow_up"]["open_end"] > 0
    assert len(shown["Documented in time, with limits"][1:]) == 12
