"""What of a program's analyses does not hold together: names that no table has, wrong types, values given twice."""

from collections.abc import Iterator, Mapping

from audit.programs.analyses import Analyses, Coverage, Fieldwork, QueryLog, StageLog, Survey, Tracing, UnitCost

Columns = Mapping[str, Mapping[str, str]]  # table → column → type
DAY_TYPES = ("date", "datetime")


def find_analysis_problems(analyses: Analyses, columns: Columns) -> Iterator[tuple[str, str, str]]:
    """What of the analyses cannot be: place, what, mend. `columns` is the type of every column, by table."""
    kinds = (
        ("stage_logs", analyses.stage_logs),
        ("query_logs", analyses.query_logs),
        ("coverages", analyses.coverages),
        ("surveys", analyses.surveys),
        ("fieldwork", analyses.fieldwork),
        ("tracings", analyses.tracings),
        ("unit_costs", analyses.unit_costs),
    )
    for key, logs in kinds:
        names = [one.name for one in logs]
        if len(set(names)) < len(names):
            yield key, "has one name twice", "Give each its own name."
    for number, process in enumerate(analyses.stage_logs):
        yield from _find_stage_problems(f"stage_logs.{number}", process, columns)
    for number, research in enumerate(analyses.query_logs):
        yield from _find_query_problems(f"query_logs.{number}", research, columns)
    for number, coverage in enumerate(analyses.coverages):
        yield from _find_coverage_problems(f"coverages.{number}", coverage, columns)
    for number, survey in enumerate(analyses.surveys):
        yield from _find_survey_problems(f"surveys.{number}", survey, columns)
    for number, fieldwork in enumerate(analyses.fieldwork):
        yield from _find_fieldwork_problems(f"fieldwork.{number}", fieldwork, columns)
    for number, tracing in enumerate(analyses.tracings):
        yield from _find_tracing_problems(f"tracings.{number}", tracing, columns)
    for number, cost in enumerate(analyses.unit_costs):
        yield from _find_unit_cost_problems(f"unit_costs.{number}", cost)


def _find_stage_problems(place: str, log: StageLog, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (log.case, log.stage, log.day, log.office, log.status)
    yield from _find_unknown_columns(place, log.table, named, columns)
    yield from _find_wrong_types(place, log.table, (log.day,), DAY_TYPES, columns)
    values = [one.value for one in (*log.stages, *log.exits)]
    if len(set(values)) < len(values):
        yield place, "names a stage or exit twice", "Give each value once."
    if len(log.stages) < 2:
        yield f"{place}.stages", "has fewer than two stages", "Name the stages in order."


def _find_query_problems(place: str, log: QueryLog, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (log.case, log.actor, log.system, log.time, log.minutes, log.person)
    yield from _find_unknown_columns(place, log.table, named, columns)
    yield from _find_wrong_types(place, log.table, (log.time,), DAY_TYPES, columns)
    yield from _find_wrong_types(place, log.table, (log.minutes,), ("integer", "number"), columns)
    if set(log.first.values) & set(log.second.values):
        yield f"{place}.second", "has a value that `first` has too", "Put each value on one side."
    if log.window_days < 0 or not log.window_reason:
        yield f"{place}.window_days", "is below 0, or has no reason", "Give 0 or more days, and `window_reason`."
    if log.hourly_cost is not None and not log.cost_source:
        yield f"{place}.hourly_cost", "has no source", "Name the document in `cost_source`, or leave the cost out."
    if one := log.determinations:
        within = f"{place}.determinations"
        columns_named = (one.case, one.actor, one.determination, one.day)
        yield from _find_unknown_columns(within, one.table, columns_named, columns)
        yield from _find_wrong_types(within, one.table, (one.day,), DAY_TYPES, columns)
        if len(one.order) < 2 or len(set(one.order)) < len(one.order):
            yield f"{within}.order", "has fewer than two conclusions, or one twice", "Name each once, in order."


def _find_coverage_problems(place: str, one: Coverage, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (one.jurisdiction, one.area, one.activated_on, one.county_code)
    yield from _find_unknown_columns(place, one.table, named, columns)
    yield from _find_wrong_types(place, one.table, (one.activated_on,), ("date",), columns)
    if areas := one.areas:
        within = f"{place}.areas"
        yield from _find_unknown_columns(
            within, areas.table, (areas.area, areas.name, areas.row, areas.column), columns
        )
        yield from _find_wrong_types(within, areas.table, (areas.row, areas.column), ("integer",), columns)
    days = [day for period in one.periods for day in (period.first, period.last)]
    if days != sorted(days):
        yield f"{place}.periods", "are not in order, or overlap", "Give each its first and last day, in order."
    if bool(one.series) != bool(one.periods):
        yield f"{place}.series", "and `periods` are not both given", "Give both, or neither."


def _find_survey_problems(place: str, one: Survey, columns: Columns) -> Iterator[tuple[str, str, str]]:
    yield from _find_unknown_columns(place, one.table, (one.respondent, one.answer, one.amount), columns)
    yield from _find_wrong_types(place, one.table, (one.amount,), ("integer", "number"), columns)
    values = [answer.value for answer in one.answers]
    if not values or len(set(values)) < len(values):
        yield f"{place}.answers", "are none, or name one twice", "Name each answer once."
    if one.selection == "at random" and one.population is None:
        mend = "Give the number of those that could have been drawn, or say how respondents were chosen."
        yield f"{place}.population", "is absent, and respondents were drawn at random", mend
    if any(statement.rounded_to < 1 for statement in one.statements):
        yield f"{place}.statements", "are rounded to less than a dollar", "Give 1, 1_000 or 1_000_000."


def _find_fieldwork_problems(place: str, one: Fieldwork, columns: Columns) -> Iterator[tuple[str, str, str]]:
    named = (one.reference, one.site, one.role, one.office, one.day, one.topic)
    yield from _find_unknown_columns(place, one.table, named, columns)
    yield from _find_wrong_types(place, one.table, (one.office,), ("office",), columns)
    yield from _find_wrong_types(place, one.table, (one.day,), ("date",), columns)
    if said := one.statements:
        of_statements = (said.statement, said.words, said.said_by, said.section, said.finding, said.corroborated_by)
        yield from _find_unknown_columns(f"{place}.statements", said.table, of_statements, columns)
    if kept := one.documents:
        of_documents = (kept.document, kept.kind, kept.title, kept.issued_by, kept.dated, kept.section)
        what_of_them = (kept.finding, kept.cited, kept.shows)
        yield from _find_unknown_columns(f"{place}.documents", kept.table, (*of_documents, *what_of_them), columns)


def _find_tracing_problems(place: str, one: Tracing, columns: Columns) -> Iterator[tuple[str, str, str]]:
    if not (one.from_records or one.from_source):
        yield place, "has neither `from_records` nor `from_source`", "Give one direction at least."
    for key, sample in (("from_records", one.from_records), ("from_source", one.from_source)):
        if not sample:
            continue
        within = f"{place}.{key}"
        yield from _find_unknown_columns(within, sample.table, (sample.item, sample.result), columns)
        if not 0 <= sample.expected < sample.tolerable < 1 or not 0.5 <= sample.confidence < 1 or sample.population < 1:
            what = "has an expected rate not below the tolerable one, or a confidence or population that is none"
            yield within, what, "Write shares, as 0.05 for 5%: expected below tolerable; confidence 0.5 to below 1."
        if sample.agrees == sample.not_obtained:
            yield f"{within}.not_obtained", "is the value of `agrees`", "Give each its own value."


def _find_unit_cost_problems(place: str, one: UnitCost) -> Iterator[tuple[str, str, str]]:
    for key, part in (("expense", one.expense), ("count", one.count)):
        if part.first and part.last and part.first > part.last:
            yield f"{place}.{key}", "ends before it begins", "Correct `first` or `last`."
    if (one.expense.dollars or 0) < 0 or (one.count.counted or 0) < 0:
        yield place, "has an amount or a number below 0", "Correct it, or leave it out where it was not published."


def _find_unknown_columns(
    place: str, table: str, names: tuple[str | None, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    if table not in columns:
        what = f"names `{table}`, and no such table is declared"
        yield f"{place}.table", what, "Declare it under [analyses.tables] or [tables]."
        return
    for name in names:
        if name and name not in columns[table]:
            yield place, f"names `{name}`, and table {table} has no such column", "Correct the name."


def _find_wrong_types(
    place: str, table: str, names: tuple[str, ...], types: tuple[str, ...], columns: Columns
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        kind = columns.get(table, {}).get(name)
        if kind and kind not in types:
            what = f"takes `{name}` of type {kind}, and needs one of type {' or '.join(types)}"
            yield place, what, "Declare the column so, or name another."
