"""The page on what of OIG-12-64 is reproduced: each item with line, command, recomputed value and verdict."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.analysis.claims.check import CheckedClaims, check_claims
from audit.analysis.claims.facts import ReferenceFact
from audit.formatting import format_count
from audit.storage.claim_files import read_claim_facts, read_claim_text
from audit.storage.declaration_text import read_csv_rows

COMMAND = "python -m audit.storage.reproduction_page"
PAGE = "oig-12-64.md"
FOLDER = "oig-12-64"  # of docs/, with the items, the facts and the excerpt
RECORD = Path("reports/example/audit/report.json")
VERDICTS = ("reproduced", "in part", "not published")
COLUMNS = ("number", "lines", "item", "command", "value", "verdict", "remark")
PLACEHOLDER = re.compile(r"\{(fact|claim|record)\.([\w.]+)\}")
ABOUT = """\
# What of OIG-12-64 is reproduced

The reference program repeats an audit report of the Department of Homeland Security: *Operations of United States
Immigration and Customs Enforcement's Secure Communities*, Office of Inspector General, OIG-12-64, April 2012.
This page lists 73 items of that report: numbers, procedures, statements and recommendations. Each has the lines on
which it stands in the text of the report, the command that repeats it here, and the value that comes out.

- *reproduced*: the command gives the published value, or does what the report describes.
- *in part*: a part of it; the remark says which.
- *not published*: the report does not give what would be needed. Nothing is made up in its place.

[`excerpt.txt`](oig-12-64/excerpt.txt) has the lines of the report that state numbers, each on its line; all other
lines are empty. [`facts.csv`](oig-12-64/facts.csv) has the numbers as facts, with sums and shares as formulas. The
[claims checker](claims.md) puts them together:

```console
$ audit claims docs/oig-12-64/excerpt.txt docs/oig-12-64/facts.csv
```

Where the table says *claims*, that is the command: it shows whether the report agrees with itself, and not whether
its numbers are true. The persons and records behind the other commands are made up, and so drawn that the published
counts come out ([data](../data/README.md)).
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the report."""

    number: int
    lines: str
    item: str
    command: str
    value: str
    verdict: str
    remark: str


def read_items(folder: Path) -> tuple[Item, ...]:
    """The items in `rows.csv`."""
    rows = read_csv_rows(folder / "rows.csv", columns=COLUMNS)
    cells = [{name: row.get(name, "") for name in COLUMNS} for _, row in rows]
    return tuple(Item(**{**one, "number": int(one["number"])}) for one in cells)  # type: ignore[arg-type]


def make_reproduction_page(project: Path) -> str:
    """The page. `project` is the folder with docs/ and the example reports."""
    folder = project / "docs" / FOLDER
    items, facts = read_items(folder), read_claim_facts(folder / "facts.csv")
    checked = check_claims(read_claim_text(folder / "excerpt.txt"), facts)
    record = json.loads((project / RECORD).read_text(encoding="utf-8"))
    counts = ", ".join(f"{sum(item.verdict == verdict for item in items)} {verdict}" for verdict in VERDICTS)
    lines = [ABOUT, f"Of the {len(items)} items: {counts}.\n"]
    lines += ["| No. | Lines | Item | Command | Recomputed | Verdict |", "| ---: | --- | --- | --- | --- | --- |"]
    lines += [_format_item(item, facts, checked, record) for item in items]
    lines += ["", "## The claims of the report", "", _describe_claims(checked)]
    lines += ["| Line | Quotation | Recomputed | Verdict |", "| ---: | --- | --- | --- |"]
    lines += [
        f"| {claim.line} | “{_escape(claim.quote)}” | {_escape(claim.recomputed)} | **{claim.verdict}** |"
        for claim in checked.disputed
    ]
    lines += ["", f"This page is made from `rows.csv` and `facts.csv` by `{COMMAND}`."]
    return "\n".join(lines) + "\n"


def _describe_claims(checked: CheckedClaims) -> str:
    counts = checked.count_verdicts()
    right = counts["agrees"] + counts["rounds"]
    return (
        f"Of the numbers in the excerpt {right} agree with the facts, as they stand or as they are rounded. These do\n"
        "not, or are worded in several ways:\n"
    )


def _format_item(item: Item, facts: Sequence[ReferenceFact], checked: CheckedClaims, record: Mapping[str, Any]) -> str:
    command = "claims" if item.command == "claims" else f"`{item.command}`" if item.command else "–"
    value = PLACEHOLDER.sub(lambda match: _find_value(match[1], match[2], facts, checked, record), item.value)
    verdict = f"{item.verdict}: {item.remark}" if item.remark else item.verdict
    cells = (str(item.number), item.lines, item.item, command, value or "–", verdict)
    return f"| {' | '.join(map(_escape, cells))} |"


def _find_value(
    kind: str, name: str, facts: Sequence[ReferenceFact], checked: CheckedClaims, record: Mapping[str, Any]
) -> str:
    """What a placeholder stands for: a fact, what the checker says of one in the text, or a value of the record."""
    if kind == "fact":
        return next(fact for fact in facts if fact.id == name).describe_value()
    if kind == "claim":
        return next(claim for claim in checked.claims if name in claim.facts and claim.line).recomputed
    value: Any = record
    for key in name.split("."):
        value = value[int(key) if key.isdigit() else key]
    return format_count(value)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def write_reproduction_page(project: Path) -> None:
    """Write the page into docs/."""
    (project / "docs" / PAGE).write_text(make_reproduction_page(project), encoding="utf-8")


if __name__ == "__main__":
    write_reproduction_page(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
