"""Drawing by ticket: ten tickets pinned by hand, the manifest, and the proof that a sample is the one drawn."""

import copy
import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.errors import AuditError, ExitCode
from audit.sampling import tickets as rooms
from audit.sampling.draw import SAMPLE_SCHEMA, Selection, describe_algorithm, draw_designed_sample
from audit.sampling.frame import Frame, build_sampling_frame
from audit.sampling.manifest import build_manifest
from audit.sampling.manifest_history import list_abandoned_seeds
from audit.sampling.plan import allocate_equally
from audit.sampling.redraw import find_redraw_differences
from audit.sampling.sample_size import plan_sample
from audit.sampling.selection.clusters import use_cluster_sampling
from audit.sampling.selection.intervals import use_systematic_sampling
from audit.sampling.selection.simple_random import set_start
from audit.sampling.tickets import compute_tickets
from tests.conftest import tool

# Each from the shell: printf '%s' 'OIG-12-64|M11-000001' | sha256sum. They may never change.
GOLDEN = [
    ("OIG-12-64", "M11-000001", "93b1eeac2c974b70959b5fb7828d56ca20f1186181764f9caf3267c9b2ba8ef3"),
    ("OIG-12-64", "M11-348958", "6d60fc552291270342dcca2917ba99e11bab84deb0276169e6a5fcf3c5faf75e"),
    ("OIG-12-64", "A", "741e8a5764f563fb34286bd014f61b73cb6e5a44a0978f69339eb5e6659e28a1"),
    (
        "2012-04-06 dice 3 1 4 1 5 9",
        "M11-000001",
        "f4e7ed5f78178190ab88cdd27f7fe0139680a4d7bc3c799be1cae11d7010da30",
    ),
    (
        "2012-04-06 dice 3 1 4 1 5 9",
        "case with spaces",
        "9bef787e5b48a51217aae034d748294fc902a46761568c050eaf0ad07b5bda2e",
    ),
    ("0", "0", "0642c4ea7d881e66f5380be9a70f0ab7644cfd3a87830a074f3ca14fbc42b69c"),
    ("seed|with", "bars", "8202d5e1f74a92cca1e65fb67d67407e11b54158f11d6b6f59d40260b229528e"),
    ("Zürich", "Größe 7", "38770cdbeda87044dceeda4143e5e6d4709a2b1d8d1dbe2ad6204f05fde3ce82"),
    ("種", "案件 42", "3b9777b1d5b18912aea31fbb87f4a9abf24df60df972707066aa245d3d71c40e"),
    ("🎲", "M11-000001", "e9241bae163128bb12214ae8f4a023a86a94bc83d174969d9be445d8ec2d1f40"),
]
FIXED, CHOSEN = datetime(2012, 1, 9, 17, 0, tzinfo=UTC), datetime(2012, 1, 10, 9, 30, tzinfo=UTC)
Record = dict[str, Any]


def frame(size: int = 60, *, stratum: bool = False) -> Frame:
    cases = pl.DataFrame(
        {
            "id": [f"M{number:03d}" for number in range(size)],
            "office": ["SNA" if number % 3 else "BUF" for number in range(size)],
        }
    )
    return build_sampling_frame(cases.lazy(), key="id", stratum="office" if stratum else None)


def drawn(size: int = 12, *, stratum: bool = False) -> tuple[Frame, Selection, Record]:
    scoped = frame(stratum=stratum)
    sample = draw_designed_sample(scoped, plan_sample(scoped, size=size), seed="OIG-12-64")
    record = build_manifest(sample, scoped, seed_source="dice thrown in public", frame_fixed=FIXED, seed_chosen=CHOSEN)
    return scoped, sample, json.loads(json.dumps(record))


@pytest.mark.parametrize("compute", [rooms._compute_with_polars, rooms._compute_with_hashlib])
@pytest.mark.parametrize(("seed", "key", "ticket"), GOLDEN)
def test_ten_tickets_are_pinned_for_ever(
    compute: Callable[[pl.Series, str], pl.Series], seed: str, key: str, ticket: str
) -> None:
    assert compute(pl.Series([key]), seed).to_list() == [ticket]


def test_tickets_are_the_same_where_polars_hash_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = pl.Series([f"M{number}" for number in range(500)])
    fast = compute_tickets(keys, seed="OIG-12-64")
    monkeypatch.setattr(rooms, "find_spec", lambda _: None)
    monkeypatch.setattr(rooms, "_compute_with_polars", None)
    assert compute_tickets(keys, seed="OIG-12-64").equals(fast)


def test_the_smallest_tickets_are_drawn_in_their_order() -> None:
    scoped, sample, _ = drawn()
    every = scoped.cases.collect().rename({"id": "key"})
    every = every.with_columns(ticket=compute_tickets(every["key"], seed="OIG-12-64")).sort("ticket")
    assert sample.cases.select("key", "ticket").equals(every.head(12))
    assert sample.cases.schema == SAMPLE_SCHEMA
    assert sample.cases["order"].to_list() == list(range(1, 13))
    assert sample.cases["stratum"].null_count() == 12


def test_of_each_stratum_its_own_smallest_tickets_are_drawn() -> None:
    scoped = frame(stratum=True)
    sample = draw_designed_sample(scoped, plan_sample(scoped, size=12, allocate=allocate_equally), seed="OIG-12-64")
    every = draw_designed_sample(scoped, plan_sample(scoped, size=60), seed="OIG-12-64").cases
    for office in ("BUF", "SNA"):
        assert (
            sample.cases.filter(stratum=office)["key"].to_list()
            == every.filter(stratum=office).head(6)["key"].to_list()
        )
    assert sample.cases["ticket"].is_sorted()


def test_a_design_made_on_another_frame_is_refused() -> None:
    with pytest.raises(AuditError, match="made on another frame") as refused:
        draw_designed_sample(frame(60), plan_sample(frame(61), size=5), seed="OIG-12-64")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("seed", ["", "  ", " 7", "7\n", "7\t8", "cafe\u0301", "7\u200b"])
def test_a_seed_that_two_people_could_write_differently_is_refused(seed: str) -> None:
    scoped = frame()
    with pytest.raises(AuditError, match="The seed is blank, or holds what print does not show"):
        draw_designed_sample(scoped, plan_sample(scoped, size=5), seed=seed)


def test_the_manifest_holds_all_it_takes_to_draw_again() -> None:
    scoped, sample, record = drawn(stratum=True)
    assert record["format"] == "audit-sample/1"
    assert record["generator"]["algorithm"] == describe_algorithm(sample.design)
    assert record["generator"]["software"].startswith("audit ")
    assert record["frame"] == {
        "digest": scoped.digest,
        "fixed": "2012-01-09T17:00:00+00:00",
        "key": "id",
        "stratum": "office",
        "cluster": None,
        "measure": None,
        "universe": 60,
        "exclusions": [],
        "untold": [],
        "size": 60,
    }
    assert record["seed"] == {
        "value": "OIG-12-64",
        "source": "dice thrown in public",
        "chosen": "2012-01-10T09:30:00+00:00",
    }
    assert record["design"]["size"] == 12
    assert record["design"]["strata"] == [
        {"stratum": "BUF", "size": 20, "take": 4},
        {"stratum": "SNA", "size": 40, "take": 8},
    ]
    assert record["cases"] == sample.cases.drop("cluster", "measure", "hits").to_dicts()
    assert [record[name] for name in ("earlier seeds", "extended from", "spares", "replaced")] == [[], [], [], []]


def test_a_seed_that_was_given_up_is_listed_with_its_reason() -> None:
    scoped, sample, record = drawn()
    assert record["earlier seeds"] == list_abandoned_seeds(None, scoped, seed="x", reason="") == []
    assert list_abandoned_seeds(record, scoped, seed="OIG-12-64", reason="") == []
    with pytest.raises(AuditError, match="A sample was drawn already, with another seed"):
        list_abandoned_seeds(record, scoped, seed="x", reason=" ")
    with pytest.raises(AuditError, match="This seed was drawn with already, from another frame"):
        list_abandoned_seeds(record, frame(61), seed="OIG-12-64", reason="why")
    earlier = list_abandoned_seeds(record, scoped, seed="x", reason="why")
    assert earlier == [{**record["seed"], "frame": scoped.digest, "given up because": "why"}]
    later = build_manifest(sample, scoped, seed_source="dice", frame_fixed=FIXED, seed_chosen=CHOSEN, earlier=earlier)
    assert [one["value"] for one in list_abandoned_seeds(later, scoped, seed="y", reason="again")] == [
        "OIG-12-64",
        "OIG-12-64",
    ]


def test_a_seed_older_than_its_frame_is_refused() -> None:
    scoped, sample, _ = drawn()
    with pytest.raises(AuditError) as refused:
        build_manifest(sample, scoped, seed_source="dice", frame_fixed=CHOSEN, seed_chosen=FIXED)
    assert str(refused.value) == (
        "The seed was chosen before the frame was fixed, so it could have been shopped for. "
        "Write down the frame's digest first, then choose a seed."
    )


def test_times_that_cannot_be_compared_are_refused() -> None:
    scoped, sample, _ = drawn()
    with pytest.raises(AuditError, match="Only one of the two times has a zone"):
        build_manifest(sample, scoped, seed_source="dice", frame_fixed=FIXED, seed_chosen=datetime(2012, 1, 10))


def test_a_seed_without_a_source_is_refused() -> None:
    scoped, sample, _ = drawn()
    with pytest.raises(AuditError, match="The seed has no source"):
        build_manifest(sample, scoped, seed_source=" ", frame_fixed=FIXED, seed_chosen=CHOSEN)


def test_a_manifest_of_another_frame_is_refused() -> None:
    _, sample, _ = drawn()
    with pytest.raises(AuditError, match="made on another frame"):
        build_manifest(sample, frame(61), seed_source="dice", frame_fixed=FIXED, seed_chosen=CHOSEN)


@pytest.mark.parametrize("stratum", [False, True])
def test_an_honest_manifest_is_proven(stratum: bool) -> None:
    scoped, _, record = drawn(stratum=stratum)
    assert find_redraw_differences(scoped, record) == []


def swap_orders(record: Record) -> None:
    first, second = record["cases"][2], record["cases"][3]
    first["order"], second["order"] = second["order"], first["order"]


def put_in_another(record: Record) -> None:
    record["cases"][4]["key"] = "M999"


def drop(record: Record) -> None:
    record["cases"].pop(6)


def change_ticket(record: Record) -> None:
    record["cases"][0]["ticket"] = "0" * 64


def blank_out(record: Record) -> None:
    record["cases"][0]["ticket"] = None


def list_twice(record: Record) -> None:
    record["cases"].append(record["cases"][0])


def change_seed(record: Record) -> None:
    record["seed"]["value"] = "another"


def move_stratum(record: Record) -> None:
    record["cases"][1]["stratum"] = "ZZZ"


def backdate(record: Record) -> None:
    record["seed"]["chosen"] = "2012-01-01T00:00:00+00:00"


def plan_fewer(record: Record) -> None:
    record["design"]["size"] = 11


def lie_on_frame(record: Record) -> None:
    record["frame"]["digest"], record["frame"]["size"] = "0" * 64, 61


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (swap_orders, ["order: not that of the draw, order 3 and 4"]),
        (
            put_in_another,
            [
                "extra: listed and not drawn, order 5",
                "absent: drawn and not listed, order 5",
                "ticket: not that of its key, order 5",
            ],
        ),
        (drop, ["size: 12 planned, 11 listed, 12 drawn again", "absent: drawn and not listed, order 7"]),
        (change_ticket, ["ticket: not that of its key, order 1"]),
        (blank_out, ["ticket: not that of its key, order 1"]),
        (list_twice, ["size: 12 planned, 13 listed, 12 drawn again"]),
        (move_stratum, ["stratum: not that of the frame, order 2"]),
        (backdate, ["times: the seed was chosen before the frame was fixed"]),
        (
            plan_fewer,
            [
                "size: 11 planned, 12 listed, 11 drawn again",
                "extra: listed and not drawn, order 12",
                "probability: not that of the draw, order 1, 2, 3 and 8 others",
            ],
        ),
        (
            lie_on_frame,
            [
                "digest: the frame is not the one that was fixed",
                "universe: not the frame and what was left out",
                "frame size: 61 in the manifest, 60 in the frame",
            ],
        ),
    ],
)
def test_every_tampering_is_named_with_its_place(tamper: Callable[[Record], None], found: list[str]) -> None:
    scoped, _, record = drawn()
    tamper(record)
    assert find_redraw_differences(scoped, record) == found


def test_another_seed_draws_another_sample() -> None:
    scoped, _, record = drawn()
    change_seed(record)
    items = [disagreement.split(":")[0] for disagreement in find_redraw_differences(scoped, record)]
    assert items[:3] == ["extra", "absent", "ticket"]


def test_other_strata_are_named() -> None:
    scoped, _, record = drawn(stratum=True)
    record["design"]["strata"][0]["size"] = 21
    assert find_redraw_differences(scoped, record) == ["strata: those of the frame are others, or of other sizes"]


@pytest.mark.parametrize("missing", ["format", "frame", "design", "seed", "cases"])
def test_what_is_no_manifest_is_refused(missing: str) -> None:
    scoped, _, record = drawn()
    for broken in ({key: value for key, value in record.items() if key != missing}, {**record, missing: "text"}):
        with pytest.raises(AuditError, match=r"This is no manifest of the form audit-sample/1") as refused:
            find_redraw_differences(scoped, copy.deepcopy(broken))
        assert refused.value.code is ExitCode.DATA


def test_the_shell_draws_the_same_sample_as_documented(tmp_path: Path) -> None:
    """Runs every command of docs/redraw.md, compares what it prints with the page, and the page with this module."""
    tool("bc", package="bc")
    page = (Path(__file__).parents[2] / "docs" / "redraw.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", page, re.DOTALL)
    script = "".join(f"{commands}\necho ----\n" for commands, _ in blocks)
    printed = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed.split("----\n")[:-1] == [expected for _, expected in blocks]

    cases = pl.read_csv(tmp_path / "frame.txt", separator="|", has_header=False, new_columns=["key", "office"])
    simple = build_sampling_frame(cases.lazy(), key="key")
    stratified = build_sampling_frame(cases.lazy(), key="key", stratum="office")
    _, digest, listing, three, two_and_one, turned, every_other, cluster, _ = (
        expected.split("\n")[:-1] for _, expected in blocks
    )
    assert digest == [stratified.digest]
    everything = draw_designed_sample(stratified, plan_sample(stratified, size=5), seed="OIG-12-64").cases
    assert listing == [
        f"{ticket} {key}|{office}" for key, office, ticket in everything.select("key", "stratum", "ticket").iter_rows()
    ]
    assert three == draw_designed_sample(simple, plan_sample(simple, size=3), seed="OIG-12-64").cases["key"].to_list()
    by_stratum = draw_designed_sample(stratified, plan_sample(stratified, size=3), seed="OIG-12-64").cases.sort(
        "stratum", "order"
    )
    assert two_and_one == by_stratum["key"].to_list()
    begun = draw_designed_sample(simple, set_start(plan_sample(simple, size=3), "0.4"), seed="OIG-12-64").cases
    assert turned == begun["key"].to_list()
    assert (
        every_other
        == draw_designed_sample(simple, use_systematic_sampling(plan_sample(simple, size=2)), seed="OIG-12-64")
        .cases["key"]
        .to_list()
    )
    clustered = build_sampling_frame(cases.lazy(), key="key", cluster="office")
    one = draw_designed_sample(
        clustered, use_cluster_sampling(clustered, plan_sample(clustered, size=1)), seed="OIG-12-64"
    ).cases
    assert cluster == one["cluster"].unique().to_list()
