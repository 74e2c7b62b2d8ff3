"""Verbs that ask the policy: explain one case; show, compare and lint the rules."""

import sys
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from audit.cli.app import DEFAULT_OPTIONS, Options, app, open_with_options, print_facts, show_progress
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.assessment.case_file import CaseFiles
    from audit.assessment.policy_diff import DocumentDifference, LevelChange, OutcomeComparison
    from audit.assessment.policy_lint import PolicyIssue, VerdictCoverage
    from audit.policy.rules import Policy
    from audit.programs.declaration import Program

SYNTHETIC_CASES = 2_000  # cases that a policy without data is put to

policy_app = App(name="policy", help="Show a policy, compare two documents of it, or lint it.", sort_key=15)
app.command(policy_app)


@app.command(sort_key=14)
def explain(
    program: str,
    case: str,
    /,
    *,
    attribute: Annotated[str, Parameter(help="What is decided; the sample's attribute if absent.")] = "",
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Explain one case, drawn or not: the rules asked, the facts they saw, and what would change the outcome.

    audit explain secure_communities M11-000097

    audit explain secure_communities M11-000097 --attribute documentation
    """
    from audit.assessment import explain as explanation
    from audit.assessment import explanation_text
    from audit.cli import console

    work = open_with_options(program, options)
    show_progress("assessing the case and its alternatives")
    policy = _require_policy(work.policy, program)
    result = explanation.explain_case(case, program=work.program, policy=policy, tables=work.rows, attribute=attribute)
    if options.json:
        return print_facts({**asdict(result), "explanation": explanation_text.describe_explanation(result)}, options)
    tables = [
        f"{title}\n{console.format_text_table(header, rows)}"
        for title, header, rows in explanation_text.tabulate_explanation(result)
    ]
    return _print_parts([console.wrap_paragraph(explanation_text.describe_explanation(result)), *tables])


@policy_app.command(sort_key=1)
def show(
    program: str,
    /,
    *,
    on: Annotated[date | None, Parameter(help="Day of which to show the policy; every day if absent.")] = None,
    format: Annotated[Literal["text", "json", "html"], Parameter(help="How to show it.")] = "text",
    output: Annotated[Path | None, Parameter(help="File to write it to, instead of standard output.")] = None,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Show the policy of a day: its rules in the order asked, their words and citations, its terms and documents.

    audit policy show secure_communities --on 2011-05-02

    audit policy show secure_communities --on 2011-05-02 --format html --output policy.html
    """
    from audit.reporting.formats import policy as page
    from audit.storage import output_folder

    declared, policy = _read_program_policy(program)
    text = page.FORMATS["json" if options.json else format](page.build_policy_view(policy, title=declared.title, on=on))
    if output:
        output_folder.write_file(output, text.encode())
    else:
        sys.stdout.write(text)
    return ExitCode.OK


@policy_app.command(sort_key=2)
def diff(program: str, before: str, after: str, /, *, options: Options = DEFAULT_OPTIONS) -> int:
    """Show the differences between two documents; with --data, also the cases whose outcome differs.

    BEFORE and AFTER are documents of the policy, or two columns of a table of levels in the program's folder.

    audit policy diff secure_communities PRI-2010 PRI-2011 --data FOLDER

    audit policy diff secure_communities level_before level_after
    """
    from audit import programs
    from audit.assessment import policy_diff
    from audit.storage.level_tables import read_levels

    _, policy = _read_program_policy(program)
    if {before, after} & set(policy.documents) == set():
        rows = read_levels(programs.find_program_folder(program), before, after)
        if rows:
            return _print_levels(policy_diff.find_level_changes(rows, before, after), options)
    difference = policy_diff.compare_documents(policy, before, after)
    crossings = (
        policy_diff.compare_outcomes(_gather_files(program, options), policy, before, after) if options.data else ()
    )
    if options.json:
        return print_facts({**asdict(difference), "crossings": [asdict(crossing) for crossing in crossings]}, options)
    return _print_parts([*_format_difference(difference), *map(_format_crossing, crossings)])


@policy_app.command(sort_key=3)
def lint(program: str, /, *, options: Options = DEFAULT_OPTIONS) -> int:
    """Check the policy: list what must be corrected (exit code 1), and what its author should know.

    Applies the rules to every case of --data, or to made-up cases, to find gaps, overlaps and rules that never decide.
    A policy that cannot be read is refused first.

    audit policy lint secure_communities

    audit policy lint secure_communities --data FOLDER
    """
    from audit.assessment import policy_lint, synthetic_cases
    from audit.assessment.case_file import determine_outcomes

    declared, policy = _read_program_policy(program)
    made_up = options.data is None
    files = (
        synthetic_cases.make_synthetic_cases(declared, policy, number=SYNTHETIC_CASES)
        if made_up
        else _gather_files(program, options)
    )
    settings: dict[str, Any] = {"dated_by": files.dated_by}
    show_progress("putting the rules to the cases")
    determined = determine_outcomes(files, policy, explained=False).collect()
    findings = [
        *policy_lint.find_policy_issues(policy, **settings),
        *policy_lint.find_case_issues(files, policy, determined, audited=policy_lint.find_audited_days(declared)),
    ]
    branches = policy_lint.count_coverage(policy, determined, **settings)
    cases, must = determined[files.key].n_unique(), any(finding.must for finding in findings)
    if options.json:
        facts = {"cases": cases, "made_up": made_up, "must_be_mended": must}
        lists = {"findings": [asdict(one) for one in findings], "coverage": [asdict(branch) for branch in branches]}
        print_facts({**facts, **lists}, options)
    else:
        _print_parts(
            [*_format_findings(findings), _format_unreached(branches, f"{cases:,}{' made-up' * made_up} cases")]
        )
    return ExitCode.DATA if must else ExitCode.OK


def _read_program_policy(program: str) -> "tuple[Program, Policy]":
    """A program and its policy, without any table."""
    from audit import programs
    from audit.programs.declaration import build_vocabulary
    from audit.storage.declarations import read_policy
    from audit.workflow import program_data

    declared = program_data.read_program_by_name(program)
    has_policy = declared.cases is not None
    policy = (
        read_policy(programs.find_program_folder(program) / "policy", build_vocabulary(declared))
        if has_policy
        else None
    )
    return declared, _require_policy(policy, declared.name)


def _require_policy(policy: "Policy | None", program: str) -> "Policy":
    if policy is None:
        mend = "Add [cases] to its program.toml, and its rules in a folder policy/."
        raise AuditError(Problem(what=f"the program {program} declares no policy", mend=mend), code=ExitCode.USAGE)
    return policy


def _gather_files(program: str, options: Options) -> "CaseFiles":
    """The files of every case in the folder of tables."""
    from audit.assessment.case_file import gather_case_files

    work = open_with_options(program, options)
    show_progress("linking the records")
    return gather_case_files(work.program, work.rows)


def _print_parts(parts: list[str]) -> int:
    show_progress("")
    sys.stdout.write("\n".join(parts))
    return ExitCode.OK


def _format_difference(difference: "DocumentDifference") -> list[str]:
    """What two documents state otherwise, in words."""
    stated: dict[str, list[str]] = {"both": [], "before": [], "after": []}
    for rule in difference.rules:
        if not rule.changed:
            stated[rule.stated].append(rule.rule)
    titles = {
        "both": "Stated alike",
        "before": f"Stated in {difference.before} alone",
        "after": f"Stated in {difference.after} alone",
    }
    changed = [(f"The documents {difference.before} and {difference.after}", difference.document)]
    changed += [(f"{rule.rule}: {rule.title}", rule.changed) for rule in difference.rules if rule.changed]
    parts = [
        f"{title}\n" + "".join(_format_change(c.what, c.before, c.after) for c in some)
        for title, some in changed
        if some
    ]
    return [*parts, *(f"{titles[name]}: {', '.join(rules)}\n" for name, rules in stated.items() if rules)]


def _format_change(what: str, before: str, after: str) -> str:
    return f"  {what}\n    - {before or '(nothing)'}\n    + {after or '(nothing)'}\n"


def _format_crossing(crossing: "OutcomeComparison") -> str:
    from audit.assessment.policy_diff import build_crosstab
    from audit.cli import console
    from audit.formatting import format_plural

    title = (
        f"{crossing.attribute.capitalize()} of {format_plural(crossing.cases, 'case')}, each document as if always "
        "in force"
    )
    changed = (
        f"{crossing.changed_outcome_count:,} change their outcome, {crossing.changed_class_count:,} their class "
        "(before: down; after: across)"
    )
    return (
        f"{title}: "
        f"{changed}\n\n{console.format_text_table(*build_crosstab(crossing.outcomes))}\n{console.format_text_table(*build_crosstab(crossing.classes))}"
    )


def _print_levels(moves: "tuple[LevelChange, ...]", options: Options) -> int:
    """What moved between levels, how many of it the source names, and that the rest is not filled in."""
    from audit.cli import console

    if options.json:
        return print_facts({"moves": [asdict(move) for move in moves]}, options)
    what = moves[0].what or "number"
    rows: list[tuple[str | int, ...]] = []
    for (before, after), group in groupby(moves, key=lambda move: (move.before, move.after)):
        moved = list(group)
        levels = before or "none", after or "none"
        if len(moved) > 1:
            rows.append(
                (*levels, sum(move.number for move in moved), sum(len(move.named) for move in moved), "of which", "")
            )
        rows += [(*levels, m.number, len(m.named), m.group, ", ".join(m.named)) for m in moved]
    unnamed = sum(move.number - len(move.named) for move in moves)
    partial = (
        f"Partial: the source does not name {unnamed:,} of {sum(move.number for move in moves):,} {what}."
        if unnamed
        else ""
    )
    sources = [f"Source: {source}." for source in dict.fromkeys(move.source for move in moves) if source]
    table = console.format_text_table(("before", "after", what, "named", "group", "which"), rows)
    return _print_parts([table, *(console.wrap_paragraph(text) for text in filter(None, [partial, *sources]))])


def _format_findings(findings: "list[PolicyIssue]") -> list[str]:
    """Findings under their kind, those that must be mended first; what is said of several things is said once."""
    parts = []
    for must, title in ((True, "Must be mended"), (False, "To know")):
        some = sorted((one for one in findings if one.must == must), key=lambda one: one.kind)
        lines = [f"{title}\n"] if some else []
        for kind, group in groupby(some, key=lambda one: one.kind):
            about_by_text: dict[str, list[str]] = {}
            for one in group:
                about_by_text.setdefault(one.what, []).append(one.about)
            lines += [f"  {kind}\n", *(f"    {', '.join(about)}: {what}\n" for what, about in about_by_text.items())]
        parts += ["".join(lines)] if lines else []
    return parts


def _format_unreached(branches: "tuple[VerdictCoverage, ...]", cases: str) -> str:
    from audit.cli import console

    missed = [branch for branch in branches if not branch.cases]
    title = f"Verdicts that none of {cases} reached: {len(missed):,} of {len(branches):,}\n"
    rows = [(b.attribute, b.rule, b.version, b.verdict, b.examples) for b in missed]
    return title + (
        console.format_text_table(("attribute", "rule", "version", "verdict", "examples"), rows) if rows else ""
    )
