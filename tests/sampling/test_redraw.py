"""Whatever is altered in a manifest, the proof and the stranger's verifier both find it."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from audit.errors import AuditError
from audit.sampling.draw import SELECTION_METHODS
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.replacements import replace_case
from tests.drawn import CHOSEN, DESIGNS, Record, drawn, frame, verified

AMOUNTS = [7 * number % 41 + 1 + 900 * (number % 11 == 0) for number in range(60)]
STRATIFIED = frame(AMOUNTS, stratum=True)


@cache
def written(method: str, size: int) -> str:
    """The manifest of a draw, as text, so that each test alters one of its own."""
    return json.dumps(drawn(STRATIFIED, DESIGNS[method](STRATIFIED, size)))


def listed(name: str, value: Any, case: int = 0, of: str = "cases") -> Callable[[Record], None]:
    def tamper(record: Record) -> None:
        record[of][case][name] = value

    return tamper


def put(*path: Any, value: Any) -> Callable[[Record], None]:
    def tamper(record: Record) -> None:
        *way, last = path
        place: Any = record
        for step in way:
            place = place[step]
        place[last] = value

    return tamper


def swap(record: Record) -> None:
    first, second = record["cases"][:2]
    first["order"], second["order"] = second["order"], first["order"]


EVERYWHERE = {
    "another case": listed("key", "M999"),
    "another ticket": listed("ticket", "0" * 64),
    "another probability": listed("probability", "1/3"),
    "no probability": listed("probability", None),
    "hits made up": listed("hits", 7),
    "another stratum": listed("stratum", "ZZZ"),
    "another folder": listed("cluster", "BUF 99"),
    "another amount": listed("measure", 3),
    "another order": listed("order", 9),
    "two swapped": swap,
    "one left out": lambda record: record["cases"].pop(1),
    "one listed twice": lambda record: record["cases"].append(record["cases"][0]),
    "a spare made up": lambda record: record["spares"].append({**record["cases"][0], "key": "M998"}),
    "another seed": put("seed", "value", value="another"),
    "a seed older than its frame": put("seed", "chosen", value="2012-01-01T00:00:00+00:00"),
    "another digest": put("frame", "digest", value="0" * 64),
    "another frame size": put("frame", "size", value=61),
    "another universe": put("frame", "universe", value=61),
    "an exclusion": put("frame", "exclusions", value=[{"reason": "made up", "cases": 1}]),
    "another size": put("design", "size", value=11),
    "another take": put("design", "strata", 0, "take", value=5),
    "another size of a stratum": put("design", "strata", 0, "size", value=21),
    "a stratum called certain": put("design", "certain", value=["SNA"]),
    "longer before": put("extended from", value=[{"cases": 61, "because": "why"}]),
    "extended in silence": put("extended from", value=[{"cases": 1, "because": ""}]),
    "replaced in silence": put(
        "replaced", value=[{"order": 1, "key": "M000", "by": "M001", "spare": 1, "because": "", "when": "2012"}]
    ),
    "replaced at no place": put(
        "replaced", value=[{"order": 99, "key": "M000", "by": "M001", "spare": 1, "because": "why", "when": "2012"}]
    ),
}


@pytest.mark.parametrize("method", DESIGNS)
@pytest.mark.parametrize("tampering", EVERYWHERE)
def test_whatever_is_altered_both_find_it(method: str, tampering: str) -> None:
    record = json.loads(written(method, 12))
    EVERYWHERE[tampering](record)
    assert find_redraw_differences(STRATIFIED, record)
    code, said = verified(STRATIFIED, record)
    assert code == 1
    assert said != "the same\n"


@pytest.mark.parametrize("method", DESIGNS)
def test_another_method_is_found(method: str) -> None:
    record = json.loads(written(method, 6))
    for other in SELECTION_METHODS.keys() - {record["design"]["method"]}:
        claimed = {**record, "design": {**record["design"], "method": other, "each": 2}}
        assert find_redraw_differences(STRATIFIED, claimed), other
        assert verified(STRATIFIED, claimed)[0] == 1, other


@pytest.mark.parametrize("start", ["0.1", "0.9"])
def test_another_start_is_found(start: str) -> None:
    scoped = frame(AMOUNTS)
    record = drawn(scoped, DESIGNS["random, from a start"](scoped, 12))
    record["design"]["start"] = start
    assert find_redraw_differences(scoped, record)
    assert verified(scoped, record)[0] == 1


@pytest.mark.parametrize(
    "tamper",
    [
        listed("key", "M999", of="spares"),
        listed("ticket", "0" * 64, of="spares"),
        listed("order", 2, of="spares"),
        lambda record: record["spares"].reverse(),
        lambda record: record["spares"].pop(),
        put("design", "spares", value=2),
        listed("by", "M999", of="replaced"),
        listed("spare", 3, of="replaced"),
        listed("because", " ", of="replaced"),
        listed("key", "M999", of="replaced"),
        listed("order", 2, of="replaced"),
        lambda record: record["replaced"].pop(0),
    ],
)
def test_spares_and_replacements_are_proven(tamper: Callable[[Record], None]) -> None:
    """Two cases of one stratum were replaced in turn, the first of them twice."""
    scoped, record = STRATIFIED, json.loads(written("random, with spares", 12))
    office = record["cases"][0]["stratum"]
    second = next(case["order"] for case in record["cases"][1:] if case["stratum"] == office)
    for order in (1, second, 1):
        record = replace_case(record, order, reason="the file is lost", when=CHOSEN)
    assert find_redraw_differences(scoped, record) == []
    assert verified(scoped, record) == (0, "the same\n")
    tamper(record)
    assert find_redraw_differences(scoped, record)
    assert verified(scoped, record)[0] == 1


def test_the_verifier_reads_what_was_written_before_there_were_methods() -> None:
    scoped = frame(AMOUNTS)
    record = drawn(scoped, DESIGNS["random"](scoped, 12))
    for name in ("method", "certain", "each", "start", "spares"):
        del record["design"][name]
    for name in ("extended from", "spares", "replaced"):
        del record[name]
    for case in record["cases"]:
        del case["probability"]
    assert find_redraw_differences(scoped, record) == []
    assert verified(scoped, record) == (0, "the same\n")
    record["cases"][3]["key"] = "M999"
    assert find_redraw_differences(scoped, record)
    assert verified(scoped, record)[0] == 1


def test_a_method_that_is_not_known_is_no_manifest() -> None:
    scoped = frame(AMOUNTS)
    record = drawn(scoped, DESIGNS["random"](scoped, 12))
    record["design"]["method"] = "by hand"
    with pytest.raises(AuditError, match="This is no manifest of the form audit-sample/1"):
        find_redraw_differences(scoped, record)
