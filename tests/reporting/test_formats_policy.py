"""The policy on a page: of a day or of all, its words quoted, its terms linked, and nothing that reaches a network."""

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest

from audit.policy.rules import Citation, DateInterval
from audit.reporting.formats.policy import (
    FORMATS,
    build_policy_view,
    format_policy_html,
    format_policy_json,
    format_policy_text,
)
from audit.reporting.formats.templates import make_environment
from tests.made_up import HOSTILE
from tests.made_up_policy import NEW, POLICY

ON = date(2011, 5, 2)


def words(html: str) -> str:
    return re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))
    )


class Page(HTMLParser):
    """Every id of a page, and every place in it that a link leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        if "href" in found:
            self.links.add(found["href"] or "")


def test_a_day_shows_the_versions_of_that_day() -> None:
    found = build_policy_view(POLICY, title="Visits", on=ON)
    assert [
        (one.rule.id, [version.under for version in one.versions]) for _, rules in found.attributes for one in rules
    ] == [
        ("owner", ["NEW"]),
        ("felon", ["NEW"]),
        ("nobody", ["NEW"]),
    ]
    assert [document.id for document in found.documents] == ["NEW", "SPARE"]
    assert [document.id for document in found.others] == ["OLD"]
    assert [term.name for term in found.terms] == ["acted", "grave"]
    assert found.format_headline() == "3 rules and 2 documents in force on 2 May 2011."


def test_every_date_shows_every_version() -> None:
    found = build_policy_view(POLICY, title="Visits", on=None)
    assert sum(len(one.versions) for _, rules in found.attributes for one in rules) == 7
    assert (len(found.documents), found.others) == (3, ())
    assert [term.name for term in found.terms] == ["acted", "grave", "light"]
    assert found.format_headline() == "4 rules under 3 documents, of every date."


def test_a_rule_that_may_have_been_in_force_says_so() -> None:
    began = (DateInterval(since=date(2011, 5, 1), since_by=date(2011, 5, 31)),)
    rules = tuple(replace(rule, versions=(replace(rule.versions[-1], in_force=began),)) for rule in POLICY.rules)
    found = build_policy_view(replace(POLICY, rules=rules), title="Visits", on=ON)
    assert all(one.perhaps for _, stated in found.attributes for one in stated)
    for form in (format_policy_text, format_policy_html):
        assert "obody knows whether it was in force that day" in form(found)


def test_the_page_quotes_every_rule_and_defines_every_term() -> None:
    html = format_policy_html(build_policy_view(POLICY, title="Visits", on=ON))
    text = words(html)
    for said in (
        "Visits: the policy As in force on 2 May 2011",
        "1. Of owners",
        "“of the grave, or the old”",
        "House rule 4",
        "consistent; if not as expected, inconsistent (critical); class: owner",
        "9 examples, put to the rule by every test run",
    ):
        assert said in text
    assert "of the light" not in text
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    inside = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert {"term-acted", "term-grave", "document-NEW", "consistency", "terms", "documents"} <= inside


def test_what_nobody_checked_is_said_where_it_stands() -> None:
    html = format_policy_html(build_policy_view(POLICY, title="Visits", on=None))
    assert "Not checked against the documents themselves: SPARE; rascal under OLD." in words(html)
    assert html.count("Not checked against the document itself.") == 2
    assert "rascal under OLD" not in format_policy_html(build_policy_view(POLICY, title="Visits", on=ON))


def test_a_word_in_quotation_marks_is_no_term() -> None:
    rule = replace(
        POLICY.rules[1], versions=(replace(POLICY.rules[1].versions[1], when="status = 'grave'", expects=""),)
    )
    found = build_policy_view(replace(POLICY, rules=(rule,)), title="Visits", on=ON)
    assert found.terms == ()
    assert 'href="#term-grave"' not in format_policy_html(found)


def test_the_page_needs_no_network_and_runs_nothing() -> None:
    html = format_policy_html(build_policy_view(POLICY, title="Visits", on=ON))
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\((?!\"data:)", html)
    assert "default-src 'none'" in unescape(html)
    assert "script" not in Page(html).tags


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_text_stays_text(form: str) -> None:
    for bad in HOSTILE:
        cited = Citation(section=bad, quote=bad)
        rule = replace(
            POLICY.rules[0],
            title=bad,
            case_class=bad,
            versions=(replace(POLICY.rules[0].versions[1], citation=cited),),
            examples=tuple(replace(example, it=bad) for example in POLICY.rules[0].examples),
        )
        term = replace(POLICY.terms["acted"], citation=bad)
        document = replace(NEW, title=bad, source=bad, issuer=bad)
        hostile = replace(POLICY, rules=(rule,), terms={"acted": term}, documents={**POLICY.documents, "NEW": document})
        made = FORMATS[form](build_policy_view(hostile, title=bad, on=ON))
        if form == "json":
            assert json.loads(made)["rules"][0]["title"] == bad
            continue
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e\ufffe]", made)
        if form == "html":
            assert not {"script", "img"} & Page(made).tags


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_policy_gives_the_same_text(form: str) -> None:
    found = build_policy_view(POLICY, title="Visits", on=ON)
    assert FORMATS[form](found) == FORMATS[form](found)


def test_json_holds_every_word() -> None:
    read = json.loads(format_policy_json(build_policy_view(POLICY, title="Visits", on=ON)))
    assert (read["schema"], read["on"]) == ("audit-policy/1", "2011-05-02")
    assert [rule["versions"][0]["citation"]["quote"] for rule in read["rules"]] == [
        "as ever",
        "of the grave, or the old",
        "as ever",
    ]
    assert [term["name"] for term in read["terms"]] == ["acted", "grave"]


def test_text_is_read_in_the_order_in_which_rules_are_asked() -> None:
    text = format_policy_text(build_policy_view(POLICY, title="Visits", on=ON))
    assert text.startswith(
        "Visits\n3 rules and 2 documents in force on 2 May 2011.\n\nConsistency\n-----------\n\n1. Of owners (owner)\n"
    )
    assert text.index("Of owners") < text.index("Of felons") < text.index("Of nobodys") < text.index("Terms")
    assert "Not in force that day\n---------------------\n\n   OLD" in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_page_leaves_the_words_of_other_pages_as_they_are() -> None:
    before = dict(make_environment().filters)
    format_policy_html(build_policy_view(POLICY, title="A program", on=ON))
    assert dict(make_environment().filters) == before
