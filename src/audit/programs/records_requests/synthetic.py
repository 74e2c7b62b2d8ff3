"""The register of a made-up year: requests, notices, questions to requesters, and decisions; facts, never a verdict."""

from pathlib import Path

import numpy as np
import polars as pl

from audit.policy.working_time import list_holidays

FIRST, DAYS, REGISTER = np.datetime64("2022-10-01"), 365, np.datetime64("2023-11-30")
OFFICE_PROFILES = {  # share of requests, working days that a decision typically takes, every way the name was written
    "HAR": (0.28, 15, ("HAR", "Harbor")),
    "HIL": (0.08, 18, ("HIL", "Hill Country", "HIL (Hill Country)")),
    "LAK": (0.17, 17, ("Northern Lakes",)),  # renamed Lakes on 1 April 2023
    "PLN": (0.14, 24, ("PLN", "Plains")),
    "RIV": (0.22, 20, ("RIV", "River Valley")),
    "SUM": (0.11, 13, ("SUM", "Summit")),
}
HOLIDAYS = np.array(list_holidays("US"), dtype="datetime64[D]")
NO_DATE = np.datetime64("NaT", "D")
RENAMED = np.datetime64("2023-04-01")  # on which Northern Lakes became Lakes


def write_year(folder: Path) -> None:
    """Write the year's tables as CSV files, the same bytes every time; the folder is made where absent."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = build_tables()
    for name, table in (*tables.items(), *build_analysis_tables(tables).items()):
        table.write_csv(folder / f"{name}.csv")


def build_tables(requests: int = 1200) -> dict[str, pl.DataFrame]:
    """Every table by name. Each draws from its own stream, so a change in one leaves the others alone."""
    whose, when, more, asking, deciding = np.random.Generator(np.random.PCG64(5520)).spawn(5)
    ids = np.array([f"R23-{n:05}" for n in range(1, requests + 1)])
    offices = whose.choice(list(OFFICE_PROFILES), requests, p=[share for share, _, _ in OFFICE_PROFILES.values()])
    received = _draw_receipt_days(requests, when)
    extensions, added = _draw_extensions(ids, more)
    pauses, paused = _draw_pauses(ids, received, asking)
    typical = np.array([OFFICE_PROFILES[office][1] for office in offices])
    taken = np.rint(deciding.gamma(5, typical / 5)).astype(int) + added + paused
    decided = _add_working_days(received, np.maximum(taken, 1))
    fate = deciding.choice(["", "withdrawn", "duplicate"], requests, p=[0.94, 0.04, 0.02])
    by_register = np.where(decided <= REGISTER, "decided", "open")
    office_names = np.array([whose.choice(OFFICE_PROFILES[office][2]) for office in offices])
    office_names = np.where((offices == "LAK") & (received >= RENAMED), "Lakes", office_names)
    register = pl.DataFrame(
        {
            "request_id": ids,
            "requester_id": _blank_values([f"Q{n:04}" for n in whose.integers(1, 700, requests)], 0.02, whose),
            "office": office_names,
            "received": received,
            "status": _blank_values(np.where(fate == "", by_register, fate).tolist(), 0.01, whose),
            "register_date": np.full(requests, REGISTER),
        }
    )
    sent = (fate == "") & (decided <= REGISTER) & (deciding.random(requests) > 0.03)
    return {
        "requests": register,
        "extensions": extensions,
        "pauses": pauses,
        "decisions": _draw_decisions(ids[sent], decided[sent], deciding),
    }


def build_analysis_tables(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The log of stages: a row an event. Receipt, decision and withdrawal are those of the register; the rest drawn."""
    rng = np.random.Generator(np.random.PCG64(5521))
    requests = tables["requests"].join(
        tables["decisions"].select("request_id", "decision_date"), on="request_id", how="left", maintain_order="left"
    )
    received, n = requests["received"].to_numpy(), requests.height
    last = requests["decision_date"].fill_null(REGISTER).to_numpy()
    acknowledged = np.minimum(np.maximum(_add_working_days(received, rng.integers(0, 6, n)), received), last)
    searched = np.minimum(_add_working_days(acknowledged, rng.integers(1, 9, n)), last)
    closed_on = np.minimum(_add_working_days(received, rng.integers(2, 20, n)), REGISTER)
    is_closed = requests["status"].is_in(["withdrawn", "duplicate"]).fill_null(False).to_numpy()
    searched = np.where(is_closed | (rng.random(n) < 0.03), NO_DATE, searched)
    acknowledged = np.where(rng.random(n) < 0.05, NO_DATE, acknowledged)
    days = {"received": received, "acknowledged": acknowledged, "searched": searched}
    events = [
        requests.select("request_id", "office", stage=pl.lit(name), day=pl.Series(day)) for name, day in days.items()
    ]
    events.append(requests.select("request_id", "office", stage=pl.lit("decided"), day="decision_date"))
    closed = requests.with_columns(day=pl.Series(closed_on)).filter(pl.Series(is_closed))
    events.append(closed.select("request_id", "office", stage="status", day="day"))
    log = pl.concat(events).drop_nulls("day").sort("request_id", "day", maintain_order=True)
    is_renamed = (pl.col("office") == "Northern Lakes") & (pl.col("day") >= RENAMED.item())
    return {"stage_events": log.with_columns(office=pl.when(is_renamed).then(pl.lit("Lakes")).otherwise("office"))}


def _draw_receipt_days(requests: int, rng: np.random.Generator) -> np.ndarray:
    """Days of receipt, in order: most on working days, and some by portal at a weekend or on a holiday."""
    days = FIRST + rng.integers(0, DAYS, requests)
    moved = np.busday_offset(days, 0, roll="backward", holidays=HOLIDAYS)
    return np.sort(np.where((rng.random(requests) < 0.2) | (moved < FIRST), days, moved))


def _add_working_days(start: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The day that lies so many working days after `start`."""
    return np.busday_offset(start, days, roll="backward", holidays=HOLIDAYS)


def _draw_extensions(ids: np.ndarray, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Notices of more time; a few not in writing, for too long, or with a blank. And the days that each took."""
    noticed = np.flatnonzero(rng.random(len(ids)) < 0.22)
    days = rng.choice([5, 10, 15], len(noticed), p=[0.25, 0.7, 0.05])
    table = pl.DataFrame(
        {
            "extension_id": [f"X{n:05}" for n in range(1, len(noticed) + 1)],
            "request_id": ids[noticed],
            "days_added": _blank_values(days.tolist(), 0.03, rng),
            "in_writing": _blank_values(rng.choice(["Yes", "No"], len(noticed), p=[0.94, 0.06]).tolist(), 0.04, rng),
        }
    )
    added = np.zeros(len(ids), dtype=int)
    added[noticed] = days
    return table, added


def _draw_pauses(ids: np.ndarray, received: np.ndarray, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Questions to requesters, some asked a second time, some never answered; and the working days they took."""
    request_places = np.repeat(np.arange(len(ids)), rng.choice([0, 1, 2], len(ids), p=[0.8, 0.16, 0.04]))
    nth = np.where(np.diff(request_places, prepend=-1) == 0, 2, 1)
    waited = rng.integers(1, 16, len(request_places))
    day = _add_working_days(received[request_places], rng.integers(1, 6, len(request_places)) + (nth - 1) * 5)
    answer = _add_working_days(day, waited)
    unanswered = (rng.random(len(request_places)) < 0.08) | (answer > REGISTER)
    in_register = day <= REGISTER
    table = pl.DataFrame(
        {
            "pause_id": [f"P{n:05}" for n in range(1, len(request_places) + 1)],
            "request_id": ids[request_places],
            "kind": np.where((rng.random(len(ids)) < 0.25)[request_places], "fees", "information"),
            "nth": nth,
            "asked_on": day,
            "answered_on": np.where(unanswered, NO_DATE, answer),
        }
    )
    return table.filter(in_register), np.bincount(request_places, waited, minlength=len(ids)).astype(int)


def _draw_decisions(ids: np.ndarray, days: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Decisions sent: most entered within the week, some weeks later, a few without their day."""
    entered = np.minimum(days + rng.choice([0, 2, 6, 35], len(ids), p=[0.6, 0.2, 0.15, 0.05]), REGISTER)
    kinds = ["granted", "granted in part", "denied", "no records"]
    return pl.DataFrame(
        {
            "decision_id": [f"D{n:05}" for n in range(1, len(ids) + 1)],
            "request_id": ids,
            "determination": rng.choice(kinds, len(ids), p=[0.3, 0.4, 0.12, 0.18]),
            "decision_date": np.where(rng.random(len(ids)) < 0.02, NO_DATE, days),
            "entered": entered,
        }
    )


def _blank_values(values: list[object], share: float, rng: np.random.Generator) -> list[object]:
    """The values, with about that share of them left blank."""
    blank = rng.random(len(values)) < share
    return [None if gone else value for value, gone in zip(values, blank, strict=True)]
