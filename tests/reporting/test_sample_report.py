"""The audit report: its words follow from its numbers, its tables add up, and its public edition gives nothing away."""

import json
import re
import xml.etree.ElementTree as Xml
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from io import BytesIO
from zipfile import ZipFile

import fastexcel
import polars as pl
import pytest

from audit.assessment.sensitivity import WITHOUT_END, OutcomeTally, ReadingEffect, WindowEffect
from audit.estimation.conclusions import conclude_on_standard
from audit.estimation.results import compute_standard_error
from audit.estimation.undecided_cases import DecisiveRecords
from audit.policy.rules import Reading
from audit.programs.audit_report import (
    Departure,
    EvidenceEntry,
    OfficialView,
    PotentialNoncompliance,
    ReliabilityAssessment,
)
from audit.programs.findings import Finding, list_unknown_counts
from audit.programs.recommendations import HistoryEntry, Recommendation
from audit.reporting.choice_text import describe_later_actions, list_reading_rows, list_window_rows
from audit.reporting.finding_counts import list_finding_elements
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.month_workbook import build_month_workbook
from audit.reporting.formats.sample_report import (
    build_sample_tables,
    build_sample_workbook,
    render_sample_page,
    render_sample_report,
)
from audit.reporting.reliability_text import list_evidence, list_reliability_parts
from audit.reporting.sample_report import SampleReport
from audit.reporting.sample_report_text import (
    answer_objective,
    describe_compliance,
    describe_decisive_records,
    describe_facts_on_record,
    describe_later_facts,
    describe_standouts,
    list_noncompliance,
)
from audit.review.readiness import OutstandingStep, ReviewReadiness, ReviewStep
from audit.tables.table import ControlTotals
from tests import made_up
from tests.adding_up import check_tables
from tests.made_up_sample import DECLARED, deviation, repeated_persons, sample_report, sample_result

UNREVIEWED = ReviewReadiness(
    items=1_532,
    reviewed=0,
    overruled=0,
    second=0,
    decided=0,
    undecided=0,
    signed_by="",
    concordance=(),
    first_errors=(),
    outstanding=(OutstandingStep(step=ReviewStep.FIRST_REVIEW, count=1_532),),
)
CITIZEN = deviation("us-citizen", 1, severity="critical", expects=False)


def read_words(report: SampleReport) -> str:
    return re.sub(r"\s+", " ", parse_page(render_sample_page(report).decode()).find_elements("body")[0].get_text())


def number(text: str) -> int:
    return int(text.replace(",", "") or 0)


@cache
def page_words() -> str:
    return read_words(sample_report(review=UNREVIEWED))


def read_table(report: SampleReport, name: str) -> list[list[str]]:
    """The rows of one table of the page, each the text of its cells."""
    tables = parse_page(render_sample_page(report).decode()).find_elements("table")
    [table] = [
        one for one in tables if one.find_elements("caption")[0].find_elements("strong")[0].get_text().startswith(name)
    ]
    return [[cell.get_text() for cell in row.find_elements("th", "td")] for row in table.find_elements("tr")]


def test_the_status_and_what_is_missing_stand_before_any_number() -> None:
    report = sample_report(review=UNREVIEWED)
    assert [gap.words for gap in report.gaps] == [
        "1,532 items of the sample not reviewed",
        "the statement of independence",
        "views of the responsible officials on the draft",
        "the auditors’ determination on data reliability",
        "the statement of departures from the standards",
    ]
    words = page_words()
    assert words.index("Draft: not issued.") < words.index(report.headline)
    management = replace(DECLARED, kind="management")
    assert sample_report(declared=management).gaps == ()
    assert "It is not an audit" in read_words(sample_report(declared=management))


def test_nothing_is_missing_once_everything_is_there() -> None:
    view = OfficialView(by="Executive Associate Director", on=date(2012, 2, 23), text="We concur.", answer="Noted.")
    judged = ReliabilityAssessment(determination="sufficiently reliable", by="Audit manager", on=date(2012, 2, 1))
    apart = "The auditors report to the Inspector General."
    complete = sample_report(
        declared=replace(DECLARED, independence=apart, views=(view,), departures=(), reliability=judged)
    )
    assert complete.gaps == ()
    words = read_words(complete)
    assert "We concur." in words and "Answer: Noted." in words
    assert "Sufficiently reliable for these objectives (Audit manager, 1 February 2012)." in words


def test_a_critical_case_is_the_first_result() -> None:
    """A removed citizen leads the headline, the list of what stands out, and the list of cases."""
    result = sample_result()
    first = replace(result.attributes[0], deviations=(CITIZEN, *result.attributes[0].deviations[1:]))
    report = sample_report(result=replace(result, attributes=(first, *result.attributes[1:])))
    assert report.headline.startswith("1 critical case: “What us-citizen asks for”. Of the 723")
    assert next(iter(describe_standouts(report.result))) == ("Critical", 1, "“What us-citizen asks for”")
    rows = read_table(report, "25 cases that do not conform")
    assert rows[1] == ["Critical. resident (PRI-2010, Priority 1)"] and rows[2][0] == "M11-000001"
    assert rows[3] == ["What priority-1 asks for (PRI-2010, Priority 1)"]


def test_a_critical_case_of_any_attribute_stands_in_the_first_list() -> None:
    report = sample_report()
    late = replace(report.cases[-1], severity="critical")
    rows = read_table(replace(report, cases=(late, *report.cases[:-1])), "26 cases that do not conform")
    assert rows[2][0] == late.case


def test_an_objective_is_answered_with_estimate_limits_and_bounds() -> None:
    result = sample_result()
    consistency, documentation = (answer_objective(one, result) for one in DECLARED.objectives)
    assert (
        "An estimated 96.5% of the cases" in consistency and "(698 of 723 sampled cases; 95% confidence" in consistency
    )
    assert "the share of the 766 lies between 91.1% and 96.7%" in consistency  # 698/766 and 741/766
    assert "An estimated 90.6% of the cases" in documentation and "tolerable" not in documentation


def test_a_standard_is_concluded_on_for_the_whole_and_for_each_group() -> None:
    """Of all, 25 of 723 deviate: 3.5%, limits up to about 5.1%; where action was called for, 24 of 339, or 7.1%."""
    result = sample_result()
    groups = tuple(
        replace(one, conclusion=conclude_on_standard(one.estimate, tolerable="0.05")) for one in result.groups
    )
    judged = replace(result, conclusion=conclude_on_standard(result.overall, tolerable="0.05"), groups=groups)
    answer = answer_objective(DECLARED.objectives[0], judged)
    assert "Against the declared tolerable rate, neither is shown" in answer
    assert "Of the cases “no detention called for” alone, the rate of deviations is shown to be below 5.0%" in answer
    assert "Of the cases “action called for” alone, neither is shown" in answer
    assert "was permitted” alone" not in answer, "a rate of what is only permitted says nothing"


def test_every_attribute_is_reported_and_each_row_adds_up_to_the_cases_drawn() -> None:
    rows = read_table(sample_report(), "Every attribute")[1:]
    assert [row[0] for row in rows] == ["Consistency", "Documentation", "Timeliness", "Recording", "Lifting"]
    for row in rows:
        assert sum(number(cell) for cell in row[1:6]) == 766, row
    assert rows[2][1:6] == ["170", "15", "152", "429", "0"]


def test_the_results_add_up_class_by_group_to_the_cases_drawn() -> None:
    rows = read_table(sample_report(), "What the cases showed")[1:]
    for row in rows:
        if row[2]:
            assert number(row[1]) == number(row[2]) + number(row[3]), row
    counts = {row[0]: number(row[1]) for row in rows}
    groups = sum(counts[name] for name in counts if name.startswith(("No detention", "Action called", "Neither")))
    assert groups == 328 + 339 + 56 == counts["Could be assessed"] == 723
    assert counts["Could be assessed"] + counts["Undeterminable"] == counts["Drawn"] == 766


def test_what_is_left_to_judgment_is_not_called_undeterminable() -> None:
    result = sample_result()
    counts = dict(result.attributes[0].outcomes) | {"judgement_required": 10, "undeterminable": 33}
    first = replace(result.attributes[0], outcomes=tuple(counts.items()))
    report = sample_report(result=replace(result, attributes=(first, *result.attributes[1:])))
    rows = {row[0]: row[1] for row in read_table(report, "What the cases showed")[1:]}
    assert (rows["Undeterminable"], rows["Left to an auditor’s judgment"]) == ("33", "10")
    assert report.key_figures[-1].detail == "33 undeterminable from the records, 10 left to an auditor’s judgment"


def test_the_rules_that_decided_add_up_with_those_that_would_have_decided_alike() -> None:
    rows = read_table(sample_report(), "Rules that decided")[1:]
    counts = [number(row[-1]) for row in rows]
    assert sum(counts[:-1]) == counts[-1] == 723
    assert rows[-3][0] == "More than one rule, with the same outcome" and counts[-3] == 4


def test_a_citation_stands_once_with_the_document_whose_words_it_has() -> None:
    rows = read_table(sample_report(), "Documents cited")[1:]
    assert len(rows) == 1, "two rules of one document"
    assert "in the words of An audit of 2012, which restates it." in rows[0][1]
    assert "Not checked in 1 of 2 rules against the document itself." in rows[0][1]


def test_a_reading_bears_its_author_its_day_and_its_effect() -> None:
    reading = Reading(id="a", title="One counts", by="The authors", dated=date(2026, 12, 1), of="A, B", reason="x")
    effect = ReadingEffect(
        reading=reading,
        with_reading=OutcomeTally(conforming=698, deviating=25, other=43),
        without=OutcomeTally(conforming=675, deviating=48, other=43),
        changed=23,
    )
    assert [*list_reading_rows([effect])] == [
        ("One counts", "Of A, B. The authors, 1 December 2026.", "675 of 723 (93.4%)", 23)
    ]
    words = read_words(replace(sample_report(), readings=(effect,)))
    assert "with all readings: 698 of 723 (96.5%)" in words and "675 of 723 (93.4%) 23" in words


def test_what_was_acted_on_later_decides_nothing_and_is_counted() -> None:
    def window(after: int, deviating: int, changed: int) -> WindowEffect:
        return WindowEffect(
            table="actions",
            before_days=30,
            after_days=after,
            declared=OutcomeTally(conforming=698, deviating=25, other=43),
            other=OutcomeTally(conforming=723 - deviating, deviating=deviating, other=43),
            changed=changed,
        )

    windows = [window(120, 25, 0), window(WITHOUT_END, 21, 4)]
    assert [words for words, *_ in list_window_rows(windows)] == [
        "actions: 30 days before to 120 days after",
        "actions: 30 days before to any later day",
    ]
    assert [*describe_later_actions(windows)] == [
        "Acted on later: 4 cases would have another outcome if rows of actions dated after the window counted too; 4 "
        "fewer would deviate. They decide nothing here."
    ]


def test_what_was_known_later_is_told_with_its_direction() -> None:
    told = describe_later_facts(sample_result())  # 2 consistent cases are inconsistent as known later
    assert "2 cases would have another outcome: 2 from consistent to inconsistent." in told
    assert "Then 696 of 723 would conform (96.3%), not 698 of 723 (96.5%): a lower rate." in told
    assert describe_later_facts(replace(sample_result(), later=())) == ""


def test_the_condition_of_a_finding_is_filled_from_the_record() -> None:
    finding = Finding(id="a", title="A", condition="Of {drawn}, {consistency.undeterminable} are too thin.")
    elements = dict(list_finding_elements(finding, sample_result()))
    assert elements["condition"] == "Of 766, 43 are too thin."
    assert elements["criteria"] == elements["cause"] == elements["effect"] == "not stated by the source"
    assert list_unknown_counts(finding, ["consistency"]) == []
    assert list_unknown_counts(finding, ["recording"]) == ["consistency.undeterminable"]


def test_nothing_after_the_as_of_day_is_told_of_a_recommendation() -> None:
    entries = (
        HistoryEntry(on=date(2011, 11, 1), by="Management", what="Agreed."),
        HistoryEntry(on="2012-04", by="Auditors", what="Held it open."),
    )
    one = Recommendation(number=1, text="Do it.", to="Director", evidence_required="A report", history=entries)
    finding = Finding(id="a", title="Records are thin", recommendations=(one,))
    report = replace(sample_report(), findings=(finding,))
    workbook = json.dumps(render_sample_report(report)["report.xlsx"].hex())
    assert one.list_history(report.as_of) == entries[:1]
    assert "Held it open." not in read_words(report) and workbook
    late = replace(one, history=entries[1:])
    words = read_words(replace(report, findings=(replace(finding, recommendations=(late,)),)))
    assert "Status: not yet made on 28 December 2011." in words


def test_a_possible_noncompliance_is_reported_or_referred() -> None:
    [one] = DECLARED.noncompliance
    none = replace(one, rule="us-citizen", provision="8 U.S.C. 1227(a)", words="A citizen was detained.")
    referred = replace(one, referred_to="the Inspector General", referred_on=date(2012, 1, 3))

    def told(*declared: PotentialNoncompliance, is_withheld: bool = False) -> list[str]:
        return [
            *list_noncompliance(replace(DECLARED, noncompliance=declared), sample_result(), is_withheld=is_withheld)
        ]

    assert told(one, none) == [
        "8 CFR 287.7(d), 7 sampled cases: Assumed late. It is reported here, and was not referred to anybody."
    ]
    assert told(referred)[0].endswith("Assumed late. Referred to the Inspector General on 3 January 2012.")
    assert "8 CFR 287.7(d), 7 sampled cases" in page_words()
    withheld = "Numbers of sampled cases are withheld, and may be none, under: 8 U.S.C. 1227(a)."
    assert told(none, none, is_withheld=True) == [withheld], "the public is not told that a citizen was detained"


def test_the_compliance_statement_follows_from_the_departures() -> None:
    assert "has not been recorded, so no statement" in describe_compliance(DECLARED)
    one = Departure(requirement="8.90", what="No interviews.", effect="Causes are not stated.")
    assert "except for 1 requirement listed below" in describe_compliance(replace(DECLARED, departures=(one,)))
    assert "No departure was recorded." in describe_compliance(replace(DECLARED, departures=()))
    assert "8.90: No interviews. Effect: Causes are not stated." in read_words(
        sample_report(declared=replace(DECLARED, departures=(one,)))
    )


def test_reliability_is_told_part_by_part_and_the_verdict_is_left() -> None:
    totals = (ControlTotals(table="matches", file="m.csv", sha256="a", rows_in=9, rows_used=8, rows_set_aside=1),)
    parts = dict(
        list_reliability_parts(
            ReliabilityAssessment(), totals, sample_report().checks, (("status", 3),), undeterminable=3
        )
    )
    assert parts["Testing: completeness"].startswith("9 rows were read. Set aside, because not as declared: 1 row of")
    assert parts["Testing: accuracy"].startswith("1 of 3 checks of the tables passed. Not passed: ")
    assert "3 sampled cases cannot be determined" in parts["Testing: applicability"]
    assert parts["Tracing to and from source documents"] == "Not recorded."
    assert parts["Determination"].startswith("Not made.")
    entry = EvidenceEntry(kind="testimonial", what="A field officer", on=date(2011, 9, 1), supports="Finding 1")
    assert [*list_evidence((entry,), totals)][1] == (
        "Testimonial",
        "A field officer, 1 September 2011",
        "Finding 1; not corroborated",
    )


def test_the_standard_error_is_that_of_a_simple_random_sample() -> None:
    """sqrt(p(1 - p)/(n - 1)(1 - n/N)) with p = 698/723, n = 723, N = 348,958: 0.0067907…, by hand."""
    result = sample_result()
    assert compute_standard_error(result) == pytest.approx(0.00679, abs=5e-6)
    assert compute_standard_error(replace(result, design=replace(result.design, method="cluster"))) is None
    assert "The standard error of the rate of all cases is 0.68 points" in page_words()


def test_the_method_is_what_was_done() -> None:
    words = page_words()
    for said in (
        "The unit that was sampled is one match. Of 318,000 known persons in the frame, 30,000 stand in it more than "
        "once, with 60,000 matches; of the 766 drawn, 130 are of such persons.",
        "12 persons stand in the sample more than once, with 24 matches.",
        "The limits rest on the draw alone, in which each match had its chance whoever it is of",
        "With each person counted once, as deviating where any sampled match of the person deviates, 686 of 711 "
        "(96.5%) conform, with 95% confidence 94.9% to 97.7%.",
        "Who saw the digest published and the seed chosen: not stated.",
        "the nearest counts",
        "That no row is on file shows that nothing was done or found only where the file is known to be whole: actions "
        "(encounter date on file and disposition code not blank and disposition code not redacted)",
        "The outcomes of 766 of 766 cases are those of the rules; people reviewed 0.",
        "The results project to the frame of this period, and to nothing else.",
        "dice thrown in public on 30 November 2011",
        "Rows of actions count from 30 days before the match to 60 days after its decision",
        "Nothing that is dated or was recorded after 28 December 2011 was read.",
        "Tolerable rate of deviations: 5.0%. Who set it is not stated.",
    ):
        assert said in words, said


def test_where_nobody_stands_twice_it_is_said_and_no_other_rate_is_told() -> None:
    words = read_words(sample_report(persons=repeated_persons(0)))
    assert "No person stands in the sample more than once." in words and "counted once" not in words


def test_where_persons_are_withheld_no_number_of_them_is_told() -> None:
    """Three persons of two matches are too few for the public; a crowd is told, without a second rate beside it."""
    few, many = (sample_report(persons=repeated_persons(n), audience="public") for n in (3, 12))
    assert few.persons is None
    assert "A person may stand in the frame and in the sample more than once." in read_words(few)
    assert many.persons is not None and many.persons.once is None and "counted once" not in read_words(many)


def test_an_open_case_is_listed_with_every_rule_that_could_decide_it() -> None:
    report = sample_report()
    rows = read_table(report, "2 cases that were not decided")
    assert "Of the 43, 1 may be critical: a rule that could decide them is of that severity." in read_words(report)
    assert rows[1] == ["Persons: us-citizen, priority-1-level-2, outside-priorities"]
    assert [(row[0], row[3]) for row in rows[2:]] == [("M11-000050", "critical"), ("M11-000051", "ordinary")]
    table = build_sample_tables(report)["undecided"]
    assert [row[0] for row in table.rows] == ["M11-000050", "M11-000051", "M11-000052"]
    assert dict(zip(table.header, table.rows[0], strict=True))["rules"] == (
        "us-citizen; priority-1-level-2; outside-priorities"
    )
    public = sample_report(audience="public")
    assert public.undecided == () and "undecided" not in build_sample_tables(public)


def test_the_records_that_would_settle_the_most_are_told() -> None:
    assert describe_decisive_records(sample_result()) == (
        "With records of these kinds found or completed, so many of the 43 could be decided: encounters, 11; "
        "encounters and persons, 17. With no other set of as few kinds could more. The last takes 29 records, counted "
        "case by case."
    )


def read_texts(book: bytes) -> list[str]:
    """Every text that a workbook holds in a cell."""
    with ZipFile(BytesIO(book)) as archive:
        root = Xml.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in one.iter() if text.tag.endswith("}t")) for one in root]


def test_no_few_cases_stand_between_two_sets_of_records_that_the_public_is_told() -> None:
    steps = [DecisiveRecords(kinds=("a",) * n, cases=n, records=n) for n in (5, 12, 21, 28, 42, 43)]
    public = sample_report(result=replace(sample_result(), decisive=tuple(steps)), audience="public").result
    assert [one.cases for one in public.decisive] == [12, 28, 43]


def test_a_day_in_a_workbook_is_a_date_and_no_text() -> None:
    entries = (HistoryEntry(on=date(2011, 11, 1), by="Management", what="Agreed."),)
    one = Recommendation(number=1, text="Do it.", to="Director", evidence_required="A report", history=entries)
    finding = Finding(id="a", title="Records are thin", recommendations=(one,))
    signed = build_sample_workbook(replace(sample_report(), findings=(finding,), sign_off=made_up.SIGNED))
    book = fastexcel.read_excel(signed)
    findings = book.load_sheet("Findings", dtypes="string").to_polars()
    assert findings["Day or month"].drop_nulls().to_list() == ["2011-11-01 00:00:00"]
    assert book.load_sheet("Cases").to_polars()["Decided on"].dtype in (pl.Date, pl.Datetime("ms"))
    front = dict(book.load_sheet("About", header_row=None, dtypes="string").to_polars().iter_rows())
    assert (front["As known on"], front["Issued on"]) == ("2011-12-28 00:00:00", "2011-11-21 00:00:00")
    for texts in map(read_texts, (signed, build_month_workbook(made_up.report()))):
        assert not [text for text in texts if re.fullmatch(r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+ \d{4}", text)]


def test_what_is_on_record_is_told_and_what_is_not_known_is_left_out() -> None:
    case = replace(
        sample_report().cases[0],
        evidence=(
            ("status", "lpr"),
            ("convictions.felony", "2"),
            ("seized", "yes"),
            ("acted", "no"),
            ("last", "unknown"),
        ),
    )
    assert describe_facts_on_record(case) == "status lpr, convictions: felony 2, seized"


@cache
def public_files() -> dict[str, bytes]:
    return render_sample_report(sample_report(audience="public", review=UNREVIEWED))


def test_the_public_edition_says_what_withholding_costs() -> None:
    before, report = sample_report().result, sample_report(audience="public")
    costs = {cost.table: cost for cost in report.withheld}
    cells = costs["sampled cases by outcome and class"]
    assert (cells.rows, cells.rows_of) == (len(before.cells), len(before.cells)), "told by its sums"
    rules = costs["cases by rule"]
    assert (rules.rows, rules.counts) == (0, sum(rule.cases is not None for rule in before.rules))
    assert costs["data checks"].least == report.withholding.checks
    words = read_words(report)
    assert "no count of cases from 1 to 10 is in it" in words
    assert f"Sampled cases by outcome and class (under 11): {cells.rows} of {cells.rows_of} rows" in words
    assert sample_report().withheld == () and "What withholding costs" not in read_words(sample_report())


def test_the_public_edition_has_no_case_and_no_small_count() -> None:
    report = sample_report(audience="public")
    text = json.dumps(asdict(report), default=str)
    assert report.cases == () and report.review is None
    assert not re.search(r"M11-\d{6}", text + read_words(report) + "".join(public_files()))
    assert [one.attribute for one in report.result.attributes] == [
        "consistency",
        "documentation",
        "timeliness",
        "lifting",
    ]
    assert report.result.groups == (), "one critical case: a group would tell it"
    assert all(one.deviations == () for one in report.result.attributes[:1])
    assert "Critical" not in [kind for kind, *_ in describe_standouts(report.result)]
    assert "Numbers of sampled cases are withheld, and may be none" in read_words(report)


def test_every_output_is_there_and_the_same_for_the_same_record() -> None:
    files = render_sample_report(sample_report(review=UNREVIEWED))
    assert {"report.json", "report.html", "report.pdf", "report.xlsx"} <= set(files)
    assert {"tables/attributes.csv", "tables/rates.csv", "tables/cases.csv", "figures/groups.svg"} <= set(files)
    assert files == render_sample_report(sample_report(review=UNREVIEWED))
    assert "tables/cases.csv" not in public_files()


def test_the_workbook_and_the_tables_have_the_numbers_of_the_page() -> None:
    tables = build_sample_tables(sample_report())
    assert [row[3] for row in tables["cells"].rows] == [267, 48, 11, 88, 218, 21, 45, 16, 8, 1, 43]
    assert sum(row[2] for row in tables["attributes"].rows if row[0] == "timeliness") == 766  # type: ignore[misc]
    overall = dict(zip(tables["rates"].header, tables["rates"].rows[0], strict=True))
    assert overall["rate"] == 698 / 723 and overall["worst"] == 698 / 766


def test_every_cell_of_the_program_stands_in_its_words_and_adds_up() -> None:
    rows = read_table(sample_report(), "Every outcome")[1:]
    counts = [number(row[-1]) for row in rows]
    assert rows[0][0] == "Priority 1, and action was taken"
    assert sum(counts[:-1]) == counts[-1] == 766
    assert check_tables(render_sample_page(sample_report(review=UNREVIEWED)).decode())


def test_the_style_knows_every_class_of_the_page() -> None:
    page = render_sample_page(sample_report(review=UNREVIEWED)).decode()
    style = page[page.index("<style>") : page.index("</style>")]
    used = {name for names in re.findall(r' class="([^"]*)"', page) for name in names.split()}
    assert {name for name in used if not re.search(rf"\.{name}\b", style)} <= {"wide", "whole", "sum", "long"}
