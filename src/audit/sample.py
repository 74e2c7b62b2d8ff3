"""The sample: which cases were drawn, by tickets that anyone can compute again."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import polars as pl

from audit.design import Design
from audit.error import AuditError, ExitCode, Problem
from audit.frame import Frame
from audit.wording import count, listed

FORMAT = "audit-sample/1"
ALGORITHM = (
    "A case's ticket is the SHA-256 (FIPS 180-4), in lower-case hexadecimal, of the seed, a vertical bar and the "
    "case's key, in UTF-8. The cases with the smallest tickets are drawn: of the whole frame, or of each stratum as "
    "many as it is to give. Equal tickets go by key."
)
DRAWN = pl.Schema({"order": pl.Int64, "key": pl.String, "stratum": pl.String, "ticket": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The drawn cases in ticket order, as DRAWN: `order` counts from 1, `stratum` is null where there is none."""

    cases: pl.DataFrame
    design: Design
    seed: str
    frame_digest: str


def tickets(keys: pl.Series, *, seed: str) -> pl.Series:
    """The ticket of every key: SHA-256 of seed, "|" and key in UTF-8, as 64 lower-case hexadecimal digits."""
    return (_tickets_polars if find_spec("polars_hash") else _tickets_hashlib)(keys, seed)


def draw(frame: Frame, design: Design, *, seed: str) -> Sample:
    """Draw the smallest tickets of the frame, or of each of its strata (Rivest 2018, consistent sampling).

    The draw depends on the seed and the keys alone, and a longer one contains the shorter. Raises a usage error for
    a design made on another frame, and for a seed that two people could write differently.
    """
    _refuse_seed(seed)
    _refuse_frame(frame, design.frame_digest)
    cases = _drawn(frame, size=design.size, takes=dict(design.takes), seed=seed)
    return Sample(cases=cases, design=design, seed=seed, frame_digest=frame.digest)


def manifest(
    sample: Sample,
    frame: Frame,
    *,
    seed_source: str,
    frame_fixed: datetime,
    seed_chosen: datetime,
    earlier: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The record of a draw, ready for JSON: all it takes to draw again, and the times that show it was fair.

    `frame_fixed` is when the frame's digest was written down, `seed_chosen` when the seed came to be: a seed older
    than its frame could have been shopped for, and is refused. Both times carry a zone, or neither does. `earlier`
    is what `given_up` returns.
    """
    _refuse_frame(frame, sample.frame_digest)
    _refuse_times(frame_fixed, seed_chosen)
    if not seed_source.strip():
        raise _usage("The seed has no source", "Say how it came to be: dice thrown in public, a published value.")
    design, takes = sample.design, dict(sample.design.takes)
    return {
        "format": FORMAT,
        "generator": {"name": "SHA-256 ticket", "algorithm": ALGORITHM, "software": f"audit {version('audit')}"},
        "frame": {
            "digest": frame.digest,
            "fixed": frame_fixed.isoformat(),
            "key": frame.key,
            "stratum": frame.stratum,
            "universe": frame.universe,
            "exclusions": [{"reason": reason, "cases": cases} for reason, cases in frame.exclusions],
            "untold": [{"reason": reason, "cases": cases} for reason, cases in frame.untold],
            "size": frame.size,
        },
        "design": {
            "size": design.size,
            "strata": [{"stratum": name, "size": size, "take": takes[name]} for name, size in frame.sizes],
            "confidence": design.confidence,
            "margin": design.margin,
            "formula": design.formula,
            "inputs": dict(design.inputs),
            "citation": design.citation,
        },
        "seed": {"value": sample.seed, "source": seed_source, "chosen": seed_chosen.isoformat()},
        "earlier seeds": [dict(one) for one in earlier],
        "cases": sample.cases.to_dicts(),
    }


def given_up(record: Mapping[str, Any] | None, frame: Frame, *, seed: str, reason: str) -> list[dict[str, str]]:
    """Every seed drawn with before this one, with the frame it was drawn from and the reason it was given up for.

    `record` is the manifest of the draw before, if there was one. Raises a usage error for another seed without a
    `reason`, and for the same seed on another frame: either could be shopping.
    """
    if record is None:
        return []
    before = _read(record)
    known = list(record.get("earlier seeds", ()))
    if before.seed == seed:
        if before.digest != frame.digest:
            raise _usage("This seed was drawn with already, from another frame", "Choose a seed for this frame.")
        return known
    if not reason.strip():
        mend = 'Keep its sample, or say why it is given up: --again "reason". The manifest will list both.'
        raise _usage("A sample was drawn already, with another seed", mend)
    return [*known, {**record["seed"], "frame": before.digest, "given up because": reason}]


def drawn_cases(record: Mapping[str, Any]) -> pl.DataFrame:
    """The cases that a manifest lists, as DRAWN. Raises a data error for what is no manifest."""
    return _read(record).cases


def redraw(frame: Frame, record: Mapping[str, Any]) -> list[str]:
    """Draw again from a frame and a manifest, and say where the two disagree: nothing said is the proof.

    Each disagreement begins with its item (digest, frame size, strata, times, size, extra, absent, ticket, stratum,
    order) and gives places by `order`, never by key. Raises a data error for what is no manifest.
    """
    stated = _read(record)
    checks = [
        (stated.digest == frame.digest, "digest: the frame is not the one that was fixed"),
        (
            stated.frame_size == frame.size,
            f"frame size: {count(stated.frame_size)} in the manifest, {count(frame.size)} in the frame",
        ),
        (stated.sizes == frame.sizes, "strata: those of the frame are others, or of other sizes"),
        (stated.in_time, "times: the seed was chosen before the frame was fixed"),
    ]
    again = _drawn(frame, size=stated.size, takes=stated.takes, seed=stated.seed)
    return [words for holds, words in checks if not holds] + _differences(stated, again)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stated:
    """What a manifest states of a draw."""

    digest: str
    frame_size: int
    sizes: tuple[tuple[str, int], ...]
    takes: dict[str, int]
    size: int
    seed: str
    in_time: bool
    cases: pl.DataFrame


def _read(record: Mapping[str, Any]) -> _Stated:
    try:
        fixed, design, seed = record["frame"], record["design"], record["seed"]
        stated = _Stated(
            digest=fixed["digest"],
            frame_size=int(fixed["size"]),
            sizes=tuple((part["stratum"], int(part["size"])) for part in design["strata"]),
            takes={part["stratum"]: int(part["take"]) for part in design["strata"]},
            size=int(design["size"]),
            seed=str(seed["value"]),
            in_time=datetime.fromisoformat(fixed["fixed"]) <= datetime.fromisoformat(seed["chosen"]),
            cases=pl.DataFrame(record["cases"], schema=DRAWN),
        )
        known = record["format"] == FORMAT
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        known = False
    if not known:
        problem = Problem(what=f"This is no manifest of the form {FORMAT}", mend="Give the file that the draw wrote.")
        raise AuditError(problem, code=ExitCode.DATA)
    _refuse_seed(stated.seed)
    return stated


def _differences(stated: _Stated, again: pl.DataFrame) -> list[str]:
    """Where the cases that a manifest lists are not those drawn again."""
    cases = stated.cases
    both = cases.join(again, on="key", suffix=" again")
    places = {
        "extra: listed and not drawn": cases.join(again, on="key", how="anti"),
        "absent: drawn and not listed": again.join(cases, on="key", how="anti"),
        "ticket: not that of its key": cases.filter(
            pl.col("ticket").ne_missing(tickets(cases["key"], seed=stated.seed))
        ),
        "stratum: not that of the frame": both.filter(pl.col("stratum").ne_missing(pl.col("stratum again"))),
        "order: not that of the tickets": both.filter(pl.col("order").ne_missing(pl.col("order again"))),
    }
    found = []
    if not stated.size == cases.height == again.height:
        found.append(
            f"size: {count(stated.size)} planned, {count(cases.height)} listed, {count(again.height)} drawn again"
        )
    for words, rows in places.items():
        if rows.height:
            found.append(f"{words}, order {listed([str(order) for order in rows['order'].sort()])}")
    return found


def _drawn(frame: Frame, *, size: int, takes: Mapping[str, int], seed: str) -> pl.DataFrame:
    """The cases with the smallest tickets, in ticket order, as DRAWN."""
    stratum = pl.col(frame.stratum) if frame.stratum else pl.lit(None, pl.String)
    cases = frame.cases.select(key=pl.col(frame.key), stratum=stratum).collect()
    ranked = cases.with_columns(ticket=tickets(cases["key"], seed=seed)).sort("ticket", "key")
    if frame.stratum:
        take = pl.col("stratum").replace_strict(dict(takes), default=0, return_dtype=pl.Int64)
        chosen = ranked.filter(pl.int_range(pl.len()).over("stratum") < take)
    else:
        chosen = ranked.head(size)
    return chosen.with_row_index("order", offset=1).cast({"order": pl.Int64}).select(DRAWN.names())


def _tickets_polars(keys: pl.Series, seed: str) -> pl.Series:
    import polars_hash

    line = polars_hash.concat_str(pl.lit(f"{seed}|"), pl.lit(keys))
    return pl.select(ticket=line.chash.sha2_256()).to_series()


def _tickets_hashlib(keys: pl.Series, seed: str) -> pl.Series:
    return pl.Series("ticket", [hashlib.sha256(f"{seed}|{key}".encode()).hexdigest() for key in keys], dtype=pl.String)


def _refuse_seed(seed: str) -> None:
    """Refuse a seed that is blank or holds what print does not show: nobody could draw with it again."""
    if not seed or not seed.isprintable() or seed != unicodedata.normalize("NFC", seed.strip()):
        mend = "Write one line of composed Unicode (NFC) without spaces around it."
        raise _usage("The seed is blank, or holds what print does not show", mend)


def _refuse_frame(frame: Frame, digest: str) -> None:
    if frame.digest != digest:
        raise _usage("The design or sample was made on another frame", "Give that frame, or plan and draw again.")


def _refuse_times(frame_fixed: datetime, seed_chosen: datetime) -> None:
    if (frame_fixed.utcoffset() is None) != (seed_chosen.utcoffset() is None):
        raise _usage("Only one of the two times has a zone", "Write both with their zone.")
    if seed_chosen < frame_fixed:
        what = "The seed was chosen before the frame was fixed, so it could have been shopped for"
        raise _usage(what, "Write down the frame's digest first, then choose a seed.")


def _usage(what: str, mend: str) -> AuditError:
    return AuditError(Problem(what=what, mend=mend), code=ExitCode.USAGE)
