"""A made-up report of analyses: one of each kind, from the small tables of their own tests."""

from functools import cache

from audit.analysis.coverage import measure_coverage
from audit.analysis.fieldwork import summarize_fieldwork
from audit.analysis.repeated_queries import measure_repeated_queries
from audit.analysis.stages import count_stages
from audit.analysis.surveys import measure_survey
from audit.analysis.tracing import measure_tracing
from audit.analysis.unit_costs import measure_unit_cost
from audit.programs.declaration import Program
from audit.reporting.analysis_report import AnalysisReport, AnalysisResults, assemble_analysis_report
from tests import made_up
from tests.analysis import (
    test_coverage,
    test_fieldwork,
    test_repeated_queries,
    test_stages,
    test_surveys,
    test_tracing,
    test_unit_costs,
)


@cache
def analysis_report() -> AnalysisReport:
    """Every kind of analysis, of permits, lookups, towns and costs; the fieldwork is the published one."""
    program = Program(
        tables={},
        name="permits",
        title="Permits",
        unit=("permit", "permits"),
        office="district",
        synthetic="All of it is made up.",
        caveats=("A permit is not a promise.",),
        sha256="0" * 64,
    )
    results = AnalysisResults(
        stages=(count_stages(test_stages.make_events(), test_stages.LOG, {"N": "North", "S": "South"}),),
        queries=(measure_repeated_queries(test_repeated_queries.make_tables(), test_repeated_queries.LOG),),
        coverages=(measure_coverage(test_coverage.make_tables(), test_coverage.COVERAGE, test_coverage.COUNTS),),
        surveys=(measure_survey(test_surveys.make_rows(), test_surveys.SURVEY),),
        tracings=(measure_tracing(test_tracing.make_tables(), test_tracing.TRACING),),
        unit_costs=tuple(measure_unit_cost(one) for one in test_unit_costs.UNIT_COSTS),
        fieldwork=(
            summarize_fieldwork(
                test_fieldwork.TABLES, test_fieldwork.FIELDWORK, test_fieldwork.OFFICES, test_fieldwork.FINDINGS
            ),
        ),
    )
    return assemble_analysis_report(
        program, results, findings=test_fieldwork.ALL_FINDINGS, inputs=made_up.provenance().inputs
    )
