"""Verbs of a review: what people answer, twice and blind, adjudicated and signed."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from audit.cli.app import DEFAULT, Options, answer, app, begin, steps_of, tell
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.workflow.review import Review

review = App(
    name="review", help="Let people review the sampled cases: worksheets, a second reviewer, sign-off.", sort_key=7
)
app.command(review)

By = Annotated[str, Parameter(help="Role of who answers, as “Auditor A”; never a name.")]


@review.command(sort_key=1)
def export(
    program: str,
    /,
    *,
    by: By,
    second: Annotated[bool, Parameter(help="For the second reviewer: nothing of the first is shown.")] = False,
    adjudicate: Annotated[bool, Parameter(help="Only where the two differ, with what both said.")] = False,
    blind: Annotated[bool, Parameter(help="Show nothing of the outcome by rule.")] = False,
    options: Options = DEFAULT,
) -> int:
    """Write the review worksheet, an Excel workbook: a row an item, what the file shows, and columns to answer in.

    audit review export secure_communities --by "Auditor A"

    audit review export secure_communities --by "Auditor B" --second --blind

    audit review export secure_communities --by "Audit manager" --adjudicate
    """
    from audit.workflow import review as fieldwork

    if second and adjudicate:
        raise AuditError(
            Problem(what="--second and --adjudicate exclude each other", mend="Give one."), code=ExitCode.USAGE
        )
    work = begin(program, options)
    found = fieldwork.of(work.program, steps_of(work.program, options))
    phase: Any = "second" if second else "adjudication" if adjudicate else "first"
    path, sheet = fieldwork.export(work, found, phase=phase, by=by, blind=blind)
    return answer({"worksheet": str(path), "items": sheet.rows.height, "digest": sheet.digest}, options)


@review.command(name="import", sort_key=2)
def import_(
    program: str,
    workbook: Path,
    /,
    *,
    by: Annotated[str, Parameter(help="Role of who answered; what the workbook says where absent.")] = "",
    accept: Annotated[
        tuple[str, ...], Parameter(help="What is wrong, by its name, and is accepted; may be repeated.")
    ] = (),
    options: Options = DEFAULT,
) -> int:
    """Take a worksheet back, in any order of its rows: all that is wrong is named, and then nothing is entered.

    audit review import secure_communities worksheet.xlsx

    audit review import secure_communities worksheet.xlsx --accept not-answered
    """
    from audit.workflow import review as fieldwork

    entered, phase = fieldwork.take_back(_review(program, options), workbook, by=by, accepted=accept)
    return answer({"phase": phase, "answers entered": len(entered.events), "overruled": entered.overruled}, options)


@review.command(sort_key=3)
def second(
    program: str,
    /,
    *,
    seed: Annotated[str, Parameter(help="Seed of this draw, chosen now; not the first one's.")],
    seed_source: Annotated[str, Parameter(help="How the seed came to be, and who saw it.")],
    size: Annotated[
        int | None, Parameter(help="Cases to review again; what the program declares where absent.")
    ] = None,
    options: Options = DEFAULT,
) -> int:
    """Draw the cases that a second reviewer judges, from those of the sample.

    audit review second secure_communities --seed "dice 2 6 1" --seed-source "dice, thrown before two witnesses"
    """
    from audit.workflow import review as fieldwork

    found = _review(program, options)
    drawn = fieldwork.drawn_again(found, size=size or found.plan.second, seed=seed, seed_source=seed_source)
    return answer({"drawn": len(drawn["cases"]), "of": drawn["frame"]["size"], "seed": seed}, options)


@review.command(sort_key=4)
def record(
    program: str,
    case: str,
    attribute: str,
    /,
    *,
    outcome: Annotated[str, Parameter(help="What is concluded.")],
    reason: Annotated[str, Parameter(help="What it rests on.")],
    by: By,
    evidence: Annotated[str, Parameter(help="Where the evidence is to be found.")] = "",
    adjudicate: Annotated[
        bool, Parameter(help="Decides between two reviewers; else a late document or an appeal.")
    ] = False,
    options: Options = DEFAULT,
) -> int:
    """Record a decision on one item: on a late document or an appeal, or between two reviewers.

    audit review record secure_communities M11-140080 lifting --outcome consistent --reason "folio 9" --by "Manager"
    """
    from audit.review.journal import Answer
    from audit.workflow import review as fieldwork

    given = Answer(case=case, attribute=attribute, outcome=outcome, reason=reason, evidence=evidence)
    phase: Any = "adjudication" if adjudicate else "appeal"
    entered = fieldwork.record(_review(program, options), given, phase=phase, by=by)
    return answer({"answers entered": len(entered.events), "overruled": entered.overruled}, options)


@review.command(sort_key=5)
def status(program: str, /, *, options: Options = DEFAULT) -> int:
    """Show how far the review has come, how far the reviewers concur, and what is missing before issue.

    audit review status secure_communities
    """
    from dataclasses import asdict

    from audit.cli import console
    from audit.formatting import hundredths, percent
    from audit.review.readiness import in_words

    found = _review(program, options).clearance()
    if options.json:
        return answer(asdict(found), options)
    tell("")
    header = ("attribute", "office", "cases", "agreed", "", "coefficient", "value", "limits")
    rows = [
        (
            *(one.attribute, one.office, one.cases, one.agreed, percent(one.agreed, one.cases)),
            *((c.name, hundredths(c.value), _limits(c.lower, c.upper)) if c else ("", "", "")),
        )
        for one in found.concordance
        if one.office == "all"
        for c in (one.coefficients or (None,))
    ]
    lines = [console.paragraph(in_words(found)), *([console.table(header, rows)] if rows else [])]
    lines += [console.paragraph(one.words) for one in found.first_errors]
    lines += [console.paragraph(f"Missing before issue: {one}.") for one in found.missing]
    sys.stdout.write("\n".join(lines))

    return ExitCode.OK


@review.command(sort_key=6)
def replay(
    program: str,
    /,
    *,
    on: Annotated[date, Parameter(help="Day whose end to go back to.")],
    options: Options = DEFAULT,
) -> int:
    """Show the rate as it stood at the end of a day, and as it stands: what late documents and appeals changed.

    audit review replay secure_communities --on 2012-03-31
    """
    from dataclasses import asdict, replace

    from audit.cli import console
    from audit.estimation.rates import explain
    from audit.formatting import percent, plural
    from audit.workflow import audit as engagement
    from audit.workflow import review as fieldwork

    work = begin(program, options, only_cases=True)
    found = fieldwork.of(work.program, steps_of(work.program, options))
    (frame, _), manifest = found.steps.read_frame(), found.steps.read_sample()
    then, now = (engagement.evaluated(work, frame, manifest, found.settled(day)).overall for day in (on, None))
    events = len(found.events()) - len(found.events(on))
    change = None if then.rate is None or now.rate is None else now.rate - then.rate
    if options.json:
        return answer(
            {"on": str(on), "then": asdict(then), "now": asdict(now), "entries since": events, "change": change},
            options,
        )
    tell("")
    said = "unchanged" if not change else f"{'up' if change > 0 else 'down'} by {percent(abs(change), places=2)} points"
    words = [explain(replace(then, label=f"{then.label}, on {on}")), explain(replace(now, label=f"{now.label}, now"))]
    words.append(f"Since then {plural(events, 'entry', 'entries')} in the journal; the rate is {said}.")
    sys.stdout.write("\n".join(map(console.paragraph, words)))
    return ExitCode.OK


@review.command(sort_key=7)
def sign(
    program: str,
    /,
    *,
    by: Annotated[str, Parameter(help="Role of the supervisor, as “Audit director”.")],
    note: Annotated[str, Parameter(help="What the supervisor remarks.")] = "",
    options: Options = DEFAULT,
) -> int:
    """Record the supervisor's review of what is settled; refused while anything else is missing.

    audit review sign secure_communities --by "Audit director"
    """
    from audit.workflow import review as fieldwork

    digest = fieldwork.sign(_review(program, options), by=by, note=note)
    return answer({"signed by": by, "settled": digest}, options)


def _review(program: str, options: Options) -> "Review":
    from audit.workflow import audit as engagement
    from audit.workflow import review as fieldwork

    declared = engagement.declared(program)
    return fieldwork.of(declared, steps_of(declared, options))


def _limits(lower: float | None, upper: float | None) -> str:
    from audit.formatting import hundredths

    return "" if lower is None or upper is None else f"{hundredths(lower)} to {hundredths(upper)}"
