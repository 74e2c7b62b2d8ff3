"""What lies between two steps of a sample audit, as files that a person can read and the next step takes up."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import as_json, digest_of
from audit.review.settle import REVIEWS
from audit.sampling.design import Design
from audit.sampling.frame import ROLES, Frame, intact, lines
from audit.sampling.replacements import drawn_cases
from audit.storage.output_folder import join, write

FRAME, FRAME_CASES, DESIGN, SAMPLE = "frame.json", "frame.txt", "design.json", "sample.json"
DETERMINATIONS, SETTLED = "determinations.csv", "settled.csv"
JOURNAL, SECOND = "journal.jsonl", "second.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The folder of one sample audit, step by step."""

    folder: Path
    key: str  # the column that holds a case's key

    def write_frame(self, frame: Frame, *, fixed: datetime, published: Sequence[Path] = ()) -> None:
        """The frame: its cases, one a line as published, and its digest with the time it was fixed.

        A frame that was fixed before, and is the same, keeps its time. The lines may be `published` already: in files,
        one after the other.
        """
        with suppress(AuditError):
            before, since = self.read_fixed()
            fixed = since if before.digest == frame.digest == digest_of(self.folder / FRAME_CASES) else fixed
        if published:
            join(self.folder / FRAME_CASES, published)
        else:
            write(self.folder / FRAME_CASES, "".join(f"{line}\n" for line in lines(frame.cases.collect())).encode())
        facts = {name: getattr(frame, name) for name in (*ROLES, *_FRAME_FACTS)}
        write(self.folder / FRAME, as_json({**facts, "fixed": fixed.isoformat(timespec="seconds")}))

    def read_frame(self) -> tuple[Frame, datetime]:
        """The frame, and the time it was fixed. AuditError (DATA) where its cases are not those that were fixed."""
        frame, fixed = self.read_fixed()
        path = self.folder / FRAME
        with _as_written(path, mend=_again("scope")):
            text = _bytes(self.folder / FRAME_CASES, "scope").decode()
            names = frame.cases.collect_schema().names()
            rows = pl.DataFrame({"line": text.removesuffix("\n").split("\n")}).select(
                pl.col("line").str.split_exact("|", len(names) - 1).struct.rename_fields(names)
            )
            cases = rows.unnest("line").sort(frame.key)
            if frame.measure:
                cases = cases.cast({frame.measure: pl.Int64})
            frame = replace(frame, cases=cases.lazy())
            whole = intact(frame)
        if not whole:
            what = f"the cases in {FRAME_CASES} are not those whose digest, size and strata it states"
            raise AuditError(Problem(what=what, mend=_again("scope"), file=str(path)), code=ExitCode.DATA)
        return frame, fixed

    def read_fixed(self) -> tuple[Frame, datetime]:
        """What is stated of the frame, without its cases; and the time it was fixed."""
        path = self.folder / FRAME
        with _as_written(path, mend=_again("scope")):
            facts = _json(path, "scope")
            # frames that were fixed before there were clusters and measures say nothing of them
            roles = {role: facts.get(role) if role in ROLES[2:] else facts[role] for role in ROLES}
            pairs = {name: tuple(map(tuple, facts[name])) for name in ("exclusions", "untold", "sizes")}
            kept = {name: facts[name] for name in _FRAME_FACTS}
            cases = pl.LazyFrame(schema=dict.fromkeys(filter(None, roles.values()), pl.String))
            frame = Frame(cases=cases, **{**roles, **kept, **pairs})
            return frame, datetime.fromisoformat(facts["fixed"])

    def write_design(self, design: Design) -> None:
        """The design."""
        write(self.folder / DESIGN, as_json(asdict(design)))

    def write_figure(self, name: str, drawn: bytes) -> Path:
        """A figure that goes with a step."""
        write(self.folder / name, drawn)
        return self.folder / name

    def read_design(self) -> Design:
        """The design."""
        path = self.folder / DESIGN
        with _as_written(path, mend=_again("plan")):
            facts = _json(path, "plan")
            pairs = {name: tuple(map(tuple, facts[name])) for name in ("takes", "inputs")}
            return Design(**{**facts, **pairs, "certain": tuple(facts.get("certain", ()))})

    def write_sample(self, manifest: Mapping[str, Any]) -> None:
        """The manifest of the draw."""
        write(self.folder / SAMPLE, as_json(manifest))

    def read_sample(self, path: Path | None = None) -> dict[str, Any]:
        """The manifest of the draw, or of the draw that lies elsewhere."""
        return _json(path or self.folder / SAMPLE, "draw")

    def read_keys(self) -> pl.Series:
        """The keys of the drawn cases, in ticket order."""
        return drawn_cases(self.read_sample())["key"].alias(self.key)

    def write_determinations(self, found: pl.DataFrame) -> None:
        """A row per case and attribute, as assessed."""
        self._write_after(DETERMINATIONS, found)

    def read_determinations(self) -> pl.DataFrame:
        """A row per case and attribute, as assessed from the sample that is there; all text."""
        return self._read_after(DETERMINATIONS)

    def read_reviews(self, path: Path | None) -> pl.DataFrame:
        """What people concluded, as text; no rows where no file is named."""
        if path is None:
            return pl.DataFrame(schema={self.key: pl.String, **REVIEWS})
        with _as_written(path, mend="Save it as a CSV file in UTF-8."):
            rows = _csv(_bytes(path, "settle --reviews FILE"))
        if missing := [name for name in (self.key, *REVIEWS) if name not in rows.columns]:
            problems = [Problem(what="is missing", mend="Add it.", file=str(path), column=name) for name in missing]
            raise AuditError(problems, code=ExitCode.DATA)
        return rows

    def write_settled(self, found: pl.DataFrame) -> None:
        """The determinations with what people concluded."""
        self._write_after(SETTLED, found)

    def read_settled(self) -> pl.DataFrame:
        """The determinations that are there, with what people concluded; all text."""
        self.read_determinations()
        return self._read_after(SETTLED)

    @property
    def journal(self) -> Path:
        """The journal of the review."""
        return self.folder / JOURNAL

    def write_second(self, manifest: Mapping[str, Any]) -> None:
        """The manifest of the cases that a second reviewer judges."""
        write(self.folder / SECOND, as_json(manifest))

    def read_second(self) -> dict[str, Any]:
        """The manifest of the cases that a second reviewer judges."""
        return _json(self.folder / SECOND, "review second")

    def settled_digest(self) -> str:
        """The SHA-256 of what is settled; empty where nothing is."""
        return digest_of(self.folder / SETTLED) or ""

    def begun(self) -> bool:
        """Whether a sample was drawn here."""
        return (self.folder / SAMPLE).exists()

    def digests(self) -> dict[str, str | None]:
        """The SHA-256 of each step's file, None where it was not taken."""
        names = (FRAME, DESIGN, SAMPLE, DETERMINATIONS, SETTLED, JOURNAL, SECOND)
        return {name: digest_of(self.folder / name) for name in names}

    def write_states(self, period: str, states: pl.DataFrame) -> Path:
        """The state of every unit of a period, beside the folder of the sample audit."""
        path = self.folder.parent / f"{in_file_name(period)}-states.csv"
        write(path, states.write_csv().encode())
        return path

    def _write_after(self, name: str, rows: pl.DataFrame) -> None:
        """Write a step's rows, and beside them the digests by which the step and the one before it belong together."""
        write(self.folder / name, rows.write_csv().encode())
        write(self._seal(name), as_json(self._together(name)))

    def _read_after(self, name: str) -> pl.DataFrame:
        step, path = _AFTER[name][1], self.folder / name
        content = _bytes(path, step)
        if _json(self._seal(name), step) != self._together(name):
            what = f"does not belong to {_AFTER[name][0]}: one of the two was written or altered since"
            raise AuditError(Problem(what=what, mend=_again(step), file=str(path)), code=ExitCode.USAGE)
        with _as_written(path, mend=_again(step)):
            return _csv(content)

    def _seal(self, name: str) -> Path:
        return (self.folder / name).with_suffix(".json")

    def _together(self, name: str) -> dict[str, str | None]:
        parts = (_AFTER[name][0], name, *([JOURNAL] if name == SETTLED and self.journal.exists() else []))
        return {part: digest_of(self.folder / part) for part in parts}


def in_file_name(period: str) -> str:
    """A period as a folder is named after it: 2011-09; 2015-12_2018-06; all."""
    return period.replace("/", "_")


def _bytes(path: Path, step: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        mend = f"Take the step before: audit {step}."
        problem = Problem(what="is not there yet", mend=mend, file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def _json(path: Path, step: str) -> dict[str, Any]:
    with _as_written(path, mend=_again(step)):
        return dict(json.loads(_bytes(path, step)))


@contextmanager
def _as_written(path: Path, *, mend: str) -> Iterator[None]:
    """Refuse a file that cannot be read in the form it was written in."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        raise AuditError(Problem(what="is damaged", mend=mend, file=str(path)), code=ExitCode.UNREADABLE) from None


def _again(step: str) -> str:
    return f"Take the step again: audit {step}."


def _csv(content: bytes) -> pl.DataFrame:
    return pl.read_csv(content, infer_schema=False)


_FRAME_FACTS = ("universe", "exclusions", "untold", "size", "sizes", "digest")
_AFTER = {DETERMINATIONS: (SAMPLE, "assess"), SETTLED: (DETERMINATIONS, "settle")}  # the file before, and the step
