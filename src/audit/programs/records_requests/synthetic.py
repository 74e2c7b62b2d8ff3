"""The register of a made-up year: requests, notices, questions to requesters, and decisions; facts, never a verdict."""

from pathlib import Path

import numpy as np
import polars as pl

from audit.policy.working_time import holidays_of

FIRST, DAYS, REGISTER = np.datetime64("2022-10-01"), 365, np.datetime64("2023-11-30")
OFFICES = {  # share of requests, working days that a decision typically takes, every way the name was written
    "HAR": (0.28, 15, ("HAR", "Harbor")),
    "HIL": (0.08, 18, ("HIL", "Hill Country", "HIL (Hill Country)")),
    "LAK": (0.17, 17, ("Northern Lakes",)),  # renamed Lakes on 1 April 2023
    "PLN": (0.14, 24, ("PLN", "Plains")),
    "RIV": (0.22, 20, ("RIV", "River Valley")),
    "SUM": (0.11, 13, ("SUM", "Summit")),
}
HOLIDAYS = np.array(holidays_of("US"), dtype="datetime64[D]")
NEVER = np.datetime64("NaT", "D")


def write_year(folder: Path) -> None:
    """Write the year's tables as CSV files, the same bytes every time; the folder is made where absent."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables().items():
        table.write_csv(folder / f"{name}.csv")


def tables(requests: int = 1200) -> dict[str, pl.DataFrame]:
    """Every table by name. Each draws from its own stream, so a change in one leaves the others alone."""
    whose, when, more, asking, deciding = np.random.Generator(np.random.PCG64(5520)).spawn(5)
    ids = np.array([f"R23-{n:05}" for n in range(1, requests + 1)])
    offices = whose.choice(list(OFFICES), requests, p=[share for share, _, _ in OFFICES.values()])
    received = _received(requests, when)
    extensions, added = _extensions(ids, more)
    pauses, paused = _pauses(ids, received, asking)
    typical = np.array([OFFICES[office][1] for office in offices])
    taken = np.rint(deciding.gamma(5, typical / 5)).astype(int) + added + paused
    decided = _working(received, np.maximum(taken, 1))
    fate = deciding.choice(["", "withdrawn", "duplicate"], requests, p=[0.94, 0.04, 0.02])
    by_register = np.where(decided <= REGISTER, "decided", "open")
    written = np.array([whose.choice(OFFICES[office][2]) for office in offices])
    written = np.where((offices == "LAK") & (received >= np.datetime64("2023-04-01")), "Lakes", written)
    register = pl.DataFrame(
        {
            "request_id": ids,
            "requester_id": _blanked([f"Q{n:04}" for n in whose.integers(1, 700, requests)], 0.02, whose),
            "office": written,
            "received": received,
            "status": _blanked(np.where(fate == "", by_register, fate).tolist(), 0.01, whose),
            "register_date": np.full(requests, REGISTER),
        }
    )
    sent = (fate == "") & (decided <= REGISTER) & (deciding.random(requests) > 0.03)
    return {
        "requests": register,
        "extensions": extensions,
        "pauses": pauses,
        "decisions": _decisions(ids[sent], decided[sent], deciding),
    }


def _received(requests: int, draw: np.random.Generator) -> np.ndarray:
    """Days of receipt, in order: most on working days, and some by portal at a weekend or on a holiday."""
    days = FIRST + draw.integers(0, DAYS, requests)
    moved = np.busday_offset(days, 0, roll="backward", holidays=HOLIDAYS)
    return np.sort(np.where((draw.random(requests) < 0.2) | (moved < FIRST), days, moved))


def _working(start: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The day that lies so many working days after `start`."""
    return np.busday_offset(start, days, roll="backward", holidays=HOLIDAYS)


def _extensions(ids: np.ndarray, draw: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Notices of more time; a few not in writing, for too long, or with a blank. And the days that each took."""
    noticed = np.flatnonzero(draw.random(len(ids)) < 0.22)
    days = draw.choice([5, 10, 15], len(noticed), p=[0.25, 0.7, 0.05])
    table = pl.DataFrame(
        {
            "extension_id": [f"X{n:05}" for n in range(1, len(noticed) + 1)],
            "request_id": ids[noticed],
            "days_added": _blanked(days.tolist(), 0.03, draw),
            "in_writing": _blanked(draw.choice(["Yes", "No"], len(noticed), p=[0.94, 0.06]).tolist(), 0.04, draw),
        }
    )
    added = np.zeros(len(ids), dtype=int)
    added[noticed] = days
    return table, added


def _pauses(ids: np.ndarray, received: np.ndarray, draw: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Questions to requesters, some asked a second time, some never answered; and the working days they took."""
    asked = np.repeat(np.arange(len(ids)), draw.choice([0, 1, 2], len(ids), p=[0.8, 0.16, 0.04]))
    nth = np.where(np.diff(asked, prepend=-1) == 0, 2, 1)
    waited = draw.integers(1, 16, len(asked))
    day = _working(received[asked], draw.integers(1, 6, len(asked)) + (nth - 1) * 5)
    answer = _working(day, waited)
    unanswered = (draw.random(len(asked)) < 0.08) | (answer > REGISTER)
    known = day <= REGISTER
    table = pl.DataFrame(
        {
            "pause_id": [f"P{n:05}" for n in range(1, len(asked) + 1)],
            "request_id": ids[asked],
            "kind": np.where((draw.random(len(ids)) < 0.25)[asked], "fees", "information"),
            "nth": nth,
            "asked_on": day,
            "answered_on": np.where(unanswered, NEVER, answer),
        }
    )
    return table.filter(known), np.bincount(asked, waited, minlength=len(ids)).astype(int)


def _decisions(ids: np.ndarray, days: np.ndarray, draw: np.random.Generator) -> pl.DataFrame:
    """Decisions sent: most entered within the week, some weeks later, a few without their day."""
    entered = np.minimum(days + draw.choice([0, 2, 6, 35], len(ids), p=[0.6, 0.2, 0.15, 0.05]), REGISTER)
    kinds = ["granted", "granted in part", "denied", "no records"]
    return pl.DataFrame(
        {
            "decision_id": [f"D{n:05}" for n in range(1, len(ids) + 1)],
            "request_id": ids,
            "determination": draw.choice(kinds, len(ids), p=[0.3, 0.4, 0.12, 0.18]),
            "decision_date": np.where(draw.random(len(ids)) < 0.02, NEVER, days),
            "entered": entered,
        }
    )


def _blanked(values: list[object], share: float, draw: np.random.Generator) -> list[object]:
    """The values, with about that share of them left blank."""
    blank = draw.random(len(values)) < share
    return [None if gone else value for value, gone in zip(values, blank, strict=True)]
