"""The audited cases hold the eleven cells of DHS OIG-12-64, by a second reading of the rules in plain Python.

For every case it enumerates the worlds that the unknown facts leave open, judges each world by the numbered rules,
and calls the case decided only when all worlds agree. Slow, and written apart from the package's own rules.
"""

import csv
import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from audit.programs.secure_communities.synthetic import SEED, write_sample

SHIPPED = Path(__file__).parents[2] / "data" / "secure_communities"
TABLES = {
    "matches": "match_id",
    "persons": "person_id",
    "encounters": "person_id",
    "dispositions": "encounter_id",
    "actions": "match_id",
    "convictions": "person_id",
    "charges": "match_id",
    "immigration_history": "person_id",
    "removals": "person_id",
    "court_records": "person_id",
}
Row = dict[str, str]
File = dict[str, dict[str, list[Row]]]  # table, key of what a row belongs to, rows
Crime = tuple[str, str, str]  # felony or lesser, aggravated Yes or No, removable Yes or No
Verdict = tuple[str, str]  # class of expected action, outcome

FELONY, LESSER = "felony", "lesser"
CRIMES: tuple[tuple[Crime, ...], ...] = (  # what a history that nobody searched may still hold
    (),
    ((LESSER, "No", "No"),),
    ((LESSER, "No", "Yes"),),
    ((FELONY, "No", "Yes"),),
    ((FELONY, "Yes", "Yes"),),
    ((FELONY, "No", "No"), (FELONY, "No", "Yes")),
)
EVENTS = ((), ("border_violation",), ("fraud",))
ACTIONS = ((), ("detainer",), ("nta",))
AS_OF = date(2011, 12, 28)
NOBODY: Row = defaultdict(str)  # everything blank


def judge(
    status: str,
    crimes: tuple[Crime, ...],
    events: tuple[str, ...],
    danger: bool,
    actions: tuple[str, ...],
    charged: bool,
    searched: bool,
) -> Verdict:
    """The verdict in one world, where every fact is known: the first rule that applies."""
    acted = bool({"detainer", "custody", "removed", "nta", "not_removable"} & set(actions))
    detained = bool({"detainer", "custody"} & set(actions))
    felonies = sum(size == FELONY for size, _, _ in crimes)
    must = "consistent" if acted else "inconsistent"
    must_not = "inconsistent" if detained else "consistent"
    if status == "usc":
        return "US citizen", must_not
    if status == "lpr" and any(removable == "Yes" for _, _, removable in crimes):
        return "permanent resident", must
    if status == "lpr" and searched and detained:
        return "permanent resident", "inconsistent"
    if status in {"lpr", "lawful"}:
        return "legal status", must_not
    if status == "no_record":
        return ("no prior record", must_not) if not crimes else ("", "no rule")
    if crimes or danger:
        assert felonies or len(crimes) or danger
        return "priority 1", must
    if {"border_violation", "visa_abuse"} & set(events):
        return "priority 2 or 3", must
    if {"final_order", "absconded"} <= set(events) or {"removed", "reentered"} <= set(events) or "fraud" in events:
        return "priority 2 or 3", must
    return "outside the priorities", "permitted" if charged and detained else "permitted, no action"


def worlds(match: Row, file: File) -> Iterator[Verdict]:
    """The verdict in each world that this case's records leave open."""
    (person,) = file["persons"].get(match["person_id"], [NOBODY])
    actions = tuple(list_actions(match, file))
    searched = person["criminal_history_checked"] == "Yes"
    known = [
        row
        for row in file["convictions"].get(match["person_id"], [])
        if row["outcome"] == "convicted" and row["recorded_date"] <= match["decision_date"]
    ]
    events = tuple(row["event"] for row in file["immigration_history"].get(match["person_id"], []))
    gang = [_either(person["gang_member"]), [person["gang_age"] >= "16"] if person["gang_age"] else [True, False]]
    danger = {
        security or warrant or (member and grown)
        for security, warrant, member, grown in itertools.product(
            _either(person["national_security"]), _either(person["warrant"]), *gang
        )
    }
    for status, crimes, more, past, risk, act in itertools.product(
        [person["status"]] if person["status"] else ["usc", "lpr", "lawful", "unlawful", "no_record"],
        itertools.product(*map(_readings, known)),
        [()] if searched else CRIMES,
        [()] if person["immigration_record"] else EVENTS,
        danger,
        [()] if documented(match, file) else ACTIONS,
    ):
        charged = bool(file["charges"].get(match["match_id"], []))
        yield judge(status, crimes + more, events + past, risk, actions + act, charged, searched)


def list_actions(match: Row, file: File) -> Iterator[str]:
    """Actions under any match of the person, from thirty days before this one to sixty days after its decision."""
    (own,) = file["matches"][match["match_id"]]
    others = [row for (row,) in file["matches"].values() if row["person_id"] and row["person_id"] == own["person_id"]]
    first = date.fromisoformat(match["match_time"][:10]) - timedelta(30)
    last = date.fromisoformat(match["decision_date"]) + timedelta(60)
    for other in others or [own]:
        for row in file["actions"].get(other["match_id"], []):
            if first <= date.fromisoformat(row["action_time"][:10]) <= min(last, AS_OF):
                yield row["action"]


def list_encounters(match: Row, file: File) -> list[Row]:
    """Those of the person that were entered when the audit read the records."""
    rows = file["encounters"].get(match["person_id"], [])
    return [row for row in rows if row["entered_date"] <= AS_OF.isoformat()]


def documented(match: Row, file: File) -> bool:
    """Whether an encounter from the day before to sixty days after is on record, and its disposition is not blank."""
    met = date.fromisoformat(match["match_time"][:10])
    near = [
        (abs(day - met), row["encounter_id"])
        for row in list_encounters(match, file)
        if met - timedelta(1) <= (day := date.fromisoformat(row["encounter_date"])) <= met + timedelta(60)
    ]
    nearest = [name for distance, name in near if distance == min(near)[0]]
    rows = [row for name in nearest for row in file["dispositions"].get(name, [])]
    return any(row["disposition_code"] and row["entered_date"] <= AS_OF.isoformat() for row in rows)


def cell(match: Row, file: File) -> Verdict:
    """The class and outcome that all worlds share, else undeterminable."""
    verdicts = set(worlds(match, file))
    outcomes = {outcome for _, outcome in verdicts}
    if len(outcomes) > 1:
        return "", "undeterminable"
    (verdict,) = verdicts  # the audited cases leave no doubt about the class either
    return verdict


@pytest.fixture(scope="module")
def file() -> File:
    return {name: _by(key, _rows(SHIPPED / f"{name}.csv")) for name, key in TABLES.items()}


@pytest.fixture(scope="module")
def audited(file: File) -> list[Row]:
    """The matches with the 766 smallest tickets of the frame; the others in the files are of the same persons."""
    frame = (f"M11-{number:06}" for number in range(1, 348_959))
    tickets = sorted((hashlib.sha256(f"{SEED}|{match_id}".encode()).hexdigest(), match_id) for match_id in frame)
    return [file["matches"][match_id][0] for _, match_id in tickets[:766]]


@pytest.fixture(scope="module")
def cells(file: File, audited: list[Row]) -> dict[str, Verdict]:
    return {match["match_id"]: cell(match, file) for match in audited}


def test_the_facts_yield_the_published_cells(cells: dict[str, Verdict]) -> None:
    assert Counter(cells.values()) == {
        ("priority 1", "consistent"): 267,
        ("priority 2 or 3", "consistent"): 48,
        ("permanent resident", "consistent"): 11,
        ("US citizen", "consistent"): 88,
        ("legal status", "consistent"): 218,
        ("no prior record", "consistent"): 21,
        ("outside the priorities", "permitted"): 45,
        ("priority 1", "inconsistent"): 16,
        ("priority 2 or 3", "inconsistent"): 8,
        ("permanent resident", "inconsistent"): 1,
        ("", "undeterminable"): 43,
    }


def test_the_undeterminable_lack_different_things(file: File, audited: list[Row], cells: dict[str, Verdict]) -> None:
    lacks = Counter(
        (
            bool(match["person_id"]),
            bool(list_encounters(match, file)),
            documented(match, file),
            bool(file["actions"].get(match["match_id"], [])),
        )
        for match in audited
        if cells[match["match_id"]][1] == "undeterminable"
    )
    assert lacks[False, False, False, False] == 12  # no identifier, nothing on file
    assert lacks[False, False, False, True] == 2
    undocumented = lacks[True, False, False, False], lacks[True, True, False, False]
    assert sum(undocumented) == 21  # no encounter, or one of another month; no disposition, or a blank one
    assert min(undocumented) > 2
    documented_too = lacks[True, True, True, False], lacks[True, True, True, True]
    assert sum(documented_too) == 8  # a fact about the person is blank
    assert all(documented_too)


def test_some_decided_cases_are_not_documented(file: File, audited: list[Row], cells: dict[str, Verdict]) -> None:
    found = sum(not documented(match, file) and cells[match["match_id"]][1] != "undeterminable" for match in audited)
    assert 15 < found < 45


def test_distractors_are_there(file: File, audited: list[Row]) -> None:
    decided = {match["person_id"]: match["decision_date"] for match in audited}
    convictions = list(itertools.chain(*file["convictions"].values()))
    assert {row["outcome"] for row in convictions} == {"convicted", "dismissed", "pending", "vacated", "juvenile"}
    assert sum(row["recorded_date"] > decided[row["person_id"]] for row in convictions) >= 9
    ages = {row["gang_age"] for (row,) in file["persons"].values() if row["gang_member"] == "Yes"}
    assert {"", "15"} < ages


def test_cases_spread_over_the_year_and_the_country(audited: list[Row]) -> None:
    assert len({match["match_time"][:7] for match in audited}) == 12
    assert len({match["office"][:3] for match in audited}) >= 24


def test_audited_persons_come_back_as_others_do(file: File, audited: list[Row]) -> None:
    matches = [match for (match,) in file["matches"].values() if match["match_kind"] == "identity"]
    times = Counter(match["person_id"] for match in matches if match["person_id"])
    drawn = [times[match["person_id"]] for match in audited if match["person_id"]]
    # 12% of the persons have two to four matches, 9.5%, 2% and 0.5%; a match is of such a person more often: 27 of 115.
    expected = 27 / 115 * len(drawn)
    assert abs(sum(number > 1 for number in drawn) - expected) < 3 * (expected * 88 / 115) ** 0.5
    assert max(drawn) == 4


def test_shipped_tables_belong_together(file: File, audited: list[Row]) -> None:
    matches = [match for (match,) in file["matches"].values()]
    persons = {match["person_id"] for match in audited} - {""}
    assert {match["person_id"] for match in matches} - {""} == persons
    assert sum(not match["person_id"] for match in matches) == 14  # the audited cases without an identifier
    assert set(file["persons"]) == persons
    assert set(file["encounters"]) | set(file["convictions"]) | set(file["immigration_history"]) <= persons
    assert set(file["actions"]) | set(file["charges"]) <= set(file["matches"])
    encounters = {row["encounter_id"] for rows in file["encounters"].values() for row in rows}
    assert set(file["dispositions"]) <= encounters


def test_the_shipped_tables_are_what_the_generator_writes(tmp_path: Path) -> None:
    write_sample(tmp_path)
    for name in TABLES:
        assert (tmp_path / f"{name}.csv").read_bytes() == (SHIPPED / f"{name}.csv").read_bytes(), name


def _either(value: str) -> list[bool]:
    return [value == "Yes"] if value else [True, False]


def _readings(row: Row) -> list[Crime]:
    """What one conviction may be, where its length, kind or ground is blank."""
    sizes = [FELONY if int(row["max_days"]) > 365 else LESSER] if row["max_days"] else [FELONY, LESSER]
    grave, removable = ([row[name]] if row[name] else ["Yes", "No"] for name in ("aggravated_felony", "removable_lpr"))
    return list(itertools.product(sizes, grave, removable))


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _by(key: str, rows: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[key]].append(row)
    return dict(grouped)
