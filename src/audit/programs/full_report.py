"""What the full report says around its numbers: background, results, actions, replies, appendices, highlights."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.errors import Problem
from audit.programs.findings import Finding

FULL_REPORT_FILE = "full_report.yaml"
NAME_IN_TEXT: Final = re.compile(r"\{(?P<name>[^{}]+)\}")  # a number of the audit, by its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph: text whose `{names}` stand for numbers of the audit, and the source of what else it states."""

    text: str  # the text; `{sample.drawn}` stands for a number of the audit, and is linked to its computation
    source: str = ""  # document and section that state the facts of the paragraph; empty where all of it is computed
    as_of: str = ""  # day or period that the facts are of, in words, where the source states it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """One section of the full report."""

    heading: str  # its heading
    paragraphs: tuple[Paragraph, ...] = ()  # its text
    figures: tuple[str, ...] = ()  # names of figures of the audit report or the analyses, as coverage-activation


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementReply:
    """What management replied to one recommendation, in its words, and what the auditors make of it."""

    recommendation: int  # number of the recommendation
    reply: tuple[str, ...]  # the reply, a text a paragraph
    analysis: tuple[str, ...] = ()  # the auditors' analysis, a text a paragraph
    source: str  # where the reply stands, and whether it is verbatim


@dataclass(frozen=True, slots=True, kw_only=True)
class FullReportDeclaration:
    """The parts of the full report in their order; its numbers come from the records of the audit."""

    sources_note: str = ""  # which document the sources in brackets are sections of
    preface: tuple[Paragraph, ...] = ()  # what the report is, what it rests on, and who signs it, by role
    summary: tuple[Paragraph, ...] = ()  # the summary, a page at most
    background: tuple[ReportSection, ...] = ()  # what a reader must know: dated facts with their sources
    results: tuple[ReportSection, ...] = ()  # the results, a section an objective or finding
    actions: tuple[Paragraph, ...] = ()  # what the audited did since
    replies: tuple[ManagementReply, ...] = ()  # management's reply to each recommendation
    appendices: tuple[ReportSection, ...] = ()  # appendices, each headed by its letter and title
    highlights: tuple[str, ...] = ()  # the points of the one-page sheet, with `{names}` of numbers

    def list_texts(self) -> Iterator[tuple[str, str]]:
        """Every text that may name a number, and where it stands."""
        parts = [("preface", self.preface), ("summary", self.summary), ("actions", self.actions)]
        parts += [
            (f"{key}.{number}", section.paragraphs)
            for key in ("background", "results", "appendices")
            for number, section in enumerate(getattr(self, key))
        ]
        for place, paragraphs in parts:
            for number, paragraph in enumerate(paragraphs):
                yield f"{place}.{number}", paragraph.text
        for number, text in enumerate(self.highlights):
            yield f"highlights.{number}", text


def find_full_report_problems(declared: FullReportDeclaration, findings: tuple[Finding, ...]) -> Iterator[Problem]:
    """Replies to recommendations that there are not."""
    numbers = {one.number for finding in findings for one in finding.recommendations}
    for place, reply in enumerate(declared.replies):
        if reply.recommendation not in numbers:
            what = f"replies to recommendation {reply.recommendation}, and there is none of this number"
            yield Problem(what=what, mend="Name one of findings.yaml.", file=f"{FULL_REPORT_FILE}, replies.{place}")
