"""Verbs of a review: what people answer, twice and blind, adjudicated and signed."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from audit.cli.app import (
    DEFAULT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    Options,
    WriteOptions,
    app,
    locate_sample_folder,
    open_with_options,
    print_facts,
    show_progress,
)
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.workflow.review import Review

review_app = App(
    name="review", help="Let people review the sampled cases: worksheets, a second reviewer, sign-off.", sort_key=7
)
app.command(review_app)

RoleOption = Annotated[str, Parameter(help="Role of who answers, as “Auditor A”; never a name.")]


@review_app.command(sort_key=1)
def export(
    program: str,
    /,
    *,
    by: RoleOption,
    second: Annotated[bool, Parameter(help="For the second reviewer: nothing of the first is shown.")] = False,
    adjudicate: Annotated[bool, Parameter(help="Only where the two differ, with what both said.")] = False,
    blind: Annotated[bool, Parameter(help="Show nothing of the outcome by rule.")] = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write the review worksheet, an Excel workbook: a row an item, what the file shows, and columns to answer in.

    audit review export secure_communities --by "Auditor A"

    audit review export secure_communities --by "Auditor B" --second --blind

    audit review export secure_communities --by "Audit manager" --adjudicate
    """
    from audit.workflow import review as review_workflow

    if second and adjudicate:
        raise AuditError(
            Problem(what="--second and --adjudicate exclude each other", mend="Give one."), code=ExitCode.USAGE
        )
    opened_review = _open_review(program, options)
    opened_review.steps.read_determinations()  # refused, where there are none, before the tables are read
    work = open_with_options(program, options)
    phase: Any = "second" if second else "adjudication" if adjudicate else "first"
    path, sheet = review_workflow.export_worksheet(work, opened_review, phase=phase, by=by, blind=blind)
    return print_facts({"worksheet": str(path), "items": sheet.rows.height, "digest": sheet.digest}, options)


@review_app.command(name="import", sort_key=2)
def import_(
    program: str,
    workbook: Path,
    /,
    *,
    by: Annotated[str, Parameter(help="Role of who answered; what the workbook says if absent.")] = "",
    accept: Annotated[tuple[str, ...], Parameter(help="Name of a problem to accept; may be repeated.")] = (),
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Import an answered worksheet. If anything is wrong, every problem is listed and nothing is imported.

    audit review import secure_communities worksheet.xlsx

    audit review import secure_communities worksheet.xlsx --accept not-answered
    """
    from audit.workflow import review as review_workflow

    entered, phase = review_workflow.import_worksheet(_open_review(program, options), workbook, by=by, accepted=accept)
    return print_facts(
        {"phase": phase, "answers entered": len(entered.events), "overruled": entered.overruled}, options
    )


@review_app.command(sort_key=3)
def second(
    program: str,
    /,
    *,
    seed: Annotated[str, Parameter(help="Seed of this draw, chosen now; not the first one's.")],
    seed_source: Annotated[str, Parameter(help="How the seed came to be, and who saw it.")],
    size: Annotated[int | None, Parameter(help="Cases to review again; what the program declares if absent.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Draw the cases that a second reviewer judges, from those of the sample.

    audit review second secure_communities --seed "dice 2 6 1" --seed-source "dice, thrown before two witnesses"
    """
    from audit.workflow import review as review_workflow

    opened_review = _open_review(program, options)
    manifest = review_workflow.draw_second_sample(
        opened_review, size=size or opened_review.plan.second, seed=seed, seed_source=seed_source
    )
    return print_facts({"drawn": len(manifest["cases"]), "of": manifest["frame"]["size"], "seed": seed}, options)


@review_app.command(sort_key=4)
def record(
    program: str,
    case: str,
    attribute: str,
    /,
    *,
    outcome: Annotated[str, Parameter(help="What is concluded.")],
    reason: Annotated[str, Parameter(help="What it rests on.")],
    by: RoleOption,
    evidence: Annotated[str, Parameter(help="Where the evidence is to be found.")] = "",
    adjudicate: Annotated[
        bool, Parameter(help="Decides between two reviewers; else a late document or an appeal.")
    ] = False,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Record a decision on one item: on a late document or an appeal, or between two reviewers.

    audit review record secure_communities M11-140080 lifting --outcome consistent --reason "folio 9" --by "Manager"
    """
    from audit.review.journal import ReviewAnswer
    from audit.workflow import review as review_workflow

    new_answer = ReviewAnswer(case=case, attribute=attribute, outcome=outcome, reason=reason, evidence=evidence)
    phase: Any = "adjudication" if adjudicate else "appeal"
    entered = review_workflow.record_answer(_open_review(program, options), new_answer, phase=phase, by=by)
    return print_facts({"answers entered": len(entered.events), "overruled": entered.overruled}, options)


@review_app.command(sort_key=5)
def status(program: str, /, *, options: Options = DEFAULT_OPTIONS) -> int:
    """Show how far the review has come, how far the reviewers concur, and what is missing before issue.

    audit review status secure_communities
    """
    from dataclasses import asdict

    from audit.cli import console
    from audit.formatting import format_hundredths, format_percent
    from audit.reporting.review_text import describe_first_errors, describe_outstanding, describe_readiness
    from audit.workflow.review import find_step_command

    opened_review = _open_review(program, options)
    readiness = opened_review.check_readiness()
    if options.json:
        return print_facts(asdict(readiness), options)
    show_progress("")
    header = ("attribute", "office", "cases", "agreed", "", "coefficient", "value", "limits")
    rows = [
        (
            *(one.attribute, one.office, one.cases, one.agreed, format_percent(one.agreed, one.cases)),
            *((c.name, format_hundredths(c.value), _format_limits(c.lower, c.upper)) if c else ("", "", "")),
        )
        for one in readiness.concordance
        if one.office == "all"
        for c in (one.coefficients or (None,))
    ]
    lines = [
        console.wrap_paragraph(describe_readiness(readiness)),
        *([console.format_text_table(header, rows)] if rows else []),
    ]
    lines += [console.wrap_paragraph(describe_first_errors(one)) for one in readiness.first_errors]
    lines += [
        console.wrap_paragraph(
            f"Missing before issue: {describe_outstanding(one)}: {find_step_command(opened_review.steps, one.step)}."
        )
        for one in readiness.outstanding
    ]
    sys.stdout.write("\n".join(lines))

    return ExitCode.OK


@review_app.command(sort_key=6)
def replay(
    program: str,
    /,
    *,
    on: Annotated[date, Parameter(help="Day whose end to go back to.")],
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Show the rate as it stood at the end of a day, and as it stands: what late documents and appeals changed.

    audit review replay secure_communities --on 2012-03-31
    """
    from dataclasses import asdict, replace

    from audit.cli import console
    from audit.formatting import format_percent, format_plural
    from audit.reporting.sample_text import describe_estimate
    from audit.workflow import sample_audit

    opened_review = _open_review(program, options)
    opened_review.steps.refuse_missing_steps(settled=False)
    work = open_with_options(program, options, only_cases=True)
    (frame, _), manifest = opened_review.steps.read_frame(), opened_review.steps.read_sample()
    then, now = (
        sample_audit.estimate_rates(work, frame, manifest, opened_review.settle_outcomes(day)).overall
        for day in (on, None)
    )
    events = len(opened_review.read_events()) - len(opened_review.read_events(on))
    change = None if then.rate is None or now.rate is None else now.rate - then.rate
    if options.json:
        return print_facts(
            {"on": str(on), "then": asdict(then), "now": asdict(now), "entries since": events, "change": change},
            options,
        )
    show_progress("")
    change_words = (
        "unchanged"
        if not change
        else f"{'up' if change > 0 else 'down'} by {format_percent(abs(change), places=2)} points"
    )
    words = [
        describe_estimate(replace(then, label=f"{then.label}, on {on}")),
        describe_estimate(replace(now, label=f"{now.label}, now")),
    ]
    words.append(f"Since then {format_plural(events, 'entry', 'entries')} in the journal; the rate is {change_words}.")
    sys.stdout.write("\n".join(map(console.wrap_paragraph, words)))
    return ExitCode.OK


@review_app.command(sort_key=7)
def sign(
    program: str,
    /,
    *,
    by: Annotated[str, Parameter(help="Role of the supervisor, as “Audit director”.")],
    note: Annotated[str, Parameter(help="What the supervisor remarks.")] = "",
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Record the supervisor's review of what is settled; refused while anything else is missing.

    audit review sign secure_communities --by "Audit director"
    """
    from audit.workflow import review as review_workflow

    digest = review_workflow.sign_review(_open_review(program, options), by=by, note=note)
    return print_facts({"signed by": by, "settled": digest}, options)


def _open_review(program: str, options: Options) -> "Review":
    from audit.workflow import program_data
    from audit.workflow import review as review_workflow

    declared = program_data.read_program_by_name(program)
    return review_workflow.open_review(declared, locate_sample_folder(declared, options))


def _format_limits(lower: float | None, upper: float | None) -> str:
    from audit.formatting import format_hundredths

    return "" if lower is None or upper is None else f"{format_hundredths(lower)} to {format_hundredths(upper)}"
