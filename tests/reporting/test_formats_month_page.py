"""The page: complete, self-contained, safe from its own data, reachable by everyone, and the same bytes twice."""

import re
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from audit import formatting
from audit.compliance.office_rates import MonthRate
from audit.reporting.formats.html_tree import parse_page
from audit.reporting.formats.month_page import describe_month_change, render_month_page
from tests import made_up, made_up_month
from tests.adding_up import check_tables

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "one office": {"offices": 1},
    "an office without cases": {"offices": 4, "without_cases": 1},
    "no case at all": {"offices": 2, "without_cases": 2},
    "complete": {"complete": True},
    "untimed": {"timed": False},
    "hostile": {"offices": 7, "hostile": True},
}


@dataclass
class Reader(HTMLParser):
    """The page as a browser would take it apart: its elements, their attributes, and the text in each kind."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: dict[str, list[str]] = field(default_factory=dict)
    open_: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "img", "br", "source"):
            self.open_.append(tag)
        self.handle_data(" " if tag in ("td", "th", "caption", "dt", "dd", "br", "blockquote") else "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open_.pop() == tag, f"{tag} closes what it did not open"

    def handle_data(self, data: str) -> None:
        for tag in set(self.open_):
            self.text.setdefault(tag, []).append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self, tag: str = "body") -> str:
        return " ".join("".join(self.text.get(tag, [])).split())


@cache
def read(**variant: Any) -> Reader:
    return Reader(render_month_page(made_up.report(**variant)).decode())


@pytest.fixture(scope="module", params=list(VARIANTS.values()), ids=list(VARIANTS))
def any_page(request: pytest.FixtureRequest) -> Reader:
    return read(**request.param)


@pytest.fixture(scope="module")
def plain_page() -> Reader:
    return read()


@pytest.fixture(scope="module")
def month_page() -> Reader:
    return Reader(render_month_page(made_up_month.report()).decode())


def test_every_table_of_a_month_adds_up(month_page: Reader) -> None:
    names = check_tables(month_page.html)
    assert "Open items by field office" in names and "The matches counted" in names


def test_structure_serves_everyone(any_page: Reader) -> None:
    assert any_page.open_ == []
    assert any_page.all("html") == [{"lang": "en"}]
    assert [len(any_page.all(tag)) for tag in ("h1", "main", "header", "footer", "nav", "title")] == [1] * 6
    assert len(any_page.all("caption")) == len(any_page.all("table")) > 0
    assert all("scope" in th for th in any_page.all("th"))
    assert all(image["alt"] for image in any_page.all("img") if image.get("class") != "small"), "a mark is decoration"
    levels = [int(tag[1]) for tag, _ in any_page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_of_cases_adds_up_to_its_heading(any_page: Reader) -> None:
    assert check_tables(any_page.html)


def test_the_style_knows_every_class(any_page: Reader) -> None:
    worn = {name for _, attributes in any_page.elements for name in attributes.get("class", "").split()}
    assert worn <= set(re.findall(r"\.([a-z]+)", any_page.words("style")))


def test_links_lead_somewhere_on_the_page(any_page: Reader) -> None:
    ids = Counter(attributes["id"] for _, attributes in any_page.elements if "id" in attributes)
    assert max(ids.values()) == 1
    targets = [a["href"] for a in any_page.all("a")] + ["#" + s["aria-labelledby"] for s in any_page.all("section")]
    assert all(target.startswith("#") and target[1:] in ids for target in targets)


def test_nothing_is_fetched(any_page: Reader) -> None:
    sources = [
        a[name] for _, a in any_page.elements for name in ("src", "srcset", "data", "poster", "action") if name in a
    ]
    assert all(source.startswith("data:") for source in sources)
    assert not any_page.all("link") and not any_page.all("iframe")
    style = any_page.words("style")
    assert "@import" not in style and all(url.startswith('"data:') for url in re.findall(r"url\(([^)]*)", style))


def test_the_policy_of_the_page_lets_in_only_its_own_style_and_script(any_page: Reader) -> None:
    (policy,) = [m["content"] for m in any_page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", any_page.html, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert not any("style" in a or any(name.startswith("on") for name in a) for _, a in any_page.elements)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert render_month_page(made_up.report(offices=3)) == render_month_page(made_up.report(offices=3))


def test_hostile_text_stays_text() -> None:
    found = read(offices=7, hostile=True)
    assert len(found.all("script")) == len(found.all("style")) == 1
    assert "<script>alert(1)</script>" in found.words() and "{{ 7*7 }}" in found.words()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", found.html)


def test_the_order_is_that_of_the_report(plain_page: Reader) -> None:
    assert [section["aria-labelledby"] for section in plain_page.all("section")] == [
        *("answer", "measure-1", "follow", "counted", "annex"),
        *("checks", "method", "caveats", "provenance"),
    ]


def test_the_head_says_what_when_and_how_far(plain_page: Reader) -> None:
    report, words = made_up.report(), plain_page.words()
    assert plain_page.words("h1") == "September 2011"
    for said in (report.title, "as known on 31 October 2011", report.synthetic, report.headline):
        assert said in words
    for key in report.key_figures:
        assert all(part in words for part in (key.value, key.label, key.detail))


def test_what_is_missing_before_issue_stands_before_any_number(month_page: Reader) -> None:
    words = month_page.words()
    said = (
        "Draft: not issued Missing before it can be issued: sign-off by the responsible official the supplier’s "
        "delivery note for dispositions: without it nobody has confirmed that the rows are complete the reason why "
        "matches has 29,999 rows and the delivery note states 30,000"
    )
    assert said in words and words.index(said) < words.index(made_up.report().headline)
    signed = replace(made_up.report(offices=3), status="issued", sign_off=made_up.SIGNED)
    issued = Reader(render_month_page(signed).decode()).words()
    assert "Issued by Assistant Inspector General for Audits on 21 November 2011. Unsigned:" in issued
    assert "not issued" not in issued and "Missing before" not in issued


def test_every_sheet_says_what_it_is_and_its_number(month_page: Reader) -> None:
    foot = (
        "Draft · Synthetic data · September 2011, as known on 31 October 2011 · Documentation of matches Page {} of 4"
    )
    assert all(foot.format(n) in month_page.words() for n in (1, 2, 3, 4))


def list_office_columns(page: str, names: set[str]) -> list[list[str]]:
    """The offices of each table that lists more than one, as they stand."""
    tables = parse_page(page).find_elements("table")
    columns = [[row.find_elements("th", "td")[0].get_text() for row in table.find_elements("tr")] for table in tables]
    return [kept for column in columns if len(kept := [name for name in column if name in names]) > 1]


def test_offices_stand_in_one_order_in_every_table() -> None:
    report = made_up_month.report()
    ranked = [office.name for office in sorted(report.measures[0].offices, key=lambda one: one.compliant / one.due)]
    columns = list_office_columns(render_month_page(report).decode(), set(ranked))
    gaps, movers, offices, moved = columns
    assert offices == ranked
    assert moved == ["Houston", "Atlanta"], "of the follow-up, by the same order"
    assert gaps == ranked[:4], "the largest gaps first"
    assert len(movers) == 5


def test_every_office_has_a_row_with_its_numbers(month_page: Reader) -> None:
    report = made_up_month.report()
    changes = {one.office: one for one in report.changes}
    standings = {one.office: one for one in report.targets[0].offices}
    rows = month_page.words("table")
    for o in report.measures[0].offices:
        cells = [
            *(o.name, f"{o.due:,}", f"{o.compliant:,}", f"{o.late:,}", f"{o.due - o.compliant - o.late:,}"),
            *(formatting.format_percent(o.compliant, o.due), formatting.format_points(changes[o.office].last_month)),
            *("80.0%", "met" if standings[o.office].standing == "meets" else str(standings[o.office].gap)),
        ]
        assert " ".join(cells) in rows


def test_who_falls_short_is_said_apart_from_who_is_below(month_page: Reader) -> None:
    words = month_page.words()
    assert (
        "Of 24 field offices, three fall short of 86% by more than chance, one is below it but too close to say, "
        "twenty meet it." in words
    )
    assert "Largest gaps: 95 of the 95" in words


def test_without_a_target_the_page_says_so_and_prints_the_gap_to_all() -> None:
    report = made_up_month.report(target=False)
    words = Reader(render_month_page(report).decode()).words()
    n = report.measures[0].national
    assert "Target: none declared. The last column is the gap to all: matches not recorded in time." in words
    assert f"of the {n.due - n.compliant:,}" in words and "Short by" not in words


def test_a_month_before_the_duty_is_marked(month_page: Reader) -> None:
    [alt] = [image["alt"] for image in month_page.all("img") if image["alt"].startswith("Line chart. ")]
    assert "September 2011" in alt
    assert "March 2011: an instruction (day not known). July 2011: its reminder (day not known)." in month_page.words()


def test_the_count_is_reconciled_and_bounded(plain_page: Reader) -> None:
    n, words = made_up.report().measures[0].national, plain_page.words()
    assert f"received {n.received:,} − duplicate transmission" in words
    assert f"= counted {n.due:,} in time {n.compliant:,} late, by 31 October 2011 {n.late:,} missing: " in words
    assert "not under this duty" not in words and "recorded as not done" not in words, "a row that counts none"
    worst, best = formatting.format_percent(n.worst), formatting.format_percent(n.best)
    assert (
        f"If every pending or withheld match failed, the rate would be {worst}; if every one passed, {best}." in words
    )
    assert "14 matches had several records that fitted equally well: one dated on or after the match was used" in words
    without = n.due - made_up.report().measures[0].identified[1]
    assert f"of those counted, without an identifier of a person {without:,}" in words
    assert f"{without:,} of {n.due:,} matches carry no identifier of a person" in words


def test_what_was_counted_stands_with_its_rule_and_revisions(month_page: Reader) -> None:
    words = month_page.words()
    assert "Matches of 25,000 persons; 120 of them were counted by two offices or more." in words
    assert "Beside all matches: matches of some: 900 of 1,000 recorded in time (90.0%)." in words
    assert "matches, extracted 31 October 2011 30,000 29,999 dispositions none supplied 28,000" in words
    assert "Counted from 0 1 5 the match (used here) 85.0% 87.0% 88.0% the decision 86.0% 87.5% 88.5%" in words
    assert "August 2011 900 903 77.8% 77.5% 88.9% 94.1%" in words
    assert "Duty. Every match. Recorded. A row. In time. The same day. Target: 86%." in words
    assert "October 2011, as known on 30 November 2011." in words


def test_the_follow_up_adds_up_and_names_the_escalated(month_page: Reader) -> None:
    words = month_page.words()
    assert "67 items are open, 7 more than a month ago." in words
    assert "Of 32 items whose 60 days ended since, 3 (9%) were resolved in that time." in words
    assert "Houston 20 2 0 22 20 0 of 20 under" not in words and "Houston 20 2 0 22 20 0 of 20 0%" in words
    assert "All offices 60 10 3 67 50 3 of 32 9%" in words
    assert "Escalated: 1 field office Houston. Declared rule: short in three months (made up)." in words
    assert "three were drawn by ticket and traced to the record: two hold (67%) and one rests on a record" in words
    assert "No item came back, was found not to be required" in words, "an empty column is a sentence"


def test_rows_set_aside_stand_with_the_count(plain_page: Reader) -> None:
    said = "Not in it, because not as declared, of whatever period: 12 rows of matches set aside."
    assert said in plain_page.words()
    clean = replace(made_up.report(offices=2), provenance=replace(made_up.provenance(), inputs=()))
    assert "because not as declared" not in Reader(render_month_page(clean).decode()).words()


def test_an_office_with_too_few_due_shows_counts_and_no_rate() -> None:
    made = made_up.report(offices=3)
    few = tuple(
        replace(
            m, offices=(replace(m.offices[0], due=9, compliant=8, late=0, timely=None, flag="too few"), *m.offices[1:])
        )
        for m in made.measures
    )
    words = Reader(render_month_page(replace(made, measures=few)).decode()).words("main")
    assert "Seattle 9 8 0 1 too few 1" in words
    assert "Too few: fewer than 11 matches due, so the counts stand without a rate." in words
    assert "Too few" not in read(offices=3).words("main")


def test_open_items_without_a_ledger_are_counted_by_office(plain_page: Reader) -> None:
    items, words = made_up.report().open_items, plain_page.words("table")
    records = sum(item.records for item in items)
    assert f"All offices {len(items)} {records}" in words
    assert not any(item.person in plain_page.words() for item in items), "the lists are in the packets"


def test_inputs_are_named_with_their_digests(plain_page: Reader) -> None:
    assert "matches matches.csv 29,999 29,987 12 " + "c" * 64 in plain_page.words()


def test_the_annex_names_checks_that_failed_and_no_list_of_those_that_passed(plain_page: Reader) -> None:
    words = plain_page.words()
    assert "1 of 3 checks of the tables behind this report passed." in words
    assert words.index("Annex") < words.index("Checks that did not pass") < words.index("match_id is unique")
    assert "Every check" not in words
    assert "warning 29,802 662 2.2% warning" in words and "critical 29,802 2 under 0.1% failed" in words


def test_nothing_of_a_sample_is_on_the_page(plain_page: Reader) -> None:
    assert "ample" not in plain_page.words("main").replace("No sample of resolved items", "")


def test_without_times_nothing_is_called_late() -> None:
    tables = read(offices=3, timed=False).words("table")
    assert "Field office Matches Recorded Missing Rate" in tables and "Month Due Met Rate" in tables
    assert not any(word in tables.lower() for word in ("pending", "late", "in time"))


def test_an_office_without_cases_has_neither_rate_nor_verdict() -> None:
    page = read(offices=4, without_cases=1)
    assert "San Francisco" not in page.words("table") and "No cases: San Francisco." in page.words()
    none = read(offices=2, without_cases=2)
    assert "Every field office" not in none.words("table"), "a table without a case is one line"
    assert "No cases: St. Paul and Washington." in none.words() and "Nothing was due." in none.words()


def test_dark_and_narrow_screens_have_figures_of_their_own(month_page: Reader) -> None:
    media = [source["media"] for source in month_page.all("source")]
    assert all(one.startswith("screen and ") for one in media), "print is always light"
    assert sum("max-width" in one for one in media) == 4, "the line and the backlog, each light and dark"
    figures = len(month_page.all("figure"))
    assert month_page.words().count("The figure is wider than this screen") == figures - 2


def month(name: str, compliant: int, due: int = 1000) -> MonthRate:
    return MonthRate(month=name, due=due, compliant=compliant, late=0)


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (846, 862, "rose from 84.6% in July 2011 to 86.2% in August 2011."),
        (862, 846, "fell from 86.2% in July 2011 to 84.6% in August 2011."),
        (862, 862, "was 86.2% in both July 2011 and August 2011."),
    ],
)
def test_what_changed_is_the_last_month_against_the_one_before(before: int, now: int, words: str) -> None:
    said = describe_month_change(
        (month("2011-06", 1), month("2011-07", before), month("2011-08", now)), unit=("match", "matches")
    )
    assert said == f"the share over all offices {words}"


def test_what_changed_speaks_of_every_duty() -> None:
    made = made_up.report(offices=2)
    other = replace(made.measures[0], measure="other", title="Another duty")
    later = tuple(replace(one, measure="other", compliant=one.due, late=0) for one in made.months)
    both = replace(made, measures=(*made.measures, other), months=made.months + later)
    section = Reader(render_month_page(both).decode()).words("section")
    assert f"{made.measures[0].title} in time: the share over all offices" in section
    assert "Another duty: the share over all offices was 100.0% in both" in section
    assert "Every month: Another duty" in section


def test_months_too_small_for_a_rate_are_told_by_their_counts() -> None:
    unit = ("match", "matches")
    said = describe_month_change((month("2011-07", 1, due=1), month("2011-08", 9, due=10)), unit=unit)
    assert said == "1 of 1 match met it in July 2011; 9 of 10 matches met it in August 2011."
    said = describe_month_change((month("2011-07", 500), month("2011-08", 0, due=0)), unit=unit)
    assert said == "500 of 1,000 matches met it in July 2011; nothing was due in August 2011."
    few = replace(made_up.report(offices=3), months=(month("2011-07", 0, due=0), month("2011-08", 9, due=10)))
    assert "July 2011 0 0 none due August 2011 10 9 under 11" in Reader(render_month_page(few).decode()).words("table")


def test_without_two_months_there_is_no_change() -> None:
    assert describe_month_change((month("2011-08", 5),), unit=("match", "matches")) == ""
    found = Reader(render_month_page(replace(made_up.report(offices=3), months=())).decode())
    assert "Month by month" not in found.words()
