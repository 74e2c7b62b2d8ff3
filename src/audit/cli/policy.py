"""Verbs that ask the policy: explain one case; show, compare and lint the rules."""

import sys
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from audit.cli.app import DEFAULT, Options, answer, app, begin, tell
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.assessment.case_file import Files
    from audit.assessment.policy_diff import Crossing, Difference, Move
    from audit.assessment.policy_lint import Branch, Finding
    from audit.policy.rules import Policy
    from audit.programs.declaration import Program

MADE_UP = 2_000  # cases that a policy without data is put to

policy_app = App(name="policy", help="Show a policy, compare two documents of it, or lint it.", sort_key=15)
app.command(policy_app)


@app.command(sort_key=14)
def explain(
    program: str,
    case: str,
    /,
    *,
    attribute: Annotated[str, Parameter(help="What is decided; the sample's attribute where absent.")] = "",
    options: Options = DEFAULT,
) -> int:
    """Explain one case, drawn or not: the rules asked, the facts they saw, and what would change the outcome.

    audit explain secure_communities M11-000097

    audit explain secure_communities M11-000097 --attribute documentation
    """
    from audit.assessment import explain as explanation
    from audit.assessment import explanation_text
    from audit.cli import console

    work = begin(program, options)
    tell("assessing the case and its alternatives")
    policy = _declared(work.policy, program)
    found = explanation.explain(case, program=work.program, policy=policy, tables=work.rows, attribute=attribute)
    if options.json:
        return answer({**asdict(found), "explanation": explanation_text.paragraph(found)}, options)
    shown = [f"{title}\n{console.table(header, rows)}" for title, header, rows in explanation_text.tables(found)]
    return _written([console.paragraph(explanation_text.paragraph(found)), *shown])


@policy_app.command(sort_key=1)
def show(
    program: str,
    /,
    *,
    on: Annotated[date | None, Parameter(help="Day of which to show the policy; every day where absent.")] = None,
    format: Annotated[Literal["text", "json", "html"], Parameter(help="How to show it.")] = "text",
    output: Annotated[Path | None, Parameter(help="File to write it to, instead of standard output.")] = None,
    options: Options = DEFAULT,
) -> int:
    """Show the policy of a day: its rules in the order asked, their words and citations, its terms and documents.

    audit policy show secure_communities --on 2011-05-02

    audit policy show secure_communities --on 2011-05-02 --format html --output policy.html
    """
    from audit.reporting.formats import policy as page
    from audit.storage import output_folder

    declared, policy = _enacted(program)
    text = page.FORMATS["json" if options.json else format](page.shown(policy, title=declared.title, on=on))
    if output:
        output_folder.write(output, text.encode())
    else:
        sys.stdout.write(text)
    return ExitCode.OK


@policy_app.command(sort_key=2)
def diff(program: str, before: str, after: str, /, *, options: Options = DEFAULT) -> int:
    """Show what one document states otherwise than another; with --data, what becomes of every case there.

    BEFORE and AFTER are documents of the policy, or two columns of a table of levels in the program's folder.

    audit policy diff secure_communities PRI-2010 PRI-2011 --data FOLDER

    audit policy diff secure_communities level_before level_after
    """
    from audit import programs
    from audit.assessment import policy_diff
    from audit.storage.level_tables import read_levels

    _, policy = _enacted(program)
    if {before, after} & set(policy.documents) == set():
        rows = read_levels(programs.folder(program), before, after)
        if rows:
            return _levels(policy_diff.moves(rows, before, after), options)
    found = policy_diff.differ(policy, before, after)
    crossings = policy_diff.cross(_files(program, options), policy, before, after) if options.data else ()
    if options.json:
        return answer({**asdict(found), "crossings": [asdict(crossing) for crossing in crossings]}, options)
    return _written([*_difference(found), *map(_crossing, crossings)])


@policy_app.command(sort_key=3)
def lint(program: str, /, *, options: Options = DEFAULT) -> int:
    """Lint the policy: what must be mended (exit code 1), and what its author should know.

    Gaps, overlaps and rules that never decide are found by putting the rules to every case of --data, or to made-up
    ones. What cannot be a policy at all is refused before that.

    audit policy lint secure_communities

    audit policy lint secure_communities --data FOLDER
    """
    from audit.assessment import policy_lint, synthetic_cases
    from audit.assessment.case_file import determine

    declared, policy = _enacted(program)
    made_up = options.data is None
    files = synthetic_cases.made_up(declared, policy, number=MADE_UP) if made_up else _files(program, options)
    given: dict[str, Any] = {"dated_by": files.dated_by}
    tell("putting the rules to the cases")
    determined = determine(files, policy).collect()
    found = [
        *policy_lint.proofread(policy, vocabulary=files.vocabulary, **given),
        *policy_lint.lint(files, policy, determined),
    ]
    branches = policy_lint.reached(policy, determined, **given)
    cases, must = determined[files.key].n_unique(), any(finding.must for finding in found)
    if options.json:
        facts = {"cases": cases, "made_up": made_up, "must_be_mended": must}
        shown = {"findings": [asdict(one) for one in found], "coverage": [asdict(branch) for branch in branches]}
        answer({**facts, **shown}, options)
    else:
        _written([*_findings(found), _unreached(branches, f"{cases:,}{' made-up' * made_up} cases")])
    return ExitCode.DATA if must else ExitCode.OK


def _enacted(program: str) -> "tuple[Program, Policy]":
    """A program and its policy, without any table."""
    from audit import programs
    from audit.programs.declaration import vocabulary
    from audit.storage.declarations import read_policy
    from audit.workflow import audit as engagement

    declared = engagement.declared(program)
    has_policy = declared.cases is not None
    policy = read_policy(programs.folder(program) / "policy", vocabulary(declared)) if has_policy else None
    return declared, _declared(policy, declared.name)


def _declared(policy: "Policy | None", program: str) -> "Policy":
    if policy is None:
        mend = "Add [cases] to its program.toml, and its rules in a folder policy/."
        raise AuditError(Problem(what=f"the program {program} declares no policy", mend=mend), code=ExitCode.USAGE)
    return policy


def _files(program: str, options: Options) -> "Files":
    """The files of every case in the folder of tables."""
    from audit.assessment.case_file import gather

    work = begin(program, options)
    tell("linking the records")
    return gather(work.program, work.rows)


def _written(parts: list[str]) -> int:
    tell("")
    sys.stdout.write("\n".join(parts))
    return ExitCode.OK


def _difference(found: "Difference") -> list[str]:
    """What two documents state otherwise, in words."""
    stated: dict[str, list[str]] = {"both": [], "before": [], "after": []}
    for rule in found.rules:
        if not rule.changed:
            stated[rule.stated].append(rule.rule)
    titles = {
        "both": "Stated alike",
        "before": f"Stated in {found.before} alone",
        "after": f"Stated in {found.after} alone",
    }
    changed = [(f"The documents {found.before} and {found.after}", found.document)]
    changed += [(f"{rule.rule}: {rule.title}", rule.changed) for rule in found.rules if rule.changed]
    parts = [
        f"{title}\n" + "".join(_was_is(c.what, c.before, c.after) for c in some) for title, some in changed if some
    ]
    return [*parts, *(f"{titles[name]}: {', '.join(rules)}\n" for name, rules in stated.items() if rules)]


def _was_is(what: str, before: str, after: str) -> str:
    return f"  {what}\n    - {before or '(nothing)'}\n    + {after or '(nothing)'}\n"


def _crossing(found: "Crossing") -> str:
    from audit.assessment.policy_diff import matrix
    from audit.cli import console
    from audit.formatting import plural

    title = f"{found.attribute.capitalize()} of {plural(found.cases, 'case')}, each document as if always in force"
    changed = (
        f"{found.other_outcome:,} change their outcome, {found.other_class:,} their class (before: down; after: across)"
    )
    return f"{title}: {changed}\n\n{console.table(*matrix(found.outcomes))}\n{console.table(*matrix(found.classes))}"


def _levels(found: "tuple[Move, ...]", options: Options) -> int:
    """What moved between levels, how many of it the source names, and that the rest is not filled in."""
    from audit.cli import console

    if options.json:
        return answer({"moves": [asdict(move) for move in found]}, options)
    what = found[0].what or "number"
    rows: list[tuple[str | int, ...]] = []
    for (before, after), group in groupby(found, key=lambda move: (move.before, move.after)):
        moved = list(group)
        levels = before or "none", after or "none"
        if len(moved) > 1:
            rows.append(
                (*levels, sum(move.number for move in moved), sum(len(move.named) for move in moved), "of which", "")
            )
        rows += [(*levels, m.number, len(m.named), m.group, ", ".join(m.named)) for m in moved]
    unnamed = sum(move.number - len(move.named) for move in found)
    partial = (
        f"Partial: the source does not name {unnamed:,} of {sum(move.number for move in found):,} {what}."
        if unnamed
        else ""
    )
    sources = [f"Source: {source}." for source in dict.fromkeys(move.source for move in found) if source]
    table = console.table(("before", "after", what, "named", "group", "which"), rows)
    return _written([table, *(console.paragraph(text) for text in filter(None, [partial, *sources]))])


def _findings(found: "list[Finding]") -> list[str]:
    """Findings under their kind, those that must be mended first; what is said of several things is said once."""
    parts = []
    for must, title in ((True, "Must be mended"), (False, "To know")):
        some = sorted((one for one in found if one.must == must), key=lambda one: one.kind)
        lines = [f"{title}\n"] if some else []
        for kind, group in groupby(some, key=lambda one: one.kind):
            said: dict[str, list[str]] = {}
            for one in group:
                said.setdefault(one.what, []).append(one.about)
            lines += [f"  {kind}\n", *(f"    {', '.join(about)}: {what}\n" for what, about in said.items())]
        parts += ["".join(lines)] if lines else []
    return parts


def _unreached(branches: "tuple[Branch, ...]", cases: str) -> str:
    from audit.cli import console

    missed = [branch for branch in branches if not branch.cases]
    title = f"Verdicts that none of {cases} reached: {len(missed):,} of {len(branches):,}\n"
    rows = [(b.attribute, b.rule, b.version, b.verdict, b.examples) for b in missed]
    return title + (console.table(("attribute", "rule", "version", "verdict", "examples"), rows) if rows else "")
