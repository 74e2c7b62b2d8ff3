"""The full report: text of the program with the numbers of the audit in it, each linked to how it was computed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.estimation.results import SampleResult
from audit.programs.declaration import Program, PublishedSeries
from audit.programs.findings import Finding
from audit.programs.full_report import NAME_IN_TEXT, FullReportDeclaration, ManagementReply, Paragraph, ReportSection
from audit.reporting.analysis_report import AnalysisReport, AnalysisResults
from audit.reporting.record import ReportRecord, make_provenance
from audit.reporting.report_numbers import ReportNumber, index_numbers, list_report_numbers, refuse_unknown_numbers
from audit.reporting.sample_report import SampleReport
from audit.tables.table import ControlTotals

SCHEMA = "audit-full/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A stretch of text, or a number with its place in the list of origins; 0 is no number."""

    text: str
    origin: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledParagraph:
    """A paragraph with its numbers filled in."""

    parts: tuple[TextPart, ...]
    source: str
    as_of: str

    @property
    def text(self) -> str:
        """What it says, without links."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSection:
    """A section with its paragraphs filled in."""

    heading: str
    paragraphs: tuple[FilledParagraph, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullReport(ReportRecord):
    """Everything that the full report says."""

    subject: str  # title of the program
    sources_note: str  # which document the sources in brackets are sections of
    preface: tuple[FilledParagraph, ...]
    summary: tuple[FilledParagraph, ...]
    background: tuple[FilledSection, ...]
    results: tuple[FilledSection, ...]
    actions: tuple[FilledParagraph, ...]
    findings: tuple[Finding, ...]
    replies: tuple[ManagementReply, ...]
    appendices: tuple[FilledSection, ...]
    highlights: tuple[FilledParagraph, ...]
    result: SampleResult  # of the sample, whose numbers the text has
    analyses: AnalysisResults | None  # whose numbers the text has
    series: tuple[PublishedSeries, ...]  # published values that the text has
    origins: tuple[ReportNumber, ...]  # of every number in the text, in the order in which they first stand there

    def find_reply(self, recommendation: int) -> ManagementReply | None:
        """Management's reply to a recommendation."""
        return next((one for one in self.replies if one.recommendation == recommendation), None)


def assemble_full_report(
    program: Program,
    declared: FullReportDeclaration,
    sample: SampleReport,
    analyses: AnalysisReport | None,
    *,
    findings: Sequence[Finding],
    inputs: Sequence[ControlTotals],
) -> FullReport:
    """Fill the numbers of both records into the text. AuditError (USAGE) with every name that stands for none."""
    numbers = list_report_numbers(program, sample, analyses)
    refuse_unknown_numbers(declared, numbers)
    fill = _TextFiller(numbers)
    parts = {
        "preface": fill.fill_paragraphs(declared.preface),
        "summary": fill.fill_paragraphs(declared.summary),
        "background": fill.fill_sections(declared.background),
        "results": fill.fill_sections(declared.results),
        "actions": fill.fill_paragraphs(declared.actions),
        "appendices": fill.fill_sections(declared.appendices),
        "highlights": fill.fill_paragraphs(Paragraph(text=text) for text in declared.highlights),
    }
    return FullReport(
        schema=SCHEMA,
        program=program.name,
        title=f"Full report: {program.title}",
        office_noun=program.office,
        unit=program.unit,
        period=sample.period,
        period_words=sample.period_words,
        as_of=sample.as_of,
        status="draft",
        synthetic=program.synthetic,
        headline=sample.headline,
        key_figures=sample.key_figures,
        checks=(),
        method=(),
        caveats=sample.caveats,
        provenance=make_provenance(program, inputs, policy_sha256=sample.provenance.policy_sha256),
        subject=program.title,
        sources_note=declared.sources_note,
        findings=tuple(findings),
        replies=declared.replies,
        result=sample.result,
        analyses=analyses.results if analyses else None,
        series=program.series,
        origins=tuple(fill.used),
        **parts,  # type: ignore[arg-type]
    )


class _TextFiller:
    """Fills numbers into text, and keeps the order in which each first stands there."""

    def __init__(self, numbers: Sequence[ReportNumber]) -> None:
        self.numbers = index_numbers(numbers)
        self.used: list[ReportNumber] = []

    def fill_sections(self, sections: Sequence[ReportSection]) -> tuple[FilledSection, ...]:
        return tuple(
            FilledSection(
                heading=one.heading, paragraphs=self.fill_paragraphs(one.paragraphs), figures=tuple(one.figures)
            )
            for one in sections
        )

    def fill_paragraphs(self, paragraphs: "Iterator[Paragraph] | Sequence[Paragraph]") -> tuple[FilledParagraph, ...]:
        return tuple(
            FilledParagraph(parts=tuple(self._split_text(one.text)), source=one.source, as_of=one.as_of)
            for one in paragraphs
        )

    def _split_text(self, text: str) -> Iterator[TextPart]:
        end = 0
        for match in NAME_IN_TEXT.finditer(text):
            if before := text[end : match.start()]:
                yield TextPart(text=before)
            number = self.numbers[match["name"]]
            if number not in self.used:
                self.used.append(number)
            yield TextPart(text=number.text, origin=self.used.index(number) + 1)
            end = match.end()
        if text[end:]:
            yield TextPart(text=text[end:])
