"""Every number in the text of a report of ours comes from its record, and an altered one is found."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.analysis.claims.numbers import find_quantities
from audit.analysis.claims.page_text import split_page
from audit.analysis.claims.passages import split_sentences
from audit.analysis.claims.record_facts import check_record_claims, compare_columns, trace_sentence
from audit.analysis.claims.record_values import read_record_values
from audit.formatting import format_count, format_percent
from audit.reporting.formats.discrepancy_report import render_quality_report
from audit.reporting.formats.month_page import render_month_page
from audit.reporting.formats.sample_report import render_sample_page
from tests import made_up, made_up_month, made_up_quality, made_up_sample
from tests.conftest import PROJECT, RunAudit
from tests.tracing import trace_page

EXAMPLES = PROJECT / "reports" / "example"
MONTHS: dict[str, Callable[[], Any]] = {
    "every result of a month": made_up_month.report,
    "without a target": lambda: made_up_month.report(target=False),
    "plain": made_up.report,
    "one office": lambda: made_up.report(offices=1),
    "an office without cases": lambda: made_up.report(offices=4, without_cases=1),
    "complete": lambda: made_up.report(complete=True),
    "untimed": lambda: made_up.report(timed=False),
}


def read_example(name: str) -> tuple[str, str]:
    folder = EXAMPLES / name
    return (folder / "report.html").read_text(encoding="utf-8"), (folder / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MONTHS)
def test_every_number_of_a_month_comes_from_its_record(name: str) -> None:
    made = MONTHS[name]()
    assert len(trace_page(render_month_page(made).decode(), made)) > 100


def test_every_number_of_an_audit_report_comes_from_its_record() -> None:
    made = made_up_sample.sample_report()
    assert len(trace_page(render_sample_page(made).decode(), made)) > 300


def test_every_number_of_a_discrepancy_report_comes_from_its_record() -> None:
    files = render_quality_report(made_up_quality.report())
    assert len(trace_page(files["report.html"].decode(), files["report.json"])) > 200


@pytest.mark.parametrize(("name", "numbers"), [("2012-02", 600), ("audit", 700)])
def test_the_example_reports_are_left_in_peace(name: str, numbers: int) -> None:
    page, record = read_example(name)
    assert len(trace_page(page, record)) > numbers
    assert sum(len(line.text.split()) for one in split_page(page) for line in one.lines) > 1_000


@pytest.fixture(scope="module")
def month() -> tuple[str, dict[str, Any]]:
    page, record = read_example("2012-02")
    return page, json.loads(record)


def test_errors_planted_in_a_month_are_all_found(month: tuple[str, dict[str, Any]]) -> None:
    page, record = month
    national, follow_up = record["measures"][0]["national"], record["follow_up"]
    target, first = record["targets"][0], min(record["measures"][0]["offices"], key=lambda one: one["timely"])
    counts = [national["compliant"], follow_up["open_end"], follow_up["new"], target["gap"], first["compliant"]]
    counts += [national["received"], follow_up["verified"]["resolved"], national["uninformative"]]
    planted = [(format_count(one), format_count(one + 7_000 + one % 9)) for one in counts]
    planted += [(format_percent(national["timely"]), "99.1%"), (f"{follow_up['oldest_days']} days", "645 days")]
    done, ended = map(format_count, follow_up["resolved_within"])
    planted += [(f"{done} of {ended}", f"{done} of 9,{ended[-3:]}"), ("30 hold (100%)", "30 hold (99%)")]
    planted += [(f"{record['persons_once']:,} persons", f"{national['due']:,} persons")]
    planted += [("as known on 31 March 2012", "as known on 30 March 2012")]
    planted += [(f"{target['short'] + target['close']} of 24 field offices", "12 of 42 field offices")]
    altered = page[page.index("<body") :]
    for right, wrong in planted:
        assert right in altered, right
        altered = altered.replace(right, wrong, 1)
    disputed = check_record_claims(split_page(altered), record).disputed
    quotes = " ".join(one.quote for one in disputed)
    assert [wrong for _, wrong in planted if wrong not in quotes] == []
    assert {"not in the record", "does not add up", "same number under another noun", "another as-of day"} == {
        str(one.verdict) for one in disputed
    }


@pytest.mark.parametrize(("name", "cells", "prose"), [("2012-02", 0.85, 0.7), ("audit", 0.65, 0.6)])
def test_most_altered_digits_are_found(name: str, cells: float, prose: float) -> None:
    page, text = read_example(name)
    values = read_record_values(json.loads(text))
    texts, chance = "\n".join(values.texts), random.Random(1)
    sentences = list(split_sentences(split_page(page)))
    numbers = [list(trace_sentence(one, values, texts)) for one in sentences]
    places = [
        (place, one)
        for place, sentence in enumerate(sentences)
        for one in find_quantities(sentence.text)
        if not one.is_weak and any(map(str.isdigit, one.text))
    ]
    found: dict[bool, list[bool]] = {True: [], False: []}
    for place, quantity in chance.sample(places, 400):
        sentence = sentences[place]
        at = chance.choice([at for at, sign in enumerate(quantity.text) if sign.isdigit()]) + quantity.start
        digit = str((int(sentence.text[at]) + chance.randint(1, 9)) % 10)
        altered = replace(sentence, text=sentence.text[:at] + digit + sentence.text[at + 1 :])
        traced = list(trace_sentence(altered, values, texts))
        column = traced[0].column if traced else None
        others = [one for some in numbers[:place] + numbers[place + 1 :] for one in some if one.column == column]
        claims = compare_columns([*traced, *others]) if column else [one.claim for one in traced]
        found[bool(sentence.headings)].append(any(one.is_disputed for one in claims))
    assert sum(found[True]) / len(found[True]) > cells
    assert sum(found[False]) / len(found[False]) > prose


def test_the_verb_takes_a_record_for_facts(audit: RunAudit, tmp_path: Path, month: tuple[str, dict[str, Any]]) -> None:
    folder = EXAMPLES / "2012-02"
    answer = audit("claims", folder / "report.html", folder / "report.json", "--json")
    assert answer.code == 0
    assert set(answer.json["counts"]) == {"agrees"}
    (tmp_path / "altered.html").write_text(month[0].replace("91.5%", "95.1%"), encoding="utf-8")
    answer = audit("claims", "altered.html", folder / "report.json")
    assert answer.code == 1
    assert "95.1%: not in the record" in answer.out


def test_the_text_of_a_pdf_is_read_too(audit: RunAudit) -> None:
    from tests.conftest import tool

    tool("pdftotext", package="poppler-utils")
    folder = EXAMPLES / "2012-02"
    counts = audit("claims", folder / "report.pdf", folder / "report.json", "--json").json["counts"]
    assert counts["agrees"] > 500 and counts.get("not in the record", 0) < 10
