"""What lies between two steps of a sample audit, as files that a person can read and the next step takes up."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from audit.design import Design
from audit.error import AuditError, ExitCode, Problem
from audit.frame import Frame, lines
from audit.review import REVIEWS
from audit.store.folder import as_json, digest_of, write

FRAME, FRAME_CASES, DESIGN, SAMPLE = "frame.json", "frame.txt", "design.json", "sample.json"
DETERMINATIONS, SETTLED = "determinations.csv", "settled.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The folder of one sample audit, step by step."""

    folder: Path
    key: str  # the column that holds a case's key

    def write_frame(self, frame: Frame, *, fixed: str) -> None:
        """The frame: its cases, one `key` or `key|stratum` a line, and its digest with the time it was fixed."""
        write(self.folder / FRAME_CASES, "".join(f"{line}\n" for line in lines(frame.cases.collect())).encode())
        facts = {name: getattr(frame, name) for name in _FRAME_FACTS}
        write(self.folder / FRAME, as_json({**facts, "fixed": fixed}))

    def read_frame(self) -> tuple[Frame, str]:
        """The frame, and the time it was fixed."""
        facts = self._json(FRAME, "scope")
        names = [facts["key"], *filter(None, [facts["stratum"]])]
        text = self._text(FRAME_CASES, "scope").splitlines()
        rows = pl.DataFrame({"line": text}).select(
            pl.col("line").str.split_exact("|", len(names) - 1).struct.rename_fields(names)
        )
        pairs = {name: tuple(map(tuple, facts[name])) for name in ("exclusions", "untold", "sizes")}
        kept = {name: facts[name] for name in _FRAME_FACTS}
        return Frame(cases=rows.unnest("line").lazy(), **{**kept, **pairs}), str(facts["fixed"])

    def write_design(self, design: Design) -> None:
        """The design."""
        write(self.folder / DESIGN, as_json(asdict(design)))

    def read_design(self) -> Design:
        """The design."""
        facts = self._json(DESIGN, "plan")
        pairs = {name: tuple(map(tuple, facts[name])) for name in ("takes", "inputs")}
        return Design(**{**facts, **pairs})

    def write_sample(self, manifest: Mapping[str, Any]) -> None:
        """The manifest of the draw."""
        write(self.folder / SAMPLE, as_json(manifest))

    def read_sample(self, path: Path | None = None) -> dict[str, Any]:
        """The manifest of the draw, or of the draw that lies elsewhere."""
        return (
            self._json(SAMPLE, "draw")
            if path is None
            else Steps(folder=path.parent, key=self.key)._json(path.name, "draw")
        )

    def read_keys(self) -> pl.Series:
        """The keys of the drawn cases, in ticket order."""
        return pl.Series(self.key, [case["key"] for case in self.read_sample()["cases"]], dtype=pl.String)

    def write_determinations(self, found: pl.DataFrame) -> None:
        """A row per case and attribute, as assessed."""
        write(self.folder / DETERMINATIONS, found.write_csv().encode())

    def read_determinations(self) -> pl.DataFrame:
        """A row per case and attribute, as assessed; all text."""
        return _csv(self._text(DETERMINATIONS, "assess"))

    def read_reviews(self, path: Path | None) -> pl.DataFrame:
        """What people concluded, as text; no rows where no file is named."""
        if path is None:
            return pl.DataFrame(schema={self.key: pl.String, **REVIEWS})
        rows = _csv(Steps(folder=path.parent, key=self.key)._text(path.name, "settle --reviews FILE"))
        if missing := [name for name in (self.key, *REVIEWS) if name not in rows.columns]:
            problems = [Problem(what="is missing", mend="Add it.", file=str(path), column=name) for name in missing]
            raise AuditError(problems, code=ExitCode.DATA)
        return rows

    def write_settled(self, found: pl.DataFrame) -> None:
        """The determinations with what people concluded."""
        write(self.folder / SETTLED, found.write_csv().encode())

    def read_settled(self) -> pl.DataFrame:
        """The determinations with what people concluded; all text."""
        return _csv(self._text(SETTLED, "settle"))

    def begun(self) -> bool:
        """Whether a sample was drawn here."""
        return (self.folder / SAMPLE).exists()

    def digests(self) -> dict[str, str | None]:
        """The SHA-256 of each step's file, None where it was not taken."""
        return {name: digest_of(self.folder / name) for name in (FRAME, DESIGN, SAMPLE, SETTLED)}

    def write_states(self, period: str, states: pl.DataFrame) -> Path:
        """The state of every unit of a period, beside the folder of the sample audit."""
        path = self.folder.parent / f"{in_file_name(period)}-states.csv"
        lists = [name for name, kind in states.schema.items() if kind.is_nested()]
        write(path, states.with_columns(pl.col(lists).list.join("; ")).write_csv().encode())
        return path

    def _json(self, name: str, step: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self._text(name, step))
        return read

    def _text(self, name: str, step: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            problem = Problem(
                what="is not there yet", mend=f"Take the step before: audit {step}.", file=str(self.folder / name)
            )
            raise AuditError(problem, code=ExitCode.UNREADABLE) from None


def in_file_name(period: str) -> str:
    """A period as a folder is named after it: 2011-09; 2015-12_2018-06; all."""
    return period.replace("/", "_")


def _csv(text: str) -> pl.DataFrame:
    return pl.read_csv(text.encode(), infer_schema=False)


_FRAME_FACTS = ("key", "stratum", "universe", "exclusions", "untold", "size", "sizes", "digest")
