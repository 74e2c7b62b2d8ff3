"""Fieldwork: which offices were visited, what was said there, what corroborates it, and which documents were read."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.programs.analyses import DocumentTable, Fieldwork, SelectionKind, StatementTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One interview or visit."""

    reference: str
    site: str
    role: str
    office: str  # its code; empty where the site is none
    day: dt.date | None  # None: not published
    topic: str  # empty: not published


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """One statement on which a report rests."""

    statement: str
    words: str
    said_by: str
    section: str
    finding: str  # `id` of the finding that it belongs to; empty where it belongs to none
    corroborated_by: str  # empty: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedDocument:
    """One document on which a report rests."""

    document: str
    kind: str
    title: str
    issued_by: str
    dated: str  # as the source writes it; empty: not published
    section: str
    finding: str  # `id` of the finding that it belongs to; empty where it belongs to none
    cited: str
    shows: str  # empty: not published


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldworkResult:
    """What was seen and heard, and what it stands for."""

    name: str
    title: str
    conducted: str
    selection: SelectionKind
    selection_words: str
    source: str
    synthetic: str
    interviews: tuple[Interview, ...]
    offices: int  # of the program
    offices_visited: tuple[str, ...]  # their names
    statements: tuple[Testimony, ...]
    documents: tuple[ReviewedDocument, ...]

    @property
    def undated(self) -> int:
        """Interviews whose day was not published."""
        return sum(one.day is None for one in self.interviews)

    @property
    def corroborated(self) -> int:
        """Statements that something corroborates, as far as the table says."""
        return sum(bool(one.corroborated_by) for one in self.statements)


def summarize_fieldwork(
    tables: Mapping[str, pl.LazyFrame], fieldwork: Fieldwork, offices: Mapping[str, str], findings: Collection[str]
) -> FieldworkResult:
    """The interviews and statements of a program. `offices` names every office by its code.

    `findings` are the ids that a statement or document may name. AuditError (DATA) where one names another.
    """
    interviews = tuple(_list_interviews(tables[fieldwork.table], fieldwork))
    said = fieldwork.statements
    statements = tuple(_list_statements(tables[said.table], said)) if said else ()
    kept = fieldwork.documents
    documents = tuple(_list_documents(tables[kept.table], kept)) if kept else ()
    _refuse_unknown_findings([(said, statements), (kept, documents)], findings)
    visited = {one.office for one in interviews if one.office}
    return FieldworkResult(
        name=fieldwork.name,
        title=fieldwork.title,
        conducted=fieldwork.conducted,
        selection=fieldwork.selection,
        selection_words=fieldwork.selection_words,
        source=fieldwork.source,
        synthetic=fieldwork.synthetic,
        interviews=interviews,
        offices=len(offices),
        offices_visited=tuple(sorted(offices.get(code, code) for code in visited)),
        statements=statements,
        documents=documents,
    )


def _refuse_unknown_findings(
    tables: Iterable[tuple[StatementTable | DocumentTable | None, Iterable[Testimony | ReviewedDocument]]],
    findings: Collection[str],
) -> None:
    problems = []
    for declared, rows in tables:
        unknown = sorted({one.finding for one in rows if one.finding} - {*findings})
        if unknown and declared:
            what = f"names the findings {', '.join(unknown)}, and there are none of these ids"
            mend = "Name one of findings.yaml, or none."
            problems.append(Problem(what=what, mend=mend, file=declared.table, column=declared.finding))
    if problems:
        raise AuditError(problems, code=ExitCode.DATA)


def _list_interviews(rows: pl.LazyFrame, fieldwork: Fieldwork) -> Iterator[Interview]:
    columns = (fieldwork.reference, fieldwork.site, fieldwork.role, fieldwork.office, fieldwork.day, fieldwork.topic)
    for reference, site, role, office, day, topic in rows.select(columns).collect().iter_rows():
        yield Interview(
            reference=str(reference), site=site or "", role=role or "", office=office or "", day=day, topic=topic or ""
        )


def _list_statements(rows: pl.LazyFrame, said: StatementTable) -> Iterator[Testimony]:
    columns = (said.statement, said.words, said.said_by, said.section, said.finding, said.corroborated_by)
    for row in rows.select(columns).collect().iter_rows():
        statement, words, said_by, section, finding, corroborated_by = (str(cell or "") for cell in row)
        yield Testimony(
            statement=statement,
            words=words,
            said_by=said_by,
            section=section,
            finding=finding,
            corroborated_by=corroborated_by,
        )


def _list_documents(rows: pl.LazyFrame, kept: DocumentTable) -> Iterator[ReviewedDocument]:
    columns = (kept.document, kept.kind, kept.title, kept.issued_by, kept.dated, kept.section)
    for row in rows.select(*columns, kept.finding, kept.cited, kept.shows).collect().iter_rows():
        document, kind, title, issued_by, dated, section, finding, cited, shows = (str(cell or "") for cell in row)
        yield ReviewedDocument(
            document=document,
            kind=kind,
            title=title,
            issued_by=issued_by,
            dated=dated,
            section=section,
            finding=finding,
            cited=cited,
            shows=shows,
        )
