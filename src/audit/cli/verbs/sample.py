"""Verbs of a sample audit, in its order, but for plan: scope, draw, redraw, replace, assess, settle, estimate."""

import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from audit.cli.app import (
    DEFAULT_OPTIONS,
    DEFAULT_WRITE_OPTIONS,
    EngineOption,
    Options,
    WriteOptions,
    app,
    locate_sample_folder,
    open_with_options,
    print_facts,
    show_progress,
)
from audit.cli.engines import open_engine
from audit.errors import AuditError, ExitCode, Problem


@app.command(sort_key=2)
def scope(
    program: str,
    /,
    *,
    stratum: Annotated[str | None, Parameter(help="Column to stratify by, such as office.")] = None,
    cluster: Annotated[
        str | None, Parameter(help="Column with the cluster of a case, such as a folder or a day.")
    ] = None,
    measure: Annotated[
        str | None, Parameter(help="Column with whole-number amounts, for draws with probability proportional to size.")
    ] = None,
    overwrite: Annotated[bool, Parameter(help="Replace the frame from which a sample was drawn.")] = False,
    master: EngineOption = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Fix the sampling frame: list the cases that can be drawn and the exclusions, and print the frame's digest.

    Publish the digest before a seed is chosen. After the draw, another frame is refused.

    audit scope secure_communities

    audit scope secure_communities --stratum office

    audit scope secure_communities --engine spark://host:7077
    """
    from audit.spark.frame import refuse_local_frame

    if master:
        refuse_local_frame(cluster, measure)
    with open_engine(program, master, options, only_cases=True) as engine:
        frame = engine.build_frame(stratum=stratum, cluster=cluster, measure=measure)
        steps = locate_sample_folder(engine.audit.program, options)
        steps.write_frame(frame, fixed=datetime.now(UTC), published=engine.list_frame_files(frame), overwrite=overwrite)
    if steps.read_drawn_digest() not in (None, frame.digest):
        show_progress("")
        sys.stderr.write(
            f"audit: {steps.folder}: the sample that was drawn does not belong to this frame. Draw anew.\n"
        )
    left_out = {f"left out, {reason}": cases for reason, cases in frame.exclusions}
    return print_facts({"universe": frame.universe, **left_out, "frame": frame.size, "digest": frame.digest}, options)


@app.command(sort_key=4)
def draw(
    program: str,
    /,
    *,
    seed: Annotated[str, Parameter(help="Seed; what the program declares if absent.")] = "",
    seed_source: Annotated[str, Parameter(help="How the seed was chosen, and before whom.")] = "",
    again: Annotated[str, Parameter(help="Reason for drawing again with another seed; the manifest lists it.")] = "",
    extend: Annotated[str, Parameter(help="Reason for extending a sample that was drawn; the manifest lists it.")] = "",
    master: EngineOption = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Draw the sample, and write the manifest with which anyone can draw it again.

    audit draw secure_communities

    audit draw secure_communities --seed "dice 4 1 6 2 5 3" --seed-source "dice, thrown before two witnesses"

    audit draw secure_communities --extend "the rate is too near the limit to tell"

    audit draw secure_communities --engine spark://host:7077
    """
    from audit.sampling.draw import draw_designed_sample
    from audit.spark import draw as spark_draw
    from audit.workflow import program_data, sample_audit

    declared = program_data.read_program_by_name(program)
    steps = locate_sample_folder(declared, options)
    before = steps.read_sample() if steps.has_sample() else None
    (frame, fixed), design = steps.read_frame_facts() if master else steps.read_frame(), steps.read_design()
    with ExitStack() as stack:
        cases = None
        if master:
            published = spark_draw.open_published_cases(master, frame, steps.frame_file.resolve(), design)
            cases = stack.enter_context(published)
        sample_plan = sample_audit.require_sample_plan(declared)
        choice = sample_audit.choose_seed(
            frame, sample_plan, fixed=fixed, seed=seed, seed_source=seed_source, before=before, again=again
        )
        if cases is None:
            sample = draw_designed_sample(frame, design, seed=choice.seed)
        else:
            sample = spark_draw.draw_sample_on_spark(frame, cases, design, seed=choice.seed)
    record = sample_audit.record_draw(sample, frame, choice, before=before, extend=extend)
    steps.write_sample(record)
    first = ", ".join(case["key"] for case in record["cases"][:5])
    return print_facts({"drawn": sample.cases.height, "seed": sample.seed, "first five": first}, options)


@app.command(sort_key=5)
def redraw(
    program: str,
    /,
    *,
    manifest: Annotated[Path | None, Parameter(help="Manifest to prove, instead of the one drawn last.")] = None,
    options: Options = DEFAULT_OPTIONS,
) -> int:
    """Verify a sample: draw it again from the frame and its manifest, and list every difference.

    audit redraw secure_communities

    audit redraw secure_communities --manifest reports/secure_communities/audit/sample.json
    """
    from audit.sampling.redraw import find_redraw_differences as again
    from audit.workflow import program_data

    steps = locate_sample_folder(program_data.read_program_by_name(program), options)
    frame, _ = steps.read_frame()
    disagreements = again(frame, steps.read_sample(manifest))
    print_facts({"proven": not disagreements, "disagreements": disagreements}, options)
    return ExitCode.DATA if disagreements else ExitCode.OK


@app.command(sort_key=5)
def replace(
    program: str,
    order: Annotated[int, Parameter(help="Place of the case in the manifest.")],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why the case cannot be reviewed; the manifest lists it.")],
    spare: Annotated[
        int | None, Parameter(help="Number of the spare that was used; refused unless it is the next one.")
    ] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Replace a case that cannot be reviewed by the next spare of its stratum.

    audit replace secure_communities 12 --reason "the file was destroyed"
    """
    from audit.sampling.replacements import replace_case as replaced
    from audit.workflow import program_data

    steps = locate_sample_folder(program_data.read_program_by_name(program), options)
    now = datetime.now(UTC).replace(microsecond=0)
    record = replaced(steps.read_sample(), order, reason=reason, when=now, spare=spare)
    steps.write_sample(record)
    return print_facts(record["replaced"][-1], options)


@app.command(sort_key=6)
def assess(
    program: str,
    /,
    *,
    every: Annotated[bool, Parameter(name="--all", help="Every case of the period, not the drawn ones alone.")] = False,
    master: EngineOption = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Assess the drawn cases under the policy in force on the day of each decision.

    Writes a row for each case and attribute: outcome, rule, version, citation, evidence and, if the case is
    undeterminable, what is missing.

    With --all it assesses every case and writes Parquet files. Their digest is the same with and without a cluster.

    audit assess secure_communities

    audit assess secure_communities --engine spark://host:7077

    audit assess secure_communities --all --engine spark://host:7077
    """
    from audit.workflow import population_assessment, program_data, sample_audit

    declared = program_data.read_program_by_name(program)
    if every:
        population_assessment.locate_population_folder(declared, options.reports)  # refused before the work
        with open_engine(program, master, options, named_only=True) as engine:
            folder, assessment = population_assessment.publish_population(engine, options.reports)
        by_outcome = {f"{attribute}, {outcome}": cases for attribute, outcome, cases in assessment.counts.iter_rows()}
        return print_facts({**by_outcome, "digest": assessment.digest, "written": str(folder)}, options)
    steps = locate_sample_folder(declared, options)
    keys = steps.read_keys()
    with open_engine(program, master, options) as engine:
        determinations = sample_audit.assess_cases(engine.collect_case_files(keys), keys)
    steps.write_determinations(determinations)
    counts = determinations.group_by("attribute", "outcome").len().sort("attribute", "outcome").rows()
    return print_facts({f"{attribute}, {outcome}": cases for attribute, outcome, cases in counts}, options)


@app.command(sort_key=7)
def settle(
    program: str,
    /,
    *,
    reviews: Annotated[Path | None, Parameter(help="CSV file: the case's key, attribute, outcome, reason.")] = None,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Write the final outcome of each case: the reviewers' conclusion, or the rule's outcome where nobody reviewed.

    The conclusions come from the journal of the review, or from the file --reviews if there is no journal.

    audit settle secure_communities --reviews reviews.csv
    """
    from audit.workflow import program_data, review, sample_audit

    declared = program_data.read_program_by_name(program)
    steps = locate_sample_folder(declared, options)
    if declared.review and steps.journal.exists():
        if reviews:
            what, mend = "the review has a journal, and is not settled from a file", "Leave out --reviews."
            raise AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
        outcomes = review.open_review(declared, steps).write_settled_outcomes()
    else:
        outcomes = sample_audit.settle_outcomes(declared, steps.read_determinations(), steps.read_reviews(reviews))
        steps.write_settled_outcomes(outcomes)
    by = outcomes.group_by("settled_by").len().sort("settled_by").rows()
    return print_facts({f"settled by {who}": determinations for who, determinations in by}, options)


@app.command(sort_key=8)
def estimate(program: str, /, *, options: Options = DEFAULT_OPTIONS) -> int:
    """Estimate the rates, with exact confidence limits, and the worst and best case for undeterminable cases.

    audit estimate secure_communities
    """
    from audit.cli import console
    from audit.reporting.sample_text import describe_cell, describe_result
    from audit.workflow import program_data, sample_audit

    steps = locate_sample_folder(program_data.read_program_by_name(program), options)
    steps.refuse_missing_steps()
    work = open_with_options(program, options, only_cases=True)
    result = sample_audit.estimate_from_folder(work, steps)
    if options.json:
        return print_facts(asdict(result), options)
    cells = console.format_text_table(
        ("cases", "outcome", ""), [(cell.cases, cell.outcome, describe_cell(cell)) for cell in result.cells]
    )
    show_progress("")
    sys.stdout.write("\n".join([cells, *map(console.wrap_paragraph, describe_result(result))]))
    return ExitCode.OK
