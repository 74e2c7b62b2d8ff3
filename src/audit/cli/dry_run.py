"""What a verb would write, for --dry-run: it works on copies, and what it changed there is listed."""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import BoundArguments
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

from audit.cli.progress import show_progress
from audit.errors import AuditError, ExitCode, Problem
from audit.files import hash_file, make_temporary_folder
from audit.workflow.progress import clear_status

if TYPE_CHECKING:
    from audit.cli.app import WriteOptions

Places = dict[Path, Path]  # each folder or file that a verb may write, and the copy it is given instead


def preview_verb(verb: Callable[..., int], bound: BoundArguments, options: "WriteOptions") -> int:
    """Run a verb on copies of all that it may write, and list what it would have written where.

    Its exit code and its problems are those of the verb, its answer is left out.
    """
    from audit.cli.app import print_facts

    if bound.arguments.get("master"):
        what, mend = "a cluster does not write into a temporary folder of this machine", "Leave out --dry-run."
        raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
    with make_temporary_folder() as scratch:
        places = _copy_places(bound, options, Path(scratch).resolve())
        remarks = io.StringIO()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(remarks):
                code = verb(*bound.args, **bound.kwargs)
        except AuditError as error:
            problems = [_name_real_places_in_problem(problem, places) for problem in error.problems]
            raise AuditError(problems, code=error.code) from None
        clear_status()
        sys.stderr.write(_name_real_places(remarks.getvalue(), places))
        changes = {kind: sorted(paths) for kind, paths in _find_changes(places).items()}
    if options.json:
        listed = {kind.replace(" ", "_"): [*map(str, paths)] for kind, paths in changes.items()}
        print_facts({"dry_run": True, **listed}, options)
    else:
        folders = {kind: _count_by_folder(paths) for kind, paths in changes.items()}
        print_facts({"dry run": "nothing was written", **folders}, options)
    return code


def _copy_places(bound: BoundArguments, options: "WriteOptions", scratch: Path) -> Places:
    """Give the verb copies in place of its program's reports, its generated tables and its output."""
    from audit.workflow.program_data import read_program_by_name

    program = read_program_by_name(bound.arguments["program"])
    places: Places = {options.reports / program.name: scratch / "reports" / program.name}
    options = replace(options, reports=scratch / "reports")
    generated = Path("data/generated") / program.name
    if "output" in bound.signature.parameters:
        output = bound.arguments.get("output") or generated
        places[output] = scratch / "output"
        bound.arguments["output"] = places[output]
    elif options.data is None and program.generator and not generated.exists():
        places[generated] = scratch / "data"
        _generate_tables(program, places[generated])
        options = replace(options, data=str(places[generated]))
    bound.arguments["options"] = options
    for real, copy in places.items():
        if real.is_dir():
            copytree(real, copy, symlinks=True)
    return places


def _generate_tables(program: Any, folder: Path) -> None:
    from audit.workflow.program_data import generate_tables

    show_progress("making the synthetic tables")
    generate_tables(program, folder)


def _find_changes(places: Places) -> dict[str, list[Path]]:
    """Files that are new, have other bytes, or are gone, by what would become of them."""
    changes: dict[str, list[Path]] = {"would write": [], "would replace": [], "would remove": []}
    for real, copy in places.items():
        before, after = set(_list_files(real)), set(_list_files(copy))
        changes["would write"] += [real / name for name in after - before]
        changes["would replace"] += [
            real / name for name in after & before if hash_file(real / name) != hash_file(copy / name)
        ]
        changes["would remove"] += [real / name for name in before - after]
    return changes


def _list_files(folder: Path) -> Iterator[Path]:
    """The files below a folder, without those that the program keeps for itself."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name


def _count_by_folder(paths: list[Path]) -> dict[str, int]:
    """How many files of each folder."""
    counts: dict[str, int] = {}
    for path in paths:
        counts[str(path.parent)] = counts.get(str(path.parent), 0) + 1
    return counts


def _name_real_places(text: str, places: Places) -> str:
    """The text with the places that the user knows, instead of the copies."""
    for real, copy in places.items():
        for path, name in ((copy, real), (copy.parent, real.parent)):
            text = text.replace(str(path), str(name))
    return text


def _name_real_places_in_problem(problem: Problem, places: Places) -> Problem:
    what, mend = (_name_real_places(text, places) for text in (problem.what, problem.mend))
    file = _name_real_places(problem.file, places) if problem.file else None
    return replace(problem, what=what, mend=mend, file=file)
