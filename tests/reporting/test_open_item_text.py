"""The follow-up, a correction and a signature as the page shows them."""

from dataclasses import replace
from typing import Any

import pytest

from audit.reporting.formats.month_page import render_month_page
from audit.reporting.open_item_text import describe_follow_up
from audit.statistics.survival import kaplan_meier
from tests import made_up
from tests.reporting.test_formats_month_page import Reader

MATCH, OFFICE = ("match", "matches"), "field office"


def words(**given: Any) -> str:
    report = replace(made_up.report(offices=3), **given)
    return Reader(render_month_page(report).decode()).words()


def said(**given: Any) -> str:
    return " ".join(describe_follow_up(replace(made_up.follow_up(), **given), unit=MATCH, office=OFFICE))


def test_what_moved_stands_in_words_and_by_office() -> None:
    shown = words(follow_up=made_up.follow_up())
    assert "41 items are open, 2 fewer than a month ago." in shown
    assert "Atlanta 40 7 1 5 2 41 12 Boston 3 0 0 3 0 0 0 All offices 43 7 1 8 2 41 12" in shown


def test_offices_with_nothing_to_follow_are_named_and_have_no_row() -> None:
    made = made_up.follow_up()
    idle = replace(made.offices[1], office="BUF", name="Buffalo", open_start=0, resolved=0)
    shown = words(follow_up=replace(made, offices=(*made.offices, idle)))
    assert "Nothing open, and nothing moved: Buffalo." in shown and "Buffalo 0" not in shown
    none = replace(made, offices=(idle,), open_end=0)
    assert "Open items by field office" not in words(follow_up=none)


def test_a_ledger_that_begins_says_so() -> None:
    shown = words(follow_up=replace(made_up.follow_up(), since="", since_as_of=None))
    assert "41 items are open; the ledger begins with this report." in shown and "Open before" not in shown
    assert "median" not in shown


def test_without_a_follow_up_nothing_speaks_of_one() -> None:
    shown = words()
    assert "a month ago" not in shown and "Escalat" not in shown and "Signed" not in shown


def test_age_time_repetition_guidance_and_reasons_are_told() -> None:
    shown = said()
    assert "The oldest is open since its match of 1 December 2010: 334 days." in shown
    assert "1 field office has something open of each of the last three months: Atlanta." in shown
    assert "Guidance was sent on 6 of the open items." in shown
    assert "Reclassified, with the reason given: entered twice by the sending agency (2)." in shown
    assert (
        "The median time from listing to repair is 33 days (at least 11, the lower 95% limit; there is no upper one "
        "yet): of all items ever listed, 5 items were resolved and 2 still waited for (Kaplan and Meier)." in shown
    )


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (kaplan_meier([3], [40, 40]), "1 item was resolved and 2 still waited for: half are not resolved yet"),
        (kaplan_meier(list(range(1, 41)), []), "is 20 days (95% limits 14 to 26)"),
    ],
)
def test_the_time_is_told_as_far_as_it_is_known(times: Any, words: str) -> None:
    assert words in said(time_to_resolve=times)


def test_alarms_say_what_to_look_into_and_what_the_tables_cannot_tell() -> None:
    one, two, none = (
        " ".join(describe_follow_up(made_up.follow_up(alarms=n), unit=MATCH, office=OFFICE)) for n in (1, 2, 0)
    )
    assert "1 of the 8 items resolved now was resolved by a record" in one
    assert "2 of the 8 items resolved now were resolved by a record" in two
    assert "The tables cannot tell which." in two
    assert "Look into 2 resolved items: by the day of entry the record was there before a listing" in two
    assert "Look into 1 match that had every record in the last report and lacks one now" in one
    assert "Look into 2 matches that had every record in the last report and are no longer in the tables." in two
    assert "1 open item is of matches no longer in the tables. It stays open until someone gives a reason" in one
    assert "Look into" not in none and "no longer" not in none and "dated back" not in none


def test_a_correction_names_its_reason_and_every_figure_it_changed() -> None:
    shown = words(version=2, correction=made_up.correction())
    assert "Draft: not issued, version 2" in shown
    assert (
        "This is version 2. It takes the place of version 1, issued on 4 November 2011, which stays as it was. "
        "Reason: Houston’s records of the 12th came late" in shown
    )
    assert "records to complete: open items 2,210 2,198" in shown
    assert "documentation: Houston, rate – 0.9435" in shown
    assert "No figure changed." in words(version=2, correction=replace(made_up.correction(), changes=()))


def test_a_signature_stands_at_the_head() -> None:
    shown = words(status="issued", sign_off=made_up.SIGNED)
    assert "Issued, unsigned Issued by Assistant Inspector General for Audits on 21 November 2011." in shown


def test_hostile_text_stays_text() -> None:
    attack = "<script>alert(1)</script>"
    follow_up = replace(made_up.follow_up(), reasons=((attack, 1),))
    correction = replace(made_up.correction(), reason=attack)
    signed = replace(made_up.SIGNED, by=attack)
    html = render_month_page(
        replace(
            made_up.report(offices=2),
            follow_up=follow_up,
            version=2,
            correction=correction,
            sign_off=signed,
        )
    ).decode()
    found = Reader(html)
    assert len(found.all("script")) == 1 and found.words().count(attack) == 5
