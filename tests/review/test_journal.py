"""The journal of a review: who said what, from what to what; every alteration shows; any day can be gone back to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.files import find_broken_event
from audit.review.journal import (
    ReviewAnswer,
    ReviewEvent,
    SupervisorSignature,
    append_answers,
    append_signature,
    build_review_status,
    filter_events,
    find_latest_answers,
    list_signatures,
)
from audit.storage.review_journal import append_answer_events, read_journal

NOON = datetime(2012, 2, 1, 12, tzinfo=UTC)
RULE = {("M1", "consistency"): "consistent", ("M2", "consistency"): "undeterminable"}


def entered(
    before: tuple[ReviewEvent, ...], *given: ReviewAnswer, phase: str = "first", by: str = "Auditor A", days: int = 0
) -> tuple[ReviewEvent, ...]:
    when = NOON + timedelta(days=days)
    return before + append_answers(before, given, rule=RULE, phase=phase, by=by, when=when, source="prompt")


def said(case: str, outcome: str, reason: str = "") -> ReviewAnswer:
    return ReviewAnswer(case=case, attribute="consistency", outcome=outcome, reason=reason)


@pytest.fixture
def events() -> tuple[ReviewEvent, ...]:
    """Two first answers, one of them changed; a second review that differs; the difference decided; an appeal."""
    found = entered((), said("M1", "consistent"), said("M2", "inconsistent", "no action on file"))
    found = entered(found, said("M2", "undeterminable"), days=1)
    found = entered(found, said("M2", "inconsistent", "none on file"), phase="second", by="Auditor B", days=2)
    found = entered(found, said("M2", "inconsistent", "checked"), phase="adjudication", by="Manager", days=3)
    return entered(found, said("M2", "consistent", "a detainer was found"), phase="appeal", by="Manager", days=9)


def test_each_event_says_from_what_to_what(events: tuple[ReviewEvent, ...]) -> None:
    assert [(event.number, event.phase, event.before, event.outcome) for event in events] == [
        (1, "first", "consistent", "consistent"),
        (2, "first", "undeterminable", "inconsistent"),
        (3, "first", "inconsistent", "undeterminable"),
        (4, "second", "undeterminable", "inconsistent"),
        (5, "adjudication", "undeterminable", "inconsistent"),
        (6, "appeal", "undeterminable", "consistent"),
    ]


def test_saying_the_same_again_adds_nothing(events: tuple[ReviewEvent, ...]) -> None:
    assert entered(events, said("M1", "consistent"), days=9) == events
    assert len(entered(events, said("M1", "consistent", "seen again"), days=9)) == 7


def test_any_day_can_be_gone_back_to(events: tuple[ReviewEvent, ...]) -> None:
    def on(day: int) -> list[tuple[str | None, ...]]:
        found = build_review_status(filter_events(events, date(2012, 2, day)), key="case")
        return found.select("case", "first", "second", "decided", "decided_in").rows()

    assert on(1) == [("M1", "consistent", None, None, None), ("M2", "inconsistent", None, None, None)]
    assert on(3)[1] == ("M2", "undeterminable", "inconsistent", None, None)
    assert on(4)[1][3:] == ("inconsistent", "adjudication")
    assert on(10)[1][3:] == ("consistent", "appeal")
    assert filter_events(events, None) == events
    assert find_latest_answers(events, "first")["M2", "consistency"].outcome == "undeterminable"


def test_nobody_and_a_clock_gone_back_are_refused(events: tuple[ReviewEvent, ...]) -> None:
    with pytest.raises(AuditError, match="nobody answers"):
        entered((), said("M1", "consistent"), by=" ")
    with pytest.raises(AuditError, match="later than now"):
        entered(events, said("M1", "inconsistent", "why"), days=1)


def test_it_comes_back_from_the_disk_as_it_was(events: tuple[ReviewEvent, ...], tmp_path: Path) -> None:
    path = tmp_path / "sample" / "journal.jsonl"
    assert read_journal(path) == ()
    append_answer_events(path, events[:4])
    append_answer_events(path, events[4:])
    assert read_journal(path) == events
    assert find_broken_event(events) is None


def test_half_a_line_was_never_answered(events: tuple[ReviewEvent, ...], tmp_path: Path) -> None:
    """A run that was killed while it wrote."""
    path = tmp_path / "journal.jsonl"
    append_answer_events(path, events[:5])
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert read_journal(path) == events[:4]
    append_answer_events(path, events[4:])
    assert read_journal(path) == events


@pytest.mark.parametrize(
    ("alter", "row"),
    [
        pytest.param(lambda lines: [lines[0].replace("consistent", "inconsistent"), *lines[1:]], 1, id="altered"),
        pytest.param(lambda lines: [*lines[:2], *lines[3:]], 3, id="removed"),
        pytest.param(lambda lines: [lines[1], lines[0], *lines[2:]], 1, id="put in another order"),
        pytest.param(lambda lines: [*lines, lines[-1]], 7, id="put in"),
        pytest.param(
            lambda lines: [*lines[:4], lines[4].replace("Manager", "Auditor A"), lines[5]], 5, id="another role"
        ),
    ],
)
def test_every_alteration_shows(events: tuple[ReviewEvent, ...], tmp_path: Path, alter, row: int) -> None:
    path = tmp_path / "journal.jsonl"
    append_answer_events(path, events)
    path.write_text("".join(alter(path.read_text().splitlines(keepends=True))))
    with pytest.raises(AuditError, match="altered, removed or put in") as refused:
        read_journal(path)
    assert refused.value.problems[0].row == row


def test_a_damaged_line_is_named(events: tuple[ReviewEvent, ...], tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append_answer_events(path, events)
    path.write_text(path.read_text().replace('"phase"', '"fase"', 1))
    with pytest.raises(AuditError, match="row 1: is damaged"):
        read_journal(path)


def test_a_cut_journal_is_shorter_and_whole_so_its_last_seal_is_what_to_keep(events: tuple[ReviewEvent, ...]) -> None:
    """What a chain cannot show: an end that was cut off. The working papers state the last seal."""
    assert find_broken_event(events[:-1]) is None
    assert events[-1].seal != events[-2].seal
    assert find_broken_event((*events[:-1], replace(events[-1], reason="another"))) == 6


def test_a_signature_is_read_back_and_is_no_answer(events: tuple[ReviewEvent, ...]) -> None:
    signature = SupervisorSignature(
        by="Director", when=NOON + timedelta(days=10), settled_digest="ab" * 32, note="read"
    )
    signed = events + append_signature(events, signature, source="prompt")
    assert list_signatures(events) == ()
    assert list_signatures(signed) == (signature,)
    assert find_broken_event(signed) is None
    assert build_review_status(signed, key="case").equals(build_review_status(events, key="case"))
    assert append_signature(signed, signature, source="prompt") == ()
    with pytest.raises(AuditError, match="nobody answers"):
        append_signature(events, replace(signature, by=" "), source="prompt")


def test_a_signature_of_an_earlier_version_is_read_from_its_line(tmp_path: Path) -> None:
    """The line as the version of 2026-11 wrote it, seal included."""
    line = (
        '{"number": 1, "when": "2012-03-01 09:00:00+00:00", "phase": "supervision", "by": "Director", "case": "", '
        '"attribute": "", "before": "", "outcome": "reviewed", "reason": "", "evidence": "cd", "reviewed": null, '
        '"source": "prompt", "seal": "0dbbf854a683b60f2bde11052b7e176ca300c9b835c54df4278f1ffaddf98a4f"}\n'
    )
    (tmp_path / "journal.jsonl").write_text(line, encoding="utf-8")
    (signature,) = list_signatures(read_journal(tmp_path / "journal.jsonl"))
    assert (signature.by, signature.settled_digest, signature.note) == ("Director", "cd", "")
