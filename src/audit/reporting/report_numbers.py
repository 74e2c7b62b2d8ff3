"""The numbers that a full report may name: each with its text, the record that holds it, and its command."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.analysis.coverage import CoverageResult
from audit.analysis.repeated_queries import QueryResult
from audit.analysis.stages import StageResult
from audit.analysis.surveys import SurveyResult
from audit.analysis.tracing import TracingTest
from audit.errors import AuditError, ExitCode, Problem
from audit.formatting import (
    format_count,
    format_decimal,
    format_dollars,
    format_hundredths,
    format_percent,
    make_plural,
)
from audit.programs.declaration import Program, PublishedSeries
from audit.programs.full_report import FULL_REPORT_FILE, NAME_IN_TEXT, FullReportDeclaration
from audit.reporting.analysis_report import AnalysisReport
from audit.reporting.sample_report import SampleReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNumber:
    """One number: what it says in a text, where it comes from, and how it is made again."""

    name: str
    text: str
    meaning: str
    record: str  # file, and the way to the value in it
    command: str


def list_report_numbers(program: Program, sample: SampleReport, analyses: AnalysisReport | None) -> list[ReportNumber]:
    """Every number that the text of this program's full report may name."""
    numbers = [*_list_sample_numbers(sample, program), *_list_series_numbers(program)]
    if analyses:
        command, results = f"audit analyze {program.name}", analyses.results
        parts = [
            *(one for stages in results.stages for one in _list_stage_numbers(stages)),
            *(one for research in results.queries for one in _list_query_numbers(research)),
            *(one for coverage in results.coverages for one in _list_coverage_numbers(coverage)),
            *(one for survey in results.surveys for one in _list_survey_numbers(survey)),
            *(one for test in results.tracings for one in _list_tracing_numbers(test)),
        ]
        for one in results.fieldwork:
            visited, offices = len(one.offices_visited), one.offices
            parts.append(
                (f"{one.name}.visited", format_count(visited), "offices visited", "fieldwork, offices_visited")
            )
            parts.append((f"{one.name}.offices", format_count(offices), "offices", "fieldwork, offices"))
        numbers += [
            ReportNumber(
                name=name, text=text, meaning=meaning, record=f"analysis/report.json: results, {path}", command=command
            )
            for name, text, meaning, path in parts
        ]
    return numbers


def refuse_unknown_numbers(declared: FullReportDeclaration, numbers: Sequence[ReportNumber]) -> None:
    """AuditError (USAGE) with every name in a text that stands for no number."""
    known = {one.name for one in numbers}
    problems = [
        Problem(
            what=f"names the number {{{name}}}, and there is none",
            mend="Name one that docs/full_report.md lists, of what the program declares.",
            file=f"{FULL_REPORT_FILE}, {place}",
        )
        for place, text in declared.list_texts()
        for name in sorted({match["name"] for match in NAME_IN_TEXT.finditer(text)} - known)
    ]
    if problems:
        raise AuditError(problems, code=ExitCode.USAGE)


def _list_sample_numbers(sample: SampleReport, program: Program) -> Iterator[ReportNumber]:
    overall, command = sample.result.overall, f"audit report {program.name}"
    rows = [
        ("drawn", format_count(sample.result.drawn), "cases drawn", "drawn"),
        ("frame", format_count(sample.result.frame), "cases that could be drawn", "frame"),
        ("assessed", format_count(overall.assessed), "cases that could be assessed", "overall, conforming + deviating"),
        ("conforming", format_count(overall.conforming), "cases that conform", "overall, conforming"),
        ("deviating", format_count(overall.deviating), "cases that deviate", "overall, deviating"),
        ("undeterminable", format_count(overall.undeterminable), "cases not decided", "overall, undeterminable"),
        ("rate", format_percent(overall.rate), "share that conforms, of those assessed", "overall, rate"),
        ("lower", format_percent(overall.lower), "lower limit of that share", "overall, lower"),
        ("upper", format_percent(overall.upper), "upper limit of that share", "overall, upper"),
        ("worst", format_percent(overall.worst), "share if all undecided deviate", "overall, worst"),
        ("best", format_percent(overall.best), "share if all undecided conform", "overall, best"),
        ("deviation_rate", format_percent(overall.deviating, overall.assessed), "share that deviates", "overall"),
    ]
    for cell in sample.result.cells:
        meaning = f"sampled cases: {cell.words or cell.outcome}"
        name = ".".join(part for part in ("cell", cell.outcome, cell.case_class) if part)
        rows.append((name, format_count(cell.cases), meaning, f"cells, {cell.outcome}, {cell.case_class}"))
    for name, text, meaning, path in rows:
        record = f"audit/report.json: result, {path}"
        yield ReportNumber(name=f"sample.{name}", text=text, meaning=meaning, record=record, command=command)


def _list_series_numbers(program: Program) -> Iterator[ReportNumber]:
    for series in program.series:
        for period, value in series.values:
            if value is not None:
                yield ReportNumber(
                    name=f"series.{series.id}.{period}",
                    text=_format_series_value(series, value),
                    meaning=f"{series.title}, {period}",
                    record=f"published: {series.source}",
                    command="none: a published value",
                )
        known = [value for _, value in series.values if value is not None]
        if series.of == "count" and len(known) > 1 and known[0]:
            for name, text, meaning in (
                ("sum", format_count(sum(known)), "sum of the published values"),
                ("ratio", f"{format_decimal(known[-1] / known[0])}-fold", "last published value over the first"),
            ):
                yield ReportNumber(
                    name=f"series.{series.id}.{name}",
                    text=text,
                    meaning=f"{series.title}: {meaning}",
                    record="computed from the published values of the series",
                    command=f"audit analyze {program.name}",
                )


def _format_series_value(series: PublishedSeries, value: int) -> str:
    return format_dollars(value) if series.of == "dollars" else format_count(value)


Row = tuple[str, str, str, str]  # name, text, meaning, way to the value below `results`


def _list_stage_numbers(result: StageResult) -> Iterator[Row]:
    yield f"{result.name}.cases", format_count(result.cases), f"{result.unit[1]} in the log", "stages, cases"
    for stage in result.stages:
        where = f"stages, {stage.value}, reached"
        yield f"{result.name}.{stage.value}", format_count(stage.reached), f"reached “{stage.words}”", where
        share = format_percent(stage.reached, result.cases)
        yield f"{result.name}.{stage.value}.share", share, f"share that reached “{stage.words}”", where
    errors = format_count(len(result.errors))
    yield f"{result.name}.order_errors", errors, "pairs of events out of order", "stages, errors"


def _list_query_numbers(result: QueryResult) -> Iterator[Row]:
    name, second, look = result.name, result.researchers[1], result.second_look
    yield f"{name}.cases", format_count(result.cases), f"{result.unit[1]} in the log of queries", "queries, cases"
    yield f"{name}.second", format_count(second.queries), f"queries of {second.words}", "queries, researchers"
    yield f"{name}.repeated", format_count(result.repeated), "queries that repeat an earlier one", "queries, repeated"
    share = format_percent(result.repeated, second.queries)
    yield f"{name}.share", share, f"share of the queries of {second.words} that repeat one", "queries, repeated"
    most = format_count(result.systems_most)
    yield f"{name}.systems_most", most, f"most systems queried for one {result.unit[0]}", "queries, systems_most"
    if look:
        changed, where = look.more + look.less, "queries, second_look"
        yield f"{name}.both", format_count(look.cases), f"{result.unit[1]} that both concluded", where
        yield f"{name}.changed", format_count(changed), "conclusions that the second look changed", where
        yield f"{name}.changed_share", format_percent(changed, look.cases), "share that the second look changed", where
        yield f"{name}.less", format_count(look.less), "changed to less consequence for the person", where
        yield f"{name}.more", format_count(look.more), "changed to more consequence for the person", where
        yield f"{name}.ac1", format_hundredths(look.ac1), "Gwet’s AC1", f"{where}, ac1"


def _list_coverage_numbers(result: CoverageResult) -> Iterator[Row]:
    name = result.name
    activated = format_count(result.activated)
    yield f"{name}.activated", activated, f"{result.unit[1]} activated", "coverages, activated"
    yield f"{name}.total", format_count(result.total), f"all {result.unit[1]}", "coverages, total"
    share = format_percent(result.activated, result.total)
    yield f"{name}.share", share, f"share of {result.unit[1]} activated", "coverages, activated over total"
    areas = format_count(result.areas_activated)
    yield f"{name}.areas", areas, f"{make_plural(result.area_noun)} with an activated one", "coverages, areas_activated"


def _list_survey_numbers(result: SurveyResult) -> Iterator[Row]:
    yield (
        f"{result.name}.answered",
        format_count(result.answered),
        f"{result.unit[1]} that answered",
        "surveys, answered",
    )
    for answer in result.answers:
        where = f"surveys, answers, {answer.value}"
        yield (
            f"{result.name}.{answer.value}",
            format_count(answer.respondents),
            f"{result.unit[1]}: {answer.words}",
            where,
        )
        share = format_percent(answer.respondents, result.answered)
        yield f"{result.name}.{answer.value}.share", share, f"share of {result.unit[1]}: {answer.words}", where
    for check in result.statements:
        computed = f"${format_count(check.computed)}"
        yield f"{result.name}.statement", computed, f"{check.statement.who}: 365 days at the stated rate", "surveys"


def _list_tracing_numbers(test: TracingTest) -> Iterator[Row]:
    for one in test.samples:
        name, many = f"{test.name}.from_{one.direction.split()[0]}", one.unit[1]
        yield f"{name}.traced", format_count(one.traced), f"{many} traced", "tracings, samples, traced"
        deviating = format_count(one.deviations)
        yield f"{name}.deviations", deviating, f"{many} that deviate", "tracings, samples, deviations"
        upper = format_percent(one.upper, one.population)
        yield f"{name}.upper", upper, f"upper limit of the share of {many} that deviate", "tracings, samples, upper"
        yield f"{name}.tolerable", format_percent(one.tolerable), "tolerable share", "tracings, samples, tolerable"


def index_numbers(numbers: Sequence[ReportNumber]) -> Mapping[str, ReportNumber]:
    """The numbers by name."""
    return {one.name: one for one in numbers}
