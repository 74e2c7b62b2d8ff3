"""What lies between two steps of a sample audit, as files that a person can read and the next step takes up."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from audit.errors import AuditError, ExitCode, Problem
from audit.files import encode_json, hash_file, parse_json
from audit.months import expand_period
from audit.review.settle import REVIEW_SCHEMA
from audit.sampling.design import Plan, parse_plan_inputs
from audit.sampling.frame import COLUMN_ROLES, Frame, format_frame_lines, is_intact
from audit.sampling.replacements import list_current_cases
from audit.storage.output_folder import join_files, write_file

FRAME_FILE, FRAME_CASES_FILE, DESIGN_FILE, SAMPLE_FILE = "frame.json", "frame.txt", "design.json", "sample.json"
DETERMINATIONS_FILE, SETTLED_OUTCOMES_FILE = "determinations.csv", "settled.csv"
JOURNAL_FILE, SECOND_SAMPLE_FILE = "journal.jsonl", "second.json"


class Step(NamedTuple):
    """A step of the sample audit on disk: its file, the file of the step before it, and the command that takes it."""

    file: str
    follows: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAuditFolder:
    """The folder of one sample audit, step by step."""

    folder: Path
    key: str  # the column that holds a case's key

    @property
    def frame_file(self) -> Path:
        """The file of the frame's cases, one a line as published."""
        return self.folder / FRAME_CASES_FILE

    def write_frame(
        self, frame: Frame, *, fixed: datetime, published: Sequence[Path] = (), overwrite: bool = False
    ) -> None:
        """The frame: its cases, one a line as published, and its digest with the time it was fixed.

        A frame that was fixed before, and is the same, keeps its time. The lines may be `published` already: in files,
        one after the other.

        AuditError (CONFLICT) where a sample was drawn from another frame, unless that is to be overwritten.
        """
        if not overwrite and (drawn_from := self.read_drawn_digest()) not in (None, frame.digest):
            what = f"a sample was drawn from the frame {drawn_from}, and this is another: {frame.digest}"
            mend = (
                "Restore the tables and options of that frame. Or replace it with --overwrite: the sample no longer "
                "belongs to it then, and one must be drawn anew."
            )
            raise AuditError(Problem(what=what, mend=mend, file=str(self.folder / FRAME_FILE)), code=ExitCode.CONFLICT)
        with suppress(AuditError):
            before, since = self.read_frame_facts()
            fixed = since if before.digest == frame.digest == hash_file(self.frame_file) else fixed
        if published:
            join_files(self.frame_file, published)
        else:
            write_file(
                self.frame_file,
                "".join(f"{line}\n" for line in format_frame_lines(frame.cases.collect())).encode(),
            )
        facts = {name: getattr(frame, name) for name in (*COLUMN_ROLES, *_FRAME_FACTS)}
        write_file(self.folder / FRAME_FILE, encode_json({**facts, "fixed": fixed.isoformat(timespec="seconds")}))

    def read_frame(self) -> tuple[Frame, datetime]:
        """The frame, and the time it was fixed. AuditError (DATA) where its cases are not those that were fixed."""
        frame, fixed = self.read_frame_facts()
        path = self.folder / FRAME_FILE
        with _refuse_damaged(path, mend=_suggest_step("scope")):
            text = _read_bytes(self.frame_file, "scope").decode()
            names = frame.cases.collect_schema().names()
            rows = pl.DataFrame({"line": text.removesuffix("\n").split("\n")}).select(
                pl.col("line").str.split_exact("|", len(names) - 1).struct.rename_fields(names)
            )
            cases = rows.unnest("line").sort(frame.key)
            if frame.measure:
                cases = cases.cast({frame.measure: pl.Int64})
            frame = replace(frame, cases=cases.lazy())
            whole = is_intact(frame)
        if not whole:
            what = f"the cases in {FRAME_CASES_FILE} are not those whose digest, size and strata it states"
            raise AuditError(Problem(what=what, mend=_suggest_step("scope"), file=str(path)), code=ExitCode.DATA)
        return frame, fixed

    def read_frame_facts(self) -> tuple[Frame, datetime]:
        """What is stated of the frame, without its cases; and the time it was fixed."""
        path = self.folder / FRAME_FILE
        with _refuse_damaged(path, mend=_suggest_step("scope")):
            facts = _read_json(path, "scope")
            # frames that were fixed before there were clusters and measures say nothing of them
            roles = {role: facts.get(role) if role in COLUMN_ROLES[2:] else facts[role] for role in COLUMN_ROLES}
            pairs = {name: tuple(map(tuple, facts[name])) for name in ("exclusions", "untold", "sizes")}
            stated = {name: facts[name] for name in _FRAME_FACTS}
            cases = pl.LazyFrame(schema=dict.fromkeys(filter(None, roles.values()), pl.String))
            frame = Frame(cases=cases, **{**roles, **stated, **pairs})
            return frame, datetime.fromisoformat(facts["fixed"])

    def write_design(self, design: Plan) -> None:
        """The design."""
        write_file(self.folder / DESIGN_FILE, encode_json(asdict(design)))

    def write_figure(self, name: str, content: bytes) -> Path:
        """A figure that goes with a step."""
        write_file(self.folder / name, content)
        return self.folder / name

    def read_design(self) -> Plan:
        """The design."""
        path = self.folder / DESIGN_FILE
        with _refuse_damaged(path, mend=_suggest_step("plan")):
            facts = _read_json(path, "plan")
            for name in ("promise", "check"):  # sentences that earlier versions wrote
                facts.pop(name, None)
            facts |= {"takes": tuple(map(tuple, facts["takes"])), "certain": tuple(facts.get("certain", ()))}
            return Plan(**{**facts, "inputs": parse_plan_inputs(facts["inputs"])})

    def write_sample(self, manifest: Mapping[str, Any]) -> None:
        """The manifest of the draw."""
        write_file(self.folder / SAMPLE_FILE, encode_json(manifest))

    def read_sample(self, path: Path | None = None) -> dict[str, Any]:
        """The manifest of the draw, or of the draw that lies elsewhere."""
        return _read_json(path or self.folder / SAMPLE_FILE, "draw")

    def read_keys(self) -> pl.Series:
        """The keys of the drawn cases, in ticket order."""
        return list_current_cases(self.read_sample())["key"].alias(self.key)

    def write_determinations(self, determinations: pl.DataFrame) -> None:
        """A row per case and attribute, as assessed."""
        self._write_step(DETERMINATIONS_FILE, determinations)

    def read_determinations(self) -> pl.DataFrame:
        """A row per case and attribute, as assessed from the sample that is there; all text."""
        return self._read_step(DETERMINATIONS_FILE)

    def read_reviews(self, path: Path | None) -> pl.DataFrame:
        """What people concluded, as text; no rows where no file is named."""
        if path is None:
            return pl.DataFrame(schema={self.key: pl.String, **REVIEW_SCHEMA})
        with _refuse_damaged(path, mend="Save it as a CSV file in UTF-8."):
            rows = _parse_csv(_read_bytes(path, "settle --reviews FILE"))
        if missing := [name for name in (self.key, *REVIEW_SCHEMA) if name not in rows.columns]:
            problems = [Problem(what="is missing", mend="Add it.", file=str(path), column=name) for name in missing]
            raise AuditError(problems, code=ExitCode.DATA)
        return rows

    def write_settled_outcomes(self, outcomes: pl.DataFrame) -> None:
        """The determinations with what people concluded."""
        self._write_step(SETTLED_OUTCOMES_FILE, outcomes)

    def read_settled_outcomes(self) -> pl.DataFrame:
        """The determinations that are there, with what people concluded; all text."""
        self.read_determinations()
        return self._read_step(SETTLED_OUTCOMES_FILE)

    @property
    def journal(self) -> Path:
        """The journal of the review."""
        return self.folder / JOURNAL_FILE

    def write_second_sample(self, manifest: Mapping[str, Any]) -> None:
        """The manifest of the cases that a second reviewer judges."""
        write_file(self.folder / SECOND_SAMPLE_FILE, encode_json(manifest))

    def read_second_sample(self) -> dict[str, Any]:
        """The manifest of the cases that a second reviewer judges."""
        return _read_json(self.folder / SECOND_SAMPLE_FILE, "review second")

    def hash_settled_outcomes(self) -> str:
        """The SHA-256 of what is settled; empty where nothing is."""
        return hash_file(self.folder / SETTLED_OUTCOMES_FILE) or ""

    def read_drawn_digest(self) -> str | None:
        """The digest of the frame from which a sample was drawn here; None where none was."""
        if not self.has_sample():
            return None
        with _refuse_damaged(self.folder / SAMPLE_FILE, mend=_suggest_step("draw")):
            return str(self.read_sample()["frame"]["digest"])

    def has_sample(self) -> bool:
        """Whether a sample was drawn here."""
        return (self.folder / SAMPLE_FILE).exists()

    def refuse_missing_steps(self, *, settled: bool = True) -> None:
        """Refuse an audit that is not assessed, or not `settled`: AuditError (UNREADABLE) names the step to take."""
        self.read_frame_facts()
        self.read_sample()
        self.read_determinations()
        if settled:
            self.read_settled_outcomes()

    def hash_steps(self) -> dict[str, str | None]:
        """The SHA-256 of each step's file, None where it was not taken."""
        names = (
            FRAME_FILE,
            DESIGN_FILE,
            SAMPLE_FILE,
            DETERMINATIONS_FILE,
            SETTLED_OUTCOMES_FILE,
            JOURNAL_FILE,
            SECOND_SAMPLE_FILE,
        )
        return {name: hash_file(self.folder / name) for name in names}

    def write_states(self, period: str, states: pl.DataFrame) -> Path:
        """The state of every unit of a period, beside the folder of the sample audit."""
        path = self.folder.parent / f"{name_period_folder(period)}-states.csv"
        write_file(path, states.write_csv().encode())
        return path

    def _write_step(self, name: str, rows: pl.DataFrame) -> None:
        """Write a step's rows, and beside them the digests by which the step and the one before it belong together."""
        write_file(self.folder / name, rows.write_csv().encode())
        write_file(self._digests_path(name), encode_json(self._hash_step(name)))

    def _read_step(self, name: str) -> pl.DataFrame:
        step, path = STEPS[name], self.folder / name
        content = _read_bytes(path, step.command)
        if _read_json(self._digests_path(name), step.command) != self._hash_step(name):
            what = f"does not belong to {step.follows}: one of the two was written or altered since"
            raise AuditError(Problem(what=what, mend=_suggest_step(step.command), file=str(path)), code=ExitCode.USAGE)
        with _refuse_damaged(path, mend=_suggest_step(step.command)):
            return _parse_csv(content)

    def _digests_path(self, name: str) -> Path:
        return (self.folder / name).with_suffix(".json")

    def _hash_step(self, name: str) -> dict[str, str | None]:
        parts = [STEPS[name].follows, name]
        if name == SETTLED_OUTCOMES_FILE and self.journal.exists():
            parts.append(JOURNAL_FILE)
        return {part: hash_file(self.folder / part) for part in parts}


def name_period_folder(period: str) -> str:
    """A period as a folder is named after it: 2011-09; 2015-12_2018-06, which a quarter or year is too; all."""
    return expand_period(period).replace("/", "_")


def _read_bytes(path: Path, step: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        mend = f"Take the step before: audit {step}."
        problem = Problem(what="is not there yet", mend=mend, file=str(path))
        raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def _read_json(path: Path, step: str) -> dict[str, Any]:
    with _refuse_damaged(path, mend=_suggest_step(step)):
        return dict(parse_json(_read_bytes(path, step)))


@contextmanager
def _refuse_damaged(path: Path, *, mend: str) -> Iterator[None]:
    """Refuse a file that cannot be read in the form it was written in."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, pl.exceptions.PolarsError):
        raise AuditError(Problem(what="is damaged", mend=mend, file=str(path)), code=ExitCode.UNREADABLE) from None


def _suggest_step(step: str) -> str:
    return f"Take the step again: audit {step}."


def _parse_csv(content: bytes) -> pl.DataFrame:
    return pl.read_csv(content, infer_schema=False)


_FRAME_FACTS = ("universe", "exclusions", "untold", "size", "sizes", "digest")
STEPS = {
    step.file: step
    for step in (
        Step(file=DETERMINATIONS_FILE, follows=SAMPLE_FILE, command="assess"),
        Step(file=SETTLED_OUTCOMES_FILE, follows=DETERMINATIONS_FILE, command="settle"),
    )
}
