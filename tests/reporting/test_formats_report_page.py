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
from audit.reporting.formats.report_page import describe_month_change, render_report_page
from tests import made_up
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
        if tag not in ("meta", "img", "br"):
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
    return Reader(render_report_page(made_up.report(**variant)).decode())


@pytest.fixture(scope="module", params=list(VARIANTS.values()), ids=list(VARIANTS))
def any_page(request: pytest.FixtureRequest) -> Reader:
    return read(**request.param)


@pytest.fixture(scope="module")
def plain_page() -> Reader:
    return read()


def test_structure_serves_everyone(any_page: Reader) -> None:
    assert any_page.open_ == []
    assert any_page.all("html") == [{"lang": "en"}]
    assert [len(any_page.all(tag)) for tag in ("h1", "main", "header", "footer", "nav", "title")] == [1] * 6
    assert len(any_page.all("caption")) == len(any_page.all("table")) > 0
    assert all("scope" in th for th in any_page.all("th"))
    assert all(image["alt"] for image in any_page.all("img"))
    levels = [int(tag[1]) for tag, _ in any_page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_of_cases_adds_up_to_its_heading(any_page: Reader) -> None:
    assert any(name.startswith("Every ") for name in check_tables(any_page.html))


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
    assert render_report_page(made_up.report(offices=3)) == render_report_page(made_up.report(offices=3))


def test_hostile_text_stays_text() -> None:
    found = read(offices=7, hostile=True)
    assert len(found.all("script")) == len(found.all("style")) == 1
    assert len(found.all("img")) == 2  # offices, months
    assert "<script>alert(1)</script>" in found.words() and "{{ 7*7 }}" in found.words()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", found.html)


def test_the_order_is_that_of_the_report(plain_page: Reader) -> None:
    assert [section["aria-labelledby"] for section in plain_page.all("section")] == [
        "change",
        "measure-1",
        "open",
        "checks",
        "method",
        "caveats",
        "provenance",
    ]


def test_the_head_says_what_when_and_how_far(plain_page: Reader) -> None:
    report, words = made_up.report(), plain_page.words()
    assert plain_page.words("h1") == report.title
    for said in ("September 2011, as known on 31 October 2011 Draft", report.synthetic, report.headline):
        assert said in words
    for key in report.key_figures:
        assert all(part in words for part in (key.value, key.label, key.detail))


def test_every_office_has_a_row_with_its_numbers(plain_page: Reader) -> None:
    first, later = made_up.report().measures[:2]
    rows = plain_page.words()
    for office, then in zip((*first.offices, first.national), (*later.offices, later.national), strict=True):
        cells = [office.name]
        for o in (office, then):
            rates = [
                formatting.format_percent(o.compliant, o.due),
                formatting.format_percent(o.compliant + o.late, o.due),
            ]
            cells += [
                formatting.format_count(o.due),
                formatting.format_count(o.compliant),
                *rates,
                formatting.format_count(o.pending),
            ]
        cells += [formatting.format_count(office.no_identifier)]
        assert " ".join(cells) in re.sub(r"\s+", " ", rows)


def test_the_count_is_reconciled_and_bounded(plain_page: Reader) -> None:
    n, words = made_up.report().measures[0].national, plain_page.words()
    assert f"Received {n.received:,}" in words and "Left out: duplicate transmission" in words
    worst, best = formatting.format_percent(n.worst), formatting.format_percent(n.best)
    assert (
        f"If every pending or withheld match failed, the rate would be {worst}; if every one passed, {best}." in words
    )
    assert "14 matches had several records that fitted equally well: one dated on or after the match was used" in words
    assert "nearest in time" not in words
    without = n.due - made_up.report().measures[0].identified[1]
    assert f"Of those due, without an identifier {without:,}" in words
    rate, rest = formatting.format_percent(n.compliant, n.due - without), f"{n.due - without:,} matches"
    assert f"{without:,} matches due without an identifier; left out of the rate, it would be {rate} of {rest}" in words


def test_rows_set_aside_stand_with_the_count(plain_page: Reader) -> None:
    said = "Not in it, because not as declared, of whatever period: 12 rows of matches set aside."
    assert said in plain_page.words("caption")
    clean = replace(made_up.report(offices=2), provenance=replace(made_up.provenance(), inputs=()))
    assert "set aside" not in Reader(render_report_page(clean).decode()).words("caption").replace("rows set aside", "")


@pytest.mark.parametrize(
    ("spread", "heading", "limits"),
    [
        (0.0, "Against chance", "those that chance alone would set if all had one rate."),
        (0.002, "Against widened limits", "widened for the ordinary spread between offices."),
    ],
)
def test_the_column_and_its_note_say_which_limits_they_are(spread: float, heading: str, limits: str) -> None:
    made = made_up.report(offices=5)
    first = replace(made.measures[0], spread=spread, dispersion=4.0, outside=("St. Paul",))
    words = Reader(render_report_page(replace(made, measures=(first, *made.measures[1:]))).decode()).words("main")
    assert f"{heading} Due" in words and f"{heading}: whether the rate without a grace period lies outside" in words
    assert f"99.8% limits around the rate of all offices, {limits}" in words
    assert "1 of 5 field offices lies outside the 99.8% limits that chance alone would set" in words
    assert "a difference is real" not in words


def test_an_office_with_too_few_due_shows_counts_and_no_rate() -> None:
    made = made_up.report(offices=3)
    few = tuple(
        replace(m, offices=(replace(m.offices[0], due=9, compliant=8, timely=None, flag="too few"), *m.offices[1:]))
        for m in made.measures
    )
    words = Reader(render_report_page(replace(made, measures=few)).decode()).words("main")
    assert "Seattle 9 8 under 11 – 8 9 8 under 11 – 8 9 too few" in words
    assert "Under 11: fewer than 11 matches due, so the counts stand without a rate." in words
    assert "Under 11" not in read(offices=3).words("main")


def test_a_person_stands_on_every_line_of_the_list(plain_page: Reader) -> None:
    words = plain_page.words("details")
    for item in made_up.report().open_items:
        without = " (no identifier)" if item.no_identifier else ""
        assert f"{item.person} {item.month} {item.missing}{without} {item.units}" in words


def test_the_list_says_what_it_counts_and_what_is_not_in_it(plain_page: Reader) -> None:
    items, words = made_up.report().open_items, plain_page.words()
    units, records, nobody = (sum(getattr(i, name) for i in items) for name in ("units", "records", "no_identifier"))
    assert f"{len(items)} open items of September 2011, about {units} matches that lack {records} records" in words
    assert f"{nobody} of these have no identifier: find the identifier first." in words
    assert "No identifier Find the identifier first: without it no record can be linked." in words
    assert "Items of earlier months that are still open are not in this list." in words
    assert (
        "earlier months"
        not in Reader(render_report_page(replace(made_up.report(offices=2), period="all")).decode()).words()
    )


def test_inputs_are_named_with_their_digests(plain_page: Reader) -> None:
    assert "matches matches.csv 29,999 29,987 12 " + "c" * 64 in plain_page.words()


def test_checks_that_did_not_pass_come_first(plain_page: Reader) -> None:
    words = plain_page.words()
    assert "1 of 3 checks of the tables behind this report passed." in words
    assert words.index("Checks that did not pass") < words.index("match_id is unique") < words.index("Every check")
    assert "warning 29,802 662 2.2% warning" in words and "critical 29,802 2 under 0.1% failed" in words


def test_without_a_sample_audit_nothing_speaks_of_one() -> None:
    found = read(offices=3)
    assert "#audit" not in [a["href"] for a in found.all("a")] and "ample" not in found.words("main")


def test_without_times_nothing_is_called_late() -> None:
    found = read(offices=3, timed=False)
    tables = found.words("table")
    assert (
        "Field office Due Met Rate" in tables
        and "Month Due Met Rate" in tables
        and "Pending" not in tables
        and "Recorded late" not in tables
    )


def test_an_office_without_cases_has_neither_rate_nor_verdict() -> None:
    page = read(offices=4, without_cases=1)
    assert "San Francisco" not in page.words("table") and "No cases: San Francisco." in page.words()
    none = read(offices=2, without_cases=2)
    assert "Every field office" not in none.words("table"), "a table without a case is one line"
    assert "No cases: St. Paul and Washington." in none.words()
    assert "Nothing was due in September 2011." in read(offices=2, without_cases=2).words()


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
    section = Reader(render_report_page(both).decode()).words("section")
    assert f"{made.measures[0].title} in time: the share over all offices" in section
    assert "Another duty: the share over all offices was 100.0% in both" in section
    assert "Month by month: Another duty" in section


def test_months_too_small_for_a_rate_are_told_by_their_counts() -> None:
    unit = ("match", "matches")
    said = describe_month_change((month("2011-07", 1, due=1), month("2011-08", 9, due=10)), unit=unit)
    assert said == "1 of 1 match met it in July 2011; 9 of 10 matches met it in August 2011."
    said = describe_month_change((month("2011-07", 500), month("2011-08", 0, due=0)), unit=unit)
    assert said == "500 of 1,000 matches met it in July 2011; nothing was due in August 2011."
    few = replace(made_up.report(offices=3), months=(month("2011-07", 0, due=0), month("2011-08", 9, due=10)))
    assert "July 2011 0 0 none due August 2011 10 9 under 11" in Reader(render_report_page(few).decode()).words("table")


def test_without_two_months_there_is_no_change() -> None:
    assert describe_month_change((month("2011-08", 5),), unit=("match", "matches")) == ""
    found = Reader(render_report_page(replace(made_up.report(offices=3), months=())).decode())
    assert "change" not in [section["aria-labelledby"] for section in found.all("section")]
