"""The modules: import contracts, what starts without what, what every module says of itself."""

import ast
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App

from audit.cli import app
from audit.programs import list_programs
from tests import made_up_program
from tests.conftest import RunAudit
from tests.help_examples import list_verbs, read_examples

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src" / "audit"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
EDGES = (
    "storage/",
    "spark/",
    "workflow/",
    "cli/",
    "reporting/figures/",
    "reporting/formats/",
    "tables/readers/",
    "tables/cache.py",
    "assessment/population.py",
    "programs/__init__.py",
    "programs/records_requests/",
    "programs/secure_communities/",
    "files.py",
)
AUDIT, LINT_IMPORTS = (str(Path(sys.executable).with_name(name)) for name in ("audit", "lint-imports"))
HEAVY = {"polars", "pandas", "numpy", "scipy", "matplotlib", "great_expectations", "sqlglot", "pyarrow"}
HEAVY |= {"pydantic", "ruamel", "jinja2", "fontTools", "typst", "xlsxwriter", "holidays", "markdown_it", "IPython"}


def test_the_contracts_hold() -> None:
    run = subprocess.run([LINT_IMPORTS], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def loaded_by(code: str) -> set[str]:
    """The packages that a new interpreter has loaded when it has run the code, by the names they are imported by."""
    names = "sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules} - before))"
    words = f"import sys\nbefore = {{*sys.modules}}\ntry:\n    {code}\nexcept SystemExit:\n    pass\n{names}"
    run = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {*run.stderr.split()}


def test_the_package_loads_the_standard_library_alone() -> None:
    assert loaded_by("import audit") - sys.stdlib_module_names == {"audit"}


@pytest.mark.parametrize("asked", ["--help", "plan --help", "policy --help", "--version"])
def test_help_answers_before_anything_heavy_loads(asked: str) -> None:
    loaded = loaded_by(f"sys.argv = ['audit', *'{asked}'.split()]; from audit.cli import main; main()")
    assert "cyclopts" in loaded
    assert loaded & HEAVY == set()


def test_a_check_loads_what_reads_tables_and_nothing_that_draws_or_estimates(tmp_path: Path) -> None:
    program = made_up_program.program(tmp_path / "answers")
    words = ["audit", "check", str(program), "--data", str(made_up_program.tables(tmp_path / "data")), "--no-confirm"]
    loaded = loaded_by(f"sys.argv = {[*words, '--json', '--quiet']}; from audit.cli import main; main()")
    assert "polars" in loaded
    assert loaded & {"numpy", "scipy", "matplotlib", "great_expectations", "pandas", "pyarrow", "jinja2"} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_begins_with_a_sentence_and_is_a_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    sentence = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    assert sentence.endswith("."), "no sentence says what the module is"
    assert len(text.splitlines()) <= 400, "longer than a sitting"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_domain_opens_no_file(path: Path) -> None:
    if path.relative_to(SOURCE).as_posix().startswith(EDGES):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {"open", "print", "input"} & names
    assert not {"pathlib", "tempfile", "shutil", "io"} & imported


@pytest.mark.parametrize(("words", "verb"), [pytest.param(*one, id=" ".join(one[0])) for one in list_verbs()])
def test_every_verb_has_help_with_examples_that_name_its_options(
    audit: RunAudit, words: tuple[str, ...], verb: App
) -> None:
    answer = audit(*words, "--help")
    assert answer.code == 0
    assert f"audit {' '.join(words)}" in answer.out
    examples = read_examples(verb)
    assert examples
    for example in examples:
        assert example.startswith(f"audit {' '.join(words)}")
        app.parse_args(shlex.split(example)[1:], exit_on_error=False)


def test_no_traceback_reaches_a_user() -> None:
    run = subprocess.run([AUDIT, "check", "no/such/folder"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr == (
        "audit: there is no program and no folder named no/such/folder. Name a shipped program "
        f"({', '.join(list_programs())}) or a folder that holds a program.toml.\n"
    )
    run = subprocess.run([AUDIT, "check"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


LONGER_FUNCTIONS = {"reporting/month_report.py: assemble_report"}  # it lists the fields of the longest record


def test_no_function_is_longer_than_a_screen() -> None:
    longer = {
        f"{path.relative_to(SOURCE).as_posix()}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= 60
    }
    assert longer == LONGER_FUNCTIONS
