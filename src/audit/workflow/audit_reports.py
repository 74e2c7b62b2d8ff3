"""The two reports of an audit in a notebook: that of its sample, and that of a month."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl

from audit.display import (
    Display,
    Displayable,
    display_card,
    display_rows,
    display_sentences,
    display_table,
)
from audit.errors import AuditError, ExitCode, Problem
from audit.estimation.results import SampleResult
from audit.reporting.figures import Drawing, draw_report_figures, draw_sample_figures
from audit.reporting.formats.month_files import render_report_files
from audit.reporting.formats.sample_report import render_sample_report
from audit.reporting.month_report import Report, list_primary_results
from audit.reporting.open_item_text import describe_follow_up
from audit.reporting.sample_report import SampleReport
from audit.reporting.sample_report_text import describe_case_evidence
from audit.reporting.sample_text import describe_cell
from audit.storage.output_folder import publish_folder
from audit.workflow.one_table import SHARE_COLUMNS, list_office_values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AuditReport(Displayable):
    """The audit report: what a sample shows of every attribute, its cases, its figures."""

    record: SampleReport

    @property
    def result(self) -> SampleResult:
        """What the sample shows."""
        return self.record.result

    @property
    def cells(self) -> pl.DataFrame:
        """A row a cell: outcome, class, cases, words."""
        rows = [(cell.outcome, cell.case_class, cell.cases, describe_cell(cell)) for cell in self.result.cells]
        schema = {"outcome": pl.String, "class": pl.String, "cases": pl.Int64, "words": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def attributes(self) -> pl.DataFrame:
        """A row an attribute: attribute, conforming, deviating, critical, undeterminable, rate, lower, upper."""
        names = ("conforming", "deviating", "undeterminable", "rate", "lower", "upper")
        rows = [
            {
                "attribute": one.attribute,
                "critical": one.critical,
                **{name: getattr(one.estimate, name) for name in names},
            }
            for one in self.result.attributes
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    @property
    def cases(self) -> pl.DataFrame:
        """A row a case that does not conform: the critical ones first."""
        rows = [{**asdict(one), "evidence": describe_case_evidence(one)} for one in self.record.cases]
        return pl.DataFrame(rows, infer_schema_length=None)

    @property
    def missing(self) -> list[str]:
        """What is missing before the report can be issued."""
        return [gap.words for gap in self.record.gaps]

    @property
    def figures(self) -> dict[str, Drawing]:
        """The figures by name."""
        return {drawing.name: drawing for drawing in draw_sample_figures(self.record)}

    def save(self, folder: str | Path) -> Path:
        """Write the report in every form (HTML, PDF, XLSX, JSON, CSV, figures) as a folder, whole or not at all.

        AuditError (CONFLICT) where the folder exists.
        """
        return _save_report(folder, render_sample_report(self.record), period=self.record.period)

    def display(self) -> Display:
        """The headline, the key figures, every attribute."""
        figures = [(one.value, one.label, one.detail) for one in self.record.key_figures]
        return display_card(
            "Audit report",
            f"{self.record.title}, {self.record.period_words}",
            display_sentences(self.record.headline),
            display_rows(("value", "of", "in detail"), figures, title="Key figures"),
            display_table(self.attributes, title="Every attribute", rows=60, shares=("rate", "lower", "upper")),
            *(drawing.display() for drawing in self.figures.values()),
            foot="Next: .attributes, .cases, .cells, .result, .figures, .missing, .save(…)",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class MonthlyReport(Displayable):
    """The report of one month: the rate of every office, the records to complete, the figures."""

    record: Report

    @property
    def offices(self) -> pl.DataFrame:
        """A row an office and measure: due, compliant, late, missing, rate, lower_998, upper_998, flag."""
        names = ("due", "compliant", "late", "missing")
        rows = [
            {"measure": result.title, "office": row.name, **list_office_values(row, names)}
            for result in list_primary_results(self.record.measures)
            for row in (*result.offices, result.national)
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    @property
    def months(self) -> pl.DataFrame:
        """A row a month up to the report's: all offices together: month, due, compliant, late."""
        return pl.DataFrame([asdict(month) for month in self.record.months], infer_schema_length=None)

    @property
    def open_items(self) -> pl.DataFrame:
        """A row a person, office and month whose records are to be completed."""
        return pl.DataFrame([asdict(item) for item in self.record.open_items], infer_schema_length=None)

    @property
    def movements(self) -> pl.DataFrame:
        """How the ledger of open items moved, all offices first: office, open_start, new, …, open_end, over_90.

        open_start + new + reopened - resolved - reclassified = open_end. Empty in a report without a ledger.
        """
        names = ("open_start", "new", "reopened", "resolved", "reclassified", "open_end")
        schema = {"office": pl.String, **dict.fromkeys((*names, "over_90"), pl.Int64)}
        follow_up = self.record.follow_up
        if follow_up is None:
            return pl.DataFrame(schema=schema)
        over_90 = sum(office.over_90 for office in follow_up.offices)
        rows = [("All offices", *(getattr(follow_up, name) for name in names), over_90)]
        rows += [(one.name, *(getattr(one, name) for name in names), one.over_90) for one in follow_up.offices]
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def follow_up(self) -> list[str]:
        """What became of the open items, in sentences; none in a report without a ledger."""
        record = self.record
        if record.follow_up is None:
            return []
        return list(describe_follow_up(record.follow_up, unit=record.unit, office=record.office_noun))

    @property
    def figures(self) -> dict[str, Drawing]:
        """The figures by name."""
        return {drawing.name: drawing for drawing in draw_report_figures(self.record)}

    def save(self, folder: str | Path) -> Path:
        """Write the report in every form (HTML, PDF, XLSX, JSON, CSV, figures) as a folder, whole or not at all.

        It stands alone: `audit run` keeps the ledger from month to month, which this does not. AuditError (CONFLICT)
        where the folder exists.
        """
        return _save_report(folder, render_report_files(self.record), period=self.record.period)

    def display(self) -> Display:
        """The headline, the key figures, every office, and how many records are to be completed."""
        figures = [(one.value, one.label, one.detail) for one in self.record.key_figures]
        title = f"{self.record.title}, {self.record.period_words}"
        return display_card(
            title,
            self.record.headline,
            display_rows(("value", "of", "in detail"), figures, title="Key figures"),
            display_table(self.offices.drop("flag"), title="Every office", rows=60, shares=SHARE_COLUMNS),
            foot="Next: .offices, .months, .open_items, .figures, .save(…)",
        )


def _save_report(folder: str | Path, files: Mapping[str, bytes], *, period: str) -> Path:
    folder = Path(folder)
    if folder.exists():
        problem = Problem(what=f"{folder} exists", mend="Name another folder.", file=str(folder))
        raise AuditError(problem, code=ExitCode.CONFLICT)
    publish_folder(folder, files, inputs={"software": f"audit {version('audit-toolkit')}", "period": period})
    return folder
