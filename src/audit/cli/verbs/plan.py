"""The verb that plans a sample: how many cases to draw, and how they are selected."""

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from audit.cli.app import DEFAULT_WRITE_OPTIONS, Options, WriteOptions, app, locate_sample_folder, print_facts
from audit.errors import AuditError, ExitCode, Problem

if TYPE_CHECKING:
    from audit.sampling.frame import Frame
    from audit.sampling.plan import Plan
    from audit.storage.sample_audit_folder import SampleAuditFolder

DrawMethod = Literal["random", "systematic", "clusters", "two-stage", "sequential-poisson", "fixed-interval", "cell"]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class SizeOptions:
    """How many cases to draw: a size as given, or what a margin or a tolerable rate takes."""

    size: Annotated[int | None, Parameter(help="Cases to draw; what the program declares if absent.")] = None
    margin: Annotated[str | None, Parameter(help="Margin of error, as a share: 0.05.")] = None
    tolerable: Annotated[str | None, Parameter(help="Tolerable rate of deviations, as a share.")] = None
    expected: Annotated[
        str | None,
        Parameter(
            help="Expected deviation rate; if absent, 0 with --tolerable (discovery sampling), 0.5 with --margin."
        ),
    ] = None
    stages: Annotated[
        bool, Parameter(help="Stop-or-go sampling: a second stage if one case of the first deviates.")
    ] = False
    level: Annotated[str, Parameter(help="Confidence level: two-sided with --margin, one-sided with --tolerable.")] = (
        "0.95"
    )
    unassessable: Annotated[
        str, Parameter(help="Expected share of cases that cannot be assessed; more cases are drawn.")
    ] = "0"
    minimum: Annotated[int, Parameter(help="Least number of cases from each stratum.")] = 2  # one shows no variance
    each_stratum: Annotated[bool, Parameter(help="Let the plan hold for each stratum by itself.")] = False
    equal_strata: Annotated[bool, Parameter(help="Draw the same number from each stratum.")] = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionOptions:
    """How the cases are selected."""

    whole: Annotated[tuple[str, ...], Parameter(help="Stratum to take whole; may be repeated.")] = ()
    by: Annotated[DrawMethod, Parameter(help="Method of selection.")] = "random"
    per_cluster: Annotated[int | None, Parameter(help="Cases of each drawn cluster, in two stages.")] = None
    start: Annotated[
        str,
        Parameter(help="Share of the range of tickets at which the draw begins; several months can then use one seed."),
    ] = "0"
    spares: Annotated[int, Parameter(help="Spares of the frame, or of each stratum.")] = 0


_DEFAULT_SIZE_OPTIONS, _DEFAULT_SELECTION_OPTIONS = SizeOptions(), SelectionOptions()


@app.command(sort_key=3)
def plan(
    program: str,
    /,
    *,
    sizes: SizeOptions = _DEFAULT_SIZE_OPTIONS,
    selection: SelectionOptions = _DEFAULT_SELECTION_OPTIONS,
    options: WriteOptions = DEFAULT_WRITE_OPTIONS,
) -> int:
    """Plan how many cases to draw, and how: a size given, or the size that a margin or a tolerable rate takes.

    audit plan secure_communities --size 766 --spares 20

    audit plan secure_communities --margin 0.05 --unassessable 0.06

    audit plan secure_communities --tolerable 0.05 --expected 0.01

    audit plan secure_communities --size 100 --by systematic
    """
    from audit.reporting.plan_text import list_design_facts
    from audit.sampling.sample_size import refuse_plan_without_estimate
    from audit.workflow import program_data, sample_audit

    flags = _list_size_flags(sizes)
    declared = program_data.read_program_by_name(program)
    steps = locate_sample_folder(declared, options)
    frame, _ = steps.read_frame()
    size = sizes.size if flags else sample_audit.require_sample_plan(declared).size
    planned = _set_selection(frame, _plan_size(frame, sizes, size), selection)
    refuse_plan_without_estimate(frame, planned)
    steps.write_design(planned)
    size_declared = declared.sample.size if declared.sample else None
    facts = (
        {**asdict(planned), "takes": dict(planned.takes)}
        if options.json
        else list_design_facts(planned, declared=size_declared)
    )
    print_facts(facts, options)
    if sizes.tolerable is not None:
        _show_tradeoffs(steps, frame.size, tolerable=sizes.tolerable, level=sizes.level, options=options)
    return ExitCode.OK


def _list_size_flags(sizes: SizeOptions) -> list[str]:
    """The option that says how many cases to draw; two of them are refused, and stages without a rate to show."""
    from audit.formatting import format_list

    values = {"--size": sizes.size, "--margin": sizes.margin, "--tolerable": sizes.tolerable}
    flags = [flag for flag, value in values.items() if value is not None]
    if len(flags) > 1:
        problem = Problem(what=f"{format_list(flags)} each say how many cases to draw", mend="Give one of them.")
        raise AuditError(problem, code=ExitCode.USAGE)
    if sizes.stages and flags != ["--tolerable"]:
        problem = Problem(what="--stages has no rate to show", mend="Give it with --tolerable.")
        raise AuditError(problem, code=ExitCode.USAGE)
    return flags


def _plan_size(frame: "Frame", sizes: SizeOptions, size: int | None) -> "Plan":
    """Plan the size of the draw, in two stages or in one."""
    from audit.sampling.sample_size import plan_two_stage
    from audit.workflow.one_table import plan_frame

    if sizes.stages and sizes.tolerable is not None:
        return plan_two_stage(frame, tolerable=sizes.tolerable, confidence=sizes.level)
    return plan_frame(
        frame,
        size=size,
        margin=sizes.margin,
        tolerable=sizes.tolerable,
        expected=sizes.expected,
        unassessable=sizes.unassessable,
        level=sizes.level,
        minimum=sizes.minimum,
        each_stratum=sizes.each_stratum,
        equal_strata=sizes.equal_strata,
    )


def _set_selection(frame: "Frame", planned: "Plan", selection: SelectionOptions) -> "Plan":
    """Set how the cases are selected; cases of each cluster belong to two stages, and two stages need them."""
    from audit.sampling.selection import clusters, intervals, sequential_poisson, simple_random

    by, each = selection.by, selection.per_cluster
    if (by == "two-stage") != (each is not None):
        problem = Problem(what="--per-cluster and --by two-stage belong together", mend="Give both, or neither.")
        raise AuditError(problem, code=ExitCode.USAGE)
    if selection.whole:
        planned = simple_random.set_certain_strata(frame, planned, selection.whole)
    planned = simple_random.set_spares(simple_random.set_start(planned, selection.start), selection.spares)
    methods = {
        "random": lambda: planned,
        "systematic": lambda: intervals.use_systematic_sampling(planned),
        "clusters": lambda: clusters.use_cluster_sampling(frame, planned),
        "two-stage": lambda: clusters.use_two_stage_sampling(frame, planned, each=each or 1),
        "sequential-poisson": lambda: sequential_poisson.use_sequential_poisson(frame, planned),
        "fixed-interval": lambda: intervals.use_fixed_interval_sampling(frame, planned),
        "cell": lambda: intervals.use_cell_sampling(frame, planned),
    }
    return methods[by]()


def _show_tradeoffs(
    steps: "SampleAuditFolder", population: int, *, tolerable: str, level: str, options: Options
) -> None:
    """Draw what allowing more deviations costs and gains, and print the same numbers."""
    from audit.cli import console
    from audit.reporting.figures import operating_curves, render_svg
    from audit.sampling.sample_size import compute_tradeoffs

    choices = compute_tradeoffs(population, tolerable=tolerable, confidence=level)
    figure = operating_curves.draw_figure(choices, population=population, tolerable=tolerable, confidence=level)
    path = steps.write_figure("design.svg", render_svg(figure))
    if not options.json:
        sys.stdout.write(f"\n{console.format_tradeoffs(choices)}\n{path}\n")
