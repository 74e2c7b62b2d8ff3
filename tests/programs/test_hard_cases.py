"""Cases on which rules are easily wrong, as rows of the program's tables: each with the outcome that the texts demand.

Numbers are those of a review of the policy, in its order. C consistent, I inconsistent, I! inconsistent and critical,
U undeterminable, P permitted, J for judgement, 0 no rule.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.programs.independent_cases import assess

DAY = date(2011, 5, 2)
AS_OF = date(2026, 11, 30)  # later than every decision here
WORDS = {
    "consistent": "C",
    "inconsistent": "I",
    "undeterminable": "U",
    "permitted": "P",
    "judgement_required": "J",
    "no_rule": "0",
}
Row = dict[str, Any]


class Hard(NamedTuple):
    """One row: what is on file, and what must come out."""

    number: str
    it: str
    expected: str  # of the consistency, as above
    status: str | None = "unlawful"
    done: Sequence[Row | str] = ()
    record: Sequence[Row] = ()  # convictions
    history: Sequence[Row] = ()
    decided: date = DAY
    person: Mapping[str, Any] = MappingProxyType({})
    code: str | None = "REL"  # of the disposition; None without encounter
    charged: bool = False
    released: datetime | None = None
    needed: str = ""
    others: Mapping[str, str] = MappingProxyType({})  # attribute → outcome
    second: Row | None = None  # another match of the person: its hours before the case's, and what was done
    encounters: int = 1


def convicted(**facts: Any) -> Row:
    known = {"outcome": "convicted", "offence": "burglary", "aggravated_felony": "No", "removable_lpr": "No"}
    return {**known, "recorded_date": date(2009, 1, 5), **facts}


def event(name: str, year: int, **facts: Any) -> Row:
    return {"event": name, "event_date": date(year, 3, 1), "recorded_date": date(year, 3, 2), **facts}


def on(action: str, days: int, reason: str | None = None, *, hours: int = 0) -> Row:
    """An action so many days after the decision."""
    at = datetime.combine(DAY, datetime.min.time()) + timedelta(days=days, hours=12 + hours)
    return {"action": action, "action_time": at, "reason": reason}


FELONY, THEFT = convicted(max_days=730), convicted(max_days=180, offence="theft")
REMOVABLE = convicted(max_days=730, removable_lpr="Yes")
AGGRAVATED = convicted(max_days=3650, aggravated_felony="Yes", removable_lpr="Yes")
REASON = "sole carer of a child"
LPR, LAWFUL, CITIZEN, NOBODY = ({"status": status} for status in ("lpr", "lawful", "usc", "no_record"))

CASES = (
    # The gravest errors: citizens and persons who are not removable.
    *(
        Hard("1.1", f"a citizen, {act}", "I!", done=[act], **CITIZEN)
        for act in ("removed", "nta", "custody", "detainer")
    ),
    Hard("1.1", "an asylee removed", "I!", done=["removed"], **LAWFUL),
    Hard("1.1", "an asylee, a notice to appear alone", "U", done=["nta"], needed="the ground of removal", **LAWFUL),
    Hard("1.1", "a person of no record, removed", "I!", done=["removed"], **NOBODY),
    # Time.
    Hard("1.2", "a detainer after the as-of day", "I", record=[FELONY], done=[on("detainer", 6000)]),
    Hard(
        "1",
        "resident, conviction pending on appeal, detainer",
        "I!",
        record=[convicted(outcome="pending", max_days=730, removable_lpr="Yes")],
        done=["detainer"],
        **LPR,
    ),
    Hard(
        "2",
        "resident, convicted and on direct appeal, detainer",
        "U",
        record=[convicted(outcome="appealed", max_days=730, removable_lpr="Yes")],
        done=["detainer"],
        **LPR,
    ),
    Hard("3", "resident, removable, nothing done", "J", record=[REMOVABLE], **LPR),
    Hard("4", "resident, removable, notice to appear", "C", record=[REMOVABLE], done=["nta"], **LPR),
    Hard(
        "5",
        "resident, ground blank, detainer",
        "U",
        record=[convicted(max_days=730, removable_lpr=None)],
        done=["detainer"],
        needed="convictions.removable_lpr",
        **LPR,
    ),
    Hard(
        "6",
        "resident, not removable, detainer lifted with a reason",
        "I!",
        record=[THEFT],
        done=["detainer", on("detainer_lifted", 0, "status shown", hours=1)],
        others={"lifting": "consistent"},
        **LPR,
    ),
    Hard(
        "7",
        "resident under a final order, detainer",
        "U",
        history=[event("final_order", 2008), event("absconded", 2009)],
        done=["detainer"],
        **LPR,
    ),
    Hard(
        "8",
        "resident, a danger to national security, detainer",
        "U",
        person={"national_security": "Yes"},
        done=["detainer"],
        **LPR,
    ),
    Hard("9", "resident, entry by fraud, detainer", "U", history=[event("fraud", 2008)], done=["detainer"], **LPR),
    Hard("10", "visa holder, aggravated felony, detainer", "C", record=[AGGRAVATED], done=["detainer"], **LAWFUL),
    Hard("10", "visa holder, a conviction not removable, detainer", "I!", record=[THEFT], done=["detainer"], **LAWFUL),
    Hard(
        "10",
        "visa holder, ground blank, detainer",
        "U",
        record=[convicted(max_days=180, removable_lpr=None)],
        done=["detainer"],
        needed="convictions.removable_lpr",
        **LAWFUL,
    ),
    Hard(
        "11",
        "visa holder, visa abuse on record, detainer",
        "U",
        history=[event("visa_abuse", 2010)],
        done=["detainer"],
        **LAWFUL,
    ),
    Hard("12", "citizen, detainer", "I!", done=["detainer"], **CITIZEN),
    Hard(
        "13",
        "citizen, detainer while no priorities were in force",
        "I!",
        done=["detainer"],
        decided=date(2022, 9, 1),
        **CITIZEN,
    ),
    Hard(
        "14",
        "citizen in custody after the last priorities",
        "I!",
        done=["custody"],
        decided=date(2025, 6, 1),
        **CITIZEN,
    ),
    Hard(
        "15",
        "citizenship recorded after the decision",
        "U",
        person={"status_recorded_date": date(2011, 5, 3)},
        done=["detainer", on("detainer_lifted", 0, "citizenship confirmed", hours=3)],
        needed="status",
        **CITIZEN,
    ),
    Hard(
        "15",
        "citizenship recorded after the decision, unlawful before it",
        "C",
        person={"status_recorded_date": date(2011, 5, 3), "earlier_status": "unlawful"},
        record=[FELONY],
        done=["detainer"],
        **CITIZEN,
    ),
    Hard(
        "15",
        "recorded as unlawful after the decision, a citizen before it",
        "I!",
        person={"status_recorded_date": date(2011, 5, 3), "earlier_status": "usc"},
        record=[FELONY],
        done=["detainer"],
    ),
    Hard("16", "citizen removed", "I!", done=["removed"], **CITIZEN),
    Hard("17", "citizen, notice to appear", "I!", done=["nta"], **CITIZEN),
    Hard("18", "lawful, notice to appear", "U", done=["nta"], **LAWFUL),
    Hard("19", "lawful, removed", "I!", done=["removed"], **LAWFUL),
    *(
        Hard(
            f"{20 + len(act)}",
            "a juvenile finding alone",
            "P",
            record=[convicted(outcome="juvenile", max_days=730)],
            done=act,
        )
        for act in ([], ["detainer"])
    ),
    Hard("22", "gang, age blank", "U", person={"gang_member": "Yes"}, needed="gang_age"),
    Hard("23", "felony recorded the day after", "P", record=[{**FELONY, "recorded_date": DAY + timedelta(days=1)}]),
    Hard("24", "felony recorded the same day", "I", record=[{**FELONY, "recorded_date": DAY}]),
    Hard("25", "felony, day of record blank", "U", record=[{**FELONY, "recorded_date": None}]),
    Hard("26", "felony, detainer a day after the decision", "C", record=[FELONY], done=[on("detainer", 1)]),
    Hard("27", "felony, detainer five months after", "I", record=[FELONY], done=[on("detainer", 150)]),
    Hard("28", "felony, detainer a year before", "I", record=[FELONY], done=[on("detainer", -365)]),
    Hard(
        "29",
        "felony, detainer lifted the same hour without a reason",
        "U",
        record=[FELONY],
        done=["detainer", on("detainer_lifted", 0, hours=1)],
        needed="actions.reason",
        others={"lifting": "inconsistent"},
    ),
    # Less on file never decides more: a row that shows the lift counts, and a lift that no row shows does not.
    *(
        Hard(
            "29",
            f"felony, detainer lifted without a reason, disposition {words}",
            "U",
            record=[FELONY],
            done=["detainer", on("detainer_lifted", 0, hours=1)],
            code=code,
        )
        for words, code in (("blank", ""), ("withheld", "(b)(3)"))
    ),
    *(
        Hard("29", f"felony, detainer, disposition {words}", "C", record=[FELONY], done=["detainer"], code=code)
        for words, code in (("blank", ""), ("withheld", "(b)(3)"))
    ),
    Hard("43", "re-entry on record, removal not", "I", history=[event("reentered", 2009)]),
    Hard(
        "30",
        "felony, discretion with a reason before the guidance",
        "U",
        record=[FELONY],
        done=[on("discretion", 0, REASON)],
    ),
    Hard(
        "31",
        "felony, discretion with a reason on the first day of the guidance",
        "C",
        record=[FELONY],
        decided=date(2011, 6, 17),
        done=[on("discretion", 46, REASON)],
    ),
    Hard(
        "32",
        "felony, discretion without a reason",
        "I",
        record=[FELONY],
        decided=date(2011, 6, 17),
        done=[on("discretion", 46)],
    ),
    *(
        Hard(
            f"{33 + n}",
            f"felony, no action, disposition {code}",
            "U",
            record=[FELONY],
            code=code,
            needed="actions.action",
        )
        for n, code in enumerate(("PD", "DTNR", "NAR", "WA/NTA"))
    ),
    Hard("33", "a disposition that denies the removal on record", "U", record=[FELONY], code="NAR", done=["removed"]),
    Hard(
        "37",
        "driving without a licence alone, nothing done",
        "P",
        record=[convicted(max_days=90, offence="driving without a licence")],
    ),
    Hard("38", "one crime of 365 days, nothing done", "I", record=[convicted(max_days=365)]),
    Hard(
        "39", "one crime of twelve months, 366 days, nothing done", "I", record=[convicted(max_days=366, max_months=12)]
    ),
    Hard("40", "three crimes of 365 days, detainer", "C", record=[convicted(max_days=365)] * 3, done=["detainer"]),
    *(
        Hard(
            f"{41 + n}",
            "a border violation of 1991, nothing done",
            "U",
            history=[event("border_violation", 1991)],
            decided=date(2011, 3, 1 + n),
            needed="what the memorandum means by recent",
        )
        for n in (0, 1)
    ),
    Hard("43", "removed in 2005, present in 2011, no entry on record", "I", history=[event("removed", 2005)]),
    Hard(
        "44", "re-entered in 2003 and removed in 2005", "I", history=[event("reentered", 2003), event("removed", 2005)]
    ),
    Hard(
        "45",
        "an order of 2003 carried out in 2005",
        "I",
        history=[event("final_order", 2003), event("absconded", 2004), event("removed", 2005)],
    ),
    Hard("46", "a final order never carried out, no flight on record", "I", history=[event("final_order", 2008)]),
    Hard("47", "unlawful, no charge, detainer", "P", done=["detainer"]),
    Hard(
        "48",
        "no encounter, detainer on file",
        "C",
        record=[FELONY],
        code=None,
        done=["detainer"],
        others={"documentation": "none"},
    ),
    Hard("49", "no record, detainer", "I!", done=["detainer"], **NOBODY),
    Hard("50", "no record, charged, detainer", "I!", done=["detainer"], charged=True, **NOBODY),
    *(
        Hard(
            "51",
            f"no record, a felony, done {act}",
            "U",
            record=[FELONY],
            done=act,
            needed="whether the person is an alien",
            **NOBODY,
        )
        for act in ([], ["detainer"])
    ),
    Hard("52", "status blank, felony, nothing done", "U", status=None, record=[FELONY], needed="status"),
    Hard("53", "citizen, July 2011, nothing on file", "U", decided=date(2011, 7, 15), code=None, **CITIZEN),
    Hard(
        "54",
        "15 July 2011, detainer, no encounter",
        "C",
        record=[FELONY],
        decided=date(2011, 7, 15),
        code=None,
        done=[on("detainer", 74)],
        others={"recording": "undeterminable"},
    ),
    Hard(
        "55",
        "visa holder, August 2011, nothing",
        "U",
        decided=date(2011, 8, 15),
        code=None,
        others={"recording": "undeterminable"},
        **LAWFUL,
    ),
    Hard("56", "vacated conviction", "P", record=[convicted(outcome="vacated", max_days=730)]),
    Hard("57", "judgment withheld on a plea, nothing done", "I", record=[convicted(outcome="withheld", max_days=730)]),
    Hard(
        "58",
        "one misdemeanour, detainer, 21 December 2012",
        "J",
        record=[THEFT],
        decided=date(2012, 12, 21),
        done=[on("detainer", 599)],
    ),
    Hard("59", "29 June 2010", "0", record=[FELONY], decided=date(2010, 6, 29)),
    Hard("60", "1 February 2021", "J", record=[FELONY], decided=date(2021, 2, 1)),
    Hard(
        "62",
        "resident, two crimes of moral turpitude, detainer",
        "C",
        record=[{**THEFT, "moral_turpitude": "Yes"}] * 2,
        done=["detainer"],
        **LPR,
    ),
    Hard("63", "custody ten days before the match", "C", record=[FELONY], done=[on("custody", -10)]),
    Hard("64", "lawful, found not removable", "C", done=["not_removable"], **LAWFUL),
    Hard(
        "65",
        "felony, found not removable with a reason",
        "C",
        record=[FELONY],
        done=[on("not_removable", 0, "no papers")],
    ),
    Hard(
        "65",
        "felony, found not removable without a reason",
        "U",
        record=[FELONY],
        done=["not_removable"],
        needed="actions.reason",
    ),
    Hard("66", "no record, felony, detainer", "U", record=[FELONY], done=["detainer"], **NOBODY),
    Hard(
        "69",
        "release blank, custody after thirty days",
        "C",
        record=[FELONY],
        done=["detainer", on("custody", 30)],
        others={"timeliness": "undeterminable"},
    ),
    Hard("78", "two encounters as near, felony, detainer", "C", record=[FELONY], done=["detainer"], encounters=2),
    Hard("79", "two encounters as near, citizen, detainer", "I!", done=["detainer"], encounters=2, **CITIZEN),
    Hard(
        "80",
        "detainer under another match an hour before",
        "C",
        record=[FELONY],
        code="NIC",
        second={"hours": -1, "done": ["detainer"]},
    ),
    Hard(
        "81",
        "detainer under another match three months before",
        "I",
        record=[FELONY],
        code="NIC",
        second={"hours": -24 * 90, "done": ["detainer"]},
    ),
)


@cache
def outcomes() -> dict[tuple[str, str], Row]:
    return assess(AS_OF, tuple(build_case(n, hard) for n, hard in enumerate(CASES)))


@pytest.mark.parametrize(
    ("n", "hard"), [pytest.param(n, one, id=f"{one.number} {one.it}") for n, one in enumerate(CASES)]
)
def test_a_hard_case_comes_out_as_it_must(n: int, hard: Hard) -> None:
    found = outcomes()[f"M{n}", "consistency"]
    critical = "!" if found["outcome"] == "inconsistent" and found["severity"] == "critical" else ""
    assert WORDS[found["outcome"]] + critical == hard.expected
    assert hard.needed in (found["needed"] or "")
    assert {name: outcomes()[f"M{n}", name]["outcome"] for name in hard.others} == hard.others


def build_case(n: int, hard: Hard) -> dict[str, Any]:
    """The rows of a case, in the form of the independent cases."""
    key, noon = f"M{n}", datetime.combine(hard.decided, datetime.min.time()) + timedelta(hours=9)
    person = {
        "person_id": f"P{n}",
        "status": hard.status,
        **dict.fromkeys(("immigration_record", "criminal_history_checked"), "Yes"),
        **dict.fromkeys(("national_security", "gang_member", "warrant"), "No"),
        **hard.person,
    }
    match = build_match(key, n, noon, hard.decided)
    encounters = [
        {
            "encounter_id": f"E{n}-{i}",
            "person_id": f"P{n}",
            "encounter_date": hard.decided,
            "entered_date": hard.decided,
        }
        for i in range(hard.encounters if hard.code is not None else 0)
    ]
    codes = [hard.code, "NIC"]
    dispositions = [
        {"disposition_id": f"D{n}-{i}", "encounter_id": one["encounter_id"], "disposition_code": codes[i]}
        | dict.fromkeys(("disposition_date", "entered_date"), hard.decided)
        for i, one in enumerate(encounters)
    ]
    others = []
    if hard.second:
        at = noon + timedelta(hours=hard.second["hours"])
        other = build_match(f"{key}-2", n, at, at.date())
        others = [{**other, "actions": build_actions(f"{key}-2", hard.second["done"], at)}]
    case = {
        "match": match,
        "person": person,
        "encounter": encounters[0] if encounters else None,
        "other_encounters": encounters[1:],
        "disposition": dispositions[0] if dispositions else None,
        "other_dispositions": dispositions[1:],
        "other_matches": others,
        "actions": build_actions(key, hard.done, noon),
        "convictions": number(hard.record, "conviction_id", n),
        "charges": [{"charge_id": f"K{n}", "match_id": key, "recorded_date": hard.decided}] if hard.charged else [],
        "immigration_history": number(hard.history, "history_id", n),
    }
    return in_text(case)


def build_match(key: str, n: int, at: datetime, decided: date) -> Row:
    own = {"match_id": key, "person_id": f"P{n}", "match_time": at, "office": "DET", "decision_date": decided}
    return {**own, "match_kind": "identity"}


def build_actions(key: str, done: Sequence[Row | str], at: datetime) -> list[Row]:
    """The actions of a match; one that is only named was taken on the day."""
    rows = [{"action": one, "action_time": at} if isinstance(one, str) else one for one in done]
    return [{**row, "action_id": f"{key}-{i}", "match_id": key} for i, row in enumerate(rows)]


def number(rows: Sequence[Row], key: str, n: int) -> list[Row]:
    return [{**row, key: f"{key}{n}-{i}", "person_id": f"P{n}"} for i, row in enumerate(rows)]


def in_text(value: Any) -> Any:
    """Dates as the independent cases write them."""
    if isinstance(value, dict):
        return {name: in_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [in_text(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
